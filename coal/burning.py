"""What companies burn a day now, in all and at each of their yards, for reckoning on from there.

It is what every page of the season shows: in season the mean day is that of the days of supply (近 7 天平均耗用), burnt
at the mean temperature of those days where it is known; else all is the target's or the estimate's.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import OuterRef, Subquery

from accounts.models import Unit
from coal.cold_spell import Burning
from coal.cover import DayNeed, Stock, measured_by_day, week_before
from coal.demand import rounded
from coal.demand_enums import Method, TargetStatus
from coal.demand_selectors import BY_TARGET
from coal.formulas import figure
from coal.models import DailyTemperature, Estimate, Target, Yard
from coal.selectors import stock_by_yard, use_of
from facilities.models import Season

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Burn:
    """How a company burns: `basis` says where the mean day comes from, `coldest_c` is the estimate's coldest day, the
    heat value that of the coal for which it was reckoned."""

    burning: Burning
    coldest_c: Decimal
    heat_value_mj_per_kg: Decimal
    basis: str


@dataclass(frozen=True, slots=True)
class YardNow:
    """`used_t`: in the days of heating whose use says what a mean day burns; 0 out of season."""

    yard: Yard
    stock: Stock
    used_t: Decimal


@dataclass(frozen=True, slots=True)
class CompanyNow:
    """`burn` is None before anything was reckoned; `week_days`: of how many days `used_t` of the yards is."""

    company: Unit
    burn: Burn | None
    yards: list[YardNow]
    week_days: int


@dataclass(frozen=True, slots=True)
class Span:
    """From which day on is reckoned, until the end of heating, and at whose close the stock is taken."""

    stock_on: dt.date
    first: dt.date
    last: dt.date


def span_of(season: Season, today: dt.date) -> Span:
    """From today on, in summer from the first day of heating on; of a past season the whole of it, as it began."""
    start, end = season.heating_start_on, season.heating_end_on
    if today > end:
        return Span(start - dt.timedelta(1), start, end)
    return Span(today, max(today, start), end)


def companies_now(season: Season, companies: Iterable[Unit], today: dt.date) -> list[CompanyNow]:
    """In the order given. Five queries at most, whatever the number of companies; yards without coal that are not in
    use are left out."""
    kept = list(companies)
    yards = list(Yard.objects.filter(company__in=kept))
    stocks = stock_by_yard(yards, span_of(season, today).stock_on)
    week = week_before(today, season.heating_start_on, season.heating_end_on)
    known, used = use_of((company.pk for company in kept), *week) if week else ({}, {})
    reckoned = _reckoned(season, kept)
    mean_c = _mean_c(season, *week) if week else None
    found = []
    for company in kept:
        own = [YardNow(each, stocks[each.pk], rounded(used.get(each.pk, NOTHING), 2))
               for each in yards if each.company_id == company.pk]  # fmt: skip
        burn = reckoned.get(company.pk)
        if burn and week:
            burn = _measured(burn, known[company.pk], week, mean_c)
        shown = [each for each in own if each.yard.is_active or each.stock.stock_t]
        found.append(CompanyNow(company, burn, shown, (week[1] - week[0]).days + 1 if week else 0))
    return found


def _reckoned(season: Season, companies: list[Unit]) -> dict[int, Burn]:
    """By the estimate that the target in force rests on, else by the last one. One query."""
    in_force = Target.objects.filter(estimate=OuterRef("pk"), status=TargetStatus.APPROVED)
    estimates = Estimate.objects.filter(season=season, company__in=companies).order_by("number")
    found: dict[int, Burn] = {}
    agreed: dict[int, Burn] = {}
    for each in estimates.annotate(agreed_mean_t=Subquery(in_force.values("mean_day_t")[:1])):
        found[each.company_id] = _burn(each, each.demands[Method.DESIGN_LOAD].mean_day_t, "本季测算（设计热负荷法）")
        if each.agreed_mean_t is not None:
            agreed[each.company_id] = _burn(each, each.agreed_mean_t, BY_TARGET)
    return found | agreed


def _burn(estimate: Estimate, mean_day_t: Decimal, basis: str) -> Burn:
    burning = Burning(mean_day_t, estimate.indoor_c, estimate.mean_c)
    return Burn(burning, estimate.design_c, estimate.heat_value_mj_per_kg, basis)


def _measured(
    burn: Burn, known: Mapping[dt.date, Decimal], week: tuple[dt.date, dt.date], mean_c: Decimal | None
) -> Burn:
    """By what was used in these days; as it was where nothing was."""
    plan = burn.burning
    need = measured_by_day(known, *week, DayNeed(plan.mean_day_t, None, burn.basis))
    if not need.known_days or need.mean_t is None:
        return burn
    basis = need.basis
    if mean_c is None or mean_c >= plan.indoor_c:
        mean_c = plan.mean_c
    else:
        basis = f"{basis}（这几天平均气温 {figure(mean_c)} ℃）"
    return Burn(Burning(need.mean_t, plan.indoor_c, mean_c), burn.coldest_c, burn.heat_value_mj_per_kg, basis)


def _mean_c(season: Season, first: dt.date, last: dt.date) -> Decimal | None:
    """Of the days from `first` to `last`; None unless all are known. One query."""
    found = DailyTemperature.objects.filter(county=season.county_id, day__range=(first, last))
    known = list(found.values_list("mean_c", flat=True))
    return rounded(sum(known, NOTHING) / len(known), 1) if len(known) == (last - first).days + 1 else None
