"""The last sheet of a marked copy: what each colour means, and every mark with a link to its cell."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook as Book
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.hyperlink import Hyperlink

from common.spreadsheets.cell_xml import plain_text

if TYPE_CHECKING:
    from common.spreadsheets.marking import Mark

NOTES = "核对说明"
COLOURS = {"waits": "FFFFC000", "update": "FF9BC2E6", "repeat": "FFCDB4E6"}
LABELS = {"waits": "待处理", "update": "有变动", "repeat": "重复"}
MEANINGS = {
    "waits": "看不清或不合要求，改好后才能导入",
    "update": "与系统里已登记的内容不同，请核对以哪个为准",
    "repeat": "与另一行或已登记的隐患相同，不会重复登记",
}
GUIDE = (
    "涂了颜色的单元格都有批注，写明原因。请在原来的工作表里改好并保存，回到“导入台账”重新上传这个文件。"
    "已登记的行会归入“重复”，不会再登记一次；这张工作表不会被当作台账读取。"
)
# No word here is a column's name in a ledger: this sheet must never be taken for one.
HEAD = ("行号", "单元格", "标记", "列", "读到的", "怎么改")
WIDTHS = (8, 10, 10, 16, 36, 60)
# Office programs allow 65 530 links on a sheet, and are slow long before.
MOST_LINKS = 10_000
_WRAPPED = Alignment(vertical="top", wrap_text=True)
_LINK = Font(color="FF0563C1", underline="single")


def is_notes(sheet: Any) -> bool:
    """Whether the sheet of a workbook that was read is such a list."""
    return bool(str(sheet.title).startswith(NOTES) and sheet["A1"].value == NOTES)


def write_notes(book: Book, sheet: str, marks: Sequence["Mark"], cells: Mapping["Mark", str]) -> None:
    """Append the list to `book`, ordinary or write-only. `cells`: where each mark stands, merged cells considered."""
    notes = book.create_sheet(NOTES)
    for letter, width in zip("ABCDEF", WIDTHS, strict=True):
        notes.column_dimensions[letter].width = width
    lines = [[_cell(notes, NOTES, font=Font(bold=True, size=14))], [_cell(notes, GUIDE)]]
    for kind, label in LABELS.items():
        count = sum(1 for mark in marks if mark.kind == kind)
        lines.append([
            _cell(notes, label, fill=PatternFill("solid", fgColor=COLOURS[kind])), None,
            _cell(notes, f"{count} 处"), _cell(notes, MEANINGS[kind]),
        ])  # fmt: skip
    lines.append([])
    lines.append([_cell(notes, title, font=Font(bold=True)) for title in HEAD])
    for line in lines:
        notes.append(line)
    quoted = sheet.replace("'", "''")
    for number, mark in enumerate(sorted(marks, key=lambda mark: mark.row), len(lines) + 1):
        place = cells.get(mark, mark.cell)
        fill = PatternFill("solid", fgColor=COLOURS[mark.kind])
        texts = [_cell(notes, text, alignment=_WRAPPED) for text in (mark.title, mark.read, mark.text)]
        where = [WriteOnlyCell(notes, mark.row), _cell(notes, place, font=_LINK)]
        if place and number - len(lines) <= MOST_LINKS:
            # A cell of a write-only workbook does not know where it stands.
            where[1]._hyperlink = Hyperlink(ref=f"B{number}", location=f"'{quoted}'!{place}", display=place)
        notes.append([*where, _cell(notes, LABELS[mark.kind], fill=fill), *texts])


def _cell(sheet: Any, text: str, **look: Any) -> Any:
    cell = WriteOnlyCell(sheet, plain_text(text) or None)
    if not text:
        return cell
    # Whatever it begins with: = starts no formula.
    cell.data_type = "s"
    for name, value in look.items():
        setattr(cell, name, value)
    return cell
