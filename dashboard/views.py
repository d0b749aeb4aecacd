"""The overview and 我的待办. Both only read; every figure links to the list it counts."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from common import clock
from dashboard import charts, selectors
from facilities.selectors import current_season
from inspections.selectors import WAITING_LABELS, next_step, waiting_for

# 我的待办 shows the first of each kind; the rest is one click away.
TODO_ROWS = 10


def overview(request: HttpRequest) -> HttpResponse:
    season = current_season(request)
    if season is None:
        return render(request, "dashboard/no_season.html")
    today = clock.today()
    hazards = selectors.season_hazards(request.user, season)
    figures = selectors.figures(hazards, today)
    if not figures.total:
        return render(request, "dashboard/empty.html", {"season": season})
    context = {
        "season": season,
        "today": today,
        "countdown": selectors.countdown(season, today),
        "figures": figures,
        "states": selectors.open_states(figures),
        "worst": selectors.worst(hazards, today),
        "companies": selectors.by_company(hazards, today),
        "burn_down": charts.burn_down(selectors.burn_down(hazards, season, today)),
    }
    return render(request, "dashboard/overview.html", context)


def todo(request: HttpRequest) -> HttpResponse:
    """What waits for the user, the most pressing first: one section per kind of work, those with nothing left out."""
    sections = []
    for kind, hazards in waiting_for(request.user).items():
        first = list(hazards.select_related("lead_unit", "season").order_by("due_on", "pk")[: TODO_ROWS + 1])
        if first:
            rows = [(hazard, next_step(hazard)) for hazard in first[:TODO_ROWS]]
            count = hazards.count() if len(first) > TODO_ROWS else len(first)
            sections.append({"kind": kind, "label": WAITING_LABELS[kind], "rows": rows, "count": count})
    return render(request, "dashboard/todo.html", {"sections": sections, "today": clock.today()})
