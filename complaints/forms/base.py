"""What the forms of the orders' pages share."""

from collections.abc import Iterable
from typing import Any

from django import forms

from common.fields import LedgerForm
from common.uploads import InspectedUpload
from complaints.models import Order


def text_area(label: str, *, rows: int = 3, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": rows}), **kwargs)


class MomentField(forms.DateTimeField):
    """A day and an hour, picked or typed; local time."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    default_error_messages = {"invalid": "请写明日期和时间，如 2026-11-26 14:30"}


def numbered(choices: Iterable[tuple[str, Any]], empty: str | None = "请选择") -> list[tuple[str, str]]:
    """1 温度不达标, 2 未按时供热 …: in a select that has the focus, the number key chooses."""
    shown = [("", empty)] if empty is not None else []
    return shown + [(value, f"{place} {label}") for place, (value, label) in enumerate(choices, 1)]


class MoveForm(LedgerForm):
    """One move's form. `make` makes the move; what it raises (MoveRefused, Stale) is the view's to show."""

    def __init__(self, *args: Any, order: Order, by: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order, self.by = order, by

    @property
    def uploads(self) -> list[InspectedUpload]:
        return self.cleaned_data.get("photos", [])  # type: ignore[no-any-return]

    def make(self) -> Any:
        raise NotImplementedError
