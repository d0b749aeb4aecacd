"""What readers of an .xlsx overlook: #REF! and formulas that were never calculated, read as nothing, and hidden rows.

lost_cells(content, "Sheet1")  →  [("D5", "#REF!"), ("E7", "公式")]
hidden_rows(content, "Sheet1")  →  [11, 12]
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator

from common.spreadsheets.cell_pictures import sheet_part

ZIP = b"PK"
CHUNK = 4 * 1024 * 1024
# A cell of this many bytes is cut: nobody's formula is as long.
LONGEST_CELL = 16 * 1024
FORMULA = "公式"
_CELL_SIGNS, _ROW_SIGNS = (b"<f", b't="e"'), (b" hidden=",)
_CELL = re.compile(
    rb'<c r="([A-Z]{1,3}[0-9]{1,7})"(?P<more>[^<>]*)>\s*'
    rb"(?P<formula><f\b[^<>]*(?:/>|>[^<]*</f>))?\s*(?:<v>(?P<value>[^<]*)</v>|<v\s*/>)?\s*</c>"
)
_HIDDEN_ROW = re.compile(rb'<row\b(?=[^<>]*\shidden="(?:1|true)")[^<>]*\sr="([0-9]{1,7})"')


def lost_cells(content: bytes, sheet: str) -> list[tuple[str, str]]:
    """(address, what stands there) of each in the sheet; nothing of files of another kind. The file was opened before,
    so that its size is known to be bearable."""
    found = []
    for match in _matches(content, sheet, _CELL, _CELL_SIGNS):
        value = match["value"] or b""
        if b't="e"' in match["more"]:
            found.append((match[1].decode(), value.decode("utf-8", "replace") or "#"))
        elif match["formula"] and not value:
            found.append((match[1].decode(), FORMULA))
    return found


def hidden_rows(content: bytes, sheet: str) -> list[int]:
    """Their numbers: hidden by hand or by a filter that is on. The same of other kinds of files and of sizes."""
    return [int(match[1]) for match in _matches(content, sheet, _HIDDEN_ROW, _ROW_SIGNS)]


def _matches(
    content: bytes, sheet: str, pattern: re.Pattern[bytes], signs: tuple[bytes, ...]
) -> Iterator[re.Match[bytes]]:
    part = sheet_part(io.BytesIO(content), sheet) if content.startswith(ZIP) else None
    if part is None:
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package, package.open(part) as file:
            buffer = b""
            while chunk := file.read(CHUNK):
                buffer += chunk
                last = 0
                # Most sheets have none, and looking at every cell takes as long as reading the file.
                for match in pattern.finditer(buffer) if any(sign in buffer for sign in signs) else ():
                    last = match.end()
                    yield match
                # What is cut between two chunks begins after the last whole one.
                buffer = buffer[max(last, len(buffer) - LONGEST_CELL) :]
    except (zipfile.BadZipFile, zlib.error, KeyError, OSError, ValueError, NotImplementedError):
        return
