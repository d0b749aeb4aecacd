"""The marked copy of an import: which cells of the uploaded file need a person, and why."""

from collections.abc import Iterator
from typing import Any

from common.spreadsheets.columns import Ledger
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.ledgers.importer import address_of
from common.spreadsheets.ledgers.kinds import kind_named
from common.spreadsheets.marking import Mark, MarkedCopy, mark_workbook
from common.spreadsheets.models import ImportBatch, ImportRow, Pile

MARKED_PILES = (Pile.WAITS, Pile.UPDATE, Pile.REPEAT)
NOTHING = "这一批没有待处理、重复或有变动的行，不需要核对副本"
GONE = "上传的原文件已不在系统里，无法生成核对副本。请重新上传后再下载"


def marked_copy(batch: ImportBatch) -> MarkedCopy:
    """The uploaded file with marks. Raises SpreadsheetError where there is nothing to mark or no file left."""
    rows = batch.rows.filter(pile__in=MARKED_PILES).order_by("row")
    ledger = kind_named(batch.kind).ledger
    marks = [mark for row in rows.iterator() for mark in marks_of(row, batch.head, ledger)]
    if not marks:
        raise SpreadsheetError(NOTHING)
    try:
        with batch.file.open("rb") as file:
            content = file.read()
    except (FileNotFoundError, ValueError) as error:
        raise SpreadsheetError(GONE) from error
    return mark_workbook(content, batch.filename, sheet=batch.head.get("sheet", ""), marks=marks)


def marks_of(row: ImportRow, head: dict[str, Any], ledger: Ledger) -> Iterator[Mark]:
    """What a row of a batch is marked with. `head`: of the batch; its "mapping" names the cells of fields."""
    if row.pile == Pile.REPEAT:
        yield Mark(row.row, "", f"{row.reason or '与另一行相同'}，不会重复登记", "repeat")
    elif row.pile == Pile.UPDATE:
        yield from _changes(row, head, ledger)
    else:
        if row.conflict:
            yield Mark(row.row, "", row.conflict, "waits")
        for problem in row.problems:
            cell = problem["cell"] or address_of(row.row, problem["field"], head)
            yield Mark(row.row, cell, problem["expected"], "waits", _title(problem["field"], ledger), problem["read"])


def _changes(row: ImportRow, head: dict[str, Any], ledger: Ledger) -> Iterator[Mark]:
    for change in row.changes:
        name = str(change["field"])
        text = f"系统里现在是“{change['old'] or '空'}”，这里是“{change['new'] or '空'}”"
        yield Mark(row.row, address_of(row.row, name, head), text, "update", _title(name, ledger))
    if row.conflict:
        yield Mark(row.row, "", row.conflict, "update")


def _title(field: str, ledger: Ledger) -> str:
    column = ledger.by_name.get(field)
    return column.title if column else field
