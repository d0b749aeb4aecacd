"""Filter bars: one line of main filters, the rest behind 更多条件, what is chosen as chips.

class HazardFilter(LedgerFilterSet):
    main = ("unit", "kind", "grade", "due")
    ...
filters = HazardFilter(request.GET, queryset=…, request=request)
context: {"bar": filters.bar, "table": HazardTable.for_request(request, filters.qs, …)}
"""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import QuerySet
from django.forms import BoundField
from django.http import QueryDict

# Parameters of the list that are no filters; the page number is dropped when a filter changes.
LIST_PARAMS = ("sort", "per_page")


@dataclass(frozen=True, slots=True)
class Chip:
    """A chosen filter: 责任单位：城源热力. `remove_url` is the list without it."""

    label: str
    value: str
    remove_url: str


@dataclass(frozen=True, slots=True)
class Tab:
    """One state with its count, as text, since large counts are capped."""

    label: str
    url: str
    count_text: str
    active: bool
    colour: str = "grey"


@dataclass
class FilterBar:
    """What templates/partials/filterbar.html shows."""

    search: BoundField | None
    main: list[BoundField]
    rest: list[BoundField]
    hidden: list[tuple[str, str]]
    chips: list[Chip]
    clear_url: str
    rest_used: int
    errors: list[str]

    @property
    def in_words(self) -> str:
        """What the list was narrowed by: 责任单位：城源热力；查找：换热站."""
        said = [f"{chip.label}：{chip.value}" for chip in self.chips]
        if self.search and self.search.value():
            said.append(f"查找：{self.search.value()}")
        return "；".join(said)


class LedgerFilterSet(django_filters.FilterSet):
    """`search` names the free-text filter, `main` those in the line, `tabs` those that tabs set (kept, not shown).

    An invalid filter gives an empty list, never everything; `bar.errors` says what was wrong.
    """

    search: ClassVar[str] = "q"
    main: ClassVar[tuple[str, ...]] = ()
    tabs: ClassVar[tuple[str, ...]] = ()

    @property
    def qs(self) -> QuerySet[Any]:
        if self.is_bound and not self.form.is_valid():
            return self.queryset.none()
        return super().qs

    @cached_property
    def bar(self) -> FilterBar:
        form, params = self.form, self.data if isinstance(self.data, QueryDict) else QueryDict()
        form.is_valid()
        names = [name for name in form.fields if name not in (self.search, *self.tabs)]
        main = [name for name in self.main if name in form.fields]
        rest = [name for name in names if name not in main]
        shown = {self.search, *names}
        used = {name for name in form.fields if any(params.getlist(key) != [""] for key in _keys(form[name], params))}
        return FilterBar(
            search=form[self.search] if self.search in form.fields else None,
            main=[form[name] for name in main],
            rest=[form[name] for name in rest],
            hidden=[
                (key, value)
                for key, values in params.lists()
                if key in (*LIST_PARAMS, *self.tabs) and key not in shown
                for value in values
                if value
            ],
            chips=[_chip(form[name], params, form) for name in names if name in used],
            clear_url="?" + _without(params, [key for name in form.fields for key in _keys(form[name], params)]),
            rest_used=sum(name in used for name in rest),
            errors=[
                f"{form.fields[name].label or name}：{'；'.join(errors)}" if name in form.fields else "；".join(errors)
                for name, errors in form.errors.items()
            ],
        )


def state_tabs(
    params: QueryDict, name: str, states: list[tuple[str, str, str]], counts: dict[str, Any], all_label: str = "全部"
) -> list[Tab]:
    """Tabs that set the parameter `name`, keeping the other filters.

    `states` are (value, label, colour); `counts` maps value → count or `Total`, with "" for all; a missing count is 0.
    """
    chosen = params.get(name, "")
    base = _without(params, [name])
    tabs = []
    for value, label, colour in [("", all_label, "grey"), *states]:
        query = "&".join(filter(None, [f"{name}={value}" if value else "", base]))
        tabs.append(Tab(label, f"?{query}", str(counts.get(value, 0)), chosen == value, colour))
    return tabs


def _keys(field: BoundField, params: QueryDict) -> list[str]:
    """The parameters in the address that feed the field: its own name, or name_min, name_after, name_0 … of a range."""
    widget = field.field.widget
    if isinstance(widget, django_filters.widgets.SuffixedMultiWidget):
        names = [widget.suffixed(field.html_name, suffix) for suffix in widget.suffixes]
    elif isinstance(widget, forms.MultiWidget):
        names = [field.html_name + suffix for suffix in widget.widgets_names]  # type: ignore[attr-defined]
    else:
        names = [field.html_name]
    return [name for name in names if name in params]


def _without(params: QueryDict, names: list[str]) -> str:
    kept = QueryDict(mutable=True)
    for name, values in params.lists():
        if name not in (*names, "page") and any(values):
            kept.setlist(name, [value for value in values if value])
    return kept.urlencode()


def _chip(field: BoundField, params: QueryDict, form: Any) -> Chip:
    keys = _keys(field, params)
    return Chip(str(field.label), _spoken(field, params, form), "?" + _without(params, keys))


def _spoken(field: BoundField, params: QueryDict, form: Any) -> str:
    """The chosen value as the person would say it."""
    cleaned = getattr(form, "cleaned_data", {}).get(field.name)
    raw = [value for key in _keys(field, params) for value in params.getlist(key) if value]
    choices = getattr(field.field, "choices", None)
    if isinstance(cleaned, slice):
        start, stop = _ending(cleaned.start), _ending(cleaned.stop)
        return f"{start} 至 {stop}" if start and stop else f"{start} 起" if start else f"至 {stop}"
    if isinstance(cleaned, dt.date):
        return cleaned.isoformat()
    if cleaned is not None and hasattr(cleaned, "_meta"):
        return str(cleaned)
    if isinstance(cleaned, QuerySet):
        return "、".join(str(item) for item in cleaned)
    if choices is not None and not hasattr(choices, "queryset"):
        labels = {str(value): str(label) for value, label in _flat(choices)}
        return "、".join(labels.get(value, value) for value in raw)
    if isinstance(cleaned, bool):
        return "是" if cleaned else "否"
    return "、".join(raw)


def _ending(value: Any) -> str:
    if value is None:
        return ""
    return value.date().isoformat() if hasattr(value, "hour") else str(value)


def _flat(choices: Any) -> list[tuple[Any, Any]]:
    flat: list[tuple[Any, Any]] = []
    for value, label in choices:
        flat.extend(label) if isinstance(label, (list, tuple)) else flat.append((value, label))
    return flat
