"""A county's days of supply at a glance, for a page that shows much else: now and a week ago."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Sum

from coal.cover import CountyCover, Cover, DayNeed, measured, together, week_before
from coal.demand_selectors import day_needs
from coal.models import StockDay, Yard
from coal.standings import WEEK, last_day
from facilities.models import Season

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class DaysOfSupply:
    now: CountyCover
    week_ago: CountyCover


def days_of_supply(season: Season, user: Any, today: dt.date) -> DaysOfSupply | None:
    """Of all companies of the season's county whose coal the user sees; None where nobody has a yard.

    Two queries, whatever the companies and movements: a step into the index of days for each yard, and its rows of the
    week before. It is what the page 煤炭储备 shows.
    """
    day = last_day(season, today)
    days = (day, day - WEEK)
    yards = Yard.objects.visible_to(user).filter(county=season.county_id, company__is_active=True)
    stock: list[defaultdict[Any, Decimal]] = [defaultdict(Decimal), defaultdict(Decimal)]
    used: list[defaultdict[Any, Decimal]] = [defaultdict(Decimal), defaultdict(Decimal)]
    for row in _rows(yards, season, days):
        for number in range(len(days)):
            stock[number][row["company"]] += row[f"stock_{number}"] or NOTHING
            used[number][row["company"]] += row[f"used_{number}"] or NOTHING
    if not stock[0]:
        return None
    needs = day_needs(season, stock[0])
    now, before = (
        together(
            Cover(tonnes, _need(season, each, used[number][company], needs.get(company, DayNeed())))
            for company, tonnes in stock[number].items()
        )
        for number, each in enumerate(days)
    )
    return DaysOfSupply(now, before)


def _rows(yards: QuerySet[Yard], season: Season, days: tuple[dt.date, ...]) -> Any:
    """Each yard's company, and for each of the days its stock (stock_0, …) and what the week before used (used_0)."""
    of_yard, columns = StockDay.objects.filter(yard=OuterRef("pk")), {}
    for number, day in enumerate(days):
        # Without heating there is no such week: a span that holds no day.
        first, last = week_before(day, season.heating_start_on, season.heating_end_on) or (day, day - WEEK)
        columns[f"stock_{number}"] = Subquery(of_yard.filter(day__lte=day).order_by("-day").values("close_t")[:1])
        used = of_yard.filter(day__range=(first, last)).order_by().values("yard").annotate(sum=Sum("used_t"))
        columns[f"used_{number}"] = Subquery(used.values("sum"))
    return yards.order_by().annotate(**columns).values("company", *columns)


def _need(season: Season, day: dt.date, used_t: Decimal, estimated: DayNeed) -> DayNeed:
    week = week_before(day, season.heating_start_on, season.heating_end_on)
    return measured(used_t, *week, estimated) if week else estimated
