"""Workbooks as offices keep them, made where a test needs them, and what a reader gets from them."""

import datetime as dt
import io
import zipfile
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from common.spreadsheets.ledgers.importer import ReadRow
from inspections.deadlines import SeasonDates
from inspections.reading import LedgerReading, read_hazard_rows

SEASON = SeasonDates(dt.date(2025, 3, 16), dt.date(2025, 10, 31), dt.date(2025, 11, 15), dt.date(2026, 3, 15))

HEAD = (
    "序号",
    "供热企业",
    "问题点位",
    "存在问题",
    "责任单位",
    "责任人",
    "联系电话",
    "整改时限",
    "验收标准",
    "是否销号",
)


def entry(number: Any = 1, **changed: Any) -> list[Any]:
    """A row under `HEAD` in which nothing is missing; `changed` by head."""
    values: dict[str, Any] = {
        "序号": number, "供热企业": "城源热力有限公司", "问题点位": "幸福里换热站",
        "存在问题": f"循环泵{number}轴封漏水",
        "责任单位": "城源热力有限公司", "责任人": "周德福", "联系电话": "15577156893", "整改时限": "2025.8.12",
        "验收标准": "运行24小时无渗漏", "是否销号": "否",
    }  # fmt: skip
    values |= changed
    return [values[title] for title in HEAD]


def book_of(*sheets: tuple[str, Sequence[Sequence[Any]]]) -> Workbook:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet: Worksheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    return book


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xlsx(rows: Sequence[Sequence[Any]], *, name: str = "台账", merge: Sequence[str] = ()) -> bytes:
    book = book_of((name, rows))
    for cells in merge:
        book.active.merge_cells(cells)
    return saved(book)


def read(content: bytes, **options: Any) -> LedgerReading:
    return read_hazard_rows(content, filename="台账.xlsx", season=SEASON, **options)


def entries(reading: LedgerReading) -> list[ReadRow]:
    return [row for row in reading.rows if row.pile != "skipped"]


def skipped(reading: LedgerReading) -> dict[int, str]:
    return {row.row: row.reason for row in reading.rows if row.pile == "skipped"}


def with_sheet_xml(sheet_data: str) -> bytes:
    """An .xlsx whose only sheet has this between <sheetData> and </sheetData>."""
    plain = zipfile.ZipFile(io.BytesIO(xlsx([["x"]])))
    xml = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f"{sheet_data}</sheetData></worksheet>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in plain.namelist():
            archive.writestr(name, xml if name.endswith("sheet1.xml") else plain.read(name))
    return out.getvalue()


_ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
    '<table:table table:name="台账">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
)
_ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"


def ods(rows_xml: str, *, manifest: str = "") -> bytes:
    """An .ods with one sheet 台账 of these rows."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", _ODS_TYPE)
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS_TYPE}"/>{manifest}'
            "</manifest:manifest>",
        )
        archive.writestr("content.xml", _ODS.format(rows=rows_xml))
    return out.getvalue()


def ods_row(*texts: str, repeat: int = 1) -> str:
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
        if text
        else "<table:table-cell/>"
        for text in texts
    )
    return f'<table:table-row table:number-rows-repeated="{repeat}">{cells}</table:table-row>'
