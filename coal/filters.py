"""What the lists of the coal pages can be narrowed by."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any, ClassVar

import django_filters
from django.db.models import Q, QuerySet
from django.forms import TextInput

from accounts.models import Unit
from coal.enums import MovementKind
from coal.models import DailyReport, Movement, Yard
from coal.numbers import kept
from common.filters import LedgerFilterSet

STATES = (("on", "在用"), ("off", "停用"))
ROOFS = (("yes", "封闭"), ("no", "露天"))


def offer(form: Any, name: str, items: Iterable[Any]) -> None:
    """Let the field offer these, each once, by name, without reading anything."""
    known = {item.pk: str(item) for item in items}
    named = sorted(known.items(), key=lambda item: (item[1], item[0]))
    form.fields[name].widget.choices = [("", form.fields[name].empty_label), *named]


class OfYards(LedgerFilterSet):
    """A list of what belongs to yards, by `company` and `yard`: both are offered from one read of the yards that the
    user sees. What names none of these is refused as ever."""

    company = django_filters.ModelChoiceFilter(
        label="供热企业", field_name="yard__company", queryset=Unit.objects.none(), empty_label="全部"
    )
    yard = django_filters.ModelChoiceFilter(label="煤场", queryset=Yard.objects.none(), empty_label="全部")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user = self.request.user
        self.filters["company"].queryset = Unit.objects.visible_to(user).companies()
        self.filters["yard"].queryset = Yard.objects.visible_to(user)

    @cached_property
    def yards(self) -> list[Yard]:
        """Those that the user sees, with company and county. One query."""
        return list(Yard.objects.visible_to(self.request.user).select_related("company", "county"))

    @cached_property
    def form(self) -> Any:
        form = super().form
        offer(form, "company", (yard.company for yard in self.yards))
        offer(form, "yard", self.yards)
        return form


class YardFilter(LedgerFilterSet):
    main = ("company", "roof", "state")

    q = django_filters.CharFilter(
        label="名称、位置", method="matching", widget=TextInput(attrs={"placeholder": "名称、位置"})
    )
    company = django_filters.ModelChoiceFilter(label="供热企业", queryset=Unit.objects.none(), empty_label="全部")
    roof = django_filters.ChoiceFilter(label="形式", choices=ROOFS, method="under_roof", empty_label="全部")
    state = django_filters.ChoiceFilter(label="状态", choices=STATES, method="in_state", empty_label="全部")

    class Meta:
        model = Yard
        fields = ("q", "company", "roof", "state")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["company"].queryset = Unit.objects.visible_to(self.request.user).companies()

    def matching(self, queryset: QuerySet[Yard], name: str, value: str) -> QuerySet[Yard]:
        return queryset.filter(Q(name__icontains=value) | Q(place__icontains=value))

    def under_roof(self, queryset: QuerySet[Yard], name: str, value: str) -> QuerySet[Yard]:
        return queryset.filter(is_covered=value == "yes")

    def in_state(self, queryset: QuerySet[Yard], name: str, value: str) -> QuerySet[Yard]:
        return queryset.filter(is_active=value == "on")


class MovementFilter(LedgerFilterSet):
    main: ClassVar[tuple[str, ...]] = ("kind", "day")

    q = django_filters.CharFilter(
        label="合同、车号、批次", method="matching", widget=TextInput(attrs={"placeholder": "合同、车号、批次"})
    )
    kind = django_filters.ChoiceFilter(label="类别", choices=MovementKind.choices, empty_label="全部")
    day = django_filters.DateFromToRangeFilter(
        label="日期",
        widget=django_filters.widgets.DateRangeWidget(attrs={"type": "date", "aria-label": "日期，从或到"}),
    )

    class Meta:
        model = Movement
        fields = ("q", "kind", "day")

    def matching(self, queryset: QuerySet[Movement], name: str, value: str) -> QuerySet[Movement]:
        number = kept(value)
        return queryset.filter(
            Q(contract__icontains=number) | Q(transport__icontains=value) | Q(batch__icontains=number)
        )


class ReportFilter(LedgerFilterSet):
    main = ("day",)

    q = django_filters.CharFilter(
        label="突发情况", field_name="events", lookup_expr="icontains",
        widget=TextInput(attrs={"placeholder": "突发情况"}),
    )  # fmt: skip
    day = django_filters.DateFromToRangeFilter(
        label="日期",
        widget=django_filters.widgets.DateRangeWidget(attrs={"type": "date", "aria-label": "日期，从或到"}),
    )

    class Meta:
        model = DailyReport
        fields = ("q", "day")
