"""What is in place by a day, and how a milestone stands."""

import datetime as dt
from decimal import Decimal

import pytest

from coal.progress import Supply, reach


def day(number: int) -> dt.date:
    return dt.date(2026, 8, number)


SUPPLY = Supply(dt.date(2026, 3, 16), Decimal(100), {day(10): Decimal(50), day(3): Decimal(200), day(20): Decimal(50)})


def test_what_is_in_place() -> None:
    assert [SUPPLY.in_place_t(day(number)) for number in (1, 3, 10, 31)] == [100, 300, 350, 400]


@pytest.mark.parametrize(
    ("quantity_t", "reached_on"),
    [(100, dt.date(2026, 3, 16)), (300, day(3)), (301, day(10)), (400, day(20)), (401, None)],
)
def test_when_it_was_reached(quantity_t: int, reached_on: dt.date | None) -> None:
    assert SUPPLY.reached_on(Decimal(quantity_t)) == reached_on


def test_how_a_milestone_stands() -> None:
    def stands(quantity_t: int, due: int, today: int) -> tuple[bool, bool, int, Decimal]:
        found = reach(SUPPLY, Decimal(quantity_t), day(due), day(today))
        return found.is_reached, found.is_behind, found.days_late, found.lacking_t

    assert stands(350, 10, 31) == (True, False, 0, 0)
    assert stands(350, 8, 31) == (True, False, 2, 0)
    assert stands(500, 31, 31) == (False, False, 0, 100)  # due today is not late
    assert stands(500, 28, 31) == (False, True, 3, 100)
