"""A company's page: what is on it, who is led there, and who does not see it."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from coal import bookkeeping
from coal.views.company_panels import PANELS
from tests.cast import Cast
from tests.coal_factories import make_estimate, make_target
from tests.factories import DailyReportFactory, YardFactory
from tests.yard_checks import make_check

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]
Browser = Callable[[Any], Client]


def text(response: Any) -> str:
    return str(response.content.decode()).replace("\u00a0", " ")


@pytest.fixture
def address(cast: Cast) -> str:
    """城源: target in force and a revision of it under way, two yards, one of them out of use."""
    estimate = make_estimate(company=cast.chengyuan, season=cast.season, by=cast.chengyuan_admin)
    make_target(estimate, status="approved", quantity_t=Decimal(1000), approved_on=dt.date(2026, 6, 1))
    make_target(estimate, status="filed", revision=2, quantity_t=Decimal(1200))
    yard = YardFactory(company=cast.chengyuan, name="东厂", capacity_t=Decimal(1000), place="城关镇")
    YardFactory(company=cast.chengyuan, name="老场", is_active=False)
    bookkeeping.count(yard, by=cast.chengyuan_admin, day=dt.date(2026, 3, 10), quantity_t=Decimal(719))
    make_check(yard, by=cast.chengyuan_admin)
    return f"/coal/companies/{cast.chengyuan.pk}/"


def test_everything_of_it_on_one_page(cast: Cast, client_as: Browser, address: str) -> None:
    page = client_as(cast.leader).get(address)
    said = text(page)
    assert page.status_code == 200
    for part in (
        "第 1 版", "已批准", "2026-06-01 批准", "第 2 版", "待住建局审核", "1 200 t",  # revisions
        "40%，400 t", "已达到", "东厂", "72%", "146 以上", "老场", "停用",  # milestones and yards
        "库存和节点", "每周到货和耗用", "可用天数", "试运行（10月31日）起每天要报",
    ):  # fmt: skip
        assert part in said, part
    # 719 t ÷ 359.6 t a mean day (1.9994: not two whole days), ÷ 515.9 t a coldest one
    standing = page.context["standing"]
    assert (standing.cover.mean_days, standing.cover.coldest_days) == (Decimal("1.9"), Decimal("1.4"))
    assert page.context["concerns"] == []
    # Nothing is wrong with its coal: no warnings of quality.
    assert len(page.context["panels"]) == len(PANELS) - 1


def test_it_takes_as_many_queries_whatever_its_book(
    cast: Cast, client_as: Browser, address: str, django_assert_max_num_queries: Any
) -> None:
    client = client_as(cast.leader)
    client.get(address)
    with django_assert_max_num_queries(27):
        client.get(address)


def test_its_own_people_are_led_there_and_find_what_to_do(cast: Cast, client_as: Browser, address: str) -> None:
    client = client_as(cast.chengyuan_admin)
    assert client.get("/coal/")["Location"] == address
    assert "填报日报" in text(client.get(address))
    assert "填报日报</a>" not in text(client_as(cast.leader).get(address)).split("<main")[1]


def test_another_company_is_not_there(cast: Cast, client_as: Browser, address: str) -> None:
    other = f"/coal/companies/{cast.beiyuan.pk}/"
    assert client_as(cast.leader).get(other).status_code == 200
    assert client_as(cast.chengyuan_admin).get(other).status_code == 404
    assert client_as(cast.township_officer).get(address).status_code == 404
    assert client_as(cast.foreign.admin).get(address).status_code == 404
    assert client_as(cast.leader).get(f"/coal/companies/{cast.bureau.pk}/").status_code == 404


def test_reports_filed_and_missing(cast: Cast, client_as: Browser, address: str) -> None:
    with time_machine.travel(dt.datetime(2026, 11, 4, 1, tzinfo=dt.UTC), tick=False):  # nine in the morning
        for day in (dt.date(2026, 10, 31), dt.date(2026, 11, 2)):
            DailyReportFactory(company=cast.chengyuan, filed_by=cast.chengyuan_admin, day=day)
        said = text(client_as(cast.chengyuan_admin).get(address))
    assert "应报 4 天，已报 2 天" in said
    rows = said.split("煤炭日报</h2>")[1].split("</section>")[0]
    # 3 November is not late before ten, 1 November is.
    assert [rows.count(word) for word in (">待报<", ">未报<", ">已报<")] == [1, 1, 2]
    assert "/coal/reports/file/?day=2026-11-01" in rows


def test_a_company_without_anything_is_told_what_comes_first(cast: Cast, client_as: Browser) -> None:
    said = text(client_as(cast.chengyuan_admin).get(f"/coal/companies/{cast.chengyuan.pk}/"))
    assert "先把存煤的煤场登记进来" in said and "/coal/yards/new/" in said
    assert f"/coal/targets/new/{cast.season.pk}/{cast.chengyuan.pk}/" in said


def test_the_city_sees_a_company_by_its_own_countys_season(cast: Cast, client_as: Browser, address: str) -> None:
    client = client_as(cast.city_admin)
    session = client.session
    session["season_id"] = cast.foreign.season.pk
    session.save()
    assert client.get(address).context["season"] == cast.season
