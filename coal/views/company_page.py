"""One company's coal on one page; for its own people the entrance to theirs."""

from typing import Any

from django.contrib.auth.context_processors import PermWrapper
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from accounts.models import Region
from coal.concerns import concerns
from coal.demand_selectors import visible_companies
from coal.keepers import keepers_of
from coal.standings import last_day, standings_of
from coal.views.access import no_season, reads
from coal.views.company_panels import PANELS, CompanyPage
from common import clock
from facilities.models import Season
from facilities.selectors import current_season, seasons_of


@reads
@require_GET
def company(request: HttpRequest, pk: int) -> HttpResponse:
    """The season that was chosen, else the present one of the company's county.

    As many queries (about 16) whatever its book.
    """
    unit = get_object_or_404(visible_companies(request.user).select_related("region__parent"), pk=pk)
    season = _season(request, unit.region.county)
    if season is None:
        return no_season(request, f"{unit} 煤炭储备")
    today = clock.today()
    [standing] = standings_of(season, keepers_of(season, request.user, today, company=pk), today)
    page = CompanyPage(request, unit, season, standing)
    context = {
        "company": unit, "season": season, "standing": standing, "day": last_day(season, today),
        "is_past": today > season.heating_end_on, "is_own": page.is_own, "concerns": concerns([standing]),
        "yards": page.yards, "panels": list(_rendered(page)),
    }  # fmt: skip
    return render(request, "coal/company.html", context)


def _rendered(page: CompanyPage) -> Any:
    # Not with the request: what every page's shell asks for would be asked for anew for each panel.
    perms = PermWrapper(page.user)
    for panel in PANELS:
        context = panel.context(page)
        if context is not None:
            html = render_to_string(panel.template, {**context, "perms": perms})
            yield {"html": html, "is_wide": panel.is_wide}


def _season(request: HttpRequest, county: Region) -> Season | None:
    """The chosen one if it is of that county; who sees several counties may have chosen another's."""
    chosen, today = current_season(request), clock.today()
    if chosen is None or chosen.county_id == county.pk:
        return chosen
    of_county = [season for season in seasons_of(request) if season.county_id == county.pk]
    present = (season for season in of_county if season.summer_start_on <= today <= season.heating_end_on)
    return next(present, of_county[0] if of_county else None)
