"""What moved day by day: days without a row, weeks, and the sum of several yards."""

import datetime as dt
from decimal import Decimal

from coal.history import Week, YardDay, of_yard, together

FIRST, LAST = dt.date(2026, 11, 12), dt.date(2026, 11, 18)  # Thursday to Wednesday


def row(day: int, arrived: int, used: int, close: int) -> YardDay:
    return YardDay(dt.date(2026, 11, day), Decimal(arrived), Decimal(used), Decimal(arrived - used), Decimal(close))


ONE = of_yard(FIRST, LAST, Decimal(100), [row(13, 50, 0, 150), row(15, 0, 30, 120), row(17, 8, 20, 108)])
OTHER = of_yard(FIRST, LAST, Decimal(7), [row(17, 3, 0, 10)])


def test_a_day_without_a_row_closes_as_the_one_before() -> None:
    assert [int(close) for close in ONE.closes_t] == [100, 150, 150, 120, 120, 108, 108]
    assert ONE.stock_t(FIRST - dt.timedelta(1)) == 100
    assert ONE.stock_t(LAST + dt.timedelta(9)) == 108


def test_weeks_go_from_monday_to_sunday() -> None:
    assert ONE.weeks() == [
        Week(dt.date(2026, 11, 9), Decimal(50), Decimal(30)), Week(dt.date(2026, 11, 16), Decimal(8), Decimal(20)),
    ]  # fmt: skip
    assert ONE.used_between(dt.date(2026, 11, 15), dt.date(2026, 11, 16)) == 30


def test_yards_are_added_day_by_day() -> None:
    both = together([ONE, OTHER])
    assert both is not None
    assert [int(close) for close in both.closes_t] == [107, 157, 157, 127, 127, 118, 118]
    assert (both.opening_t, both.arrived_t[dt.date(2026, 11, 17)], both.supply.in_place_t(LAST)) == (107, 11, 168)
    assert together([]) is None
