"""The files of an upload on the disk, for models with the file fields `file`, `thumbnail` and `rendition`."""

from collections.abc import Iterable
from typing import Any

from django.core.files.base import ContentFile

from common.uploads.serving import random_name
from common.uploads.shapes import InspectedUpload


def keep_files(row: Any, upload: InspectedUpload) -> None:
    """Write them under names that nobody can guess; the row, not yet saved, points to them. All or none."""
    try:
        row.file.save(random_name(upload.extension), ContentFile(upload.content), save=False)
        if upload.thumbnail:
            row.thumbnail.save(random_name("jpg"), ContentFile(upload.thumbnail), save=False)
        if upload.rendition:
            row.rendition.save(random_name("jpg"), ContentFile(upload.rendition), save=False)
    except BaseException:
        discard_files([row])
        raise


def discard_files(rows: Iterable[Any]) -> None:
    """The database forgets what was rolled back, the disk does not."""
    for row in rows:
        for file in (row.file, row.thumbnail, row.rendition):
            if file:
                file.delete(save=False)
