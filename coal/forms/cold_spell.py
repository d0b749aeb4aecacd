"""The forms of the pages 寒潮推演."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.http import urlencode

from coal.burning import Span
from coal.cold_spell import Spell
from coal.forms.figures import FigureField
from coal.inputs import Input
from coal.ledger import COLDEST
from common.fields import LedgerDateField
from common.spreadsheets.dates import Years, read_date
from facilities.models import Season

SPELL = ("first", "days", "mean_c")
OF_YARD = (("stock", "现有存煤", "t"), ("arrivals", "每天到货", "t/d"))


class SpellForm(forms.Form):
    """What if: so many days of so much cold from a day on."""

    first = LedgerDateField(label="寒潮从哪天起")
    days = forms.IntegerField(
        label="持续", min_value=1, max_value=60, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    mean_c = FigureField(Input("mean_c", "日平均气温", "℃", 1), min_value=COLDEST, max_value=20)

    def __init__(self, data: Any, *, season: Season, span: Span) -> None:
        super().__init__(data)
        self.span = span
        years = Years(season.year, season.summer_start_on, season.heating_end_on)
        self.fields["first"].read = lambda text: read_date(text, years)  # type: ignore[attr-defined]
        self.fields["days"].unit = "d"  # type: ignore[attr-defined]

    def clean_first(self) -> dt.date:
        first: dt.date = self.cleaned_data["first"]
        if not self.span.first <= first <= self.span.last:
            raise ValidationError(f"{first} 不在推算的日期里，应在 {self.span.first} 到 {self.span.last} 之间")
        return first

    @property
    def spell(self) -> Spell:
        given = self.cleaned_data
        return Spell(given["first"], given["days"], given["mean_c"])

    @property
    def spell_query(self) -> str:
        """The cold as it was typed, for the address of another page."""
        return urlencode({name: self[name].value() for name in SPELL})

    @property
    def spell_fields(self) -> list[BoundField]:
        return [self[name] for name in SPELL]


class ColdSpellForm(SpellForm):
    """And what each yard has, and what arrives for it every day. `yards`: {pk: name}."""

    def __init__(self, data: Any, *, season: Season, span: Span, yards: Mapping[int, str]) -> None:
        super().__init__(data, season=season, span=span)
        self.yards = yards
        for key, name in yards.items():
            for prefix, label, unit in OF_YARD:
                field = FigureField(Input(f"{prefix}_{key}", f"{name}{label}", unit, 2), min_value=0)
                field.widget.attrs["aria-label"] = field.label
                self.fields[f"{prefix}_{key}"] = field

    @property
    def rows(self) -> list[dict[str, Any]]:
        """For each yard its two fields."""
        return [
            {"name": name, "boxes": [(label, self[f"{prefix}_{key}"]) for prefix, label, _ in OF_YARD]}
            for key, name in self.yards.items()
        ]

    @property
    def given(self) -> dict[int, tuple[Decimal, Decimal]]:
        """{yard's pk: its stock, what arrives for it every day}, t."""
        data = self.cleaned_data
        return {key: (data[f"stock_{key}"], data[f"arrivals_{key}"]) for key in self.yards}
