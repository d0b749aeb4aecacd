"""News of the sweep, looked at once more before it is sent: are the matter, its deadline and people still the same?"""

from collections.abc import Sequence

from django.db.models import Max
from django.urls import reverse

from notifications.models import Outgoing
from notifications.outbox import Matter, register_matter
from supervision.enums import measure_of
from supervision.kinds import KINDS, Kind
from supervision.models import Escalation
from supervision.policy import ladders
from supervision.sweep import people_of


def register_matters() -> None:
    for kind in KINDS.values():
        register_matter(Matter(kind.name, lambda rows, kind=kind: holding(kind, rows), bundled))  # type: ignore[misc]


def holding(kind: Kind, rows: Sequence[Outgoing]) -> set[int]:
    """Of the news those whose item is still watched with that deadline, on whose ladder the step still stands and tells
    that person, and of which no later repetition has been reached. A few queries for each ladder and step.

    What counts is the ladder that holds for the item now, by its present grade and urgency and the policy's present
    version; a step that was changed keeps its code.
    """
    wanted: dict[str, set[int]] = {}
    for row in rows:
        wanted.setdefault(row.step, set()).add(row.item_id)
    told: set[tuple[str, int, object, int]] = set()
    for ladder in ladders(kind):
        for step in ladder.steps:
            if step.code in wanted:
                items = ladder.among(kind, kind.watched().filter(pk__in=wanted[step.code]))
                for part in people_of(kind, step, items):
                    found = part.order_by().values_list("pk", kind.due, "recipient")
                    told.update((step.code, pk, due, recipient) for pk, due, recipient in found)
    latest = _latest_repeats(kind, [row for row in rows if row.repeat])
    return {
        row.pk
        for row in rows
        if (row.step, row.item_id, row.due_on, row.recipient_id) in told
        and row.repeat >= latest.get((row.step, row.item_id, row.due_on), 0)
    }


def _latest_repeats(kind: Kind, rows: Sequence[Outgoing]) -> dict[tuple[str, int, object], int]:
    """By step, item and deadline. One query, none without rows."""
    if not rows:
        return {}
    records = Escalation.objects.filter(kind=kind.name, item_id__in={row.item_id for row in rows}, repeat__gt=0)
    found = records.values_list("step", "item_id", "due_on").annotate(latest=Max("repeat")).order_by()
    return {(step, item, due): latest for step, item, due, latest in found}


def bundled(rows: Sequence[Outgoing]) -> tuple[str, str]:
    """到期检查：128 条隐患需要关注（督办单 28、提醒 100）"""
    kind = KINDS[rows[0].matter]
    counts: dict[str, int] = {}
    for row in rows:
        label = measure_of(row.step).label
        counts[label] = counts.get(label, 0) + 1
    told = "、".join(f"{label} {count}" for label, count in counts.items())
    return f"到期检查：{len(rows)} 条{kind.label}需要关注（{told}）", reverse("supervision:escalation_list")
