"""The form of the page 寒潮推演."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from common.fields import LedgerDateField
from common.spreadsheets.dates import Years, read_date
from facilities.models import Season


class ColdSpellForm(forms.Form):
    """What if: so many days of so much cold from a day on."""

    stock_t = forms.DecimalField(label="现有存煤", min_value=Decimal(0), max_digits=12, decimal_places=2)
    arrivals_t = forms.DecimalField(label="每天到货", min_value=Decimal(0), max_digits=9, decimal_places=2)
    first = LedgerDateField(label="寒潮从哪天起")
    days = forms.IntegerField(label="持续", min_value=1, max_value=60)
    mean_c = forms.DecimalField(label="日平均气温", min_value=-60, max_value=20, max_digits=4, decimal_places=1)

    def __init__(self, data: Any = None, *, season: Season, begins_on: dt.date, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.begins_on, self.ends_on = begins_on, season.heating_end_on
        years = Years(season.year, season.summer_start_on, season.heating_end_on)
        self.fields["first"].read = lambda text: read_date(text, years)  # type: ignore[attr-defined]
        for name, unit in (("stock_t", "t"), ("arrivals_t", "t/d"), ("days", "d"), ("mean_c", "℃")):
            field = self.fields[name]
            field.unit = unit  # type: ignore[attr-defined]
            field.widget = forms.TextInput(attrs={"autocomplete": "off"})

    def clean_first(self) -> dt.date:
        first: dt.date = self.cleaned_data["first"]
        if not self.begins_on <= first <= self.ends_on:
            raise ValidationError(f"{first} 不在推算的日期里，应在 {self.begins_on} 到 {self.ends_on} 之间")
        return first
