"""The forms of the pages 气温资料 and 测算参数."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BoundField

from coal.forms.figures import FigureField, ShareField
from coal.inputs import ADJUSTABLE, INPUTS, MILESTONE_INPUTS, Input
from coal.ledger import COLDEST, HOTTEST, read_temperature_day
from common import clock
from common.fields import LedgerDateField, read_day
from common.spreadsheets.readings import Reading

BOUNDS = {"least": "下限", "typical": "常用值", "most": "上限"}


def bounds_of(name: str) -> tuple[str, ...]:
    """Which of an input's figures a county may change."""
    return ("typical",) if name in MILESTONE_INPUTS else tuple(BOUNDS)


def _read(text: str) -> Reading[dt.date]:
    """Without a year it is this year's: whoever types yesterday's temperature does not think of another."""
    return found if (found := read_temperature_day(text)).value else read_day(text)  # type: ignore[return-value]


class TemperatureForm(forms.Form):
    day = LedgerDateField(label="日期", read=_read)
    mean_c = FigureField(Input("mean_c", "日平均气温", "℃", 1), min_value=COLDEST, max_value=HOTTEST)

    def clean_day(self) -> dt.date:
        day: dt.date = self.cleaned_data["day"]
        if day > clock.today():
            raise forms.ValidationError(f"{day} 还没有到，请核对")
        return day


class ParameterForm(forms.Form):
    """Three boxes for each input with bounds; of a milestone, for which no reason is asked, the usual value only."""

    def __init__(self, data: Any = None, *, inputs: Mapping[str, Input]) -> None:
        super().__init__(data)
        for name in ADJUSTABLE:
            each = inputs[name]
            for bound, word in BOUNDS.items():
                if bound not in bounds_of(name):
                    continue
                kind = ShareField if each.unit == "%" else forms.DecimalField
                field = kind(
                    label=f"{each.label}{word}", max_digits=9, decimal_places=each.places,
                    initial=f"{getattr(each, bound).normalize():f}",
                    widget=forms.TextInput(attrs={"aria-label": f"{each.label}{word}", "autocomplete": "off"}),
                )  # fmt: skip
                self.fields[f"{name}_{bound}"] = field

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in ADJUSTABLE:
            least, typical, most = self._bounds(name)
            if least is None or typical is None or most is None:
                continue
            if not least <= typical <= most:
                self.add_error(f"{name}_typical", f"应在下限 {least} 和上限 {most} 之间")
        return cleaned

    def _bounds(self, name: str) -> tuple[Any, Any, Any]:
        """As typed; what has no box as the table has it."""
        typed = {bound: self.cleaned_data.get(f"{name}_{bound}") for bound in bounds_of(name)}
        least, typical, most = (typed.get(bound, getattr(INPUTS[name], bound)) for bound in BOUNDS)
        return least, typical, most

    @property
    def values(self) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
        return {name: self._bounds(name) for name in ADJUSTABLE}

    @property
    def rows(self) -> list[tuple[Input, list[BoundField | None], bool]]:
        """(input as the site comes with it, its three boxes, whether anything is wrong with them)."""
        rows = [(INPUTS[name], [self._box(name, bound) for bound in BOUNDS]) for name in ADJUSTABLE]
        return [(each, boxes, any(box.errors for box in boxes if box)) for each, boxes in rows]

    def _box(self, name: str, bound: str) -> BoundField | None:
        return self[f"{name}_{bound}"] if bound in bounds_of(name) else None
