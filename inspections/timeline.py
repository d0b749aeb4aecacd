"""A hazard's history as its page tells it: the audit entries about it, each with what it changed and its files."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.urls import reverse

from accounts.scoping import sees_region
from audit.models import AuditEntry, AuditEntryQuerySet
from inspections.enums import HazardStatus
from inspections.models import Attachment, Hazard
from inspections.services import ATTACHED

COLOURS = {
    "验收合格": "green", "验收不合格": "red", "作废": "red", "退回住建局": "amber", "申请延期": "amber",
    "复发重开": "amber", "催办": "amber",
}  # fmt: skip
# Texts of one field that differ are shown whole up to this length.
LONGEST_CHANGE = 160


def entries_of(hazard: Hazard, user: Any) -> list[AuditEntry]:
    """What the user reads of, newest first. One query."""
    return list(_read_by(user, hazard).reverse())


def entries_since(hazard: Hazard, entry_pk: int, user: Any) -> list[AuditEntry]:
    """What was done to the hazard after the entry that somebody saw last, newest first. One query.

    Entries of one hazard are written while its row is locked, so their order is that of the changes.
    """
    return list(_read_by(user, hazard).filter(pk__gt=entry_pk).reverse())


def _read_by(user: Any, hazard: Hazard) -> AuditEntryQuerySet:
    """Who is supervised does not read what the offices consider among themselves."""
    entries = AuditEntry.objects.of(hazard)
    return entries if sees_region(user) else entries.without_deliberation()


def last_entry_pk(hazard: Hazard) -> int:
    """0 for a hazard without a history. One query."""
    return AuditEntry.objects.of(hazard).order_by("-pk").values_list("pk", flat=True).first() or 0


def events(entries: Iterable[AuditEntry], attachments: Sequence[Attachment] = ()) -> list[dict[str, Any]]:
    """What partials/timeline.html shows. No query."""
    files = defaultdict(list)
    for attachment in attachments:
        files[attachment.entry_id].append(file_links(attachment))
    return [
        {
            "who": entry.actor_name, "unit": entry.unit_name, "verb": entry.action, "at": entry.at, "text": entry.note,
            "changes": _changes(entry, named=not files[entry.pk]), "files": files[entry.pk],
            "colour": COLOURS.get(entry.action, ""),
        }
        for entry in entries
    ]  # fmt: skip


def file_links(attachment: Attachment) -> dict[str, Any]:
    """Where an attachment is shown: url, thumbnail_url (empty for what is no photo) and its name."""
    return {
        "url": reverse("inspections:attachment_file", args=[attachment.pk]),
        "thumbnail_url": reverse("inspections:attachment_thumbnail", args=[attachment.pk])
        if attachment.thumbnail
        else "",
        "name": attachment.original_name,
    }


def _changes(entry: AuditEntry, *, named: bool) -> list[dict[str, str]]:
    """`named`: the entry's files are not shown beside it, so their names are."""
    rows = []
    if entry.from_status != entry.to_status:
        rows.append({"label": "状态", "old": _state(entry.from_status), "new": _state(entry.to_status)})
    for label, (old, new) in entry.changes.items():
        if label == ATTACHED and not named:
            continue
        rows.append({"label": label, "old": _short(old), "new": _short(new)})
    return rows


def _state(value: str) -> str:
    return dict(HazardStatus.choices).get(value, value)  # type: ignore[call-overload]


def _short(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= LONGEST_CHANGE else f"{text[:LONGEST_CHANGE]}……"
