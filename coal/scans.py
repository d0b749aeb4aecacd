"""The scans of contracts and laboratory reports: kept with the paper they are of, all of them or none."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from django.core.files.base import ContentFile
from django.db import transaction

from audit.services import Changes
from coal.models import Contract, QualityBatch, Scan
from common.uploads import InspectedUpload, random_name

LABEL = "扫描件"
Paper = TypeVar("Paper", Contract, QualityBatch)


def named(uploads: Sequence[InspectedUpload]) -> Changes:
    """How the entry of the write that brings them tells of them."""
    return {LABEL: [None, "、".join(upload.filename for upload in uploads)]} if uploads else {}


def with_scans(write: Callable[[], Paper], uploads: Sequence[InspectedUpload], *, by: Any) -> Paper:
    """What `write` gives, with the uploads kept as its scans: one transaction, and no file is left of a failed one."""
    kept: list[Scan] = []
    try:
        with transaction.atomic():
            paper = write()
            for upload in uploads:
                kept.append(_keep(paper, upload, by=by))
    except BaseException:
        _discard(kept)
        raise
    return paper


def _keep(paper: Contract | QualityBatch, upload: InspectedUpload, *, by: Any) -> Scan:
    scan = Scan(
        original_name=upload.filename[-200:], content_type=upload.content_type, size_bytes=upload.size_bytes,
        sha256=upload.sha256, uploaded_by=by, **{"contract" if isinstance(paper, Contract) else "batch": paper},
    )  # fmt: skip
    try:
        scan.file.save(random_name(upload.extension), ContentFile(upload.content), save=False)
        scan.save(force_insert=True)
    except BaseException:
        _discard([scan])
        raise
    return scan


def _discard(scans: Iterable[Scan]) -> None:
    """The database forgets what was rolled back, the disk does not."""
    for scan in scans:
        if scan.file:
            scan.file.delete(save=False)
