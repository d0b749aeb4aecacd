"""煤炭储备: the four figures with last week's, what is wrong, the table with its totals, and how it is read."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from coal import bookkeeping
from coal.contract_services import amend_contract
from coal.duties import milestones
from coal.duties.cover import judge
from coal.enums import MovementKind as Kind
from coal.glance import days_of_supply
from coal.models import Contract, MilestoneDuty, Movement, ParameterRange, Target, TargetMilestone, Yard
from tests.cast import Cast
from tests.coal_factories import make_contract, make_estimate, make_target
from tests.factories import DailyReportFactory, HazardFactory, UnitFactory, YardFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer")]
Browser = Callable[[Any], Client]
HEAT = Decimal("20.934")


def text(response: Any) -> str:
    return str(response.content.decode()).replace("\u00a0", " ")


@pytest.fixture
def yards(cast: Cast) -> tuple[Yard, Yard]:
    """城源: target 1 000 t (40 % by 31 August), 150 t on the eve of summer, 140 t on 28 July, 10 t used on 30 July.
    北苑: 50 t and no target."""
    estimate = make_estimate(company=cast.chengyuan, season=cast.season, by=cast.chengyuan_admin)
    make_target(estimate, status="approved", quantity_t=Decimal(1000), approved_on=dt.date(2026, 7, 30))
    make_estimate(company=cast.beiyuan, season=cast.season, by=cast.beiyuan_admin)
    yards = YardFactory(company=cast.chengyuan, name="东厂"), YardFactory(company=cast.beiyuan, name="北苑煤场")
    bookkeeping.count(yards[0], by=cast.chengyuan_admin, day=dt.date(2026, 3, 10), quantity_t=Decimal(150))
    bookkeeping.count(yards[1], by=cast.beiyuan_admin, day=dt.date(2026, 5, 1), quantity_t=Decimal(50))
    move(yards[0], cast, dt.date(2026, 7, 28), Kind.ARRIVAL, 140)
    move(yards[0], cast, dt.date(2026, 7, 30), Kind.USE, 10)
    return yards


def move(yard: Yard, cast: Cast, day: dt.date, kind: Kind, tonnes: int, **more: Any) -> Movement:
    if kind is Kind.ARRIVAL:
        more.setdefault("heat_value_mj_per_kg", HEAT)
    return bookkeeping.record_movement(
        yard, by=cast.chengyuan_admin, day=day, kind=kind, quantity_t=Decimal(tonnes), **more
    )


def amend(contract: Contract, cast: Cast, agreed_on: dt.date, tonnes: int) -> None:
    contract.refresh_from_db()
    amend_contract(
        contract, by=cast.chengyuan_admin, seen=contract.version, agreed_on=agreed_on, quantity_t=Decimal(tonnes),
        price_yuan_per_t=contract.price_yuan_per_t, ends_on=contract.ends_on, reason="补充协议",
    )  # fmt: skip


def on(day: dt.date, hour: int = 10) -> Any:
    """That hour of the day in 临岭县."""
    return time_machine.travel(dt.datetime(day.year, day.month, day.day, hour - 8, tzinfo=dt.UTC), tick=False)


def matters(page: Any) -> list[tuple[str, str]]:
    return [(each.label, each.text) for each in page.context["concerns"]]


def test_the_county_in_four_figures_beside_last_weeks(cast: Cast, client_as: Browser, yards: tuple[Yard, Yard]) -> None:
    county = client_as(cast.leader).get("/coal/").context["county"]
    # On 27 July the target was not yet approved, and the 140 t had not come.
    assert (county.target_t, county.target_before_t) == (1000, 0)
    # With the 50 t with which 北苑 began its book in May.
    assert (county.in_place_t, county.in_place_before_t) == (340, 200)
    assert (county.stock.stock_t, county.stock_before.stock_t) == (330, 200)
    # 330 t of 20.934 MJ/kg; 330 ÷ (359.6 + 359.6) and ÷ (515.9 + 515.9)
    assert (county.stock.tce, county.stock_before.tce) == (Decimal("235.71"), Decimal("142.86"))
    assert (county.cover.mean_days, county.cover.coldest_days) == (Decimal("0.5"), Decimal("0.3"))
    assert (county.cover_before.mean_days, county.cover_before.coldest_days) == (Decimal("0.3"), Decimal("0.2"))
    # 北苑 has no target: what is in place has nothing to fill there.
    assert (county.percent, county.percent_of_targets) == (None, Decimal("29.0"))


def test_the_table_of_the_companies(cast: Cast, client_as: Browser, yards: tuple[Yard, Yard]) -> None:
    page = client_as(cast.development_officer).get("/coal/")
    rows = {row.company: row for row in page.context["rows"]}
    own = rows[cast.chengyuan]
    assert (own.percent, own.change_7_t, own.change_14_t, own.forecast) == (29, 130, 130, "2026年10月13日")
    assert (own.verdict.light.label, own.milestone_text) == ("正常", "8月31日应到 40%，还差 110 t")
    assert (rows[cast.beiyuan].verdict.light.label, rows[cast.beiyuan].change_7_t) == ("无目标", 0)
    said = text(page)
    assert "↑ 增 130" in said and "→ 持平" in said and f"/coal/companies/{cast.beiyuan.pk}/" in said


def test_the_lights_in_words(cast: Cast, client_as: Browser, yards: tuple[Yard, Yard]) -> None:
    with on(dt.date(2026, 8, 20)):
        assert ("落后", "8月31日应到 40%，按近 14 天进度差 110 t；近 14 天没有到货") in matters(
            client_as(cast.leader).get("/coal/")
        )
    with on(dt.date(2026, 9, 1)):
        page = client_as(cast.leader).get("/coal/")
        assert matters(page)[0] == ("严重落后", "8月31日应到 40%，差 110 t；近 14 天没有到货")
        assert page.context["rows"][0].company == cast.chengyuan
        # A county that takes less than 30 % lacking for not so bad: 110 of 400 t are 27.5 %.
        ParameterRange.objects.create(county=cast.county, name="severe_percent", least=0, typical=30, most=50)
        assert ("落后", "8月31日应到 40%，差 110 t；近 14 天没有到货") in matters(client_as(cast.leader).get("/coal/"))


def test_contracts_count_as_the_sweep_counts_them(cast: Cast, client_as: Browser, yards: tuple[Yard, Yard]) -> None:
    """Of 1 000 t by 30 June 900 t were signed in time, and 80 t more by an amendment in July."""
    target = TargetMilestone.objects.get().target
    TargetMilestone.objects.create(
        target=target, kind="contracted", due_on=dt.date(2026, 6, 30), share_percent=100, quantity_t=1000
    )
    contract = make_contract(company=cast.chengyuan, by=cast.chengyuan_admin, quantity_t=Decimal(900))
    page = client_as(cast.leader).get("/coal/")
    said = "6月30日应签合同 100%，差 100 t"
    assert matters(page)[0] == ("严重落后", said)
    assert page.context["concerns"][0].path == f"/coal/contracts/?company={cast.chengyuan.pk}"
    row = page.context["rows"][0]
    assert (row.company, row.milestone) == (cast.chengyuan, f"严重落后：{said}")
    milestones.note(dt.date(2026, 8, 3))
    duties = MilestoneDuty.objects.filter(reached_on=None, due_on__lt=dt.date(2026, 8, 3))
    assert [each.standing.replace("\u00a0", " ") for each in duties] == [
        "应签合同 1 000 t（100%），已有 900 t，还差 100 t"
    ]
    amend(contract, cast, dt.date(2026, 7, 10), 980)
    assert matters(client_as(cast.leader).get("/coal/"))[0] == ("落后", "6月30日应签合同 100%，差 20 t")
    amend(contract, cast, dt.date(2026, 7, 12), 1000)
    assert client_as(cast.leader).get("/coal/").context["rows"][-1].verdict.light.label == "正常"
    milestones.note(dt.date(2026, 8, 3))
    assert MilestoneDuty.objects.get(milestone__kind="contracted").reached_on == dt.date(2026, 7, 12)


def test_a_pace_that_is_too_slow_for_the_season(cast: Cast, client_as: Browser, yards: tuple[Yard, Yard]) -> None:
    """14 t in 14 days: 696 t more would take until 2028."""
    with on(dt.date(2026, 9, 20)):
        move(yards[0], cast, dt.date(2026, 9, 10), Kind.ARRIVAL, 14)
        row = next(row for row in client_as(cast.leader).get("/coal/").context["rows"] if row.target)
    assert row.forecast == "按近 14 天进度无法完成"


def test_below_the_least_cover(cast: Cast, client_as: Browser, yards: tuple[Yard, Yard]) -> None:
    """From the start of heating on at least 15 days, or what the target says."""
    with on(dt.date(2026, 11, 14)):
        assert "存煤不足" not in [label for label, _ in matters(client_as(cast.leader).get("/coal/"))]
    with on(dt.date(2026, 11, 17)):
        assert ("存煤不足", "可用 0.1 天（平均日），低于最低 15 天；本季测算；近 2 天缺 2 天耗用 359.6 t/d") in matters(
            client_as(cast.leader).get("/coal/")
        )
        move(yards[0], cast, dt.date(2026, 11, 16), Kind.USE, 40)
        # 240 t ÷ 40 t on the one day that is known = 6 days
        said = "可用 6.0 天（平均日），低于最低 15 天；近 2 天中 1 天的平均耗用，缺 1 天耗用 40.00 t/d"
        assert ("存煤不足", said) in matters(client_as(cast.leader).get("/coal/"))
        cover = TargetMilestone.objects.create(
            target=TargetMilestone.objects.get().target, kind="cover", due_on=dt.date(2026, 11, 15), cover_days=6
        )
        assert ("存煤不足", said) not in matters(client_as(cast.leader).get("/coal/"))
        cover.delete()
        ParameterRange.objects.create(county=cast.county, name="cover_days", least=0, typical=6, most=60)
        assert ("存煤不足", said) not in matters(client_as(cast.leader).get("/coal/"))


def test_at_the_end_of_heating_overview_and_sweep_ask_for_the_days_that_are_left(
    cast: Cast, client_as: Browser, yards: tuple[Yard, Yard]
) -> None:
    """280 t at 20 t a day last 14 days: enough on 2 March, one too few the day before."""
    end = cast.season.heating_end_on
    assert end == dt.date(2027, 3, 15)
    for day, is_short in ((dt.date(2027, 3, 1), True), (dt.date(2027, 3, 2), False)):
        with on(day):
            if is_short:
                move(yards[0], cast, dt.date(2027, 2, 27), Kind.USE, 20)
            bookkeeping.count(yards[0], by=cast.chengyuan_admin, day=day - dt.timedelta(1), quantity_t=Decimal(280))
            rows = {row.company: row for row in client_as(cast.leader).get("/coal/").context["rows"]}
            judged = {each.company_id: each for each in judge(day)}
        own = rows[cast.chengyuan]
        assert (own.cover.mean_days, own.is_short, judged[cast.chengyuan.pk].is_below) == (14, is_short, is_short)


@pytest.mark.parametrize("is_active", [True, False])
def test_without_a_yard_in_use_neither_overview_nor_sweep_asks_for_days(
    cast: Cast, client_as: Browser, yards: tuple[Yard, Yard], is_active: bool
) -> None:
    Yard.objects.filter(pk=yards[1].pk).update(is_active=is_active)
    day = dt.date(2026, 11, 17)
    with on(day):
        rows = {row.company: row for row in client_as(cast.leader).get("/coal/").context["rows"]}
        judged = {each.company_id: each.is_below for each in judge(day)}
    assert (rows[cast.beiyuan].is_short, judged.get(cast.beiyuan.pk, False)) == (is_active, is_active)
    assert rows[cast.chengyuan].is_short and judged[cast.chengyuan.pk]


def test_any_day_and_how_long_every_yard_lasts_on_it(
    cast: Cast, client_as: Browser, yards: tuple[Yard, Yard], django_assert_max_num_queries: Any
) -> None:
    other = YardFactory(company=cast.chengyuan, name="西厂")
    move(other, cast, dt.date(2026, 8, 1), Kind.ARRIVAL, 720)
    client = client_as(cast.leader)

    def shown(query: str) -> list[tuple[Any, ...]]:
        page = client.get(f"/coal/{query}")
        rows = page.context["yards"]
        assert all(f"/coal/yards/{row.yard.pk}/" in text(page) for row in rows)
        return [(row.yard.name, row.stock.stock_t, row.cover.mean_days, row.cover.coldest_days) for row in rows]

    # ÷ 359.6 and 515.9 t a day
    today = [
        ("北苑煤场", 50, Decimal("0.1"), Decimal("0.1")), ("东厂", 280, Decimal("0.8"), Decimal("0.5")),
        ("西厂", 720, Decimal("2.0"), Decimal("1.4")),
    ]  # fmt: skip
    assert shown("") == today
    with django_assert_max_num_queries(12):
        found = shown("?day=2026-07-27")
    assert found == [
        ("西厂", 0, 0, 0), ("北苑煤场", 50, Decimal("0.1"), Decimal("0.1")),
        ("东厂", 150, Decimal("0.4"), Decimal("0.3")),
    ]  # fmt: skip
    page = client.get("/coal/?day=2026-07-27")
    assert (page.context["county"].in_place_t, page.context["county"].stock.stock_t) == (200, 200)
    # Only today is marked as today.
    marked = [client.get(f"/coal/{query}").context["charts"][0]["data"]["now"] for query in ("", "?day=2026-07-27")]
    assert marked == ["8月3日", None]
    # Neither a day to come nor one before the season nor no day at all.
    for query in ("?day=2026-08-04", "?day=2026-03-15", "?day=2026-02-31", "?day=x"):
        assert shown(query) == today


def test_a_look_back_does_not_mix_that_day_with_today(cast: Cast, client_as: Browser, yards: tuple[Yard, Yard]) -> None:
    """The target was approved on 1 July; yards without a check, and coal without a heat value, are today's matters."""
    Target.objects.update(approved_on=dt.date(2026, 7, 1))
    move(yards[0], cast, dt.date(2026, 5, 2), Kind.ARRIVAL, 20, heat_value_mj_per_kg=None)
    client = client_as(cast.leader)
    ours = [
        {each.label for each in client.get(f"/coal/{query}").context["concerns"] if each.company == cast.chengyuan}
        for query in ("", "?day=2026-07-01", "?day=2026-06-30")
    ]
    assert ours == [{"久未检查", "缺热值"}, set(), {"无目标"}]
    targets = [client.get(f"/coal/?day={day}").context["county"].target_t for day in ("2026-07-01", "2026-06-30")]
    assert targets == [1000, 0]
    assert "回看时不列" in text(client.get("/coal/?day=2026-07-01")) and "回看时不列" not in text(client.get("/coal/"))


def test_reports_that_were_not_filed(cast: Cast, client_as: Browser, yards: tuple[Yard, Yard]) -> None:
    # At nine the report of 1 November is not due yet.
    with on(dt.date(2026, 11, 2), 9):
        DailyReportFactory(company=cast.chengyuan, filed_by=cast.chengyuan_admin, day=dt.date(2026, 10, 31))
        found = matters(client_as(cast.leader).get("/coal/"))
    assert [said for label, said in found if label == "日报未报"] == ["10月31日至10月31日有 1 天的日报没有报"]
    with on(dt.date(2026, 11, 2), 10):
        found = [each for each in client_as(cast.leader).get("/coal/").context["concerns"] if each.label == "日报未报"]
    assert [(each.company, each.text) for each in found] == [
        (cast.beiyuan, "10月31日至11月1日有 2 天的日报没有报"),
        (cast.chengyuan, "10月31日至11月1日有 1 天的日报没有报"),
    ]


def test_arrivals_without_a_heat_value(cast: Cast, client_as: Browser, yards: tuple[Yard, Yard]) -> None:
    client = client_as(cast.leader)
    untold = move(yards[0], cast, dt.date(2026, 8, 1), Kind.ARRIVAL, 20, heat_value_mj_per_kg=None)
    said = ("缺热值", "东厂 自 8月1日 起有到货没有报热值，折标煤暂按常用热值计")
    assert said in matters(client.get("/coal/"))
    bookkeeping.reverse(untold, by=cast.chengyuan_admin, reason="重复登记")
    assert said not in matters(client.get("/coal/"))


def test_the_charts_show_what_the_book_says(cast: Cast, client_as: Browser, yards: tuple[Yard, Yard]) -> None:
    stock, weeks, cover = client_as(cast.leader).get("/coal/").context["charts"]
    lines = {each["name"]: each["values"] for each in stock["data"]["series"]}
    labels = stock["data"]["labels"]
    at = {day: labels.index(day) for day in ("3月16日", "7月28日", "8月3日", "8月4日", "8月30日", "8月31日")}
    # Of 城源 alone, which has a target.
    assert stock["title"] == "库存和节点，有目标的 1 家"
    assert [lines["库存"][at[day]] for day in ("3月16日", "7月28日", "8月3日", "8月4日")] == [150, 290, 280, None]
    assert lines["累计到位"][at["8月3日"]] == 290
    assert [lines["节点应到"][at[day]] for day in ("8月30日", "8月31日")] == [None, 400]
    assert stock["data"]["series"][2]["marks"] == [{"at": "8月31日", "value": 400.0, "text": "8月31日 400 t"}]
    assert weeks["rows"][:2] == [["2026-08-03", "0", "0"], ["2026-07-27", "140", "10"]]
    assert cover["rows"][0][:3] == ["2026-08-03", "0.5", "0.3"]


def test_the_book_of_a_past_season(cast: Cast, client_as: Browser, yards: tuple[Yard, Yard]) -> None:
    client = client_as(cast.leader)
    session = client.session
    session["season_id"] = cast.last_season.pk
    session.save()
    page = client.get("/coal/")
    assert page.context["day"] == cast.last_season.heating_end_on
    assert page.context["county"].stock.stock_t == 150


def test_the_same_queries_for_many_companies_and_movements(
    cast: Cast, client_as: Browser, yards: tuple[Yard, Yard], django_assert_max_num_queries: Any
) -> None:
    for user in (cast.development_officer, cast.leader):
        client = client_as(user)
        client.get("/coal/")
        with django_assert_max_num_queries(12) as few:
            client.get("/coal/")
    before = len(few.captured_queries)
    for number in range(4):
        company = UnitFactory(kind="heating_company", region=cast.county)
        estimate = make_estimate(company=company, season=cast.season, by=cast.admin)
        make_target(estimate, status="approved")
        yard = YardFactory(company=company)
        for day in range(1, 4):
            move(yard, cast, dt.date(2026, 7, day), Kind.ARRIVAL, 10 + number)
    with CaptureQueriesContext(connection) as many:
        page = client.get("/coal/")
    assert (len(many), len(page.context["rows"])) == (before, 6)


def test_other_units_find_no_companies(cast: Cast, client_as: Browser, yards: tuple[Yard, Yard]) -> None:
    assert "还没有煤场" in text(client_as(cast.township_officer).get("/coal/"))
    foreign = client_as(cast.foreign.admin).get("/coal/")
    assert [row.company for row in foreign.context["rows"]] == [cast.foreign.company]


def test_the_overview_of_the_house_shows_the_same_days(
    cast: Cast, yards: tuple[Yard, Yard], django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(2):
        found = days_of_supply(cast.season, cast.leader, dt.date(2026, 8, 3))
    assert found is not None
    assert (found.now.mean_days, found.now.coldest_days) == (Decimal("0.5"), Decimal("0.3"))
    assert (found.week_ago.mean_days, found.week_ago.coldest_days) == (Decimal("0.3"), Decimal("0.2"))
    own = days_of_supply(cast.season, cast.chengyuan_clerk, dt.date(2026, 8, 3))
    assert own is not None and own.now.mean_days == Decimal("0.8")
    assert days_of_supply(cast.season, cast.township_officer, dt.date(2026, 8, 3)) is None


def test_the_overview_of_the_house_says_who_is_short_of_coal(
    cast: Cast, client_as: Browser, yards: tuple[Yard, Yard]
) -> None:
    """Beside the stock and its milestones; a company sees its own only, a township none."""
    for company in (cast.chengyuan, cast.beiyuan):
        HazardFactory(season=cast.season, lead_unit=company)
    with on(dt.date(2026, 11, 17)):
        whole = client_as(cast.leader).get("/")
        own = client_as(cast.beiyuan_clerk).get("/")
        other = client_as(cast.township_officer).get("/")
    assert [row.company for row in whole.context["coal"].short] == [cast.beiyuan, cast.chengyuan]
    assert whole.context["coal"].chart["title"] == "库存和节点，有目标的 1 家"
    assert "<h2>存煤不足</h2>" in text(whole)
    assert [row.company for row in own.context["coal"].short] == [cast.beiyuan]
    assert "<h2>存煤不足</h2>" not in text(other)


def test_in_season_it_divides_by_what_the_last_week_used(cast: Cast, yards: tuple[Yard, Yard]) -> None:
    with on(dt.date(2026, 11, 17)):
        move(yards[0], cast, dt.date(2026, 11, 16), Kind.USE, 40)
    found = days_of_supply(cast.season, cast.chengyuan_clerk, dt.date(2026, 11, 17))
    # 240 t ÷ 40 t; a week ago 280 t ÷ 359.6 t of the target
    assert found is not None and (found.now.mean_days, found.week_ago.mean_days) == (Decimal("6.0"), Decimal("0.8"))
