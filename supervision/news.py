"""News of the sweep, looked at once more before it is sent: are the matter, its deadline and people still the same?"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db.models import Max, QuerySet
from django.urls import reverse

from common import clock
from notifications.models import Outgoing
from notifications.outbox import Matter, register_matter
from supervision.enums import ProposalState, measure_of
from supervision.kinds import KINDS, Kind
from supervision.models import DEADLINE, Escalation, PolicyStep, Proposal
from supervision.policy import ladders
from supervision.proposals import needed
from supervision.reaching import is_in_time
from supervision.telling import PROPOSALS_PATH, PROPOSED, deciders_of, people_of

People = Callable[[Kind, PolicyStep, QuerySet[Any]], Iterator[QuerySet[Any]]]


def register_matters() -> None:
    for kind in KINDS.values():
        register_matter(Matter(kind.name, lambda rows, kind=kind: holding(kind, rows), bundled))  # type: ignore[misc]
        register_matter(
            Matter(kind.name + PROPOSED, lambda rows, kind=kind: undecided(kind, rows), bundled_proposals)  # type: ignore[misc]
        )


def holding(kind: Kind, rows: Sequence[Outgoing]) -> set[int]:
    """Of the news those whose item is still watched with that deadline, on whose ladder the step still stands and tells
    that person, and of which no later repetition has been reached. A reminder is of no use once the deadline has
    passed. A few queries for each ladder and step.

    What counts is the ladder that holds for the item now, by its present grade and urgency and the policy's present
    version; a step that was changed keeps its code.
    """
    told = whom_to_tell(kind, rows, people_of, clock.now())
    latest = _latest_repeats(kind, [row for row in rows if row.repeat])
    return {
        row.pk
        for row in rows
        if (*deadline_of(row), row.step, row.recipient_id) in told
        and row.repeat >= latest.get((*deadline_of(row), row.step), 0)
    }


def undecided(kind: Kind, rows: Sequence[Outgoing]) -> set[int]:
    """Of the news about proposals those about one that waits for a decision, as long as the step tells that person."""
    told = whom_to_tell(kind, rows, deciders_of, clock.now())
    proposals = Proposal.objects.filter(needed([kind.name]), state=ProposalState.OPEN, kind=kind.name)
    proposals = proposals.filter(item_id__in={row.item_id for row in rows})
    waiting = set(proposals.order_by().values_list(*DEADLINE[1:], "step", "repeat"))
    return {
        row.pk
        for row in rows
        if (*deadline_of(row), row.step, row.recipient_id) in told
        and (*deadline_of(row), row.step, row.repeat) in waiting
    }


def deadline_of(row: Outgoing) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in DEADLINE[1:])


def whom_to_tell(kind: Kind, rows: Sequence[Outgoing], people: People, now: dt.datetime) -> set[tuple[Any, ...]]:
    """(item, deadline, round, step, person): whom the ladders in force tell of the steps of these rows. A reminder is
    of no use to them once the deadline has passed."""
    wanted: dict[str, set[int]] = {}
    for row in rows:
        wanted.setdefault(row.step, set()).add(row.item_id)
    told: set[tuple[Any, ...]] = set()
    for ladder in ladders(kind):
        for step in ladder.steps:
            if step.code in wanted:
                items = ladder.among(kind, kind.watched().filter(pk__in=wanted[step.code]))
                if step.amount <= 0:
                    items = items.filter(is_in_time(kind, step, now))
                for part in people(kind, step, items):
                    deadline_parts = ("pk", kind.due_day, kind.due_minute, kind.round_number)
                    found = part.order_by().values_list(*deadline_parts, "recipient")
                    told.update((*deadline, step.code, recipient) for *deadline, recipient in found)
    return told


def _latest_repeats(kind: Kind, rows: Sequence[Outgoing]) -> dict[tuple[Any, ...], int]:
    """By deadline, as `deadline_of`, and step. One query, none without rows."""
    if not rows:
        return {}
    records = Escalation.objects.filter(kind=kind.name, item_id__in={row.item_id for row in rows}, repeat__gt=0)
    found = records.values_list(*DEADLINE[1:], "step").annotate(latest=Max("repeat")).order_by()
    return {tuple(key): latest for *key, latest in found}


def bundled(rows: Sequence[Outgoing]) -> tuple[str, str]:
    """到期检查：128 条隐患需要关注（督办单 28、提醒 100）"""
    label = KINDS[rows[0].matter].label
    source = "督办审批" if rows[0].bundle.startswith("approved:") else "到期检查"
    return f"{source}：{len(rows)} 条{label}需要关注（{_counts(rows)}）", reverse("supervision:escalation_list")


def bundled_proposals(rows: Sequence[Outgoing]) -> tuple[str, str]:
    """28 条隐患的督办待审批（督办单 20、约谈 8）"""
    label = KINDS[rows[0].matter.removesuffix(PROPOSED)].label
    return f"{len(rows)} 条{label}的督办待审批（{_counts(rows)}）", PROPOSALS_PATH


def _counts(rows: Sequence[Outgoing]) -> str:
    counts: dict[str, int] = {}
    for row in rows:
        label = measure_of(row.step).label
        counts[label] = counts.get(label, 0) + 1
    return "、".join(f"{label} {count}" for label, count in counts.items())
