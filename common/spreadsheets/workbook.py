"""Spreadsheets as people see them: sheets of texts, with the row numbers that the office program shows.

    book = open_workbook(upload)          # .xlsx, .xlsm, .xls, .ods or delimited text, told by content
    for sheet in book.sheets:
        for row in sheet.rows:
            row.number, row.own, row.cells

A file that cannot be read raises `SpreadsheetError`, whose message tells a person what to do.
"""

import datetime as dt
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import python_calamine as calamine

from common.spreadsheets.biff import WORKBOOKS, inspect_xls
from common.spreadsheets.delimited import read_delimited
from common.spreadsheets.errors import SpreadsheetError, broken, encrypted, no_spreadsheet, too_large
from common.spreadsheets.limits import MEBIBYTE, Limits, check_extent
from common.spreadsheets.ods import Merge
from common.spreadsheets.packages import inspect_package

__all__ = ["Limits", "NumberText", "Row", "Sheet", "SpreadsheetError", "Workbook", "column_letter", "open_workbook"]

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# So many different texts of a sheet are kept once, however often they stand in it.
KNOWN_TEXTS = 20_000
OTHER_KINDS = (
    (b"%PDF", "PDF 文件"),
    (b"\xff\xd8\xff", "图片"),
    (b"\x89PNG", "图片"),
    (b"GIF8", "图片"),
    (b"Rar!", "压缩包"),
    (b"7z\xbc\xaf", "压缩包"),
    (b"{\\rtf", "RTF 文档"),
)


class NumberText(str):
    """The text of a cell that holds a number: 9.30 typed into such a cell has become 9.3."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Row:
    """`number` counts from 1 as the office program does (delimited text: the physical line on which the row starts).

    `own` is what stands in each cell; in `cells` a merged cell's text stands everywhere that the merged cell covers.
    Empty cells are "". Numbers are `NumberText`, dates ISO.
    """

    number: int
    own: tuple[str, ...]
    cells: tuple[str, ...]

    @property
    def is_blank(self) -> bool:
        return not any(self.own)


@dataclass(frozen=True, slots=True)
class Sheet:
    """`rows` has every row from the first to the last that holds anything, blank ones between them included."""

    name: str
    is_visible: bool
    rows: list[Row]

    @property
    def width(self) -> int:
        return max((len(row.cells) for row in self.rows), default=0)


@dataclass(frozen=True, slots=True)
class Workbook:
    """`has_macros`: they were in the file and have been left alone."""

    sheets: list[Sheet]
    has_macros: bool = False


def column_letter(index: int) -> str:
    """A for 0, AA for 26."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def open_workbook(source: BinaryIO | bytes | Path, *, limits: Limits | None = None) -> Workbook:
    """Read the whole file; what kind it is, is told by its content."""
    limits = limits or Limits()
    data = _bytes_of(source, limits)
    if not data.strip(b"\0 \t\r\n"):
        raise SpreadsheetError("文件是空的，没有任何内容。请检查后重新上传")
    for magic, kind in OTHER_KINDS:
        if data.startswith(magic):
            raise no_spreadsheet(kind)
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        package = inspect_package(data, limits)
        sheets = _sheets(data, limits, package.merges if package.is_ods else None)
        return Workbook(sheets, package.has_macros)
    if data.startswith(OLE_MAGIC):
        # A workbook may have a Word document in it.
        if not any(name.encode("utf-16-le") in data for name in WORKBOOKS):
            if "EncryptedPackage".encode("utf-16-le") in data:
                raise encrypted()
            if "WordDocument".encode("utf-16-le") in data:
                raise no_spreadsheet("Word 文档")
        has_macros = inspect_xls(data, limits)
        return Workbook(_sheets(data, limits, None), has_macros)
    rows = [Row(number, cells, cells) for number, cells in read_delimited(data, limits)]
    return Workbook([Sheet("", True, rows)])


def _bytes_of(source: BinaryIO | bytes | Path, limits: Limits) -> bytes:
    if isinstance(source, Path):
        with source.open("rb") as file:
            data = file.read(limits.max_bytes + 1)
    elif isinstance(source, bytes):
        data = source
    else:
        data = source.read(limits.max_bytes + 1)
    if len(data) > limits.max_bytes:
        raise too_large(f"超过 {limits.max_bytes / MEBIBYTE:g} MB", f"{limits.max_bytes / MEBIBYTE:g} MB")
    return data


def _sheets(data: bytes, limits: Limits, ods_merges: dict[str, list[Merge]] | None) -> list[Sheet]:
    try:
        return _parse(data, limits, ods_merges)
    except SpreadsheetError:
        raise
    except BaseException as error:
        # The parser's own panics (Rust) derive from BaseException; anything else of that kind is not ours to catch.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        if "password" in str(error).lower():
            raise encrypted() from error
        raise broken() from error


def _parse(data: bytes, limits: Limits, ods_merges: dict[str, list[Merge]] | None) -> list[Sheet]:
    book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    sheets = []
    cells = 0
    for meta in book.sheets_metadata:
        if meta.typ != calamine.SheetTypeEnum.WorkSheet:
            continue
        sheet = book.get_sheet_by_name(meta.name)
        cells += sheet.total_height * sheet.total_width
        check_extent(sheet.total_height, sheet.total_width, cells, limits)
        if ods_merges is None:
            merges = [(*first, *last) for first, last in sheet.merged_cell_ranges or []]
        else:
            merges = ods_merges.get(meta.name, [])
        is_visible = meta.visible == calamine.SheetVisibleEnum.Visible
        sheets.append(Sheet(meta.name, is_visible, _rows(_lines(sheet), merges, limits)))
    return sheets


def _lines(sheet: Any) -> Iterator[list[str]]:
    """The texts of each row from the first on, one row at a time. Texts that come again and again are kept once."""
    left = [""] * (sheet.start[1] if sheet.start else 0)
    known: dict[str, str] = {}
    for values in sheet.iter_rows():
        line = left.copy()
        for value in values:
            text = as_text(value)
            if len(known) < KNOWN_TEXTS and type(text) is str:
                text = known.setdefault(text, text)
            line.append(text)
        yield line


def _rows(lines: Iterable[list[str]], merges: Iterable[Merge], limits: Limits) -> list[Row]:
    """The rows, what is merged filled in; blank ones at the end left off."""
    starting: dict[int, list[Merge]] = {}
    for merge in merges:
        starting.setdefault(merge[0], []).append(merge)
    open_merges: list[tuple[int, int, int, str]] = []
    budget = limits.max_cells
    rows = []
    for index, line in enumerate(lines):
        open_merges = [merge for merge in open_merges if merge[0] >= index]
        for _, left, bottom, right in starting.get(index, ()):
            if left < len(line) and line[left]:
                open_merges.append((bottom, left, min(right, len(line) - 1), line[left]))
        own = tuple(line)
        for _, left, right, text in open_merges:
            budget -= right - left + 1
            if budget < 0:
                raise too_large("合并单元格过多", f"{limits.max_cells} 个单元格")
            for column in range(left, right + 1):
                line[column] = line[column] or text
        cells = tuple(line)
        rows.append(Row(index + 1, own, own if cells == own else cells))
    while rows and rows[-1].is_blank:
        rows.pop()
    return rows


def as_text(value: Any) -> str:
    """A cell's value as a person sees it: 19969571346.0 → 19969571346, dates ISO, ends trimmed."""
    if isinstance(value, str):
        return value.replace("\0", "").strip()
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int | float):
        return NumberText(_number_text(value))
    if isinstance(value, dt.datetime):
        if value.time() == dt.time():
            return value.date().isoformat()
        return value.isoformat(sep=" ", timespec="minutes" if value.second == 0 else "seconds")
    if isinstance(value, dt.time):
        return value.isoformat(timespec="minutes" if value.second == 0 else "seconds")
    return str(value)


def _number_text(value: float) -> str:
    if value == int(value) and abs(value) < 1e21:
        return str(int(value))
    # 15 digits are what a spreadsheet keeps; more would show the binary fraction's noise.
    return f"{Decimal(f'{value:.15g}'):f}"
