"""A workbook as the answer to a request."""

import tempfile
from collections.abc import Callable
from typing import Any, BinaryIO

from django.http import FileResponse

from common.spreadsheets.ledgers.exporting import XLSX
from common.uploads.serving import content_disposition

KEPT_IN_MEMORY = 5 * 1024 * 1024


def workbook(write: Callable[[BinaryIO], str]) -> FileResponse:
    """`write` writes it and gives the file's name."""
    out: Any = tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY)  # noqa: SIM115 (the response closes it)
    name = write(out)
    out.seek(0)
    response = FileResponse(out, content_type=XLSX)
    response["Content-Disposition"] = content_disposition(name, inline=False)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-cache"
    return response
