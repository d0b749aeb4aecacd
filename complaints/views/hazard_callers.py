"""The callers whom a hazard concerns, for the desk to call back once it is struck off."""

import datetime as dt
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from complaints.callers import mask_name, mask_phone, may_see_caller, reveal_caller
from complaints.counting import counting_of
from complaints.follow_up import CALLS_APART, is_heard
from complaints.models import Order
from complaints.occasions import orders_behind
from inspections.enums import HazardStatus
from inspections.models import Hazard


@permission_required("complaints.call_back_order", raise_exception=True)
@require_http_methods(["GET", "POST"])
def hazard_callers(request: HttpRequest, pk: int) -> HttpResponse:
    """Masked; POST `order` shows the caller of that one, which is on record. Nine queries, more with a cluster. 404
    where no complaint that the user sees is behind the hazard."""
    seen = orders_behind(pk) & Order.objects.visible_to(request.user)
    orders = list(
        seen.select_related("county", "company", "merged_into")
        .prefetch_related("callbacks")
        .order_by("received_at", "pk")
    )
    hazard = Hazard.objects.filter(pk=pk).first()
    if not orders or hazard is None:
        raise Http404
    shown = None
    if request.method == "POST":
        asked = request.POST.get("order", "")
        shown = get_object_or_404(seen, pk=asked if asked.isdecimal() else 0)
        reveal_caller(shown, by=request.user)
    struck_off = hazard.closed_at if hazard.status == HazardStatus.CLOSED else None
    enough = counting_of(hazard.county_id).calls_before_giving_up
    lines = [_line(order, request.user, shown, struck_off, enough) for order in orders]
    context = {
        "hazard": hazard, "state": hazard.state, "count": len(lines), "is_struck_off": struck_off is not None,
        "calls_apart": CALLS_APART,
        "to_call": [line for line in lines if not line["is_done"]],
        "called": [line for line in lines if line["is_done"]],
        "may_open_hazard": Hazard.objects.visible_to(request.user).filter(pk=pk).exists(),
    }  # fmt: skip
    return render(request, "complaints/hazard_callers.html", context)


def _line(order: Order, user: Any, shown: Order | None, struck_off: dt.datetime | None, enough: int) -> dict[str, Any]:
    """`struck_off`: calls since then are about the hazard; None while it is open."""
    is_shown = shown is not None and shown.pk == order.pk
    calls = [call for call in order.callbacks.all() if struck_off and call.called_at >= struck_off]
    return {
        "call": calls[-1] if calls else None, "is_done": is_heard(calls, enough=enough),
        "order": order, "state": order.state, "is_shown": is_shown,
        "caller": order.caller if is_shown else mask_name(order.caller),
        "phone": order.phone if is_shown else mask_phone(order.phone),
        "may_reveal": not is_shown and bool(order.phone or order.caller) and may_see_caller(user, order),
    }  # fmt: skip
