"""Merging stops no clock: what stands for others keeps whatever limit of theirs is earlier."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEntry
from complaints import services, workflow
from complaints.enums import OrderStatus
from complaints.follow_up import to_call_since
from complaints.models import Order
from complaints.views.detail import explained_limits
from notifications.models import Message
from tests.cast import Cast
from tests.integration.complaints.test_workflow import NOW, at, refusal
from tests.orders import advanced, dispatched, handled, registered, reported, unsolved, visited

S = OrderStatus
SignIn = Callable[[Any], Client]
pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]
ELSEWHERE = {"room": "909", "phone": "13900000009"}


def merge(order: Order, cast: Cast, into: Order, note: str = "同一根管") -> None:
    workflow.merge(order, by=cast.hotline, into=into, note=note)


def why(order: Order, label: str) -> str:
    [said] = [each["why"] for each in explained_limits(order) if each["label"] == label]
    return str(said)


class TestWhatHangsTogether:
    def test_only_into_what_is_still_seen_to(self, cast: Cast) -> None:
        order = registered(cast)
        for status, label in ((S.CLOSED, "已办结"), (S.INVALID, "无效"), (S.MERGED, "已并单")):
            into = advanced(cast, status)
            assert refusal("merge", order, cast.hotline, into=into) == [
                f"{into.number} 现在是“{label}”，不能并入；请选还在办理的那一件"
            ]

    def test_not_into_another_countys(self, cast: Cast) -> None:
        order, into = registered(cast), registered(cast)
        Order.objects.filter(pk=into.pk).update(county=cast.foreign.county)
        assert refusal("merge", order, cast.hotline, into=into) == [f"{into.number} 不是本县的工单"]

    def test_what_others_hang_on_is_not_made_invalid(self, cast: Cast) -> None:
        main, same = registered(cast), registered(cast)
        workflow.merge(same, by=cast.hotline, into=main)
        assert refusal("invalidate", main, cast.hotline, reason="重复登记") == [
            f"{same.number} 已并入 {main.number}，作无效处理会丢下这些诉求人；"
            "请照常派单、办理，由企业如实反馈，回访后办结"
        ]

    def test_what_others_hang_on_is_withdrawn_once_its_company_has_reported(self, cast: Cast) -> None:
        main, same = visited(cast), registered(cast)
        workflow.merge(same, by=cast.hotline, into=main)
        main.refresh_from_db()
        assert refusal("withdraw", main, cast.hotline, reason="平台撤件通知") == [
            f"{same.number} 已并入 {main.number}，现在撤件会丢下这些诉求人；请等企业反馈后再撤件"
        ]
        workflow.report(main, by=cast.chengyuan_admin, result="已处理", cause="company")
        same.refresh_from_db()
        assert to_call_since(same) == main.reported_at
        workflow.withdraw(main, by=cast.hotline, reason="平台撤件通知")
        same.refresh_from_db()
        assert to_call_since(same) == main.reported_at

    def test_who_has_been_heard_holds_nothing_up(self, cast: Cast) -> None:
        main, same = handled(cast), registered(cast)
        workflow.merge(same, by=cast.hotline, into=main)
        main.refresh_from_db()
        workflow.report(main, by=cast.chengyuan_admin, result="已处理", cause="company")
        same.refresh_from_db()
        workflow.call_back(same, by=cast.hotline, is_reached=True, is_solved=True, called_at=timezone.now())
        unsolved(main, by=cast.hotline)
        workflow.redo(main, by=cast.hotline, reason="诉求人说还不热")
        workflow.sign(main, by=cast.chengyuan_admin)
        workflow.withdraw(main, by=cast.hotline, reason="平台撤件通知")
        assert main.status == S.CLOSED


class TestReasons:
    def test_another_household_with_another_phone_needs_one(self, cast: Cast) -> None:
        into, other = registered(cast), registered(cast, **ELSEWHERE)
        for note in ("", " "):
            assert refusal("merge", other, cast.hotline, into=into, note=note) == [
                f"{into.number} 不是同一户，也不是同一个电话，请在“并单说明”里写明为什么是同一件事"
            ]
        merge(other, cast, into)
        assert (other.status, AuditEntry.objects.of(other).latest("pk").note) == (S.MERGED, "同一根管")

    @pytest.mark.parametrize("same", [{"room": "909"}, {"phone": "13900000009"}])
    def test_the_same_household_or_phone_needs_none(self, cast: Cast, same: dict[str, str]) -> None:
        into, other = registered(cast), registered(cast, **same)
        merge(other, cast, into, note="")
        assert other.status == S.MERGED

    def test_what_is_known_of_neither_is_not_the_same(self, cast: Cast) -> None:
        into, other = registered(cast, room="", phone=""), registered(cast, room="", phone="")
        assert len(refusal("merge", other, cast.hotline, into=into)) == 1

    def test_the_form_asks_for_it(self, cast: Cast, client_as: SignIn) -> None:
        into, other = registered(cast), registered(cast, **ELSEWHERE)
        client, address = client_as(cast.hotline), f"{other.get_absolute_url()}merge/"
        page = client.get(address)
        assert "都不是的，请写明为什么是同一件事" in page.content.decode()
        sent = {"version": page.context["seen"].version, "entry": page.context["seen"].entry, "into": into.number}
        assert "请在“并单说明”里写明" in client.post(address, sent).content.decode()
        assert client.post(address, sent | {"note": "同一根管"}).status_code == 302


class TestUrgency:
    def test_never_into_what_is_less_urgent(self, cast: Cast) -> None:
        into, other = registered(cast), registered(cast, urgency="urgent")
        assert refusal("merge", other, cast.hotline, into=into) == [
            f"{other.number} 是“紧急”，比 {into.number} 的“一般”更急，"
            f"请先把 {into.number} 调整为“紧急”再并单，或反过来并"
        ]
        workflow.reclassify(into, by=cast.hotline, category=into.category, urgency="urgent", reason="并单")
        merge(other, cast, into)
        assert other.status == S.MERGED

    def test_beside_what_is_reported_it_is_seen_to_itself(self, cast: Cast) -> None:
        into, other = reported(cast), registered(cast, urgency="danger")
        assert refusal("merge", other, cast.hotline, into=into) == [
            f"{other.number} 是“危及安全”，比 {into.number} 的“一般”更急，"
            f"而 {into.number} 企业已经反馈，请照常办理 {other.number}"
        ]


class TestLimits:
    def test_the_earlier_one_is_taken_over_and_all_can_read_so(self, cast: Cast, summer: Any) -> None:
        other = dispatched(cast, category="leak")
        summer.shift(dt.timedelta(minutes=30))
        into = dispatched(cast, company=cast.beiyuan, category="fees")
        assert (into.due_at, into.visit_due_at) == (at(10, 30, day=10), None)
        merge(other, cast, into)
        into.refresh_from_db()
        assert (into.due_at, into.visit_due_at, into.original_due_at) == (at(10, day=4), at(12), at(10, 30, day=10))
        entry = AuditEntry.objects.of(into).latest("pk")
        assert (entry.action, entry.note) == ("并入", f"{other.number} 并入本单，它的时限更早，本单改按它的时限")
        assert entry.changes == {
            "办理时限": ["2026-08-10 10:30", "2026-08-04 10:00"], "到场时限": [None, "2026-08-03 12:00"],
        }  # fmt: skip
        begins = f"随并入的 {other.number}，它的时限更早："
        assert why(into, "办理").startswith(f"{begins}办理时限（派单起算）按“")
        assert "8月3日 10:00 之后 2 小时是8月3日 12:00" in why(into, "到场")
        told = Message.objects.filter(recipient=cast.beiyuan_admin).latest("pk")
        assert told.subject == f"{into.number} 时限提前：办理时限 2026-08-04 10:00，到场时限 2026-08-03 12:00"

    def test_an_overdue_one_makes_the_other_overdue(self, cast: Cast, summer: Any) -> None:
        other = dispatched(cast, category="low_temperature")
        summer.shift(dt.timedelta(days=2))
        into = handled(cast, category="fees")
        merge(other, cast, into)
        workflow.report(into, by=cast.chengyuan_admin, result="已处理", cause="company")
        assert into.first_overdue_at == at(10, day=4)

    def test_a_later_one_changes_nothing(self, cast: Cast) -> None:
        into, other = dispatched(cast, category="leak"), dispatched(cast, category="fees")
        Message.objects.all().delete()
        merge(other, cast, into)
        into.refresh_from_db()
        assert (into.due_at, into.visit_due_at) == (at(10, day=4), at(12))
        entry = AuditEntry.objects.of(into).latest("pk")
        assert (entry.note, entry.changes) == (f"{other.number} 并入本单", {})
        assert not Message.objects.filter(subject__startswith=into.number).exists()
        assert "随并入的" not in why(into, "办理")

    def test_one_that_was_extended_is_taken_as_extended(self, cast: Cast) -> None:
        other, into = dispatched(cast, category="low_temperature"), dispatched(cast, category="fees")
        workflow.request_extension(other, by=cast.chengyuan_admin, new_due_at=at(18, day=5), reason="等配件")
        workflow.decide_extension(other, by=cast.admin, approve=True, opinion="同意")
        merge(other, cast, into)
        into.refresh_from_db()
        assert into.due_at == at(18, day=5)
        assert why(into, "办理") == f"随并入的 {other.number}，它的时限更早：经批准或调整，或按当时的规定。"

    def test_a_visit_that_was_made_hurries_nobody(self, cast: Cast) -> None:
        other, into = handled(cast, category="leak"), dispatched(cast, category="fees")
        workflow.visit(other, by=cast.chengyuan_admin, visited_at=NOW, visitor="赵师傅", found="漏水")
        merge(other, cast, into)
        into.refresh_from_db()
        assert (into.due_at, into.visit_due_at) == (at(10, day=4), None)

    def test_what_was_not_dispatched_is_so_with_the_other(self, cast: Cast, summer: Any) -> None:
        other, into = registered(cast, category="leak"), dispatched(cast, category="fees")
        summer.shift(dt.timedelta(hours=1))
        merge(other, cast, into)
        into.refresh_from_db()
        assert (into.due_at, into.visit_due_at) == (at(11, day=4), at(13))
        assert "8月3日 11:00 之后 2 小时是8月3日 13:00" in why(into, "到场")

    def test_what_is_reported_is_visited_no_more(self, cast: Cast) -> None:
        other, into = registered(cast, category="leak"), reported(cast, category="fees")
        merge(other, cast, into)
        into.refresh_from_db()
        assert (into.due_at, into.visit_due_at) == (at(10, day=4), None)

    def test_nothing_that_runs_is_merged_into_what_does_not(self, cast: Cast) -> None:
        other, into = dispatched(cast), registered(cast)
        assert refusal("merge", other, cast.hotline, into=into) == [
            f"{other.number} 已经派单、时限在走，{into.number} 还没有派单；请先把 {into.number} 派单，或反过来并"
        ]
        workflow.dispatch(into, by=cast.hotline, company=cast.chengyuan)
        merge(other, cast, into)
        assert other.status == S.MERGED

    def test_at_the_desk_the_earlier_is_kept_until_and_after_the_dispatch(self, cast: Cast, summer: Any) -> None:
        other = registered(cast, category="leak", urgency="urgent")
        summer.shift(dt.timedelta(hours=1))
        into = registered(cast, category="fees", urgency="urgent")
        assert (other.dispatch_due_at, into.dispatch_due_at) == (at(12), at(13))
        merge(other, cast, into)
        into.refresh_from_db()
        assert into.dispatch_due_at == at(12)
        assert why(into, "派单").startswith(f"随并入的 {other.number}，它的时限更早：派单时限（登记起算）按“")
        services.edit(into, by=cast.hotline, version=into.version, values={"urgency": "ordinary"})
        assert into.dispatch_due_at == at(12)
        workflow.reclassify(into, by=cast.hotline, category="advice", urgency="ordinary", reason="只是咨询")
        assert into.dispatch_due_at == at(12)
        workflow.dispatch(into, by=cast.hotline, company=cast.chengyuan)
        assert into.visit_due_at == at(13)
        assert into.due_at == other_limits(cast, category="leak", urgency="urgent")

    def test_neither_another_category_nor_another_round_shakes_it_off(self, cast: Cast, summer: Any) -> None:
        other, into = dispatched(cast, category="leak"), dispatched(cast, category="fees")
        merge(other, cast, into)
        into.refresh_from_db()
        summer.shift(dt.timedelta(minutes=10))
        workflow.reclassify(into, by=cast.hotline, category="attitude", urgency="ordinary", reason="实为态度")
        assert (into.due_at, into.visit_due_at) == (at(10, day=4), at(12))
        workflow.sign(into, by=cast.chengyuan_admin)
        workflow.report(into, by=cast.chengyuan_admin, result="已处理", cause="company")
        unsolved(into, by=cast.hotline)
        workflow.redo(into, by=cast.hotline, reason="还在漏")
        assert (into.due_at, into.visit_due_at) == (at(10, 10, day=4), at(12, 10))
        assert why(into, "到场").startswith(f"随并入的 {other.number}，它的时限更早：到场时限")


def other_limits(cast: Cast, **fields: str) -> dt.datetime | None:
    return dispatched(cast, **fields).due_at
