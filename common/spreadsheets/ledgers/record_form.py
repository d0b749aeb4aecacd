"""The editor of a row that is to become a record: a field for each column, read as a cell would be."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms

from common.fields import NameInput
from common.spreadsheets.columns import Column
from common.spreadsheets.ledgers.forms import RowForm
from common.spreadsheets.ledgers.record_columns import RECORD
from common.spreadsheets.models import ImportRow

if TYPE_CHECKING:
    from common.spreadsheets.ledgers.records import RecordKind


# A cell that names several things is no other name of one of them.
SEVERAL = re.compile(r"[、,，;；/]")
# Before a column's name: whether the name that was not known is to be remembered.
LEARN = "learn_"


class RecordForm(RowForm):
    """`cleaned_data` is JSON-ready. `offered`: by column the names to choose from.

    `unknown`: by column the name that nobody knows, which may be remembered.
    """

    def __init__(
        self, data: Any = None, *, row: ImportRow, kind: "RecordKind", offered: Mapping[str, Sequence[str]],
        unknown: Mapping[str, str],
    ) -> None:  # fmt: skip
        self.kind = kind
        initial = {name: kind.spoken(name, row.fields.get(name)) for name in kind.editor}
        # What could not be read stands in its field, to be mended.
        initial |= {each["field"]: each["read"] for each in row.problems if not initial.get(each["field"])}
        fields = {column.name: _field(column, offered.get(column.name, ())) for column in kind.fields}
        for name, text in unknown.items():
            label = f"记住：以后表里写“{text}”，就是上面填的{kind.ledger.by_name[name].title}"
            fields[LEARN + name] = forms.BooleanField(label=label, required=False, initial=not SEVERAL.search(text))
        super().__init__(data, row=row, initial=initial, noun=kind.noun, measure=kind.measure, fields=fields)
        # What makes it one of the records stands in its columns; only a number can be wrong about it.
        if RECORD in row.fields:
            self.fields["is_another"] = forms.BooleanField(
                label=f"不按系统编号 {row.fields[RECORD]}，当作另一{kind.measure}{kind.noun}", required=False
            )
        else:
            self.fields.pop("is_another", None)
        wrong = dict.fromkeys(each["field"] for each in row.problems)
        self.order_fields([name for field in wrong for name in (field, LEARN + field)])

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        for column in self.kind.fields:
            text = values.get(column.name) or ""
            value, expected = self.kind.read(column, text, column.title)
            if expected:
                self.add_error(column.name, expected)
            values[column.name] = value
        return values


def _field(column: Column, names: Sequence[str]) -> forms.Field:
    widget: forms.Widget = forms.TextInput()
    if names:
        widget = NameInput()
        widget.names = names
    if column.choices:
        choices = [("", "请选择"), *((label, label) for label in column.choices)]
        return forms.ChoiceField(label=column.title, required=False, choices=choices)
    return forms.CharField(label=column.title, required=False, widget=widget)
