"""A yard check as a phone in the yard fills it in, and what a county takes for more than normal."""

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BoundField
from django.http import QueryDict
from django.utils import timezone

from coal.check_enums import CoverState
from coal.check_services import FIGURES, RULE_FIELDS, Point, record_check
from coal.forms.figures import FigureField, plain
from coal.inputs import Input
from coal.models import CheckPoint, CheckRules, Yard, YardCheck
from common import clock
from common.fields import LedgerForm, UploadsField

FIRST_ROWS, MORE_ROWS, MOST_ROWS = 4, 3, 40
YES_NO = (("yes", "有"), ("no", "没有"))
GOOD_BAD = (("yes", "齐全完好"), ("no", "缺少或失效"))


def _figure(model: Any, name: str, label: str, unit: str, *, required: bool = True) -> FigureField:
    """With the bounds that the model's field has."""
    field = model._meta.get_field(name)
    return FigureField(
        Input(name, label, unit, field.decimal_places), required=required, fits=model, validators=field.validators
    )


def _choice(label: str, choices: Sequence[tuple[str, str]], **more: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label, choices=choices, coerce=lambda value: value == "yes", widget=forms.RadioSelect, **more
    )


class CheckForm(LedgerForm):
    """`rows`: how many lines for points the page has; a line without a temperature was not measured."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    rows = forms.IntegerField(min_value=1, max_value=MOST_ROWS, widget=forms.HiddenInput)
    checked_at = forms.DateTimeField(
        label="检查时间",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": "请填写日期和时间，如 2026-11-26 09:30"},
    )
    checked_by = forms.CharField(label="检查人", max_length=60, help_text="几个人的用顿号隔开")
    pile_height_m = _figure(YardCheck, "pile_height_m", "堆高", "m")
    co_ppm = _figure(YardCheck, "co_ppm", "一氧化碳", "ppm", required=False)
    smoke_seen = _choice("冒烟", YES_NO)
    cover = forms.ChoiceField(label="苫盖", choices=CoverState.choices, widget=forms.RadioSelect)
    fire_equipment_in_order = _choice("消防器材", GOOD_BAD)
    note = forms.CharField(
        label="情况说明", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="哪里异常、当场做了什么；没有的不填",
    )  # fmt: skip
    photos = UploadsField(label="照片", required=False)
    correction_reason = forms.CharField(label="更正理由", max_length=200, help_text="如“测点 3 读数看错”")

    def __init__(
        self, data: Any = None, files: Any = None, *, yard: Yard, by: Any, corrects: YardCheck | None = None,
        like: YardCheck | None = None,
    ) -> None:  # fmt: skip
        """`corrects`: the check that is replaced, whose figures the form begins with; `like`: the last one of the yard,
        whose points are asked for again."""
        before = corrects or like
        points: list[CheckPoint] = list(before.points.all()) if before else []
        rows = max(FIRST_ROWS, len(points) + 1)
        super().__init__(data, files, initial=_begin(yard, by, corrects, rows))
        self.yard, self.by, self.corrects = yard, by, corrects
        self.fields["co_ppm"].help_text = "没有测的不填"
        self.fields["photos"].help_text = "可一次选多张照片；“再加一行”以后要重新选"
        self.fields["photos"].widget.attrs["accept"] = "image/*,.heic"
        if corrects is None:
            del self.fields["correction_reason"]
        for number in range(self._row_count(rows)):
            self._add_row(number, points[number] if number < len(points) else None, with_figures=corrects is not None)

    def _row_count(self, first: int) -> int:
        """As many as the page had that was sent."""
        sent = self.data.get("rows", "") if self.is_bound else ""
        return min(max(int(sent), 1), MOST_ROWS) if sent.isascii() and sent.isdigit() and len(sent) < 4 else first

    def _add_row(self, number: int, point: CheckPoint | None, *, with_figures: bool) -> None:
        name = f"第 {number + 1} 行"
        label = forms.CharField(
            label=f"{name}测点", max_length=40, required=False,
            initial=point.label if point else "", widget=forms.TextInput(attrs={"aria-label": f"{name}测点"}),
        )  # fmt: skip
        depth = _figure(CheckPoint, "depth_m", f"{name}深度", "m", required=False)
        heat = _figure(CheckPoint, "temperature_c", f"{name}煤温", "℃", required=False)
        depth.initial = plain(point.depth_m) if point and point.depth_m is not None else ""
        heat.initial = plain(point.temperature_c) if point and with_figures else ""
        for field in (depth, heat):
            field.help_text = ""
            field.widget.attrs["aria-label"] = str(field.label)
        self.fields |= {f"label_{number}": label, f"depth_{number}": depth, f"heat_{number}": heat}

    @staticmethod
    def with_more_rows(data: QueryDict) -> QueryDict:
        """What was sent, with some more lines: for the button 再加一行."""
        sent, more = data.get("rows", ""), data.copy()
        count = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 4 else FIRST_ROWS
        more["rows"] = str(min(count + MORE_ROWS, MOST_ROWS))
        return more  # type: ignore[return-value]

    @property
    def point_rows(self) -> list[tuple[BoundField, BoundField, BoundField]]:
        count = sum(name.startswith("label_") for name in self.fields)
        return [(self[f"label_{n}"], self[f"depth_{n}"], self[f"heat_{n}"]) for n in range(count)]

    @property
    def other_fields(self) -> list[BoundField]:
        """Everything but the points and what is hidden, the photos last."""
        lines = tuple(f"{kind}_" for kind in ("label", "depth", "heat"))
        return [bound for bound in self.visible_fields() if not bound.name.startswith(lines)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for upload in cleaned.get("photos") or []:
            if not upload.is_photo:
                self.add_error("photos", f"“{upload.filename}”不是照片，请只选照片")
        return cleaned

    @property
    def points(self) -> list[Point]:
        """Those that were measured. One without a name is called by its line: 测点 3."""
        found = []
        for number in range(len(self.point_rows)):
            heat = self.cleaned_data.get(f"heat_{number}")
            if heat is not None:
                label = self.cleaned_data.get(f"label_{number}") or f"测点 {number + 1}"
                found.append((label, self.cleaned_data.get(f"depth_{number}"), heat))
        return found

    def save(self) -> YardCheck:
        cleaned = self.cleaned_data
        return record_check(
            self.yard, by=self.by, points=self.points, uploads=cleaned.get("photos") or [], key=cleaned["key"],
            corrects=self.corrects, correction_reason=cleaned.get("correction_reason", ""),
            **{name: cleaned[name] for name in FIGURES},
        )  # fmt: skip


def _begin(yard: Yard, by: Any, corrects: YardCheck | None, rows: int) -> dict[str, Any]:
    begin: dict[str, Any] = {"key": uuid.uuid4(), "rows": rows}
    if corrects is None:
        return begin | {"checked_at": timezone.localtime(clock.now()), "checked_by": by.display_name}
    said = {name: getattr(corrects, name) for name in FIGURES}
    said |= {name: "yes" if said[name] else "no" for name in ("smoke_seen", "fire_equipment_in_order")}
    return begin | said


FIGURE_ROWS = [
    (label, [f"{figure}_{level}_{unit}" for level in ("notice", "act", "emergency")])
    for label, figure, unit in (
        ("煤温（℃）", "temperature", "c"), ("堆高（m）", "pile_height", "m"), ("一氧化碳（ppm）", "co", "ppm")
    )
]  # fmt: skip


class RulesForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = CheckRules
        fields = RULE_FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            own: Any = CheckRules._meta.get_field(name)
            if isinstance(field, forms.DecimalField):
                field.widget = forms.TextInput(
                    attrs={"inputmode": "decimal", "autocomplete": "off", "aria-label": own.verbose_name}
                )
                field.help_text = f"系统自带 {plain(own.default)}"
                self.initial[name] = plain(getattr(self.instance, name))
            elif isinstance(field, forms.TypedChoiceField):
                field.help_text = f"系统自带“{own.default.label}”"
            else:
                field.help_text = f"系统自带 {own.default} 天"
                field.unit = "天"  # type: ignore[attr-defined]

    @property
    def figure_rows(self) -> list[tuple[str, list[BoundField]]]:
        """(煤温（℃）, its three boxes)."""
        return [(label, [self[name] for name in names]) for label, names in FIGURE_ROWS]

    @property
    def other_fields(self) -> list[BoundField]:
        shown = {name for _, names in FIGURE_ROWS for name in names}
        return [bound for bound in self.visible_fields() if bound.name not in shown]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for _, names in FIGURE_ROWS:
            notice, act, emergency = (cleaned.get(name) for name in names)
            if None not in (notice, act) and notice > act:  # type: ignore[operator]
                self.add_error(names[1], f"“需处理”{plain(act)} 小于“关注”{plain(notice)}，请核对")
            if None not in (act, emergency) and act > emergency:  # type: ignore[operator]
                self.add_error(names[2], f"“紧急”{plain(emergency)} 小于“需处理”{plain(act)}，请核对")
        return cleaned

    def _post_clean(self) -> None:
        """Nothing: the service writes."""

    @property
    def values(self) -> dict[str, Decimal]:
        return {name: self.cleaned_data[name] for name in RULE_FIELDS}
