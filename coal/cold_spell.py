"""How far a yard's coal lasts if so many days are so cold, beside the plan. Pure: no database, no clock.

A day of the mean temperature t burns (ti − t) / (ti − ta) of the mean day, nothing from ti on (the heat balance of
`demand`). The plan beside it burns the mean day every day.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from coal.demand import rounded

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Burning:
    """How a company burns: the mean day's coal, ti and ta."""

    mean_day_t: Decimal
    indoor_c: Decimal
    mean_c: Decimal

    def at(self, outdoor_c: Decimal) -> Decimal:
        """Tonnes on a day of that mean temperature."""
        return self.mean_day_t * max(NOTHING, self.indoor_c - outdoor_c) / (self.indoor_c - self.mean_c)

    def part(self, share: Decimal) -> "Burning":
        """What of it one yard feeds."""
        return Burning(self.mean_day_t * share, self.indoor_c, self.mean_c)


@dataclass(frozen=True, slots=True)
class Spell:
    """`days` days of the mean temperature `mean_c` from `first` on."""

    first: dt.date
    days: int
    mean_c: Decimal

    def covers(self, day: dt.date) -> bool:
        return self.first <= day < self.first + dt.timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Part:
    """A yard or a company: what lies there, how it burns, what arrives every day."""

    stock_t: Decimal
    burning: Burning
    arrivals_t: Decimal = NOTHING


@dataclass(frozen=True, slots=True)
class Course:
    """A yard's stock at the end of each day. `last_day`: the last one with coal enough; None if none has."""

    stock_t: tuple[tuple[dt.date, Decimal], ...]
    last_day: dt.date | None
    runs_out: bool
    burnt_t: Decimal

    @property
    def lacking_t(self) -> Decimal:
        """How much would be missing until the end; 0 if the coal lasts."""
        return max(NOTHING, -self.stock_t[-1][1]) if self.stock_t else NOTHING


def course(
    stock_t: Decimal, burn_on: Callable[[dt.date], Decimal], first: dt.date, until: dt.date, arrivals_t: Decimal
) -> Course:
    """From the stock on the evening before `first`, with so much arriving every day, to `until`, counted too.

    The stock goes on below zero, so that what is missing can be seen. Less than the book writes down is nothing: a
    yard's share of a day is no round number.
    """
    days, last_day, has_run_out, burnt = [], None, False, NOTHING
    for n in range((until - first).days + 1):
        day = first + dt.timedelta(days=n)
        burn = burn_on(day)
        burnt += burn
        stock_t += arrivals_t - burn
        days.append((day, rounded(stock_t)))
        has_run_out = has_run_out or rounded(stock_t, 2) < 0
        last_day = last_day if has_run_out else day
    return Course(tuple(days), last_day, has_run_out, rounded(burnt))


@dataclass(frozen=True, slots=True)
class WhatIf:
    plan: Course
    spell: Course

    @property
    def more_t(self) -> Decimal:
        """How much more is burnt for the cold."""
        return self.spell.burnt_t - self.plan.burnt_t


def what_if(parts: Sequence[Part], spell: Spell, *, first: dt.date, until: dt.date) -> WhatIf:
    """The plan and the spell side by side, of these parts as one: what one of them has is there for all."""
    stock_t = sum((part.stock_t for part in parts), NOTHING)
    arrivals_t = sum((part.arrivals_t for part in parts), NOTHING)
    mean_day_t = sum((part.burning.mean_day_t for part in parts), NOTHING)
    cold_day_t = sum((part.burning.at(spell.mean_c) for part in parts), NOTHING)

    def in_spell(day: dt.date) -> Decimal:
        return cold_day_t if spell.covers(day) else mean_day_t

    return WhatIf(
        plan=course(stock_t, lambda day: mean_day_t, first, until, arrivals_t),
        spell=course(stock_t, in_spell, first, until, arrivals_t),
    )


def shares(used_t: Sequence[Decimal], stocks_t: Sequence[Decimal]) -> list[Decimal]:
    """Which part of what a company burns each of its yards feeds: as they fed it lately, else as much as each has; all
    alike where none has anything."""
    for amounts in (used_t, stocks_t):
        if whole := sum(amounts, NOTHING):
            return [each / whole for each in amounts]
    return [Decimal(1) / len(stocks_t) for _ in stocks_t]
