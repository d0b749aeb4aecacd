"""How long what may take, as the bureau sets it."""

from typing import Any

from django import forms

from common.fields import LedgerForm
from complaints.enums import Category, LimitStage, LimitUnit, Urgency
from complaints.limits import set_limit
from complaints.models import Limit


class LimitForm(LedgerForm):
    stage = forms.ChoiceField(label="哪个时限", choices=LimitStage.choices)
    category = forms.ChoiceField(label="诉求类别", required=False, choices=[("", "各类"), *Category.choices])
    urgency = forms.ChoiceField(label="紧急程度", required=False, choices=[("", "不论"), *Urgency.choices])
    amount = forms.IntegerField(label="数值", min_value=1, max_value=720)
    unit = forms.ChoiceField(label="单位", choices=LimitUnit.choices)

    def save(self, *, by: Any) -> Limit:
        return set_limit(by=by, **self.cleaned_data)
