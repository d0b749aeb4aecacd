"""What comes back begins a ladder of its own, be the deadline the same."""

import datetime as dt
from typing import Any

import pytest

from inspections import workflow
from inspections.models import Hazard
from notifications.models import Message, Outgoing
from notifications.outbox import deliver
from supervision.models import Escalation, Proposal
from supervision.proposals import due_for
from supervision.selectors import ladder_of
from supervision.sweep import sweep
from tests.cast import Cast
from tests.integration.supervision.conftest import DUE, day

pytestmark = pytest.mark.django_db
REMINDER = "YH-2026-0001 距时限还有 2 天"


def at(summer: Any, offset: int) -> None:
    summer.move_to(dt.datetime.combine(day(offset), dt.time(2, 0), dt.UTC))


def come_back(hazard: Hazard, cast: Cast) -> None:
    """Struck off, and found again on the same day, with the same deadline."""
    Hazard.objects.filter(pk=hazard.pk).update(status="closed")
    hazard.refresh_from_db()
    workflow.reopen(hazard, by=cast.inspector, reason="同一处又漏", due_on=DUE)


def reminded() -> int:
    deliver()
    return Message.objects.filter(recipient=cast_clerk(), subject=REMINDER).count()


def cast_clerk() -> Any:
    return Hazard.objects.get().responsible_user


def test_each_round_is_reminded_of_its_own_deadline(cast: Cast, hazard: Hazard, summer: Any) -> None:
    at(summer, -2)
    sweep(day(-2))
    assert reminded() == 1
    come_back(hazard, cast)
    sweep(day(-2))
    assert reminded() == 2
    sweep(day(-2))
    assert reminded() == 2
    records = Escalation.objects.filter(item_id=hazard.pk).order_by("round", "level")
    assert list(records.values_list("round", "step")) == [
        (1, "remind-7"), (1, "remind-3"), (2, "remind-7"), (2, "remind-3"),
    ]  # fmt: skip


def test_what_was_not_sent_of_the_round_before_stays_unsent(cast: Cast, hazard: Hazard, summer: Any) -> None:
    at(summer, -2)
    sweep(day(-2))
    come_back(hazard, cast)
    assert reminded() == 0
    assert set(Outgoing.objects.values_list("round", "state")) == {(1, "dropped")}
    sweep(day(-2))
    assert reminded() == 1


def test_what_was_proposed_in_the_round_before_is_not_decided_about(cast: Cast, hazard: Hazard, summer: Any) -> None:
    at(summer, 3)
    sweep(day(3))
    assert due_for(cast.admin).count() == 1
    Hazard.objects.filter(pk=hazard.pk).update(round=2)
    assert due_for(cast.admin).count() == 0
    sweep(day(3))
    assert [proposal.round for proposal in due_for(cast.admin)] == [2]
    assert Proposal.objects.count() == 2


def test_the_ladder_shows_the_round_that_is_under_way(cast: Cast, hazard: Hazard, summer: Any) -> None:
    at(summer, -2)
    sweep(day(-2))
    come_back(hazard, cast)
    found = ladder_of(hazard)
    assert not [step for step in found.steps if step.reached_at]
    assert found.earlier == [(DUE, "提醒")]
    sweep(day(-2))
    assert [step.label for step in ladder_of(hazard).steps if step.reached_at] == [
        "提醒（到期前 7 天）", "提醒（到期前 3 天）",
    ]  # fmt: skip
    assert [record.round for record in Escalation.objects.order_by("pk").standing()] == [2]
