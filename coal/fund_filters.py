"""What a company's money for coal can be narrowed by."""

import django_filters
from django.forms import TextInput

from coal.fund_enums import FundKind
from coal.models import FundEntry
from common.filters import LedgerFilterSet


class FundFilter(LedgerFilterSet):
    main = ("kind", "day")

    q = django_filters.CharFilter(
        label="说明", field_name="note", lookup_expr="icontains", widget=TextInput(attrs={"placeholder": "说明"})
    )
    kind = django_filters.ChoiceFilter(label="类别", choices=FundKind.choices, empty_label="全部")
    day = django_filters.DateFromToRangeFilter(
        label="日期",
        widget=django_filters.widgets.DateRangeWidget(attrs={"type": "date", "aria-label": "日期，从或到"}),
    )

    class Meta:
        model = FundEntry
        fields = ("q", "kind", "day")
