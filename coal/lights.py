"""Whether a company keeps up with its milestones, in one light. Pure: no database, no clock.

- 严重落后 (red): a milestone for contracts or arrivals is past and not reached, and more than `severe_percent` of it
  is lacking.
- 落后 (amber): one is past and not reached, but less is lacking; or one that is due within `warn_days` from today
  will not be reached at the pace of the last 14 days. Due today is not past.
- 正常 (green): neither; every milestone that is past was reached, be it late.
- 无目标 (no light): there is no target in force to be measured by.

The two thresholds (5 % and 14 days by default) are among the county's 测算参数 (`coal.inputs`).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from coal.demand_enums import Light
from coal.progress import Supply, forecast, pace_t_per_day, reach

NOTHING = Decimal(0)


class Milestone(Protocol):
    kind: str
    due_on: dt.date
    share_percent: Decimal | None
    quantity_t: Decimal | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`milestone`: what the light is for: the last that is behind, else the first that will be, else the next one.

    `lacking_t`: what is lacking for it today. `short_t`: what will be lacking on its day at the present pace.
    """

    light: Light
    milestone: Milestone | None = None
    lacking_t: Decimal = NOTHING
    short_t: Decimal = NOTHING
    is_past: bool = False


@dataclass(frozen=True, slots=True)
class Borders:
    """Where amber begins, in days before a milestone; and red, in percent of it that are lacking after."""

    warn_days: int
    severe_percent: Decimal


def verdict(milestones: Sequence[Milestone], supply: Supply, day: dt.date, borders: Borders) -> Verdict:
    """`milestones`: those of one kind of the target in force, by date; `supply`: what they are held against."""
    stands = [(each, reach(supply, each.quantity_t or NOTHING, each.due_on, day)) for each in milestones]
    for each, found in reversed(stands):
        if found.is_behind:
            is_far = found.lacking_t * 100 > found.quantity_t * borders.severe_percent
            light = Light.FAR_BEHIND if is_far else Light.BEHIND
            return Verdict(light, each, found.lacking_t, found.lacking_t, is_past=True)
    to_come = [(each, found) for each, found in stands if not found.is_reached]
    for each, found in to_come:
        is_soon = (each.due_on - day).days <= borders.warn_days
        reached_on = forecast(supply, found.quantity_t, day)
        if is_soon and (reached_on is None or reached_on > each.due_on):
            more_t = pace_t_per_day(supply, day) * (each.due_on - day).days
            return Verdict(Light.BEHIND, each, found.lacking_t, max(NOTHING, found.lacking_t - more_t))
    if to_come:
        return Verdict(Light.ON_TIME, to_come[0][0], to_come[0][1].lacking_t)
    return Verdict(Light.ON_TIME)
