"""Blank tables to fill in: required columns marked, choices offered, dates and numbers checked, heads protected."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.styles import Alignment
from openpyxl.utils import quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from common.spreadsheets.cell_xml import most_lines
from common.spreadsheets.columns import Column, Ledger
from common.spreadsheets.layout import lay_out_head, lay_out_title, new_book, set_up_print
from common.spreadsheets.styles import DATE_FORMAT, MOST_ROWS, dress, dress_head, row_height, unlock
from common.spreadsheets.workbook import column_letter

EMPTY_ROWS = 100
CHOICES_SHEET, GUIDE_SHEET = "选项", "填表说明"
# What a cell's note and its list may hold at most.
LONGEST_PROMPT, LONGEST_TITLE, LONGEST_LIST = 255, 32, 255
LAST_COLUMN = 16_384
GUIDE_HEAD = (("列名", 18), ("是否必填", 10), ("填写要求", 56), ("示例", 34))
GUIDE_NOTES = (
    "表头已保护，不能改动；在表头下面一行一条填写，可以插入、删除行，也可以排序。",
    "带 * 的列必填。下拉里没有的可以直接填写，导入时会请您核对。",
)


def write_template(
    out: BinaryIO,
    *,
    ledger: Ledger,
    columns: Sequence[str] | None = None,
    title: str = "",
    lists: Mapping[str, Sequence[str]] | None = None,
    hints: Mapping[str, str] | None = None,
    example: Mapping[str, Any] | None = None,
    days: tuple[dt.date, dt.date] | None = None,
    unit_line: str = "填报单位：",
    date_line: str = "填报日期：",
) -> None:
    """Write an .xlsx with the ledger's head over empty rows, and a sheet on how to fill it in.

    By column name: `lists` are choices that only the caller knows (units), `hints` take the place of the columns' own,
    `example` is a row that shows how, in the values that an export would have. `days`: between which dates lie.
    """
    picked = ledger.pick(columns)
    book, sheet = new_book(title or ledger.title, ledger.title)
    head_row = lay_out_title(sheet, len(picked), title or ledger.title, unit_line, date_line)
    lay_out_head(sheet, head_row, picked)
    set_up_print(sheet, head_row, sum(column.width for column in picked))
    _unlock_lines_above(sheet, head_row)
    hints, lists = hints or {}, lists or {}
    offered: dict[str, Sequence[str]] = {c.name: lists.get(c.name) or c.choices for c in picked}
    ranges = _choices_sheet(book, {name: texts for name, texts in offered.items() if _needs_sheet(texts)})
    last_row = head_row + EMPTY_ROWS
    for row in range(head_row + 1, last_row + 1):
        sheet.row_dimensions[row].height = row_height(1)
    for index, column in enumerate(picked, 1):
        if column.required:
            sheet.cell(head_row, index).value = f"{column.title}*"
        _blank_cells(sheet, index, column, head_row + 1, last_row)
        hint = hints.get(column.name, column.hint)
        choices = ranges.get(column.name) or '"' + ",".join(offered[column.name]) + '"' if offered[column.name] else ""
        check = _check(column, hint, choices, days)
        # Beyond the empty rows too: rows are added.
        check.add(f"{column_letter(index - 1)}{head_row + 1}:{column_letter(index - 1)}{MOST_ROWS}")
        sheet.add_data_validation(check)
    # Empty rows would not be printed, for who fills them in by hand.
    sheet.print_area = f"A1:{column_letter(len(picked) - 1)}{last_row}"
    _protect(sheet, len(picked))
    _guide(book, picked, hints, offered, example or {})
    book.save(out)


# --- the table ------------------------------------------------------------------------------------------------------


def _unlock_lines_above(sheet: Worksheet, head_row: int) -> None:
    """填报单位 and date are filled in by who fills in the table."""
    for row in sheet.iter_rows(min_row=2, max_row=head_row - 1):
        for cell in row:
            unlock(cell)


def _blank_cells(sheet: Worksheet, index: int, column: Column, first: int, last: int) -> None:
    formats = {"date": DATE_FORMAT, "number": "General"}
    number_format = formats.get(column.kind, "@" if column.kind == "digits" else "General")
    for row in range(first, last + 1):
        cell = sheet.cell(row, index)
        dress(cell, is_centred=column.is_centred, number_format=number_format)
        unlock(cell)
    whole: Any = sheet.column_dimensions[column_letter(index - 1)]
    unlock(whole)
    whole.number_format = number_format


def _protect(sheet: Worksheet, columns: int) -> None:
    """The head cannot be changed; all else can, and without a password anybody may take the protection off."""
    # A row can be deleted only if all of its cells are unlocked.
    beyond: Any = sheet.column_dimensions[column_letter(columns)]
    beyond.min, beyond.max = columns + 1, LAST_COLUMN
    unlock(beyond)
    allowed = ("formatCells", "formatColumns", "formatRows", "insertRows", "deleteRows", "insertHyperlinks", "sort")
    for what in (*allowed, "autoFilter"):
        setattr(sheet.protection, what, False)  # the file's word for "not protected"
    sheet.protection.enable()


def _check(column: Column, hint: str, choices: str, days: tuple[dt.date, dt.date] | None) -> DataValidation:
    """What the cells of a column offer, say and warn of. Nothing is refused: the import understands more than this."""
    check = DataValidation(allow_blank=True, errorStyle="warning", showErrorMessage=True)
    wanted = hint
    if choices:
        check.type, check.formula1 = "list", choices
        wanted = hint or "请从下拉里选择"
        check.error = f"下拉里没有这一项。{column.title}一般从下拉里选；确实没有的可以保留，导入时会请您核对。"
    elif column.kind == "date":
        first, last = days or (dt.date(2000, 1, 1), dt.date(2099, 12, 31))
        check.type, check.operator = "date", "between"
        check.formula1, check.formula2 = _serial(first), _serial(last)
        check.error = f"{column.title}请写成日期，例如 {last.replace(day=1)}，在 {first} 到 {last} 之间。"
    elif column.kind == "number":
        check.type, check.operator, check.formula1 = "decimal", "greaterThanOrEqual", "0"
        check.error = f"{column.title}请填写数字，不写单位。"
        wanted = hint or "填写数字"
    if column.required:
        wanted = f"必填。{wanted}"
    check.errorTitle = check.promptTitle = column.title[:LONGEST_TITLE]
    if wanted:
        check.showInputMessage, check.prompt = True, wanted[:LONGEST_PROMPT]
    return check


def _serial(day: dt.date) -> str:
    return f"DATE({day.year},{day.month},{day.day})"


# --- choices and guide ----------------------------------------------------------------------------------------------


def _needs_sheet(texts: Sequence[str]) -> bool:
    """Whether choices are too long for a cell's own list, or hold the comma that parts them there."""
    return len(",".join(texts)) > LONGEST_LIST or any("," in text or '"' in text for text in texts)


def _choices_sheet(book: Workbook, lists: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """A hidden sheet with a column for each list; returns the ranges by column name."""
    if not lists:
        return {}
    sheet: Worksheet = book.create_sheet(CHOICES_SHEET)
    sheet.sheet_state = "hidden"
    ranges = {}
    for index, (name, texts) in enumerate(lists.items(), 1):
        for row, text in enumerate(texts, 1):
            cell: Any = sheet.cell(row, index)
            cell.value, cell.data_type = text, "s"
        letter = column_letter(index - 1)
        ranges[name] = f"{quote_sheetname(CHOICES_SHEET)}!${letter}$1:${letter}${len(texts)}"
    return ranges


def _guide(
    book: Workbook,
    columns: Sequence[Column],
    hints: Mapping[str, str],
    offered: Mapping[str, Sequence[str]],
    example: Mapping[str, Any],
) -> None:
    sheet: Worksheet = book.create_sheet(GUIDE_SHEET)
    for index, (head, width) in enumerate(GUIDE_HEAD, 1):
        dress_head(sheet.cell(1, index, head))
        sheet.column_dimensions[column_letter(index - 1)].width = width
    for number, column in enumerate(columns, 2):
        hint = hints.get(column.name, column.hint)
        few = offered[column.name] if len(offered[column.name]) <= 12 else ()
        wanted = "；".join(filter(None, [hint, "可选：" + "、".join(few) if few and not hint else ""]))
        shown = column.format(example.get(column.name))
        if isinstance(shown, (list, tuple)):
            shown = "、".join(map(str, shown))
        texts = [column.title, "必填" if column.required else "", wanted, shown]
        for index, text in enumerate(texts, 1):
            cell: Any = sheet.cell(number, index)
            is_day = isinstance(text, dt.date)
            dress(
                cell,
                is_centred=index == 2,
                across="left" if is_day else "",
                number_format=DATE_FORMAT if is_day else "@",
            )
            cell.value = text if is_day or text in (None, "") else str(text)
        widths = [width for _, width in GUIDE_HEAD]
        sheet.row_dimensions[number].height = row_height(
            most_lines((str(text or ""), width) for text, width in zip(texts, widths, strict=True))
        )
    for number, note in enumerate(GUIDE_NOTES, len(columns) + 3):
        cell = sheet.cell(number, 1, note)
        cell.alignment = Alignment("left", "center")
    sheet.freeze_panes = "A2"
    set_up_print(sheet, 1, sum(width for _, width in GUIDE_HEAD))
