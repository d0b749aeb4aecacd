"""Several workers send at the same moment: each row once, nobody twice. And otherwise."""

import multiprocessing as mp
import os
import signal
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models import Count

from notifications import outbox
from notifications.models import Message, Outgoing, OutgoingState
from notifications.outbox import MOST_TAKE_UPS, Matter
from supervision.models import PolicyStep
from supervision.sweep import sweep
from tests.cast import build_cast
from tests.factories import HazardFactory
from tests.integration.supervision.conftest import DUE, day
from tests.together import at_once

pytestmark = [
    pytest.mark.usefixtures("on_postgresql", "summer"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
WORKERS, HAZARDS, PEOPLE = 4, 100, 5


@pytest.fixture
def waiting() -> int:
    """News in the outbox, each row to become a message of its own."""
    cast = build_cast()
    PolicyStep.objects.update(is_proposed=False)
    for _ in range(HAZARDS):
        HazardFactory(season=cast.season, lead_unit=cast.chengyuan, status="rectifying", due_on=DUE)
    sweep(day(3))
    Outgoing.objects.update(bundle="")
    count = Outgoing.objects.count()
    assert count == HAZARDS * PEOPLE
    return count


def send(n: int, barrier: Any) -> int:
    """How many rows one worker brought to their end."""
    connection.ensure_connection()
    barrier.wait(20)
    return outbox.deliver(seconds=60)


def test_each_row_is_sent_by_one_worker(waiting: int) -> None:
    found = at_once(send, processes=WORKERS)
    assert sum(found) == waiting
    assert Outgoing.objects.filter(state=OutgoingState.SENT).count() == waiting
    assert set(Outgoing.objects.values_list("attempts", flat=True)) == {0}
    assert Message.objects.count() == waiting


def die_of(pk: int) -> None:
    """Sends until it comes to that row, and is killed as the kernel kills who is out of memory."""
    matter = outbox._MATTERS["hazard"]

    def holding(rows: Any) -> set[int]:
        if pk in {row.pk for row in rows}:
            os.kill(os.getpid(), signal.SIGKILL)
        return matter.holding(rows)

    outbox._MATTERS["hazard"] = Matter("hazard", holding, matter.bundled)
    connections.close_all()
    outbox.deliver(seconds=60)


def test_a_row_that_kills_its_workers_is_given_up_and_the_others_go_out(waiting: int, summer: Any) -> None:
    bad = Outgoing.objects.earliest("pk")
    ended = []
    for _ in range(MOST_TAKE_UPS + 1):
        connections.close_all()
        worker = mp.get_context("fork").Process(target=die_of, args=(bad.pk,))
        worker.start()
        worker.join(60)
        ended.append(worker.exitcode)
        summer.shift(outbox.lease_time().total_seconds() + 1)
    assert ended == [-signal.SIGKILL] * MOST_TAKE_UPS + [0]
    assert list(Outgoing.objects.failed()) == [bad]
    assert Outgoing.objects.filter(state=OutgoingState.SENT).count() == Message.objects.count() == waiting - 1


def send_unclaimed(n: int, barrier: Any) -> int:
    """The same without claiming: look what is due, then send it. The message's key is not there to help."""
    connection.ensure_connection()
    rows = list(Outgoing.objects.filter(state=OutgoingState.WAITING).order_by("pk")[:HAZARDS])
    barrier.wait(20)
    for row in rows:
        Message.objects.create(recipient_id=row.recipient_id, key=f"{row.key}:{n}", subject=row.subject)
        Outgoing.objects.filter(pk=row.pk).update(state=OutgoingState.SENT)
    return len(rows)


def test_without_claiming_people_are_told_twice(waiting: int) -> None:
    at_once(send_unclaimed, processes=WORKERS)
    told = Message.objects.values("recipient", "subject").annotate(messages=Count("pk"))
    assert told.filter(messages__gt=1).exists()
