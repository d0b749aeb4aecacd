"""A yard's book stock, told from its movements alone. Pure: no database, no clock.

The stock of a day is that at its close:

    book(d) = close(d − 1) + arrivals − use − losses ± transfers of d
    close(d) = what was counted on d, if there was a count, else book(d)

A count is a fixed point: whatever is entered for its day or an earlier one changes nothing after it, it only changes by
how much the count differs from the books (盘盈, 盘亏). It makes no coal: on its day too no more can leave than the day
began with and got, book(d) ≥ 0. A reversal stands on the day of what it reverses, and both fall
out of the history. The order in which movements were entered does not matter.

This is the definition. `balances` keeps the same figures up to date without telling the whole history again.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from coal.enums import MovementKind


@dataclass(frozen=True, slots=True)
class Entry:
    """A movement as the history needs it. `reverses`: the number of the entry that this one undoes."""

    number: int
    day: dt.date
    kind: MovementKind
    quantity_t: Decimal
    reverses: int | None = None


def standing(entries: Iterable[Entry]) -> list[Entry]:
    """The entries that hold: neither reversals nor what they have reversed."""
    kept = list(entries)
    reversed_numbers = {entry.reverses for entry in kept}
    return [entry for entry in kept if entry.kind is not MovementKind.REVERSAL and entry.number not in reversed_numbers]


def closing_stock(entries: Iterable[Entry]) -> dict[dt.date, Decimal]:
    """The stock (t) at the close of every day on which something that holds was entered, in order of the days."""
    return {day: close for day, _, close in _days(entries)}


def _days(entries: Iterable[Entry]) -> Iterator[tuple[dt.date, Decimal, Decimal]]:
    """(day, book, close) in order of the days, t."""
    net: defaultdict[dt.date, Decimal] = defaultdict(Decimal)
    counted: dict[dt.date, Decimal] = {}
    for entry in standing(entries):
        net[entry.day] += entry.kind.sign * entry.quantity_t
        if entry.kind is MovementKind.COUNT:
            counted[entry.day] = entry.quantity_t
    stock = Decimal(0)
    for day in sorted(net):
        book = stock + net[day]
        stock = counted.get(day, book)
        yield day, book, stock


def stock_on(closing: Mapping[dt.date, Decimal], day: dt.date) -> Decimal:
    """The stock at the close of any day: that of the last day before or on it; 0 before the first."""
    return closing[max(known)] if (known := [each for each in closing if each <= day]) else Decimal(0)


def first_short_day(entries: Iterable[Entry]) -> dt.date | None:
    """The first day on which more would leave than there was, counted or not; None if there is none."""
    return next((day for day, book, _ in _days(entries) if book < 0), None)
