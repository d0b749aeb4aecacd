"""Bad coal, yards and money reach the bureaus: on the overview, and bad coal by a message, once for each batch."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from coal import bookkeeping
from coal.enums import MovementKind
from coal.models import FundNeed
from tests.cast import Cast
from tests.coal_factories import make_batch, make_contract, make_fund
from tests.factories import UnitFactory, YardFactory
from tests.yard_checks import make_check, point

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer")]
Browser = Callable[[Any], Client]


def arrive(yard: Any, by: Any, tonnes: str, contract: str = "CY-2026-01", batch: str = "260701") -> Any:
    return bookkeeping.record_movement(
        yard, by=by, day=dt.date(2026, 7, 1), kind=MovementKind.ARRIVAL, quantity_t=Decimal(tonnes), batch=batch,
        contract=contract, heat_value_mj_per_kg=Decimal(21),
    )  # fmt: skip


def matters(page: Any) -> dict[str, str]:
    return {each.label: each.text.replace("\u00a0", " ") for each in page.context["concerns"]}


def test_what_is_bad_stands_on_the_overview(cast: Cast, client_as: Browser) -> None:
    by, yard = cast.chengyuan_admin, YardFactory(company=cast.chengyuan, name="东厂")
    browser = client_as(cast.development_officer)
    make_check(yard, by=by)
    assert not {"煤质不合约定", "煤场需处理", "久未检查", "资金缺口"} & matters(browser.get("/coal/")).keys()
    make_contract(company=cast.chengyuan, by=by)
    make_batch(company=cast.chengyuan, by=by, heat_value_mj_per_kg=Decimal("20.097"))
    arrive(yard, by, "1000")
    bookkeeping.reverse(arrive(yard, by, "60"), by=by, reason="重复")
    make_check(yard, by=by, points=[point("66")])
    make_check(YardFactory(company=cast.chengyuan, name="西厂"), by=by, days_ago=9)
    FundNeed.objects.create(
        county=cast.county, company=cast.chengyuan, season=cast.season, revision=1, entered_by=by,
        amount_yuan=Decimal(3_000_000), reason="概算",
    )  # fmt: skip
    make_fund(company=cast.chengyuan, season=cast.season, by=by)
    found = matters(browser.get("/coal/"))
    said = "1 批煤化验不合合同约定（热值低或全硫高），到货 1 000.00 t"
    assert found["煤质不合约定"] == said
    assert found["煤场需处理"] == "东厂 2026-08-03 检查结论是“需处理”，还没有复查正常"
    assert found["久未检查"] == "西厂 9 天没有检查，应每 7 天检查一次"
    assert found["资金缺口"] == "购煤资金还差 200.00 万元（需 300.00 万元，已落实 100.00 万元）"
    own = client_as(cast.chengyuan_clerk).get(reverse("coal:company", args=[cast.chengyuan.pk]))
    assert matters(own)["煤质不合约定"] == said
    theirs = client_as(cast.beiyuan_clerk).get(reverse("coal:company", args=[cast.beiyuan.pk]))
    assert "煤质不合约定" not in matters(theirs)


def test_the_overview_asks_as_much_for_many(cast: Cast, client_as: Browser) -> None:
    browser = client_as(cast.leader)

    def trouble() -> None:
        company = UnitFactory(kind="heating_company", region=cast.county)
        make_contract(company=company, by=cast.admin)
        make_batch(company=company, by=cast.admin, heat_value_mj_per_kg=Decimal(20))
        arrive(YardFactory(company=company), cast.admin, "50")

    trouble()
    browser.get("/coal/")
    with CaptureQueriesContext(connection) as few:
        browser.get("/coal/")
    for _ in range(3):
        trouble()
    with CaptureQueriesContext(connection) as many:
        page = browser.get("/coal/")
    assert len(many) == len(few) and [each.label for each in page.context["concerns"]].count("煤质不合约定") == 4
