"""What the list of progress lines can be narrowed by."""

from typing import Any

import django_filters

from accounts.models import Unit
from coal.models import ProgressLine
from common.filters import LedgerFilterSet


class ProgressFilter(LedgerFilterSet):
    main = ("company", "day")

    company = django_filters.ModelChoiceFilter(label="供热企业", queryset=Unit.objects.none(), empty_label="全部")
    day = django_filters.ChoiceFilter(label="截止日期", field_name="reported_on", choices=(), empty_label="全部")

    class Meta:
        model = ProgressLine
        fields = ("company", "day")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user = self.request.user
        self.filters["company"].queryset = Unit.objects.visible_to(user).companies()
        days = ProgressLine.objects.visible_to(user).order_by("-reported_on").values_list("reported_on", flat=True)
        self.filters["day"].extra["choices"] = [(str(day), str(day)) for day in days.distinct()[:MOST_DAYS]]


MOST_DAYS = 100
