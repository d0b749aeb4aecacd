"""Several workers sweep at the same moment: one record for each key, one message for each person. And otherwise."""

import datetime as dt
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count

from common import clock
from complaints.models import Order
from complaints.services import build_order
from inspections.models import Hazard
from notifications.models import Outgoing
from supervision.models import Escalation, PolicyStep, SweepRun
from supervision.services import create_general_policy
from supervision.sweep import sweep
from tests.cast import build_cast
from tests.factories import HazardFactory
from tests.integration.supervision.conftest import DUE, day
from tests.integration.supervision.kept_files import add_kept_files, at, file_of
from tests.together import at_once

pytestmark = [
    pytest.mark.usefixtures("on_postgresql", "summer"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
WORKERS = 4
HAZARDS = 300
ORDERS = 100
ROUNDS = 5
STEPS = 4  # three days after the deadline


@pytest.fixture
def hazards() -> list[Hazard]:
    cast = build_cast()
    PolicyStep.objects.update(is_proposed=False)
    return [
        HazardFactory(season=cast.season, lead_unit=cast.chengyuan, status="rectifying", due_on=DUE)
        for _ in range(HAZARDS)
    ]  # fmt: skip


def run(n: int, barrier: Any, offset: int) -> tuple[int, int]:
    """What one worker recorded and announced."""
    connection.ensure_connection()
    barrier.wait(20)
    done = sweep(day(offset))
    return sum(done.new["hazard"].values()), done.announced


def duplicates() -> int:
    keys = Escalation.objects.values("kind", "item_id", "due_on", "step", "repeat").annotate(rows=Count("pk"))
    return keys.filter(rows__gt=1).count()


def test_exactly_one_record_for_each_key(hazards: list[Hazard]) -> None:
    for _ in range(ROUNDS):
        found = at_once(run, 3, processes=WORKERS)

        assert Escalation.objects.count() == HAZARDS * STEPS
        assert duplicates() == 0
        # What the workers say that they found adds up to what there is.
        assert tuple(map(sum, zip(*found, strict=True))) == (HAZARDS * STEPS, HAZARDS)
        # Two of the company, three of the bureau.
        assert Outgoing.objects.count() == HAZARDS * 5
        assert not SweepRun.objects.exclude(error="").exists()
        Outgoing.objects.all().delete()
        Escalation.objects.all().delete()


def test_workers_of_different_days_leave_no_step_out(hazards: list[Hazard]) -> None:
    at_once(run_of_day, processes=WORKERS)
    assert duplicates() == 0
    assert Escalation.objects.count() == HAZARDS * 5
    assert Escalation.objects.filter(step="talk", announced=True).count() == HAZARDS


def test_orders_are_recorded_once_too() -> None:
    cast = build_cast()
    start = clock.now()
    due = start + dt.timedelta(hours=24)
    Order.objects.bulk_create(
        build_order(
            season=cast.season, sequence=number, by=None, received_at=start, category="late_heating", content="不热",
            status="dispatched", company=cast.chengyuan, dispatched_at=start, due_at=due,
        )
        for number in range(ORDERS)
    )  # fmt: skip
    found = at_once(run_orders, due + dt.timedelta(hours=4), processes=WORKERS)
    # 提醒 before and at the limit, 催办 four hours after it.
    assert Escalation.objects.filter(kind="complaint").count() == sum(found) == ORDERS * 3
    assert duplicates() == 0
    # The company's head, the desk, three of the bureau.
    assert Outgoing.objects.filter(matter="complaint").count() == ORDERS * 5


def run_orders(n: int, barrier: Any, as_of: dt.datetime) -> int:
    connection.ensure_connection()
    barrier.wait(20)
    return sum(sweep(as_of).new["complaint"].values())


def run_of_day(n: int, barrier: Any) -> None:
    connection.ensure_connection()
    barrier.wait(20)
    sweep(day(n * 2 + 1))


# Two ways to find the same rows, in orders that run against each other.
PLANS = (
    "SET enable_mergejoin = off; SET enable_bitmapscan = off; SET enable_seqscan = off",
    "SET enable_mergejoin = off; SET enable_bitmapscan = off; SET enable_indexscan = off",
)


def run_by_plan(n: int, barrier: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(PLANS[n % 2])
    barrier.wait(20)
    sweep(day(3))


def test_workers_that_find_the_rows_in_different_orders_do_not_block_each_other(hazards: list[Hazard]) -> None:
    for place, hazard in enumerate(hazards):
        Hazard.objects.filter(pk=hazard.pk).update(due_on=day(-(place % 200) - 20))
    for _ in range(3 * ROUNDS):
        at_once(run_by_plan, processes=WORKERS)
        assert not SweepRun.objects.exclude(error="").exists()
        assert duplicates() == 0
        # The six steps, and the latest repetition of the last one.
        assert Escalation.objects.count() == HAZARDS * 7
        Escalation.objects.all().delete()


def run_at(n: int, barrier: Any, now: str) -> tuple[int, int]:
    """As `run`, of the files, as of a moment."""
    connection.ensure_connection()
    barrier.wait(20)
    done = sweep(at(now))
    return sum(done.new["kept"].values()), done.announced


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> None:
    """One every minute of five hours, each to be fetched in time."""
    cast = build_cast()
    add_kept_files(monkeypatch)
    create_general_policy("kept", by=cast.city_admin)
    for minute in range(HAZARDS):
        file_of(cast.chengyuan_clerk, f"2026-08-20 {12 + minute // 60}:{minute % 60:02}")


def test_of_deadlines_that_are_moments_each_is_recorded_once(files: None) -> None:
    """From 12:00 to 16:59: at 15:00 all are two hours away or less, 181 have come, 121 are an hour past."""
    for _ in range(ROUNDS):
        found = at_once(run_at, "2026-08-20 15:00", processes=WORKERS)
        assert Escalation.objects.filter(kind="kept").count() == 300 + 181 + 121
        assert duplicates() == 0
        assert tuple(map(sum, zip(*found, strict=True))) == (300 + 181 + 121, HAZARDS)
        assert not SweepRun.objects.exclude(error="").exists()
        assert run_at(0, Barrier(1), "2026-08-20 15:00") == (0, 0)
        Outgoing.objects.all().delete()
        Escalation.objects.all().delete()


def test_control_without_the_unique_key_there_are_duplicates(hazards: list[Hazard]) -> None:
    constraint = next(one for one in Escalation._meta.constraints if one.name == "escalation_once")
    with connection.schema_editor() as editor:
        editor.remove_constraint(Escalation, constraint)
    try:
        at_once(run, 3, processes=WORKERS)
        assert duplicates() > 0
    finally:
        Escalation.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(Escalation, constraint)
