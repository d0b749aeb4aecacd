"""Tables in the official look: merged title, 填报单位 and date line, head, borders, print set-up, signature line.

openpyxl lays out the sheet; the rows are then streamed into the sheet's XML with the style numbers that openpyxl gave.
So there is one look and one code path for ten rows and for a million, and memory does not grow with them.
"""

import datetime as dt
import io
import math
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, BinaryIO
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from common.spreadsheets.columns import Column, Ledger
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.workbook import column_letter

SIGNATURE = "填表人：                    审核人：                    联系电话："
MOST_ROWS = 1_048_576
LONGEST_TEXT = 32_767
LONGEST_NUMBER = 15
BATCH = 500
# Wider than this many characters a table is printed on A3.
WIDEST_ON_A4 = 190
A3, A4 = 8, 9
POINTS_PER_LINE = 15.0
HIGHEST_ROW = 409.0
SHANGHAI = ZoneInfo("Asia/Shanghai")
# Spreadsheets count 1900 as a leap year; before March 1900 their numbers mean other days.
FIRST_DATE = dt.date(1900, 3, 1)
EPOCH = dt.date(1899, 12, 30)

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_LONG_DIGITS = re.compile(r"\+?[\d\-]{8,}")
_WIDE = re.compile(
    r"[\u1100-\u115f\u2018-\u201d\u2026\u2460-\u24ff\u3000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]"
)

_THIN = Side(style="thin", color="FF808080")
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)


def write_official(
    out: BinaryIO,
    *,
    ledger: Ledger,
    rows: Iterable[Sequence[Any] | Mapping[str, Any]],
    title: str,
    unit_line: str = "",
    date_line: str = "",
    columns: Sequence[str] | None = None,
    notes: Sequence[str] = (),
    signature: str = SIGNATURE,
) -> int:
    """Write an .xlsx to `out`, which need not be seekable; return the number of rows.

    `rows`: by column name, or values in the order of `columns` (names; the ledger's shown columns by default). A value
    is text, a number, a date, an aware or naive datetime, a bool, None or a list of texts.
    """
    picked = ledger.pick(columns)
    book, sheet, head_row = _lay_out(ledger, picked, title, unit_line, date_line)
    styles = _Styles.of(sheet)
    parts = _saved(book)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            if name != "xl/worksheets/sheet1.xml":
                archive.writestr(name, content)
        before, after = _split(parts["xl/worksheets/sheet1.xml"].decode())
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            part.write(before.encode())
            count = 0
            for done, batch in _rows_xml(rows, picked, styles, head_row + 1):
                part.write(batch.encode())
                count = done
            foot, merges = _foot(head_row + count + 1, len(picked), [*notes, signature], styles)
            part.write((foot + _with_merges(after, merges)).encode())
    return count


def write_template(
    out: BinaryIO, *, ledger: Ledger, columns: Sequence[str] | None = None, title: str = "", empty_rows: int = 50
) -> None:
    """An empty table to fill in: required columns marked, choices offered, and a sheet on how to fill it in."""
    picked = ledger.pick(columns)
    book, sheet, head_row = _lay_out(ledger, picked, title or ledger.title, "填报单位：", "填报日期：")
    for index, column in enumerate(picked, 1):
        cell = sheet.cell(head_row, index)
        if column.required:
            cell.value = f"{column.title}*"
        for row in range(head_row + 1, head_row + 1 + empty_rows):
            _dress(sheet.cell(row, index), is_centred=column.is_centred)
        if column.choices:
            offered = DataValidation("list", formula1='"' + ",".join(column.choices) + '"', allow_blank=True)
            offered.showErrorMessage = False
            offered.add(f"{column_letter(index - 1)}{head_row + 1}:{column_letter(index - 1)}{head_row + empty_rows}")
            sheet.add_data_validation(offered)
    guide = book.create_sheet("填表说明")
    guide.append(["列名", "是否必填", "填写要求"])
    for column in picked:
        guide.append([column.title, "必填" if column.required else "", column.hint])
    for letter, width in (("A", 18), ("B", 10), ("C", 60)):
        guide.column_dimensions[letter].width = width
    for cell in guide[1]:
        cell.font = Font(name="黑体", size=11)
    book.save(out)


# --- the layout -----------------------------------------------------------------------------------------------------


def _lay_out(
    ledger: Ledger, columns: Sequence[Column], title: str, unit_line: str, date_line: str
) -> tuple[Workbook, Worksheet, int]:
    """The workbook down to its head; returns the head's row too."""
    book = Workbook()
    book.properties.creator = ""
    book.properties.title = _text(title)
    sheet: Worksheet = book.active
    sheet.title = re.sub(r"[\[\]:*?/\\']", "", ledger.title)[:31] or "Sheet1"
    last = len(columns)
    _line(sheet, 1, 1, last, title, Font(name="方正小标宋简体", size=20), "center")
    sheet.row_dimensions[1].height = 40
    row = 1
    if unit_line or date_line:
        row = 2
        split = max(1, last * 3 // 5) if date_line and last > 1 else last
        _line(sheet, row, 1, split, unit_line if split < last else f"{unit_line}  {date_line}".strip(), _body(), "left")
        if split < last:
            _line(sheet, row, split + 1, last, date_line, _body(), "right")
        sheet.row_dimensions[row].height = 22
    row += 1
    for index, column in enumerate(columns, 1):
        cell = sheet.cell(row, index, column.title)
        cell.font = Font(name="黑体", size=11)
        cell.alignment = Alignment("center", "center", wrap_text=True)
        cell.border = _BOX
        cell.fill = PatternFill("solid", fgColor="FFF2F2F2")
        sheet.column_dimensions[column_letter(index - 1)].width = column.width
    sheet.row_dimensions[row].height = _height([(c.title, c.width) for c in columns]) + 9
    _print_set_up(sheet, row, sum(column.width for column in columns))
    return book, sheet, row


def _line(sheet: Worksheet, row: int, first: int, last: int, text: str, font: Font, across: str) -> None:
    cell = sheet.cell(row, first)
    cell.value, cell.data_type = _text(text), "s"
    cell.font = font
    cell.alignment = Alignment(across, "center", wrap_text=across == "center")
    if last > first:
        sheet.merge_cells(start_row=row, start_column=first, end_row=row, end_column=last)


def _print_set_up(sheet: Worksheet, head_row: int, width: float) -> None:
    sheet.freeze_panes = f"A{head_row + 1}"
    sheet.print_title_rows = f"{head_row}:{head_row}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = A4 if width <= WIDEST_ON_A4 else A3
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_options.horizontalCentered = True
    margins = sheet.page_margins
    margins.left = margins.right = 0.5
    margins.top, margins.bottom, margins.header, margins.footer = 0.7, 0.7, 0.3, 0.35
    sheet.oddFooter.center.text = "第 &P 页，共 &N 页"


def _body() -> Font:
    return Font(name="仿宋", size=11)


def _dress(cell: Any, *, is_centred: bool, across: str = "", number_format: str = "General") -> None:
    cell.font = _body()
    cell.border = _BOX
    cell.alignment = Alignment(across or ("center" if is_centred else "left"), "center", wrap_text=True)
    cell.number_format = number_format


@dataclass(frozen=True, slots=True)
class _Styles:
    """Style numbers: by (centred, kind), kind being text, digits, quoted or number; of the rest."""

    of_kind: dict[tuple[bool, str], int]
    date: int
    moment: int
    note: int

    @classmethod
    def of(cls, sheet: Worksheet) -> "_Styles":
        """Dress a cell in each style to have it registered; the cell itself goes again."""

        def register(**look: Any) -> int:
            quoted, is_note = look.pop("quoted", False), look.pop("is_note", False)
            cell = sheet.cell(MOST_ROWS, 1)
            _dress(cell, **look)
            if quoted:
                cell.quotePrefix = True
            if is_note:
                cell.border = Border()
            number = cell.style_id
            del sheet._cells[(MOST_ROWS, 1)]
            return int(number)

        of_kind = {}
        for is_centred in (False, True):
            of_kind[is_centred, "text"] = register(is_centred=is_centred)
            of_kind[is_centred, "digits"] = register(is_centred=is_centred, number_format="@")
            of_kind[is_centred, "quoted"] = register(is_centred=is_centred, quoted=True)
            of_kind[is_centred, "number"] = register(is_centred=is_centred, across="" if is_centred else "right")
        return cls(
            of_kind=of_kind,
            date=register(is_centred=True, number_format="yyyy-mm-dd"),
            moment=register(is_centred=True, number_format="yyyy-mm-dd hh:mm"),
            note=register(is_centred=False, is_note=True),
        )


def _saved(book: Workbook) -> dict[str, bytes]:
    buffer = io.BytesIO()
    book.save(buffer)
    with zipfile.ZipFile(buffer) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _split(xml: str) -> tuple[str, str]:
    """The sheet's XML before and after the place where rows are added; its extent, not yet known, is left out."""
    before, after = re.sub(r"<dimension [^>]*/>", "", xml).split("</sheetData>")
    return before, after


# --- the rows -------------------------------------------------------------------------------------------------------


def _rows_xml(
    rows: Iterable[Sequence[Any] | Mapping[str, Any]], columns: Sequence[Column], styles: _Styles, first: int
) -> Iterator[tuple[int, str]]:
    """(rows so far, the XML of the next few)."""
    plan = [(column, column_letter(index)) for index, column in enumerate(columns)]
    batch: list[str] = []
    count = 0
    for count, row in enumerate(rows, 1):
        number = first + count - 1
        if number > MOST_ROWS - 100:
            raise SpreadsheetError(f"一张工作表最多放 {MOST_ROWS - 100 - first} 行，请缩小筛选范围后分几次导出")
        values = [row.get(column.name) for column in columns] if isinstance(row, Mapping) else row
        cells = []
        high = []
        for (column, letter), value in zip(plan, values, strict=True):
            xml, text = _cell(f"{letter}{number}", column.format(value), column.is_centred, styles)
            cells.append(xml)
            if text:
                high.append((text, column.width))
        batch.append(f'<row r="{number}" ht="{_height(high)}" customHeight="1">{"".join(cells)}</row>')
        if len(batch) == BATCH:
            yield count, "".join(batch)
            batch = []
    yield count, "".join(batch)


def _cell(address: str, value: Any, is_centred: bool, styles: _Styles) -> tuple[str, str]:
    """A cell's XML, and its text where that may need several lines."""
    if isinstance(value, bool):
        value = "是" if value else "否"
    elif isinstance(value, dt.datetime):
        local = value.astimezone(SHANGHAI).replace(tzinfo=None) if value.tzinfo else value
        if local.date() >= FIRST_DATE:
            days = (local - dt.datetime.combine(EPOCH, dt.time())) / dt.timedelta(days=1)
            return f'<c r="{address}" s="{styles.moment}"><v>{days:.10f}</v></c>', ""
        value = local.isoformat(sep=" ", timespec="minutes")
    elif isinstance(value, dt.date):
        if value >= FIRST_DATE:
            return f'<c r="{address}" s="{styles.date}"><v>{(value - EPOCH).days}</v></c>', ""
        value = value.isoformat()
    elif isinstance(value, int | float | Decimal):
        written = f"{value:f}" if isinstance(value, Decimal) else str(value)
        if math.isfinite(value) and len(written.strip("-").split(".")[0]) <= LONGEST_NUMBER:
            return f'<c r="{address}" s="{styles.of_kind[is_centred, "number"]}"><v>{written}</v></c>', ""
        value = written
    elif isinstance(value, list | tuple):
        value = "、".join(str(part) for part in value)
    text = "" if value is None else _text(str(value))
    if not text:
        return f'<c r="{address}" s="{styles.of_kind[is_centred, "text"]}"/>', ""
    kind = "quoted" if text[0] in "=+-@\t" else "digits" if _LONG_DIGITS.fullmatch(text) else "text"
    return _text_cell(address, text, styles.of_kind[is_centred, kind]), text


def _text_cell(address: str, text: str, style: int) -> str:
    # A cell of type inlineStr is text whatever it begins with: = starts no formula.
    written = escape(_LOOKS_ESCAPED.sub("_x005F_", text))
    return f'<c r="{address}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{written}</t></is></c>'


def _text(text: str) -> str:
    """What XML and a cell can hold: no control characters, line ends as \\n, not longer than a cell takes."""
    plain = _ILLEGAL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    # Excel counts characters beyond the basic plane twice.
    if len(plain) > LONGEST_TEXT // 2 and len(plain.encode("utf-16-le")) // 2 > LONGEST_TEXT:
        plain = plain.encode("utf-16-le")[: (LONGEST_TEXT - 8) * 2].decode("utf-16-le", "ignore") + "…（已截断）"
    return plain


def _height(texts: Iterable[tuple[str, float]]) -> float:
    """The height in points of a row that holds these texts in columns of these widths."""
    most = 1
    for text, width in texts:
        if len(text) * 2 > width or "\n" in text:
            room = max(2.0, width - 1)
            lines = sum(max(1, math.ceil((len(line) + len(_WIDE.findall(line))) / room)) for line in text.split("\n"))
            most = max(most, lines)
    return min(HIGHEST_ROW, most * POINTS_PER_LINE + 5)


def _foot(first: int, width: int, lines: Sequence[str], styles: _Styles) -> tuple[str, list[str]]:
    """The rows below the table, each over its whole width, and the ranges to merge for them."""
    rows, merges = [], []
    for number, line in enumerate((line for line in lines if line), first):
        height = _height([(line, width * 12.0)]) + 8
        cell = _text_cell(f"A{number}", _text(line), styles.note)
        rows.append(f'<row r="{number}" ht="{height}" customHeight="1">{cell}</row>')
        if width > 1:
            merges.append(f"A{number}:{column_letter(width - 1)}{number}")
    return "".join(rows), merges


def _with_merges(after: str, merges: Sequence[str]) -> str:
    added = "".join(f'<mergeCell ref="{merge}"/>' for merge in merges)
    counted = re.sub(r'<mergeCells count="\d+">', "<mergeCells>", after)
    return "</sheetData>" + counted.replace("</mergeCells>", added + "</mergeCells>")
