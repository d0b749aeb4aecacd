"""What the lists of escalations and proposals can be narrowed by."""

import datetime as dt
from typing import Any, cast

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.enums import UnitKind
from accounts.models import Unit
from common import clock
from common.due import WHOLE_DAY
from common.filters import LedgerFilterSet
from supervision.enums import Measure, ProposalState
from supervision.kinds import KINDS
from supervision.ladder import minute_of_day
from supervision.models import Escalation, EscalationQuerySet, Proposal, ProposalQuerySet
from supervision.proposals import due, held, needed

OVERDUE = (
    ("0", "尚未逾期"),
    ("1", "已逾期"),
    ("7", "逾期 7 天以上"),
    ("15", "逾期 15 天以上"),
    ("30", "逾期 30 天以上"),
)
# "" is what waits for a decision.
PROPOSAL_TABS = (("held", "暂缓"), ("approved", "已批准"), ("declined", "不同意"), ("gone", "不再需要"))
SCOPES = (("all", "全部记录"),)
# Who owes nothing by a deadline.
_NOT_RESPONSIBLE = (UnitKind.HOUSING_BUREAU, UnitKind.DEVELOPMENT_BUREAU)


def kind_choices() -> list[tuple[str, str]]:
    return [(kind.name, kind.label) for kind in KINDS.values()]


def _choice(label: str, choices: Any, method: str) -> django_filters.ChoiceFilter:
    chosen = django_filters.ChoiceFilter(label=label, choices=choices, method=method, empty_label="全部")
    chosen.extra["error_messages"] = {"invalid_choice": "没有“%(value)s”这个选项，请重新选择"}
    return chosen


class EscalationFilter(LedgerFilterSet):
    """`queryset` is what the user sees; without `scope=all` only what holds now is listed. `untabbed` is the list
    without its tab, for the counts."""

    main = ("kind", "unit", "overdue", "scope")
    tabs = ("step",)

    step = _choice("步骤", Measure.choices, "leave")
    kind = _choice("类别", kind_choices, "by_kind")
    unit = _choice("责任单位", (), "by_unit")
    overdue = _choice("逾期", OVERDUE, "by_days")
    scope = _choice("范围", SCOPES, "leave")

    class Meta:
        model = Escalation
        fields: tuple[str, ...] = ()

    def __init__(self, data: Any, *, user: Any) -> None:
        super().__init__(data, queryset=Escalation.objects.visible_to(user))
        self.user = user
        self.filters["scope"].extra["empty_label"] = "当前"
        self.filters["unit"].extra["choices"] = _units(user)

    @property
    def untabbed(self) -> EscalationQuerySet:
        return cast(EscalationQuerySet, super().qs)

    @property
    def qs(self) -> QuerySet[Any]:
        measure = self.form.cleaned_data.get("step") if self.form.is_valid() else ""
        return self.untabbed.of_measure(Measure(measure)) if measure else self.untabbed

    def filter_queryset(self, queryset: EscalationQuerySet) -> QuerySet[Any]:
        filtered = super().filter_queryset(queryset)
        if self.form.cleaned_data["scope"] == "all":
            return filtered
        return filtered.standing(Escalation.objects.open_to(self.user))

    def leave(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Applied by `qs` and `filter_queryset`."""
        return queryset

    def by_kind(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(kind=value)

    def by_unit(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return _of_unit(queryset, value)

    def by_days(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return _overdue(queryset, value)


class ProposalFilter(LedgerFilterSet):
    """What waits for a decision, or what the tab names. `untabbed` is the list without its tab, for the counts."""

    main = ("kind", "unit", "measure", "overdue")
    tabs = ("state",)

    state = _choice("状态", PROPOSAL_TABS, "leave")
    kind = _choice("类别", kind_choices, "by_kind")
    unit = _choice("责任单位", (), "by_unit")
    measure = _choice("措施", Measure.choices, "by_measure")
    overdue = _choice("逾期", OVERDUE[1:], "by_days")

    class Meta:
        model = Proposal
        fields: tuple[str, ...] = ()

    def __init__(self, data: Any, *, user: Any) -> None:
        super().__init__(data, queryset=Proposal.objects.visible_to(user))
        self.filters["unit"].extra["choices"] = _units(user)

    @property
    def untabbed(self) -> ProposalQuerySet:
        return cast(ProposalQuerySet, super().qs)

    @property
    def tabbed(self) -> dict[str, ProposalQuerySet]:
        """The list of each tab; "" is what waits."""
        today, wanted = clock.today(), needed()
        return {
            "": self.untabbed.filter(due(today), wanted),
            "held": self.untabbed.filter(held(today), wanted),
            "approved": self.untabbed.filter(state=ProposalState.APPROVED),
            "declined": self.untabbed.filter(state=ProposalState.DECLINED),
            "gone": self.untabbed.filter(~wanted, state=ProposalState.OPEN),
        }

    def leave(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Applied by `tabbed`."""
        return queryset

    def by_kind(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(kind=value)

    def by_unit(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return _of_unit(queryset, value)

    def by_measure(self, queryset: ProposalQuerySet, name: str, value: str) -> QuerySet[Any]:
        return queryset.of_measure(Measure(value))

    def by_days(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return _overdue(queryset, value)


def _units(user: Any) -> list[tuple[str, str]]:
    units = Unit.objects.visible_to(user).exclude(kind__in=_NOT_RESPONSIBLE)
    return [(str(unit.pk), unit.label) for unit in units.order_by("kind", "name")]


def _of_unit(queryset: QuerySet[Any], unit: str) -> QuerySet[Any]:
    of_unit = Q(pk__in=[])
    for kind in KINDS.values():
        items = kind.watched().model.objects.filter(**{"pk": OuterRef("item_id"), kind.unit: unit})
        of_unit |= Q(Exists(items.order_by()), kind=kind.name)
    return queryset.filter(of_unit)


def _overdue(queryset: QuerySet[Any], days: str) -> QuerySet[Any]:
    """A deadline that is a moment is overdue at once, and by a day at that time of day."""
    today, minute = clock.today(), minute_of_day(clock.now())
    if days == "0":
        return queryset.filter(due_on__gte=today).exclude(due_on=today, due_minute__lt=minute)
    if days == "1":
        # Of deadlines that are days none ends before 24:00.
        return queryset.filter(due_on__lte=today).exclude(due_on=today, due_minute__gte=minute)
    edge = today - dt.timedelta(days=int(days))
    to_come = Q(due_on=edge, due_minute__gt=minute, due_minute__lt=WHOLE_DAY)
    return queryset.filter(due_on__lte=edge).exclude(to_come)
