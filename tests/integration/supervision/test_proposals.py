"""From 督办单 upwards the sweep proposes: nobody outside the bureau hears of it before an officer has approved."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from audit.models import AuditEntry
from inspections import workflow
from inspections.models import Hazard
from notifications.models import Message, Outgoing
from notifications.outbox import deliver
from supervision.enums import ProposalState
from supervision.models import PolicyStep, Proposal
from supervision.proposals import APPROVE, DECLINE, HOLD, decide, due_for, needed
from supervision.sweep import sweep
from tests.cast import Cast
from tests.hazards import hazard_of
from tests.integration.supervision.conftest import DUE, day
from tests.integration.supervision.policies import change, general

pytestmark = pytest.mark.django_db
LIST, DECIDE = "/supervision/proposals/", "/supervision/proposals/decide/"


@pytest.fixture
def proposal(cast: Cast, hazard: Hazard, summer: Any) -> Proposal:
    """A 督办单, three days after the deadline."""
    at(summer, 3)
    sweep(day(3))
    deliver()
    Message.objects.all().delete()
    return Proposal.objects.get()


def at(summer: Any, offset: int) -> None:
    """Ten in the morning, so many days after the deadline."""
    summer.move_to(dt.datetime.combine(day(offset), dt.time(2, 0), dt.UTC))


def told() -> set[tuple[str, str]]:
    deliver()
    return set(Message.objects.values_list("recipient__username", "subject"))


def listed(client: Client, state: str = "") -> list[str]:
    page = client.get(LIST, {"state": state}).content.decode()
    return re.findall(r'<a class="row-link"[^>]*>([^<]+)</a>', page)


class TestProposing:
    def test_the_ladder_proposes_from_the_order_upwards(self) -> None:
        proposed = PolicyStep.objects.filter(is_proposed=True, policy__kind="hazard").values_list("measure", flat=True)
        assert set(proposed) == {"notice", "talk", "circular"}
        assert len(proposed) == 6

    def test_only_the_bureau_hears_of_it(self, hazard: Hazard, news: Any) -> None:
        assert news(3) == {("ll_inspector", "YH-2026-0001 逾期 3 天，督办单待审批")}
        assert news(3) == set()
        proposal = Proposal.objects.get()
        assert (proposal.item_id, proposal.due_on, proposal.step, proposal.state) == (hazard.pk, DUE, "notice", "open")
        assert Message.objects.get().path == LIST

    def test_of_what_was_missed_only_the_highest_waits_and_after_it_was_declined_the_next(
        self, cast: Cast, hazard: Hazard, news: Any
    ) -> None:
        assert news(10) == {("ll_admin", "YH-2026-0001 逾期 10 天，约谈待审批")}
        talk = due_for(cast.admin).get()
        assert talk.step == "talk"
        decide({talk.pk: 0}, by=cast.admin, move=DECLINE, reason="先发督办单")
        assert due_for(cast.admin).get().step == "notice"
        assert news(10) == set()
        assert set(Proposal.objects.values_list("step", flat=True)) == {"talk", "notice"}

    def test_below_a_repetition_too_the_milder_ones_are_left_to_decide_about(
        self, cast: Cast, hazard: Hazard, news: Any
    ) -> None:
        news(30)
        circular = due_for(cast.admin).get()
        assert (circular.step, circular.repeat) == ("circular", 2)
        decide({circular.pk: 0}, by=cast.admin, move=DECLINE, reason="先约谈")
        assert due_for(cast.admin).get().step == "talk"

    def test_what_was_long_past_before_it_was_issued_is_not_proposed(
        self, cast: Cast, hazard: Hazard, news: Any
    ) -> None:
        at_day_5 = dt.datetime.combine(day(5), dt.time(2, 0), dt.UTC)
        Hazard.objects.filter(pk=hazard.pk).update(watched_since=at_day_5)
        news(10)
        assert list(Proposal.objects.values_list("step", flat=True)) == ["talk"], "the 督办单 was past by then"

    def test_of_a_repetition_the_former_one_is_no_longer_needed(self, cast: Cast, hazard: Hazard, news: Any) -> None:
        news(15)
        news(22)
        assert list(due_for(cast.admin).values_list("step", "repeat")) == [("circular", 1)]

    def test_of_several_steps_the_severest_waits_and_after_it_was_declined_the_next(
        self, cast: Cast, hazard: Hazard, news: Any
    ) -> None:
        news(3)
        assert news(7) == {("ll_admin", "YH-2026-0001 逾期 7 天，约谈待审批")}
        talk = due_for(cast.admin).get()
        assert talk.step == "talk"
        decide({talk.pk: 0}, by=cast.admin, move=DECLINE, reason="先发督办单")
        assert due_for(cast.admin).get().step == "notice"
        news(15)
        assert due_for(cast.admin).get().step == "circular"

    def test_much_of_it_is_one_message(self, cast: Cast, summer: Any) -> None:
        for _ in range(5):
            hazard_of(cast, "rectifying", due_on=DUE, supervisor=cast.inspector)
        sweep(day(3))
        assert told() == {("ll_inspector", "5 条隐患的督办待审批（督办单 5）")}


class TestDeciding:
    def test_approved_the_people_of_the_step_are_told(self, cast: Cast, proposal: Proposal, hazard: Hazard) -> None:
        outcome = decide({proposal.pk: 0}, by=cast.admin, move=APPROVE, reason="请照办")
        assert [each.pk for each in outcome.done] == [proposal.pk]
        subject = "YH-2026-0001 逾期 3 天，已列入督办"
        assert told() == {(who, subject) for who in ("cy_admin", "cy_clerk", "ll_inspector")}
        entry = AuditEntry.objects.of(hazard).last()
        assert entry and (entry.action, entry.note, entry.actor) == ("批准督办单", "逾期 3 天；请照办", cast.admin)

    def test_declined_nobody_is_told(self, cast: Cast, proposal: Proposal, hazard: Hazard) -> None:
        decide({proposal.pk: 0}, by=cast.inspector, move=DECLINE, reason="正在验收")
        assert told() == set()
        entry = AuditEntry.objects.of(hazard).last()
        assert entry and (entry.action, entry.note) == ("不同意督办单", "逾期 3 天；正在验收")
        assert not due_for(cast.admin)

    def test_held_it_comes_back_on_that_day(self, cast: Cast, proposal: Proposal, summer: Any) -> None:
        decide({proposal.pk: 0}, by=cast.admin, move=HOLD, until=day(6))
        at(summer, 5)
        assert not due_for(cast.admin)
        at(summer, 6)
        assert due_for(cast.admin).get() == proposal
        decide({proposal.pk: 1}, by=cast.admin, move=APPROVE)
        assert ("cy_admin", "YH-2026-0001 逾期 6 天，已列入督办") in told()

    def test_of_two_officers_the_first_one_decides(self, cast: Cast, proposal: Proposal) -> None:
        decide({proposal.pk: 0}, by=cast.admin, move=DECLINE, reason="已约谈")
        outcome = decide({proposal.pk: 0}, by=cast.inspector, move=APPROVE)
        assert (outcome.done, [each.pk for each in outcome.stale]) == ([], [proposal.pk])
        proposal.refresh_from_db()
        assert (proposal.state, proposal.decided_by) == (ProposalState.DECLINED, cast.admin)
        assert told() == set()

    def test_what_was_held_since_has_to_be_seen_first(self, cast: Cast, proposal: Proposal) -> None:
        decide({proposal.pk: 0}, by=cast.admin, move=HOLD, until=day(9))
        assert decide({proposal.pk: 0}, by=cast.inspector, move=APPROVE).stale

    def test_only_officers_of_the_bureau_that_sees_it(self, cast: Cast, proposal: Proposal) -> None:
        for user in (cast.chengyuan_admin, cast.leader, cast.hotline):
            with pytest.raises(PermissionDenied):
                decide({proposal.pk: 0}, by=user, move=APPROVE)
        outcome = decide({proposal.pk: 0}, by=cast.foreign.admin, move=APPROVE)
        assert (outcome.done, outcome.stale, outcome.gone) == ([], [], [])


class TestNoLongerNeeded:
    def gone(self, cast: Cast, proposal: Proposal) -> None:
        assert not due_for(cast.admin)
        outcome = decide({proposal.pk: 0}, by=cast.admin, move=APPROVE)
        assert (outcome.done, [each.pk for each in outcome.gone]) == ([], [proposal.pk])

    def test_settled(self, cast: Cast, proposal: Proposal, hazard: Hazard) -> None:
        workflow.void(hazard, by=cast.admin, reason="重复登记")
        self.gone(cast, proposal)

    def test_another_deadline(self, cast: Cast, proposal: Proposal, hazard: Hazard) -> None:
        workflow.amend(hazard, by=cast.inspector, reason="材料未到", due_on=day(30))
        self.gone(cast, proposal)

    def test_another_unit(self, cast: Cast, proposal: Proposal, hazard: Hazard) -> None:
        workflow.amend(hazard, by=cast.inspector, reason="移交", lead_unit=cast.beiyuan, responsible_person="白苑")
        self.gone(cast, proposal)

    def test_a_policy_without_the_step(self, cast: Cast, proposal: Proposal) -> None:
        change(general(), cast.city_admin, notice=None)
        self.gone(cast, proposal)

    def test_settled_after_the_approval_and_before_it_was_sent(
        self, cast: Cast, proposal: Proposal, hazard: Hazard
    ) -> None:
        decide({proposal.pk: 0}, by=cast.admin, move=APPROVE)
        Hazard.objects.filter(pk=hazard.pk).update(due_on=day(30))
        assert told() == set()
        assert set(Outgoing.objects.filter(key__startswith="approved:").values_list("state", flat=True)) == {"dropped"}

    def test_decided_before_the_bureau_was_told(self, cast: Cast, hazard: Hazard, summer: Any) -> None:
        at(summer, 3)
        sweep(day(3))
        decide({Proposal.objects.get().pk: 0}, by=cast.admin, move=DECLINE, reason="正在验收")
        assert told() == set()


class TestPages:
    @pytest.fixture
    def admin(self, cast: Cast, client_as: Callable[[Any], Client], proposal: Proposal) -> Client:
        return client_as(cast.admin)

    def send(self, client: Client, move: str, *proposals: Proposal, **more: str) -> Any:
        seen = [f"{each.pk}-{each.version}" for each in proposals]
        data = {"move": move, "selected": [each.pk for each in proposals], "seen": seen, **more}
        return client.post(DECIDE, data)

    def test_asked_first_then_done(self, admin: Client, proposal: Proposal) -> None:
        assert listed(admin) == ["YH-2026-0001"]
        page = self.send(admin, "approve", proposal)
        assert page.status_code == 200
        assert "批准 1 条督办" in page.content.decode()
        proposal.refresh_from_db()
        assert proposal.state == ProposalState.OPEN

        done = self.send(admin, "approve", proposal, sure="1")
        assert (done.status_code, done["Location"]) == (302, LIST)
        assert "已批准 1 条督办，有关人员将收到通知。" in admin.get(LIST).content.decode()
        assert (listed(admin), listed(admin, "approved")) == ([], ["YH-2026-0001"])

    def test_a_reason_and_a_day_are_needed(self, admin: Client, proposal: Proposal) -> None:
        assert self.send(admin, "decline", proposal, sure="1", reason="").status_code == 422
        wrong = self.send(admin, "hold", proposal, sure="1", until="2026-08-23")
        assert wrong.status_code == 422
        assert "读到的是 2026-08-23，应晚于今天，且在一年以内" in wrong.content.decode()
        self.send(admin, "hold", proposal, sure="1", until="8.30", reason="等材料")
        assert listed(admin, "held") == ["YH-2026-0001"]
        assert "暂缓到 2026-08-30" in admin.get(LIST, {"state": "held"}).content.decode()

    def test_many_at_once_each_judged_by_itself(self, cast: Cast, admin: Client, proposal: Proposal) -> None:
        others = [hazard_of(cast, "rectifying", due_on=DUE) for _ in range(3)]
        sweep(day(3))
        Hazard.objects.filter(pk=others[0].pk).update(due_on=day(40))
        self.send(admin, "approve", *Proposal.objects.all(), sure="1")
        page = admin.get(LIST).content.decode()
        assert "已批准 3 条督办" in page
        assert "1 条已办结、改期或移交，不再需要审批，没有办理。" in page
        assert listed(admin, "gone") == [others[0].number]
        assert "不再需要：时限已改为 2026-09-29" in admin.get(LIST, {"state": "gone"}).content.decode()

    def test_the_second_officer_sees_what_the_first_one_did(
        self, cast: Cast, client_as: Any, admin: Client, proposal: Proposal
    ) -> None:
        self.send(admin, "decline", proposal, sure="1", reason="已约谈")
        page = self.send(client_as(cast.inspector), "approve", proposal, sure="1")
        assert page.status_code == 409
        assert "不同意，周管" in page.content.decode()
        assert "：已约谈" in page.content.decode()

    def test_where_nothing_is_left_to_decide_about_the_page_says_so(
        self, admin: Client, proposal: Proposal, hazard: Hazard
    ) -> None:
        asked = {"move": "hold", "selected": proposal.pk}
        assert "<h1>暂缓 1 条督办</h1>" in admin.get(DECIDE, asked).content.decode()
        Hazard.objects.filter(pk=hazard.pk).update(due_on=day(40))
        page = admin.get(DECIDE, asked).content.decode()
        assert "<h1>没有可以暂缓的督办</h1>" in page and "暂缓期间不通知" not in page
        assert "选中的已经办理过，或者不再需要审批" in page

    def test_filters(self, cast: Cast, admin: Client, proposal: Proposal) -> None:
        def found(**query: Any) -> int:
            return len(re.findall('class="row-link"', admin.get(LIST, query).content.decode()))

        assert found(unit=cast.chengyuan.pk) == found(measure="notice") == found(overdue="1") == 1
        assert found(unit=cast.beiyuan.pk) == found(measure="talk") == found(overdue="7") == 0
        assert "没有“x”这个选项" in admin.get(LIST, {"state": "x"}).content.decode()

    def test_what_waits_is_in_my_list_and_beside_the_menu(
        self, cast: Cast, client_as: Any, admin: Client, proposal: Proposal
    ) -> None:
        page = admin.get("/todo/").content.decode()
        assert "待审批的督办" in page
        assert 'aria-label="1 条待办"' in page
        other = client_as(cast.chengyuan_admin).get("/todo/").content.decode()
        assert "待审批的督办" not in other and "nav-count" not in other
        assert client_as(cast.foreign.admin).get("/todo/").content.decode().count("nav-count") == 0
        self.send(admin, "approve", proposal, sure="1")
        assert "nav-count" not in admin.get("/todo/").content.decode()

    def test_another_countys_is_not_there(self, cast: Cast, client_as: Any, proposal: Proposal) -> None:
        foreign = client_as(cast.foreign.admin)
        assert listed(foreign) == []
        assert self.send(foreign, "approve", proposal).status_code == 404
        assert self.send(foreign, "approve", proposal, sure="1").status_code == 404
        proposal.refresh_from_db()
        assert proposal.state == ProposalState.OPEN


class TestInTheWay:
    """What keeps a proposal from being decided about, and what does not."""

    def test_a_severer_step_that_is_taken_off_leaves_the_milder_one(
        self, cast: Cast, hazard: Hazard, summer: Any, news: Any
    ) -> None:
        news(3)
        news(7)
        assert [each.step for each in due_for(cast.admin)] == ["talk"]
        change(general(), cast.city_admin, talk={"is_active": False})
        assert [each.step for each in due_for(cast.admin)] == ["notice"]

    def test_a_repetition_comes_up_again_after_a_severer_step_was_approved(
        self, cast: Cast, hazard: Hazard, summer: Any, news: Any
    ) -> None:
        change(general(), cast.city_admin, notice={"repeat_every": 2}, circular=None)
        at(summer, 7)
        for offset in (3, 5, 7):
            sweep(day(offset))
        talk = due_for(cast.admin).get()
        assert talk.step == "talk"
        at(summer, 8)
        decide({talk.pk: 0}, by=cast.admin, move=APPROVE)
        assert not due_for(cast.admin), "what was proposed before it is overtaken"
        deliver()
        at(summer, 9)
        assert news(9) == {("ll_inspector", "YH-2026-0001 逾期 9 天，督办单待审批")}
        assert [(each.step, each.repeat) for each in due_for(cast.admin)] == [("notice", 3)]

    def test_a_step_that_is_held_holds_its_repetitions(
        self, cast: Cast, hazard: Hazard, summer: Any, news: Any
    ) -> None:
        at(summer, 15)
        news(15)
        circular = due_for(cast.admin).get()
        decide({circular.pk: 0}, by=cast.admin, move=HOLD, until=day(25))
        at(summer, 22)
        assert news(22) == set()
        assert not due_for(cast.admin)
        held_still = Proposal.objects.filter(held_until__gt=day(22), pk=circular.pk).filter(needed())
        assert held_still.exists()
        at(summer, 25)
        assert [(each.step, each.repeat) for each in due_for(cast.admin)] == [("circular", 1)]
