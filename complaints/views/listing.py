"""The list of orders, its counts, and what is done to many rows at once."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from common.bulk import MOST_ROWS
from common.counting import COUNT_CAP, CappedCount
from common.filters import Tab, state_tabs
from common.htmx import render_page
from common.paging import Total
from common.spreadsheets.ledgers.kinds import kind_named
from common.views import safe_next
from complaints import bulk
from complaints.filters import OrderFilter, filtered_orders, tabs_for
from complaints.ledger import ORDERS
from complaints.models import Order
from complaints.selectors import is_long, tab_counts
from complaints.tables import UNREAD, OrderTable

FRAGMENTS = {"list": "partials/list.html"}
reads = permission_required("complaints.view_order", raise_exception=True)


@reads
@require_GET
def order_list(request: HttpRequest) -> HttpResponse:
    """Twelve queries at most, however many orders there are."""
    filters = filtered_orders(request, request.GET)
    counts = None if _counts_later(filters) else _count(filters)
    total = _total(filters, counts)
    table = OrderTable.for_request(
        request, filters.qs, total=total, rows=Order.objects.defer(*UNREAD), user=request.user
    )
    counts_url = "" if counts is not None else f"{reverse('complaints:order_counts')}?{request.GET.urlencode()}"
    context = {
        "table": table,
        "bar": filters.bar,
        "tabs": _tabs(request, filters, counts),
        "counts_url": counts_url,
        "bulk_url": reverse("complaints:order_bulk"),
        "bulk_moves": _bulk_moves(request.user),
        **kind_named(ORDERS.kind).list_actions(request.user),
        **_empty(request.user, filters),
    }
    return render_page(request, "complaints/order_list.html", context, fragments=FRAGMENTS)


@reads
@require_GET
def order_counts(request: HttpRequest) -> HttpResponse:
    """The tabs with their counts, and the pager's total, for a list whose counting takes longer than its page."""
    filters = filtered_orders(request, request.GET)
    counts = _count(filters)
    context = {"tabs": _tabs(request, filters, counts), "total": _total(filters, counts)}
    return render(request, "inspections/counts.html", context)


@reads
@require_POST
def order_bulk(request: HttpRequest) -> HttpResponse:
    """POST: `move` (a code of bulk.ACTIONS), `selected` (repeated), `next`. Each row is judged by itself."""
    action = bulk.ACTIONS.get(request.POST.get("move", ""))
    if action is None:
        raise Http404("没有这种批量操作")
    if not request.user.has_perm(action.permission):
        raise PermissionDenied(f"您没有{action.label}的权限")
    chosen = request.POST.getlist("selected")
    context: dict[str, Any] = {"action": action, "back": safe_next(request, reverse("complaints:order_list"))}
    if len(chosen) > MOST_ROWS:
        context |= {"too_many": len(chosen), "most": MOST_ROWS}
        return render(request, "complaints/bulk_result.html", context, status=400)
    results = bulk.run(action, chosen, by=request.user)
    context |= {"results": results, "done": sum(result.done for result in results)}
    return render(request, "complaints/bulk_result.html", context)


def _counts_later(filters: OrderFilter) -> bool:
    """Whether taking the counts would keep the page waiting: those of a filtered list in a long ledger."""
    if not filters.form.is_valid() or filters.season is None or not filters.is_narrowed:
        return False
    return is_long(filters.season)


def _names(filters: OrderFilter) -> list[str]:
    return ["", *(value for value, *_ in tabs_for(filters.user, filters.mine))]


def _count(filters: OrderFilter) -> dict[str, CappedCount]:
    return tab_counts(filters.untabbed, _names(filters), filters.mine)


def _total(filters: OrderFilter, counts: dict[str, CappedCount] | None) -> Total | None:
    if counts is None or not filters.form.is_valid():
        return None
    count = counts.get(filters.form.cleaned_data["tab"])
    if count is None:
        return None
    return Total(COUNT_CAP, capped=True) if count.is_capped else Total(count.value)


def _tabs(request: HttpRequest, filters: OrderFilter, counts: dict[str, CappedCount] | None) -> list[Tab]:
    """With no counts (they come later) the tabs stand without numbers."""
    shown: dict[str, Any] = dict.fromkeys(_names(filters), "") if counts is None else dict(counts)
    return state_tabs(request.GET, "tab", tabs_for(filters.user, filters.mine), shown)


def _bulk_moves(user: Any) -> list[dict[str, Any]]:
    return [
        {"name": action.code, "label": action.label, "primary": action.code in ("dispatch", "sign")}
        for action in bulk.ACTIONS.values()
        if user.has_perm(action.permission)
    ]


def _empty(user: Any, filters: OrderFilter) -> dict[str, Any]:
    """What an empty list tells its reader to do."""
    if filters.season is None:
        return {"empty_title": "还没有采暖季", "empty_text": "投诉登记在采暖季下，请住建管理员先建采暖季。"}
    season = f"{filters.season.name} 采暖季"
    nothing = {"nothing_text": f"只查了 {season}；可以去掉一些条件，或在页面上方换一个采暖季再看。"}
    if filters.form.is_valid() and filters.form.cleaned_data["tab"]:
        url = reverse("complaints:order_list")
        return nothing | {"empty_title": "这一状态下没有工单", "empty_url": url, "empty_action": "看全部"}
    title = nothing | {"empty_title": f"{season}还没有投诉"}
    if user.has_perm("complaints.register_order"):
        url = reverse("complaints:order_create")
        return title | {"empty_text": "接到投诉后在这里登记。", "empty_url": url, "empty_action": "登记投诉"}
    return title | {"empty_text": "派给您单位的投诉会出现在这里。"}
