"""Reads of what lies in the yards, for pages, deadlines and reports. Each docstring states its number of queries."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import DateField, Exists, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Round

from coal.balances import PLACES, stock_at
from coal.cover import Cover, DayNeed, Stock, known_use, measured_by_day, week_before
from coal.demand import rounded
from coal.enums import MovementKind
from coal.history import History, YardDay, of_yard
from coal.models import DailyReport, Movement, StockDay, Yard
from facilities.models import Season

NOTHING = Decimal(0)
SUMMED = ("used_t", "arrived_t", "transferred_in_t", "lost_t", "transferred_out_t")
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
    ).filter(received_t__gt=0).order_by("received_t", "day")  # fmt: skip
    # What came from another yard may be older than what came before it.
    carried = Movement.objects.filter(
        ~Exists(Movement.objects.filter(reverses=OuterRef("pk"), reverses__isnull=False)),
        yard=OuterRef("yard"), kind=MovementKind.TRANSFER_IN, day__gte=OuterRef("oldest_day"), day__lte=day,
    ).order_by("stored_since")  # fmt: skip
    opening = opening_days().filter(yard=OuterRef("yard"), day__lte=day)
    # A book of which all was reversed is none.
    rows = StockDay.objects.filter(pk__in=latest).exclude(received_t=0, close_t=0).order_by()
    return (
        rows.values("yard_id", "close_t", "received_t", "received_gj")
        .annotate(
            as_of=Value(day, output_field=DateField()), opened_on=Subquery(opening.values("day")[:1]),
            **{f"oldest_{name}": Subquery(oldest.values(name)[:1]) for name in OF_OLDEST},
        )
        .annotate(carried_since=Subquery(carried.values("stored_since")[:1]))
    )  # fmt: skip


def opening_days() -> QuerySet[StockDay]:
    """The counts with which books were opened, by day."""
    return StockDay.objects.filter(opens=True, counted_t__isnull=False).order_by("day")


def with_opening(yards: QuerySet[Yard]) -> QuerySet[Any]:
    """Each yard with `opened`: since when its book is kept, from the count that opened it on, else from what first came
    and holds. No query."""
    days = StockDay.objects.filter(Q(counted_t__isnull=False) | Q(received_t__gt=0), yard=OuterRef("pk")).order_by(
        "day"
    )
    opening = opening_days().filter(yard=OuterRef("pk"))
    return yards.annotate(opened=Coalesce(Subquery(opening.values("day")[:1]), Subquery(days.values("day")[:1])))


def _stock(row: Mapping[str, Any]) -> Stock:
    """`row`: a yard's last day, with the day (`oldest_…`) on which the oldest coal that is left came, if any came.

    What came on one day is taken as mixed: its oldest is there until all of it has left.
    """
    came_on = row["oldest_day"] if row["oldest_arrived_t"] else None
    oldest_on = min(filter(None, (came_on, row["carried_since"])), default=None)
    stock_t, left_t = row["close_t"], row["received_t"] - row["close_t"]
    if left_t < 0:  # All that came is there, and what was there before the book was opened.
        older_gj = -left_t * settings.COAL_USUAL_HEAT_VALUE_MJ_PER_KG
        heat_gj = rounded(row["received_gj"] + older_gj, PLACES)
        if row["opened_on"] is None:
            return Stock(stock_t, heat_gj, oldest_on, found_t=-left_t)
        return Stock(stock_t, heat_gj, min(filter(None, (row["opened_on"], oldest_on))), older_t=-left_t)
    if not stock_t or row["oldest_day"] is None:
        return Stock()
    came_t = row["oldest_arrived_t"] + row["oldest_transferred_in_t"]
    of_its_day_t = min(row["oldest_received_t"] - left_t, came_t)
    heat_gj = row["received_gj"] - row["oldest_received_gj"] + row["oldest_came_gj"] * of_its_day_t / came_t
    return Stock(stock_t, rounded(heat_gj, PLACES), oldest_on)


def used_by_yard(yards: Iterable[Yard] | QuerySet[Yard], first: dt.date, last: dt.date) -> dict[int, Decimal]:
    """Tonnes used between the two days, both included, by the yard's pk. 1 query."""
    days = StockDay.objects.filter(yard__in=[yard.pk for yard in yards], day__range=(first, last))
    used = dict(days.values_list("yard").annotate(Sum("used_t")).order_by())
    return {key: value or NOTHING for key, value in used.items()}


def known_use_of(companies: Iterable[int], first: dt.date, last: dt.date) -> dict[int, dict[dt.date, Decimal]]:
    """What each company used on each of the days, both included, of which its book or its report says it, by its pk.
    1 query."""
    return use_of(companies, first, last)[0]


def use_of(
    companies: Iterable[int], first: dt.date, last: dt.date
) -> tuple[dict[int, dict[dt.date, Decimal]], dict[int, Decimal]]:
    """`known_use_of`, and what each yard used in all by the book, by its pk. 1 query for both."""
    keys, days = list(companies), (first, last)
    of_book = StockDay.objects.filter(yard__company__in=keys, day__range=days, used_t__gt=0).order_by()
    told = DailyReport.objects.current().filter(company__in=keys, day__range=days).order_by()
    rows = of_book.values_list("yard__company", "day", "used_t", "yard", Value(True)).union(
        told.values_list("company", "day", "used_t", "pk", Value(False)), all=True
    )
    booked: dict[int, defaultdict[dt.date, Decimal]] = {key: defaultdict(Decimal) for key in keys}
    reported: dict[int, dict[dt.date, Decimal]] = {key: {} for key in keys}
    by_yard: defaultdict[int, Decimal] = defaultdict(Decimal)
    for company, day, used_t, yard, is_booked in rows:
        if is_booked:
            booked[company][day] += used_t
            by_yard[yard] += used_t
        else:
            reported[company][day] = used_t
    return {key: known_use(booked[key], reported[key]) for key in keys}, by_yard


def cover_by_company(
    yards: Iterable[Yard], stocks: Mapping[int, Stock], day: dt.date, season: Season | None,
    estimated: Mapping[int, DayNeed],
) -> dict[int, Cover]:  # fmt: skip
    """How long each company's coal lasts from that day on, by the company's pk. 1 query in season, else none.

    `stocks`: what lies in the yards (`stock_by_yard`); `estimated`: what a day burns by the season's estimate. While
    there is heating the mean day is that of the 7 days before (of as many as there have been and are known; `day`
    itself is not over); the coldest day is always the estimate's.
    """
    kept = list(yards)
    companies = {yard.pk: yard.company_id for yard in kept}
    stock: defaultdict[int, Decimal] = defaultdict(Decimal)
    for key, company in companies.items():
        stock[company] += stocks[key].stock_t
    week = week_before(day, season.heating_start_on, season.heating_end_on) if season else None
    used = known_use_of(stock, *week) if week else {}
    covers = {}
    for company, stock_t in stock.items():
        need = estimated.get(company, DayNeed())
        covers[company] = Cover(stock_t, measured_by_day(used[company], *week, need) if week else need)
    return covers


@dataclass(frozen=True, slots=True)
class Moved:
    """What moved in some days: `by_yard` by the yard's pk, `opened` the day on which its book was opened if that is
    one of them. `reported_t`: by the company's pk what was used on a day by its report."""

    by_yard: dict[int, History]
    opened: dict[int, dt.date]
    reported_t: dict[int, dict[dt.date, Decimal]]


def histories(
    openings: Mapping[int, Decimal | None], first: dt.date, last: dt.date, companies: Iterable[int] = ()
) -> Moved:
    """What moved in these yards between the two days, and what these companies' reports say was used.

    `openings`: what lay in each yard on the evening before `first`, None without a book by then. 1 query. It reads the
    yards' rows of these days: one for each yard and day at most, however many movements a day had.
    """
    days = (first, last)
    of_yards = StockDay.objects.filter(yard__in=list(openings), day__range=days).order_by()
    rows = of_yards.values_list("yard", "day", *SUMMED, "close_t", "received_t", "counted_t", "opens", Value(False))
    reported_t: dict[int, dict[dt.date, Decimal]] = {company: {} for company in companies}
    if reported_t:
        told = DailyReport.objects.current().filter(company__in=list(reported_t), day__range=days).order_by()
        nothing = (
            Value(NOTHING, output_field=of_yards.model._meta.get_field("close_t")) for _ in range(len(SUMMED) + 2)
        )
        rows = rows.union(told.values_list("company", "day", "used_t", *nothing, Value(False), Value(True)), all=True)
    by_yard: dict[int, list[YardDay]] = {key: [] for key in openings}
    opened: dict[int, dt.date] = {}
    for key, day, *figures, is_report in rows.order_by("day"):
        if is_report:
            reported_t[key][day] = figures[0]
            continue
        used_t, arrived_t, in_t, lost_t, out_t, close_t, received_t, counted_t, opens = figures
        opens = bool(opens) and counted_t is not None
        if opens:
            opened[key] = day
        elif openings[key] is None and (counted_t is not None or received_t):
            opened.setdefault(key, day)
        moved_t = arrived_t + in_t - used_t - lost_t - out_t
        by_yard[key].append(YardDay(day, arrived_t, used_t, moved_t, close_t, opens))
    found = {key: of_yard(first, last, openings[key], days) for key, days in by_yard.items()}
    return Moved(found, opened, reported_t)


def closing_of(yard: Yard, days: Iterable[dt.date]) -> dict[dt.date, Decimal]:
    """The stock at the close of each of these days on which something was entered. 1 query."""
    return dict(StockDay.objects.filter(yard=yard, day__in=set(days)).values_list("day", "close_t"))


@dataclass(frozen=True, slots=True)
class Identity:
    """opening + arrivals + transferred in − use − losses − transferred out ± what counts found = stock, all in t.

    `opened_t`: what the count found with which the book was opened in the time.
    """

    opening_t: Decimal
    opened_t: Decimal
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
        return self.close_t - self.opening_t - self.opened_t - moved

    @property
    def counted_shortage_t(self) -> Decimal:
        """盘亏 as a quantity."""
        return max(NOTHING, -self.counted_difference_t)


def identity_of(yard: Yard, first: dt.date, last: dt.date) -> Identity:
    """How the stock of the one day became that of the other. 4 or 5 queries over the days between."""
    days = StockDay.objects.filter(yard=yard, day__range=(first, last))
    sums = days.aggregate(**{f"sum_{name}": Sum(name) for name in SUMMED})
    return Identity(
        opening_t=stock_at(yard, first - dt.timedelta(1)),
        opened_t=_opened_t(days.filter(opens=True, counted_t__isnull=False).order_by("day").first()),
        close_t=stock_at(yard, last),
        **{name: sums[f"sum_{name}"] or NOTHING for name in SUMMED},
    )


def _opened_t(opening: StockDay | None) -> Decimal:
    """By how much the opening count was more than what is in the book before it. At most 1 query."""
    if opening is None:
        return NOTHING
    return opening.close_t - stock_at(opening.yard, opening.day - dt.timedelta(1)) - opening.net_t
