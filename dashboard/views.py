"""The overview and 我的待办. Both only read; every figure links to the list it counts."""

from typing import Any

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from coal.glance import days_of_supply
from common import clock
from complaints.models import Order
from complaints.selectors import WAITING_LABELS as ORDER_LABELS
from complaints.selectors import waiting_orders
from complaints.standing import running_limit, waits_words
from complaints.tables import main_move
from complaints.workflow import MOVES as ORDER_MOVES
from dashboard import charts, complaints, selectors
from facilities.selectors import current_season
from inspections.selectors import WAITING_LABELS, waiting_for
from supervision.proposals import due_for
from supervision.reach import unreached
from supervision.selectors import proposals_due
from supervision.tables import give_facts

# 我的待办 shows the first of each kind; the rest is one click away.
TODO_ROWS = 10
# The page that each kind of work is done on, and what its button says.
TODO_MOVES = {
    "decide_extension": ("decide_extension", "审批"),
    "accept": ("accept", "验收"),
    "issue": ("issue", "下达"),
    "sign": ("sign", "签收"),
    "plan": ("plan", "制定方案"),
    "rectify": ("report", "填报进度"),
}


def overview(request: HttpRequest) -> HttpResponse:
    season = current_season(request)
    if season is None:
        return render(request, "dashboard/no_season.html")
    today = clock.today()
    hazards = selectors.season_hazards(request.user, season)
    figures = selectors.figures(hazards, today)
    orders = complaints.season_orders(request.user, season)
    open_orders = complaints.open_orders(orders, clock.now())
    if not figures.total and not orders.exists():
        return render(request, "dashboard/empty.html", {"season": season})
    context = {
        "season": season,
        "today": today,
        "countdown": selectors.countdown(season, today),
        "figures": figures,
        "states": selectors.open_states(figures),
        "worst": selectors.worst(hazards, today),
        "companies": selectors.by_company(hazards, today),
        "unreached": unreached(request.user),
        "supply": days_of_supply(season, request.user, today),
        "orders": open_orders,
        "clusters": complaints.clusters_of_late(request.user, season, clock.now()),
        "by_day": charts.complaints_by_day(complaints.by_day(orders, season, today)),
        "burn_down": charts.burn_down(selectors.burn_down(hazards, season, today)),
    }
    return render(request, "dashboard/overview.html", context)


def todo(request: HttpRequest) -> HttpResponse:
    """What waits for the user, the most pressing first: one section per kind of work, those with nothing left out."""
    sections, today = [], clock.today()
    for kind, hazards in waiting_for(request.user).items():
        first = list(hazards.select_related("lead_unit", "season").order_by("due_on", "pk")[: TODO_ROWS + 1])
        if first:
            rows = [(hazard, (today - clock.local_date(hazard.status_since)).days) for hazard in first[:TODO_ROWS]]
            count = hazards.count() if len(first) > TODO_ROWS else len(first)
            move, verb = TODO_MOVES[kind]
            sections.append(
                {"kind": kind, "label": WAITING_LABELS[kind], "rows": rows, "count": count, "move": move, "verb": verb}
            )
    proposals = list(due_for(request.user).order_by("-level", "due_on", "due_minute", "pk")[: TODO_ROWS + 1])
    give_facts(proposals)
    context = {
        "sections": sections,
        "order_sections": _order_sections(request.user),
        "today": today,
        "proposals": proposals[:TODO_ROWS],
        "proposal_count": proposals_due(request.user),
    }
    return render(request, "dashboard/todo.html", context)


def _order_sections(user: Any) -> list[dict[str, Any]]:
    """The complaints that wait for the user, the nearest limit first; kinds with nothing left out."""
    sections = []
    for kind, orders in waiting_orders(user).items():
        first = list(
            orders.select_related("company").order_by(F("due_at").asc(nulls_first=True), "pk")[: TODO_ROWS + 1]
        )
        if first:
            rows = [
                {"order": order, "limit": running_limit(order), "waits": waits_words(order), **_order_move(kind, order)}
                for order in first[:TODO_ROWS]
            ]
            count = orders.count() if len(first) > TODO_ROWS else len(first)
            sections.append({"kind": kind, "label": ORDER_LABELS[kind], "rows": rows, "count": count})
    return sections


def _order_move(kind: str, order: Order) -> dict[str, str]:
    code = main_move(order) if kind == "handle" else kind
    return {"move": code, "verb": ORDER_MOVES[code].label}
