"""The inbox. Whoever is signed in has one, and sees no other."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from common.filters import state_tabs
from common.htmx import render_page
from common.tables import capped_count
from common.views import safe_next
from notifications.models import Message, Outgoing
from notifications.outbox import MOST_ATTEMPTS, MOST_TAKE_UPS
from notifications.selectors import forget_failed
from notifications.services import mark_read, send_again
from notifications.tables import FORM_ID, BundleTable, FailedTable, MessageTable

UNREAD = "unread"


@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """Newest first; `?show=unread` leaves out what has been read."""
    own = Message.objects.visible_to(request.user)
    counts = {"": capped_count(own), UNREAD: capped_count(own.unread())}
    chosen = UNREAD if request.GET.get("show") == UNREAD else ""
    shown = own.unread() if chosen else own
    table = MessageTable.for_request(request, shown, total=counts[chosen])
    context = {
        "table": table,
        "tabs": state_tabs(request.GET, "show", [(UNREAD, "未读", "blue")], counts),
        "has_unread": counts[UNREAD].value > 0,
        "form_id": FORM_ID,
        "empty_title": "没有未读消息" if chosen else "还没有消息",
        "empty_text": "" if chosen else "隐患、煤炭储备、到期提醒和督办等与您有关的事，会在这里告诉您。",
    }
    return render_page(request, "notifications/inbox.html", context, fragments={"list": "partials/list.html"})


@require_GET
def open_message(request: HttpRequest, pk: int) -> HttpResponse:
    """To what the message is about; it is read then. Only to addresses of this site. One that stands for several
    leads to the list of exactly these."""
    own = Message.objects.visible_to(request.user).filter(pk=pk)
    message = get_object_or_404(own)
    mark_read(own)
    if message.is_bundle:
        return redirect("notifications:bundle", pk=pk)
    path = message.path
    is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return redirect(path if is_ours else reverse("notifications:inbox"))


@require_GET
def bundle(request: HttpRequest, pk: int) -> HttpResponse:
    """All that one message lists, each with its link."""
    message = get_object_or_404(Message.objects.visible_to(request.user), pk=pk)
    rows = message.outgoing.all()
    context = {
        "message": message,
        "table": BundleTable.for_request(request, rows, total=capped_count(rows)),
        "empty_title": "这条消息只有它自己",
        "empty_text": message.body,
    }
    return render_page(request, "notifications/bundle.html", context, fragments={"list": "partials/list.html"})


@require_POST
def read(request: HttpRequest, pk: int) -> HttpResponse:
    own = Message.objects.visible_to(request.user).filter(pk=pk)
    get_object_or_404(own)
    mark_read(own)
    return redirect(safe_next(request, reverse("notifications:inbox")))


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    count = mark_read(Message.objects.visible_to(request.user))
    messages.success(request, f"已把 {count} 条消息标为已读。" if count else "没有未读消息。")
    return redirect(reverse("notifications:inbox"))


manages = permission_required("notifications.manage_outgoing", raise_exception=True)


@manages
@require_GET
def failed(request: HttpRequest) -> HttpResponse:
    """What was given up, with the reason."""
    rows = Outgoing.objects.failed().visible_to(request.user).select_related("recipient")
    context = {
        "table": FailedTable.for_request(request, rows, total=capped_count(rows)),
        "bulk_url": reverse("notifications:failed_again"),
        "bulk_moves": [{"name": "again", "label": "再发一次", "primary": True}],
        "empty_title": "没有发不出去的消息",
        "empty_text": (
            f"发送失败的消息会自动重试，{MOST_ATTEMPTS} 次都失败的列在这里；"
            f"发送进程 {MOST_TAKE_UPS} 次都在处理它时中断的也在这里。"
        ),
    }
    return render_page(request, "notifications/failed.html", context, fragments={"list": "partials/list.html"})


@manages
@require_POST
def failed_again(request: HttpRequest) -> HttpResponse:
    """`selected` (pk, repeated)."""
    chosen = [int(text) for text in request.POST.getlist("selected") if text.isdecimal() and len(text) < 19]
    count = send_again(Outgoing.objects.visible_to(request.user).filter(pk__in=chosen), by=request.user)
    forget_failed()
    if count:
        messages.success(request, f"{count} 条消息已重新排队，一分钟内发出；内容已不再需要的不会发。")
    else:
        messages.warning(request, "没有选择任何一条，或者别人已经重发。请先勾选。")
    return redirect(reverse("notifications:failed"))
