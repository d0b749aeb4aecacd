"""The sweep over deadlines: what has been reached is recorded once, by a unique key, and the people concerned are told.

Set-based: one INSERT … SELECT per step, whatever the number of items. It may run twice, late, several times at once,
or be killed half-way: each run writes what is missing. A step counts as reached once `due + offset ≤ as_of`, so that
missed days are caught up; of several steps that an item reaches at once all are recorded and the highest is announced.
"""

import datetime as dt
import logging
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import Case, CharField, DateTimeField, Exists, F, OuterRef, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Concat

from common import clock
from common.insert_select import DaysBetween, insert_select
from notifications.outbox import queue_selected
from supervision.enums import Measure
from supervision.kinds import KINDS, Kind
from supervision.models import Escalation, PolicyStep, SweepRun
from supervision.policy import Rung, rungs

logger = logging.getLogger(__name__)
RECORDED = ("kind", "item_id", "due_on", "step", "level", "reached_at", "announced", "run")


def sweep(as_of: dt.date) -> SweepRun:
    """Check every deadline as of that day; the run with what was new. Each kind is one transaction.

    An error leaves nothing of its kind behind, is kept with the run, and is raised.
    """
    run = SweepRun.objects.create(as_of=as_of)
    new: dict[str, dict[str, int]] = {}
    try:
        for kind in KINDS.values():
            with transaction.atomic():
                new[kind.name] = _sweep_kind(kind, run)
    except Exception as error:
        _finish(run, new, error=f"{type(error).__name__}: {error}")
        logger.exception("the sweep as of %s failed", as_of)
        raise
    _finish(run, new)
    return run


def _finish(run: SweepRun, new: dict[str, dict[str, int]], error: str = "") -> None:
    run.new, run.error, run.finished_at = new, error, clock.now()
    run.announced = run.escalations.filter(announced=True).count() if any(new.values()) else 0
    run.save(update_fields=["new", "error", "finished_at", "announced"])


def _sweep_kind(kind: Kind, run: SweepRun) -> dict[str, int]:
    """How many items have newly reached each step, by the step's code; steps without any are left out.

    From the severest step down: what is recorded above a step keeps it from being announced.
    """
    new: dict[str, int] = {}
    for rung in reversed(rungs(kind)):
        step, reached = rung.step, _reached(kind, rung, run.as_of)
        announced = _record(kind, step, _to_announce(kind, step, reached, run.as_of), run, announced=True)
        if announced:
            _announce(kind, step, reached, run)
        silent = _record(kind, step, reached, run, announced=False)
        if announced or silent:
            new[step.code] = new.get(step.code, 0) + announced + silent
    # At the end: sweeps that run at once have lined up at the keys above.
    kind.record_overdue(run.as_of)
    return new


def _reached(kind: Kind, rung: Rung, as_of: dt.date) -> QuerySet[Any]:
    cutoff = as_of - dt.timedelta(days=rung.step.offset_days)
    return rung.among(kind, kind.watched().filter(**{f"{kind.due}__lte": cutoff}))


def _to_announce(kind: Kind, step: PolicyStep, reached: QuerySet[Any], as_of: dt.date) -> QuerySet[Any]:
    """Those of the items with no severer step on record. A reminder is of no use once the deadline has passed."""
    highest = reached.filter(~Exists(_records(kind).filter(level__gt=step.level)))
    return highest.filter(**{f"{kind.due}__gte": as_of}) if step.offset_days < 0 else highest


def _records(kind: Kind) -> QuerySet[Escalation]:
    """What is on record for an item's present deadline."""
    return Escalation.objects.filter(kind=kind.name, item_id=OuterRef("pk"), due_on=OuterRef(kind.due)).order_by()


def _record(kind: Kind, step: PolicyStep, items: QuerySet[Any], run: SweepRun, *, announced: bool) -> int:
    """Record the step for those of the items that have not got it yet; how many that were."""
    rows = items.filter(~Exists(_records(kind).filter(step=step.code))).values_list(
        Value(kind.name),
        "pk",
        kind.due,
        Value(step.code),
        Value(step.level),
        Value(run.started_at, output_field=DateTimeField()),
        Value(announced),
        Value(run.pk),
    )
    return insert_select(Escalation, RECORDED, rows, line_up_by="item_id")


def _announce(kind: Kind, step: PolicyStep, reached: QuerySet[Any], run: SweepRun) -> None:
    """One message to each person concerned, for each item that this run announces at this step."""
    announced = run.escalations.filter(kind=kind.name, step=step.code, announced=True).order_by()
    items = reached.filter(pk__in=announced.values("item_id")).order_by()
    due = Cast(kind.due, CharField())
    text = {
        "key": Concat(Value(f"sweep:{kind.name}:"), Cast("pk", CharField()), Value(":"), due, Value(f":{step.code}")),
        "subject": _subject(kind, step, run.as_of),
        "body": Concat(kind.text, Value("\n时限 "), due, output_field=TextField()),
        "path": kind.path,
        "item_id": F("pk"),
    }
    if kind.due != "due_on":
        text["due_on"] = F(kind.due)
    parts = [part.annotate(**text) for part in people_of(kind, step, items)]
    queue_selected(*parts, matter=kind.name, step=step.code, bundle=f"sweep:{run.pk}")


def people_of(kind: Kind, step: PolicyStep, items: QuerySet[Any]) -> Iterator[QuerySet[Any]]:
    """The items with each of their people whom the step tells, as `recipient`."""
    for flag in step.audience:
        yield from kind.recipients[flag](items)


def _subject(kind: Kind, step: PolicyStep, as_of: dt.date) -> Concat:
    """YH-2026-0001 距时限还有 3 天 / YH-2026-0001 逾期 3 天，已列入督办"""
    if step.offset_days > 0:
        days = Cast(DaysBetween(as_of, F(kind.due)), CharField())
        return Concat(kind.title, Value(" 逾期 "), days, Value(f" 天，{Measure(step.measure).news}"))
    left = Cast(DaysBetween(F(kind.due), as_of), CharField())
    return Concat(
        kind.title,
        Case(
            When(**{kind.due: as_of}, then=Value(" 今天到期")),
            default=Concat(Value(" 距时限还有 "), left, Value(" 天")),
        ),
    )
