"""Days of supply of the companies on a day: by the last week in season, by the estimate before it."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from coal.bookkeeping import count, record_movement
from coal.cover import DayNeed
from coal.enums import MovementKind as Kind
from coal.models import Yard
from coal.selectors import cover_by_company
from tests.cast import Cast
from tests.factories import YardFactory

pytestmark = pytest.mark.django_db
ESTIMATE = DayNeed(Decimal(360), Decimal(516), "测算")


@pytest.fixture
def yards(cast: Cast) -> list[Yard]:
    """Two of 城源 with 5 000 and 400 t since 1 November, one of 北苑 without coal; it is 1 December."""
    yards = [
        YardFactory(company=cast.chengyuan),
        YardFactory(company=cast.chengyuan),
        YardFactory(company=cast.beiyuan),
    ]
    with time_machine.travel(dt.datetime(2026, 12, 1, 2, tzinfo=dt.UTC), tick=False):
        for yard, tonnes in zip(yards, (5000, 400), strict=False):
            count(yard, by=cast.chengyuan_admin, day=dt.date(2026, 11, 1), quantity_t=Decimal(tonnes))
        # 30 t a day from the start of heating, and 1 000 t on the day before that week begins
        for day in range(16):
            burn(yards[0], cast, dt.date(2026, 11, 15) + dt.timedelta(day), 30)
        burn(yards[0], cast, dt.date(2026, 11, 23), 1000)
        burn(yards[1], cast, dt.date(2026, 11, 30), 14)
    return yards


def burn(yard: Yard, cast: Cast, day: dt.date, tonnes: int) -> None:
    record_movement(yard, by=cast.chengyuan_admin, day=day, kind=Kind.USE, quantity_t=Decimal(tonnes))


def test_in_season_the_mean_day_is_that_of_the_last_week(yards: list[Yard], cast: Cast) -> None:
    covers = cover_by_company(yards, dt.date(2026, 12, 1), cast.season, {cast.chengyuan.pk: ESTIMATE})
    found = covers[cast.chengyuan.pk]
    # 7 × 30 + 14 = 224 t in seven days
    assert (found.stock_t, found.need.mean_t, found.need.coldest_t) == (Decimal(3906), Decimal(32), Decimal(516))
    assert (found.mean_days, found.coldest_days) == (Decimal("122.1"), Decimal("7.6"))
    assert found.need.basis == "近 7 天平均耗用"


def test_in_the_first_days_it_is_that_of_as_many_days_as_there_have_been(yards: list[Yard], cast: Cast) -> None:
    found = cover_by_company(yards, dt.date(2026, 11, 17), cast.season, {})[cast.chengyuan.pk]
    assert (found.need.mean_t, found.need.basis, found.coldest_days) == (Decimal(30), "近 2 天平均耗用", None)


def test_before_the_season_it_is_the_estimates(yards: list[Yard], cast: Cast) -> None:
    found = cover_by_company(yards, dt.date(2026, 11, 10), cast.season, {cast.chengyuan.pk: ESTIMATE})[
        cast.chengyuan.pk
    ]
    assert (found.need, found.mean_days, found.coldest_days) == (ESTIMATE, Decimal("15.0"), Decimal("10.5"))


def test_a_company_without_use_or_estimate_has_no_days(yards: list[Yard], cast: Cast) -> None:
    found = cover_by_company(yards, dt.date(2026, 12, 1), cast.season, {})[cast.beiyuan.pk]
    assert (found.stock_t, found.mean_days, found.coldest_days) == (0, None, None)


def test_it_takes_three_queries(yards: list[Yard], cast: Cast, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    with django_assert_num_queries(3):
        cover_by_company(yards, dt.date(2026, 12, 1), cast.season, {})
