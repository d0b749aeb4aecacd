"""Coal's deadlines: milestones, daily reports and the least cover go through the same sweep and ladder."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from coal.bookkeeping import count, record_movement, reverse
from coal.enums import MovementKind
from coal.models import CoverGap, MilestoneDuty, ReportDuty, Target, Yard
from facilities.models import Season
from notifications.models import Message
from notifications.outbox import deliver
from supervision.models import Escalation
from supervision.selectors import ladder_of
from supervision.sweep import sweep
from tests.cast import Cast
from tests.coal_factories import make_estimate, make_target
from tests.factories import DailyReportFactory, UnitFactory, YardFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def at() -> Iterator[Any]:
    """`at(11, 26, 10)`: it is that hour in Shanghai, in 2026."""
    with time_machine.travel(dt.datetime(2026, 6, 1, tzinfo=dt.UTC), tick=False) as traveller:

        def move(month: int, day: int, hour: int = 12) -> dt.date:
            local = dt.datetime(2026, month, day, hour, tzinfo=dt.timezone(dt.timedelta(hours=8)))
            traveller.move_to(local)
            return local.date()

        yield move


@pytest.fixture
def yard(cast: Cast, at: Any) -> Yard:
    """1 000 t since before the summer."""
    at(3, 11)
    yard = YardFactory(company=cast.chengyuan, name="东厂煤场", capacity_t=Decimal(90_000))
    count(yard, by=cast.chengyuan_admin, day=dt.date(2026, 3, 10), quantity_t=Decimal(1_000))
    return yard


@pytest.fixture
def target(cast: Cast, yard: Yard) -> Target:
    """10 000 t, 4 000 t of them by the end of August."""
    estimate = make_estimate(company=cast.chengyuan, season=cast.season, by=cast.chengyuan_admin)
    return make_target(estimate, status="approved", quantity_t=Decimal(10_000))


def found(kind: str, day: dt.date) -> dict[str, int]:
    new = sweep(day).new[kind]
    deliver()
    return dict(new)


def told() -> set[tuple[str, str]]:
    """Who has got which message since this was asked last."""
    messages = Message.objects.filter(read_at__isnull=True)
    new = {(each.recipient.username, each.subject) for each in messages.select_related("recipient")}
    messages.update(read_at=dt.datetime.now(dt.UTC))
    return new


def arrive(yard: Yard, cast: Cast, day: dt.date, tonnes: int) -> Any:
    return record_movement(
        yard, by=cast.chengyuan_admin, day=day, kind=MovementKind.ARRIVAL, quantity_t=Decimal(tonnes)
    )  # fmt: skip


class TestMilestone:
    KIND = "coal_milestone"

    def test_the_usual_ladder_until_it_is_reached(self, cast: Cast, target: Target, yard: Yard, at: Any) -> None:
        assert found(self.KIND, at(8, 23)) == {}
        assert found(self.KIND, at(8, 24)) == {"remind-7": 1}
        assert told() == {(who, "城源热力 到货节点 距时限还有 7 天") for who in ("cy_admin", "cy_clerk")}
        assert found(self.KIND, at(8, 24)) == {} and told() == set()
        assert found(self.KIND, at(8, 31)) == {"remind-3": 1}
        told()
        assert found(self.KIND, at(9, 1)) == {"urge": 1}
        assert {text for _, text in told()} == {"城源热力 到货节点 逾期 1 天，请抓紧落实"}
        duty = MilestoneDuty.objects.get()
        assert duty.standing == "应到货 4\u00a0000 t（40%），已有 1\u00a0000 t，还差 3\u00a0000 t"
        assert [step.label for step in ladder_of(duty).steps][:4] == [
            "提醒（到期前 7 天）", "提醒（到期前 3 天）", "节点日期", "催办（逾期 1 天）",
        ]  # fmt: skip
        arrive(yard, cast, dt.date(2026, 9, 1), 3_000)
        assert found(self.KIND, at(9, 4)) == {}
        duty.refresh_from_db()
        assert duty.reached_on == dt.date(2026, 9, 1)

    def test_three_missed_days_are_caught_up_in_one(self, target: Target, at: Any) -> None:
        found(self.KIND, at(8, 29))
        told()
        assert found(self.KIND, at(9, 3)) == {"notice": 1, "urge": 1}
        assert {text for _, text in told()} == {"城源热力 到货节点 逾期 3 天，督办单待审批"}

    def test_what_was_reached_and_is_no_longer_is_a_new_round(
        self, cast: Cast, target: Target, yard: Yard, at: Any
    ) -> None:
        arrival = arrive(yard, cast, at(8, 20), 3_000)
        assert found(self.KIND, at(9, 2)) == {}
        reverse(arrival, by=cast.chengyuan_admin, reason="重复登记")
        assert found(self.KIND, at(9, 2)) == {"urge": 1, "remind-3": 1, "remind-7": 1}
        assert {text for _, text in told()} == {"城源热力 到货节点 逾期 2 天，请抓紧落实"}
        assert set(Escalation.objects.filter(kind=self.KIND).values_list("round", flat=True)) == {2}
        assert found(self.KIND, at(9, 2)) == {}

    def test_a_further_revision_goes_on_with_the_ladder(self, cast: Cast, target: Target, at: Any) -> None:
        found(self.KIND, at(9, 1))
        estimate = target.estimate
        Target.objects.filter(pk=target.pk).update(status="superseded")
        make_target(estimate, status="approved", revision=2, quantity_t=Decimal(12_000))
        told()
        assert found(self.KIND, at(9, 1)) == {} and told() == set()
        duty = MilestoneDuty.objects.get()
        assert (duty.round, duty.standing) == (1, "应到货 4\u00a0800 t（40%），已有 1\u00a0000 t，还差 3\u00a0800 t")

    def test_long_past_when_the_target_was_approved_nobody_is_told(self, target: Target, at: Any) -> None:
        assert found(self.KIND, at(9, 10))["talk"] == 1
        assert told() == set()
        assert found(self.KIND, at(9, 15)) == {"circular": 1}


class TestReport:
    KIND = "coal_report"

    @pytest.fixture(autouse=True)
    def _book(self, yard: Yard) -> None:
        """城源热力 owes its reports from the trial run, 31 October, on."""

    def test_reminded_at_ten_and_the_next_morning_the_bureaus(self, cast: Cast, at: Any) -> None:
        assert found(self.KIND, at(11, 1, 9)) == {}
        assert found(self.KIND, at(11, 1, 10)) == {"remind": 1}
        assert told() == {(who, "城源热力 2026-10-31 煤炭日报 11月1日 10:00 到期") for who in ("cy_admin", "cy_clerk")}
        assert found(self.KIND, at(11, 1, 11)) == {}
        assert found(self.KIND, at(11, 2, 8)) == {"urge": 1}
        late = {who for who, text in told() if text == "城源热力 2026-10-31 煤炭日报 逾期 22 小时，请立即补报"}
        assert late == {"cy_admin"} | {
            user.username for user in (cast.admin, cast.inspector, cast.inspector_2, cast.development_officer)
        }

    def test_filing_stops_it_at_once(self, cast: Cast, at: Any) -> None:
        found(self.KIND, at(11, 1, 10))
        duty = ReportDuty.objects.get()
        DailyReportFactory(company=cast.chengyuan, day=duty.day, filed_by=cast.chengyuan_admin)
        assert not ReportDuty.objects.watched().exists()
        assert ladder_of(duty).pause == "已经报送，不提醒也不督办。"
        assert found(self.KIND, at(11, 2, 9)) == {}
        duty.refresh_from_db()
        assert duty.is_filed

    def test_three_missed_days_are_caught_up(self, at: Any) -> None:
        found(self.KIND, at(11, 1, 11))
        assert found(self.KIND, at(11, 4, 11)) == {"urge": 3, "remind": 3}
        assert ReportDuty.objects.count() == 4

    def test_of_what_is_long_past_nobody_is_told(self, at: Any) -> None:
        found(self.KIND, at(11, 20, 11))
        assert ReportDuty.objects.count() == 20
        days = Escalation.objects.filter(kind=self.KIND, announced=True).values_list("due_on", flat=True)
        assert min(days) == dt.date(2026, 11, 13)

    def test_as_many_queries_for_one_company_as_for_many(self, cast: Cast, at: Any) -> None:
        day = at(11, 3, 11)
        with CaptureQueriesContext(connection) as for_one:
            sweep(day)
        for number in range(5):
            yard = YardFactory(company=UnitFactory(region=cast.county, name=f"{number}号热力"))
            count(yard, by=cast.chengyuan_admin, day=dt.date(2026, 11, 1), quantity_t=Decimal(90_000))
        with CaptureQueriesContext(connection) as for_many:
            sweep(day)
        assert ReportDuty.objects.count() == 3 + 2 * 5
        assert len(for_many) <= len(for_one)


class TestCover:
    KIND = "coal_cover"

    @pytest.fixture(autouse=True)
    def _burning(self, cast: Cast, target: Target, yard: Yard, at: Any) -> None:
        """100 t a day since 15 November of 2 000 t; the county asks for 15 days."""
        count(yard, by=cast.chengyuan_admin, day=at(11, 14), quantity_t=Decimal(2_000))
        for number in range(15, 21):
            record_movement(
                yard, by=cast.chengyuan_admin, day=at(11, number), kind=MovementKind.USE, quantity_t=Decimal(100)
            )

    def test_told_at_once_and_over_when_there_is_coal_again(self, cast: Cast, yard: Yard, at: Any) -> None:
        assert found(self.KIND, at(11, 21)) == {"remind": 1}
        gap = CoverGap.objects.get()
        assert gap.standing == "可用 14 天（平均日 100 t，近 6 天平均耗用），应不少于 15 天；存煤 1\u00a0400 t"
        people = {who for who, text in told() if text == "城源热力 补足存煤 距时限还有 3 天"}
        assert len(people) == 6 and cast.development_officer.username in people
        assert found(self.KIND, at(11, 21)) == {}
        for number in range(21, 25):
            record_movement(
                yard, by=cast.chengyuan_admin, day=at(11, number), kind=MovementKind.USE, quantity_t=Decimal(100)
            )
        assert found(self.KIND, at(11, 25)) == {"urge": 1}
        arrive(yard, cast, dt.date(2026, 11, 25), 5_000)
        assert found(self.KIND, at(11, 26)) == {}
        gap.refresh_from_db()
        assert gap.ended_on == dt.date(2026, 11, 26)

    def test_it_is_not_over_because_use_is_not_entered(self, cast: Cast, yard: Yard, at: Any) -> None:
        """1 400 t at 100 t a day: what is not entered makes neither the days more nor the gap smaller."""
        assert found(self.KIND, at(11, 21)) == {"remind": 1}
        gap = CoverGap.objects.get()
        for number in (23, 25, 28):
            found(self.KIND, at(11, number))
            gap.refresh_from_db()
            assert gap.ended_on is None
        # 1 700 t: 17 days by the 20th alone, but 10 if the days since burnt as much.
        arrive(yard, cast, at(11, 27), 300)
        found(self.KIND, at(11, 27))
        gap.refresh_from_db()
        assert (gap.ended_on, "可用 17 天" in gap.standing, "缺 6 天耗用" in gap.standing) == (None, True, True)
        for number in range(21, 27):
            record_movement(
                yard,
                by=cast.chengyuan_admin,
                day=dt.date(2026, 11, number),
                kind=MovementKind.USE,
                quantity_t=Decimal(25),
            )
        found(self.KIND, at(11, 27))
        gap.refresh_from_db()
        assert gap.ended_on == dt.date(2026, 11, 27)

    def test_enough_is_enough(self, cast: Cast, yard: Yard, at: Any) -> None:
        arrive(yard, cast, at(11, 20), 100)
        assert found(self.KIND, at(11, 21)) == {} and not CoverGap.objects.exists()

    def test_never_for_longer_than_heating_still_lasts(self, cast: Cast, at: Any) -> None:
        """14 days of coal: enough for the last 10 days of heating and for the last 14, not for the last 15."""
        day = at(11, 21)
        for last, gaps in ((day + dt.timedelta(9), 0), (day + dt.timedelta(13), 0), (day + dt.timedelta(14), 1)):
            Season.objects.filter(pk=cast.season.pk).update(heating_end_on=last)
            found(self.KIND, day)
            assert CoverGap.objects.count() == gaps

    def test_a_look_back_or_ahead_is_judged_by_todays_book(self, at: Any) -> None:
        day = at(11, 21)
        sweep(day)
        sweep(day - dt.timedelta(days=20))
        assert CoverGap.objects.get().ended_on is None
        assert found(self.KIND, day + dt.timedelta(days=5)) == {"notice": 1, "urge": 1}

    def test_a_further_gap_is_one_of_its_own(self, cast: Cast, yard: Yard, at: Any) -> None:
        found(self.KIND, at(11, 21))
        arrival = arrive(yard, cast, dt.date(2026, 11, 21), 5_000)
        record_movement(
            yard, by=cast.chengyuan_admin, day=dt.date(2026, 11, 21), kind=MovementKind.USE, quantity_t=Decimal(100)
        )
        found(self.KIND, at(11, 22))
        reverse(arrival, by=cast.chengyuan_admin, reason="登记错误")
        assert found(self.KIND, at(11, 22)) == {"remind": 1}
        assert CoverGap.objects.count() == 2


class TestPages:
    @pytest.mark.usefixtures("target", "yard")
    def test_the_lists_can_be_narrowed_to_a_kind(self, cast: Cast, at: Any, client: Any) -> None:
        """Two reports are owed; the milestone has come far enough for a proposal."""
        for month, day in ((8, 24), (9, 3), (11, 2)):
            sweep(at(month, day))
        client.force_login(cast.admin)

        def listed(page: str, **query: str) -> list[str]:
            table = client.get(page, query).context["table"]
            return sorted(record.kind for record in table.page.object_list)

        assert listed("/supervision/") == ["coal_milestone", "coal_report", "coal_report"]
        assert listed("/supervision/", kind="coal_report") == ["coal_report"] * 2
        assert listed("/supervision/", kind="hazard") == []
        assert "没有“x”这个选项" in client.get("/supervision/", {"kind": "x"}).content.decode()
        assert listed("/supervision/proposals/", kind="coal_milestone") == ["coal_milestone"]
        assert listed("/supervision/proposals/") == ["coal_milestone"]
        assert listed("/supervision/proposals/", kind="coal_cover") == []

    def test_each_leads_to_a_page_with_its_ladder(
        self, cast: Cast, target: Target, yard: Yard, at: Any, client: Any
    ) -> None:
        day = at(11, 20)
        call_command("sweep", "--json")
        client.force_login(cast.development_officer)
        page = client.get("/supervision/").content.decode()
        for item, kind in ((MilestoneDuty.objects.get(), "coal_milestone"), (ReportDuty.objects.first(), "coal_report"),
                           (CoverGap.objects.get(), "coal_cover")):  # fmt: skip
            assert item is not None
            html = client.get(item.get_absolute_url()).content.decode()
            assert f"/supervision/ladder/{kind}/{item.pk}/" in html
            assert client.get(f"/supervision/ladder/{kind}/{item.pk}/").status_code == 200
            assert item.get_absolute_url() in page or kind == "coal_report"
            client.force_login(cast.beiyuan_clerk)
            assert client.get(item.get_absolute_url()).status_code == 404
            assert client.get(f"/supervision/ladder/{kind}/{item.pk}/").status_code == 404
            client.force_login(cast.development_officer)
        assert client.get(f"/coal/reports/company/{cast.chengyuan.pk}/{day}/").status_code == 404
        assert client.get(f"/coal/reports/company/{cast.chengyuan.pk}/2026-13-01/").status_code == 404
