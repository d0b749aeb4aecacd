"""What moves, services and looks at callers refuse, word for word: each of these guards has its own case."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from accounts import roles
from accounts.models import User
from common.concurrency import Stale
from common.moves import MoveRefused
from complaints import services, workflow
from complaints.callers import may_see_caller
from complaints.enums import ExtensionStatus, OrderStatus
from complaints.models import Order, OrderExtension
from complaints.moves import MOVES, moves_for
from tests.cast import Cast
from tests.factories import UserFactory
from tests.integration.complaints.test_workflow import NOW, VISIT, at, refusal
from tests.orders import advanced, dispatched, handled, registered, reported, unsolved, visited

S = OrderStatus
pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]


class TestWho:
    def test_nobody_without_a_unit(self, cast: Cast) -> None:
        order = dispatched(cast)
        cast.hotline.unit = cast.chengyuan_admin.unit = None
        assert moves_for(cast.hotline, order) == moves_for(cast.chengyuan_admin, order) == []
        assert not may_see_caller(cast.hotline, order)

    def test_a_superuser_all_that_the_state_allows(self, cast: Cast) -> None:
        root = UserFactory(unit=None, is_superuser=True)
        order = dispatched(cast)
        assert {move.code for move in moves_for(root, order)} == {
            code for code, move in MOVES.items() if S.DISPATCHED in move.sources
        } - {"decide_extension", "call_back"}
        assert may_see_caller(root, order)

    def test_who_may_not_is_told_whose_it_is(self, cast: Cast) -> None:
        order = dispatched(cast)
        with pytest.raises(PermissionDenied, match="派单须由热线坐席或住建局有相应权限的人员办理"):
            workflow.dispatch(order, by=cast.chengyuan_admin, company=cast.beiyuan)
        with pytest.raises(PermissionDenied, match="审批延期须由住建局有相应权限的人员办理"):
            workflow.decide_extension(order, by=cast.hotline, approve=True, opinion="同意")

    def test_an_extension_is_the_bureaus_whoever_has_the_permission(self, cast: Cast) -> None:
        order = dispatched(cast)
        workflow.request_extension(order, by=cast.chengyuan_admin, new_due_at=at(9, day=12), reason="等配件")
        cast.chengyuan_clerk.groups.add(Group.objects.get(name=roles.INSPECTOR))
        clerk = User.objects.get(pk=cast.chengyuan_clerk.pk)
        assert clerk.has_perm("complaints.decide_order_extension")
        with pytest.raises(PermissionDenied, match="审批延期须由住建局有相应权限的人员办理"):
            workflow.decide_extension(order, by=clerk, approve=True, opinion="同意")

    def test_one_request_at_a_time_is_offered_and_one_to_decide(self, cast: Cast) -> None:
        order = dispatched(cast)

        def offered(user: Any) -> set[str]:
            return {move.code for move in moves_for(user, order)} & {"request_extension", "decide_extension"}

        assert (offered(cast.chengyuan_admin), offered(cast.admin)) == ({"request_extension"}, set())
        workflow.request_extension(order, by=cast.chengyuan_admin, new_due_at=at(9, day=12), reason="等配件")
        assert (offered(cast.chengyuan_admin), offered(cast.admin)) == (set(), {"decide_extension"})

    def test_what_is_withdrawn_is_neither_withdrawn_nor_done_again(self, cast: Cast) -> None:
        order = reported(cast)
        workflow.withdraw(order, by=cast.hotline, reason="平台撤件")
        assert moves_for(cast.hotline, order) == []
        assert refusal("withdraw", order, cast.hotline, reason="平台撤件") == [f"{order.number} 已经撤件"]

    def test_in_another_state_it_says_in_which(self, cast: Cast) -> None:
        assert refusal("sign", handled(cast), cast.chengyuan_admin) == [
            "TS-2026-00001 现在是“办理中”，只有待签收的工单才能签收"
        ]

    def test_callers_are_for_who_handles_it(self, cast: Cast) -> None:
        order = dispatched(cast)
        assert not may_see_caller(cast.beiyuan_admin, order)
        # One of the company who has none of its roles.
        assert not may_see_caller(UserFactory(unit=cast.chengyuan), order)
        workflow.send_back(order, by=cast.chengyuan_admin, reason="不是我们的")
        assert not may_see_caller(cast.chengyuan_admin, order)


class TestReasons:
    @pytest.mark.parametrize(
        ("move", "status", "arguments", "said"),
        [
            ("send_back", S.DISPATCHED, {"reason": " "}, "请写明退单理由，例如“该小区由某企业供热”"),
            ("redo", S.REPORTED, {"reason": ""}, "请写明重办理由：诉求人说哪里没有解决"),
            ("withdraw", S.REPORTED, {"reason": ""}, "请写明撤件依据，例如平台的撤件通知"),
            ("invalidate", S.NEW, {"reason": ""}, "请写明理由，例如“不属于供热”“重复登记”"),
            ("reclassify", S.NEW, {"category": "leak", "urgency": "ordinary", "reason": ""}, "请写明调整理由"),
            ("reclassify", S.NEW, {"category": "attitude", "urgency": "ordinary", "reason": "x"},
             "类别和紧急程度都没有改"),
            ("report", S.HANDLING, {"result": "", "cause": "company"}, "请填写办理结果：做了什么，现在怎样"),
            ("report", S.HANDLING, {"result": "已处理", "cause": ""}, "请选择责任归因"),
            ("request_extension", S.DISPATCHED, {"new_due_at": at(9, day=12), "reason": ""}, "请填写延期理由"),
        ],
    )  # fmt: skip
    def test_are_demanded(self, cast: Cast, move: str, status: S, arguments: dict[str, Any], said: str) -> None:
        order = advanced(cast, status, company=cast.chengyuan)
        if move == "redo":
            unsolved(order, by=cast.hotline)
        by = cast.chengyuan_admin if MOVES[move].permission == "handle_order" else cast.hotline
        assert refusal(move, order, by, **arguments) == [said]


class TestDispatching:
    def test_only_to_who_can_see_to_it(self, cast: Cast) -> None:
        order = registered(cast)
        said = "不能承办投诉，请改为供热企业或物业等单位"
        assert refusal("dispatch", order, cast.hotline, company=cast.bureau) == [f"{cast.bureau.name} {said}"]
        cast.beiyuan.is_active = False
        assert refusal("dispatch", order, cast.hotline, company=cast.beiyuan) == [f"北苑供热站 {said}"]
        done = reported(cast)
        unsolved(done, by=cast.hotline)
        assert refusal("redo", done, cast.hotline, reason="没修好", company=cast.beiyuan) == [f"北苑供热站 {said}"]
        assert not done.past_rounds.exists()

    def test_not_without_what_was_said(self, cast: Cast) -> None:
        order = registered(cast, content=" ")
        assert refusal("dispatch", order, cast.hotline, company=cast.chengyuan) == ["没有诉求内容，请补填后再派单"]


class TestVisiting:
    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"visitor": ""}, "请填写入户人员姓名"),
            ({"found": " "}, "请填写现场情况"),
            ({"visited_at": NOW + dt.timedelta(minutes=1)}, "到场时间还没有到，请核对"),
            ({"visited_at": NOW - dt.timedelta(minutes=1)}, "到场时间早于受理时间 2026-08-03 10:00，请核对"),
            ({"visited_at": NOW - dt.timedelta(days=1)}, "到场时间早于受理时间 2026-08-03 10:00，请核对"),
            ({"place": ""}, "填写了实测室温，请选择测温房间"),
        ],
    )
    def test_what_cannot_be(self, cast: Cast, wrong: dict[str, Any], said: str) -> None:
        order = handled(cast)
        assert refusal("visit", order, cast.chengyuan_admin, **VISIT | wrong) == [said]
        assert not order.visits.exists()

    def test_before_the_dispatch_it_may_have_been_by_a_day_at_most(self, cast: Cast, summer: Any) -> None:
        order = registered(cast, received_at=NOW - dt.timedelta(hours=30, seconds=-30))
        workflow.dispatch(order, by=cast.hotline, company=cast.chengyuan)
        workflow.sign(order, by=cast.chengyuan_admin)
        early = VISIT | {"visited_at": NOW - dt.timedelta(hours=25)}
        assert refusal("visit", order, cast.chengyuan_admin, **early) == ["到场时间比派单早了一天以上，请核对"]
        workflow.visit(order, by=cast.chengyuan_admin, **VISIT | {"visited_at": NOW - dt.timedelta(hours=24)})
        assert order.visited_at == NOW - dt.timedelta(hours=24)

    def test_in_the_minute_of_the_call_it_is_not_before_it(self, cast: Cast) -> None:
        order = handled(cast, received_at=NOW - dt.timedelta(minutes=5, seconds=-30))
        workflow.visit(order, by=cast.chengyuan_admin, **VISIT | {"visited_at": NOW - dt.timedelta(minutes=5)})
        assert order.visited_at == NOW - dt.timedelta(minutes=5)

    def test_the_first_visit_and_the_first_contact_stay(self, cast: Cast, summer: Any) -> None:
        order = handled(cast, category="leak")
        workflow.visit(order, by=cast.chengyuan_admin, **VISIT)
        summer.shift(dt.timedelta(hours=5))
        workflow.visit(order, by=cast.chengyuan_admin, **VISIT | {"visited_at": timezone.now()})
        workflow.report(order, by=cast.chengyuan_admin, result="已修", cause="company")
        assert (order.visited_at, order.contacted_at) == (NOW, NOW)

    def test_whom_nobody_visited_was_in_touch_by_the_report(self, cast: Cast, summer: Any) -> None:
        order = handled(cast)
        summer.shift(dt.timedelta(hours=1))
        workflow.report(order, by=cast.chengyuan_admin, result="已致歉", cause="company")
        assert order.contacted_at == NOW + dt.timedelta(hours=1)


class TestCallingBack:
    def test_not_before_the_report_nor_in_the_future(self, cast: Cast, summer: Any) -> None:
        order = reported(cast)
        call = {"is_reached": True, "is_solved": True}
        early, late = NOW - dt.timedelta(minutes=1), NOW + dt.timedelta(minutes=1)
        assert refusal("call_back", order, cast.hotline, called_at=early, **call) == [
            "回访时间早于企业反馈（或隐患销号）的时间 2026-08-03 10:00，请核对"
        ]
        assert refusal("call_back", order, cast.hotline, called_at=late, **call) == ["回访时间还没有到，请核对"]
        assert not order.callbacks.exists()

    def test_who_was_not_reached_has_said_nothing(self, cast: Cast) -> None:
        order = reported(cast)
        workflow.call_back(
            order, by=cast.hotline, called_at=NOW, is_reached=False, is_solved=True, was_contacted=True,
            satisfaction="satisfied",
        )  # fmt: skip
        call = order.callbacks.get()
        assert (call.is_solved, call.was_contacted, call.satisfaction) == (None, None, "")


class TestExtensions:
    def asked(self, cast: Cast) -> Order:
        order = dispatched(cast)
        workflow.request_extension(order, by=cast.chengyuan_admin, new_due_at=at(9, day=12), reason="等配件")
        return order

    def test_before_the_limit_and_beyond_it(self, cast: Cast, summer: Any) -> None:
        order = dispatched(cast)
        asked = {"new_due_at": order.due_at, "reason": "等配件"}
        assert refusal("request_extension", order, cast.chengyuan_admin, **asked) == [
            "申请延至 2026-08-10 10:00，不晚于现在的时限 2026-08-10 10:00，请改为更晚的时间"
        ]
        summer.shift(dt.timedelta(days=7))
        assert refusal("request_extension", order, cast.chengyuan_admin, new_due_at=at(9, day=12), reason="x") == [
            "办理时限 2026-08-10 10:00 已过，不能再申请延期；请抓紧办理并反馈"
        ]

    def test_one_at_a_time(self, cast: Cast) -> None:
        order = self.asked(cast)
        asked = {"new_due_at": at(9, day=13), "reason": "还要等"}
        assert refusal("request_extension", order, cast.chengyuan_admin, **asked) == [workflow.EXTENSION_REQUESTED]

    def test_decided_with_an_opinion_while_it_makes_sense(self, cast: Cast, summer: Any) -> None:
        order = dispatched(cast)
        yes = {"approve": True, "opinion": "同意"}
        assert refusal("decide_extension", order, cast.admin, **yes) == ["TS-2026-00001 没有待审批的延期申请"]
        order = self.asked(cast)
        assert refusal("decide_extension", order, cast.admin, approve=True, opinion="") == ["请填写审批意见"]
        summer.shift(dt.timedelta(days=9))
        assert refusal("decide_extension", order, cast.admin, **yes) == [
            "申请延至的 2026-08-12 09:00 已经过去，请不同意这份申请"
        ]

    def test_decided_by_somebody_else_meanwhile(self, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
        order = self.asked(cast)
        problems = workflow.rules.missing

        def meanwhile(*args: Any) -> list[str]:
            OrderExtension.objects.update(status=ExtensionStatus.DENIED)
            return problems(*args)

        monkeypatch.setattr(workflow.rules, "missing", meanwhile)
        with pytest.raises(Stale):
            workflow.decide_extension(order, by=cast.admin, approve=True, opinion="同意")

    @pytest.mark.parametrize("move", ["send_back", "report", "reclassify", "merge", "invalidate", "withdraw"])
    def test_ended_with_what_makes_it_pointless(self, cast: Cast, move: str) -> None:
        order = self.asked(cast)
        workflow.sign(order, by=cast.chengyuan_admin)
        if move == "withdraw":
            workflow.visit(order, by=cast.chengyuan_admin, **VISIT)
        arguments: dict[str, Any] = {
            "report": {"result": "已处理", "cause": "company"},
            "reclassify": {"category": "fees", "urgency": "ordinary", "reason": "实为收费"},
            "merge": {"into": dispatched(cast)},
        }.get(move, {"reason": "另有原因"})
        by = cast.chengyuan_admin if MOVES[move].permission == "handle_order" else cast.hotline
        workflow.FUNCTIONS[move](order, by=by, **arguments)
        extension = order.extensions.get()
        assert (extension.status, extension.decided_by) == ("denied", by)


class TestWithdrawing:
    def test_only_what_somebody_has_seen_to(self, cast: Cast) -> None:
        order = handled(cast)
        assert refusal("withdraw", order, cast.hotline, reason="平台撤件") == [
            "还没有上门或反馈，不能撤件：撤件是办理后由平台正式撤回的"
        ]
        workflow.visit(order, by=cast.chengyuan_admin, **VISIT)
        workflow.withdraw(order, by=cast.hotline, reason="平台撤件")
        assert order.withdrawn_at == NOW

    def test_a_report_of_an_earlier_round_is_enough(self, cast: Cast) -> None:
        order = reported(cast)
        unsolved(order, by=cast.hotline)
        workflow.redo(order, by=cast.hotline, reason="没有解决")
        workflow.sign(order, by=cast.chengyuan_admin)
        workflow.withdraw(order, by=cast.hotline, reason="平台撤件")
        assert order.withdrawn_at == NOW

    def test_a_visit_of_who_has_sent_it_back_is_enough(self, cast: Cast) -> None:
        order = visited(cast)
        workflow.send_back(order, by=cast.chengyuan_admin, reason="不是我们的")
        workflow.dispatch(order, by=cast.hotline, company=cast.beiyuan)
        workflow.sign(order, by=cast.beiyuan_admin)
        workflow.withdraw(order, by=cast.hotline, reason="平台撤件")
        assert order.withdrawn_at == NOW


def test_what_is_withdrawn_later_was_closed_when_it_was(cast: Cast, summer: Any) -> None:
    order = advanced(cast, S.CLOSED)
    summer.shift(dt.timedelta(days=1))
    workflow.withdraw(order, by=cast.hotline, reason="平台撤件")
    assert (order.closed_at, order.withdrawn_at) == (NOW, NOW + dt.timedelta(days=1))


def test_who_moves_late_was_overdue_though_no_sweep_has_run(cast: Cast, summer: Any) -> None:
    order = handled(cast)
    due_at = order.due_at
    summer.shift(dt.timedelta(days=8))
    workflow.report(order, by=cast.chengyuan_admin, result="已处理", cause="company")
    assert order.first_overdue_at == due_at


class TestRegistering:
    def test_by_who_may(self, cast: Cast) -> None:
        facts = {"received_at": NOW, "category": "leak", "content": "漏水"}
        with pytest.raises(PermissionDenied, match="您没有登记投诉的权限"):
            services.register(by=cast.chengyuan_admin, season=cast.season, **facts)

    def test_at_a_time_within_the_season(self, cast: Cast) -> None:
        with pytest.raises(MoveRefused, match="受理时间 2026-08-04 还没有到，请核对"):
            registered(cast, received_at=NOW + dt.timedelta(days=1))
        with pytest.raises(MoveRefused, match="受理时间 2026-03-01 不在 2026-2027 采暖季"):
            registered(cast, received_at=dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
        assert not Order.objects.exists()


class TestCorrecting:
    def edit(self, order: Order, by: Any, **values: Any) -> Any:
        return services.edit(order, by=by, version=order.version, values=values)

    def test_by_the_desk_while_it_is_open(self, cast: Cast) -> None:
        order = dispatched(cast)
        with pytest.raises(PermissionDenied, match="您没有修改投诉内容的权限"):
            self.edit(order, cast.chengyuan_admin, content="另说")
        closed = advanced(cast, S.CLOSED)
        with pytest.raises(MoveRefused, match="现在是“已办结”，内容不能再修改"):
            self.edit(closed, cast.hotline, content="另说")

    def test_what_limits_hang_on_is_not_corrected(self, cast: Cast) -> None:
        order = dispatched(cast)
        assert self.edit(order, cast.hotline, category="leak", urgency="danger", company=cast.beiyuan) is None
        assert self.edit(order, cast.hotline, status="closed", number="X") is None
        assert self.edit(order, cast.hotline, content=order.content) is None
        fresh = Order.objects.get(pk=order.pk)
        assert (fresh.category, fresh.urgency, fresh.company) == ("attitude", "ordinary", cast.chengyuan)

    def test_on_what_was_seen(self, cast: Cast) -> None:
        order = registered(cast)
        seen = order.version
        self.edit(order, cast.hotline, content="先改")
        with pytest.raises(Stale):
            services.edit(order, by=cast.hotline, version=seen, values={"content": "后改"})

    def test_an_outside_number_once(self, cast: Cast) -> None:
        registered(cast, outside_number="A1")
        with pytest.raises(MoveRefused, match="来电 的工单 A1 已经登记过，编号 TS-2026-00001"):
            self.edit(registered(cast), cast.hotline, outside_number="A1")

    def test_another_community_is_in_its_own_township(self, cast: Cast) -> None:
        from tests.factories import CommunityFactory

        order = registered(cast)
        there = CommunityFactory(county=cast.county, township=cast.town_b, name="石桥小区")
        self.edit(order, cast.hotline, community=there)
        order.refresh_from_db()
        assert (order.township, order.community) == (cast.town_b, there)


def test_numbers_are_taken_within_the_registration(cast: Cast) -> None:
    """Another thread has a connection of its own, on which no transaction is open."""
    with ThreadPoolExecutor(1) as apart, pytest.raises(RuntimeError, match="in the transaction of the registration"):
        apart.submit(services.take_numbers, cast.season).result()
