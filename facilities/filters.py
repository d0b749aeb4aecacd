"""What the lists of facilities and communities can be narrowed by."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.forms import TextInput

from accounts.enums import RegionLevel, UnitKind
from accounts.models import Region, Unit
from common.filters import LedgerFilterSet
from facilities.enums import FacilityKind
from facilities.models import Community, Facility

STATES = (("on", "在用"), ("off", "停用"))


class PlaceFilter(LedgerFilterSet):
    """What both lists have: township and company, among those the user sees."""

    township = django_filters.ModelChoiceFilter(label="乡镇、街道", queryset=Region.objects.none(), empty_label="全部")
    company = django_filters.ModelChoiceFilter(label="供热企业", queryset=Unit.objects.none(), empty_label="全部")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user = self.request.user
        self.filters["township"].queryset = Region.objects.visible_to(user).filter(level=RegionLevel.TOWNSHIP)
        self.filters["company"].queryset = Unit.objects.visible_to(user).filter(kind=UnitKind.HEATING_COMPANY)


class FacilityFilter(PlaceFilter):
    main = ("kind", "company", "township", "state")

    q = django_filters.CharFilter(
        label="名称、小区", method="matching", widget=TextInput(attrs={"placeholder": "名称、小区"})
    )
    kind = django_filters.ChoiceFilter(label="类别", choices=FacilityKind.choices, empty_label="全部")
    state = django_filters.ChoiceFilter(label="状态", choices=STATES, method="in_state", empty_label="全部")

    class Meta:
        model = Facility
        fields = ("q", "kind", "company", "township", "state")

    def matching(self, queryset: QuerySet[Facility], name: str, value: str) -> QuerySet[Facility]:
        return queryset.filter(Q(name__icontains=value) | Q(community__name__icontains=value))

    def in_state(self, queryset: QuerySet[Facility], name: str, value: str) -> QuerySet[Facility]:
        return queryset.filter(is_active=value == "on")


class CommunityFilter(PlaceFilter):
    main = ("company", "township")

    q = django_filters.CharFilter(
        label="名称、地址", method="matching", widget=TextInput(attrs={"placeholder": "名称、地址"})
    )

    class Meta:
        model = Community
        fields = ("q", "company", "township")

    def matching(self, queryset: QuerySet[Community], name: str, value: str) -> QuerySet[Community]:
        return queryset.filter(Q(name__icontains=value) | Q(address__icontains=value))
