"""Trying a policy on a day before it is saved: which of the open items would reach which step that day, and
what the first sweep after saving would catch up. Reads only."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.db.models.lookups import GreaterThan

from common.workdays import ONE_DAY, Calendar, end_of, start_of
from supervision.kinds import KINDS, Facts, Kind
from supervision.ladder import ONE_TICK, Deadline, most_repeats, reached
from supervision.models import Policy, PolicyStep
from supervision.policy import Ladder, ladder_from, steps_in_force
from supervision.reaching import has_reached
from supervision.recording import preview, reached_rows
from supervision.repetitions import repetition
from supervision.rules import Silenced, silenced
from supervision.sweep import Moment, climb, moment_as_of

MOST_SHOWN = 20


@dataclass(frozen=True)
class TriedStep:
    """`that_day`: how many items reach it on that day, repetitions counted in; `in_force`: how many do so by the step
    as it is in force, None for a new one; `standing`: for how many it is the highest one reached when that day ends;
    `caught_up`: how many records a sweep of that day would make of it, if it were the first one after the draft was
    saved, and `told`: how many of them would be told."""

    step: PolicyStep
    that_day: int
    in_force: int | None
    standing: int
    caught_up: int = 0
    told: int = 0


@dataclass(frozen=True)
class Trial:
    """`total`: the open items with a deadline that the policy is for, as far as the user sees them. `dropped`: steps in
    force that the draft has no more, with how many would reach them that day. `items`: the first of those that reach
    a step that day, with the step. `silenced`: as by `rules.silenced`."""

    day: dt.date
    total: int
    steps: list[TriedStep]
    dropped: list[tuple[PolicyStep, int]]
    items: list[tuple[Facts, PolicyStep]]
    more: int
    silenced: list[Silenced]


def try_out(policy: Policy, steps: Sequence[PolicyStep], *, day: dt.date, user: Any, calendar: Calendar) -> Trial:
    """`steps`: the draft's, with their levels and codes. Eight queries."""
    kind = KINDS[policy.kind]
    active = [step for step in steps if step.is_active]
    others = Policy.objects.filter(kind=policy.kind, is_active=True).exclude(pk=policy.pk)
    ladder = ladder_from(policy, active, [policy, *others])
    items = ladder.among(kind, kind.watched()).filter(pk__in=kind.visible(user).order_by().values("pk"))
    items = items.filter(**{f"{kind.due}__isnull": False})
    span = items.aggregate(total=Count("pk"), first=Min(kind.due))
    silent = silenced(active, kind, calendar)
    if not span["total"]:
        return Trial(day, 0, [TriedStep(step, 0, None, 0) for step in active], [], [], 0, silent)
    in_force = [step for step in steps_in_force(policy) if step.is_active]
    asked = {f"day_{i}": _reaching(kind, step, day, span["first"], calendar) for i, step in enumerate(active)}
    asked["any"] = reduce(or_, asked.values(), Q(pk__in=[]))
    asked |= {f"standing_{i}": _standing(kind, step, active, day, calendar) for i, step in enumerate(active)}
    asked |= {f"old_{i}": _reaching(kind, step, day, span["first"], calendar) for i, step in enumerate(in_force)}
    counts = items.aggregate(**{name: Count("pk", filter=condition) for name, condition in asked.items()})
    before = {step.code: counts[f"old_{i}"] for i, step in enumerate(in_force)}
    codes = {step.code for step in active}
    found = list(items.filter(asked["any"]).order_by(kind.due, "pk").values_list("pk", kind.due)[:MOST_SHOWN])
    facts = kind.facts([pk for pk, _ in found])
    new = _caught_up(kind, ladder, items, moment_as_of(day, calendar), span["first"])
    return Trial(
        day=day,
        total=span["total"],
        steps=[
            TriedStep(
                step, counts[f"day_{i}"], before.get(step.code), counts[f"standing_{i}"], *new.get(step.code, (0, 0))
            )
            for i, step in enumerate(active)
        ],
        dropped=[(step, before[step.code]) for step in in_force if step.code not in codes],
        items=[(facts[pk], _highest(active, due, day, calendar)) for pk, due in found if pk in facts],
        more=counts["any"] - len(found),
        silenced=silent,
    )


def _caught_up(
    kind: Kind, ladder: Ladder, items: QuerySet[Any], moment: Moment, earliest: Deadline
) -> dict[str, tuple[int, int]]:
    """By the step's code, what the sweep itself would find: what is on record is counted as on record. One query."""
    climbed = climb(kind, ladder, items, moment, earliest)
    return preview(kind, [reached_rows(kind, step, reached, moment.now) for step, _, reached in climbed])


def _end(day: dt.date) -> dt.datetime:
    return end_of(day) - ONE_TICK


def _reaching(kind: Kind, step: PolicyStep, day: dt.date, earliest: Deadline, calendar: Calendar) -> Q:
    """Who reaches the step, or one of its repetitions, on that day."""
    before, end = _end(day - ONE_DAY), _end(day)
    found = has_reached(kind, step, end, calendar) & ~has_reached(kind, step, before, calendar)
    if most_repeats(step, earliest, end, calendar):
        numbers = [repetition(kind, step, moment, calendar, earliest) for moment in (end, before)]
        repeated = has_reached(kind, step, end, calendar, 1)
        found |= repeated & Q(GreaterThan(*numbers))
    return found


def _standing(kind: Kind, step: PolicyStep, steps: Sequence[PolicyStep], day: dt.date, calendar: Calendar) -> Q:
    found = has_reached(kind, step, _end(day), calendar)
    for severer in steps:
        if severer.level > step.level:
            found &= ~has_reached(kind, severer, _end(day), calendar)
    return found


def _highest(steps: Sequence[PolicyStep], due: Deadline, day: dt.date, calendar: Calendar) -> PolicyStep:
    """Of those that the deadline reaches on that day."""
    that_day = [each for each in reached(steps, due, _end(day), calendar) if each.at >= start_of(day)]
    return that_day[-1].step
