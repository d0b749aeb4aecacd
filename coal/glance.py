"""A county's coal at a glance, for a page that shows much else: days of supply now and a week ago, who is short, and
the stock against the milestones."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from coal.charts import charts_of
from coal.cover import CountyCover, Cover, DayNeed, measured_by_day, together, week_before
from coal.demand_selectors import day_needs
from coal.models import StockDay, Yard
from coal.selectors import known_use_of
from coal.standings import WEEK, Standing, last_day, standings
from facilities.models import Season

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class DaysOfSupply:
    now: CountyCover
    week_ago: CountyCover


def days_of_supply(season: Season, user: Any, today: dt.date) -> DaysOfSupply | None:
    """Of all companies of the season's county whose coal the user sees; None where nobody has a yard.

    Two queries, in heating three, whatever the companies and movements: a step into the index of days for each yard,
    its rows of the weeks before. It is what the page 煤炭储备 shows.
    """
    day = last_day(season, today)
    days = (day, day - WEEK)
    yards = Yard.objects.visible_to(user).filter(county=season.county_id, company__is_active=True)
    stock: list[defaultdict[Any, Decimal]] = [defaultdict(Decimal), defaultdict(Decimal)]
    for row in _rows(yards, days):
        for number in range(len(days)):
            stock[number][row["company"]] += row[f"stock_{number}"] or NOTHING
    if not stock[0]:
        return None
    needs = day_needs(season, stock[0])
    used = known_use_of(stock[0], days[1] - WEEK, day) if day > season.heating_start_on else {}
    now, before = (
        together(
            Cover(tonnes, _need(season, each, used.get(company, {}), needs.get(company, DayNeed())))
            for company, tonnes in stock[number].items()
        )
        for number, each in enumerate(days)
    )
    return DaysOfSupply(now, before)


@dataclass(frozen=True, slots=True)
class CoalNow:
    """`short`: whose coal lasts fewer days than it has to, the worst first; `chart`: stock against milestones, for
    partials/chart.html, None before a book is kept."""

    short: list[Standing]
    chart: dict[str, Any] | None


def coal_now(season: Season, user: Any, today: dt.date) -> CoalNow:
    """As the page 煤炭储备 has it. Five queries."""
    day = last_day(season, today)
    found = standings(season, user, day)
    short = sorted((each for each in found if each.is_short), key=lambda each: (each.cover.mean_days, each.company.pk))
    charts = charts_of(found, is_today=day == today)
    return CoalNow(short, charts[0] if charts else None)


def _rows(yards: QuerySet[Yard], days: tuple[dt.date, ...]) -> Any:
    """Each yard's company, and for each of the days its stock (stock_0, …)."""
    of_yard, columns = StockDay.objects.filter(yard=OuterRef("pk")), {}
    for number, day in enumerate(days):
        columns[f"stock_{number}"] = Subquery(of_yard.filter(day__lte=day).order_by("-day").values("close_t")[:1])
    return yards.order_by().annotate(**columns).values("company", *columns)


def _need(season: Season, day: dt.date, used: Mapping[dt.date, Decimal], estimated: DayNeed) -> DayNeed:
    week = week_before(day, season.heating_start_on, season.heating_end_on)
    return measured_by_day(used, *week, estimated) if week else estimated
