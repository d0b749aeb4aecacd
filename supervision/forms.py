from typing import Any

from django import forms

from supervision.models import AUDIENCE, DAYS_EXPECTED, MOST_DAYS, PolicyStep


class StepForm(forms.Form):
    """A step of the policy: after how many days, who is told, whether it is in use."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    days = forms.IntegerField(
        min_value=1,
        max_value=MOST_DAYS,
        widget=forms.NumberInput(attrs={"data-unit": "天"}),
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), DAYS_EXPECTED),
    )
    audience = forms.MultipleChoiceField(
        label="通知对象",
        required=False,
        choices=[(name, PolicyStep._meta.get_field(name).verbose_name) for name in AUDIENCE],  # type: ignore[union-attr]
        widget=forms.CheckboxSelectMultiple,
        help_text="责任人没有账号时通知责任单位全部人员；没有指定督办人时通知住建局全部管理员和督导员。",
    )
    is_active = forms.BooleanField(label="启用这一步", required=False)

    def __init__(self, data: Any = None, *, step: PolicyStep) -> None:
        super().__init__(
            data,
            initial={
                "version": step.version,
                "days": abs(step.offset_days),
                "audience": step.audience,
                "is_active": step.is_active,
            },
        )
        self.is_before = step.offset_days < 0
        self.fields["days"].label = "到期前多少天" if self.is_before else "逾期多少天"

    @property
    def values(self) -> dict[str, Any]:
        """The model's fields, for `services.change_step`."""
        days, chosen = self.cleaned_data["days"], self.cleaned_data["audience"]
        return {
            "offset_days": -days if self.is_before else days,
            "is_active": self.cleaned_data["is_active"],
            **{name: name in chosen for name in AUDIENCE},
        }
