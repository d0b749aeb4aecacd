"""The forms that the import and export pages of every kind have."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from common.fields import LedgerForm
from common.spreadsheets.ledgers.exporting import Look
from common.spreadsheets.limits import MEBIBYTE, Limits
from common.spreadsheets.models import ImportRow


class UploadForm(forms.Form):
    file = forms.FileField(
        label="台账文件", help_text="xlsx、xlsm、xls、ods 或 csv；合并单元格、多行表头、小计合计都不用先整理。",
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xlsm,.xls,.ods,.csv,.txt"}),
    )  # fmt: skip

    def clean_file(self) -> Any:
        """Judged before the file is read into memory."""
        file = self.cleaned_data["file"]
        if file.size > (most := Limits().max_bytes):
            raise ValidationError(f"“{file.name}”超过 {most // MEBIBYTE} MB，请删去图片或分成几个文件后再上传")
        return file

    @property
    def context(self) -> dict[str, Any]:
        """How the file is to be read besides what it says itself; JSON-ready."""
        return {}


class RowForm(LedgerForm):
    """One row of an import; a kind adds the fields of its editor, named as its columns."""

    is_another = forms.BooleanField(required=False)

    def __init__(
        self, data: Any = None, *, row: ImportRow, initial: dict[str, Any], noun: str, measure: str,
        fields: Mapping[str, forms.Field] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(data, initial=initial, prefix=f"row{row.row}")
        self.fields = {**(fields or {}), **self.fields}
        self.fields["is_another"].label = f"这是另一{measure}{noun}，单独登记"
        for problem in row.problems:
            if field := self.fields.get(problem["field"]):
                place = f"{problem['cell']} 格" if problem["cell"] else "这一格"
                read = f"原表{place}写的是“{problem['read']}”。" if problem["read"] else ""
                field.help_text = f"{read}{problem['expected']}"
        if not row.item_id:
            del self.fields["is_another"]
        # What has to be settled stands on top.
        self.order_fields([problem["field"] for problem in row.problems])


class ExportForm(forms.Form):
    """Which look an export has; of a link that names none, the official one."""

    look = forms.ChoiceField(choices=Look.choices, required=False)
    subtotals = forms.BooleanField(required=False)

    def clean_look(self) -> Look:
        return Look(self.cleaned_data["look"] or Look.OFFICIAL)
