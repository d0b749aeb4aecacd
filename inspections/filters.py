"""What the ledger can be narrowed by: the one place that knows the query string, for list, counts and export."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import CharField, F, Q, Subquery, Value
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from accounts.enums import RegionLevel, UnitKind
from accounts.models import Region, Unit
from common import clock
from common.fields import DateRead, LedgerDateField, read_day
from common.filters import LedgerFilterSet
from common.lookups import Among, Unindexed
from common.search_terms import search_phrases
from common.spreadsheets.dates import Years, read_date
from common.text import normalise
from facilities.enums import FacilityKind
from facilities.models import Community, Season
from facilities.selectors import current_season
from inspections.enums import Category, Grade, HazardStatus, Source, Urgency
from inspections.models import Hazard
from inspections.querysets import HazardQuerySet, sees_only_named
from inspections.selectors import DUE_SOON_DAYS, TAB_RULES, WAITING_LABELS, waiting_for

WEEK_DAYS = 7
SHORT_DAYS = 10
FEW_COMMUNITIES = 3
# The tabs above the list, in their order: value in the address, label, colour of the count.
TABS = (
    ("open", "未销号", "grey"),
    *((status.value, status.label, "grey") for status in HazardStatus if status.is_open),
    ("overdue", "已逾期", "red"),
    ("due_soon", f"{DUE_SOON_DAYS} 天内到期", "amber"),
    ("no_deadline", "没有时限", "grey"),
    *((status.value, status.label, "grey") for status in HazardStatus if not status.is_open),
)
# A tab that figures link to; shown only while it is chosen.
COUNTED = ("counted", "不含作废", "grey")
DUE_CHOICES = (
    ("overdue", "已逾期"),
    ("3", "3 天内到期"),
    ("7", "7 天内到期"),
    ("15", "15 天内到期"),
    ("30", "30 天内到期"),
    ("none", "没有时限"),
)
# Units that rectify come first in the choice.
_KIND_ORDER = (UnitKind.HEATING_COMPANY, UnitKind.OTHER, UnitKind.TOWNSHIP)


@dataclass(frozen=True)
class Options:
    """The units and townships that a user may choose from, and the communities that were named."""

    units: list[tuple[str, str]]
    townships: list[tuple[str, str]]
    communities: list[int]


def options_for(user: Any, community: str = "") -> Options:
    """Among what the user sees; `community` is a part of a community's name. One query."""

    def row(kind: Any, short_name: Any = None, is_active: Any = None) -> tuple[Any, ...]:
        text, yes = Value("", CharField()), Value(True)
        return kind, "pk", "name", short_name or text, is_active or yes

    units = Unit.objects.visible_to(user).order_by()
    townships = Region.objects.visible_to(user).filter(level=RegionLevel.TOWNSHIP).order_by()
    wanted = units.values_list(*row("kind", "short_name", "is_active")).union(
        townships.values_list(*row(Value("township!", CharField()))), all=True
    )
    if community:
        named = Community.objects.filter(name__icontains=community).order_by()
        wanted = wanted.union(named.values_list(*row(Value("community!", CharField()))), all=True)
    order = {kind.value: place for place, kind in enumerate(_KIND_ORDER)}
    found = sorted(wanted, key=lambda row: (order.get(row[0], len(order)), not row[4], row[1]))
    return Options(
        units=[
            (str(pk), (short or name) + ("" if active else "（已停用）"))
            for kind, pk, name, short, active in found
            if not kind.endswith("!")
        ],
        townships=[(str(pk), name) for kind, pk, name, *_ in found if kind == "township!"],
        communities=[pk for kind, pk, *_ in found if kind == "community!"],
    )


class WordsField(forms.CharField):
    """Free text of words that have two characters or more."""

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        try:
            search_phrases(text)
        except ValueError as error:
            raise ValidationError(str(error)) from None
        return text


class WordsFilter(django_filters.CharFilter):
    field_class = WordsField


class LedgerDateFilter(django_filters.DateFilter):
    field_class = LedgerDateField
    comparisons = {"gte": GreaterThanOrEqual, "lte": LessThanOrEqual}

    def filter(self, queryset: HazardQuerySet, value: dt.date | None) -> HazardQuerySet:
        if value is None:
            return queryset
        by_index = self.parent.is_short(self.field_name) and not self.parent.is_scattered
        column = F(self.field_name) if by_index else Unindexed(F(self.field_name))
        return queryset.filter(self.comparisons[self.lookup_expr](column, value))


class DaysFilter(django_filters.NumberFilter):
    field_class = forms.IntegerField


def _choice(label: str, choices: Iterable[Any], **kwargs: Any) -> django_filters.ChoiceFilter:
    chosen = django_filters.ChoiceFilter(label=label, choices=choices, empty_label="全部", **kwargs)
    chosen.extra["error_messages"] = {"invalid_choice": "没有“%(value)s”这个选项，请重新选择"}
    return chosen


def _date(label: str, field: str, lookup: str) -> LedgerDateFilter:
    return LedgerDateFilter(label=label, field_name=field, lookup_expr=lookup)


def _reader(season: Season | None) -> Callable[[str], DateRead]:
    """How a day is read that was typed without a year: as one of the season's."""
    if season is None:
        return read_day
    years = Years(season.year, season.summer_start_on, season.heating_end_on)
    return lambda text: read_date(text, years, written_on=clock.today())


class HazardFilter(LedgerFilterSet):
    """`qs` are the filtered hazards, `listed` the same for a page of the list, `untabbed_parts` for the counts above.

    `queryset` holds what the user sees of the season, `parts` the same in parts (`HazardQuerySet.visible_parts`).
    """

    tabs = ("tab",)

    tab = _choice("状态", [("", ""), *((value, label) for value, label, _ in (*TABS, COUNTED))], method="leave")
    unit = _choice("责任单位", (), method="by_unit")
    township = _choice("乡镇、街道", ())
    kind = _choice("设施类别", FacilityKind.choices, field_name="facility_kind")
    grade = _choice("等级", Grade.choices)
    due = _choice("时限", DUE_CHOICES, method="by_due")
    due_in = DaysFilter(label="几天内到期", method="by_days", min_value=0, max_value=366)
    urgency = _choice("整改类型", Urgency.choices)
    category = _choice("隐患分类", Category.choices)
    source = _choice("来源", Source.choices)
    supervisor = _choice("督办人", (("me", "我督办的"), ("none", "还没有督办人")), method="by_supervisor")
    lead = _choice("牵头单位", (), field_name="lead_unit")
    community = django_filters.CharFilter(label="小区", method="by_community", max_length=60)
    found_from = _date("发现日期从", "found_on", "gte")
    found_to = _date("发现日期到", "found_on", "lte")
    due_from = _date("整改时限从", "due_on", "gte")
    due_to = _date("整改时限到", "due_on", "lte")
    closed = _choice("销号时间", (("week", "近 7 天销号"),), method="by_closing")
    waiting = _choice("等我办理", tuple(WAITING_LABELS.items()), method="by_waiting")
    # The last one: what it costs is judged on the rows that the others leave.
    q = WordsFilter(label="编号、点位、描述、责任人、电话", method="by_words", max_length=60)

    class Meta:
        model = Hazard
        fields: tuple[str, ...] = ()

    def __init__(
        self,
        data: QueryDict,
        *,
        user: Any,
        queryset: HazardQuerySet,
        parts: tuple[HazardQuerySet, ...],
        season: Season | None,
        options: Options,
    ) -> None:
        super().__init__(data, queryset=queryset)
        self.user, self.season, self.options = user, season, options
        self.is_scattered = sees_only_named(user)
        self.base_parts = parts
        self._in_parts = False
        self._words: Q | None = None
        for name in ("unit", "lead"):
            self.filters[name].extra["choices"] = options.units
        self.filters["township"].extra["choices"] = options.townships
        for name in ("found_from", "found_to", "due_from", "due_to"):
            self.filters[name].extra["read"] = _reader(season)
        self.filters["q"].extra["widget"] = forms.TextInput(
            attrs={"placeholder": "编号、点位、责任人、电话", "type": "search"}
        )
        # A company's list names it in every row: its unit is no condition worth a place in the line.
        line = ("kind", "grade", "due") if self.is_scattered else ("unit", "grade", "due")
        self.main = line  # type: ignore[misc]

    @property
    def qs(self) -> HazardQuerySet:
        """The filtered hazards as one queryset, in no order."""
        self.untabbed_parts  # noqa: B018 - judges once how the words are searched
        return cast(HazardQuerySet, super().qs)

    def filter_queryset(self, queryset: HazardQuerySet) -> HazardQuerySet:
        return super().filter_queryset(queryset).filter(self._tab_condition)

    @cached_property
    def untabbed_parts(self) -> tuple[HazardQuerySet, ...]:
        """What the counts above the list count, in parts that have no row in common and are quick to count."""
        if not self.form.is_valid():
            return ()
        parts, unit = self.base_parts, self.form.cleaned_data["unit"]
        self._in_parts = True
        if unit and not self.is_scattered:
            parts = parts[0].parts_naming(int(unit))
        filtered = tuple(super(HazardFilter, self).filter_queryset(part) for part in parts)
        self._in_parts = False
        return filtered

    @property
    def listed(self) -> HazardQuerySet:
        """The filtered hazards in the way that is quickest to put in order and to page; not to be filtered further."""
        parts = [part.filter(self._tab_condition) for part in self.untabbed_parts]
        if len(parts) < 2:
            return parts[0] if parts else self.queryset.none()
        return parts[0].with_ranks().union(*(part.with_ranks() for part in parts[1:]), all=True)

    @property
    def _tab_condition(self) -> Q:
        return TAB_RULES[self.form.cleaned_data["tab"]].condition(clock.today())

    def is_short(self, field: str) -> bool:
        """Whether the days asked for are so few that an index on them leads to less than a walk down the list."""
        prefix = field.removesuffix("_on")
        first = self.form.cleaned_data.get(f"{prefix}_from")
        last = self.form.cleaned_data.get(f"{prefix}_to")
        if self.season:
            first = first or self.season.summer_start_on
            last = last or (clock.today() if field == "found_on" else self.season.heating_end_on)
        return bool(first and last) and (last - first).days < SHORT_DAYS

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the tab narrows the list."""
        return any(value not in (None, "") for name, value in self.form.cleaned_data.items() if name != "tab")

    def leave(self, queryset: HazardQuerySet, name: str, value: str) -> HazardQuerySet:
        """The tab is applied after the others, since the counts are taken before it."""
        return queryset

    def by_unit(self, queryset: HazardQuerySet, name: str, value: str) -> HazardQuerySet:
        # Parts are made of what names the unit; a company sees nothing else.
        return queryset if self._in_parts else queryset.naming(int(value))

    def by_due(self, queryset: HazardQuerySet, name: str, value: str) -> HazardQuerySet:
        if value == "overdue":
            return queryset.overdue(clock.today())
        return queryset.without_deadline() if value == "none" else queryset.due_within(clock.today(), int(value))

    def by_days(self, queryset: HazardQuerySet, name: str, value: int) -> HazardQuerySet:
        return queryset.due_within(clock.today(), value)

    def by_supervisor(self, queryset: HazardQuerySet, name: str, value: str) -> HazardQuerySet:
        return queryset.filter(supervisor=self.user if value == "me" else None)

    def by_community(self, queryset: HazardQuerySet, name: str, value: str) -> HazardQuerySet:
        # Named by their keys, so that the database knows beforehand how much of the ledger they are.
        touching = Hazard.communities.through._base_manager.filter(community_id__in=self.options.communities)
        ids = Subquery(touching.order_by().values("hazard_id"))
        few = len(self.options.communities) <= FEW_COMMUNITIES
        return queryset.filter(Among(F("pk"), ids)) if few else queryset.filter(pk__in=ids)

    def by_closing(self, queryset: HazardQuerySet, name: str, value: str) -> HazardQuerySet:
        first_day = clock.today() - dt.timedelta(days=WEEK_DAYS - 1)
        since = timezone.make_aware(dt.datetime.combine(first_day, dt.time.min))
        return queryset.closed().filter(closed_at__gte=since)

    def by_waiting(self, queryset: HazardQuerySet, name: str, value: str) -> HazardQuerySet:
        return waiting_for(self.user, queryset).get(value, queryset.none())

    def by_words(self, queryset: HazardQuerySet, name: str, value: str) -> HazardQuerySet:
        if self._words is None:
            self._words = queryset.search_condition(value, scattered=self.is_scattered)
        return queryset.filter(self._words)


def filtered_hazards(
    source: HttpRequest | Any, params: QueryDict, season: Season | None = None
) -> tuple[HazardFilter, HazardQuerySet]:
    """The hazards that a user sees and the query string leaves, in the ledger's order, and the filter set.

    `source` is the request (whose season is the one chosen on the page) or a user (whose season is the one that today
    belongs to, else the newest). A wrong value in `params` gives none, and `filters.bar.errors` says why. What waits
    for somebody is listed across seasons. One query for the choices, one more if words are looked for; for a user
    without `season` one or two more.
    """
    user = source.user if isinstance(source, HttpRequest) else source
    if season is None:
        season = current_season(source) if isinstance(source, HttpRequest) else _season_of(user)
    ledger = Hazard.objects.all()
    if not params.get("waiting"):
        ledger = ledger.filter(county=season.county_id, season=season) if season else ledger.none()
    filters = HazardFilter(
        params,
        user=user,
        queryset=ledger.visible_to(user),
        parts=ledger.visible_parts(user),
        season=season,
        options=options_for(user, normalise(params.get("community", ""))),
    )
    return filters, filters.qs.in_list_order()


def _season_of(user: Any) -> Season | None:
    seasons = Season.objects.visible_to(user)
    return seasons.containing(clock.today()).first() or seasons.first()
