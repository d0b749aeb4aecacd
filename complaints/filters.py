"""What the orders can be narrowed by: the one place that knows the query string, for list and counts."""

import datetime as dt
from collections.abc import Iterable
from functools import cached_property
from typing import Any, cast

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, QueryDict

from common import clock
from common.fields import LedgerDateField
from common.filters import LedgerFilterSet
from common.search_terms import search_phrases
from common.text import normalise
from common.workdays import end_of, start_of
from complaints.callers import finds_by_phone, with_callers_seen
from complaints.enums import OPEN_STATUSES, Category, OrderStatus, Source, Urgency
from complaints.models import Order
from complaints.places import communities_called
from complaints.querysets import OrderQuerySet
from complaints.selectors import (
    SOON_HOURS,
    TAB_CONDITIONS,
    WAITING_LABELS,
    sees_only_dispatched,
    states_of,
    waiting_condition,
    waiting_conditions,
)
from facilities.models import Season
from facilities.selectors import current_season, seasons_of
from inspections.filters import WordsFilter, options_for

SHORTEST_TAIL = 4
_STATE_TABS = tuple((status.value, status.label, "grey") for status in OrderStatus)
TABS = (
    ("open", "未办结", "grey"),
    ("mine", "待我办理", "blue"),
    *_STATE_TABS[:5],
    ("overdue", "已逾期", "red"),
    ("due_soon", f"{SOON_HOURS} 小时内到期", "amber"),
    *_STATE_TABS[5:],
)
LIMIT_CHOICES = (("visit", "到场已逾期"), ("handling", "办理已逾期"), ("callback", "回访已逾期"))


def tabs_for(user: Any, mine: Q | None) -> list[tuple[str, str, str]]:
    """Without the states that the user never sees, and without 待我办理 for whom nothing waits."""
    unseen = {status.value for status in OrderStatus} - {status.value for status in states_of(user)}
    return [tab for tab in TABS if tab[0] not in unseen and (tab[0] != "mine" or mine is not None)]


class TailField(forms.CharField):
    """The last digits of a phone number."""

    def clean(self, value: Any) -> str:
        digits = normalise(super().clean(value) or "").replace(" ", "").replace("-", "")
        if digits and (not digits.isascii() or not digits.isdigit() or len(digits) < SHORTEST_TAIL):
            raise ValidationError(f"请输入电话的最后 {SHORTEST_TAIL} 位以上数字")
        return digits


class TailFilter(django_filters.CharFilter):
    field_class = TailField


class DayFilter(django_filters.DateFilter):
    field_class = LedgerDateField


def _choice(label: str, choices: Iterable[Any], **kwargs: Any) -> django_filters.ChoiceFilter:
    chosen = django_filters.ChoiceFilter(label=label, choices=choices, empty_label="全部", **kwargs)
    chosen.extra["error_messages"] = {"invalid_choice": "没有“%(value)s”这个选项，请重新选择"}
    return chosen


class OrderFilter(LedgerFilterSet):
    """`qs` are the filtered orders, `untabbed` the same without the tab, for the counts above the list."""

    tabs = ("tab",)

    tab = _choice("状态", [("", ""), *((value, label) for value, label, _ in TABS)], method="leave")
    company = _choice("承办企业", (), field_name="company_id")
    category = _choice("诉求类别", Category.choices)
    urgency = _choice("紧急程度", Urgency.choices)
    phone = TailFilter(label="电话后几位", method="by_tail", max_length=20)
    community = django_filters.CharFilter(label="小区", method="by_community", max_length=60)
    township = _choice("乡镇、街道", (), field_name="township_id")
    source = _choice("来源", Source.choices)
    limit = _choice("时限", LIMIT_CHOICES, method="by_limit")
    received_from = DayFilter(label="受理日期从", method="since")
    received_to = DayFilter(label="受理日期到", method="until")
    waiting = _choice("等我办理", tuple(WAITING_LABELS.items()), method="by_waiting")
    # The last one: what it costs is judged on the rows that the others leave.
    q = WordsFilter(label="编号、地址、诉求内容", method="by_words", max_length=60)

    class Meta:
        model = Order
        fields: tuple[str, ...] = ()

    def __init__(self, data: QueryDict, *, user: Any, queryset: OrderQuerySet, season: Season | None) -> None:
        super().__init__(data, queryset=queryset)
        self.user, self.season = user, season
        self.mine = waiting_condition(user)
        options = options_for(user)
        self.filters["company"].extra["choices"] = options.units
        self.filters["township"].extra["choices"] = options.townships
        attrs = {"placeholder": "编号、地址、诉求内容", "type": "search"}
        self.filters["q"].extra["widget"] = forms.TextInput(attrs=attrs)
        self.filters["phone"].extra["widget"] = forms.TextInput(attrs={"inputmode": "numeric", "size": "8"})
        if not finds_by_phone(user):
            del self.filters["phone"]
        line = ("category", "urgency", "phone") if sees_only_dispatched(user) else ("company", "category", "phone")
        self.main = tuple(name for name in line if name in self.filters)  # type: ignore[misc]

    def filter_queryset(self, queryset: OrderQuerySet) -> OrderQuerySet:
        return self.untabbed.filter(self._tab_condition)

    @cached_property
    def untabbed(self) -> OrderQuerySet:
        if not self.form.is_valid():
            return self.queryset.none()
        return cast(OrderQuerySet, super().filter_queryset(self.queryset))

    @property
    def _tab_condition(self) -> Q:
        tab = self.form.cleaned_data["tab"]
        if tab == "mine":
            return self.mine if self.mine is not None else Q(pk__in=[])
        return TAB_CONDITIONS[tab](clock.now())

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the tab narrows the list."""
        return any(value not in (None, "") for name, value in self.form.cleaned_data.items() if name != "tab")

    def leave(self, queryset: OrderQuerySet, name: str, value: str) -> OrderQuerySet:
        """The tab is applied after the others, since the counts are taken before it."""
        return queryset

    def by_tail(self, queryset: OrderQuerySet, name: str, value: str) -> OrderQuerySet:
        return with_callers_seen(queryset, self.user).phone_ends_with(value)

    def by_community(self, queryset: OrderQuerySet, name: str, value: str) -> OrderQuerySet:
        # Named by their keys, so that the database knows beforehand how much of the ledger they are.
        found = communities_called(value, self.user, self.season.county_id if self.season else None)
        return queryset.filter(community_id__in=[community.pk for community in found])

    def by_limit(self, queryset: OrderQuerySet, name: str, value: str) -> OrderQuerySet:
        now = clock.now()
        if value == "handling":
            return queryset.overdue(now)
        if value == "callback":
            return queryset.filter(status=OrderStatus.REPORTED, callback_due_at__lte=now)
        return queryset.filter(
            status__in=OPEN_STATUSES, visited_at__isnull=True, reported_at__isnull=True, visit_due_at__lte=now
        )

    def since(self, queryset: OrderQuerySet, name: str, value: dt.date) -> OrderQuerySet:
        return queryset.filter(received_at__gte=start_of(value))

    def until(self, queryset: OrderQuerySet, name: str, value: dt.date) -> OrderQuerySet:
        return queryset.filter(received_at__lt=end_of(value))

    def by_waiting(self, queryset: OrderQuerySet, name: str, value: str) -> OrderQuerySet:
        return queryset.filter(waiting_conditions(self.user).get(value, Q(pk__in=[])))

    def by_words(self, queryset: OrderQuerySet, name: str, value: str) -> OrderQuerySet:
        return queryset.filter(queryset.search_condition(value)) if search_phrases(value) else queryset


def filtered_orders(request: HttpRequest, params: QueryDict) -> OrderFilter:
    """The orders of the season chosen on the page that the query string leaves. What waits for somebody is listed
    across seasons. Three queries, one more if words or a community are looked for."""
    season = current_season(request)
    orders = Order.objects.visible_to(request.user)
    if params.get("waiting"):
        orders = orders.filter(season__in=[each.pk for each in seasons_of(request)])
    else:
        orders = orders.filter(county=season.county_id, season=season) if season else orders.none()
    return OrderFilter(params, user=request.user, queryset=orders, season=season)
