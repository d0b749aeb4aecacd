"""The limits of complaints go through the same sweep and ladder: being there, reporting, calling back."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from complaints import workflow
from complaints.models import Order
from complaints.services import edit
from notifications.models import Message
from notifications.outbox import deliver
from supervision.kinds import kind_of
from supervision.models import Escalation, Policy
from supervision.selectors import ladder_of
from supervision.sweep import sweep
from tests.cast import Cast
from tests.orders import dispatched, handled, registered, reported, solve, unsolved

pytestmark = pytest.mark.django_db
CST = dt.timezone(dt.timedelta(hours=8))


@pytest.fixture
def at() -> Iterator[Any]:
    """`at(21, 14)`: it is that hour in Shanghai, of November 2026; the 20th, a Friday, at 10:00 to begin with."""
    with time_machine.travel(dt.datetime(2026, 11, 20, 10, tzinfo=CST), tick=False) as traveller:

        def move(day: int, hour: int = 10, minute: int = 0) -> dt.datetime:
            moment = dt.datetime(2026, 11, day, hour, minute, tzinfo=CST)
            traveller.move_to(moment)
            return moment

        yield move


def found(kind: str, now: dt.datetime) -> dict[str, int]:
    new = sweep(now.date()).new[kind]
    deliver()
    return dict(new)


def told(*, of: str = "") -> dict[str, set[str]]:
    """Message → who has got it since this was asked last; only what contains `of`."""
    messages = Message.objects.filter(read_at__isnull=True, subject__contains=of)
    new: dict[str, set[str]] = {}
    for each in messages.select_related("recipient"):
        new.setdefault(each.subject, set()).add(each.recipient.username)
    Message.objects.update(read_at=dt.datetime.now(dt.UTC))
    return new


def company(cast: Cast) -> set[str]:
    return {cast.chengyuan_admin.username, cast.chengyuan_clerk.username}


def bureau(cast: Cast) -> set[str]:
    return {cast.admin.username, cast.inspector.username, cast.inspector_2.username}


class TestDispatch:
    KIND = "complaint_dispatch"

    def test_what_lies_at_the_desk_is_told_and_goes_up(self, cast: Cast, at: Any) -> None:
        order = registered(cast, category="stopped")
        deliver()
        told()
        assert found(self.KIND, at(20, 11, 59)) == {}
        assert found(self.KIND, at(20, 12)) == {"remind-0h": 1}
        assert told() == {"TS-2026-00001 派单 11月20日 12:00 到期": {cast.hotline.username}}
        assert found(self.KIND, at(20, 14)) == {"urge-2h": 1}
        assert told() == {"TS-2026-00001 派单 逾期 2 小时，请立即派单": {cast.hotline.username} | bureau(cast)}
        workflow.dispatch(order, by=cast.hotline, company=cast.chengyuan)
        assert found(self.KIND, at(22)) == {}

    def test_of_danger_the_bureau_learns_at_the_limit(self, cast: Cast, at: Any) -> None:
        registered(cast, urgency="danger")
        assert found(self.KIND, at(20, 11)) == {"remind-0h": 1}
        assert told() == {"TS-2026-00001 派单 11月20日 11:00 到期": {cast.hotline.username} | bureau(cast)}

    def test_one_that_has_bounced_keeps_the_limits_it_has(self, cast: Cast, at: Any) -> None:
        workflow.send_back(dispatched(cast), by=cast.chengyuan_admin, reason="不是我们的")
        assert found(self.KIND, at(24)) == {}


class TestHandling:
    KIND = "complaint"

    def test_before_at_and_after_the_limit(self, cast: Cast, at: Any) -> None:
        order = dispatched(cast, category="late_heating")
        deliver()
        told()
        assert found(self.KIND, at(21, 5, 59)) == {}
        assert found(self.KIND, at(21, 6)) == {"remind-4h": 1}
        assert told() == {"TS-2026-00001 剩 4 小时，11月21日 10:00 到期": company(cast)}
        assert found(self.KIND, at(21, 6)) == {} and told() == {}
        assert found(self.KIND, at(21, 9, 59)) == {} and Order.objects.get().first_overdue_at is None
        due = at(21, 10)
        assert found(self.KIND, due) == {"remind-0h": 1}
        assert told() == {"TS-2026-00001 11月21日 10:00 到期": company(cast) | {cast.hotline.username}}
        assert Order.objects.get().first_overdue_at == order.due_at == due
        assert found(self.KIND, at(21, 14)) == {"urge-4h": 1}
        assert told() == {
            "TS-2026-00001 逾期 4 小时，请抓紧办理": {cast.chengyuan_admin.username, cast.hotline.username}
            | bureau(cast)
        }

    def test_three_missed_days_are_caught_up_and_the_highest_is_told(self, cast: Cast, at: Any) -> None:
        dispatched(cast, category="late_heating")
        deliver()
        told()
        assert found(self.KIND, at(24)) == {
            "talk-72h": 1,
            "notice-24h": 1,
            "urge-4h": 2,
            "remind-0h": 1,
            "remind-4h": 1,
        }
        assert set(told()) == {"TS-2026-00001 逾期 3 天，约谈待审批"}

    def test_back_at_the_desk_the_clock_runs_on_and_the_desk_is_told(self, cast: Cast, at: Any) -> None:
        order = handled(cast, category="late_heating")
        due = order.due_at
        at(21, 5)
        workflow.send_back(order, by=cast.chengyuan_admin, reason="由北苑供热站供热")
        deliver()
        told()
        assert found(self.KIND, at(21, 6)) == {"remind-4h": 1}
        assert told() == {"TS-2026-00001 剩 4 小时，11月21日 10:00 到期": {cast.hotline.username}}
        found(self.KIND, at(21, 14))
        assert told() == {"TS-2026-00001 逾期 4 小时，请抓紧办理": {cast.hotline.username} | bureau(cast)}
        at(21, 15)
        workflow.dispatch(order, by=cast.hotline, company=cast.beiyuan)
        assert order.due_at == due
        assert ladder_of(order).pause == ""

    def test_a_company_that_has_only_been_decided_on_hears_nothing(self, cast: Cast, at: Any) -> None:
        order = handled(cast, category="late_heating")
        workflow.send_back(order, by=cast.chengyuan_admin, reason="由北苑供热站供热")
        edit(order, by=cast.hotline, version=order.version, values={"company": cast.beiyuan})
        deliver()
        told()
        assert found(self.KIND, at(21, 6)) == {"remind-4h": 1}
        assert told() == {"TS-2026-00001 剩 4 小时，11月21日 10:00 到期": {cast.hotline.username}}
        found(self.KIND, at(21, 14))
        assert told() == {"TS-2026-00001 逾期 4 小时，请抓紧办理": {cast.hotline.username} | bureau(cast)}

    def test_danger_has_shorter_steps_and_the_leader_learns_at_once(self, cast: Cast, at: Any) -> None:
        dispatched(cast, category="other", urgency="danger", content="阀门井无盖")
        deliver()
        told()
        assert found(self.KIND, at(20, 11)) == {"remind-1h": 1}
        assert told(of="00001 剩") == {
            "TS-2026-00001 剩 1 小时，11月20日 12:00 到期": company(cast) | {cast.hotline.username}
        }
        assert found(self.KIND, at(20, 12)) == {"remind-0h": 1}
        everybody = company(cast) | {cast.hotline.username} | bureau(cast)
        assert told(of="00001 11月") == {"TS-2026-00001 11月20日 12:00 到期": everybody}
        assert found(self.KIND, at(20, 13)) == {"urge-1h": 1}
        assert found(self.KIND, at(20, 15)) == {"urge-1h": 1}, "again, every two hours"
        assert found(self.KIND, at(20, 16)) == {"notice-4h": 1}

    def test_a_category_may_have_a_ladder_of_its_own_and_danger_goes_before_it(self, cast: Cast, at: Any) -> None:
        Policy.objects.create(kind=self.KIND, grade="", urgency="late_heating")
        dispatched(cast, category="late_heating")
        order = dispatched(cast, category="late_heating", urgency="danger")
        assert found(self.KIND, at(20, 12)) == {"remind-0h": 1, "remind-1h": 1}
        assert set(Escalation.objects.filter(kind=self.KIND).values_list("item_id", flat=True)) == {order.pk}

    def test_reporting_and_settling_end_it(self, cast: Cast, at: Any) -> None:
        reported(cast)
        workflow.invalidate(dispatched(cast), by=cast.hotline, reason="重复")
        registered(cast)
        assert found(self.KIND, at(30)) == {}

    def test_done_again_is_a_new_round_with_a_ladder_of_its_own(self, cast: Cast, at: Any) -> None:
        order = dispatched(cast, category="late_heating")
        found(self.KIND, at(21, 14))
        workflow.sign(order, by=cast.chengyuan_admin)
        workflow.visit(order, by=cast.chengyuan_admin, visited_at=at(21, 15), visitor="赵师傅", found="已查看")
        workflow.report(order, by=cast.chengyuan_admin, result="已处理", cause="company")
        unsolved(order, by=cast.hotline)
        workflow.redo(order, by=cast.hotline, reason="仍然不热")
        assert found(self.KIND, at(22, 10)) == {}
        assert found(self.KIND, at(22, 19)) == {"urge-4h": 1, "remind-0h": 1, "remind-4h": 1}
        assert Escalation.objects.filter(round=2).count() == 3
        assert ladder_of(order).earlier == [(dt.datetime(2026, 11, 21, 10, tzinfo=CST), "催办")]


class TestVisit:
    KIND = "complaint_visit"

    def test_told_until_somebody_has_been_there(self, cast: Cast, at: Any) -> None:
        order = handled(cast, category="leak")
        deliver()
        told()
        assert found(self.KIND, at(20, 11)) == {"remind-1h": 1}
        assert told() == {"TS-2026-00001 到场 剩 1 小时，11月20日 12:00 到期": company(cast)}
        assert found(self.KIND, at(20, 13)) == {"urge-1h": 1, "remind-0h": 1}
        assert set(told()) == {"TS-2026-00001 到场 逾期 1 小时，请立即到场"}
        workflow.visit(order, by=cast.chengyuan_admin, visited_at=at(20, 13), visitor="赵师傅", found="法兰滴漏")
        assert found(self.KIND, at(21)) == {}

    def test_what_nobody_has_to_go_and_see_has_no_such_limit(self, cast: Cast, at: Any) -> None:
        dispatched(cast, category="attitude")
        assert found(self.KIND, at(25)) == {}


class TestCallback:
    KIND = "complaint_callback"

    def test_the_desk_is_told_and_late_the_bureau(self, cast: Cast, at: Any) -> None:
        order = reported(cast)
        assert order.callback_due_at == dt.datetime(2026, 11, 25, 0, tzinfo=CST)  # the end of Tuesday
        deliver()
        told()
        assert found(self.KIND, at(24, 10)) == {"remind-14h": 1}
        assert told() == {"TS-2026-00001 回访 剩 14 小时，11月25日 00:00 到期": {cast.hotline.username}}
        assert found(self.KIND, at(25, 9)) == {"urge-9h": 1, "remind-0h": 1}
        assert told() == {"TS-2026-00001 回访 逾期 9 小时，请尽快回访": {cast.hotline.username} | bureau(cast)}
        solve(order, by=cast.hotline)
        assert found(self.KIND, at(26, 9)) == {}

    def test_where_there_is_no_desk_the_bureau_does_its_work(self, cast: Cast, at: Any) -> None:
        reported(cast)
        deliver()
        told()
        User.objects.filter(pk=cast.hotline.pk).update(is_active=False)
        found(self.KIND, at(24, 10))
        assert set().union(*told().values()) == bureau(cast)


class TestLadder:
    def test_an_order_shows_the_limit_that_comes_first_of_those_that_run(self, cast: Cast, at: Any) -> None:
        order = registered(cast, category="leak")
        assert (kind_of(order).name, ladder_of(order).pause) == ("complaint_dispatch", "")
        workflow.dispatch(order, by=cast.hotline, company=cast.chengyuan)
        assert kind_of(order).name == "complaint_visit"
        labels = [step.label for step in ladder_of(order).steps]
        assert labels[:3] == ["提醒（到期前 1 小时）", "到场时限", "提醒（到期时）"]
        workflow.sign(order, by=cast.chengyuan_admin)
        workflow.visit(order, by=cast.chengyuan_admin, visited_at=at(20, 11), visitor="赵师傅", found="法兰滴漏")
        assert kind_of(order).name == "complaint"
        workflow.report(order, by=cast.chengyuan_admin, result="已更换垫片", cause="company")
        assert kind_of(order).name == "complaint_callback"
        solve(order, by=cast.hotline)
        assert ladder_of(order).pause == "现在是“已办结”，办理时限不再提醒和督办。"

    def test_each_has_its_own_address(self, cast: Cast, at: Any, client: Any) -> None:
        order = dispatched(cast, category="leak")
        call_command("sweep", "--json")
        client.force_login(cast.hotline)
        for kind, label in (("complaint", "办理时限"), ("complaint_visit", "到场时限")):
            assert label in client.get(f"/supervision/ladder/{kind}/{order.pk}/").content.decode()
        page = client.get(f"/supervision/ladder/complaint_callback/{order.pk}/").content.decode()
        assert "回访时限从反馈起算" in page
        client.force_login(cast.beiyuan_clerk)
        assert client.get(f"/supervision/ladder/complaint/{order.pk}/").status_code == 404

    def test_the_list_and_the_rules_name_them(self, cast: Cast, at: Any, client: Any) -> None:
        dispatched(cast, category="leak")
        found("complaint_visit", at(20, 13))
        client.force_login(cast.admin)
        page = client.get("/supervision/").content.decode()
        assert "TS-2026-00001 到场" in page and "管线漏水 幸福小区3号楼2单元501室" in page
        rules = client.get("/supervision/policy/").content.decode()
        assert "先看紧急程度、再看诉求类别" in rules and "危及安全" in rules and "热线坐席" in rules


# PostgreSQL reads a small table from end to end.
@pytest.mark.either_database
@pytest.mark.parametrize(
    ("condition", "field", "index"),
    [
        ("handling_limit_runs", "due_at", "order_handling_sweep"),
        ("dispatch_limit_runs", "dispatch_due_at", "order_dispatch_sweep"),
        ("visit_limit_runs", "visit_due_at", "order_visit_sweep"),
        ("callback_limit_runs", "callback_due_at", "order_callback_sweep"),
    ],
)
def test_an_index_finds_what_is_late(condition: str, field: str, index: str, cast: Cast) -> None:
    late = getattr(Order.objects, condition)().filter(**{f"{field}__lte": dt.datetime.now(dt.UTC)})
    assert index in late.explain()


def test_as_many_queries_for_one_order_as_for_many(cast: Cast, at: Any) -> None:
    dispatched(cast, category="late_heating")
    now = at(22)
    with CaptureQueriesContext(connection) as for_one:
        sweep(now.date())
    at(20)
    for _ in range(5):
        dispatched(cast, category="late_heating")
    now = at(22)
    with CaptureQueriesContext(connection) as for_many:
        assert sweep(now.date()).new["complaint"]["urge-4h"] == 5
    assert len(for_many) <= len(for_one)
