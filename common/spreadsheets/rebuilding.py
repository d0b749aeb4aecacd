"""A plain .xlsx made anew from the rows of a file that cannot be changed in place: .xls, .ods, text, large ones."""

import io
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from openpyxl import Workbook as Book
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter

from common.spreadsheets.cell_xml import plain_text
from common.spreadsheets.workbook import NumberText, Row, Workbook

# Longer numbers are digits to be kept as they are: 18 of an identity card, and leading zeros.
LONGEST_NUMBER = 11
NARROWEST, WIDEST = 8, 40
ROWS_MEASURED = 200
# Row by row further ranges would cost more than they are worth.
MOST_MERGES = 5_000
_FORBIDDEN_IN_NAME = re.compile(r"[\[\]:*?/\\']")
_WRAPPED = Alignment(vertical="center", wrap_text=True)

# (first row, first column, last row, last column), rows and columns from 1.
Block = tuple[int, int, int, int]
Dress = Callable[[WriteOnlyCell, int, int], None]


def rebuild(source: Workbook, *, fallback_name: str, dress: Callable[[str], Dress | None]) -> tuple[Book, list[str]]:
    """A write-only workbook with the values of `source`, row by row where they stood; and its sheets' names.

    Merged cells stay merged. Formats, formulas and pictures are not in `source`. `dress(sheet name)` gives what is
    called for each cell that is written, with its row and column from 1; None leaves a sheet as it is. A sheet without
    a name (of text) is called `fallback_name`.
    """
    book = Book(write_only=True)
    names = []
    for sheet in source.sheets:
        name = _FORBIDDEN_IN_NAME.sub("", sheet.name)[:31] or fallback_name
        made = book.create_sheet(name)
        made.sheet_state = "visible" if sheet.is_visible else "hidden"
        for index, width in enumerate(_widths(sheet.rows), 1):
            made.column_dimensions[get_column_letter(index)].width = width
        for cells in _lines(made, sheet.rows, dress(sheet.name)):
            made.append(cells)
        for top, left, bottom, right in _blocks(sheet.rows):
            made.merged_cells.add(f"{get_column_letter(left)}{top}:{get_column_letter(right)}{bottom}")
        names.append(made.title)
    return book, names


def saved(book: Book) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _lines(sheet: Any, rows: Sequence[Row], dress: Dress | None) -> Iterator[list[Any]]:
    written = 0
    for row in rows:
        # A cell of delimited text may take up several lines of the file.
        for _ in range(row.number - written - 1):
            yield []
        written = row.number
        yield [_cell(sheet, text, row.number, column, dress) for column, text in enumerate(row.own, 1)]


def _cell(sheet: Any, text: str, row: int, column: int, dress: Dress | None) -> Any:
    cell = WriteOnlyCell(sheet, value=_number(text))
    if cell.value is None and text:
        cell.value = plain_text(text)
        # Whatever it begins with: = starts no formula.
        cell.data_type = "s"
        cell.alignment = _WRAPPED
        if text.lstrip("+-").isdigit():
            cell.number_format = "@"
    if dress:
        dress(cell, row, column)
    return cell if cell.value is not None or cell.has_style or cell.comment else None


def _number(text: str) -> int | float | None:
    if not isinstance(text, NumberText) or len(text) > LONGEST_NUMBER:
        return None
    return int(text) if text.lstrip("-").isdigit() else float(text)


def _widths(rows: Sequence[Row]) -> list[int]:
    """Of the columns, by the texts of the first rows; those merged over several columns tell nothing."""
    widths: dict[int, int] = {}
    for row in rows[:ROWS_MEASURED]:
        for index, text in enumerate(row.own):
            spread = index + 1 < len(row.cells) and not row.own[index + 1] and row.cells[index + 1] == text
            longest = max((len(line.encode("gb18030", "replace")) for line in text.split("\n")), default=0)
            widths[index] = max(widths.get(index, NARROWEST), 0 if spread else longest + 2)
    return [min(widths[index], WIDEST) for index in range(len(widths))]


def _blocks(rows: Sequence[Row]) -> list[Block]:
    """The merged ranges, told by what covers cells that hold nothing of their own."""
    taken: set[tuple[int, int]] = set()
    blocks: list[Block] = []
    for index, row in enumerate(rows):
        if row.own is row.cells:
            continue
        for column, text in enumerate(row.own):
            if text and (index, column) not in taken and len(blocks) < MOST_MERGES:
                right = _reach(row, column, text)
                bottom = _depth(rows, index, column, text)
                if (bottom, right) != (index, column):
                    taken.update((r, c) for r in range(index, bottom + 1) for c in range(column, right + 1))
                    blocks.append((row.number, column + 1, rows[bottom].number, right + 1))
    return blocks


def _reach(row: Row, column: int, text: str) -> int:
    while column + 1 < len(row.own) and not row.own[column + 1] and row.cells[column + 1] == text:
        column += 1
    return column


def _depth(rows: Sequence[Row], index: int, column: int, text: str) -> int:
    while index + 1 < len(rows):
        below = rows[index + 1]
        if column >= len(below.own) or below.own[column] or below.cells[column] != text:
            break
        index += 1
    return index
