"""The form that registers a hazard, and the one that corrects it without overwriting what others have changed."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from accounts.enums import UnitKind
from accounts.models import Region
from common import clock
from common.fields import LedgerDateField, LedgerForm, NamedRowField, PickMany, UploadsField, read_past_day, shown
from common.occasions import Occasion
from facilities.models import Facility, Season
from inspections import rules
from inspections.enums import Source
from inspections.forms import choices
from inspections.forms.base import DeadlineField, set_readers
from inspections.models import Hazard
from inspections.services import EDITABLE_FIELDS, MOVED_FIELDS, account_of

EMPTY = "（空）"
RELATIONS = ("communities", "cooperating_units")
# What the next registration takes over from the one before it.
CARRIED_OVER = ("lead_unit", "responsible_person", "responsible_phone", "supervisor", "township", "source", "found_on")
SECTIONS = (
    ("问题在哪里", ("problem_point", "facility", "facility_kind", "township", "communities")),
    ("是什么问题", ("description", "category", "grade", "urgency", "source", "found_on", "cause", "photos")),
    (
        "谁来改、何时改完、怎样算合格",
        ("lead_unit", "cooperating_units", "responsible_person", "responsible_phone", "due_on", "supervisor",
         "late_due_reason", "acceptance_standard"),
    ),
    ("整改安排", ("measure", "estimated_cost_yuan", "funding_source", "remark")),
    ("五落实", rules.FIVE_FIELDS),
)  # fmt: skip
NOTES = {
    "谁来改、何时改完、怎样算合格": "问题点位、责任单位、责任人、整改时限、验收标准五项齐全且具体，才能下达。",
    "整改安排": "可以先不填，由责任单位在方案里填写。",
}
TEXT_ROWS = {"description": 3, "cause": 2, "late_due_reason": 2, "acceptance_standard": 2, "measure": 3, "remark": 2}


class HazardForm(LedgerForm, forms.ModelForm):
    """`season` decides the county and how dates are read. `values` is what the services take."""

    facility = NamedRowField(
        what="设施", label="设施", required=False, help_text="输入名称选取；选了设施，类别等可不填"
    )
    found_on = LedgerDateField(label="发现日期", read=read_past_day)
    due_on = DeadlineField(label="整改时限", required=False)

    class Meta:
        model = Hazard
        fields = (*EDITABLE_FIELDS, *(name for name in MOVED_FIELDS if name != "responsible_user"), *RELATIONS)
        widgets = {
            **{name: forms.Textarea(attrs={"rows": rows}) for name, rows in TEXT_ROWS.items()},
            **{name: forms.Textarea(attrs={"rows": 2}) for name in rules.FIVE_FIELDS},
            "communities": PickMany(attrs={"data-wide": ""}),
            "cooperating_units": PickMany(attrs={"data-wide": ""}),
            "estimated_cost_yuan": forms.NumberInput(attrs={"data-unit": "元"}),
            "responsible_phone": forms.TextInput(attrs={"inputmode": "tel"}),
        }
        labels = {"estimated_cost_yuan": "预计费用"}
        help_texts = {
            "problem_point": "写到具体小区、楼栋、管段或设备",
            "late_due_reason": "时限晚于试运行时必须填写",
            "acceptance_standard": "用什么检验、到什么程度算合格，例如“打压 0.8 MPa 稳压 30 分钟无渗漏”",
            "urgency": "立行立改的，时限就是发现当天",
            "responsible_person": "写具体姓名",
        }

    def __init__(self, *args: Any, by: Any, season: Season, hazard: Hazard | None = None, **kwargs: Any) -> None:
        # The form works on a copy: the row itself stays what was read until the service has written.
        super().__init__(*args, instance=copy.copy(hazard) if hazard else None, **kwargs)  # type: ignore[misc]
        self.by, self.season, self.hazard = by, season, hazard
        self.county: Region = season.county
        self._offer()
        self.fields["due_on"].help_text = f"试运行 {season.trial_run_on}；“尽快”“长期坚持”不是时限"
        if by.unit_id and by.unit.is_rectifier:
            self._fix("lead_unit", by.unit)
        if by.unit_id and by.unit.kind == UnitKind.TOWNSHIP:
            self._fix("township", by.unit.region)
        self.fields["facility_kind"].required = False
        for name in ("lead_unit", "responsible_person", "due_on", "acceptance_standard"):
            if name in self.fields:
                self.fields[name].help_text = f"下达前须填。{self.fields[name].help_text}"
        self._word_empty_choices()
        set_readers(self, season)

    def _offer(self) -> None:
        by, county, hazard = self.by, self.county, self.hazard
        kept = {name: getattr(hazard, f"{name}_id", None) for name in ("lead_unit", "supervisor", "facility")}
        offered = {
            "lead_unit": choices.lead_units(by, county, kept["lead_unit"]),
            "cooperating_units": choices.lead_units(by, county).exclude(pk=by.unit_id),
            "supervisor": choices.supervisors(by, county, kept["supervisor"]),
            "township": choices.townships(by, county),
            "communities": choices.communities(by, county),
        }
        for name, rows in offered.items():
            self.fields[name].queryset = rows  # type: ignore[attr-defined]
        facilities = choices.facilities(by, county, kept["facility"])
        self.fields["facility"].offer(facilities, facility_name)  # type: ignore[attr-defined]
        if hazard and hazard.facility_id:
            self.initial["facility"] = hazard.facility
        for name in ("cooperating_units", "supervisor"):
            if not offered[name].exists():
                del self.fields[name]

    def _word_empty_choices(self) -> None:
        for field in self.fields.values():
            if isinstance(field, forms.ModelChoiceField) and field.empty_label is not None:
                field.empty_label = "未定"
            elif isinstance(field, forms.ChoiceField):
                field.choices = [(key, label if key else "请选择") for key, label in field.choices]  # type: ignore[union-attr,misc]

    def _fix(self, name: str, value: Any) -> None:
        """The user has no choice here."""
        if name in self.fields:
            self.fields[name].disabled = True
            self.initial[name] = value.pk

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        facility: Facility | None = data.get("facility")
        if facility:
            self._fill_in_from(facility, data)
        if not data.get("facility_kind") and "facility_kind" not in self.errors:
            self.add_error("facility_kind", "请选择设施类别，或在“设施”中选一处设施")
        found_on = data.get("found_on")
        if found_on and found_on > clock.today():
            self.add_error("found_on", f"发现日期 {found_on} 在今天（{clock.today()}）之后，请核对")
        elif found_on and data.get("due_on") and data["due_on"] < found_on:
            self.add_error("due_on", f"整改时限 {data['due_on']} 早于发现日期 {found_on}，请核对")
        return data

    def _fill_in_from(self, facility: Facility, data: dict[str, Any]) -> None:
        kind = data.get("facility_kind")
        if kind and kind != facility.kind:
            chosen = dict(self.fields["facility_kind"].choices)[kind]  # type: ignore[attr-defined]
            registered = facility.get_kind_display()
            self.add_error("facility_kind", f"“{facility}”登记的是{registered}，与所选的{chosen}不一致，请改其中一项")
        data["facility_kind"] = kind or facility.kind
        if not data.get("township"):
            data["township"] = facility.township
        if "lead_unit" in self.fields and not data.get("lead_unit"):
            data["lead_unit"] = facility.company

    def clean_found_on(self) -> Any:
        # 立行立改 as a deadline means the day found, which is read before it.
        if "due_on" in self.fields:
            self.fields["due_on"].found_on = self.cleaned_data["found_on"]  # type: ignore[attr-defined]
        return self.cleaned_data["found_on"]

    def _post_clean(self) -> None:
        """Nothing: the services write, and the rules judge."""

    @property
    def values(self) -> dict[str, Any]:
        """The fields of the row, without the relations."""
        values = {name: value for name, value in self.cleaned_data.items() if name not in (*RELATIONS, "photos")}
        if "lead_unit" in values and "responsible_person" in values:
            values["responsible_user"] = account_of(values["lead_unit"], values["responsible_person"])
        return values

    @property
    def relations(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in RELATIONS if name in self.cleaned_data}

    @property
    def sections(self) -> list[dict[str, Any]]:
        """The fields as the page shows them, under their headings."""
        shown = []
        for title, names in SECTIONS:
            fields = [self[name] for name in names if name in self.fields]
            if fields:
                shown.append({"title": title, "note": NOTES.get(title, ""), "fields": fields})
        return shown


def facility_name(facility: Facility) -> str:
    """A name that tells facilities of the same name apart."""
    return f"{facility.name}（{facility.company.label} · {facility.get_kind_display()}）"


class RegisterForm(HazardForm):
    photos = UploadsField(label="整改前照片", required=False)

    def __init__(self, *args: Any, like: Hazard | None = None, occasion: Occasion | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in rules.FIVE_FIELDS:
            del self.fields[name]
        self.initial["found_on"] = clock.today()
        if self.by.unit_id and self.by.unit.is_rectifier:
            self.initial["source"] = Source.SELF_CHECK
        if like is not None:
            for name in CARRIED_OVER:
                self._begin_with(name, getattr(like, name))
        for name, value in occasion.initial.items() if occasion else ():
            self._begin_with(name, value)

    def _begin_with(self, name: str, value: Any) -> None:
        """Where the field is there and the user has a choice."""
        if name in self.fields and not self.fields[name].disabled:
            self.initial[name] = value


class EditForm(HazardForm):
    """Each box carries, hidden, what it held when the page was opened: that tells whose change is whose.

    `whole`: also the fields that the hazard's state keeps from being edited.
    """

    def __init__(self, *args: Any, hazard: Hazard, whole: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, hazard=hazard, season=hazard.season, **kwargs)
        left_out = (
            *(MOVED_FIELDS if hazard.state.is_issued else ()),
            *(() if rules.is_major(hazard) else rules.FIVE_FIELDS),
        )
        for name in () if whole else left_out:
            self.fields.pop(name, None)
        for field in self.fields.values():
            field.show_hidden_initial = True

    def as_it_was(self) -> "EditForm":
        """What was sent, with the fields that the page had when it was opened."""
        assert self.hazard is not None
        return EditForm(self.data, hazard=self.hazard, by=self.by, whole=True)

    @property
    def sent_fields(self) -> list[forms.BoundField]:
        """The fields that the page had: those whose first value came back with it."""
        return [self[name] for name in self.fields if self[name].html_initial_name in self.data]

    @property
    def typed(self) -> list[tuple[str, str]]:
        was = self.as_it_was()
        changed = [bound for bound in was.sent_fields if bound.name in was.changed_data]
        return [(str(bound.label), shown(bound.field, bound.value()) or EMPTY) for bound in changed]


@dataclass(frozen=True)
class Difference:
    """One field that both have changed (or that can no longer be edited): what was typed, and what it is now."""

    label: str
    typed: str
    current: str


def merged(sent: EditForm, fresh: Hazard) -> tuple[EditForm, list[Difference]]:
    """The form anew, on the row as it is now: what the user typed stays, and what only others changed is taken over.

    Where both changed the same field the user's text stays in the box, and the two stand in the differences.
    """
    before, now = sent.as_it_was(), EditForm(hazard=fresh, by=sent.by)
    data: QueryDict = sent.data.copy()  # type: ignore[attr-defined]
    differences = []
    for bound in before.sent_fields:
        name, field = bound.name, bound.field
        typed, seen = data.getlist(name), data.getlist(bound.html_initial_name)
        mine = name in before.changed_data
        current = _raw(field, now[name].value() if name in now.fields else getattr(fresh, name))
        theirs = not _same(current, seen)
        if mine and not _same(typed, current) and (theirs or name not in now.fields):
            texts = (shown(field, raw) or EMPTY for raw in (typed, current))
            differences.append(Difference(str(bound.label), *texts))
        elif theirs and not mine:
            data.setlist(name, current)
        data.setlist(bound.html_initial_name, current)
    return EditForm(data, hazard=fresh, by=sent.by), differences


def _same(a: Sequence[str], b: Sequence[str]) -> bool:
    return sorted(_line_ends(a)) == sorted(_line_ends(b))


def _line_ends(raw: Sequence[str]) -> list[str]:
    return [part.replace("\r\n", "\n") for part in raw if part]


def _raw(field: forms.Field, value: Any) -> list[str]:
    """A value as a browser would send it back."""
    value = field.prepare_value(value)
    if isinstance(value, (list, tuple)):
        return [str(part) for part in value]
    return ["" if value is None else str(value)]
