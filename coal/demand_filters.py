"""What the list of temperatures can be narrowed by."""

import django_filters

from coal.models import DailyTemperature
from common.filters import LedgerFilterSet


class TemperatureFilter(LedgerFilterSet):
    main = ("day",)

    day = django_filters.DateFromToRangeFilter(label="日期")

    class Meta:
        model = DailyTemperature
        fields = ("day",)
