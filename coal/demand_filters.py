"""What the list of temperatures can be narrowed by."""

import django_filters
from django.forms import DateInput

from coal.models import DailyTemperature
from common.filters import LedgerFilterSet


def _day(label: str, lookup: str) -> django_filters.DateFilter:
    widget = DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return django_filters.DateFilter(label=label, field_name="day", lookup_expr=lookup, widget=widget)


class TemperatureFilter(LedgerFilterSet):
    main = ("first", "last")

    first = _day("从哪天", "gte")
    last = _day("到哪天", "lte")

    class Meta:
        model = DailyTemperature
        fields = ("first", "last")
