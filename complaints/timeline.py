"""An order's history as its page tells it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.urls import reverse

from accounts.scoping import sees_region
from audit import timeline
from audit.models import AuditEntry
from complaints.callers import Said
from complaints.enums import OrderStatus
from complaints.models import Order, OrderFile

COLOURS = {
    "退单": "amber", "申请延期": "amber", "重办": "amber", "办结": "green", "作无效处理": "red", "撤件": "amber",
    "并单": "amber",
}  # fmt: skip
STATUSES: dict[str, str] = dict(OrderStatus.choices)  # type: ignore[arg-type]


class Seen(timeline.Seen):
    def meanwhile(self, order: Order, user: Any) -> list[dict[str, Any]]:
        """What has happened since, as the timeline shows it to the user."""
        return events(timeline.entries_since(order, self.entry, whole=sees_region(user)))


def history(order: Order, user: Any, files: Sequence[OrderFile], said: Said) -> list[dict[str, Any]]:
    """What the user reads of, newest first, without the caller for whom may not see them. One query."""
    shown = events(timeline.entries_of(order, whole=sees_region(user)), files)
    for event in shown:
        event["text"] = said(event["text"])
        event["changes"] = [{name: said(text) for name, text in change.items()} for change in event["changes"]]
    return shown


def events(entries: Iterable[AuditEntry], files: Sequence[OrderFile] = ()) -> list[dict[str, Any]]:
    of_entry: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for file in files:
        if file.entry_id is not None:
            of_entry[file.entry_id].append(file_links(file))
    return timeline.events(entries, statuses=STATUSES, colours=COLOURS, files=of_entry)


def file_links(file: OrderFile) -> dict[str, Any]:
    """Where a file is shown: url, thumbnail_url (empty for what is no photo) and its name."""
    small = reverse("complaints:file_thumbnail", args=[file.pk]) if file.thumbnail else ""
    return {"url": reverse("complaints:file", args=[file.pk]), "thumbnail_url": small, "name": file.original_name}
