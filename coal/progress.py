"""How far a company has come towards its target: what is in place by a day. Pure: no database, no clock.

累计到位 = what lay in the yards when the summer's storing began + all arrivals since ± what counts found more or less
than the book. A book that begins with a count begins with all that was found. What is burnt later is not taken off: a
milestone that was reached stays reached, unless a count says that the coal was never there.
"""

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal

from coal.demand import rounded

WHOLE = Decimal(100)


def share_of(part_t: Decimal, whole_t: Decimal, marks: Iterable[Decimal] = ()) -> Decimal:
    """Percent, to one decimal. Where rounding would give a mark (or the whole) that is not reached, it is cut off: what
    lacks 6 t is not 80 %."""
    exact = part_t * 100 / whole_t
    found = rounded(exact, 1)
    if any(exact < mark <= found for mark in (*marks, WHOLE)):
        return exact.quantize(Decimal("0.1"), ROUND_DOWN)
    return found


@dataclass(frozen=True, slots=True)
class Supply:
    """`opening_t`: on the evening before `first`, the season's first day; `arrived`: tonnes by day since;
    `counted`: what counts found more (+) or less (−), by day."""

    first: dt.date
    opening_t: Decimal
    arrived: Mapping[dt.date, Decimal]
    counted: Mapping[dt.date, Decimal] = field(default_factory=dict)

    @property
    def by_day(self) -> dict[dt.date, Decimal]:
        """By how much more is in place on each day on which that changed, in order of the days."""
        days = sorted({*self.arrived, *self.counted})
        return {day: self.arrived.get(day, Decimal(0)) + self.counted.get(day, Decimal(0)) for day in days}

    def in_place_t(self, day: dt.date) -> Decimal:
        """By the evening of that day."""
        return self.opening_t + sum((tonnes for each, tonnes in self.by_day.items() if each <= day), Decimal(0))

    def reached_on(self, quantity_t: Decimal) -> dt.date | None:
        """The day since which so much is in place, `first` for what lay there before; None while it is not."""
        total = self.opening_t
        since = self.first if total >= quantity_t else None
        for day, more_t in self.by_day.items():
            total += more_t
            if total < quantity_t:
                since = None
            elif since is None:
                since = day
        return since


@dataclass(frozen=True, slots=True)
class Reach:
    """How a milestone stands: reached, and by how many days late; else how much is lacking, and how late that is."""

    quantity_t: Decimal
    in_place_t: Decimal
    reached_on: dt.date | None
    days_late: int

    @property
    def is_reached(self) -> bool:
        return self.reached_on is not None

    @property
    def is_behind(self) -> bool:
        """Due and not reached."""
        return not self.is_reached and self.days_late > 0

    @property
    def lacking_t(self) -> Decimal:
        return max(Decimal(0), self.quantity_t - self.in_place_t)


def reach(supply: Supply, quantity_t: Decimal, due_on: dt.date, today: dt.date) -> Reach:
    """Due today is not late."""
    reached_on = supply.reached_on(quantity_t)
    return Reach(
        quantity_t=quantity_t,
        in_place_t=supply.in_place_t(today),
        reached_on=reached_on,
        days_late=max(0, ((reached_on or today) - due_on).days),
    )


PACE_DAYS = 14


def pace_t_per_day(supply: Supply, today: dt.date) -> Decimal:
    """Mean arrivals of the last PACE_DAYS full days."""
    since = today - dt.timedelta(days=PACE_DAYS)
    return sum((tonnes for day, tonnes in supply.arrived.items() if since <= day < today), Decimal(0)) / PACE_DAYS


def forecast(supply: Supply, quantity_t: Decimal, today: dt.date) -> dt.date | None:
    """The day on which so much is in place at that pace; the day itself if it is. None if nothing arrives any more."""
    if reached_on := supply.reached_on(quantity_t):
        return reached_on
    pace = pace_t_per_day(supply, today)
    if not pace:
        return None
    lacking = quantity_t - supply.in_place_t(today)
    return today + dt.timedelta(days=math.ceil(lacking / pace))
