"""The callers whom a hazard concerns, for the desk to call back once it is struck off."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from complaints.callers import mask_name, mask_phone, may_see_caller, reveal_caller
from complaints.enums import OrderStatus
from complaints.models import Order
from complaints.occasions import orders_behind
from inspections.models import Hazard


@permission_required("complaints.call_back_order", raise_exception=True)
@require_http_methods(["GET", "POST"])
def hazard_callers(request: HttpRequest, pk: int) -> HttpResponse:
    """Masked; POST `order` shows the caller of that one, which is on record. Three queries. 404 where no complaint that
    the user sees is behind the hazard."""
    seen = orders_behind(pk) & Order.objects.visible_to(request.user)
    orders = list(seen.select_related("county", "company", "merged_into").order_by("received_at", "pk"))
    hazard = Hazard.objects.filter(pk=pk).first()
    if not orders or hazard is None:
        raise Http404
    shown = None
    if request.method == "POST":
        asked = request.POST.get("order", "")
        shown = get_object_or_404(seen, pk=asked if asked.isdecimal() else 0)
        reveal_caller(shown, by=request.user)
    context = {
        "hazard": hazard, "state": hazard.state, "lines": [_line(order, request.user, shown) for order in orders],
        "waiting": sum(order.status == OrderStatus.REPORTED for order in orders),
        "may_open_hazard": Hazard.objects.visible_to(request.user).filter(pk=pk).exists(),
    }  # fmt: skip
    return render(request, "complaints/hazard_callers.html", context)


def _line(order: Order, user: Any, shown: Order | None) -> dict[str, Any]:
    is_shown = shown is not None and shown.pk == order.pk
    return {
        "order": order, "state": order.state, "is_shown": is_shown,
        "caller": order.caller if is_shown else mask_name(order.caller),
        "phone": order.phone if is_shown else mask_phone(order.phone),
        "may_reveal": not is_shown and bool(order.phone or order.caller) and may_see_caller(user, order),
    }  # fmt: skip
