"""How many days the coal lasts. Pure: no database, no clock.

可用天数 = stock ÷ what a day burns, for the mean day (平均日) and the coldest day (极寒日). A county's figure divides
the sums of its companies: days are never added or averaged. A company of which no burn is known is left out of both
sums, and counted, so that its stock does not make the others' last longer.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from coal.demand import TCE_MJ_PER_KG, rounded


@dataclass(frozen=True, slots=True)
class Stock:
    """Coal that lies somewhere. Tonnes of different heat value are added with their heat beside them.

    `oldest_on`: since when the oldest of it lies in a yard, at least; None for nothing. No arrival explains `older_t`,
    which was there when a book was opened (or was found since: the book cannot tell), so that it may be older; nor
    `found_t`, which counts found (盘盈) in a book that was not opened with a count: nobody knows how old it is.
    """

    stock_t: Decimal = Decimal(0)
    heat_gj: Decimal = Decimal(0)
    oldest_on: dt.date | None = None
    older_t: Decimal = Decimal(0)
    found_t: Decimal = Decimal(0)

    def __add__(self, other: "Stock") -> "Stock":
        oldest_on = min(filter(None, (self.oldest_on, other.oldest_on)), default=None)
        return Stock(
            self.stock_t + other.stock_t, self.heat_gj + other.heat_gj, oldest_on, self.older_t + other.older_t,
            self.found_t + other.found_t,
        )  # fmt: skip

    @property
    def tce(self) -> Decimal:
        """Tonnes of standard coal."""
        return rounded(self.heat_gj / TCE_MJ_PER_KG, 2)

    @property
    def heat_value_mj_per_kg(self) -> Decimal | None:
        return rounded(self.heat_gj / self.stock_t, 3) if self.stock_t else None


@dataclass(frozen=True, slots=True)
class DayNeed:
    """What a day burns (t). `basis` says where the mean comes from, in a few words: 近 7 天平均耗用.

    Of the days whose use says it, `known_days` are known and of `missing_days` nobody has said what was used; both 0
    where it is reckoned from no such days.
    """

    mean_t: Decimal | None = None
    coldest_t: Decimal | None = None
    basis: str = ""
    known_days: int = 0
    missing_days: int = 0


@dataclass(frozen=True, slots=True)
class Cover:
    stock_t: Decimal
    need: DayNeed

    @property
    def mean_days(self) -> Decimal | None:
        """可用天数（平均日）"""
        return _days(self.stock_t, self.need.mean_t)

    @property
    def coldest_days(self) -> Decimal | None:
        """可用天数（极寒日）"""
        return _days(self.stock_t, self.need.coldest_t)


@dataclass(frozen=True, slots=True)
class CountyCover:
    """The whole of several companies; `without_mean`, `without_coldest`: of how many of them no burn is known;
    `with_missing`: of how many it is not known what they used on each of the last days."""

    mean_t: Decimal
    coldest_t: Decimal
    mean_days: Decimal | None
    coldest_days: Decimal | None
    without_mean: int
    without_coldest: int
    with_missing: int


WEEK = 7


def week_before(day: dt.date, heating_start_on: dt.date, heating_end_on: dt.date) -> tuple[dt.date, dt.date] | None:
    """The days whose use says what a mean day burns: the 7 before, of heating only; None where there is no heating.

    `day` itself is not over. In the first week of heating it is as many days as there have been.
    """
    if not heating_start_on < day <= heating_end_on:
        return None
    return max(heating_start_on, day - dt.timedelta(WEEK)), day - dt.timedelta(1)


def least_days(
    agreed: Iterable[tuple[dt.date, int]], usual: int, day: dt.date, heating_start_on: dt.date, heating_end_on: dt.date,
    *, has_yard: bool,
) -> int | None:  # fmt: skip
    """For how many days coal has to be there on `day`; None for no number of days, and for a company without a yard in
    use (`has_yard`): it keeps no coal of which a book could tell.

    `agreed`: what the target in force asks for, from which day on; where it says nothing of days of cover, what is
    `usual` in the county holds from the first day of heating on. Never longer than heating still lasts, `day` included.
    """
    if not has_yard:
        return None
    steps = sorted(agreed)
    asked = [days for due_on, days in steps if due_on <= day]
    days = asked[-1] if asked else usual if not steps and heating_start_on <= day else 0
    return min(days, (heating_end_on - day).days + 1) if days and day <= heating_end_on else None


def known_use(booked: Mapping[dt.date, Decimal], reported: Mapping[dt.date, Decimal]) -> dict[dt.date, Decimal]:
    """What was used on each day (t) of which anybody has said it: the book, else the daily report, which may say 0."""
    return {**reported, **{day: used_t for day, used_t in booked.items() if used_t}}


def measured(used_t: Decimal, known: int, first: dt.date, last: dt.date, estimated: DayNeed) -> DayNeed:
    """What a day burns by what was used between the two days: `used_t` on the `known` ones of them (`known_use`). A day
    that nobody has entered was no day without fire. The coldest day stays the estimate's, and so does the mean where
    nothing was used."""
    span = (last - first).days + 1
    missing = span - known
    if not used_t:
        lacking = f"近 {span} 天缺 {missing} 天耗用" if missing else ""
        basis = "；".join(filter(None, (estimated.basis, lacking))) if estimated.basis else ""
        return replace(estimated, basis=basis, missing_days=missing)
    basis = f"近 {span} 天中 {known} 天的平均耗用，缺 {missing} 天耗用" if missing else f"近 {span} 天平均耗用"
    return DayNeed(rounded(used_t / known, 2), estimated.coldest_t, basis, known, missing)


def measured_by_day(known: Mapping[dt.date, Decimal], first: dt.date, last: dt.date, estimated: DayNeed) -> DayNeed:
    """`measured` from the days of `known_use` that are between the two."""
    used = [used_t for day, used_t in known.items() if first <= day <= last]
    return measured(sum(used, Decimal(0)), len(used), first, last, estimated)


def together(covers: Iterable[Cover]) -> CountyCover:
    """Sums divided, for each kind of day over those companies whose burn on such a day is known."""
    kept = list(covers)
    mean = [(each.stock_t, each.need.mean_t) for each in kept if each.need.mean_t]
    coldest = [(each.stock_t, each.need.coldest_t) for each in kept if each.need.coldest_t]
    mean_stock_t, mean_t = _sums(mean)
    coldest_stock_t, coldest_t = _sums(coldest)
    return CountyCover(
        mean_t=mean_t,
        coldest_t=coldest_t,
        mean_days=_days(mean_stock_t, mean_t),
        coldest_days=_days(coldest_stock_t, coldest_t),
        without_mean=len(kept) - len(mean),
        without_coldest=len(kept) - len(coldest),
        with_missing=sum(1 for each in kept if each.need.missing_days),
    )


def _sums(pairs: Iterable[tuple[Decimal, Decimal]]) -> tuple[Decimal, Decimal]:
    stock_t = burn_t = Decimal(0)
    for stock, burn in pairs:
        stock_t, burn_t = stock_t + stock, burn_t + burn
    return stock_t, burn_t


def _days(stock_t: Decimal, burn_t: Decimal | None) -> Decimal | None:
    """To one decimal. A whole number of days that is not reached is cut off: 14.96 days are not 15, by which they are
    judged."""
    if not burn_t:
        return None
    exact, found = stock_t / burn_t, rounded(stock_t / burn_t, 1)
    return found if found <= exact or found % 1 else found - Decimal("0.1")
