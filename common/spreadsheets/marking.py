"""The marked copy of an uploaded file: cells that need a person are coloured and say why; to be mended and sent again.

    marks = [Mark(14, "L14", "没有这一天，请改为具体日期", "waits")]
    copy = mark_workbook(content, "台账.xlsx", sheet="台账", marks=marks)
    copy.content, copy.filename

An .xlsx or .xlsm keeps its formats, merged cells, widths, formulas and pictures as far as openpyxl knows them; pictures
in cells come to lie over them; macros are left out, and the name says so. Of other kinds, of files that openpyxl cannot
read, and of more than `MOST_CELLS` cells (openpyxl takes a minute and hundreds of MB for them) a plain .xlsx with the
same values in the same places is made. A last sheet 核对说明 lists every mark.
"""

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal

from openpyxl import Workbook as Book
from openpyxl import load_workbook
from openpyxl.cell.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string, get_column_letter

from common.spreadsheets.cell_xml import plain_text
from common.spreadsheets.limits import Limits
from common.spreadsheets.marking_formulas import values_of_formulas, with_values
from common.spreadsheets.marking_notes import COLOURS, NOTES, is_notes, write_notes
from common.spreadsheets.marking_pictures import lay_over_cells
from common.spreadsheets.packages import Package, inspect_package
from common.spreadsheets.rebuilding import rebuild, saved
from common.spreadsheets.workbook import open_workbook

Kind = Literal["waits", "update", "repeat"]
AUTHOR = "导入核对"
# Cell elements, and cells under merged ranges, beyond which the copy is made anew.
MOST_CELLS = 400_000
# Office programs draw every comment when they open a file; further marks are coloured and stand in the list only.
MOST_COMMENTS = 3_000
LONGEST_COMMENT = 1_000
COMMENT_WIDTH, LINE_HEIGHT, HIGHEST_COMMENT = 320, 18, 420
LETTERS_PER_LINE = 22
FALLBACK_SHEET = "台账"
_FILLS = {kind: PatternFill("solid", fgColor=colour) for kind, colour in COLOURS.items()}
_HEADING = f"【{AUTHOR}】"


@dataclass(frozen=True, slots=True)
class Mark:
    """`cell`: L20, or empty for the row's first cell. `text`: what is expected, or why the row is marked.

    `title`: the column's title; `read`: what was read there. Both may be empty.
    """

    row: int
    cell: str
    text: str
    kind: Kind
    title: str = ""
    read: str = ""

    @property
    def sentence(self) -> str:
        read = f"写的是“{self.read}”。" if self.read else ""
        return f"{self.title}：{read}{self.text}" if self.title else f"{read}{self.text}"


@dataclass(frozen=True, slots=True)
class MarkedCopy:
    content: bytes
    filename: str


def mark_workbook(content: bytes, filename: str, *, sheet: str, marks: Sequence[Mark]) -> MarkedCopy:
    """The file with the marks on `sheet` (its name; of text ""). Raises SpreadsheetError if it is no table."""
    package = inspect_package(content, Limits()) if content.startswith(b"PK") else None
    name = PurePath(filename)
    stem = name.stem.removesuffix("-核对")
    kept = _kept(content, package, sheet)
    if kept is not None and package is not None:
        lay_over_cells(kept, content)
        values = values_of_formulas(kept, content)
        _mark_kept(kept, sheet, marks)
        names = [each.title for each in kept.worksheets]
        note = "（不含宏）" if package.has_macros else ""
        return MarkedCopy(with_values(saved(kept), names, values), f"{stem}-核对{note}.xlsx")
    return MarkedCopy(_rebuilt(content, sheet, marks), f"{stem}-核对.xlsx")


def _kept(content: bytes, package: Package | None, sheet: str) -> Book | None:
    """The workbook to be changed in place; None if it has to be made anew."""
    if package is None or package.is_ods or max(package.cells, package.merged_cells) > MOST_CELLS:
        return None
    try:
        book = load_workbook(io.BytesIO(content), rich_text=True)
    except Exception:
        return None
    return book if sheet in book.sheetnames else None


# --- in place -------------------------------------------------------------------------------------------------------


def _mark_kept(book: Book, name: str, marks: Sequence[Mark]) -> None:
    _unmark(book)
    sheet = book[name]
    spans = [(r.min_row, r.min_col, r.max_row, r.max_col) for r in sheet.merged_cells.ranges]
    tops = {(row, column): span for span in spans for row, column in _covered(span)}
    by_place: dict[tuple[int, int], list[Mark]] = {}
    for mark in marks:
        row, column = _place(mark, lambda row: _first_cell(sheet, row))
        top = tops.get((row, column))
        by_place.setdefault((top[0], top[1]) if top else (row, column), []).append(mark)
    for count, ((row, column), here) in enumerate(sorted(by_place.items())):
        _dress(sheet.cell(row, column), row, here, commented=count < MOST_COMMENTS)
    for each in book.worksheets:
        each.sheet_view.tabSelected = each is sheet
    book.active = book.index(sheet)
    write_notes(book, name, marks, {mark: f"{get_column_letter(c)}{r}" for (r, c), m in by_place.items() for mark in m})
    # What is mended changes what formulas come to.
    book.calculation.fullCalcOnLoad = True


def _covered(span: tuple[int, int, int, int]) -> Iterable[tuple[int, int]]:
    top, left, bottom, right = span
    return ((row, column) for row in range(top, bottom + 1) for column in range(left, right + 1))


def _unmark(book: Book) -> None:
    """Take away what an earlier copy was marked with. The colours that those cells had before are not known."""
    for sheet in [each for each in book.worksheets if is_notes(each)]:
        book.remove(sheet)
    for sheet in book.worksheets:
        for cell in [cell for row in sheet.iter_rows() for cell in row if not isinstance(cell, MergedCell)]:
            if cell.comment and _HEADING in cell.comment.text:
                theirs = cell.comment.text.split(_HEADING)[0].strip()
                cell.comment = Comment(theirs, cell.comment.author) if theirs else None
                cell.fill = PatternFill()


def _place(mark: Mark, first: Callable[[int], int]) -> tuple[int, int]:
    if not mark.cell:
        return mark.row, first(mark.row)
    letters, row = coordinate_from_string(mark.cell)
    return row, column_index_from_string(letters)


def _first_cell(sheet: Any, row: int) -> int:
    """The row's first cell that holds something and is its own; the first one if there is none."""
    return next((cell.column for cell in sheet[row] if not isinstance(cell, MergedCell) and cell.value is not None), 1)


def _dress(cell: Any, row: int, marks: Sequence[Mark], *, commented: bool) -> None:
    kinds = {mark.kind for mark in marks}
    cell.fill = next(fill for kind, fill in _FILLS.items() if kind in kinds)
    if commented:
        cell.comment = _comment(marks, row, cell.comment.text if cell.comment else "")


def _comment(marks: Sequence[Mark], row: int, theirs: str) -> Comment:
    """The sentences of all marks of a cell; those of other rows, which the cell is merged over, name their row."""
    several = any(mark.row != row for mark in marks)
    lines = [f"第 {mark.row} 行　{mark.sentence}" if several else mark.sentence for mark in marks]
    text = "\n".join(dict.fromkeys(lines))
    if len(text) > LONGEST_COMMENT:
        text = f"{text[:LONGEST_COMMENT]}……\n共 {len(marks)} 处，全部见最后的工作表“{NOTES}”"
    text = plain_text(f"{theirs}\n\n{_HEADING}\n{text}" if theirs else f"{_HEADING}\n{text}")
    height = LINE_HEIGHT * (1 + sum(1 + len(line) // LETTERS_PER_LINE for line in text.split("\n")))
    return Comment(text, AUTHOR, height=min(height, HIGHEST_COMMENT), width=COMMENT_WIDTH)


# --- made anew ------------------------------------------------------------------------------------------------------


def _rebuilt(content: bytes, sheet: str, marks: Sequence[Mark]) -> bytes:
    source = open_workbook(content)
    source = type(source)([each for each in source.sheets if each.name != NOTES or each.name == sheet])
    firsts = {
        row.number: next((i for i, text in enumerate(row.own, 1) if text), 1)
        for each in source.sheets
        if each.name == sheet
        for row in each.rows
    }
    by_place: dict[tuple[int, int], list[Mark]] = {}
    for mark in marks:
        by_place.setdefault(_place(mark, lambda row: firsts.get(row, 1)), []).append(mark)
    commented = set(sorted(by_place)[:MOST_COMMENTS])

    def dress(cell: Any, row: int, column: int) -> None:
        if here := by_place.get((row, column)):
            _dress(cell, row, here, commented=(row, column) in commented)

    book, names = rebuild(
        source, fallback_name=FALLBACK_SHEET, dress=lambda name: dress if name == sheet else None
    )  # fmt: skip
    chosen = next((made for made, each in zip(names, source.sheets, strict=True) if each.name == sheet), names[0])
    places = {mark: f"{get_column_letter(c)}{r}" for (r, c), here in by_place.items() for mark in here}
    write_notes(book, chosen, marks, places)
    return saved(book)
