"""Linking an order with hazards that are in the ledger already, and taking back a link that was wrong."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from common.moves import MoveRefused
from complaints.forms.base import text_area
from complaints.hazard_search import MOST_OFFERED, hazards_offered
from complaints.hazards import link_hazard, linked_hazards, may_link, unlink_hazard
from complaints.models import Order
from complaints.views.detail import visible_order

desk = permission_required("complaints.dispatch_order", raise_exception=True)


class LinkForm(forms.Form):
    number = forms.CharField(label="隐患编号", max_length=20, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class UnlinkForm(forms.Form):
    reason = text_area("取消关联的理由", help_text="例如“不是同一根立管”；两边的记录里都会留下")


@desk
@require_http_methods(["GET", "POST"])
def hazard_link(request: HttpRequest, pk: int) -> HttpResponse:
    """GET: the hazards that it may come from (?q=: by words). POST `number`: link that one. 422 for what is refused."""
    order = _order(request, pk)
    form = LinkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            hazard = link_hazard(order, by=request.user, number=form.cleaned_data["number"])
        except MoveRefused as refused:
            _add(form, "number", refused)
        else:
            messages.success(request, f"{order.number} 已关联隐患 {hazard.number}，销号后提醒回访诉求人。")
            return redirect(order)
    context = {"order": order, "state": order.state, "form": form, **_offers(order, request)}
    return render(request, "complaints/hazard_link.html", context, status=422 if form.errors else 200)


@desk
@require_http_methods(["GET", "POST"])
def hazard_unlink(request: HttpRequest, pk: int, hazard: int) -> HttpResponse:
    """404 for a hazard that the order is not linked with. POST `reason`."""
    order = _order(request, pk)
    linked = get_object_or_404(linked_hazards(order), pk=hazard)
    form = UnlinkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            unlink_hazard(order, by=request.user, hazard=linked, reason=form.cleaned_data["reason"])
        except MoveRefused as refused:
            _add(form, "reason", refused)
        else:
            messages.success(request, f"{order.number} 与隐患 {linked.number} 已取消关联。")
            return redirect(order)
    context = {"order": order, "state": order.state, "hazard": linked, "form": form}
    return render(request, "complaints/hazard_unlink.html", context, status=422 if form.errors else 200)


def _order(request: HttpRequest, pk: int) -> Order:
    if not may_link(request.user):
        raise PermissionDenied
    return visible_order(request, pk)


def _offers(order: Order, request: HttpRequest) -> dict[str, Any]:
    text = request.GET.get("q", "").strip()
    context: dict[str, Any] = {"q": text, "offers": [], "most_offered": MOST_OFFERED}
    try:
        context["offers"] = hazards_offered(order, request.user, text)
    except ValueError as error:
        context["q_problem"] = str(error)
    return context


def _add(form: forms.Form, field: str, refused: MoveRefused) -> None:
    for problem in refused.problems:
        form.add_error(field, problem)
