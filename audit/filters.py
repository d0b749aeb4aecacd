"""What the record can be narrowed by: who, what, on which object, when."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.forms import TextInput

from audit.models import AuditEntry
from audit.selectors import actions, by_person, target_types
from common.filters import LedgerFilterSet


class AuditFilter(LedgerFilterSet):
    search = "target"
    main = ("person", "action", "kind")

    target = django_filters.CharFilter(
        label="对象名称",
        field_name="target_label",
        lookup_expr="icontains",
        widget=TextInput(attrs={"placeholder": "编号、单位、用户等对象名称"}),
    )
    person = django_filters.CharFilter(
        label="操作人", method="by", widget=TextInput(attrs={"placeholder": "姓名或用户名"})
    )
    action = django_filters.ChoiceFilter(
        label="操作", choices=lambda: [(action, action) for action in actions()], empty_label="全部"
    )
    kind = django_filters.ChoiceFilter(label="对象", field_name="target_type", choices=target_types, empty_label="全部")
    at = django_filters.DateFromToRangeFilter(
        label="日期", widget=django_filters.widgets.DateRangeWidget(attrs={"type": "date"})
    )
    ip = django_filters.CharFilter(label="来源地址", widget=TextInput(attrs={"inputmode": "decimal"}))

    class Meta:
        model = AuditEntry
        fields = ("target", "person", "action", "kind", "at", "ip")

    def by(self, queryset: QuerySet[AuditEntry], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(by_person(value.strip()))
