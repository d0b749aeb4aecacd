"""The forms of the page 督办规则: a policy's steps as rows that need no JavaScript, and a new policy."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from common import clock
from common.fields import LedgerDateField
from supervision import services
from supervision.enums import Measure, OffsetUnit
from supervision.kinds import KINDS, Kind
from supervision.models import AUDIENCE, Policy, PolicyStep
from supervision.policy import steps_in_force
from supervision.rules import check_order, check_step
from supervision.working_days import working_calendar

PREFIX, MOST_STEPS, SPARE_ROWS = "steps", 30, 1
BY_ITSELF, PROPOSED = "auto", "proposed"
WHOLE_NUMBER = dict.fromkeys(("invalid", "min_value", "max_value"), "请填写整数")


class StepForm(forms.Form):
    """A row. Without a measure and an amount it is a spare one."""

    code = forms.CharField(required=False, widget=forms.HiddenInput)
    measure = forms.ChoiceField(label="措施", required=False, choices=[("", "新的一步"), *Measure.choices])
    amount = forms.IntegerField(label="距时限", required=False, min_value=0, error_messages=WHOLE_NUMBER)
    unit = forms.ChoiceField(label="单位", choices=OffsetUnit.choices, initial=OffsetUnit.DAYS)
    repeat_every = forms.IntegerField(label="此后每隔", required=False, min_value=0, error_messages=WHOLE_NUMBER)
    audience = forms.MultipleChoiceField(
        label="通知谁",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    is_proposed = forms.ChoiceField(
        label="怎么发出", choices=[(BY_ITSELF, "自动发出"), (PROPOSED, "报住建局审批")], initial=BY_ITSELF
    )
    is_active = forms.BooleanField(label="启用", required=False, initial=True)

    def __init__(self, *args: Any, kind: Kind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        known = [name for name in AUDIENCE if name in kind.recipients]
        self.fields["audience"].choices = [  # type: ignore[attr-defined]
            (name, PolicyStep._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
            for name in known
        ]

    @property
    def title(self) -> str:
        """What the row is called for those who don't see it."""
        return f"第 {int(str(self.prefix).rpartition('-')[2]) + 1} 步"

    @property
    def is_spare(self) -> bool:
        data = self.cleaned_data
        return not data.get("measure") and data.get("amount") is None and "amount" not in self.errors

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.errors or self.is_spare or data.get("DELETE"):
            return data
        if not data.get("measure"):
            self.add_error("measure", "请选择措施，或清空这一行")
        elif data.get("amount") is None:
            self.add_error("amount", "请填写数字")
        else:
            try:
                check_step(self.step, self.kind)
            except ValidationError as error:
                self.add_error(None, error)
        return data

    @property
    def step(self) -> PolicyStep:
        """Unsaved, of no policy yet."""
        data = self.cleaned_data
        return PolicyStep(
            code=data["code"],
            measure=data["measure"],
            amount=-data["amount"] if data["measure"] == Measure.REMIND else data["amount"],
            unit=data["unit"],
            repeat_every=data["repeat_every"] or 0,
            is_proposed=data["is_proposed"] == PROPOSED,
            is_active=data["is_active"],
            **{name: name in data["audience"] for name in AUDIENCE},
        )


def row_of(step: PolicyStep) -> dict[str, Any]:
    """What a row shows of a step."""
    return {
        "code": step.code,
        "measure": step.measure,
        "amount": abs(step.amount),
        "unit": step.unit,
        "repeat_every": step.repeat_every or None,
        "audience": step.audience,
        "is_proposed": PROPOSED if step.is_proposed else BY_ITSELF,
        "is_active": step.is_active,
    }


class PolicyForm(forms.Form):
    """`version`: the one that was seen. `day`: for trying it out. `rows`: the steps."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    day = LedgerDateField(label="试算哪一天", required=False)

    def __init__(self, data: Any = None, *, policy: Policy) -> None:
        super().__init__(data, initial={"version": policy.version, "day": clock.today()})
        self.policy = policy
        self.in_force = list(steps_in_force(policy))
        rows = forms.formset_factory(
            StepForm, extra=SPARE_ROWS, can_delete=True, max_num=MOST_STEPS, absolute_max=MOST_STEPS
        )
        self.rows = rows(
            data,
            prefix=PREFIX,
            initial=[row_of(step) for step in self.in_force],
            form_kwargs={"kind": KINDS[policy.kind]},
        )
        self.drafted: list[PolicyStep] = []

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.rows.is_valid():
            raise ValidationError([self._said(row) for row in self.rows if row.errors] or ["步骤填写有误，请核对"])
        self.drafted = services.drafted(self.policy, self._readable(), {step.code: step for step in self.in_force})
        check_order(self.drafted, KINDS[self.policy.kind], working_calendar())
        return data

    def _readable(self) -> list[PolicyStep]:
        """The steps of the rows that are right, spare and deleted ones left out."""
        rows = [row for row in self.rows if row.is_valid() and not row.is_spare]
        return [row.step for row in rows if not row.cleaned_data.get("DELETE")]

    def _said(self, row: Any) -> str:
        parts = [
            f"{row.fields[name].label if name in row.fields else ''}：{error}".lstrip("：")
            for name, errors in row.errors.items()
            for error in errors
        ]
        return f"{row.title}，{'；'.join(parts)}"

    @property
    def falls_silent(self) -> bool:
        """Whether after the last step nothing more would be said: by the draft's rows that can be read, or by what is
        in force while there are none. Any step that repeats goes on, whatever severer one has been reached."""
        steps = (self._readable() if self.is_bound else []) or self.in_force
        return not any(step.repeat_every for step in steps if step.is_active)

    @staticmethod
    def with_more_rows(data: Any) -> Any:
        """What was typed, with one more spare row."""
        more = data.copy()
        count = data.get(f"{PREFIX}-TOTAL_FORMS", "")
        if count.isascii() and count.isdigit():
            more[f"{PREFIX}-TOTAL_FORMS"] = str(min(int(count) + 1, MOST_STEPS))
        return more


class NewPolicyForm(forms.Form):
    def __init__(self, *args: Any, kind: Kind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kind.grades:
            self.fields["grade"] = forms.ChoiceField(
                label=kind.grade_label, required=False, choices=[("", f"不分{kind.grade_label}"), *kind.grades.choices]
            )
        if kind.urgencies:
            self.fields["urgency"] = forms.ChoiceField(
                label=kind.urgency_label,
                required=False,
                choices=[("", f"不分{kind.urgency_label}"), *kind.urgencies.choices],
            )
