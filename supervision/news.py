"""News of the sweep, looked at once more before it is sent: are the matter, its deadline and people still the same?"""

from collections.abc import Sequence
from itertools import groupby

from django.urls import reverse

from notifications.models import Outgoing
from notifications.outbox import Matter, register_matter
from supervision.kinds import KINDS, Kind
from supervision.policy import rungs
from supervision.sweep import people_of


def register_matters() -> None:
    for kind in KINDS.values():
        register_matter(Matter(kind.name, lambda rows, kind=kind: holding(kind, rows), bundled))  # type: ignore[misc]


def holding(kind: Kind, rows: Sequence[Outgoing]) -> set[int]:
    """Of the news those whose item is still watched with that deadline, and of which the step still tells that person.

    A few queries for each step.
    """
    held: set[int] = set()
    ladder = rungs(kind)
    for code, of_step in groupby(sorted(rows, key=lambda row: row.step), key=lambda row: row.step):
        wanted = list(of_step)
        told: set[tuple[int, object, int]] = set()
        for rung in ladder:
            if rung.step.code == code:
                items = rung.among(kind, kind.watched().filter(pk__in={row.item_id for row in wanted}))
                for part in people_of(kind, rung.step, items):
                    told.update(part.order_by().values_list("pk", kind.due, "recipient"))
        held.update(row.pk for row in wanted if (row.item_id, row.due_on, row.recipient_id) in told)
    return held


def bundled(rows: Sequence[Outgoing]) -> tuple[str, str]:
    """到期检查：128 条隐患需要关注（督办单 28、提醒 100）"""
    kind = KINDS[rows[0].matter]
    labels = {rung.step.code: rung.step.label for rung in rungs(kind)}
    counts: dict[str, int] = {}
    for row in rows:
        label = labels.get(row.step, row.step)
        counts[label] = counts.get(label, 0) + 1
    told = "、".join(f"{label} {count}" for label, count in counts.items())
    return f"到期检查：{len(rows)} 条{kind.label}需要关注（{told}）", reverse("supervision:escalation_list")
