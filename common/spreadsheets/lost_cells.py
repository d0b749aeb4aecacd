"""Cells of an .xlsx that say something which readers take for nothing: #REF!, and formulas that were never calculated.

[("D5", "#REF!"), ("E7", "公式")]
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator

from common.spreadsheets.cell_pictures import sheet_part

ZIP = b"PK"
SIGNS = (b"<f", b't="e"')
CHUNK = 4 * 1024 * 1024
# A cell of this many bytes is cut: nobody's formula is as long.
LONGEST_CELL = 16 * 1024
FORMULA = "公式"
_CELL = re.compile(
    rb'<c r="([A-Z]{1,3}[0-9]{1,7})"(?P<more>[^<>]*)>\s*'
    rb"(?P<formula><f\b[^<>]*(?:/>|>[^<]*</f>))?\s*(?:<v>(?P<value>[^<]*)</v>|<v\s*/>)?\s*</c>"
)


def lost_cells(content: bytes, sheet: str) -> list[tuple[str, str]]:
    """(address, what stands there) of each in the sheet; nothing of files of another kind. The file was opened before,
    so that its size is known to be bearable."""
    part = sheet_part(io.BytesIO(content), sheet) if content.startswith(ZIP) else None
    if part is None:
        return []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package, package.open(part) as file:
            return [*_found(iter(lambda: file.read(CHUNK), b""))]
    except (zipfile.BadZipFile, zlib.error, KeyError, OSError, ValueError, NotImplementedError):
        return []


def _found(chunks: Iterator[bytes]) -> Iterator[tuple[str, str]]:
    buffer = b""
    for chunk in chunks:
        buffer += chunk
        last = 0
        # Most sheets have neither, and looking at every cell takes as long as reading the file.
        for match in _CELL.finditer(buffer) if any(sign in buffer for sign in SIGNS) else ():
            last = match.end()
            value = match["value"] or b""
            if b't="e"' in match["more"]:
                yield match[1].decode(), value.decode("utf-8", "replace") or "#"
            elif match["formula"] and not value:
                yield match[1].decode(), FORMULA
        # A cell that is cut between two chunks begins after the last whole one.
        buffer = buffer[max(last, len(buffer) - LONGEST_CELL) :]
