"""Chips, tabs and the hidden fields of the filter bar; nothing is read from the database."""

import django_filters
import pytest
from django.http import QueryDict

from accounts.models import Region
from common.filters import LedgerFilterSet, state_tabs
from common.paging import Total


class PlaceFilter(LedgerFilterSet):
    main = ("level",)
    tabs = ("state",)
    q = django_filters.CharFilter(field_name="name", label="搜索")
    state = django_filters.ChoiceFilter(field_name="code", choices=[("open", "未办")])
    level = django_filters.ChoiceFilter(label="级别", choices=[("county", "县"), ("township", "乡镇")])
    kinds = django_filters.MultipleChoiceFilter(field_name="code", label="种类", choices=[("a", "甲"), ("b", "乙")])
    found = django_filters.DateFromToRangeFilter(field_name="code", label="日期")
    size = django_filters.NumberFilter(field_name="code", label="数量")


def bar(query: str):
    return PlaceFilter(QueryDict(query), queryset=Region.objects.all()).bar


@pytest.mark.parametrize(
    ("query", "chips"),
    [
        ("", []),
        ("level=&q=", []),
        ("level=county&page=3", [("级别", "县", "?")]),
        ("kinds=a&kinds=b&level=county", [("级别", "县", "?kinds=a&kinds=b"), ("种类", "甲、乙", "?level=county")]),
        (
            "found_after=2026-08-01&level=county&sort=name",
            [("级别", "县", None), ("日期", "2026-08-01 起", "?level=county&sort=name")],
        ),
        ("found_after=2026-08-01&found_before=2026-08-31", [("日期", "2026-08-01 至 2026-08-31", "?")]),
        ("size=5", [("数量", "5", "?")]),
    ],
)
def test_chosen_filters_are_chips_that_can_be_taken_off(query, chips):
    made = [(chip.label, chip.value, chip.remove_url) for chip in bar(query).chips]
    assert [chip[:2] for chip in made] == [chip[:2] for chip in chips]
    for (_, _, url), (_, _, expected) in zip(made, chips, strict=True):
        assert expected is None or url == expected


def test_the_form_carries_the_order_and_the_tab_but_not_the_page():
    made = bar("state=open&sort=-name&per_page=100&page=9&level=county")
    assert made.hidden == [("state", "open"), ("sort", "-name"), ("per_page", "100")]
    assert [field.name for field in made.main] == ["level"]
    assert [field.name for field in made.rest] == ["kinds", "found", "size"]
    assert made.search.name == "q"


def test_clearing_keeps_the_order():
    assert bar("q=锅炉&level=county&sort=name&page=2").clear_url == "?sort=name"


def test_an_invalid_filter_lists_nothing_and_says_why():
    filters = PlaceFilter(QueryDict("level=moon&size=many"), queryset=Region.objects.all())
    assert filters.qs.query.is_empty()
    assert [error.split("：")[0] for error in filters.bar.errors] == ["级别", "数量"]
    assert not PlaceFilter(QueryDict("level=county"), queryset=Region.objects.all()).qs.query.is_empty()


def test_tabs_keep_the_other_filters_and_show_capped_counts():
    counts = {"": Total(10_000, capped=True), "open": 3}
    tabs = state_tabs(
        QueryDict("state=open&level=county&page=2"),
        "state",
        [("open", "未办", "amber"), ("done", "办结", "green")],
        counts,
    )
    assert [(tab.label, tab.url, tab.count_text, tab.active) for tab in tabs] == [
        ("全部", "?level=county", "10\u00a0000+", False),
        ("未办", "?state=open&level=county", "3", True),
        ("办结", "?state=done&level=county", "0", False),
    ]
