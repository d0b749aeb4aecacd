"""The form by which a person says where the head of a ledger stands and which column is what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from common.spreadsheets.columns import Ledger
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.head_layouts import Layout
from common.spreadsheets.heads import HEAD_ROWS, propose
from common.spreadsheets.models import ImportBatch
from common.spreadsheets.workbook import Sheet, Workbook, column_letter

UNREAD = [("", "不读这一列")]
EXAMPLES = 3
PREVIEWED_ROWS = 15
# Among so many rows below the head examples are looked for.
ROWS_LOOKED_AT = 300
FEWEST_COLUMNS = 2


class HeadForm(forms.Form):
    """Which sheet, and which of its rows are the head. GET; what is left out is as it was found."""

    sheet = forms.ChoiceField(label="工作表", required=False)
    first = forms.IntegerField(label="表头从第几行起", min_value=1, required=False)
    count = forms.TypedChoiceField(
        label="表头占几行", choices=[(str(n), f"{n} 行") for n in range(1, HEAD_ROWS + 1)], coerce=int, required=False
    )

    def __init__(self, data: Any, *, book: Workbook, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        names = [sheet.name for sheet in book.sheets if sheet.rows]
        self.fields["sheet"].choices = [(name, name or "（整个文件）") for name in names]  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """A column of the file: `examples` are the first texts below its head; `field`: of the form."""

    letter: str
    head: str
    examples: tuple[str, ...]
    field: forms.BoundField


class MappingForm(forms.Form):
    """For each column of the sheet the ledger's column that it is. `layout` once it is valid."""

    is_remembered = forms.BooleanField(
        label="记住：以后本单位上传同样表头的台账，都按这样识别", required=False, initial=True
    )

    def __init__(self, data: Any = None, *, sheet: Sheet, ledger: Ledger, layout: Layout) -> None:
        super().__init__(data)
        self.sheet, self.ledger, self.head_rows = sheet, ledger, layout.head_rows
        self.heads, _ = propose(sheet, ledger, layout.head_rows)
        names = {index: name for name, index in layout.mapping.items()}
        choices = UNREAD + [(column.name, column.title) for column in ledger.columns if column.kind != "photos"]
        for index in range(len(self.heads)):
            self.fields[f"column_{index}"] = forms.ChoiceField(
                label=f"{column_letter(index)} 列", choices=choices, required=False, initial=names.get(index, "")
            )

    @property
    def columns(self) -> list[ColumnChoice]:
        """The columns that hold anything."""
        last = max(self.head_rows)
        below = [row for row in self.sheet.rows[: last + ROWS_LOOKED_AT] if row.number > last]
        found = []
        for index, head in enumerate(self.heads):
            texts = (row.own[index] for row in below if index < len(row.own) and row.own[index])
            examples = tuple(text for text, _ in zip(texts, range(EXAMPLES), strict=False))
            if head or examples:
                found.append(ColumnChoice(column_letter(index), head, examples, self[f"column_{index}"]))
        return found

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        mapping: dict[str, int] = {}
        for index in range(len(self.heads)):
            name = values.get(f"column_{index}")
            if not name:
                continue
            if name in mapping:
                title, letters = self.ledger.by_name[name].title, (column_letter(mapping[name]), column_letter(index))
                raise ValidationError(f"{letters[0]} 列和 {letters[1]} 列都选了“{title}”，一项内容只能对应一列")
            mapping[name] = index
        if len(mapping) < FEWEST_COLUMNS or not self.ledger.content & mapping.keys():
            wanted = "、".join(f"“{self.ledger.by_name[name].title}”" for name in sorted(self.ledger.content))
            raise ValidationError(f"至少要指出两列，其中要有{wanted}之一")
        self.layout = Layout(self.sheet.name, tuple(self.head_rows), mapping)
        return values


def layout_asked_for(batch: ImportBatch, form: HeadForm, book: Workbook, ledger: Ledger) -> tuple[Sheet, Layout]:
    """The layout to show: what was found or chosen for the batch, or a proposal for the head that the form names.

    Raises SpreadsheetError for rows that cannot be a head.
    """
    current = batch.layout or batch.head
    values: Mapping[str, Any] = form.cleaned_data if form.is_valid() else {}
    sheets = [sheet for sheet in book.sheets if sheet.rows]
    if not sheets:
        raise SpreadsheetError("文件里的工作表都没有内容（图片不算），请换一个文件")
    name = values.get("sheet") if "sheet" in form.data else current.get("sheet")
    sheet = next((each for each in sheets if each.name == name), sheets[0])
    known: Sequence[int] = current.get("head_rows") or [] if sheet.name == current.get("sheet") else []
    first = values.get("first") or (known[0] if known else sheet.rows[0].number)
    count = values.get("count") or len(known) or 1
    head_rows = tuple(range(first, first + count))
    if head_rows == tuple(known) and current.get("mapping"):
        return sheet, Layout(sheet.name, head_rows, current["mapping"])
    return sheet, Layout(sheet.name, head_rows, propose(sheet, ledger, head_rows)[1])


def preview(sheet: Sheet, head_rows: Sequence[int]) -> list[dict[str, Any]]:
    """The first rows of the sheet, so that a person sees which one is the head."""
    last = max(PREVIEWED_ROWS, max(head_rows) + 2)
    return [
        {"number": row.number, "cells": row.own, "is_head": row.number in head_rows}
        for row in sheet.rows[:last]
        if row.number <= last
    ]
