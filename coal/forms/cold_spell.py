"""The form of the page 寒潮推演."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from coal.forms.figures import FigureField
from coal.inputs import Input
from coal.ledger import COLDEST
from common.fields import LedgerDateField
from common.spreadsheets.dates import Years, read_date
from facilities.models import Season


class ColdSpellForm(forms.Form):
    """What if: so many days of so much cold from a day on."""

    stock_t = FigureField(Input("stock_t", "现有存煤", "t", 2), min_value=0)
    arrivals_t = FigureField(Input("arrivals_t", "每天到货", "t/d", 2), min_value=0)
    first = LedgerDateField(label="寒潮从哪天起")
    days = forms.IntegerField(
        label="持续", min_value=1, max_value=60, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    mean_c = FigureField(Input("mean_c", "日平均气温", "℃", 1), min_value=COLDEST, max_value=20)

    def __init__(self, data: Any = None, *, season: Season, begins_on: dt.date, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.begins_on, self.ends_on = begins_on, season.heating_end_on
        years = Years(season.year, season.summer_start_on, season.heating_end_on)
        self.fields["first"].read = lambda text: read_date(text, years)  # type: ignore[attr-defined]
        self.fields["days"].unit = "d"  # type: ignore[attr-defined]

    def clean_first(self) -> dt.date:
        first: dt.date = self.cleaned_data["first"]
        if not self.begins_on <= first <= self.ends_on:
            raise ValidationError(f"{first} 不在推算的日期里，应在 {self.begins_on} 到 {self.ends_on} 之间")
        return first
