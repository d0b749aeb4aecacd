"""How much heat came into a yard and was burnt out of it, told from its days. Pure: no database, no clock.

Coal leaves in the order in which it came. With H(x) for the heat of the first x tonnes that ever came, what a day takes
is H(gone + left) − H(gone), `gone` being what had left before it, and what is there in the evening is H(received) −
H(gone): the heat that came in less the heat that is there is the heat that left. Of what left on one day the use has
its share by tonnes, since a book knows no hours. Coal that no arrival explains is taken for the usual, as everywhere.

    there on the eve + came + what counts found (± H) = used + lost + carried elsewhere + there now
"""

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class HeatDay:
    """One day of a yard's book; t, GJ. `left_t`: used, lost and carried to another yard; `is_told`: whether the heat
    value of all that came is known."""

    day: dt.date
    came_t: Decimal
    came_gj: Decimal
    used_t: Decimal
    left_t: Decimal
    close_t: Decimal
    is_told: bool = True


@dataclass(slots=True)
class Flow:
    """Since the first day of the season; `opening_gj` lay there on its eve. `in_place_is_told`, `used_is_told`: whether
    the heat value is known of everything that lay there or came, and of everything that was burnt."""

    opening_gj: Decimal = NOTHING
    came_gj: Decimal = NOTHING
    counted_gj: Decimal = NOTHING
    used_gj: Decimal = NOTHING
    stock_gj: Decimal = NOTHING
    in_place_is_told: bool = True
    used_is_told: bool = True


@dataclass(slots=True)
class _Received:
    """H: what came, day by day, as running sums."""

    usual_mj_per_kg: Decimal
    bounds_t: list[Decimal] = field(default_factory=lambda: [NOTHING])
    bounds_gj: list[Decimal] = field(default_factory=lambda: [NOTHING])
    untold: list[tuple[Decimal, Decimal]] = field(default_factory=list)

    @property
    def total_t(self) -> Decimal:
        return self.bounds_t[-1]

    def add(self, each: HeatDay) -> None:
        if not each.came_t:
            return
        if not each.is_told:
            self.untold.append((self.total_t, self.total_t + each.came_t))
        self.bounds_t.append(self.total_t + each.came_t)
        self.bounds_gj.append(self.bounds_gj[-1] + each.came_gj)

    def heat_gj(self, first_t: Decimal) -> Decimal:
        """Of the first so many tonnes; before the first and after the last that came it is the usual coal's."""
        if first_t <= 0:
            return first_t * self.usual_mj_per_kg
        if first_t >= self.total_t:
            return self.bounds_gj[-1] + (first_t - self.total_t) * self.usual_mj_per_kg
        number = bisect_right(self.bounds_t, first_t)
        low_t, low_gj = self.bounds_t[number - 1], self.bounds_gj[number - 1]
        share = (first_t - low_t) / (self.bounds_t[number] - low_t)
        return low_gj + (self.bounds_gj[number] - low_gj) * share

    def between_gj(self, low_t: Decimal, high_t: Decimal) -> Decimal:
        return self.heat_gj(high_t) - self.heat_gj(low_t)

    def is_told(self, low_t: Decimal, high_t: Decimal) -> bool:
        return not any(low < high_t and low_t < high for low, high in self.untold)


def flow(days: Iterable[HeatDay], first: dt.date, usual_mj_per_kg: Decimal) -> Flow:
    """`days`: the whole book by date, so that what lay there on the eve of `first` is known batch by batch."""
    received, gone_t, found, has_begun = _Received(usual_mj_per_kg), NOTHING, Flow(), False
    for each in days:
        if each.day >= first and not has_begun:
            has_begun, found = True, _on_the_eve(received, gone_t)
        received.add(each)
        taken_t = gone_t + each.left_t
        if each.day >= first:
            found.came_gj += each.came_gj
            found.in_place_is_told &= each.is_told
            if each.used_t:
                found.used_gj += received.between_gj(gone_t, taken_t) * each.used_t / each.left_t
                found.used_is_told &= received.is_told(gone_t, taken_t)
        gone_t = received.total_t - each.close_t
        if each.day >= first:
            found.counted_gj += received.between_gj(gone_t, taken_t)
    if not has_begun:
        found = _on_the_eve(received, gone_t)
    found.stock_gj = received.between_gj(gone_t, received.total_t)
    return found


def _on_the_eve(received: _Received, gone_t: Decimal) -> Flow:
    lying = gone_t, received.total_t
    return Flow(opening_gj=received.between_gj(*lying), in_place_is_told=received.is_told(*lying))
