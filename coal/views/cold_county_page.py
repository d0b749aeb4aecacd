"""寒潮推演 of a whole county: the same cold for every company, who is without coal first."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.enums import UnitKind
from accounts.scoping import sees_region
from coal.burning import CompanyNow, companies_now, span_of
from coal.demand_selectors import companies_of
from coal.forms.cold_spell import SpellForm
from coal.forms.figures import plain
from coal.inputs import INPUTS
from coal.spells import CompanySpell, CountySpell
from coal.views.access import no_season, reads
from coal.views.cold_spell_page import USUAL_DAYS
from common import clock
from facilities.models import Season
from facilities.selectors import current_season


@reads
@require_GET
def cold_county(request: HttpRequest) -> HttpResponse:
    """Seven queries beside those of every page, whatever the number of companies. The figures stand in the address."""
    user: Any = request.user
    season = current_season(request)
    if season is None:
        return no_season(request, "寒潮推演")
    if user.unit_id and user.unit.kind == UnitKind.HEATING_COMPANY and not sees_region(user):
        return redirect("coal:cold_spell", season=season.pk, company=user.unit_id)
    span = span_of(season, clock.today())
    now = companies_now(season, companies_of(user, season.county), clock.today())
    asked = {"first": span.first.isoformat(), "days": str(USUAL_DAYS), **_coldest(now), **request.GET.dict()}
    form = SpellForm(asked, season=season, span=span)
    context: dict[str, Any] = {"season": season, "span": span, "form": form}
    if form.is_valid():
        county = CountySpell(now, form.spell, span)
        context |= {"county": county, "rows": [_row(row, season, form) for row in county.rows]}
    return render(request, "coal/cold_county.html", context, status=422 if form.errors else 200)


def _coldest(now: list[CompanyNow]) -> dict[str, str]:
    """As cold as the coldest day that any company's estimate reckons with; what is usual before there is one."""
    known = [each.burn.coldest_c for each in now if each.burn]
    return {"mean_c": str(plain(min(known, default=INPUTS["design_c"].typical)))}


def _row(row: CompanySpell, season: Season, form: SpellForm) -> dict[str, Any]:
    """With the company's own page on the same cold."""
    path = f"{reverse('coal:cold_spell', args=[season.pk, row.company.pk])}?{form.spell_query}"
    return {"row": row, "path": path, "yards": row.yards if len(row.yards) > 1 else []}
