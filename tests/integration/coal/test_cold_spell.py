"""寒潮推演: how far each yard and the company last, the county with everybody in it, and what stands in the address."""

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
from coal.models import DailyTemperature, Yard
from common import clock
from supervision.models import SweepRun
from tests.cast import Cast
from tests.coal_factories import make_estimate, make_target
from tests.factories import UnitFactory, YardFactory

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]
Browser = Callable[[Any], Client]
COLD = {"first": "11.20", "days": "5", "mean_c": "-15"}


def text(response: Any) -> str:
    return str(response.content.decode()).replace("\u00a0", " ")


@pytest.fixture
def address(cast: Cast) -> str:
    """Of 城源's page: 359.6 t on a mean day of −5 ℃, 515.9 t at −15 ℃."""
    make_estimate(company=cast.chengyuan, season=cast.season, by=cast.chengyuan_admin)
    return reverse("coal:cold_spell", args=[cast.season.pk, cast.chengyuan.pk])


def counted(cast: Cast, name: str, tonnes: int, **of: Any) -> Yard:
    yard = YardFactory(name=name, **{"company": cast.chengyuan, **of})
    bookkeeping.count(yard, by=cast.chengyuan_admin, day=dt.date(2026, 8, 1), quantity_t=Decimal(tonnes))
    return yard


def lasts(row: dict[str, Any]) -> tuple[str, str, str, str, str]:
    """Its name, and how far it lasts and what it lacks by the plan and in the spell."""
    plan, cold = row["plan"], row["cold"]
    lacking = (plan["lacking"].replace("\u00a0", " "), cold["lacking"].replace("\u00a0", " "))
    return row["name"], plan["lasts"], lacking[0], cold["lasts"], lacking[1]


def test_before_heating_the_yards_feed_the_boilers_in_proportion_to_their_stock(
    cast: Cast, client_as: Browser, address: str
) -> None:
    east, west = counted(cast, "东厂", 3_596), counted(cast, "西厂", 899)
    page = client_as(cast.leader).get(address, COLD)
    # 4 495 t are 12.5 mean days: both end on the twelfth. In the spell 5 · 359.6 + 5 · 515.9 = 4 377.
    assert [lasts(row)[1::2] for row in (*page.context["rows"], page.context["whole"])] == [
        ("烧到 2026-11-26", "烧到 2026-11-24"),
    ] * 3  # fmt: skip
    assert [row["share"] for row in page.context["rows"]] == ["80%", "20%"]
    said = text(page)
    assert "359.6 × (18 − (−15)) ÷ (18 − (−5)) = 515.9 t" in said
    assert "按存煤的比例分" in said and "耗用分（" not in said
    # What is typed counts, in the share too, and what arrives at one yard is that yard's.
    typed = {**COLD, f"stock_{east.pk}": "1798", f"arrivals_{east.pk}": "10", f"stock_{west.pk}": "1798"}
    page = client_as(cast.leader).get(address, typed)
    assert [row["share"] for row in page.context["rows"]] == ["50%", "50%"]
    # Each burns 179.8 a day: ten days of 1 798 t, with 10 t more a day ten and the half of one.
    assert [lasts(row)[1:3] for row in page.context["rows"]] == [
        ("烧到 2026-11-24", "缺 18 748 t"), ("烧到 2026-11-24", "缺 19 958 t"),
    ]  # fmt: skip
    assert page.context["form"][f"stock_{east.pk}"].value() == "1798"


def test_in_heating_each_yard_goes_on_feeding_what_it_fed(
    cast: Cast, client_as: Browser, address: str, summer: Any
) -> None:
    east, west = counted(cast, "东厂", 3_000), counted(cast, "西厂", 9_000)
    summer.move_to(dt.datetime(2026, 11, 26, 2, 0, tzinfo=dt.UTC))
    for day in range(19, 26):
        for yard, tonnes in ((east, 300), (west, 100)):
            bookkeeping.record_movement(
                yard, by=cast.chengyuan_admin, day=dt.date(2026, 11, day), kind=MovementKind.USE,
                quantity_t=Decimal(tonnes),
            )  # fmt: skip
    page = client_as(cast.leader).get(address, {**COLD, "first": "11.28"})
    # 900 of 300 a day: three days; 8 300 of 100; all of 400: 23 days. −15 ℃ takes 33/23 of it.
    assert [lasts(row)[:2] for row in (*page.context["rows"], page.context["whole"])] == [
        ("东厂", "烧到 2026-11-28"), ("西厂", "烧到 2027-02-16"), ("全企业", "烧到 2026-12-18"),
    ]  # fmt: skip
    assert [row["share"] for row in page.context["rows"]] == ["75%", "25%"]
    assert [row["cold"]["lasts"] for row in (*page.context["rows"], page.context["whole"])] == [
        "烧到 2026-11-27", "烧到 2027-02-13", "烧到 2026-12-15",
    ]  # fmt: skip
    assert "按近 7 天各自的耗用分" in text(page) and "平均日 400 t/d，取自近 7 天平均耗用" in text(page)
    assert [chart["title"] for chart in page.context["charts"]] == [
        "全企业存煤还剩多少", "东厂存煤还剩多少", "西厂存煤还剩多少",
    ]  # fmt: skip
    plan, cold = page.context["charts"][1]["data"]["series"]
    assert (plan["values"][:4], cold["values"][:3]) == ([600, 300, 0, 0], [600, 300, 0])


def test_the_mean_day_is_burnt_at_the_temperature_of_its_days(
    cast: Cast, client_as: Browser, address: str, summer: Any
) -> None:
    yard = counted(cast, "东厂", 9_000)
    summer.move_to(dt.datetime(2026, 11, 26, 2, 0, tzinfo=dt.UTC))
    for day in range(19, 26):
        bookkeeping.record_movement(
            yard, by=cast.chengyuan_admin, day=dt.date(2026, 11, day), kind=MovementKind.USE, quantity_t=Decimal(410)
        )
    query = {**COLD, "first": "11.30"}
    # No temperatures are known: the ratio is the estimate's.
    assert "410 × (18 − (−15)) ÷ (18 − (−5)) = 588.3 t" in text(client_as(cast.leader).get(address, query))
    for day in range(19, 26):
        DailyTemperature.objects.create(county=cast.county, day=dt.date(2026, 11, day), mean_c=Decimal(-2))
    page = text(client_as(cast.leader).get(address, query))
    assert "410 × (18 − (−15)) ÷ (18 − (−2)) = 676.5 t" in page and "这几天平均气温 -2 ℃" in page


def test_a_target_in_force_says_what_a_day_burns(cast: Cast, client_as: Browser, address: str) -> None:
    estimate = make_estimate(company=cast.chengyuan, season=cast.season, by=cast.chengyuan_admin, number=2)
    make_target(estimate, status="approved", mean_day_t=Decimal(300))
    page = text(client_as(cast.leader).get(address))
    assert "平均日 300 t/d，取自已批准的储备目标" in page


def test_a_company_without_a_yard_types_all_it_has(cast: Cast, client_as: Browser, address: str) -> None:
    page = client_as(cast.chengyuan_admin).get(address, {**COLD, "stock_0": "5000"})
    # 13 mean days and a bit; in the spell 5 · 359.6 + 5 · 515.9 and one more.
    assert lasts(page.context["whole"])[1::2] == ("烧到 2026-11-27", "烧到 2026-11-25")
    assert page.context["rows"] == [] and len(page.context["charts"]) == 1


def test_a_yard_out_of_use_is_asked_for_as_long_as_coal_lies_in_it(
    cast: Cast, client_as: Browser, address: str
) -> None:
    for name, tonnes in (("东厂", 500), ("旧厂", 10), ("空厂", 0)):
        yard = counted(cast, name, tonnes)
        Yard.objects.filter(pk=yard.pk).update(is_active=name == "东厂")
    assert [row["name"] for row in client_as(cast.leader).get(address).context["rows"]] == ["东厂", "旧厂"]


def test_what_cannot_be_reckoned_is_refused_with_what_is_expected(cast: Cast, client_as: Browser, address: str) -> None:
    yard = counted(cast, "东厂", 100)
    page = client_as(cast.leader).get(address, {**COLD, "first": "2026-10-01", f"stock_{yard.pk}": ""})
    assert page.status_code == 422
    assert "应在 2026-11-15 到 2027-03-15 之间" in text(page) and "东厂现有存煤" in text(page)


def test_a_past_season_is_told_as_it_began(cast: Cast, client_as: Browser, summer: Any) -> None:
    make_estimate(company=cast.chengyuan, season=cast.last_season, by=cast.chengyuan_admin)
    yard = YardFactory(company=cast.chengyuan, name="东厂")
    bookkeeping.count(yard, by=cast.chengyuan_admin, day=dt.date(2025, 11, 1), quantity_t=Decimal(3_596))
    bookkeeping.count(yard, by=cast.chengyuan_admin, day=dt.date(2026, 8, 1), quantity_t=Decimal(50))
    address = reverse("coal:cold_spell", args=[cast.last_season.pk, cast.chengyuan.pk])
    page = client_as(cast.leader).get(address)
    assert lasts(page.context["whole"])[1] == "烧到 2025-11-24"
    assert "按 2025-11-14 的存煤" in text(page)


# --- the county


def test_the_county_worst_first_with_sums_divided(cast: Cast, client_as: Browser, address: str) -> None:
    counted(cast, "东厂", 3_596)
    counted(cast, "西厂", 899)
    other = UnitFactory(name="兴隆热力", kind="heating_company", region=cast.county)
    make_estimate(company=other, season=cast.season, by=cast.admin, area_m2=Decimal(200_000))
    counted(cast, "兴隆煤场", 200, company=other)
    page = client_as(cast.development_officer).get("/coal/cold-spell/", COLD)
    county = page.context["county"]
    # 兴隆: 36 t a mean day, 51.6 in the spell: 5.6 days. 121 · 36 + 5 · 15.7 − 200 are lacking in the spell.
    assert [row.company for row in county.rows] == [other, cast.chengyuan]
    worst = county.rows[0].found
    assert (worst.plan.last_day, worst.spell.last_day) == (dt.date(2026, 11, 19), dt.date(2026, 11, 19))
    assert [yard.now.yard.name for yard in county.rows[1].yards] == ["东厂", "西厂"]
    assert county.rows[1].found.spell.last_day == dt.date(2026, 11, 24)
    assert (county.stock.stock_t, county.mean_day_t) == (4_695, Decimal("395.6"))
    # 4 695 ÷ 395.6, not the mean of 12.5 and 5.6 days; in the spell 5 · 395.6 + 4 · 567.6 = 4 248.
    assert (county.mean_days, county.found.spell.last_day) == (Decimal("11.9"), dt.date(2026, 11, 23))
    assert county.lacking_in_plan_t == sum(row.found.plan.lacking_t for row in county.rows)
    assert county.lacking_in_spell_t == sum(row.found.spell.lacking_t for row in county.rows)
    said = text(page)
    assert "北苑供热站</a> 还没有测算" in said and "兴隆热力" in said
    # The company's own page is asked the same.
    assert f"{address}?first=11.20&amp;days=5&amp;mean_c=-15" in said


def test_what_one_company_has_over_is_not_anothers(cast: Cast, client_as: Browser, address: str) -> None:
    counted(cast, "东厂", 99_999)
    other = UnitFactory(name="兴隆热力", kind="heating_company", region=cast.county)
    make_estimate(company=other, season=cast.season, by=cast.admin, area_m2=Decimal(200_000))
    county = client_as(cast.leader).get("/coal/cold-spell/", COLD).context["county"]
    assert not county.rows[1].found.spell.runs_out
    assert county.lacking_in_plan_t == 4_356 and county.lacking_tce == county.rows[0].lacking_tce > 0


def test_the_county_begins_with_the_coldest_day_of_the_estimates(cast: Cast, client_as: Browser, address: str) -> None:
    form = client_as(cast.leader).get("/coal/cold-spell/").context["form"]
    assert {name: form[name].value() for name in ("first", "days", "mean_c")} == {
        "first": "2026-11-15", "days": "5", "mean_c": "-15",
    }  # fmt: skip


def test_a_company_is_led_to_its_own_and_a_township_sees_none(cast: Cast, client_as: Browser, address: str) -> None:
    assert client_as(cast.chengyuan_clerk).get("/coal/cold-spell/")["Location"] == address
    assert "您看不到哪家企业的存煤" in text(client_as(cast.township_officer).get("/coal/cold-spell/"))
    assert client_as(cast.beiyuan_clerk).get(address).status_code == 404
    counted(cast, "东厂", 100)
    assert 'href="/coal/cold-spell/"' in text(client_as(cast.leader).get("/coal/"))


def test_the_county_asks_as_much_for_many_companies_as_for_one(
    cast: Cast, client_as: Browser, address: str, summer: Any
) -> None:
    summer.move_to(dt.datetime(2026, 11, 26, 2, 0, tzinfo=dt.UTC))
    SweepRun.objects.create(started_at=clock.now(), finished_at=clock.now(), as_of=clock.today())
    counted(cast, "东厂", 3_596)
    browser = client_as(cast.leader)

    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get("/coal/cold-spell/").status_code == 200
        return len(captured)

    asked()  # what the shell of the page keeps for a while is there from here on
    few = asked()
    for number in range(6):
        company = UnitFactory(name=f"第{number}供热站", kind="heating_company", region=cast.county)
        estimate = make_estimate(company=company, season=cast.season, by=cast.admin)
        if number % 2:
            make_target(estimate, status="approved")
        counted(cast, "甲场", 500, company=company)
        counted(cast, "乙场", 700, company=company)
    assert asked() == few <= 12
