"""Heating degree-days of past winters, and which of them a plan may be made for. Pure: no database, no clock.

A day of the mean temperature t has max(0, 18 − t) degree-days (base 18 ℃, as GB 50736 and the JGJ 26 climate data count
them). A winter is the heating season's dates moved to that year. Days without a temperature are made up for by the mean
of the others, as long as enough are known.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil

from coal.demand import rounded

BASE_C = Decimal(18)
# Of a winter's days so many must be known for it to count.
KNOWN_SHARE = Decimal("0.9")


@dataclass(frozen=True, slots=True)
class Winter:
    """One year's heating season. `known_days` of `days` have a temperature; the figures are for all `days`."""

    start_year: int
    days: int
    known_days: int
    degree_days: Decimal
    mean_c: Decimal
    coldest_c: Decimal
    coldest_on: dt.date

    @property
    def name(self) -> str:
        return f"{self.start_year}-{self.start_year + 1}"

    @property
    def is_complete_enough(self) -> bool:
        return Decimal(self.known_days) >= KNOWN_SHARE * self.days

    @property
    def missing_days(self) -> int:
        return self.days - self.known_days

    def over(self, days: int) -> Decimal:
        """Its degree-days for a season of so many days: a winter with a leap day has one more than others."""
        return rounded(self.degree_days * days / self.days)


@dataclass(frozen=True, slots=True)
class Climate:
    """What several winters say, the latest first, for a season of `days` days. `mean_degree_days` and `mean_c` are over
    all of them; `median` and `cold` are winters that were, of days of their own (`Winter.over`)."""

    winters: tuple[Winter, ...]
    mean_degree_days: Decimal
    mean_c: Decimal
    median: Winter
    cold: Winter
    days: int


def degree_days_of(mean_c: Decimal) -> Decimal:
    """Of one day."""
    return max(Decimal(0), BASE_C - mean_c)


def design_degree_days(heating_days: int, mean_c: Decimal) -> Decimal:
    """Of a season of that length and mean temperature, where no daily temperatures are known: N · (18 − ta)."""
    return rounded(heating_days * degree_days_of(mean_c))


def moved(day: dt.date, years: int) -> dt.date:
    """The same day of another year; the day before where that year has no 29 February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return dt.date(day.year + years, 2, 28)


def winter(temperatures: Mapping[dt.date, Decimal], first: dt.date, last: dt.date) -> Winter | None:
    """The winter from `first` to `last`, both counted; None if no temperature of it is known."""
    days = (last - first).days + 1
    known = {day: value for day, value in temperatures.items() if first <= day <= last}
    if not known:
        return None
    counted = Decimal(len(known))
    coldest_on = min(known, key=lambda day: (known[day], day))
    return Winter(
        start_year=first.year,
        days=days,
        known_days=len(known),
        degree_days=rounded(sum(map(degree_days_of, known.values()), Decimal(0)) * days / counted),
        mean_c=rounded(sum(known.values(), Decimal(0)) / counted, 1),
        coldest_c=known[coldest_on],
        coldest_on=coldest_on,
    )


def winters_before(temperatures: Mapping[dt.date, Decimal], first: dt.date, last: dt.date) -> list[Winter]:
    """Every winter before the season from `first` to `last` of which anything is known, the latest first."""
    if not temperatures:
        return []
    back = range(1, first.year - min(temperatures).year + 2)
    found = (winter(temperatures, moved(first, -years), moved(last, -years)) for years in back)
    return [each for each in found if each]


def climate(winters: Iterable[Winter], days: int | None = None) -> Climate | None:
    """Of the winters that are complete enough, for a season of `days` days (else of as many as the latest has); None if
    there is none."""
    counted = tuple(each for each in winters if each.is_complete_enough)
    if not counted:
        return None
    days = days or counted[0].days
    return Climate(
        winters=counted,
        # By the day: of a winter with a leap day no more is taken than of the others.
        mean_degree_days=rounded(
            sum((each.degree_days / each.days for each in counted), Decimal(0)) * days / len(counted)
        ),
        mean_c=rounded(sum((each.mean_c for each in counted), Decimal(0)) / len(counted), 1),
        median=ranked(counted, 50),
        cold=ranked(counted, 90),
        days=days,
    )


def ranked(winters: Sequence[Winter], percent: int) -> Winter:
    """The winter that at least `percent` of them do not exceed in degree-days a day (nearest rank): one that was.

    P90 is a cold winter: of ten one is colder. Of equals the later one.
    """
    ordered = sorted(winters, key=lambda each: (each.degree_days / each.days, each.start_year))
    return ordered[max(ceil(len(ordered) * percent / 100), 1) - 1]
