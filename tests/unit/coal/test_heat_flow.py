"""The heat of what came, of what was burnt and of what is there, day by day."""

import datetime as dt
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coal.heat_flow import Flow, HeatDay, flow

USUAL = Decimal(20)
FIRST = dt.date(2026, 3, 16)


def day(
    number: int, *, came: int = 0, gj: int = 0, used: int = 0, lost: int = 0, close: int, told: bool = True
) -> HeatDay:
    """So many days after the first of the season."""
    values = map(Decimal, (came, gj, used, used + lost, close))
    return HeatDay(FIRST + dt.timedelta(number), *values, is_told=told)


def found(*days: HeatDay) -> Flow:
    return flow(days, FIRST, USUAL)


def test_the_oldest_is_burnt_first() -> None:
    result = found(
        day(-9, came=100, gj=2500, close=100), day(-8, used=60, close=40),
        day(1, came=100, gj=1800, close=140), day(2, used=50, close=90),
    )  # fmt: skip
    # 40 t of 25 lay there; of the 50 t they are the first, and 10 t of 18 the rest.
    assert (result.opening_gj, result.came_gj, result.used_gj, result.stock_gj) == (1000, 1800, 1180, 1620)


def test_what_no_arrival_explains_is_the_usual_and_the_oldest() -> None:
    result = found(day(0, close=100), day(1, came=50, gj=1250, close=150), day(2, used=120, close=30))
    assert (result.counted_gj, result.used_gj, result.stock_gj) == (2000, 2500, 750)


def test_use_and_loss_of_one_day_share_by_tonnes() -> None:
    result = found(day(0, came=100, gj=2500, close=100), day(1, came=100, gj=1500, used=90, lost=30, close=80))
    # 120 t hold 2 500 + 300.
    assert (result.used_gj, result.stock_gj) == (2100, 1200)


def test_what_a_count_finds_less_of_is_the_oldest_that_is_there() -> None:
    result = found(
        day(0, came=100, gj=2500, close=100), day(1, came=100, gj=1500, close=200), day(2, used=50, close=90)
    )
    assert (result.used_gj, result.counted_gj, result.stock_gj) == (1250, -1400, 1350)


def test_only_what_was_burnt_has_to_be_told_to_know_what_was_burnt() -> None:
    come = (day(0, came=50, gj=1250, close=50), day(1, came=50, gj=1000, close=100, told=False))
    burnt = found(*come, day(2, used=50, close=50))
    assert (burnt.in_place_is_told, burnt.used_is_told) == (False, True)
    assert not found(*come, day(2, used=51, close=49)).used_is_told
    lay_there = found(day(-2, came=50, gj=1000, close=50, told=False))
    assert (lay_there.in_place_is_told, lay_there.opening_gj) == (False, 1000)
    assert found(day(-2, came=50, gj=1000, close=50, told=False), day(-1, used=50, close=0)).in_place_is_told


SMALL = st.integers(0, 99)
MOVES = st.lists(st.tuples(SMALL, st.integers(8, 30), SMALL, SMALL, st.booleans()), max_size=12)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(MOVES)
def test_what_came_is_what_left_and_what_is_there(moves: list[tuple[int, int, int, int, bool]]) -> None:
    days, stock = [], 0
    for number, (came, value, used_percent, other, is_counted) in enumerate(moves):
        used = (stock + came) * used_percent // 100
        stock = other if is_counted else stock + came - used
        days.append(day(number - 5, came=came, gj=came * value, used=used, close=stock))
    result = flow(days, FIRST, USUAL)
    there = result.opening_gj + result.came_gj + result.counted_gj - result.used_gj
    assert abs(there - result.stock_gj) < Decimal("1e-12")
