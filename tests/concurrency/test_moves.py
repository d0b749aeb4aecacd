"""Two people make a move on the same hazard at the same moment: one makes it, the other is told. And otherwise."""

from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from audit.models import AuditEntry
from common.concurrency import Stale
from inspections import workflow
from inspections.enums import Grade, HazardStatus
from inspections.models import Acceptance, Hazard
from inspections.rules import FIVE_FIELDS
from inspections.workflow import MoveRefused
from notifications.models import Message
from tests.cast import SUMMER_DAY, build_cast
from tests.factories import HazardFactory
from tests.together import at_once

pytestmark = [
    pytest.mark.usefixtures("on_postgresql", "summer"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
ROUNDS = 8
CONCLUSION = {"opinion": "合格", "inspectors": "杜导", "accepted_on": SUMMER_DAY}


def outcome(move: Any) -> str:
    try:
        move()
    except Stale:
        return "stale"
    except MoveRefused:
        return "refused"
    return "made"


def accept(n: int, barrier: Any, hazard_pk: int, user_pks: list[int]) -> str:
    """Both have read the hazard before either writes."""
    hazard = Hazard.objects.select_related("county", "season", "lead_unit").get(pk=hazard_pk)
    by = User.objects.select_related("unit__region").get(pk=user_pks[n])
    barrier.wait(20)
    return outcome(lambda: workflow.accept(hazard, by=by, **CONCLUSION))


@pytest.mark.parametrize("grade", [Grade.GENERAL, Grade.MAJOR])
def test_of_two_acceptors_at_once_one_is_stale(grade: Grade):
    cast = build_cast()
    people = [cast.inspector.pk, cast.inspector_2.pk]
    for _ in range(ROUNDS):
        hazard = HazardFactory(
            season=cast.season,
            lead_unit=cast.chengyuan,
            status=HazardStatus.AWAITING_ACCEPTANCE,
            grade=grade,
            **dict.fromkeys(FIVE_FIELDS, "已落实"),
        )
        assert sorted(at_once(accept, hazard.pk, people, processes=2)) == ["made", "stale"]
        hazard.refresh_from_db()
        first = HazardStatus.AWAITING_ACCEPTANCE if grade == Grade.MAJOR else HazardStatus.CLOSED
        assert (hazard.status, hazard.version) == (first, 1)
        assert hazard.acceptances.count() == 1
        assert AuditEntry.objects.of(hazard).count() == 1
    closed = 0 if grade == Grade.MAJOR else ROUNDS
    assert Message.objects.filter(recipient=cast.chengyuan_admin).count() == closed


def accept_unconditionally(n: int, barrier: Any, hazard_pk: int, user_pks: list[int]) -> str:
    """How it must not be done: look at the status, then write whatever is there by then."""
    hazard = Hazard.objects.get(pk=hazard_pk)
    barrier.wait(20)
    with transaction.atomic():
        if hazard.status != HazardStatus.AWAITING_ACCEPTANCE:
            return "refused"
        Acceptance.objects.create(
            hazard=hazard, round=1, attempt=1, conclusion="passed", by_id=user_pks[n], **CONCLUSION
        )
        Hazard.objects.filter(pk=hazard_pk).update(status=HazardStatus.CLOSED)
    return "made"


def test_control_without_the_condition_both_strike_it_off():
    cast = build_cast()
    hazard = HazardFactory(
        season=cast.season, lead_unit=cast.chengyuan, status=HazardStatus.AWAITING_ACCEPTANCE, acceptance_attempt=1
    )
    people = [cast.inspector.pk, cast.inspector_2.pk]
    assert at_once(accept_unconditionally, hazard.pk, people, processes=2) == ["made", "made"]
    assert hazard.acceptances.count() == 2


def sign_or_amend(n: int, barrier: Any, hazard_pk: int, user_pks: list[int]) -> str:
    """The company signs while the bureau gives the hazard to somebody else."""
    hazard = Hazard.objects.select_related("county", "season", "lead_unit").get(pk=hazard_pk)
    by = User.objects.select_related("unit__region").get(pk=user_pks[n])
    barrier.wait(20)
    if n == 0:
        return outcome(lambda: workflow.sign(hazard, by=by))
    return outcome(lambda: workflow.amend(hazard, by=by, reason="改派", responsible_person="赵新"))


def test_two_different_moves_at_once():
    cast = build_cast()
    people = [cast.chengyuan_admin.pk, cast.inspector.pk]
    for _ in range(ROUNDS):
        hazard = HazardFactory(season=cast.season, lead_unit=cast.chengyuan, status=HazardStatus.ISSUED)
        assert sorted(at_once(sign_or_amend, hazard.pk, people, processes=2)) == ["made", "stale"]
        hazard.refresh_from_db()
        signed = hazard.status == HazardStatus.RECTIFYING
        assert signed != (hazard.responsible_person == "赵新")


def ask_for_more_time(n: int, barrier: Any, hazard_pk: int, user_pks: list[int]) -> str:
    hazard = Hazard.objects.select_related("county", "season", "lead_unit").get(pk=hazard_pk)
    by = User.objects.select_related("unit__region").get(pk=user_pks[n])
    barrier.wait(20)
    later = hazard.due_on.replace(month=10)
    return outcome(
        lambda: workflow.request_extension(hazard, by=by, new_due_on=later, reason="晚到", interim_measures="巡检")
    )


def test_of_two_requests_for_an_extension_one_stays():
    cast = build_cast()
    people = [cast.chengyuan_admin.pk, cast.chengyuan_clerk.pk]
    for _ in range(ROUNDS):
        hazard = HazardFactory(season=cast.season, lead_unit=cast.chengyuan, status=HazardStatus.RECTIFYING)
        assert sorted(at_once(ask_for_more_time, hazard.pk, people, processes=2)) in (
            ["made", "refused"], ["made", "stale"],
        )  # fmt: skip
        assert hazard.extensions.count() == 1
