"""What the lists of units and users can be narrowed by."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.forms import TextInput

from accounts import roles
from accounts.enums import UnitKind
from accounts.models import Region, Unit, User
from common.filters import LedgerFilterSet

STATES = (("on", "启用"), ("off", "停用"))


class UnitFilter(LedgerFilterSet):
    main = ("kind", "region", "state")

    q = django_filters.CharFilter(
        label="名称、联系人、电话", method="matching", widget=TextInput(attrs={"placeholder": "名称、联系人、电话"})
    )
    kind = django_filters.ChoiceFilter(label="类型", choices=UnitKind.choices, empty_label="全部")
    region = django_filters.ModelChoiceFilter(label="区划", queryset=Region.objects.none(), empty_label="全部")
    state = django_filters.ChoiceFilter(label="状态", choices=STATES, method="in_state", empty_label="全部")

    class Meta:
        model = Unit
        fields = ("q", "kind", "region", "state")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["region"].queryset = Region.objects.visible_to(self.request.user)

    def matching(self, queryset: QuerySet[Unit], name: str, value: str) -> QuerySet[Unit]:
        return queryset.filter(
            Q(name__icontains=value)
            | Q(short_name__icontains=value)
            | Q(contact__icontains=value)
            | Q(phone__icontains=value)
        )

    def in_state(self, queryset: QuerySet[Unit], name: str, value: str) -> QuerySet[Unit]:
        return queryset.filter(is_active=value == "on")


class UserFilter(LedgerFilterSet):
    main = ("unit", "role", "state")

    q = django_filters.CharFilter(
        label="用户名、姓名、手机号", method="matching", widget=TextInput(attrs={"placeholder": "用户名、姓名、手机号"})
    )
    unit = django_filters.ModelChoiceFilter(label="单位", queryset=Unit.objects.none(), empty_label="全部")
    role = django_filters.ChoiceFilter(
        label="角色", choices=[(role, role) for role in roles.ALL_ROLES], method="with_role", empty_label="全部"
    )
    state = django_filters.ChoiceFilter(label="状态", choices=STATES, method="in_state", empty_label="全部")

    class Meta:
        model = User
        fields = ("q", "unit", "role", "state")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.request.user.has_perm("accounts.manage_units"):
            self.filters["unit"].queryset = Unit.objects.visible_to(self.request.user)
        else:
            del self.filters["unit"]  # they see one unit's people anyway

    def matching(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(Q(username__icontains=value) | Q(full_name__icontains=value) | Q(phone__icontains=value))

    def with_role(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(groups__name=value)

    def in_state(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(is_active=value == "on")
