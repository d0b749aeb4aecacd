"""Every move of an order: who may make it and from where, what it demands (word for word), what it records."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts import roles
from accounts.models import User
from audit.models import AuditEntry
from common.concurrency import Stale
from common.moves import MoveRefused
from complaints import workflow
from complaints.counting import set_counting
from complaints.enums import Cause, MeasuringPlace, OrderStatus
from complaints.models import Order
from complaints.moves import MOVES, moves_for
from complaints.services import edit, register
from complaints.views.detail import explained_limits
from complaints.wording import consequence
from complaints.workflow import FUNCTIONS
from notifications.models import Message
from tests.cast import Cast
from tests.integration.complaints.test_counting import values_of
from tests.orders import advanced, dispatched, handled, registered, reported, unsolved

S = OrderStatus
pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]
NOW = dt.datetime(2026, 8, 3, 2, 0, tzinfo=dt.UTC)

DESK = {roles.ADMIN, roles.INSPECTOR, roles.HOTLINE}
BUREAU = {roles.ADMIN, roles.INSPECTOR}
COMPANY = {roles.COMPANY_ADMIN, roles.COMPANY_CLERK}
UNDER_WAY = {S.DISPATCHED, S.HANDLING}
NOT_REPORTED = {S.NEW, S.ACCEPTED, *UNDER_WAY}
# Written by hand from what the county's rules ask for: move → (roles that may, states in which it is possible).
EXPECTED: dict[str, tuple[set[str], set[OrderStatus]]] = {
    "accept": (DESK, {S.NEW}),
    "dispatch": (DESK, {S.NEW, S.ACCEPTED}),
    "sign": (COMPANY, {S.DISPATCHED}),
    "send_back": (COMPANY, UNDER_WAY),
    "visit": (COMPANY, {S.HANDLING}),
    "report": (COMPANY, {S.HANDLING}),
    "request_extension": (COMPANY, UNDER_WAY),
    "decide_extension": (BUREAU, UNDER_WAY),
    "call_back": (DESK, {S.REPORTED, S.CLOSED}),
    "close": (DESK, {S.REPORTED}),
    "redo": (DESK, {S.REPORTED, S.CLOSED}),
    "reclassify": (DESK, NOT_REPORTED),
    "withdraw": (DESK, {S.HANDLING, S.REPORTED, S.CLOSED}),
    "merge": (DESK, NOT_REPORTED),
    "invalidate": (DESK, NOT_REPORTED),
}
VISIT = {
    "visited_at": NOW, "visitor": "赵师傅", "found": "阀门未全开", "temperature_c": Decimal("19.5"),
    "place": MeasuringPlace.BEDROOM, "shut_minutes": 30, "is_centre": True, "height_m": Decimal("1.5"),
    "device": "CW-07", "calibrated_until": dt.date(2027, 1, 1), "signed_by_visitor": True, "signed_by_user": True,
}  # fmt: skip


APART = "或打满 3 次（两次至少相隔 30 分钟）都没有联系上，才能办结"
NOBODY_SAYS_SO = "还没有回访说没有解决，请先记录回访，再选“重办”"


def refusal(move: str, order: Order, by: User, **arguments: Any) -> list[str]:
    """What a move is refused with; and that nothing was written."""
    before = (AuditEntry.objects.count(), Message.objects.count())
    with pytest.raises(MoveRefused) as caught, transaction.atomic():
        FUNCTIONS[move](order, by=by, **arguments)
    assert (AuditEntry.objects.count(), Message.objects.count()) == before
    assert Order.objects.get(pk=order.pk).version == order.version
    return caught.value.problems


def at(hour: int, minute: int = 0, day: int = 3) -> dt.datetime:
    """In Shanghai."""
    return timezone.make_aware(dt.datetime(2026, 8, day, hour, minute))


@pytest.mark.parametrize("move", EXPECTED)
def test_who_may_make_it_and_from_where(cast: Cast, move: str) -> None:
    possible: dict[OrderStatus, set[str]] = {}
    for status in S:
        order = advanced(cast, status, company=cast.chengyuan)
        clerk = {**cast.by_role, roles.COMPANY_CLERK: cast.chengyuan_clerk}
        if move == "decide_extension" and status in UNDER_WAY:
            workflow.request_extension(order, by=cast.chengyuan_admin, new_due_at=at(9, day=12), reason="等配件")
        may = {role for role, user in clerk.items() if move in [each.code for each in moves_for(user, order)]}
        if may:
            possible[status] = may
    may, states = EXPECTED[move]
    assert possible == dict.fromkeys(states, may)


def test_every_move_is_spelled_out() -> None:
    assert set(EXPECTED) == set(MOVES) == set(FUNCTIONS)


def test_another_companys_people_may_not(cast: Cast) -> None:
    order = dispatched(cast)
    with pytest.raises(PermissionDenied, match="签收须由承办企业有相应权限的人员办理"):
        workflow.sign(order, by=cast.beiyuan_admin)


def test_limits_run_from_dispatch_by_category_and_urgency(cast: Cast) -> None:
    cold = dispatched(cast, category="low_temperature")
    leak = dispatched(cast, category="leak")
    danger = dispatched(cast, category="fees", urgency="danger")
    fees = dispatched(cast, category="fees")
    assert (cold.due_at, cold.visit_due_at) == (at(10, day=4), None)
    assert (leak.due_at, leak.visit_due_at) == (at(10, day=4), at(12))
    assert (danger.due_at, danger.visit_due_at) == (at(12), at(12))
    assert (fees.due_at, fees.visit_due_at) == (at(10, day=10), None)


def test_the_desk_has_a_limit_from_when_it_was_registered(cast: Cast, summer: Any) -> None:
    order = registered(cast, category="fees")
    assert order.dispatch_due_at == at(10, day=4)
    edit(order, by=cast.hotline, version=order.version, values={"urgency": "urgent"})
    assert order.dispatch_due_at == at(12)
    summer.shift(dt.timedelta(minutes=30))
    workflow.reclassify(order, by=cast.hotline, category="leak", urgency="danger", reason="水漫到电表箱")
    assert order.dispatch_due_at == at(11)
    workflow.accept(order, by=cast.hotline)
    assert explained_limits(order)[0]["why"] == (
        "派单时限（登记起算）按“危及安全”1 小时：8月3日 10:00 之后 1 小时是8月3日 11:00。"
        "按钟点连续计算，夜间和节假日不停。"
    )


def test_the_desk_learns_what_others_have_registered(cast: Cast) -> None:
    registered(cast)
    assert not Message.objects.exists()
    order = register(
        by=cast.township_officer, season=cast.season, received_at=NOW, category="stopped", urgency="danger",
        content="停暖", community=cast.community,
    )  # fmt: skip
    message = Message.objects.get()
    assert (message.recipient, message.subject) == (
        cast.hotline, f"{order.number} 由{cast.township_officer.unit.name}登记（危及安全），请受理、派单"
    )  # fmt: skip


def test_nobody_is_given_an_order_by_default(cast: Cast) -> None:
    order = registered(cast, community=None, company=None)
    assert refusal("dispatch", order, cast.hotline, company=None) == [
        "没有承办企业：按小区查不到供热企业的，请选定一家，不会自动派给任何单位"
    ]


def test_bouncing_does_not_stop_the_clock(cast: Cast, summer: Any) -> None:
    order = dispatched(cast, category="low_temperature")
    due_at = order.due_at
    summer.shift(dt.timedelta(hours=3))
    workflow.send_back(order, by=cast.chengyuan_admin, reason="该小区由北苑供热站供热")
    assert (order.status, order.company, order.due_at) == (S.ACCEPTED, None, due_at)
    summer.shift(dt.timedelta(hours=3))
    workflow.dispatch(order, by=cast.hotline, company=cast.beiyuan)
    assert (order.status, order.company, order.due_at) == (S.DISPATCHED, cast.beiyuan, due_at)
    assert order.dispatched_at == NOW
    summer.shift(dt.timedelta(hours=18))
    assert order.is_overdue(timezone.now())
    assert Order.objects.overdue(timezone.now()).get() == order


def test_an_order_that_bounced_is_overdue_at_the_desk_too(cast: Cast, summer: Any) -> None:
    order = dispatched(cast, category="low_temperature")
    workflow.send_back(order, by=cast.chengyuan_admin, reason="不是我们的")
    summer.shift(dt.timedelta(hours=24))
    assert Order.objects.overdue(timezone.now()).get() == order


def test_who_gets_it_next_has_to_go_there_itself(cast: Cast, summer: Any) -> None:
    order = handled(cast, category="leak")
    workflow.visit(order, by=cast.chengyuan_admin, **VISIT | {"visited_at": at(10)})
    workflow.send_back(order, by=cast.chengyuan_admin, reason="由北苑供热站供热")
    workflow.dispatch(order, by=cast.hotline, company=cast.beiyuan)
    workflow.sign(order, by=cast.beiyuan_admin)
    summer.shift(dt.timedelta(hours=2))
    assert (order.visited_at, Order.objects.visit_limit_runs().get().visit_due_at) == (None, at(12))
    said = {"result": "已焊补", "cause": Cause.COMPANY}
    assert refusal("report", order, cast.beiyuan_admin, **said) == ["“管线漏水”须先上门，请先填写上门记录"]
    workflow.visit(order, by=cast.beiyuan_admin, **VISIT | {"visited_at": at(12)})
    workflow.report(order, by=cast.beiyuan_admin, **said)
    assert [visit.company for visit in order.visits.all()] == [cast.chengyuan, cast.beiyuan]


def test_a_company_that_gets_it_again_has_been_there(cast: Cast) -> None:
    order = handled(cast, category="leak")
    workflow.visit(order, by=cast.chengyuan_admin, **VISIT)
    workflow.send_back(order, by=cast.chengyuan_admin, reason="像是用户自己的管子")
    workflow.dispatch(order, by=cast.hotline, company=cast.chengyuan)
    assert order.visited_at == NOW


def test_a_visit_of_the_round_before_is_none_of_this_one(cast: Cast, summer: Any) -> None:
    order = reported(cast, category="leak")
    summer.shift(dt.timedelta(hours=11, seconds=30))
    unsolved(order, by=cast.hotline)
    workflow.redo(order, by=cast.hotline, reason="还在漏")
    workflow.sign(order, by=cast.chengyuan_clerk)
    assert refusal("visit", order, cast.chengyuan_admin, **VISIT | {"visited_at": at(20, 59)}) == [
        "到场时间早于第 2 轮的重办时间 2026-08-03 21:00，重办后须再上门"
    ]
    workflow.visit(order, by=cast.chengyuan_admin, **VISIT | {"visited_at": at(21)})
    assert order.visited_at == at(21)


def test_heating_is_reported_only_after_a_visit_with_a_temperature(cast: Cast) -> None:
    order = handled(cast, category="low_temperature")
    said = {"result": "已调平", "cause": Cause.COMPANY}
    assert refusal("report", order, cast.chengyuan_admin, **said) == ["“温度不达标”须先上门，请先填写上门记录"]
    workflow.visit(order, by=cast.chengyuan_admin, **{**VISIT, "temperature_c": None, "place": ""})
    assert refusal("report", order, cast.chengyuan_admin, **said) == ["“温度不达标”须有实测室温，请在上门记录里填写"]
    workflow.visit(order, by=cast.chengyuan_admin, **VISIT)
    workflow.report(order, by=cast.chengyuan_admin, **said)
    assert (order.status, order.cause, order.measured_temperature_c) == (S.REPORTED, "company", Decimal("19.5"))
    # Monday, 3 August: two working days later is Wednesday, to its end.
    assert order.callback_due_at == at(0, day=6)


def test_a_temperature_not_taken_by_the_rules_is_kept_with_what_is_wrong(cast: Cast) -> None:
    order = handled(cast)
    wrong = {"shut_minutes": 10, "is_centre": False, "height_m": Decimal("1.2"), "signed_by_user": False, "device": "",
             "calibrated_until": dt.date(2026, 8, 2)}  # fmt: skip
    workflow.visit(order, by=cast.chengyuan_admin, **{**VISIT, **wrong})
    assert AuditEntry.objects.of(order).latest("pk").note == (
        "赵师傅：阀门未全开\n实测 19.5 ℃（测温不合规程：门窗关闭 10 分钟，应不少于 30 分钟；没有在房间中央测；"
        "测点高度 1.2，应为 1.5 m；没有填写测温仪器编号；测温仪器不在检定有效期内；缺测温人员或用户签字）"
    )


def test_callbacks_decide_what_counts_as_solved(cast: Cast, summer: Any) -> None:
    order = reported(cast)
    call = {"called_at": timezone.now(), "is_reached": True, "satisfaction": "satisfied", "was_contacted": True}
    assert refusal("close", order, cast.hotline) == [f"还没有回访到诉求人（已打 0 次）。联系上并确认解决，{APART}"]
    assert refusal("call_back", order, cast.hotline, **call) == ["联系上了诉求人，请选择问题是否已解决"]
    workflow.call_back(order, by=cast.hotline, **call, is_solved=False)
    assert refusal("close", order, cast.hotline) == ["最近一次回访诉求人说没有解决，请选“重办”"]
    summer.shift(dt.timedelta(minutes=10))
    workflow.call_back(order, by=cast.hotline, **call | {"called_at": timezone.now()}, is_solved=True)
    workflow.close(order, by=cast.hotline)
    assert (order.status, order.closed_at) == (S.CLOSED, timezone.now())


def test_three_calls_that_reach_nobody_are_enough(cast: Cast, summer: Any) -> None:
    order = reported(cast)
    for _ in range(2):
        workflow.call_back(order, by=cast.hotline, called_at=timezone.now(), is_reached=False)
        summer.shift(dt.timedelta(minutes=30))
    assert refusal("close", order, cast.hotline)
    workflow.call_back(order, by=cast.hotline, called_at=timezone.now(), is_reached=False)
    workflow.close(order, by=cast.hotline)
    assert order.status == S.CLOSED


def test_doing_it_again_is_a_new_round_with_new_limits(cast: Cast, summer: Any) -> None:
    order = reported(cast, category="low_temperature")
    summer.shift(dt.timedelta(hours=30))
    assert refusal("redo", order, cast.hotline, reason="卧室还是 16 度") == [NOBODY_SAYS_SO]
    unsolved(order, by=cast.hotline)
    workflow.redo(order, by=cast.hotline, reason="卧室还是 16 度")
    assert (order.status, order.round, order.due_at) == (S.DISPATCHED, 2, at(16, day=5))
    assert (order.reported_at, order.visited_at, order.result, order.cause) == (None, None, "", "")
    past = order.past_rounds.get()
    assert (past.round, past.due_at, past.result, past.redo_reason) == (1, at(10, day=4), "已处理", "卧室还是 16 度")


def test_the_desk_has_met_its_limit_by_the_first_dispatch(cast: Cast, summer: Any) -> None:
    order = reported(cast, category="low_temperature")
    for reason in ("卧室还是 16 度", "还是不热"):
        summer.shift(dt.timedelta(days=3))
        unsolved(order, by=cast.hotline)
        workflow.redo(order, by=cast.hotline, reason=reason)
        limits = {each["label"]: (each["met_at"], each["is_late"], each["runs"]) for each in explained_limits(order)}
        assert (limits["派单"], limits["办理"]) == ((NOW, False, False), (None, False, True))
        workflow.sign(order, by=cast.chengyuan_clerk)
        workflow.visit(order, by=cast.chengyuan_clerk, **VISIT | {"visited_at": timezone.now()})
        workflow.report(order, by=cast.chengyuan_clerk, result="已处理", cause="company")


def test_an_extension_moves_the_limit_once_the_bureau_agrees(cast: Cast, summer: Any) -> None:
    order = dispatched(cast, category="low_temperature")
    assert refusal("request_extension", order, cast.chengyuan_admin, new_due_at=at(9, day=4), reason="等配件") == [
        "申请延至 2026-08-04 09:00，不晚于现在的时限 2026-08-04 10:00，请改为更晚的时间"
    ]
    workflow.request_extension(order, by=cast.chengyuan_admin, new_due_at=at(18, day=4), reason="等配件")
    workflow.decide_extension(order, by=cast.admin, approve=True, opinion="同意")
    assert (order.due_at, order.original_due_at) == (at(18, day=4), at(10, day=4))
    summer.move_to(at(18, day=4))
    assert refusal("request_extension", order, cast.chengyuan_admin, new_due_at=at(9, day=6), reason="还要等") == [
        "办理时限 2026-08-04 18:00 已过，不能再申请延期；请抓紧办理并反馈"
    ]


def test_reclassifying_reckons_from_the_dispatch(cast: Cast, summer: Any) -> None:
    order = dispatched(cast, category="fees")
    summer.shift(dt.timedelta(hours=5))
    workflow.reclassify(order, by=cast.hotline, category="leak", urgency="ordinary", reason="实为漏水")
    assert (order.due_at, order.visit_due_at) == (at(10, day=4), at(12))


def test_an_extension_lapses_with_the_category_and_all_are_told(cast: Cast) -> None:
    order = dispatched(cast, category="fees")
    workflow.request_extension(order, by=cast.chengyuan_admin, new_due_at=at(18, day=20), reason="等账单")
    workflow.decide_extension(order, by=cast.admin, approve=True, opinion="同意")
    assert "已批准的延期随之失效" in consequence("reclassify", order)
    workflow.reclassify(order, by=cast.hotline, category="low_temperature", urgency="ordinary", reason="实为不热")
    lapsed = "批准延至 2026-08-20 18:00 的延期随之失效，仍需要的请重新申请"
    assert (order.due_at, AuditEntry.objects.of(order).latest("pk").note) == (at(10, day=4), f"实为不热\n{lapsed}")
    assert lapsed in Message.objects.filter(recipient=cast.chengyuan_clerk).latest("pk").body
    assert order.extensions.get().status == "lapsed"
    [handling] = [each["why"] for each in explained_limits(order) if each["label"] == "办理"]
    assert handling.endswith("曾批准延至 2026-08-20 18:00，调整类别后失效。")


def test_how_often_is_called_is_the_bureaus_setting(cast: Cast) -> None:
    set_counting(by=cast.admin, county=cast.county, values=values_of(cast) | {"calls_before_giving_up": 1})
    order = reported(cast)
    with pytest.raises(MoveRefused):
        workflow.close(order, by=cast.hotline)
    workflow.call_back(order, by=cast.hotline, called_at=timezone.now(), is_reached=False)
    workflow.close(order, by=cast.hotline)
    order.refresh_from_db()
    assert order.status == "closed"


def test_callers_of_what_was_merged_are_called_too(cast: Cast, summer: Any) -> None:
    main, other, same = handled(cast), registered(cast, phone="13900001111"), registered(cast)
    for order in (other, same):
        workflow.merge(order, by=cast.hotline, into=main)
    call = {"is_reached": True, "satisfaction": "satisfied", "was_contacted": True}
    assert refusal("call_back", other, cast.hotline, called_at=NOW, **call, is_solved=True) == [
        f"{other.number} 现在是“已并单”，还不用回访：企业反馈后（并入别的工单的，那一件反馈后）、引出的隐患销号后才回访"
    ]
    workflow.report(main, by=cast.chengyuan_admin, result="已道歉", cause=Cause.COMPANY)
    workflow.call_back(main, by=cast.hotline, called_at=timezone.now(), **call, is_solved=True)
    said = f"并入的 {other.number}："
    assert refusal("close", main, cast.hotline) == [f"{said}还没有回访到诉求人（已打 0 次）。联系上并确认解决，{APART}"]
    other = Order.objects.get(pk=other.pk)
    assert "call_back" in [move.code for move in moves_for(cast.hotline, other)]
    workflow.call_back(other, by=cast.hotline, called_at=timezone.now(), **call, is_solved=False)
    assert refusal("close", main, cast.hotline) == [f"{said}最近一次回访诉求人说没有解决，请选“重办”"]
    summer.shift(dt.timedelta(minutes=5))
    workflow.call_back(other, by=cast.hotline, called_at=timezone.now(), **call, is_solved=True)
    workflow.close(main, by=cast.hotline)
    assert (main.status, other.status) == (S.CLOSED, S.MERGED)


def test_merging_names_the_other(cast: Cast) -> None:
    main, same = registered(cast), registered(cast)
    assert refusal("merge", same, cast.hotline, into=same) == ["不能并入自己"]
    workflow.merge(same, by=cast.hotline, into=main, note="同一户又打来")
    assert (same.status, same.merged_into) == (S.MERGED, main)
    assert refusal("merge", main, cast.hotline, into=registered(cast)) == [
        f"已有工单并入 {main.number}，请把别的并进来，不要再把它并走"
    ]


@pytest.mark.parametrize("settled", [S.CLOSED, S.INVALID, S.MERGED])
def test_nothing_is_merged_into_what_is_settled(cast: Cast, settled: OrderStatus) -> None:
    into = advanced(cast, settled)
    assert refusal("merge", registered(cast), cast.hotline, into=into) == [
        f"{into.number} 现在是“{into.state.label}”，不能并入；请选还在办理的那一件"
    ]


def test_an_order_that_stands_for_others_is_not_given_up(cast: Cast) -> None:
    main, same = registered(cast), registered(cast)
    workflow.merge(same, by=cast.hotline, into=Order.objects.get(pk=main.pk))
    with pytest.raises(Stale):
        workflow.accept(main, by=cast.hotline)  # read before the other was merged into it
    main.refresh_from_db()
    assert refusal("invalidate", main, cast.hotline, reason="不属于供热") == [
        f"{same.number} 已并入 {main.number}，作无效处理会丢下这些诉求人；请照常派单、办理，由企业如实反馈，回访后办结"
    ]


def test_withdrawing_is_counted_apart_and_ends_it(cast: Cast) -> None:
    order = reported(cast)
    workflow.withdraw(order, by=cast.hotline, reason="市平台来函撤件")
    assert (order.status, order.withdrawn_at, order.closed_at) == (S.CLOSED, NOW, NOW)
    assert refusal("redo", order, cast.hotline, reason="又来电") == [f"{order.number} 已经撤件"]


def test_somebody_was_first(cast: Cast) -> None:
    order = dispatched(cast)
    other = Order.objects.get(pk=order.pk)
    workflow.sign(order, by=cast.chengyuan_admin)
    with pytest.raises(Stale):
        workflow.sign(other, by=cast.chengyuan_clerk)


def test_the_company_is_told_and_the_desk_of_what_comes_back(cast: Cast) -> None:
    order = dispatched(cast, urgency="danger")
    told = Message.objects.filter(subject=f"{order.number} 已派单（危及安全），请签收；时限 2026-08-03 12:00")
    assert set(told.values_list("recipient__username", flat=True)) == {"cy_admin", "cy_clerk"}
    workflow.send_back(order, by=cast.chengyuan_admin, reason="不是我们的")
    told = Message.objects.filter(subject=f"{order.number} 被城源热力有限公司退单，时限照算，请改派")
    assert set(told.values_list("recipient__username", flat=True)) == {"ll_hotline"}
