"""The overview and 我的待办. Both only read; every figure links to the list it counts."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from coal.glance import coal_now, days_of_supply
from common import clock
from dashboard import charts, complaints, selectors
from dashboard.todo import TODO_ROWS, coal_to_do, hazards_to_do, orders_to_do
from facilities.selectors import current_season
from supervision.proposals import due_for
from supervision.reach import unreached
from supervision.selectors import proposals_due
from supervision.tables import give_facts


def overview(request: HttpRequest) -> HttpResponse:
    season = current_season(request)
    if season is None:
        return render(request, "dashboard/no_season.html")
    today = clock.today()
    hazards = selectors.season_hazards(request.user, season)
    figures = selectors.figures(hazards, today)
    orders = complaints.season_orders(request.user, season)
    open_orders = complaints.open_orders(orders, clock.now())
    # In the list's order, so that no long ledger is read in search of the season's first order.
    if not figures.total and not orders.in_list_order().values("pk")[:1]:
        return render(request, "dashboard/empty.html", {"season": season})
    supply = days_of_supply(season, request.user, today)
    shows_coal = supply is not None and request.user.has_perm("coal.view_coal")  # type: ignore[union-attr]
    context = {
        "season": season,
        "today": today,
        "countdown": selectors.countdown(season, today),
        "figures": figures,
        "states": selectors.open_states(figures),
        "worst": selectors.worst(hazards, today),
        "companies": selectors.by_company(hazards, today),
        "unreached": unreached(request.user),
        "supply": supply,
        "coal": coal_now(season, request.user, today) if shows_coal else None,
        "orders": open_orders,
        "clusters": complaints.clusters_of_late(request.user, season, clock.now()),
        "by_day": charts.complaints_by_day(complaints.by_day(orders, season, today)),
        "burn_down": charts.burn_down(selectors.burn_down(hazards, season, today)),
    }
    return render(request, "dashboard/overview.html", context)


def todo(request: HttpRequest) -> HttpResponse:
    """What waits for the user, the most pressing first: one section per kind of work, those with nothing left out."""
    proposals = list(due_for(request.user).order_by("-level", "due_on", "due_minute", "pk")[: TODO_ROWS + 1])
    give_facts(proposals)
    context = {
        "sections": hazards_to_do(request.user), "order_sections": orders_to_do(request.user),
        "coal": coal_to_do(request.user),
        "proposals": proposals[:TODO_ROWS], "proposal_count": proposals_due(request.user),
    }  # fmt: skip
    return render(request, "dashboard/todo.html", context)
