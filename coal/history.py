"""What moved in a company's yards day by day, and what lay there at the close of every day. Pure: no database.

It is made of the rows that the book keeps per yard and day (`coal.models.StockDay`), of a season at most 365 for each
yard: however many movements a day had, they are one row.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from coal.progress import Supply

NOTHING = Decimal(0)
DAY, WEEK = dt.timedelta(1), dt.timedelta(7)


@dataclass(frozen=True, slots=True)
class YardDay:
    """One day on which something was entered for one yard; t. `moved_t`: what its movements alone add to the stock;
    `opens`: whether the book was opened with a count of that day."""

    day: dt.date
    arrived_t: Decimal
    used_t: Decimal
    moved_t: Decimal
    close_t: Decimal
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Week:
    """`monday`: its first day; of the first and the last week of a season only the season's days count."""

    monday: dt.date
    arrived_t: Decimal
    used_t: Decimal


@dataclass(frozen=True, slots=True)
class History:
    """From `first` to `last`, both included. `opening_t` lay there on the evening before; `closes_t` has every day.

    What counts found, by day: `opened_t` at the count with which the book was opened, whatever was back-dated before
    it, else `surplus_t` (盘盈) and `shortage_t` (盘亏), both positive.
    """

    first: dt.date
    last: dt.date
    opening_t: Decimal
    arrived_t: Mapping[dt.date, Decimal]
    used_t: Mapping[dt.date, Decimal]
    opened_t: Mapping[dt.date, Decimal]
    surplus_t: Mapping[dt.date, Decimal]
    shortage_t: Mapping[dt.date, Decimal]
    closes_t: tuple[Decimal, ...]

    @property
    def days(self) -> Iterator[dt.date]:
        return (self.first + DAY * number for number in range(len(self.closes_t)))

    @property
    def supply(self) -> Supply:
        lacking = {day: -tonnes for day, tonnes in self.shortage_t.items()}
        return Supply(self.first, self.opening_t, self.arrived_t, _added((self.opened_t, self.surplus_t, lacking)))

    @property
    def booked_t(self) -> Decimal:
        """All that was there or came by the book, before counts found more or less."""
        return self.opening_t + sum((*self.opened_t.values(), *self.arrived_t.values()), NOTHING)

    def stock_t(self, day: dt.date) -> Decimal:
        """At the close of that day; before `first` the opening, after `last` as on `last`."""
        number = min((day - self.first).days, len(self.closes_t) - 1)
        return self.closes_t[number] if number >= 0 else self.opening_t

    def used_between(self, first: dt.date, last: dt.date) -> Decimal:
        """Both days included."""
        span = (first + DAY * number for number in range((last - first).days + 1))
        return sum((self.used_t.get(day, NOTHING) for day in span), NOTHING)

    def weeks(self) -> list[Week]:
        """Monday to Sunday, the first and the last as far as they belong to it."""
        found, monday = [], self.first - DAY * self.first.weekday()
        while monday <= self.last:
            days = [monday + DAY * number for number in range(7)]
            arrived_t = sum((self.arrived_t.get(day, NOTHING) for day in days), NOTHING)
            found.append(Week(monday, arrived_t, self.used_between(days[0], days[-1])))
            monday += WEEK
        return found


def of_yard(first: dt.date, last: dt.date, opening_t: Decimal | None, days: Iterable[YardDay]) -> History:
    """`opening_t`: None where the yard has no book before `first`. `days`: by date; a day without a row closes as the
    one before it."""
    by_day = {each.day: each for each in days}
    closes, stock_t = [], opening_t or NOTHING
    opened: dict[dt.date, Decimal] = {}
    counted: dict[dt.date, Decimal] = {}
    for number in range((last - first).days + 1):
        if row := by_day.get(first + DAY * number):
            # Without a count a day closes with what its movements give.
            (opened if row.opens else counted)[row.day] = row.close_t - stock_t - row.moved_t
            stock_t = row.close_t
        closes.append(stock_t)
    return History(
        first, last, opening_t or NOTHING,
        {day: each.arrived_t for day, each in by_day.items() if each.arrived_t},
        {day: each.used_t for day, each in by_day.items() if each.used_t},
        {day: tonnes for day, tonnes in opened.items() if tonnes},
        {day: tonnes for day, tonnes in counted.items() if tonnes > 0},
        {day: -tonnes for day, tonnes in counted.items() if tonnes < 0},
        tuple(closes),
    )  # fmt: skip


def together(histories: Iterable[History]) -> History | None:
    """The sum of histories of the same days; None of none."""
    kept = list(histories)
    if not kept:
        return None
    return History(
        kept[0].first, kept[0].last, sum((each.opening_t for each in kept), NOTHING),
        _added(each.arrived_t for each in kept), _added(each.used_t for each in kept),
        _added(each.opened_t for each in kept), _added(each.surplus_t for each in kept),
        _added(each.shortage_t for each in kept),
        tuple(sum(closes, NOTHING) for closes in zip(*(each.closes_t for each in kept), strict=True)),
    )  # fmt: skip


def _added(parts: Iterable[Mapping[dt.date, Decimal]]) -> Mapping[dt.date, Decimal]:
    total: dict[dt.date, Decimal] = {}
    for part in parts:
        for day, tonnes in part.items():
            total[day] = total.get(day, NOTHING) + tonnes
    return total
