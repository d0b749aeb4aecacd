"""An item is moved while a sweep or a decision about it is under way: nobody hears of what was not recorded of it."""

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import User
from inspections import workflow
from inspections.models import Hazard
from notifications.models import Outgoing
from supervision.models import Escalation, Proposal, SweepRun
from supervision.proposals import APPROVE, decide
from supervision.sweep import sweep
from tests.cast import build_cast
from tests.factories import HazardFactory
from tests.together import at_once

pytestmark = [
    pytest.mark.usefixtures("on_postgresql", "summer"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
TODAY = dt.date(2026, 8, 3)
BLOCKED = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def day(offset: int) -> dt.date:
    return TODAY + dt.timedelta(days=offset)


def until(holds: Callable[[], bool]) -> None:
    last = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < last
        time.sleep(0.05)


def is_blocked() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(BLOCKED)
        return bool(cursor.fetchone()[0])


@transaction.atomic
def hold(barrier: Any, take: Callable[[], Any], moved: Hazard) -> None:
    """Keep what `take` takes until the item has been moved, then give it back."""
    take()
    barrier.wait(20)
    until(lambda: Hazard.objects.get(pk=moved.pk).version > moved.version)
    transaction.set_rollback(True)


def move_once_blocked(barrier: Any, moved: Hazard, due_on: dt.date) -> None:
    barrier.wait(20)
    until(is_blocked)
    workflow.amend(moved, by=User.objects.get(username="ll_admin"), reason="重新核定", due_on=due_on)


def sweep_while_moved(n: int, barrier: Any, moved: Hazard, other: Hazard) -> None:
    connection.ensure_connection()
    if n == 0:
        record = {"kind": "hazard", "item_id": other.pk, "due_on": other.due_on, "step": "remind-7", "level": 2993}
        run = SweepRun.objects.create(as_of=TODAY)
        take = lambda: Escalation.objects.create(**record, reached_at=run.started_at, announced=True, run=run)  # noqa: E731
        hold(barrier, take, moved)
    elif n == 1:
        move_once_blocked(barrier, moved, day(2))
    else:
        barrier.wait(20)
        sweep(TODAY)


def test_a_sweep_tells_nothing_of_a_deadline_that_it_did_not_record() -> None:
    cast = build_cast()
    moved, other = (
        HazardFactory(season=cast.season, lead_unit=cast.chengyuan, status="rectifying", due_on=day(6))
        for _ in range(2)
    )
    at_once(sweep_while_moved, moved, other, processes=3)
    # Seven days before the former deadline was recorded and taken back; three days before is for the next sweep.
    assert not Escalation.objects.filter(item_id=moved.pk).exists()
    assert not Outgoing.objects.filter(item_id=moved.pk).exists()
    sweep(TODAY)
    told = Outgoing.objects.filter(item_id=moved.pk).values_list("due_on", "step")
    assert set(told) == {(day(2), "remind-3")}


def decide_while_moved(n: int, barrier: Any, moved: Hazard) -> None:
    connection.ensure_connection()
    last = Proposal.objects.order_by("pk").last()
    assert last
    if n == 0:
        hold(barrier, lambda: Proposal.objects.filter(pk=last.pk).update(reason="…"), moved)
    elif n == 1:
        move_once_blocked(barrier, moved, day(2))
    else:
        barrier.wait(20)
        seen = dict(Proposal.objects.values_list("pk", "version"))
        decide(seen, by=User.objects.get(username="ll_inspector"), move=APPROVE)


def test_an_approval_tells_nothing_of_another_deadline() -> None:
    cast = build_cast()
    moved, other = (
        HazardFactory(season=cast.season, lead_unit=cast.chengyuan, status="rectifying", due_on=day(-3))
        for _ in range(2)
    )
    sweep(TODAY)
    assert Proposal.objects.order_by("pk")[0].item_id == moved.pk
    at_once(decide_while_moved, moved, processes=3)
    assert set(Proposal.objects.values_list("state", flat=True)) == {"approved"}
    told = Outgoing.objects.filter(key__startswith="approved:").values_list("item_id", "due_on")
    assert set(told) == {(other.pk, day(-3))}
