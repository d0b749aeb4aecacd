"""The sweep over deadlines: what has been reached is recorded once, by a unique key, and the people concerned are told.

Set-based: one INSERT … SELECT for each kind (`recording.py`), whatever the number of items, and one for the news of
each step. It may run twice, late, several times at once, or be killed half-way: each run writes what is missing. What a
step has been reached by is one cutoff (`ladder.py`), so that missed days are caught up; of several steps that an item
reaches at once all are recorded and the highest is announced. Of a step that repeats the latest repetition is recorded:
those that nobody saw are not made up for.
"""

import datetime as dt
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Exists, IntegerField, Max, Min, OuterRef, QuerySet, Value

from common import clock
from common.workdays import Calendar, end_of
from notifications.models import Outgoing
from supervision import ladder
from supervision.enums import Measure, ProposalState, measure_of
from supervision.kinds import KINDS, Kind
from supervision.models import DEADLINE, PolicyStep, Proposal, SweepRun
from supervision.policy import Ladder, ladders
from supervision.proposals import propose
from supervision.reaching import has_reached
from supervision.recording import is_told, reached_rows, record
from supervision.repetitions import repetition
from supervision.returning import tell_again
from supervision.telling import PROPOSED, tell_of_proposals, tell_people
from supervision.working_days import working_calendar

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Moment:
    """What a run judges by: a moment, and the calendar."""

    now: dt.datetime
    calendar: Calendar


def moment_as_of(as_of: ladder.Deadline, calendar: Calendar) -> Moment:
    """The moment itself; of a day its end, but of today the present moment."""
    if isinstance(as_of, dt.datetime):
        return Moment(as_of, calendar)
    now = clock.now() if as_of == clock.today() else end_of(as_of) - ladder.ONE_TICK
    return Moment(now, calendar)


def sweep(as_of: ladder.Deadline) -> SweepRun:
    """Check every deadline as of that day, or aware moment; the run with what was new. Each kind is one transaction.

    An error leaves nothing of its kind behind and holds up no other kind; it is kept with the run, and raised at the
    end.
    """
    run = SweepRun.objects.create(
        as_of=ladder.day_of(as_of), as_of_moment=as_of if isinstance(as_of, dt.datetime) else None
    )  # fmt: skip
    new: dict[str, dict[str, int]] = {}
    failed: Exception | None = None
    calendar: Calendar | None = None
    for kind in KINDS.values():
        try:
            calendar = calendar or working_calendar()
            with transaction.atomic():
                new[kind.name] = _sweep_kind(kind, run, moment_as_of(as_of, calendar))
        except Exception as error:
            failed = failed or error
            logger.exception("the sweep of %s as of %s failed", kind.name, as_of)
    _finish(run, new, error=f"{type(failed).__name__}: {failed}" if failed else "")
    if failed:
        raise failed
    return run


def _finish(run: SweepRun, new: dict[str, dict[str, int]], error: str = "") -> None:
    run.new, run.error, run.finished_at = new, error, clock.now()
    run.announced = run.escalations.filter(announced=True).count() if any(new.values()) else 0
    run.save(update_fields=["new", "error", "finished_at", "announced"])


def _sweep_kind(kind: Kind, run: SweepRun, moment: Moment) -> dict[str, int]:
    """How many items have newly reached each step, by the step's code; steps without any are left out."""
    new: dict[str, int] = {}
    kind.prepare(clock.local_date(moment.now))
    earliest = kind.watched().aggregate(earliest=Min(kind.due))["earliest"]
    climbed = [
        found
        for each in (ladders(kind) if earliest else ())
        for found in climb(kind, each, each.among(kind, kind.watched()), moment, earliest)
    ]
    rows = [reached_rows(kind, step, reached, moment.now) for step, _, reached in climbed]
    for found in record(kind, rows, run):
        new[found.step] = new.get(found.step, 0) + found.count
        if found.announced:
            for step, repeats, reached in climbed:
                if (step.code, repeats) == (found.step, found.is_repeat):
                    _announce(kind, step, _announced(kind, step, reached, run, repeats), run, moment, repeats=repeats)
    _propose_below(kind, climbed, run, moment)
    tell_again(kind, climbed, run, moment.now)
    if new:
        _forget_moved(kind, run)
    # At the end: sweeps that run at once have lined up at the keys above.
    # What is kept for good is true today, whatever day is tried.
    until = min(moment.now, clock.now())
    kind.record_overdue(until if kind.is_by_moment else clock.local_date(until))
    return {code: new[code] for code in sorted(new, key=lambda code: -list(Measure).index(measure_of(code)))}


def _forget_moved(kind: Kind, run: SweepRun) -> None:
    """What was to be told of items that have been settled or moved in the middle of this run, before the news was
    written, was told nobody: its record is taken back, and the proposal with it, so that a later sweep begins anew with
    those that come back."""
    announced = run.escalations.filter(kind=kind.name, announced=True)
    days = announced.aggregate(first=Min("due_on"), last=Max("due_on"))
    if not days["first"]:
        return
    # Only those are compared that are due on these days: all that is watched would be read and hashed.
    watched = kind.watched().filter(kind.is_due_within(days["first"], days["last"]))
    still = Exists(watched.filter(**kind.same_deadline).order_by())
    same = {name: OuterRef(name) for name in (*DEADLINE[1:], "step", "repeat")}
    told = Exists(Outgoing.objects.filter(matter__in=(kind.name, kind.name + PROPOSED), **same).order_by())
    moved = list(announced.filter(~still, ~told).values_list("item_id", flat=True))
    if moved:
        run.escalations.filter(kind=kind.name, item_id__in=moved).delete()
        # Left there, a proposal would keep the next one from being put before anybody.
        proposed = Proposal.objects.filter(kind=kind.name, item_id__in=moved, proposed_at=run.started_at)
        proposed.filter(state=ProposalState.OPEN).delete()


def _propose_below(
    kind: Kind, climbed: Sequence[tuple[PolicyStep, bool, QuerySet[Any]]], run: SweepRun, moment: Moment
) -> None:
    """Put the milder steps that an item has reached together with the severest before the bureau too, if that has to be
    approved: declined, it leaves them to be decided about."""
    proposed = [step for step, repeats, _ in climbed if step.is_proposed and not repeats]
    together = run.escalations.filter(kind=kind.name, announced=True, step__in=[step.code for step in proposed])
    for step, repeats, reached in climbed:
        if step in proposed[1:] and not repeats:
            severer = together.filter(level__gt=step.level, item_id=OuterRef("item_id"))
            below = run.escalations.filter(Exists(severer.order_by()), kind=kind.name, step=step.code, announced=False)
            items = reached.filter(is_told(kind, step, moment.now), kind.recorded_in(below))
            propose(kind, step, items, run)


def climb(
    kind: Kind, each: Ladder, items: QuerySet[Any], moment: Moment, earliest: ladder.Deadline
) -> Iterator[tuple[PolicyStep, bool, QuerySet[Any]]]:
    """(step, whether it is about its repetitions, who of the items has reached it), from the severest down. `items`:
    those that the ladder is for; `earliest`: no deadline of them is before it."""
    for step in reversed(each.steps):
        most = ladder.most_repeats(step, earliest, moment.now, moment.calendar)
        for first in (1, 0) if most else (0,):
            reached = has_reached(kind, step, moment.now, moment.calendar, first)
            number: Any = Value(0, output_field=IntegerField())
            if first:
                number = repetition(kind, step, moment.now, moment.calendar, earliest)
            yield step, bool(first), items.filter(reached).annotate(repeat=number)


def _announced(kind: Kind, step: PolicyStep, reached: QuerySet[Any], run: SweepRun, repeats: bool) -> QuerySet[Any]:
    """Those of the items that this run announces at this step."""
    announced = run.escalations.filter(kind=kind.name, step=step.code, announced=True)
    announced = announced.filter(repeat__gt=0) if repeats else announced.filter(repeat=0)
    return reached.filter(kind.recorded_in(announced)).order_by()


def _announce(
    kind: Kind, step: PolicyStep, items: QuerySet[Any], run: SweepRun, moment: Moment, *, repeats: bool
) -> None:
    """Tell the people concerned; of a step that has to be approved, put it before those who decide."""
    if not step.is_proposed:
        bundle = f"sweep:{run.pk}:{kind.name}"
        tell_people(kind, step, items, now=moment.now, cause="sweep", bundle=bundle, repeats=repeats)
    elif propose(kind, step, items, run):
        tell_of_proposals(kind, step, items, now=moment.now, run=run.pk, repeats=repeats)
