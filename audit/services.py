"""The one way to write an audit entry: called explicitly, in the transaction of the change it records."""

from collections.abc import Iterable
from typing import Any

from django.db import models

from audit.models import AuditEntry
from common import clock, request_context

Changes = dict[str, list[Any]]


def build(
    *,
    actor: Any,
    action: str,
    target: models.Model | None = None,
    changes: Changes | None = None,
    note: str = "",
    from_status: str = "",
    to_status: str = "",
    region_code: str = "",
) -> AuditEntry:
    """An unsaved entry, for callers that write many with `bulk_create`; see `record`."""
    info = request_context.current()
    unit = getattr(actor, "unit", None)
    return AuditEntry(
        actor=actor,
        actor_name=actor.display_name if actor else "系统",
        unit_name=unit.name if unit else "",
        region_code=region_code or (unit.region.code if unit else ""),
        action=action,
        target_type=target._meta.label_lower if target is not None else "",
        target_id=target.pk if target is not None else None,
        target_label=str(target)[:200] if target is not None else "",
        from_status=from_status,
        to_status=to_status,
        changes=changes or {},
        note=note,
        ip=info.ip or None,
        request_id=info.request_id,
    )


def record(**fields: Any) -> AuditEntry:
    """Write one entry. `changes` is {field label: [old, new]}; `actor` None means the system itself."""
    entry = build(**fields)
    entry.save(force_insert=True)
    return entry


def record_many(entries: Iterable[AuditEntry]) -> None:
    """Write what `build` has made, in one statement, as of one moment."""
    kept, at = list(entries), clock.now()
    for entry in kept:
        entry.at = at
    AuditEntry.objects.bulk_create(kept, batch_size=500)
