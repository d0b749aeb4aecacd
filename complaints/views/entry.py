"""Writing down a complaint while somebody is on the phone."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.views.decorators.http import require_GET

from common import clock
from common.moves import MoveRefused
from common.pending_forms import posted_or_pending
from complaints import rules, services, workflow
from complaints.callers import finds_by_phone
from complaints.forms.entry import OrderForm
from complaints.models import Order
from complaints.places import MOST_OFFERED, the_community
from complaints.standing import next_actor
from complaints.views.detail import earlier_for
from facilities.models import Season
from facilities.season_companies import SeasonCompanies
from facilities.selectors import current_season

registers = permission_required("complaints.register_order", raise_exception=True)


@registers
def order_create(request: HttpRequest) -> HttpResponse:
    """Register into the season that the page is about. Sent as it is (also by Ctrl+Enter) the order is dispatched as
    well, where the user may; the button `only` leaves it at 待受理, `look` shows what is known already."""
    season = current_season(request)
    if season is None:
        return render(request, "complaints/no_season.html", {"heading_text": "登记投诉"})
    data = posted_or_pending(request)
    form = OrderForm(data, by=request.user, season=season)
    can_dispatch = request.user.has_perm("complaints.dispatch_order")  # type: ignore[union-attr]
    looks = data is not None and "look" in data
    if request.method == "POST" and not looks and form.is_valid():
        order = _register(request, form, season, also_dispatch=can_dispatch and "only" not in request.POST)
        if order is not None:
            messages.success(request, _registered(order))
            return redirect("complaints:order_create")
    context = {
        "form": OrderForm(by=request.user, season=season, initial=data.dict()) if looks and data is not None else form,
        "season": season,
        "can_dispatch": can_dispatch,
        "restored": data is not None and request.method != "POST",
        **_known(data if data is not None else QueryDict(), request.user, season),
    }
    return render(request, "complaints/order_form.html", context)


def _register(request: HttpRequest, form: OrderForm, season: Season, *, also_dispatch: bool) -> Order | None:
    """The registered (and dispatched) order, all of it or nothing; None with the form's errors."""
    try:
        with transaction.atomic():
            order = services.register(by=request.user, season=season, **form.values)
            if also_dispatch:
                workflow.dispatch(order, by=request.user, company=order.company)
    except MoveRefused as refused:
        for problem in refused.problems:
            form.add_error(None, problem)
        if also_dispatch:
            form.add_error(None, "没有登记；要先记下来、以后再派的，请按“只登记”")
        return None
    return order


def _registered(order: Order) -> str:
    """Where it went and what comes next."""
    due = f"，时限 {workflow.in_words(order.due_at)}" if order.due_at else ""
    verb = "已登记并派单" if order.dispatched_at else "已登记"
    return format_html(
        '{} <a href="{}">{}</a>，{}{}。可以接着登记下一件。', verb, order.get_absolute_url(), order.number,
        next_actor(order), due,
    )  # fmt: skip


@registers
@require_GET
def lookup(request: HttpRequest) -> HttpResponse:
    """What is known while somebody types: the communities meant, the season's company, earlier orders. Nine queries at
    most."""
    season = current_season(request)
    known = _known(request.GET, request.user, season) if season else {}
    return render(request, "complaints/parts/lookup.html", known)


def _known(data: Any, user: Any, season: Season) -> dict[str, Any]:
    text = data.get("community", "")
    community, found = the_community(text, user, season.county_id) if text.strip() else (None, [])
    offered = [*found[:MOST_OFFERED], *([community] if community else [])]
    companies = SeasonCompanies(season, offered) if offered else None
    heated_by = companies.of if companies else lambda _: None
    by_phone = finds_by_phone(user)
    probe = Order(
        county=season.county, season=season, community=community, received_at=clock.now(),
        phone_reversed=rules.digits_reversed(data.get("phone", "")),
        building=data.get("building", ""), building_unit=data.get("building_unit", ""), room=data.get("room", ""),
    )  # fmt: skip
    probe.household = rules.household_of(probe)
    return {
        "asked": text.strip(),
        "places": [(place, heated_by(place)) for place in found[:MOST_OFFERED]],
        "community": community,
        "company": heated_by(community),
        "earlier": earlier_for(probe, user),
        "has_asked_earlier": bool(probe.household or (by_phone and len(probe.phone_reversed) >= 7)),
        "by_phone": by_phone,
    }
