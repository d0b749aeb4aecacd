"""Photos and files of orders."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction

from audit.models import AuditEntry
from common.uploads import InspectedUpload, discard_files, keep_files
from complaints.models import Order, OrderFile, Visit


def attach(order: Order, *, by: Any, upload: InspectedUpload, visit: Visit | None = None) -> OrderFile:
    """Store an inspected upload with the order's current round. The caller holds the transaction."""
    kept = OrderFile(
        order=order, round=order.round, visit=visit, original_name=upload.filename[-200:],
        content_type=upload.content_type, is_photo=upload.is_photo, size_bytes=upload.size_bytes,
        sha256=upload.sha256, uploaded_by=by,
    )  # fmt: skip
    keep_files(kept, upload)
    try:
        kept.save(force_insert=True)
    except BaseException:
        discard_files([kept])
        raise
    return kept


def with_files(
    order: Order, write: Callable[[], AuditEntry], *, by: Any, uploads: Sequence[InspectedUpload],
    visit: Callable[[], Visit | None] = lambda: None,
) -> AuditEntry:  # fmt: skip
    """Store the uploads, make the move that they belong to, and tie them to its entry: all of it or nothing.

    `visit`: asked after the move which visit they show, if any.
    """
    stored: list[OrderFile] = []
    try:
        with transaction.atomic():
            for upload in uploads:
                stored.append(attach(order, by=by, upload=upload))
            entry = write()
            OrderFile.objects.filter(pk__in=[each.pk for each in stored]).update(entry_id=entry.pk, visit=visit())
    except BaseException:
        discard_files(stored)
        raise
    return entry
