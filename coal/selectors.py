"""Reads of what lies in the yards, for pages, deadlines and reports. Each docstring states its number of queries."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import DateField, Min, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Round

from coal.balances import PLACES, stock_at
from coal.cover import Cover, DayNeed, Stock, measured, week_before
from coal.demand import rounded
from coal.history import History, YardDay, of_yard
from coal.models import StockDay, Yard
from facilities.models import Season

NOTHING = Decimal(0)
# What of the day on which the oldest coal came is needed to know its heat.
OF_OLDEST = ("day", "arrived_t", "transferred_in_t", "came_gj", "received_t", "received_gj")


def stock_by_yard(yards: Iterable[Yard] | QuerySet[Yard], day: dt.date) -> dict[int, Stock]:
    """What lies in each yard at the close of that day, by the yard's pk. 1 query, however long the histories."""
    keys = [yard.pk for yard in yards]
    found = stocks_on(keys, [day])[day]
    return {key: found.get(key, Stock()) for key in keys}


def stocks_on(yards: Iterable[int], days: Iterable[dt.date]) -> dict[dt.date, dict[int, Stock]]:
    """What lies in each yard at the close of each of these days, by the day and the yard's pk; a yard whose book was
    not yet opened is left out. 1 query: for each yard and day a step into the index, and one more for the oldest coal.
    """
    wanted, keys = sorted(set(days)), list(yards)
    stocks: dict[dt.date, dict[int, Stock]] = {day: {} for day in wanted}
    parts = [_last_days(keys, day) for day in wanted] if keys else []
    for row in parts[0].union(*parts[1:], all=True) if parts else ():
        stocks[row["as_of"]][row["yard_id"]] = _stock(row)
    return stocks


def _last_days(keys: list[int], day: dt.date) -> QuerySet[StockDay, Any]:
    """Each yard's last row up to that day, with the row of the day on which the oldest coal that is left came."""
    last = StockDay.objects.filter(yard=OuterRef("pk"), day__lte=day).order_by("-day").values("pk")[:1]
    latest = Yard.objects.filter(pk__in=keys).annotate(last=Subquery(last)).values("last").order_by()
    # Coal leaves in the order in which it came: the oldest that is there came on the first day that exceeds what left.
    oldest = StockDay.objects.filter(
        yard=OuterRef("yard"), day__lte=day,
        received_t__gt=Round(OuterRef("received_t") - OuterRef("close_t"), precision=PLACES),
    ).order_by("received_t", "day")  # fmt: skip
    rows = StockDay.objects.filter(pk__in=latest).order_by()
    return rows.values("yard_id", "close_t", "received_t", "received_gj").annotate(
        as_of=Value(day, output_field=DateField()),
        **{f"oldest_{name}": Subquery(oldest.values(name)[:1]) for name in OF_OLDEST},
    )


def _stock(row: Mapping[str, Any]) -> Stock:
    """`row`: a yard's last day, with the day (`oldest_…`) on which the oldest coal that is left came, if any came."""
    stock_t, left_t = row["close_t"], row["received_t"] - row["close_t"]
    if left_t < 0:  # All that came is there, and what was there before the book was opened.
        older_gj = -left_t * settings.COAL_USUAL_HEAT_VALUE_MJ_PER_KG
        return Stock(stock_t, rounded(row["received_gj"] + older_gj, PLACES), None)
    if not stock_t or row["oldest_day"] is None:
        return Stock()
    came_t = row["oldest_arrived_t"] + row["oldest_transferred_in_t"]
    of_its_day_t = min(row["oldest_received_t"] - left_t, came_t)
    heat_gj = row["received_gj"] - row["oldest_received_gj"] + row["oldest_came_gj"] * of_its_day_t / came_t
    return Stock(stock_t, rounded(heat_gj, PLACES), row["oldest_day"])


def used_by_yard(yards: Iterable[Yard] | QuerySet[Yard], first: dt.date, last: dt.date) -> dict[int, Decimal]:
    """Tonnes used between the two days, both included, by the yard's pk. 1 query."""
    days = StockDay.objects.filter(yard__in=[yard.pk for yard in yards], day__range=(first, last))
    used = dict(days.values_list("yard").annotate(Sum("used_t")).order_by())
    return {key: value or NOTHING for key, value in used.items()}


def cover_by_company(
    yards: Iterable[Yard], stocks: Mapping[int, Stock], day: dt.date, season: Season | None,
    estimated: Mapping[int, DayNeed],
) -> dict[int, Cover]:  # fmt: skip
    """How long each company's coal lasts from that day on, by the company's pk. 1 query in season, else none.

    `stocks`: what lies in the yards (`stock_by_yard`); `estimated`: what a day burns by the season's estimate. While
    there is heating the mean day is that of the 7 days before (of as many as there have been; `day` itself is not
    over); the coldest day is always the estimate's.
    """
    kept = list(yards)
    companies = {yard.pk: yard.company_id for yard in kept}
    stock: defaultdict[int, Decimal] = defaultdict(Decimal)
    for key, company in companies.items():
        stock[company] += stocks[key].stock_t
    week = week_before(day, season.heating_start_on, season.heating_end_on) if season else None
    used: defaultdict[int, Decimal] = defaultdict(Decimal)
    for key, tonnes in used_by_yard(kept, *week).items() if week else ():
        used[companies[key]] += tonnes
    covers = {}
    for company, stock_t in stock.items():
        need = estimated.get(company, DayNeed())
        covers[company] = Cover(stock_t, measured(used[company], *week, need) if week else need)
    return covers


def histories(
    openings: Mapping[int, Decimal | None], first: dt.date, last: dt.date
) -> tuple[dict[int, History], dict[int, dt.date]]:
    """Of each yard what moved between the two days, and the first of these days on which anything did, by its pk.

    `openings`: what lay in each yard on the evening before `first`, None without a book by then. 1 query. It reads the
    yards' rows of these days: one for each yard and day at most, however many movements a day had.
    """
    rows = StockDay.objects.filter(yard__in=list(openings), day__range=(first, last)).order_by("day")
    by_yard: dict[int, list[YardDay]] = {key: [] for key in openings}
    for yard, day, close_t, arrived_t, in_t, used_t, lost_t, out_t in rows.values_list(
        "yard", "day", "close_t", *SUMMED
    ):
        moved_t = arrived_t + in_t - used_t - lost_t - out_t
        by_yard[yard].append(YardDay(day, arrived_t, used_t, moved_t, close_t))
    found = {key: of_yard(first, last, openings[key], days) for key, days in by_yard.items()}
    return found, {key: days[0].day for key, days in by_yard.items() if days}


def closing_of(yard: Yard, days: Iterable[dt.date]) -> dict[dt.date, Decimal]:
    """The stock at the close of each of these days on which something was entered. 1 query."""
    return dict(StockDay.objects.filter(yard=yard, day__in=set(days)).values_list("day", "close_t"))


@dataclass(frozen=True, slots=True)
class Identity:
    """opening + arrivals + transferred in − use − losses − transferred out ± what counts found = stock, all in t."""

    opening_t: Decimal
    arrived_t: Decimal
    transferred_in_t: Decimal
    used_t: Decimal
    lost_t: Decimal
    transferred_out_t: Decimal
    close_t: Decimal

    @property
    def counted_difference_t(self) -> Decimal:
        """盘盈 (+) or 盘亏 (−)."""
        moved = self.arrived_t + self.transferred_in_t - self.used_t - self.lost_t - self.transferred_out_t
        return self.close_t - self.opening_t - moved

    @property
    def counted_shortage_t(self) -> Decimal:
        """盘亏 as a quantity."""
        return max(NOTHING, -self.counted_difference_t)


SUMMED = ("arrived_t", "transferred_in_t", "used_t", "lost_t", "transferred_out_t")


def identity_of(yard: Yard, first: dt.date, last: dt.date) -> Identity:
    """How the stock of the one day became that of the other. 3 queries over the days between."""
    days = StockDay.objects.filter(yard=yard, day__range=(first, last))
    sums = days.aggregate(**{f"sum_{name}": Sum(name) for name in SUMMED})
    return Identity(
        opening_t=stock_at(yard, first - dt.timedelta(1)),
        close_t=stock_at(yard, last),
        **{name: sums[f"sum_{name}"] or NOTHING for name in SUMMED},
    )


def book_opened_on(yard: Yard) -> dt.date | None:
    """The first day of the yard's book. 1 query."""
    opened: dt.date | None = StockDay.objects.filter(yard=yard).aggregate(first=Min("day"))["first"]
    return opened
