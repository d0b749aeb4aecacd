"""What was not sent because its item was at rest just then is said once the item is watched again; and only then."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection

from inspections import workflow
from inspections.models import Hazard
from notifications.models import Message, Outgoing
from notifications.outbox import deliver
from supervision.models import Proposal
from supervision.proposals import APPROVE, decide
from supervision.sweep import sweep
from tests.cast import Cast
from tests.hazards import add_photo
from tests.integration.supervision.conftest import News, day
from tests.integration.supervision.policies import change, general

pytestmark = pytest.mark.django_db


def at(summer: Any, offset: int) -> None:
    summer.move_to(dt.datetime.combine(day(offset), dt.time(2, 0), dt.UTC))


def ask_for_acceptance(hazard: Hazard, cast: Cast) -> None:
    hazard.refresh_from_db()
    add_photo(hazard)
    workflow.request_acceptance(hazard, by=cast.chengyuan_clerk, note="已换管")


def refuse(hazard: Hazard, cast: Cast, offset: int) -> None:
    hazard.refresh_from_db()
    workflow.reject(hazard, by=cast.inspector, opinion="仍渗水", inspectors="杜导", accepted_on=day(offset))


def sent() -> News:
    """What lies in the inboxes now, of deadlines; it is then forgotten."""
    deliver()
    found = Message.objects.filter(subject__contains="逾期") | Message.objects.filter(subject__contains="距时限")
    told = set(found.values_list("recipient__username", "subject"))
    Message.objects.all().delete()
    return told


def test_refused_acceptance_brings_back_what_was_dropped(cast: Cast, hazard: Hazard, summer: Any) -> None:
    at(summer, 1)
    sweep(day(1))
    ask_for_acceptance(hazard, cast)
    assert sent() == set()
    sweep(day(1))
    assert sent() == set(), "it still waits for acceptance"
    at(summer, 2)
    refuse(hazard, cast, 2)
    sweep(day(2))
    assert sent() == {(who, "YH-2026-0001 逾期 2 天，请抓紧整改") for who in ("cy_admin", "ll_inspector")}
    sweep(day(2))
    assert sent() == set()


def test_settled_for_good_it_stays_unsaid(cast: Cast, hazard: Hazard, summer: Any) -> None:
    at(summer, 1)
    sweep(day(1))
    workflow.void(hazard, by=cast.admin, reason="重复登记")
    assert sent() == set()
    sweep(day(2))
    assert sent() == set()
    assert set(Outgoing.objects.values_list("state", flat=True)) == {"dropped"}


def test_a_severer_step_takes_its_place(cast: Cast, hazard: Hazard, summer: Any) -> None:
    at(summer, 1)
    sweep(day(1))
    ask_for_acceptance(hazard, cast)
    assert sent() == set()
    at(summer, 3)
    refuse(hazard, cast, 3)
    sweep(day(3))
    assert sent() == {("ll_inspector", "YH-2026-0001 逾期 3 天，督办单待审批")}


def test_a_reminder_is_of_no_use_after_the_deadline(cast: Cast, hazard: Hazard, summer: Any) -> None:
    change(general(), cast.city_admin, urge={"amount": 2})
    at(summer, -3)
    sweep(day(-3))
    ask_for_acceptance(hazard, cast)
    assert sent() == set()
    at(summer, 1)
    refuse(hazard, cast, 1)
    sweep(day(1))
    assert sent() == set()


def test_what_was_approved_is_told_once_it_holds_again(cast: Cast, hazard: Hazard, summer: Any) -> None:
    at(summer, 3)
    sweep(day(3))
    sent()
    decide({Proposal.objects.get().pk: 0}, by=cast.admin, move=APPROVE)
    ask_for_acceptance(hazard, cast)
    assert sent() == set()
    at(summer, 4)
    refuse(hazard, cast, 4)
    sweep(day(4))
    subject = "YH-2026-0001 逾期 4 天，已列入督办"
    assert sent() == {(who, subject) for who in ("cy_admin", "cy_clerk", "ll_inspector")}


def test_what_waits_for_approval_is_said_again_and_nothing_else(cast: Cast, hazard: Hazard, summer: Any) -> None:
    at(summer, 3)
    sweep(day(3))
    ask_for_acceptance(hazard, cast)
    assert sent() == set()
    at(summer, 4)
    refuse(hazard, cast, 4)
    sweep(day(4))
    assert sent() == {("ll_inspector", "YH-2026-0001 逾期 4 天，督办单待审批")}


def give_away(hazard: Hazard, cast: Cast) -> None:
    """To another company, with the same deadline."""
    hazard.refresh_from_db()
    workflow.amend(hazard, by=cast.admin, reason="管段移交", lead_unit=cast.beiyuan, responsible_person="李建民")


def test_a_proposal_about_another_unit_is_not_announced_again_and_again(
    cast: Cast, hazard: Hazard, summer: Any
) -> None:
    at(summer, 3)
    sweep(day(3))
    give_away(hazard, cast)
    assert sent() == set()
    (dropped,) = Outgoing.objects.all()
    sweep(day(3))
    assert list(Outgoing.objects.values_list("pk", "state")) == [(dropped.pk, "dropped")]


def test_what_was_approved_for_one_unit_is_not_told_to_the_next(cast: Cast, hazard: Hazard, summer: Any) -> None:
    at(summer, 3)
    sweep(day(3))
    sent()
    decide({Proposal.objects.get().pk: 0}, by=cast.admin, move=APPROVE)
    give_away(hazard, cast)
    assert sent() == {("ll_inspector", "YH-2026-0001 逾期 3 天，已列入督办")}
    sweep(day(3))
    assert sent() == set()


def test_what_a_step_no_longer_reaches_waits_for_it(cast: Cast, hazard: Hazard, summer: Any) -> None:
    at(summer, 1)
    sweep(day(1))
    ask_for_acceptance(hazard, cast)
    assert sent() == set()
    change(general(), cast.city_admin, urge={"amount": 5}, notice={"amount": 6})
    at(summer, 3)
    refuse(hazard, cast, 3)
    for offset in (3, 4):
        at(summer, offset)
        sweep(day(offset))
        assert sent() == set()
    at(summer, 5)
    sweep(day(5))
    assert sent() == {(who, "YH-2026-0001 逾期 5 天，请抓紧整改") for who in ("cy_admin", "ll_inspector")}


def test_another_unit_is_not_told_of_the_step_of_the_one_before(cast: Cast, hazard: Hazard, summer: Any) -> None:
    at(summer, 1)
    sweep(day(1))
    hazard.refresh_from_db()
    workflow.amend(
        hazard, by=cast.admin, reason="移交", lead_unit=cast.beiyuan, responsible_person="北员", responsible_phone="1"
    )  # fmt: skip
    deliver()
    Message.objects.all().delete()
    sweep(day(1))
    assert sent() == set()


def test_a_proposal_of_which_nobody_was_told_is_put_before_the_bureau_anew(
    cast: Cast, hazard: Hazard, summer: Any
) -> None:
    """The deadline is moved between the proposal and the news of it, and later back again."""
    due_on = hazard.due_on

    def move_first(execute: Any, sql: str, *arguments: Any) -> Any:
        if sql.startswith('INSERT INTO "notifications_outgoing"'):
            Hazard.objects.filter(pk=hazard.pk).update(due_on=day(30))
        return execute(sql, *arguments)

    at(summer, 3)
    with connection.execute_wrapper(move_first):
        sweep(day(3))
    assert not Proposal.objects.exists() and not Outgoing.objects.exists()
    Hazard.objects.filter(pk=hazard.pk).update(due_on=due_on)
    sweep(day(3))
    assert Proposal.objects.count() == 1
    assert {subject for _, subject in sent()} == {"YH-2026-0001 逾期 3 天，督办单待审批"}
