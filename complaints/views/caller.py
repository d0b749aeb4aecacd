"""Who called: shown on asking, and the look is on record."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from common.htmx import render_page
from complaints.callers import reveal_caller
from complaints.views.detail import visible_order


@permission_required("complaints.view_order", raise_exception=True)
@require_POST
def show_caller(request: HttpRequest, pk: int) -> HttpResponse:
    """POST only: a look that leaves a trace is no link. 403 for who does not handle the order."""
    order = visible_order(request, pk)
    name, phone = reveal_caller(order, by=request.user)
    context = {"order": order, "state": order.state, "revealed": True, "name": name, "phone": phone}
    part = {f"caller-{order.pk}": "complaints/parts/caller.html"}
    response = render_page(request, "complaints/caller.html", context, fragments=part)
    response["Cache-Control"] = "no-store"
    return response
