"""The marked copy of an import: the uploaded file with what needs a person coloured and explained, to be sent again."""

import io
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET

from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.marking import Mark, mark_workbook
from common.spreadsheets.models import ImportBatch, ImportRow, Pile
from common.spreadsheets.workbook import column_letter
from common.uploads.serving import serve
from inspections.ledger import HAZARDS

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MARKED_PILES = (Pile.WAITS, Pile.UPDATE, Pile.REPEAT)


@permission_required("inspections.import_hazards", raise_exception=True)
@require_GET
def import_marked(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The copy as a download; back to the batch with a sentence where there is nothing to mark or no file left."""
    batch = get_object_or_404(ImportBatch.objects.visible_to(request.user), pk=pk, kind=HAZARDS.kind)
    marks = [
        mark for row in batch.rows.filter(pile__in=MARKED_PILES).order_by("row") for mark in marks_of(row, batch.head)
    ]
    try:
        if not marks:
            messages.info(request, "这一批没有待处理、重复或有变动的行，不需要核对副本。")
            return redirect("inspections:import_batch", pk=pk)
        with batch.file.open("rb") as file:
            copy = mark_workbook(file.read(), batch.filename, sheet=batch.head.get("sheet", ""), marks=marks)
    except (FileNotFoundError, ValueError):
        messages.error(request, "上传的原文件已不在系统里，无法生成核对副本。请重新上传后再下载。")
        return redirect("inspections:import_batch", pk=pk)
    except SpreadsheetError as error:
        messages.error(request, str(error))
        return redirect("inspections:import_batch", pk=pk)
    response = serve(io.BytesIO(copy.content), download_name=copy.filename, content_type=XLSX, inline=False)
    # Rows settled meanwhile are no longer marked in the next copy.
    response["Cache-Control"] = "private, no-store"
    return response


def marks_of(row: ImportRow, head: dict[str, Any]) -> Iterator[Mark]:
    """What a row of a batch is marked with. `head`: of the batch; its "mapping" names the cells of fields."""
    if row.pile == Pile.REPEAT:
        yield Mark(row.row, "", f"{row.reason or '与另一行相同'}，不会重复登记", "repeat")
    elif row.pile == Pile.UPDATE:
        yield from _changes(row, head)
    else:
        for problem in row.problems:
            cell = problem["cell"] or _cell(row, problem["field"], head)
            yield Mark(row.row, cell, problem["expected"], "waits", _title(problem["field"]), problem["read"])


def _changes(row: ImportRow, head: dict[str, Any]) -> Iterator[Mark]:
    for change in row.changes:
        name = str(change["field"])
        text = f"系统里现在是“{change['old'] or '空'}”，这里是“{change['new'] or '空'}”"
        yield Mark(row.row, _cell(row, name, head), text, "update", _title(name))
    if row.conflict:
        yield Mark(row.row, "", row.conflict, "update")


def _title(field: str) -> str:
    column = HAZARDS.by_name.get(field)
    return column.title if column else field


def _cell(row: ImportRow, field: str, head: dict[str, Any]) -> str:
    """Where the field stands in the row's sheet; empty if the ledger has no such column."""
    by_title = {column.title: column.name for column in HAZARDS.columns}
    index = (head.get("mapping") or {}).get(by_title.get(field, field))
    return f"{column_letter(index)}{row.row}" if index is not None else ""
