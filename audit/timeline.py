"""An item's history as its page tells it, and what somebody had before their eyes when they typed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from django.db import models

from audit.models import AuditEntry, AuditEntryQuerySet

# Texts of one field that differ are shown whole up to this length.
LONGEST_CHANGE = 160


def entries_of(item: models.Model, *, whole: bool) -> list[AuditEntry]:
    """What the reader reads of, newest first; not `whole`: without what the offices consider among themselves. One
    query."""
    return list(_read_by(item, whole).reverse())


def entries_since(item: models.Model, entry_pk: int, *, whole: bool) -> list[AuditEntry]:
    """What was done to the item after the entry that somebody saw last, newest first. One query.

    Entries of one item are written while its row is locked, so their order is that of the changes.
    """
    return list(_read_by(item, whole).filter(pk__gt=entry_pk).reverse())


def _read_by(item: models.Model, whole: bool) -> AuditEntryQuerySet:
    entries = AuditEntry.objects.of(item)
    return entries if whole else entries.without_deliberation()


def last_entry_pk(item: models.Model) -> int:
    """0 for an item without a history. One query."""
    return AuditEntry.objects.of(item).order_by("-pk").values_list("pk", flat=True).first() or 0


@dataclass(frozen=True)
class Seen:
    """The version of the row and the last entry of its history; hidden in each form it tells a stale one."""

    version: int
    entry: int

    @classmethod
    def now(cls, item: Any) -> Self:
        return cls(item.version, last_entry_pk(item))

    @classmethod
    def posted(cls, data: Any) -> Self:
        """From a form's data. What is missing or no number counts as seen before everything."""
        return cls(_number(data.get("version")), _number(data.get("entry")))


def _number(text: Any) -> int:
    """-1 (which no version is) for what is no number."""
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 10 else -1


def events(
    entries: Iterable[AuditEntry], *, statuses: Mapping[str, str], colours: Mapping[str, str],
    files: Mapping[int, list[dict[str, Any]]], hidden: str = "",
) -> list[dict[str, Any]]:  # fmt: skip
    """What partials/timeline.html shows. No query.

    `statuses`: status → its label; `colours`: action → colour; `files`: an entry's files by its pk; `hidden`: the
    change that names files, left out where the files themselves are shown.
    """
    return [
        {
            "who": entry.actor_name, "unit": entry.unit_name, "verb": entry.action, "at": entry.at, "text": entry.note,
            "changes": _changes(entry, statuses, hidden if files.get(entry.pk) else ""),
            "files": files.get(entry.pk, []), "colour": colours.get(entry.action, ""),
        }
        for entry in entries
    ]  # fmt: skip


def _changes(entry: AuditEntry, statuses: Mapping[str, str], hidden: str) -> list[dict[str, str]]:
    rows = []
    if entry.from_status != entry.to_status:
        old, new = (statuses.get(value, value) for value in (entry.from_status, entry.to_status))
        rows.append({"label": "状态", "old": old, "new": new})
    for label, (old, new) in entry.changes.items():
        if label != hidden:
            rows.append({"label": label, "old": _short(old), "new": _short(new)})
    return rows


def _short(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= LONGEST_CHANGE else f"{text[:LONGEST_CHANGE]}……"
