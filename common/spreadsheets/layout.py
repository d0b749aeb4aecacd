"""A sheet down to its head, laid out by openpyxl: title, 填报单位 and date line, head, widths, print set-up."""

import re
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.worksheet import Worksheet

from common.spreadsheets.cell_xml import most_lines, plain_text
from common.spreadsheets.columns import Column
from common.spreadsheets.styles import body_font, dress_head, head_font, row_height, title_font
from common.spreadsheets.workbook import column_letter

# Wider than this many characters a table is printed on A3.
WIDEST_ON_A4 = 190
A3, A4 = 8, 9
PAGE_NUMBERS = "第 &P 页，共 &N 页"
ABOUT = "口径"


def new_book(title: str, sheet_name: str) -> tuple[Workbook, Worksheet]:
    """A workbook with one empty sheet, and nobody's name on it."""
    book = Workbook()
    book.properties.creator = ""
    book.properties.title = plain_text(title)
    sheet: Any = book.active
    sheet.title = re.sub(r"[\[\]:*?/\\']", "", sheet_name)[:31] or "Sheet1"
    return book, sheet


def lay_out_title(sheet: Worksheet, width: int, title: str, unit_line: str, date_line: str) -> int:
    """The lines above the head over `width` columns; returns the row of the head."""
    text_line(sheet, 1, 1, width, title, title_font(), "center")
    sheet.row_dimensions[1].height = 40
    if not (unit_line or date_line):
        return 2
    split = max(1, width * 3 // 5) if date_line and width > 1 else width
    left = unit_line if split < width else f"{unit_line}  {date_line}".strip()
    text_line(sheet, 2, 1, split, left, body_font(), "left")
    if split < width:
        text_line(sheet, 2, split + 1, width, date_line, body_font(), "right")
    sheet.row_dimensions[2].height = 22
    return 3


def lay_out_head(sheet: Worksheet, row: int, columns: Sequence[Column]) -> None:
    """The head in this row, frozen."""
    for index, column in enumerate(columns, 1):
        dress_head(sheet.cell(row, index, column.title))
        sheet.column_dimensions[column_letter(index - 1)].width = column.width
    sheet.row_dimensions[row].height = row_height(most_lines((c.title, c.width) for c in columns)) + 9
    sheet.freeze_panes = f"A{row + 1}"


def text_line(sheet: Worksheet, row: int, first: int, last: int, text: str, font: Font, across: str) -> None:
    cell: Any = sheet.cell(row, first)
    cell.value, cell.data_type = plain_text(text), "s"
    cell.font = font
    cell.alignment = Alignment(across, "center", wrap_text=across == "center")
    if last > first:
        sheet.merge_cells(start_row=row, start_column=first, end_row=row, end_column=last)


def set_up_print(sheet: Worksheet, head_row: int, width: float) -> None:
    """Landscape, as wide as the page, the head and the page's number on every page."""
    sheet.print_title_rows = f"{head_row}:{head_row}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = A4 if width <= WIDEST_ON_A4 else A3
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_options.horizontalCentered = True
    margins = sheet.page_margins
    margins.left = margins.right = 0.5
    margins.top, margins.bottom, margins.header, margins.footer = 0.7, 0.7, 0.3, 0.35
    sheet.oddFooter.center.text = PAGE_NUMBERS


ABOUT_COLUMNS = (Column("label", "项目", width=16), Column("text", "说明", width=84))


def lay_out_about(book: Workbook) -> int:
    """The sheet 口径 down to its head; returns the row below it."""
    sheet: Worksheet = book.create_sheet(ABOUT)
    text_line(sheet, 1, 1, len(ABOUT_COLUMNS), "本表口径", head_font(), "center")
    sheet.row_dimensions[1].height = 28
    lay_out_head(sheet, 2, ABOUT_COLUMNS)
    set_up_print(sheet, 2, sum(column.width for column in ABOUT_COLUMNS))
    sheet.page_setup.orientation = "portrait"
    return 3
