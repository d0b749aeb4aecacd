"""What the list of yard checks can be narrowed by."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.forms import TextInput

from coal.check_enums import CheckLevel
from coal.filters import OfYards
from coal.models import YardCheck

VERSIONS = (("all", "含已被更正的"),)


class CheckFilter(OfYards):
    """What has been corrected is left out unless it is asked for."""

    main = ("company", "yard", "level", "day")

    q = django_filters.CharFilter(
        label="情况说明、检查人", method="matching", widget=TextInput(attrs={"placeholder": "情况说明、检查人"})
    )
    level = django_filters.ChoiceFilter(label="结论", choices=CheckLevel.choices, empty_label="全部")
    day = django_filters.DateFromToRangeFilter(
        label="日期", field_name="checked_at",
        widget=django_filters.widgets.DateRangeWidget(attrs={"type": "date", "aria-label": "日期，从或到"}),
    )  # fmt: skip
    version = django_filters.ChoiceFilter(label="版次", choices=VERSIONS, method="in_version", empty_label="只看有效的")

    class Meta:
        model = YardCheck
        fields = ("q", "company", "yard", "level", "day", "version")

    @property
    def qs(self) -> QuerySet[Any]:
        found = super().qs
        return found if self.data.get("version") == "all" else found.current()  # type: ignore[attr-defined]

    def matching(self, queryset: QuerySet[YardCheck], name: str, value: str) -> QuerySet[YardCheck]:
        return queryset.filter(note__icontains=value) | queryset.filter(checked_by__icontains=value)

    def in_version(self, queryset: QuerySet[YardCheck], name: str, value: str) -> QuerySet[YardCheck]:
        return queryset
