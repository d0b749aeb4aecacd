"""When a place stands out: how likely as many complaining households would be if nothing were the matter.

**The test.** The number X of households of a place within a window of 24, 48 or 72 hours is held against the upper tail
of a negative binomial distribution with mean μ = rate × hours and size r:

    rate = (n + 1) / (T + 1 / floor)        1 / r = 1 / (n + 1) + φ,   φ = 0.25
    P(X ≥ x),  variance μ + μ² / r

n households complained in T heating hours of the place's own history (its last 200 at most, so that it is the rate of
late and the work the same however long the history). With φ = 0 this is the exact predictive distribution of a Poisson
process whose unknown rate has a gamma prior worth one complaint: with little history it is wide and slow to warn. φ
lets the rate of a day stray by half (√0.25) from its mean, as the weather makes it. The prior's mean, the floor, is
what a place without history is expected to have: 0.2 households a day per 1 000, and no place less than 0.1 a day.

**The looks.** A place is looked at with every order that comes in. That is corrected for by asking each look for

    P ≤ false alarms allowed a season / (places × 660)

660 = 3 × (120 + 60 + 40): as many windows of 24, 48 and 72 hours fit into 120 days of heating, times three since
windows that slide are not disjoint. At least `least` households are asked for, whatever the chance.

**The false-alarm rate** in 200 simulated quiet seasons of 60 communities (`python -m benchmarks.cluster_alarms`, seed
1), one false alarm a season allowed: 0.11 a season for the whole county at constant rates, 0.22 where the weather moves
all rates by half from day to day. Of six households within twelve hours at one place it found 96 % and 93 %.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

WINDOWS_H = (24, 48, 72)
LONGEST_H = WINDOWS_H[-1]
HISTORY_MOST = 200
STRAY = 0.25
FLOOR_PER_1000_A_DAY = 0.2
FLOOR_A_DAY = 0.1
LOOKS_A_SEASON = 3 * (120 + 60 + 40)


@dataclass(frozen=True, slots=True)
class History:
    """`count` households complained in `hours` of heating; `floor`: households an hour that are expected unseen."""

    count: int
    hours: float
    floor: float

    @property
    def rate(self) -> float:
        """Households an hour."""
        return (self.count + 1) / (self.hours + 1 / self.floor)

    @property
    def size(self) -> float:
        return 1 / (1 / (self.count + 1) + STRAY)


@dataclass(frozen=True, slots=True)
class Expectation:
    """Of one place or of several together: rates add up, and so does what is known."""

    rate: float
    size: float

    @classmethod
    def of(cls, histories: Sequence[History]) -> "Expectation":
        known = sum(history.count for history in histories)
        return cls(sum(history.rate for history in histories), 1 / (1 / (known + 1) + STRAY))


@dataclass(frozen=True, slots=True)
class Finding:
    """`households` within the last `hours`, where `expected` were to be expected; `chance`: P(as many or more)."""

    hours: int
    households: int
    expected: float
    chance: float


def floor_of(households: int | None) -> float:
    """Households an hour that a place without history is expected to have."""
    return max(FLOOR_A_DAY, FLOOR_PER_1000_A_DAY * (households or 0) / 1000) / 24


def tail(observed: int, mean: float, size: float) -> float:
    """P(X ≥ observed) of the negative binomial with this mean and size (variance mean + mean² / size)."""
    if observed <= 0:
        return 1.0
    p = mean / (mean + size)
    # From the observed number upwards: one minus the rest would lose what is smaller than 1e-16.
    term = math.exp(
        math.lgamma(observed + size) - math.lgamma(size) - math.lgamma(observed + 1)
        + size * math.log1p(-p) + observed * math.log(p)
    )  # fmt: skip
    total, n = term, observed
    while term > total * 1e-12:
        term *= (n + size) / (n + 1) * p
        n += 1
        total += term
    return min(total, 1.0)


def allowed_chance(false_alarms: float, places: int) -> float:
    """How unlikely one look has to be, so that all looks of a season give so many false alarms at most."""
    return false_alarms / (max(places, 1) * LOOKS_A_SEASON)


def stands_out(ages_h: dict[str, float], expected: Expectation, *, least: int, allowed: float) -> Finding | None:
    """The window that stands out most, or None. `ages_h`: for each household the age in hours of its latest order."""
    best: Finding | None = None
    for hours in WINDOWS_H:
        seen = sum(1 for age in ages_h.values() if age < hours)
        if seen < least:
            continue
        mean = expected.rate * hours
        found = Finding(hours, seen, mean, tail(seen, mean, expected.size))
        if found.chance <= allowed and (best is None or found.chance < best.chance):
            best = found
    return best
