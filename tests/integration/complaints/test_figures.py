"""The counts behind the indicators: by the definitions, by company, this season beside the last to the same day."""

import datetime as dt
import io
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
import time_machine
from django.utils import timezone

from audit.models import AuditEntry
from complaints import rules, workflow
from complaints.clusters import check
from complaints.counting import counting_of, set_counting
from complaints.enums import MeasuringPlace
from complaints.figures import figures
from complaints.hot_spots import hot_spots
from complaints.models import Order, Visit
from complaints.periods import days, same_day_before, season_to_date
from complaints.summary import KINDS, summary
from complaints.tallies import measured_by_the_rules
from facilities.season_companies import assign_company
from tests.cast import Cast
from tests.factories import CommunityFactory
from tests.integration.complaints.test_counting import values_of
from tests.orders import dispatched, handled, registered, reported, solve, visited

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 12, 10, 2, 0, tzinfo=dt.UTC)  # ten in the morning


@pytest.fixture
def winter() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def numbered(n: int) -> dict[str, Any]:
    """Of another household with another phone each."""
    return {"room": str(n), "phone": f"1390000{n:04d}"}


def values(cast: Cast, user: Any = None) -> dict[str, Any]:
    found = figures(user or cast.admin, cast.season, timezone.now())
    return {pair.now.indicator.name: pair.now.value for pair in found.total.pairs}


def test_withdrawn_counts_as_received_and_leaves_the_net(cast: Cast, winter: Any) -> None:
    winter.move_to(NOW - dt.timedelta(days=3))
    early = visited(cast, **numbered(1))
    winter.move_to(NOW)
    same_day = visited(cast, **numbered(2))
    registered(cast, **numbered(3))
    workflow.withdraw(early, by=cast.hotline, reason="平台撤件")
    workflow.withdraw(same_day, by=cast.hotline, reason="平台撤件")

    found = values(cast)
    assert (found["received"], found["withdrawn"], found["net"]) == (3, 2, 1)
    # On the day itself only one was both received and withdrawn: the days' net figures do not add up to the season's.
    by_day = [summary(cast.admin, cast.season, KINDS["day"], NOW.date() - dt.timedelta(n)).total for n in (0, 3)]
    assert [(line.received, line.withdrawn, line.net) for line in by_day] == [(2, 2, 1), (1, 0, 1)]


def test_callbacks_that_reached_somebody(cast: Cast, winter: Any) -> None:
    solve(reported(cast, **numbered(1)), by=cast.hotline)
    solve(reported(cast, **numbered(2)), by=cast.hotline, satisfaction="fairly")
    again = reported(cast, **numbered(3))
    call = {"by": cast.hotline, "called_at": NOW}
    workflow.call_back(again, is_reached=False, **call)
    workflow.call_back(again, is_reached=True, is_solved=False, was_contacted=False, satisfaction="not", **call)

    found = values(cast)
    assert (found["contacted"], found["solved"]) == (Decimal("66.7"), Decimal("66.7"))
    assert found["satisfied"] == Decimal("63.3")  # (1 + 0.9) / 3


def test_in_time_counts_what_was_answered_or_should_have_been(cast: Cast, winter: Any) -> None:
    winter.move_to(NOW - dt.timedelta(days=9))
    reported(cast, **numbered(1))
    dispatched(cast, **numbered(2))  # past its seven days
    late = handled(cast, **numbered(3))
    winter.move_to(NOW)
    workflow.report(late, by=cast.chengyuan_admin, result="已处理", cause="company")
    dispatched(cast, **numbered(4))  # still has time
    registered(cast, **numbered(5))  # has no limit yet
    found = figures(cast.admin, cast.season, NOW).total.pairs
    figure = next(pair.now for pair in found if pair.now.indicator.name == "in_time")
    assert (figure.parts.numerator, figure.parts.denominator) == (1, 3)  # type: ignore[union-attr]


def test_what_was_withdrawn_in_time_is_neither_in_time_nor_late(cast: Cast, winter: Any) -> None:
    winter.move_to(NOW - dt.timedelta(days=9))
    reported(cast, **numbered(1))
    early, late = visited(cast, **numbered(2)), visited(cast, **numbered(3))
    winter.move_to(NOW - dt.timedelta(days=3))
    workflow.withdraw(early, by=cast.hotline, reason="平台撤件")
    winter.move_to(NOW - dt.timedelta(days=1))
    workflow.withdraw(late, by=cast.hotline, reason="平台撤件")
    winter.move_to(NOW)
    assert values(cast)["in_time"] == Decimal("50.0")


def test_a_question_that_was_not_answered_is_no_no(cast: Cast, winter: Any) -> None:
    solve(reported(cast, **numbered(1)), by=cast.hotline, satisfaction="fairly")
    workflow.call_back(reported(cast, **numbered(2)), by=cast.hotline, called_at=NOW, is_reached=True, is_solved=True)
    found = values(cast)
    assert (found["contacted"], found["solved"], found["satisfied"]) == (100, 100, 90)


def test_a_round_is_the_company_s_that_had_it(cast: Cast, winter: Any) -> None:
    order = reported(cast, **numbered(1))
    measured(order, temperature_c=Decimal("15.0"))
    workflow.call_back(
        order, by=cast.hotline, called_at=NOW, is_reached=True, is_solved=False, was_contacted=True, satisfaction="not"
    )
    workflow.redo(order, by=cast.hotline, reason="没有解决", company=cast.beiyuan)
    workflow.sign(order, by=cast.beiyuan_admin)
    workflow.report(order, by=cast.beiyuan_admin, result="已处理", cause="company")
    solve(order, by=cast.hotline)

    def rates(user: Any, name: str) -> dict[str, Any]:
        found = figures(user, cast.season, NOW)
        return {
            str(each.company): pair.now.value
            for each in (*found.companies, found.total)
            for pair in each.pairs
            if pair.now.indicator.name == name
        }

    both = {"城源热力有限公司": 0, "北苑供热站": 100, "None": 50}
    assert rates(cast.admin, "solved") == rates(cast.admin, "satisfied") == both
    assert rates(cast.admin, "warm_enough") == {"城源热力有限公司": 0, "北苑供热站": None, "None": 0}
    assert rates(cast.beiyuan_admin, "solved") == {"北苑供热站": 100, "None": 100}


def test_what_counts_is_a_setting(cast: Cast, winter: Any) -> None:
    cast.community.households = 1000
    cast.community.save()
    registered(cast, **numbered(1))
    registered(cast, **numbered(2), category="advice")
    workflow.invalidate(registered(cast, **numbered(3)), by=cast.hotline, reason="不属于供热")
    registered(cast, **numbered(1))
    assert values(cast)["per_10k_households"] == Decimal("20.00")
    assert values(cast)["repeated"] == Decimal("50.0")
    with_advice = ["attitude", "advice"]
    set_counting(by=cast.admin, county=cast.county, values=values_of(cast) | {"categories": with_advice})
    assert values(cast)["per_10k_households"] == Decimal("30.00")
    set_counting(by=cast.admin, county=cast.county, values=values_of(cast) | {"with_repeats": False})
    assert values(cast)["per_10k_households"] == Decimal("20.00")
    set_counting(by=cast.admin, county=cast.county, values=values_of(cast) | {"causes": ["company"]})
    assert values(cast)["per_10k_households"] == Decimal("0.00")


def measured(order: Order, **changes: Any) -> Visit:
    right = {
        "temperature_c": Decimal("18.0"), "place": MeasuringPlace.BEDROOM, "shut_minutes": 30, "is_centre": True,
        "height_m": Decimal("1.50"), "device": "CW-01", "calibrated_until": dt.date(2026, 12, 10),
        "signed_by_visitor": True, "signed_by_user": True,
    }  # fmt: skip
    facts = right | changes
    return Visit.objects.create(
        order=order, company=order.company, round=1, visited_at=NOW, visitor="赵师傅", found="已查看",
        by=order.registered_by, **facts,
    )  # fmt: skip


WRONG: list[dict[str, Any]] = [
    {"temperature_c": None}, {"place": MeasuringPlace.OTHER}, {"place": ""}, {"shut_minutes": 29},
    {"shut_minutes": None}, {"is_centre": False}, {"height_m": None}, {"height_m": Decimal("1.61")},
    {"height_m": Decimal("1.39")}, {"device": ""}, {"device": "  "}, {"calibrated_until": None},
    {"calibrated_until": dt.date(2026, 12, 9)}, {"signed_by_visitor": False}, {"signed_by_user": False},
]  # fmt: skip
RIGHT: list[dict[str, Any]] = [
    {}, {"height_m": Decimal("1.60")}, {"height_m": Decimal("1.40")}, {"temperature_c": Decimal("17.9")},
    {"place": MeasuringPlace.LIVING_ROOM},
]  # fmt: skip


def test_the_database_measures_by_the_same_rules(cast: Cast, winter: Any) -> None:
    from django.db.models import CharField
    from django.db.models.functions import Trim

    order, counting = dispatched(cast), counting_of(cast.county)
    for changes in (*WRONG, *RIGHT):
        visit = measured(order, **changes)
        visits = Visit.objects.alias(device_named=Trim("device", output_field=CharField()))
        by_database = visits.filter(measured_by_the_rules(counting), pk=visit.pk).exists()
        assert by_database == (rules.is_warm_enough(visit, counting) is not None) == (changes in RIGHT), changes
    assert values(cast)["warm_enough"] == Decimal("80.0")
    # 20 ℃ is the floor in some cities, and a quarter of an hour enough.
    others = values_of(cast) | {"room_floor_c": Decimal(20), "shut_minutes": 15, "height_m": Decimal("1.20")}
    set_counting(by=cast.admin, county=cast.county, values=others)
    measured(order, temperature_c=Decimal("20.0"), shut_minutes=15, height_m=Decimal("1.25"))
    assert values(cast)["warm_enough"] == Decimal("100.0")


def test_by_company_and_what_is_not_dispatched(cast: Cast, winter: Any) -> None:
    for n in range(3):
        dispatched(cast, **numbered(n))
    dispatched(cast, cast.beiyuan, **numbered(8))
    registered(cast, **numbered(9), company=cast.beiyuan)
    found = figures(cast.admin, cast.season, NOW)
    received = {str(each.company): each.pairs[0].now.value for each in found.companies}
    assert received == {"北苑供热站": 1, "城源热力有限公司": 3}
    assert (found.total.pairs[0].now.value, found.undispatched, found.ended) == (5, 1, 0)
    theirs = figures(cast.beiyuan_clerk, cast.season, NOW)
    assert theirs.total.pairs[0].now.value == 1


def test_what_ended_without_a_company_waits_for_no_dispatch(cast: Cast, winter: Any, client_as: Any) -> None:
    client, orders = client_as(cast.admin), [registered(cast, **numbered(n)) for n in range(4)]
    workflow.send_back(dispatched(cast, **numbered(7)), by=cast.chengyuan_clerk, reason="不归本企业供热")
    handled(cast, **numbered(8))
    workflow.invalidate(orders[0], by=cast.hotline, reason="不属于供热")
    workflow.merge(orders[1], by=cast.hotline, into=orders[2], note="同一根立管")
    page = client.get("/complaints/indicators/").content.decode().replace("\xa0", " ")
    assert "另有 3 件等待派单、2 件没有企业承办就已作无效或并单，计入合计，不计入任何企业。" in page
    assert "回访计在当轮承办的企业名下，测温计在上门时承办的企业名下，其余各项计在工单现在的承办企业名下" in page


def test_households_are_those_of_the_company_of_each_season(cast: Cast, winter: Any) -> None:
    CommunityFactory(county=cast.county, name="东湖小区", company=cast.beiyuan, households=500)
    cast.community.households = 1000
    cast.community.save()
    assign_company(cast.last_season, [cast.community], cast.beiyuan, by=cast.admin)
    for n, season in enumerate((cast.season, cast.last_season)):
        order = dispatched(cast, cast.beiyuan, **numbered(n))
        received_at = NOW if season == cast.season else NOW.replace(year=2025)
        Order.objects.filter(pk=order.pk).update(season=season, received_at=received_at)

    def rates(user: Any) -> dict[str, Any]:
        pairs = {str(each.company): each.pairs[3] for each in figures(user, cast.season, NOW).companies}
        return {name: (pair.now.value, pair.before and pair.before.value) for name, pair in pairs.items()}

    # 1 ÷ 500 now, 1 ÷ 1500 then; 城源 had no household then.
    assert rates(cast.admin) == {
        "北苑供热站": (Decimal("20.00"), Decimal("6.67")), "城源热力有限公司": (Decimal("0.00"), None),
    }  # fmt: skip
    assert rates(cast.beiyuan_clerk) == {"北苑供热站": (Decimal("20.00"), Decimal("6.67"))}
    then = hot_spots(cast.beiyuan_clerk, cast.last_season, NOW)
    assert [str(spot.place) for spot in then.communities.ranked] == ["幸福小区"]


def test_platforms_are_counted_apart(cast: Cast, winter: Any) -> None:
    registered(cast, **numbered(1), platform="province")
    workflow.withdraw(visited(cast, **numbered(2), platform="city"), by=cast.hotline, reason="平台撤件")
    rows = figures(cast.admin, cast.season, NOW).total.platforms
    assert [(row.label, row.now.received, row.now.withdrawn, row.now.net) for row in rows] == [
        ("县级平台", 0, 0, 0), ("市级平台", 1, 1, 0), ("省级平台", 1, 0, 1),
    ]  # fmt: skip


def test_last_season_to_the_same_day(cast: Cast, winter: Any) -> None:
    for day, n in (
        (dt.datetime(2025, 12, 10, 1, 0, tzinfo=dt.UTC), 1),
        (dt.datetime(2025, 12, 10, 3, 0, tzinfo=dt.UTC), 2),
    ):
        order = registered(cast, **numbered(n))
        Order.objects.filter(pk=order.pk).update(season=cast.last_season, received_at=day)
    registered(cast, **numbered(3))
    found = figures(cast.admin, cast.season, NOW)
    pair = found.total.pairs[0]
    assert (pair.now.value, pair.before.value, pair.change_text) == (1, 1, "持平")  # type: ignore[union-attr]


def test_the_same_day_of_a_leap_year_and_of_a_season_that_is_over(cast: Cast) -> None:
    leap = season_to_date(cast.season, dt.datetime(2028, 1, 1, tzinfo=dt.UTC))
    assert same_day_before(cast.last_season, leap).last_day == cast.last_season.heating_end_on
    cast.last_season.name = "2025-2026"
    here = season_to_date(cast.season, dt.datetime(2027, 2, 28, 4, 0, tzinfo=dt.UTC))
    assert same_day_before(cast.last_season, here).last_day == dt.date(2026, 2, 28)


def test_another_countys_orders_are_in_nobodys_figures(cast: Cast, winter: Any) -> None:
    order = registered(cast)
    Order.objects.filter(pk=order.pk).update(county=cast.foreign.county, season=cast.foreign.season, sequence=7000)
    assert values(cast)["received"] == 0


def test_as_many_queries_for_many(cast: Cast, winter: Any, django_assert_num_queries: Any) -> None:
    def queries() -> None:
        with django_assert_num_queries(10):
            figures(cast.admin, cast.season, NOW)

    dispatched(cast)
    queries()
    for n in range(8):
        dispatched(cast, cast.beiyuan, **numbered(n))
    queries()


def test_hot_spots_of_communities_and_stations(cast: Cast, winter: Any) -> None:
    one, two = (
        CommunityFactory(county=cast.county, station=cast.station, name=f"{n}号院", households=200) for n in range(2)
    )
    for n in range(3):
        registered(cast, **numbered(n), community=one)
    registered(cast, **numbered(7), community=two)
    registered(cast, **numbered(8))
    registered(cast, **numbered(9), community=None)
    found = hot_spots(cast.admin, cast.season, NOW)
    assert [(str(s.place), s.per_1000) for s in found.communities.ranked] == [("0号院", 15), ("1号院", 5)]
    assert [(str(s.place), why) for s, why in found.communities.apart] == [("幸福小区", "没有登记户数")]
    assert [(str(s.place), s.count, s.per_1000) for s in found.stations.ranked] == [("幸福换热站", 4, 10)]
    assert found.nowhere == 1


def test_hot_spots_leave_out_repeats_where_they_do_not_count(cast: Cast, winter: Any) -> None:
    place = CommunityFactory(county=cast.county, station=cast.station, name="一号院", households=200)
    for n in range(4):
        registered(cast, **numbered(n), community=place)
    for _ in range(3):
        registered(cast, **numbered(0), community=place)
    for _ in range(2):
        registered(cast, **numbered(9), community=None)
    counts = []
    for with_repeats in (True, False):
        set_counting(by=cast.admin, county=cast.county, values=values_of(cast) | {"with_repeats": with_repeats})
        found = hot_spots(cast.admin, cast.season, NOW)
        counts.append((found.communities.ranked[0].count, found.stations.ranked[0].count, found.nowhere))
    assert counts == [(7, 7, 2), (4, 4, 1)]


def test_the_summary_of_a_week_and_its_workbook(cast: Cast, winter: Any, client_as: Any) -> None:
    winter.move_to(NOW - dt.timedelta(days=8))
    dispatched(cast, **numbered(1))
    winter.move_to(NOW)
    solve(reported(cast, **numbered(2)), by=cast.hotline)
    registered(cast, **numbered(3), category="leak")
    found = summary(cast.admin, cast.season, KINDS["week"], NOW.date())
    assert found.title_days == "2026年12月7日至13日"
    assert [(str(line.company), line.received, line.closed, line.open, line.overdue) for line in found.lines] == [
        ("城源热力有限公司", 1, 1, 1, 1), ("None", 1, 0, 1, 0),
    ]  # fmt: skip
    response = client_as(cast.admin).get("/complaints/summary/sheet/?kind=week&day=2026-12-10")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).worksheets[0]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0][0] == "临岭县供热投诉周报"
    total = next(row for row in rows if "合计" in row)
    assert total[2:] == [0, 0, 0, 1, 0, 1, 0, 0, 2, 0, 2, 1, 2, 1]
    assert AuditEntry.objects.filter(action="导出投诉周报", note="2026年12月7日至13日").count() == 1


def test_the_pages(cast: Cast, winter: Any, client_as: Any) -> None:
    dispatched(cast)
    client = client_as(cast.admin)
    for address in ("indicators/", "hot-spots/", "summary/", "summary/?kind=week", "clusters/", "counting/"):
        assert client.get(f"/complaints/{address}").status_code == 200
    page = client.get("/complaints/indicators/").content.decode()
    assert "小区没有登记户数" in page
    assert "期内没有联系上诉求人的回访" in page
    assert "没有这一天" in client.get("/complaints/summary/?day=2026-02-31").content.decode()
    assert client.get("/complaints/summary/?kind=year").status_code == 404


def test_the_setting_is_made_on_its_page(cast: Cast, winter: Any, client_as: Any) -> None:
    given = {
        "categories": ["leak"], "causes": ["company"], "repeat_days": "7", "satisfied_weight": "1",
        "fairly_weight": "0.8", "least_households": "50", "cluster_households": "4", "false_alarms": "2",
        "room_floor_c": "18", "shut_minutes": "30", "height_m": "1.5", "calls_before_giving_up": "3",
    }  # fmt: skip
    client = client_as(cast.admin)
    assert client.post("/complaints/counting/", given | {"fairly_weight": "1.5"}).status_code == 422
    assert client.post("/complaints/counting/", given).status_code == 302
    assert (
        "计入类别：管线漏水；计入归因：企业责任；重复投诉不计入（7 天内"
        in client.get("/complaints/indicators/").content.decode()
    )


def test_a_notice_is_edited_sent_and_kept(cast: Cast, winter: Any, client_as: Any) -> None:
    from complaints.models import ClusterNotice
    from notifications.models import Message

    for n in range(5):
        registered(cast, **numbered(n), category="low_temperature", stated_temperature_c=Decimal(14 + n % 2))
    (cluster,) = check(cast.county.pk)
    client = client_as(cast.hotline)
    page = client.get(cluster.get_absolute_url()).content.decode()
    assert "14.0–15.0 ℃（5 户）" in page
    form = client.get(f"{cluster.get_absolute_url()}notice/").content.decode()
    assert "幸福小区 2026-12-10 10:00 至 2026-12-10 10:00 已有 5 户投诉（温度不达标 5 件）" in form
    assert client.post(f"{cluster.get_absolute_url()}notice/", {"text": " "}).status_code == 422
    client.post(f"{cluster.get_absolute_url()}notice/", {"text": "请立即到场"})
    notice = ClusterNotice.objects.get()
    told = {cast.chengyuan_admin, cast.admin, cast.township_officer}
    assert (notice.text, notice.sent_by, set(notice.recipients.all())) == ("请立即到场", cast.hotline, told)
    messages = Message.objects.filter(key=f"cluster:{cluster.pk}:notice:{notice.pk}")
    assert {message.recipient for message in messages} == told
    assert AuditEntry.objects.filter(action="发送紧急通报", target_id=cluster.pk).count() == 1
    admins = client_as(cast.admin).get(cluster.get_absolute_url()).content.decode()
    assert f"/hazards/new/?from=cluster-{cluster.pk}" in admins
    assert client_as(cast.leader).post(f"{cluster.get_absolute_url()}notice/", {"text": "x"}).status_code == 403


def test_a_day_is_a_day_of_shanghai(cast: Cast) -> None:
    period = days(cast.season, dt.date(2026, 12, 10), 1)
    assert (period.start, period.end) == (
        dt.datetime(2026, 12, 9, 16, tzinfo=dt.UTC), dt.datetime(2026, 12, 10, 16, tzinfo=dt.UTC),
    )  # fmt: skip
