"""News of a sweep on its way into the inboxes: looked at once more, once for each person, and never lost."""

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection

from common import clock
from inspections import workflow
from inspections.models import Hazard
from notifications import outbox
from notifications.models import Message, Outgoing, OutgoingState
from notifications.outbox import claim, deliver, try_again
from supervision.models import Policy, PolicyStep, Proposal
from supervision.proposals import APPROVE, decide
from supervision.sweep import sweep
from tests.cast import Cast
from tests.factories import HazardFactory
from tests.integration.supervision.conftest import DUE, day
from tests.integration.supervision.conftest import by_itself as by_itself
from tests.integration.supervision.conftest import hazard as hazard
from tests.integration.supervision.policies import change, general

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("by_itself")]


def states() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for state, username in Outgoing.objects.values_list("state", "recipient__username"):
        found.setdefault(state, set()).add(username)
    return found


def late_hazards(cast: Cast, count: int) -> list[Hazard]:
    return [
        HazardFactory(
            season=cast.season, lead_unit=cast.chengyuan, status="rectifying", due_on=DUE, supervisor=cast.inspector
        )
        for _ in range(count)
    ]  # fmt: skip


def test_a_sweep_writes_what_is_to_be_told_and_sending_puts_it_into_the_inboxes(hazard: Hazard) -> None:
    sweep(day(3))
    assert not Message.objects.exists()
    assert states() == {"waiting": {"cy_admin", "cy_clerk", "ll_inspector"}}
    assert deliver() == 3
    assert states() == {"sent": {"cy_admin", "cy_clerk", "ll_inspector"}}
    assert {message.outgoing.get().key for message in Message.objects.all()} == {
        f"sweep:hazard:{hazard.pk}:{DUE}:notice"
    }
    assert deliver() == 0


def test_what_has_been_settled_meanwhile_is_not_sent(cast: Cast, hazard: Hazard) -> None:
    sweep(day(1))
    workflow.void(hazard, by=cast.admin, reason="重复登记")
    Message.objects.all().delete()
    deliver()
    assert set(states()) == {"dropped"}
    assert not Message.objects.exists()


def test_of_a_hazard_that_has_gone_to_another_unit_only_those_learn_whom_it_still_concerns(
    cast: Cast, hazard: Hazard
) -> None:
    sweep(day(3))
    workflow.amend(hazard, by=cast.inspector, reason="管段移交", lead_unit=cast.beiyuan, responsible_person="白苑")
    deliver()
    assert states() == {"dropped": {"cy_admin", "cy_clerk"}, "sent": {"ll_inspector"}}


def test_a_deadline_that_was_moved_leaves_the_old_news_unsent(cast: Cast, hazard: Hazard) -> None:
    sweep(day(1))
    workflow.amend(hazard, by=cast.inspector, reason="材料未到", due_on=day(30))
    deliver()
    assert set(states()) == {"dropped"}


def test_a_repetition_that_was_not_sent_before_the_next_one_is_left_out(hazard: Hazard) -> None:
    sweep(day(22))
    sweep(day(29))
    deliver()
    kept = Outgoing.objects.values_list("state", "repeat").order_by("repeat").distinct()
    assert list(kept) == [("dropped", 1), ("sent", 2)]


def test_what_a_new_version_tells_other_people_is_not_sent_to_those_of_the_old_one(cast: Cast, hazard: Hazard) -> None:
    sweep(day(3))
    change(general(), cast.city_admin, notice={"tells_company": False, "tells_bureau_leader": True})
    deliver()
    assert states() == {"dropped": {"cy_admin", "cy_clerk"}, "sent": {"ll_inspector"}}


def test_a_grade_with_a_ladder_of_its_own_decides_when_it_has_changed_meanwhile(cast: Cast, hazard: Hazard) -> None:
    change(Policy.objects.get(grade="major"), cast.city_admin, notice=None)
    sweep(day(3))
    Hazard.objects.filter(pk=hazard.pk).update(grade="major")
    deliver()
    assert set(states()) == {"dropped"}


def test_much_news_for_one_person_is_one_message_that_lists_it(cast: Cast, summer: Any) -> None:
    late_hazards(cast, 5)
    sweep(day(1))
    deliver()
    [message] = Message.objects.filter(recipient=cast.inspector)
    assert message.subject == "到期检查：5 条隐患需要关注（催办 5）"
    assert message.body.count("逾期 1 天") == 5
    assert message.path == "/supervision/"
    assert message.outgoing.count() == 5


def test_all_that_one_message_lists_is_found_with_its_link(cast: Cast, summer: Any, client_as: Any) -> None:
    hazards = late_hazards(cast, 53)
    HazardFactory(season=cast.season, lead_unit=cast.beiyuan, status="rectifying", due_on=DUE, supervisor=cast.admin)
    sweep(day(1))
    deliver()
    [message] = Message.objects.filter(recipient=cast.inspector)
    assert message.body.endswith("\n……共 53 条，打开可看全部")
    client = client_as(cast.inspector)
    opened = client.get(f"/messages/{message.pk}/open/")
    assert (opened.status_code, opened["Location"]) == (302, f"/messages/{message.pk}/")
    message.refresh_from_db()
    assert message.read_at == clock.now()
    pages = [client.get(f"/messages/{message.pk}/?page={n}").content.decode() for n in (1, 2)]
    linked = [set(re.findall(r'href="(/hazards/\d+/)"', page)) for page in pages]
    assert [len(found) for found in linked] == [50, 3]
    assert set.union(*linked) == {f"/hazards/{hazard.pk}/" for hazard in hazards}
    assert message.subject in pages[0] and 'href="/supervision/"' in pages[0]
    assert client_as(cast.admin).get(f"/messages/{message.pk}/").status_code == 404


def test_what_was_approved_together_is_found_too(cast: Cast, summer: Any, client_as: Any) -> None:
    PolicyStep.objects.filter(code="notice").update(is_proposed=True)
    hazards = late_hazards(cast, 5)
    sweep(day(3))
    proposals = Proposal.objects.all()
    assert proposals.count() == 5
    decide({each.pk: each.version for each in proposals}, move=APPROVE, by=cast.admin)
    deliver()
    [message] = Message.objects.filter(recipient=cast.chengyuan_admin)
    page = client_as(cast.chengyuan_admin).get(f"/messages/{message.pk}/open/", follow=True).content.decode()
    assert message.subject == "督办审批：5 条隐患需要关注（督办单 5）"
    assert all(f'"/hazards/{hazard.pk}/"' in page for hazard in hazards)


def test_one_message_for_one_thing_leads_straight_to_it(hazard: Hazard, cast: Cast, client_as: Any) -> None:
    sweep(day(3))
    deliver()
    message = Message.objects.get(recipient=cast.inspector)
    opened = client_as(cast.inspector).get(f"/messages/{message.pk}/open/")
    assert opened["Location"] == f"/hazards/{hazard.pk}/"


def test_a_few_news_stay_messages_of_their_own(cast: Cast, summer: Any) -> None:
    late_hazards(cast, 3)
    sweep(day(1))
    deliver()
    assert Message.objects.filter(recipient=cast.inspector).count() == 3


def test_what_a_killed_worker_had_is_taken_up_again_once_its_lease_is_over(hazard: Hazard, summer: Any) -> None:
    sweep(day(3))
    assert len(claim()) == 3
    assert deliver() == 0
    summer.shift(outbox.lease_time().total_seconds() + 1)
    assert deliver() == 3
    assert Message.objects.count() == 3


def test_a_worker_that_lost_its_lease_sends_nothing(hazard: Hazard, summer: Any) -> None:
    sweep(day(3))
    slow = claim()
    summer.shift(outbox.lease_time().total_seconds() + 1)
    deliver()
    assert outbox._send(slow) == 0
    assert Message.objects.count() == 3


def poisoned(person: Any) -> Any:
    """Messages to this person cannot be written."""

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith('INSERT INTO "notifications_message"') and person.pk in (params or ()):
            raise RuntimeError("收件箱写不进去")
        return execute(sql, params, many, context)

    return wrapper


def test_what_cannot_be_sent_stops_nothing_else_is_tried_again_later_and_given_up_visibly(
    cast: Cast, hazard: Hazard, summer: Any
) -> None:
    sweep(day(3))
    with connection.execute_wrapper(poisoned(cast.inspector)):
        assert deliver() == 2
        waiting = Outgoing.objects.get(state=OutgoingState.WAITING)
        assert (waiting.attempts, waiting.last_error) == (1, "RuntimeError: 收件箱写不进去")
        assert waiting.due_at == clock.now() + dt.timedelta(seconds=30)
        assert deliver() == 0
        pauses = []
        for _ in range(outbox.MOST_ATTEMPTS - 1):
            waiting.refresh_from_db()
            pauses.append((waiting.due_at - clock.now()).total_seconds())
            summer.move_to(waiting.due_at)
            deliver()
    assert pauses == [30, 60, 120, 240, 480, 960, 1920]
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempts) == (OutgoingState.FAILED, outbox.MOST_ATTEMPTS)
    assert try_again([waiting]) == 1
    assert deliver() == 1
    assert Message.objects.filter(recipient=cast.inspector).count() == 1


def test_one_that_cannot_be_sent_does_not_hold_up_its_bundle(cast: Cast, summer: Any, monkeypatch: Any) -> None:
    late_hazards(cast, 5)
    sweep(day(1))
    bad = Outgoing.objects.filter(recipient=cast.inspector).first()
    assert bad
    holding = outbox._MATTERS["hazard"].holding

    def broken(rows: Any) -> set[int]:
        if bad.pk in {row.pk for row in rows}:
            raise ValueError("坏行")
        return holding(rows)

    monkeypatch.setitem(outbox._MATTERS, "hazard", outbox.Matter("hazard", broken, outbox._MATTERS["hazard"].bundled))
    deliver()
    # It may pass by itself: the bundle waits as a whole first.
    assert Outgoing.objects.filter(recipient=cast.inspector, state=OutgoingState.WAITING).count() == 5
    for _ in range(outbox.TOGETHER_ATTEMPTS):
        summer.move_to(Outgoing.objects.filter(state=OutgoingState.WAITING).latest("due_at").due_at)
        deliver()
    assert Message.objects.filter(recipient=cast.inspector).count() == 4
    assert Outgoing.objects.get(state=OutgoingState.WAITING).pk == bad.pk


def test_an_error_that_passes_leaves_the_bundle_one_message(cast: Cast, summer: Any) -> None:
    late_hazards(cast, 40)
    sweep(day(1))
    with connection.execute_wrapper(poisoned(cast.inspector)):
        deliver()
    assert not Message.objects.filter(recipient=cast.inspector).exists()
    summer.shift(31)
    deliver()
    assert Message.objects.filter(recipient=cast.inspector).count() == 1


def test_a_reminder_is_not_sent_once_the_deadline_has_passed(hazard: Hazard, summer: Any) -> None:
    sweep(day(-3))
    summer.move_to(dt.datetime.combine(day(1), dt.time(4), tzinfo=dt.UTC))
    deliver()
    assert set(states()) == {"dropped"}
