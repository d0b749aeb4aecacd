"""The history of an estimate or a target as partials/timeline.html shows it: its audit entries."""

from collections.abc import Iterable
from typing import Any

from audit.models import AuditEntry
from coal.demand_enums import TargetStatus

COLOURS = {"批准": "green", "审核退回": "amber", "审批退回": "amber", "撤回": "amber"}


def events(entries: Iterable[AuditEntry]) -> list[dict[str, Any]]:
    """Newest first, as given. No query beyond reading them."""
    return [
        {
            "who": entry.actor_name, "unit": entry.unit_name, "verb": entry.action, "at": entry.at, "text": entry.note,
            "changes": _changes(entry), "files": [], "colour": COLOURS.get(entry.action, ""),
        }
        for entry in entries
    ]  # fmt: skip


def _changes(entry: AuditEntry) -> list[dict[str, str]]:
    rows = []
    if entry.from_status != entry.to_status:
        rows.append({"label": "状态", "old": _state(entry.from_status), "new": _state(entry.to_status)})
    return rows + [
        {"label": label, "old": old or "", "new": new or ""} for label, (old, new) in entry.changes.items()
    ]  # fmt: skip


def _state(value: str) -> str:
    return TargetStatus(value).label if value in TargetStatus.values else value


def since(target: Any, entry_pk: int) -> list[dict[str, Any]]:
    """What was done to it after the entry that somebody saw last, newest first. One query."""
    return events(AuditEntry.objects.of(target).filter(pk__gt=entry_pk).reverse())


def filing_reason(target: Any) -> str:
    """What the company wrote when it filed it last; empty if nothing. One query."""
    filed = AuditEntry.objects.of(target).filter(to_status=TargetStatus.FILED).order_by("-pk")
    return filed.values_list("note", flat=True).first() or ""


def last_entry_pk(target: Any) -> int:
    """0 without a history. One query."""
    return AuditEntry.objects.of(target).order_by("-pk").values_list("pk", flat=True).first() or 0
