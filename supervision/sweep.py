"""The sweep over deadlines: what has been reached is recorded once, by a unique key, and the people concerned are told.

Set-based: one INSERT … SELECT for each kind (`recording.py`), whatever the number of items, and one for the news of
each step. It may run twice, late, several times at once, or be killed half-way: each run writes what is missing. What a
step has been reached by is one cutoff (`ladder.py`), so that missed days are caught up; of several steps that an item
reaches at once all are recorded and the highest is announced. Of a step that repeats the latest repetition is recorded:
those that nobody saw are not made up for.
"""

import datetime as dt
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Case, CharField, F, IntegerField, Min, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from common import clock
from common.insert_select import DaysBetween
from common.workdays import Calendar, end_of
from notifications.outbox import queue_selected
from supervision import ladder
from supervision.enums import Measure, OffsetUnit, measure_of
from supervision.kinds import KINDS, Kind
from supervision.models import PolicyStep, SweepRun
from supervision.policy import Ladder, ladders
from supervision.recording import reached_rows, record
from supervision.working_days import working_calendar

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Moment:
    """What a run judges by: the day, the moment on it (its end for a day that is not today), and the calendar."""

    as_of: dt.date
    now: dt.datetime
    calendar: Calendar


def moment_of_day(as_of: dt.date, calendar: Calendar) -> Moment:
    now = clock.now() if as_of == clock.today() else end_of(as_of) - ladder.ONE_TICK
    return Moment(as_of, now, calendar)


def sweep(as_of: dt.date) -> SweepRun:
    """Check every deadline as of that day; the run with what was new. Each kind is one transaction.

    An error leaves nothing of its kind behind, is kept with the run, and is raised.
    """
    run = SweepRun.objects.create(as_of=as_of)
    new: dict[str, dict[str, int]] = {}
    try:
        moment = moment_of_day(as_of, working_calendar())
        for kind in KINDS.values():
            with transaction.atomic():
                new[kind.name] = _sweep_kind(kind, run, moment)
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


def _sweep_kind(kind: Kind, run: SweepRun, moment: Moment) -> dict[str, int]:
    """How many items have newly reached each step, by the step's code; steps without any are left out."""
    new: dict[str, int] = {}
    earliest = kind.watched().aggregate(earliest=Min(kind.due))["earliest"]
    climbed = [found for each in ladders(kind) for found in _climb(kind, each, moment, earliest)] if earliest else []
    rows = [reached_rows(kind, step, reached, moment.as_of) for step, _, reached in climbed]
    for found in record(kind, rows, run):
        new[found.step] = new.get(found.step, 0) + found.count
        if found.announced:
            for step, repeats, reached in climbed:
                if (step.code, repeats) == (found.step, found.is_repeat):
                    _announce(kind, step, reached, run, moment, repeats=repeats)
    # At the end: sweeps that run at once have lined up at the keys above.
    kind.record_overdue(moment.as_of)
    return {code: new[code] for code in sorted(new, key=lambda code: -list(Measure).index(measure_of(code)))}


def _climb(
    kind: Kind, each: Ladder, moment: Moment, earliest: dt.date
) -> Iterator[tuple[PolicyStep, bool, QuerySet[Any]]]:
    """(step, whether it is about its repetitions, who has reached it), from the severest down."""
    for step in reversed(each.steps):
        items = each.among(kind, kind.watched())
        most = ladder.most_repeats(step, earliest, moment.now, moment.calendar)
        for first in (1, 0) if most else (0,):
            cutoff = ladder.cutoff_day(step, moment.now, moment.calendar, first)
            number = _repeat(kind, step, moment, most) if first else Value(0, output_field=IntegerField())
            yield step, bool(first), items.filter(**{f"{kind.due}__lte": cutoff}).annotate(repeat=number)


def _repeat(kind: Kind, step: PolicyStep, moment: Moment, most: int) -> Any:
    """Which repetition an item is at that has reached the first, in SQL; whole numbers divide without a rest."""
    if step.unit == OffsetUnit.WORKDAYS:
        cutoffs = ladder.workday_cutoffs(step, moment.now, moment.calendar, most)
        at = [When(**{f"{kind.due}__lte": cutoffs[repeat]}, then=Value(repeat)) for repeat in range(most, 1, -1)]
        return Case(*at, default=Value(1), output_field=IntegerField())
    passed: Any = DaysBetween(clock.local_date(moment.now), F(kind.due))
    if step.unit == OffsetUnit.HOURS:
        passed = (passed - 1) * 24 + timezone.localtime(moment.now).hour
    return (passed - step.amount) / step.repeat_every


def _announce(
    kind: Kind, step: PolicyStep, reached: QuerySet[Any], run: SweepRun, moment: Moment, *, repeats: bool
) -> None:
    """One message to each person concerned, for each item that this run announces at this step."""
    announced = run.escalations.filter(kind=kind.name, step=step.code, announced=True).order_by()
    announced = announced.filter(repeat__gt=0) if repeats else announced.filter(repeat=0)
    items = reached.filter(pk__in=announced.values("item_id")).order_by()
    due = Cast(kind.due, CharField())
    key = [Value(f"sweep:{kind.name}:"), Cast("pk", CharField()), Value(":"), due, Value(f":{step.code}")]
    if repeats:
        key += [Value("+"), Cast("repeat", CharField())]
    text = {
        "key": Concat(*key),
        "subject": _subject(kind, step, moment.as_of),
        "body": Concat(kind.text, Value("\n时限 "), due, output_field=TextField()),
        "path": kind.path,
        "item_id": F("pk"),
    }
    if kind.due != "due_on":
        text["due_on"] = F(kind.due)
    parts = [part.annotate(**text) for part in people_of(kind, step, items)]
    queue_selected(*parts, matter=kind.name, step=step.code, bundle=f"sweep:{run.pk}")


def people_of(kind: Kind, step: PolicyStep, items: QuerySet[Any]) -> Iterator[QuerySet[Any]]:
    """The items with each of their people whom the step tells now, as `recipient`."""
    for flag in step.told_now:
        yield from kind.recipients[flag](items)


def _subject(kind: Kind, step: PolicyStep, as_of: dt.date) -> Concat:
    """YH-2026-0001 距时限还有 3 天 / YH-2026-0001 逾期 3 天，已列入督办 / YH-2026-0001 逾期 3 天，督办单待审批"""
    if step.amount > 0:
        days = Cast(DaysBetween(as_of, F(kind.due)), CharField())
        news = f"{step.label}待审批" if step.is_proposed else Measure(step.measure).news
        return Concat(kind.title, Value(" 逾期 "), days, Value(f" 天，{news}"))
    left = Cast(DaysBetween(F(kind.due), as_of), CharField())
    return Concat(
        kind.title,
        Case(
            When(**{kind.due: as_of}, then=Value(" 今天到期")),
            default=Concat(Value(" 距时限还有 "), left, Value(" 天")),
        ),
    )
