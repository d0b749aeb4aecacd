"""A hazard's history as its page tells it: the audit entries about it, each with what it changed and its files."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.urls import reverse

from audit import timeline
from audit.models import AuditEntry
from inspections.enums import HazardStatus
from inspections.models import Attachment
from inspections.services import ATTACHED

COLOURS = {
    "验收合格": "green", "验收不合格": "red", "作废": "red", "退回住建局": "amber", "申请延期": "amber",
    "复发重开": "amber", "催办": "amber",
}  # fmt: skip
STATUSES: dict[str, str] = dict(HazardStatus.choices)  # type: ignore[arg-type]


def events(entries: Iterable[AuditEntry], attachments: Sequence[Attachment] = ()) -> list[dict[str, Any]]:
    """What partials/timeline.html shows. No query."""
    files: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for attachment in attachments:
        if attachment.entry_id is not None:
            files[attachment.entry_id].append(file_links(attachment))
    return timeline.events(entries, statuses=STATUSES, colours=COLOURS, files=files, hidden=ATTACHED)


def file_links(attachment: Attachment) -> dict[str, Any]:
    """Where an attachment is shown: url, thumbnail_url (empty for what is no photo) and its name."""
    return {
        "url": reverse("inspections:attachment_file", args=[attachment.pk]),
        "thumbnail_url": reverse("inspections:attachment_thumbnail", args=[attachment.pk])
        if attachment.thumbnail
        else "",
        "name": attachment.original_name,
    }
