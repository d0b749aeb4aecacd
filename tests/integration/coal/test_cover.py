"""Days of supply of the companies on a day: by the last week in season, by the estimate before it."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from coal.bookkeeping import count, record_movement
from coal.cover import Cover, DayNeed
from coal.enums import MovementKind as Kind
from coal.glance import days_of_supply
from coal.models import DailyReport, Yard
from coal.selectors import cover_by_company, stock_by_yard
from tests.cast import Cast
from tests.coal_factories import make_estimate
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


def on(yards: list[Yard], day: dt.date, cast: Cast, estimate: DayNeed | None = None) -> dict[int, Cover]:
    estimated = {cast.chengyuan.pk: estimate} if estimate else {}
    return cover_by_company(yards, stock_by_yard(yards, day), day, cast.season, estimated)


def test_in_season_the_mean_day_is_that_of_the_last_week(yards: list[Yard], cast: Cast) -> None:
    found = on(yards, dt.date(2026, 12, 1), cast, ESTIMATE)[cast.chengyuan.pk]
    # 7 × 30 + 14 = 224 t in seven days
    assert (found.stock_t, found.need.mean_t, found.need.coldest_t) == (Decimal(3906), Decimal(32), Decimal(516))
    assert (found.mean_days, found.coldest_days) == (Decimal("122.1"), Decimal("7.6"))
    assert found.need.basis == "近 7 天平均耗用"


def test_in_the_first_days_it_is_that_of_as_many_days_as_there_have_been(yards: list[Yard], cast: Cast) -> None:
    found = on(yards, dt.date(2026, 11, 17), cast)[cast.chengyuan.pk]
    assert (found.need.mean_t, found.need.basis, found.coldest_days) == (Decimal(30), "近 2 天平均耗用", None)


def test_a_report_tells_the_use_that_the_book_lacks(yards: list[Yard], cast: Cast, client_as: Any) -> None:
    """北苑 has entered one day of seven and reported another, which the sweep and all the pages take alike."""
    with time_machine.travel(dt.datetime(2026, 12, 1, 2, tzinfo=dt.UTC), tick=False):
        count(yards[2], by=cast.beiyuan_admin, day=dt.date(2026, 11, 20), quantity_t=Decimal(270))
        burn(yards[2], cast, dt.date(2026, 11, 26), 70)
        for revision, tonnes in ((1, 900), (2, 30)):
            DailyReport.objects.create(
                county=cast.county, company=cast.beiyuan, day=dt.date(2026, 11, 30), revision=revision,
                filed_by=cast.beiyuan_admin, arrived_t=0, used_t=tonnes, stock_yard_t=0, stock_port_t=0,
                stock_transit_t=0, heat_gj=0, high_c=0, low_c=0, boilers_running=1,
            )  # fmt: skip
        leader = client_as(cast.leader)
        rows = {row.company: row.cover for row in leader.get("/coal/").context["rows"]}
        table = leader.get("/coal/yards/").context["table"]
        glance = days_of_supply(cast.season, cast.beiyuan_clerk, dt.date(2026, 12, 1))
    listed = {yard.pk: yard.cover for yard in table.page.object_list}[yards[2].pk]
    for cover in (rows[cast.beiyuan], listed, on(yards, dt.date(2026, 12, 1), cast)[cast.beiyuan.pk]):
        assert (cover.mean_days, cover.need.mean_t, cover.need.missing_days) == (4, 50, 5)
        assert cover.need.basis == "近 7 天中 2 天的平均耗用，缺 5 天耗用"
    assert glance is not None and (glance.now.mean_days, glance.now.with_missing) == (4, 1)


def test_before_the_season_it_is_the_estimates(yards: list[Yard], cast: Cast) -> None:
    found = on(yards, dt.date(2026, 11, 10), cast, ESTIMATE)[cast.chengyuan.pk]
    assert (found.need, found.mean_days, found.coldest_days) == (ESTIMATE, Decimal("15.0"), Decimal("10.5"))


def test_a_company_without_use_or_estimate_has_no_days(yards: list[Yard], cast: Cast) -> None:
    found = on(yards, dt.date(2026, 12, 1), cast)[cast.beiyuan.pk]
    assert (found.stock_t, found.mean_days, found.coldest_days) == (0, None, None)


def test_the_overview_lists_the_worst_first_and_divides_the_sums(
    yards: list[Yard], cast: Cast, client_as: Any, django_assert_max_num_queries: Any
) -> None:
    make_estimate(company=cast.chengyuan, season=cast.season, by=cast.chengyuan_admin)
    with time_machine.travel(dt.datetime(2026, 12, 1, 2, tzinfo=dt.UTC), tick=False):
        count(yards[2], by=cast.beiyuan_admin, day=dt.date(2026, 11, 20), quantity_t=Decimal(100))
        burn(yards[2], cast, dt.date(2026, 11, 26), 70)
        client = client_as(cast.development_officer)
        client.get("/coal/")
        with django_assert_max_num_queries(12):
            page = client.get("/coal/")
        own = client_as(cast.chengyuan_clerk).get("/coal/")
    rows = page.context["rows"]
    assert [(row.company.name, row.cover.mean_days) for row in rows] == [
        ("北苑供热站", Decimal("0.4")), ("城源热力有限公司", Decimal("122.1")),
    ]  # fmt: skip
    # (3 906 + 30) ÷ (32 + 70, of 北苑 one day is known); on a coldest day 城源 alone: 3 906 ÷ 516
    whole = page.context["county"].cover
    assert (whole.mean_days, whole.coldest_days, whole.without_coldest) == (Decimal("38.6"), Decimal("7.6"), 1)
    assert "1 家没有测算，未计入" in page.content.decode()
    # A company's own people are led to its page.
    assert own["Location"] == f"/coal/companies/{cast.chengyuan.pk}/"


def test_the_list_of_yards_says_how_long_each_lasts_on_any_day(yards: list[Yard], cast: Cast, client_as: Any) -> None:
    make_estimate(company=cast.chengyuan, season=cast.season, by=cast.chengyuan_admin)
    with time_machine.travel(dt.datetime(2026, 12, 1, 2, tzinfo=dt.UTC), tick=False):
        client = client_as(cast.inspector)
        pages = [client.get(f"/coal/yards/{query}") for query in ("", "?day=2026-11-10", "?day=2027-01-01")]
        company = client.get(f"/coal/companies/{cast.chengyuan.pk}/").content.decode()
    today, before, to_come = (
        {yard.pk: (yard.cover.mean_days, yard.cover.coldest_days) for yard in page.context["table"].page.object_list}
        for page in pages
    )
    # 3 520 and 386 t ÷ 32 and 515.9 t; before heating 5 000 and 400 t ÷ 359.6 t
    assert today == to_come == {
        yards[0].pk: (Decimal("110.0"), Decimal("6.8")), yards[1].pk: (Decimal("12.1"), Decimal("0.7")),
        yards[2].pk: (None, None),
    }  # fmt: skip
    assert before[yards[0].pk] == (Decimal("13.9"), Decimal("9.7"))
    assert "110.0" in pages[0].content.decode() and "110.0" in company


def test_the_list_of_yards_takes_few_queries(
    yards: list[Yard], cast: Cast, client_as: Any, django_assert_max_num_queries: Any
) -> None:
    client = client_as(cast.inspector)
    client.get("/coal/yards/")
    with django_assert_max_num_queries(12):
        client.get("/coal/yards/")
