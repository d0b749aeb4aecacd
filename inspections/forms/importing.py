"""Forms of the hazard ledger's import: the upload, and the editor of one row."""

import datetime as dt
import re
from typing import Any

from django import forms

from common.fields import LedgerDateField
from common.spreadsheets.ledgers.forms import RowForm, UploadForm
from common.spreadsheets.models import ImportRow
from facilities.enums import FacilityKind
from facilities.models import Season
from inspections.enums import Grade
from inspections.forms.base import DeadlineField, set_readers


class HazardUploadForm(UploadForm):
    season = forms.ModelChoiceField(
        label="采暖季", queryset=Season.objects.none(), required=False, empty_label="按台账的日期判断",
        help_text="台账里“9月底前”这样的日期属于哪一年，由此决定。",
    )  # fmt: skip
    create_missing = forms.BooleanField(
        label="建立台账里有而系统没有的单位和小区",
        required=False,
        help_text="核对过单位名称后再勾选，以免同一单位建出两个。",
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["season"].queryset = Season.objects.visible_to(user)  # type: ignore[attr-defined]
        if not user.has_perm("accounts.manage_units"):
            del self.fields["create_missing"]

    @property
    def context(self) -> dict[str, Any]:
        season = self.cleaned_data["season"]
        return {
            "season": season.pk if season else None,
            "create_missing": bool(self.cleaned_data.get("create_missing")),
        }


class HazardRowForm(RowForm):
    """One row of an import. `cleaned_data` is JSON-ready."""

    problem_point = forms.CharField(label="问题点位", max_length=200, required=False)
    description = forms.CharField(label="存在问题", required=False, widget=forms.Textarea(attrs={"rows": 2}))
    facility_kind = forms.ChoiceField(
        label="设施类别", required=False, choices=[("", "请选择"), *((label, label) for label in FacilityKind.labels)]
    )
    responsible_unit = forms.CharField(label="责任单位", required=False)
    cooperating_units = forms.CharField(label="配合单位", required=False, help_text="几家用、隔开；没有的留空")
    responsible_person = forms.CharField(label="责任人", max_length=60, required=False)
    phone = forms.CharField(label="联系电话", max_length=40, required=False)
    found_on = LedgerDateField(label="发现日期", required=False)
    due_on = DeadlineField(label="整改时限", required=False)
    grade = forms.ChoiceField(label="隐患等级", required=False, choices=Grade.choices)
    acceptance_standard = forms.CharField(label="验收标准", required=False, widget=forms.Textarea(attrs={"rows": 2}))

    is_learned = forms.BooleanField(required=False, initial=True)

    def __init__(self, data: Any = None, *, row: ImportRow, season: Season, unknown_unit: str = "") -> None:
        """`unknown_unit`: the name of the lead unit that the user may teach the site; empty for none."""
        names = "、".join(row.fields.get("cooperating_units") or [])
        initial = {**row.fields, "cooperating_units": names}
        super().__init__(data, row=row, initial=initial, noun="隐患", measure="条")
        wrong = [problem["field"] for problem in row.problems]
        if unknown_unit:
            self.fields["is_learned"].label = f"记住：以后表里写“{unknown_unit}”，就是上面填的责任单位"
            wrong.insert(wrong.index("responsible_unit") + 1, "is_learned")
        else:
            del self.fields["is_learned"]
        # The day found before the deadline that may rest on it.
        self.order_fields(["found_on", "due_on", *wrong] if "found_on" in wrong else wrong)
        set_readers(self, season)

    def clean_found_on(self) -> dt.date | None:
        """立行立改 typed as the deadline means the day found."""
        found_on: dt.date | None = self.cleaned_data["found_on"]
        deadline = self.fields["due_on"]
        assert isinstance(deadline, DeadlineField)
        deadline.found_on = found_on
        return found_on

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        for name in ("found_on", "due_on"):
            if values.get(name):
                values[name] = values[name].isoformat()
        units = re.split(r"[、,，;；\s]+", values.get("cooperating_units") or "")
        return {name: value or None for name, value in values.items()} | {"cooperating_units": [*filter(None, units)]}
