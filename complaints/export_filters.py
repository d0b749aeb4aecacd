"""What an export of orders can be narrowed by, in the words of the list's address."""

from typing import Any

import django_filters
from django import forms

from accounts.models import Unit
from common.filters import LedgerFilterSet
from complaints.enums import Category, OrderStatus, Source, Urgency
from complaints.models import Order
from facilities.models import Community

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class OrderExportFilter(LedgerFilterSet):
    main = ("status", "company", "category", "source")

    status = django_filters.ChoiceFilter(label="状态", choices=OrderStatus.choices, empty_label="全部")
    company = django_filters.ModelChoiceFilter(label="承办企业", queryset=Unit.objects.none(), empty_label="全部")
    category = django_filters.ChoiceFilter(label="诉求类别", choices=Category.choices, empty_label="全部")
    source = django_filters.ChoiceFilter(label="来源", choices=Source.choices, empty_label="全部")
    urgency = django_filters.ChoiceFilter(label="紧急程度", choices=Urgency.choices, empty_label="全部")
    community = django_filters.ModelChoiceFilter(label="小区", queryset=Community.objects.none(), empty_label="全部")
    first = django_filters.DateFilter(label="受理不早于", field_name="received_at", lookup_expr="date__gte", widget=DAY)
    last = django_filters.DateFilter(label="受理不晚于", field_name="received_at", lookup_expr="date__lte", widget=DAY)

    class Meta:
        model = Order
        fields = ("status", "company", "category", "source", "urgency", "community", "first", "last")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user = self.request.user
        self.filters["company"].queryset = Unit.objects.visible_to(user).companies()
        self.filters["community"].queryset = Community.objects.visible_to(user)
