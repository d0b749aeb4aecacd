"""Where green ends and red begins, on the day before, on the day and on the day after."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import pytest

from coal.demand_enums import Light
from coal.lights import Borders, verdict
from coal.progress import Supply

FIRST = dt.date(2026, 3, 16)
BORDERS = Borders(warn_days=14, severe_percent=Decimal(5))


@dataclass
class Step:
    due_on: dt.date
    quantity_t: Decimal | None
    share_percent: Decimal | None = Decimal(40)
    kind: str = "arrived"


AUGUST, SEPTEMBER = Step(dt.date(2026, 8, 31), Decimal(400)), Step(dt.date(2026, 9, 30), Decimal(600))


def supply(opening_t: int, *arrived: tuple[dt.date, int]) -> Supply:
    return Supply(FIRST, Decimal(opening_t), {day: Decimal(tonnes) for day, tonnes in arrived})


@pytest.mark.parametrize(
    ("in_place_t", "day", "light"),
    [
        (0, dt.date(2026, 8, 16), Light.ON_TIME),  # 15 days before
        (0, dt.date(2026, 8, 17), Light.BEHIND),  # 14 days before, and nothing arrives
        (0, dt.date(2026, 8, 31), Light.BEHIND),  # due today is not past
        (379, dt.date(2026, 9, 1), Light.FAR_BEHIND),  # 21 of 400 t are more than 5 %
        (380, dt.date(2026, 9, 1), Light.BEHIND),  # 20 of 400 t are not
        (399, dt.date(2026, 9, 1), Light.BEHIND),
        (400, dt.date(2026, 9, 1), Light.ON_TIME),
    ],
)
def test_the_borders(in_place_t: int, day: dt.date, light: Light) -> None:
    assert verdict([AUGUST, SEPTEMBER], supply(in_place_t), day, BORDERS).light is light


def test_a_pace_that_is_enough_is_no_warning() -> None:
    """100 t in the last 14 days; 11 days before the day 78 t more come at that pace."""
    arrived = (dt.date(2026, 8, 12), 100)
    found = verdict([AUGUST], supply(222, arrived), dt.date(2026, 8, 20), BORDERS)
    assert (found.light, found.lacking_t) == (Light.ON_TIME, Decimal(78))
    short = verdict([AUGUST], supply(200, arrived), dt.date(2026, 8, 20), BORDERS)
    assert (short.light, short.lacking_t, round(short.short_t, 2)) == (Light.BEHIND, Decimal(100), Decimal("21.43"))


def test_the_last_one_that_is_behind_counts() -> None:
    found = verdict([AUGUST, SEPTEMBER], supply(300), dt.date(2026, 10, 1), BORDERS)
    assert (found.light, found.milestone, found.lacking_t, found.is_past) == (
        Light.FAR_BEHIND, SEPTEMBER, Decimal(300), True,
    )  # fmt: skip


def test_when_all_are_reached_there_is_nothing_to_come() -> None:
    found = verdict([AUGUST, SEPTEMBER], supply(0, (dt.date(2026, 9, 20), 600)), dt.date(2026, 12, 1), BORDERS)
    assert (found.light, found.milestone) == (Light.ON_TIME, None)
