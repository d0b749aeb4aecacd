"""What happens to an uploaded ledger besides being read: the pictures in its cells are kept, and hung once it is in."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.models import ImportBatch, ImportRow, Pile
from common.spreadsheets.staging import Progress, read_upload
from inspections.importing import Stager
from inspections.photos import attach_photos, hangable, take_pictures
from inspections.querysets import HazardQuerySet
from inspections.registering import apply_updates, import_ready


def take_in(batch: ImportBatch, *, by: Any, progress: Progress | None = None) -> str:
    """Read a kept upload and the pictures in it; what became of the pictures, in Chinese, empty without any.

    Raises SpreadsheetError for a file that cannot be read.
    """
    read_upload(batch, Stager.of(batch, by=by), progress=progress)
    try:
        result = take_pictures(batch, by=by)
    except SpreadsheetError as error:
        return f"表格里的图片没有读出来：{error}"
    return str(result) if result.taken or result.waiting or result.skipped else ""


def bring_in(batch: ImportBatch, *, by: Any, as_history: bool = False) -> tuple[HazardQuerySet, bool]:
    """Register what is ready: (the hazards, whether photos that wait for them are still to be hung).

    Few photos are hung at once; many are left to a job.
    """
    hazards = import_ready(batch, by=by, as_history=as_history)
    return hazards, not _hang(batch, by=by)


def bring_up_to_date(batch: ImportBatch, rows: Iterable[ImportRow], *, by: Any) -> tuple[int, list[str]]:
    """Apply changes: (how many, why the others were not). Photos of their rows are hung like those of new ones."""
    done, refused = apply_updates(batch, rows, by=by)
    if done:
        _hang(batch, by=by)
    return done, refused


def _hang(batch: ImportBatch, *, by: Any) -> bool:
    """Whether everything hangs now."""
    if sum(len(photos) for _, photos in hangable(batch)) > settings.PHOTOS_IN_BACKGROUND_ABOVE:
        return False
    attach_photos(batch, by=by)
    return True


def changes_without_conflict(batch: ImportBatch) -> QuerySet[ImportRow]:
    """The changes that may be applied all at once: nobody has touched their hazards since."""
    return batch.rows.filter(pile=Pile.UPDATE, conflict="")
