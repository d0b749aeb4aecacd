"""Several workers sweep coal at the same moment: each duty is written once, each step recorded once. And otherwise.

Every company is behind a milestone, owes the reports of two days, and has coal for too few days.
"""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection, models, transaction
from django.db.models import Count

from accounts.roles import COMPANY_CLERK
from coal.bookkeeping import count
from coal.duties import cover, milestones, reports
from coal.models import CoverGap, MilestoneDuty, ReportDuty
from notifications.models import Outgoing
from supervision.models import Escalation, SweepRun
from supervision.sweep import sweep
from tests.cast import build_cast
from tests.coal_factories import make_estimate, make_target
from tests.factories import UnitFactory, UserFactory, YardFactory
from tests.together import at_once

pytestmark = [
    pytest.mark.usefixtures("on_postgresql"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
WORKERS, ROUNDS, COMPANIES = 4, 5, 12
# 11:00 in Shanghai on the third day of heating; the yards' books begin on the first.
NOW = dt.datetime(2026, 11, 17, 3, tzinfo=dt.UTC)
DUTIES: tuple[tuple[type[models.Model], tuple[str, ...], int], ...] = (
    (MilestoneDuty, ("company", "season", "kind", "due_on"), COMPANIES),
    (ReportDuty, ("company", "day"), 2 * COMPANIES),
    (CoverGap, ("company",), COMPANIES),
)
NOTES = (milestones.note, reports.note, cover.note)
CONTROLS = [(model, key, note) for (model, key, _), note in zip(DUTIES, NOTES, strict=True)]
# Of a company: six steps of the milestone and the latest repetition; two steps of the older report, one of the newer;
# one of the gap.
RECORDS = {"coal_milestone": 7 * COMPANIES, "coal_report": 3 * COMPANIES, "coal_cover": COMPANIES}


@pytest.fixture(autouse=True)
def _companies() -> Any:
    with time_machine.travel(NOW, tick=False):
        cast = build_cast()
        for number in range(COMPANIES):
            company = UnitFactory(region=cast.county, name=f"{number}号热力")
            clerk = UserFactory(unit=company, role=COMPANY_CLERK)
            make_target(make_estimate(company=company, season=cast.season, by=clerk), status="approved")
            yard = YardFactory(company=company, capacity_t=Decimal(9_000))
            count(yard, by=clerk, day=dt.date(2026, 11, 15), quantity_t=Decimal(1_000))
        yield


def run(n: int, barrier: Any) -> dict[str, int]:
    """How many records a worker made, by kind."""
    connection.ensure_connection()
    barrier.wait(20)
    return {kind: sum(steps.values()) for kind, steps in sweep(NOW).new.items()}


def doubles(model: type[models.Model], key: tuple[str, ...]) -> int:
    rows = model._default_manager.order_by().values(*key).annotate(rows=Count("pk"))
    return rows.filter(rows__gt=1).count()


def clear() -> None:
    for model in (Outgoing, Escalation, SweepRun, *(model for model, _, _ in DUTIES)):
        model._default_manager.all().delete()


def test_each_duty_and_each_record_once() -> None:
    for _ in range(ROUNDS):
        found = at_once(run, processes=WORKERS)
        assert not SweepRun.objects.exclude(error="").exists()
        assert {model: (model._default_manager.count(), doubles(model, key)) for model, key, _ in DUTIES} == {
            model: (rows, 0) for model, _, rows in DUTIES
        }
        # What the workers say that they found adds up to what there is.
        assert {kind: sum(each[kind] for each in found) for kind in RECORDS} == RECORDS
        assert {kind: Escalation.objects.filter(kind=kind).count() for kind in RECORDS} == RECORDS
        assert doubles(Escalation, ("kind", "item_id", "due_on", "due_minute", "round", "step", "repeat")) == 0
        assert doubles(Outgoing, ("recipient", "key")) == 0
        clear()


def prepare(n: int, barrier: Any, note: Callable[[dt.date], None]) -> None:
    """What comes first in a sweep of the kind, alone: whoever has lined up once does not race any more."""
    connection.ensure_connection()
    barrier.wait(20)
    with transaction.atomic():
        note(NOW.date())


@pytest.mark.parametrize(("model", "key", "note"), CONTROLS)
def test_control_without_the_unique_key_there_are_doubles(
    model: type[models.Model], key: tuple[str, ...], note: Callable[[dt.date], None]
) -> None:
    [constraint] = [each for each in model._meta.constraints if each.name.endswith("_once")]
    with connection.schema_editor() as editor:
        editor.remove_constraint(model, constraint)
    try:
        for _ in range(2 * ROUNDS):
            at_once(prepare, note, processes=WORKERS)
            if found := doubles(model, key):
                break
            clear()
        assert found > 0
    finally:
        clear()
        with connection.schema_editor() as editor:
            editor.add_constraint(model, constraint)
