"""The plan's form: measures, cost, the 五落实 of a 重大 hazard, and rows of milestones that need no JavaScript."""

import datetime as dt
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from audit.models import AuditEntry
from common import clock
from common.fields import LedgerDateField
from inspections import planning, rules, workflow
from inspections.enums import FundingSource
from inspections.forms.base import MoveForm, set_readers, text_area
from inspections.models import Hazard
from inspections.workflow import PlannedStep

LEAST_ROWS, SPARE_ROWS = 5, 3
PREFIX = "steps"


class StepForm(forms.Form):
    title = forms.CharField(label="节点", required=False, max_length=100)
    due_on = LedgerDateField(label="计划完成", required=False)

    def __init__(self, *args: Any, hazard: Hazard, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_readers(self, hazard.season)
        row = str(self.prefix or "").rpartition("-")[2]
        for name, field in self.fields.items():
            label = "节点" if name == "title" else "计划完成日期"
            field.widget.attrs["aria-label"] = f"第 {int(row) + 1} 行{label}" if row.isdigit() else label
            field.widget.attrs["class"] = "form-control"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        title, due_on = data.get("title"), data.get("due_on")
        if title and not due_on and "due_on" not in self.errors:
            self.add_error("due_on", f"请填写节点“{title}”的计划完成日期")
        if due_on and not title and "title" not in self.errors:
            self.add_error("title", f"请填写 {due_on} 要完成什么")
        return data

    @property
    def step(self) -> PlannedStep | None:
        title, due_on = self.cleaned_data.get("title"), self.cleaned_data.get("due_on")
        return PlannedStep(title, due_on) if title and due_on else None


def step_rows(count: int) -> type[forms.BaseFormSet]:
    return forms.formset_factory(StepForm, extra=count, max_num=60, absolute_max=60)


class PlanForm(MoveForm):
    """Buttons beside the one that sends: `fill` schedules the steps backwards, `more` adds empty rows."""

    assistants: ClassVar[tuple[str, ...]] = ("fill", "more")
    refusal = ""  # why the steps could not be scheduled

    measure = text_area("整改措施", rows=4, help_text="怎么修、换什么、施工期间怎么保证安全")
    estimated_cost_yuan = forms.DecimalField(
        label="预计费用", required=False, min_value=0, max_digits=14, decimal_places=2,
        widget=forms.NumberInput(attrs={"data-unit": "元"}),
    )  # fmt: skip
    funding_source = forms.ChoiceField(label="资金来源", required=False, choices=[("", "未定"), *FundingSource.choices])

    def __init__(self, *args: Any, rows: list[dict[str, Any]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hazard = self.hazard
        for name in ("measure", "estimated_cost_yuan", "funding_source"):
            self.initial.setdefault(name, getattr(hazard, name))
        if rules.is_major(hazard):
            for name in rules.FIVE_FIELDS:
                self.fields[name] = text_area(rules.label(name), rows=2)
                self.initial.setdefault(name, getattr(hazard, name))
        if rows is None:
            steps = hazard.milestones.filter(round=hazard.round, done_on__isnull=True)
            rows = [{"title": step.title, "due_on": step.due_on} for step in steps]
        spare = max(LEAST_ROWS - len(rows), SPARE_ROWS)
        self.steps = step_rows(spare)(
            self.data if self.is_bound else None, prefix=PREFIX, initial=rows, form_kwargs={"hazard": hazard}
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.steps.is_valid():
            rows = [
                f"节点第 {n} 行：{error}"
                for n, form in enumerate(self.steps, 1)
                for errors in form.errors.values()
                for error in errors
            ]
            raise ValidationError(rows or ["节点填写有误，请核对"])
        return data

    @classmethod
    def assisted(cls, data: Any, *, hazard: Hazard, by: Any) -> "PlanForm":
        """The form as typed, unjudged, with the rows scheduled backwards (`fill`) or with more empty ones (`more`)."""
        typed = cls(data, hazard=hazard, by=by)
        rows = [row for row in (_typed_row(form) for form in typed.steps) if any(row.values())]
        refusal = ""
        if "fill" in data:
            try:
                rows = _scheduled(rows, hazard)
            except ValueError as error:
                refusal = str(error)
        form = cls(initial={name: data.get(name, "") for name in typed.fields}, rows=rows, hazard=hazard, by=by)
        form.refusal = refusal
        return form

    @property
    def typed(self) -> list[tuple[str, str]]:
        rows = [_typed_row(form) for form in self.steps]
        return [*super().typed, *((f"节点 {row['title']}", row["due_on"]) for row in rows if any(row.values()))]

    def make(self) -> AuditEntry:
        data = self.cleaned_data
        return workflow.plan(
            self.hazard, by=self.by, measure=data["measure"], steps=[form.step for form in self.steps if form.step],
            estimated_cost_yuan=data["estimated_cost_yuan"], funding_source=data["funding_source"],
            five={name: data[name] for name in rules.FIVE_FIELDS if name in data},
        )  # fmt: skip


def _typed_row(form: Any) -> dict[str, Any]:
    return {name: form[name].value() or "" for name in ("title", "due_on")}


def _scheduled(rows: list[dict[str, Any]], hazard: Hazard) -> list[dict[str, Any]]:
    if hazard.due_on is None:
        raise ValueError("这条隐患没有时限，不能倒排，请自行填写各节点的日期")
    titles = [row["title"] for row in rows if row["title"]]
    steps = planning.evenly(titles) if titles else planning.default_steps()
    first: dt.date = max(clock.today(), hazard.found_on)
    planned = planning.backwards(steps, today=first, due_on=hazard.due_on)
    return [{"title": step.title, "due_on": step.due_on} for step in planned]
