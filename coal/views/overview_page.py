"""煤炭储备: how much coal each company has and how long it lasts."""

from collections import defaultdict
from typing import Any, BinaryIO

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from coal.cover import Cover, Stock, together
from coal.demand_selectors import day_needs
from coal.models import Yard
from coal.selectors import cover_by_company, stock_by_yard
from coal.stock_sheet import stock_sheet_name, write_stock_sheet
from coal.views.access import no_season, reads
from coal.views.workbook import workbook
from common import clock
from facilities.selectors import current_season, seasons_of


@reads
def overview(request: HttpRequest) -> HttpResponse:
    """The companies, worst first, and all of them together. 5 queries for a county, whatever its histories."""
    yards = list(Yard.objects.visible_to(request.user).select_related("company", "county"))
    stocks = stock_by_yard(yards, clock.today())
    rows = [
        {
            "company": company, "cover": cover, "capacity_t": sum(yard.capacity_t for yard in kept),
            "stock": sum((stocks[yard.pk] for yard in kept), Stock()), "yards": kept,
        }
        for company, kept, cover in _covers(request, yards, stocks)
    ]  # fmt: skip
    # The one that would be out of coal first stands first; of whom nothing is known stand last.
    rows.sort(key=lambda row: (row["cover"].mean_days is None, row["cover"].mean_days or 0, row["company"].pk))
    context = {
        "rows": rows, "today": clock.today(), "stock": sum((row["stock"] for row in rows), Stock()),
        "together": together(row["cover"] for row in rows) if len(rows) > 1 else None,
    }  # fmt: skip
    return render(request, "coal/overview.html", context)


def _covers(request: HttpRequest, yards: list[Yard], stocks: dict[int, Stock]) -> list[tuple[Any, list[Yard], Cover]]:
    """(company, its yards, how long its coal lasts), each by the season that today belongs to in its county."""
    today, found = clock.today(), []
    in_county: defaultdict[int, list[Yard]] = defaultdict(list)
    for yard in yards:
        in_county[yard.county_id].append(yard)
    for county, kept in in_county.items():
        in_season = (season for season in seasons_of(request) if season.county_id == county)
        season = next((s for s in in_season if s.summer_start_on <= today <= s.heating_end_on), None)
        companies = {yard.company_id: yard.company for yard in kept}
        needs = day_needs(season, companies.values()) if season else {}
        covers = cover_by_company(kept, stocks, today, season, needs)
        for pk, company in companies.items():
            found.append((company, [yard for yard in kept if yard.company_id == pk], covers[pk]))
    return found


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
