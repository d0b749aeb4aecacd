"""Correcting what was written down."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from common.concurrency import Stale
from common.moves import MoveRefused
from common.pending_forms import posted_or_pending
from common.views import safe_next
from complaints import services
from complaints.callers import Said
from complaints.forms.entry import EditForm
from complaints.standing import next_actor
from complaints.timeline import Seen
from complaints.views.detail import visible_order


@permission_required("complaints.dispatch_order", raise_exception=True)
def order_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """409 where somebody else has changed the order meanwhile: what they did, with all that was typed kept."""
    order, data = visible_order(request, pk), posted_or_pending(request)
    if not order.state.is_open:
        problems = [f"{order.number} 现在是“{order.state.label}”，内容不能再修改"]
        context = {"order": order, "state": order.state, "problems": problems, "back": order.get_absolute_url()}
        return render(request, "complaints/move_impossible.html", context, status=409)
    said = Said(order, request.user)
    said(f"{order.address} {order.content}")
    said.note_look()
    form = EditForm(data, order=order, by=request.user)
    if data is None or request.method != "POST":
        return _page(request, form, Seen.now(order) if data is None else Seen.posted(data), restored=data is not None)
    seen = Seen.posted(data)
    if not form.is_valid():
        return _page(request, form, seen)
    try:
        entry = services.edit(order, by=request.user, version=seen.version, values=form.values)
    except MoveRefused as refused:
        for problem in refused.problems:
            form.add_error(None, problem)
        return _page(request, form, seen)
    except Stale:
        fresh = visible_order(request, pk)
        again = EditForm(data, order=fresh, by=request.user)
        return _page(request, again, Seen.now(fresh), meanwhile=seen.meanwhile(fresh, request.user), status=409)
    if entry is None:
        messages.info(request, "内容没有变化，没有保存。")
    else:
        messages.success(request, f"{order.number} 的修改已保存，{next_actor(order)}。")
    return redirect(safe_next(request, order.get_absolute_url()))


def _page(
    request: HttpRequest, form: EditForm, seen: Seen, *, meanwhile: list[dict[str, Any]] | None = None,
    restored: bool = False, status: int = 200,
) -> HttpResponse:  # fmt: skip
    context = {
        "form": form, "order": form.order, "season": form.season, "seen": seen, "meanwhile": meanwhile or [],
        "is_stale": status == 409, "restored": restored, "next": safe_next(request, ""),
    }  # fmt: skip
    return render(request, "complaints/order_form.html", context, status=status)
