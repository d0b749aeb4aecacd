"""煤炭储备: how a county's companies stand, what is wrong, and the county as a whole."""

import datetime as dt
from typing import Any, BinaryIO

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_GET

from accounts.enums import UnitKind
from accounts.scoping import sees_region
from coal.charts import charts_of
from coal.concerns import concerns
from coal.county import County
from coal.standings import Standing, YardStanding, last_day, standings
from coal.stock_sheet import stock_sheet_name, write_stock_sheet
from coal.views.access import no_season, reads
from coal.views.workbook import workbook
from common import clock
from facilities.models import Season
from facilities.selectors import current_season


@reads
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """The season that was chosen, as of `?day=`, today without one.

    Five queries beside those of every page, whatever the companies and movements.
    """
    user: Any = request.user
    if user.unit_id and user.unit.kind == UnitKind.HEATING_COMPANY and not sees_region(user):
        return redirect("coal:company", pk=user.unit_id)
    season = current_season(request)
    if season is None:
        return no_season(request, "煤炭储备")
    day = _day(request, season)
    shown = _shown(season, day, standings(season, user, day)) | {"sees_county": sees_region(user)}
    return render(request, "coal/overview.html", shown)


def _day(request: HttpRequest, season: Season) -> dt.date:
    """The day of the season that the address asks for; the last one that is known without one, or for what is none."""
    last = last_day(season, clock.today())
    try:
        asked = parse_date(request.GET.get("day", ""))
    except ValueError:
        asked = None
    return asked if asked and season.summer_start_on <= asked <= last else last


def _shown(season: Season, day: dt.date, found: list[Standing]) -> dict[str, Any]:
    today = clock.today()
    yards = [yard for each in found for yard in each.yards if yard.yard.is_active or yard.stock.stock_t]
    last, is_past = last_day(season, today), today > season.heating_end_on
    return {
        "season": season, "day": day, "is_past": is_past, "last": last,
        "back": "" if day == last else "季末" if is_past else "今天",
        "yards": sorted(yards, key=_shortest_first), "county": County(found), "rows": sorted(found, key=_worst_first),
        "is_empty": not any(each.keeper.yards or each.target for each in found),
        "concerns": concerns(found), "charts": charts_of(found, is_today=day == last),
    }  # fmt: skip


def _worst_first(standing: Standing) -> tuple[Any, ...]:
    """By the light, then who would be out of coal first; of whom nothing is known last."""
    days = standing.cover.mean_days
    return -standing.verdict.light.severity, days is None, days or 0, standing.company.pk


def _shortest_first(yard: YardStanding) -> tuple[Any, ...]:
    days = yard.cover.mean_days
    return days is None, days or 0, yard.company.pk, yard.yard.name


@reads
@require_GET
def stock_sheet(request: HttpRequest) -> HttpResponse | FileResponse:
    """煤炭储备进度表 of the season that was chosen, as a workbook."""
    season, by = current_season(request), request.user
    if season is None:
        return no_season(request, "煤炭储备")

    def write(out: BinaryIO) -> str:
        write_stock_sheet(out, season, by=by)
        return stock_sheet_name(season, by=by)

    return workbook(write)
