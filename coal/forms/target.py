"""The form of a target: which method, how much of the need, and rows of milestones that need no JavaScript."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from coal.demand import Demand
from coal.demand_enums import Method, MilestoneKind, TargetRule
from coal.forms.figures import ShareField, is_percent, plain
from coal.formulas import figure
from coal.milestones import Planned, problems_of
from common.fields import LedgerDateField, LedgerForm
from common.spreadsheets.dates import Years, read_date
from facilities.models import Season

PREFIX, MOST_ROWS, SPARE_ROWS = "milestones", 24, 2
# Beyond these the number is a slip of the pen.
MOST_PERCENT, MOST_DAYS = 200, 240
NUMBER = {"inputmode": "decimal", "autocomplete": "off", "class": "form-control"}


class MilestoneForm(forms.Form):
    """A row; one without date and number is a spare one, and clearing a row takes it out."""

    kind = forms.ChoiceField(label="节点", choices=MilestoneKind.choices, initial=MilestoneKind.ARRIVED)
    due_on = LedgerDateField(label="日期", required=False)
    amount = ShareField(
        label="累计比例或天数", required=False, max_digits=5, decimal_places=1, min_value=Decimal("0.1"),
        error_messages={"invalid": "请填写数字", "min_value": "应大于 0"}, widget=forms.TextInput(attrs=NUMBER),
    )  # fmt: skip

    def __init__(self, *args: Any, season: Season, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        years = Years(season.year, season.summer_start_on, season.heating_end_on)
        self.season = season
        self.fields["due_on"].read = lambda text: read_date(text, years)  # type: ignore[attr-defined]
        row = str(self.prefix or "").rpartition("-")[2]
        for field in self.fields.values():
            number = int(row) + 1 if row.isdigit() else ""
            field.widget.attrs["aria-label"] = f"第 {number} 行{field.label}"

    @property
    def is_spare(self) -> bool:
        return not self.errors and not self.cleaned_data.get("due_on") and self.cleaned_data.get("amount") is None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        day, amount = data.get("due_on"), data.get("amount")
        if day and amount is None and "amount" not in self.errors:
            self.add_error("amount", f"请填写 {day} 的比例或天数；不要这个节点的，把日期也清空")
        if amount is not None and not day and "due_on" not in self.errors:
            self.add_error("due_on", f"请填写 {plain(amount)} 对应的日期；不要这个节点的，把数字也清空")
        if day and not self.season.summer_start_on <= day <= self.season.heating_end_on:
            period = f"{self.season.summer_start_on} 到 {self.season.heating_end_on}"
            self.add_error("due_on", f"{day} 不在这个采暖季里（{period}）")
        if amount is not None and data.get("kind") == MilestoneKind.COVER and amount != amount.to_integral_value():
            self.add_error("amount", "可用天数应为整数")
        if data.get("kind") == MilestoneKind.COVER and is_percent(self["amount"].value()):
            self.add_error("amount", "这里填的是天数，不是百分数，请核对")
        return data

    @property
    def planned(self) -> Planned:
        data = self.cleaned_data
        return Planned(MilestoneKind(data["kind"]), data["due_on"], data["amount"])


class TargetForm(LedgerForm):
    """`demands`: of the estimate that the target rests on, by method."""

    method = forms.ChoiceField(label="采用哪种方法的结果", widget=forms.RadioSelect)
    rule = forms.ChoiceField(label="目标怎么定", choices=TargetRule.choices, widget=forms.RadioSelect)
    amount = ShareField(
        label="比例（%）或天数", max_digits=5, decimal_places=1, min_value=Decimal("0.1"),
        help_text="按比例的填百分数，如 80；按天数的填天数，如 30",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"invalid": "请填写数字", "min_value": "应大于 0"},
    )  # fmt: skip
    note = forms.CharField(
        label="说明", required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="给审核和审批的人看：煤源、运力、煤场容量等情况",
    )  # fmt: skip
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    # The seal of the estimate whose figures stood beside the form.
    estimate = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, *, season: Season, demands: Mapping[Method, Demand], initial: dict[str, Any],
        milestones: Sequence[Planned],
    ) -> None:  # fmt: skip
        super().__init__(data, initial=initial)
        self.fields["method"].choices = [  # type: ignore[attr-defined]
            (method.value, f"{method.label}：{figure(demand.coal_t)} t") for method, demand in demands.items()
        ]
        rows = forms.formset_factory(MilestoneForm, extra=SPARE_ROWS, max_num=MOST_ROWS, absolute_max=MOST_ROWS)
        self.rows = rows(
            data, prefix=PREFIX, form_kwargs={"season": season},
            initial=[{"kind": each.kind, "due_on": each.due_on, "amount": plain(each.amount)} for each in milestones],
        )  # fmt: skip
        self.planned: list[Planned] = []

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        amount, is_share = data.get("amount"), data.get("rule") == TargetRule.SHARE
        if amount is not None and amount > (MOST_PERCENT if is_share else MOST_DAYS):
            most = f"比例一般不超过 {MOST_PERCENT}%" if is_share else f"天数一般不超过 {MOST_DAYS} 天"
            self.add_error("amount", f"填的是 {plain(amount)}，{most}，请核对")
        if not is_share and is_percent(self["amount"].value()):
            self.add_error("amount", "这里填的是天数，不是百分数，请核对")
        if not self.rows.is_valid():
            raise ValidationError([said for row in self.rows for said in _said(row)] or ["节点填写有误，请核对"])
        self.planned = [row.planned for row in self.rows if not row.is_spare]
        if problems := problems_of(self.planned):
            raise ValidationError(problems)
        return data

    def seen_anew(self, version: int) -> None:
        """From now on the form is about this version; what was typed stays."""
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data["version"] = str(version)  # type: ignore[index]

    @staticmethod
    def on_estimate(data: Any, seal: str) -> Any:
        """What was typed, from now on about this estimate."""
        anew = data.copy()
        anew["estimate"] = seal
        return anew

    @staticmethod
    def with_more_rows(data: Any) -> Any:
        """What was typed, with two more spare rows."""
        more = data.copy()
        count = data.get(f"{PREFIX}-TOTAL_FORMS", "")
        if count.isascii() and count.isdigit():
            more[f"{PREFIX}-TOTAL_FORMS"] = str(min(int(count) + SPARE_ROWS, MOST_ROWS))
        return more


def _said(row: Any) -> list[str]:
    number = int(str(row.prefix).rpartition("-")[2]) + 1
    return [
        f"第 {number} 行{row.fields[name].label if name in row.fields else ''}：{error}"
        for name, errors in row.errors.items()
        for error in errors
    ]


class MoveForm(LedgerForm):
    """A note, which some moves need; `version`: the one that was seen."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(label="意见", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, needs_note: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if needs_note:
            self.fields["note"].label, self.fields["note"].required = needs_note, True
            self.fields["note"].error_messages["required"] = f"请填写{needs_note}"
