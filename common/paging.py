"""Pages of long lists.

The ids of a page are fetched first, from the ordered queryset (an index is enough for that, however deep the page),
then its rows by those ids. Whether there is a next page shows from one id too many; nothing is counted here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Paginator
from django.db import connections
from django.db.models import QuerySet
from django.http import QueryDict

from common.columns import group_digits

PAGE_SIZES = (20, 50, 100, 200)
DEFAULT_PAGE_SIZE = 50
COUNT_CAP = 10_000
# Beyond this many rows nobody turns pages, and databases would read every one of them to get there.
DEEPEST_ROW = 5_000_000


@dataclass(frozen=True, slots=True)
class Total:
    """How many rows there are; `capped` says that there are more than `value`."""

    value: int
    capped: bool = False

    def __str__(self) -> str:
        return f"{group_digits(self.value)}+" if self.capped else group_digits(self.value)


def capped_count(queryset: QuerySet[Any], cap: int = COUNT_CAP) -> Total:
    """Count up to `cap` rows exactly; beyond that only say that there are more. One query."""
    found = queryset.order_by().values("pk")[: cap + 1].count()
    return Total(cap, capped=True) if found > cap else Total(found)


@dataclass
class LedgerPage:
    """One page: rows `start`–`end`, counted from 1; both 0 on an empty list. `problem`: why it is another page."""

    object_list: list[Any]
    number: int
    per_page: int
    has_next: bool
    total: Total | None = None
    problem: str = ""

    @property
    def start(self) -> int:
        return (self.number - 1) * self.per_page + 1 if self.object_list else 0

    @property
    def end(self) -> int:
        return self.start + len(self.object_list) - 1 if self.object_list else 0

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def last_number(self) -> int | None:
        """The last page's number, or None while the total is unknown or capped."""
        if not self.has_next:
            return self.number
        if self.total is None or self.total.capped:
            return None
        return max(-(-self.total.value // self.per_page), 1)


class DeferredPaginator(Paginator):
    """Pages of an ordered queryset: two queries each. `total` is only shown, and bounds the page number if it is exact.

    `rows` is the queryset the rows are fetched from (with its joins and annotations); by default the model's own, with
    the select_related and prefetch_related of the queryset itself. Where the caller has read all rows anyway, `read` is
    them by pk: one query.
    """

    def __init__(
        self,
        queryset: QuerySet[Any],
        per_page: int = DEFAULT_PAGE_SIZE,
        *,
        total: Total | None = None,
        rows: QuerySet[Any] | None = None,
        read: Mapping[Any, Any] | None = None,
    ) -> None:
        super().__init__(queryset, per_page)
        self.read = read
        self.queryset = queryset
        self.total = total
        self.rows = _rows_like(queryset) if rows is None else rows

    def page(self, number: Any) -> LedgerPage:  # type: ignore[override]
        """The page with that number. What is no page number, or lies beyond the end, gives the first page and a
        `problem` in words."""
        wanted = self._valid(number)
        if wanted is None:
            return self._fetch(1, problem=f"页码“{str(number)[:20]}”无效，已显示第 1 页。")
        page = self._fetch(wanted)
        if wanted > 1 and not page.object_list:
            return self._fetch(1, problem=f"没有第 {wanted} 页，已显示第 1 页。")
        return page

    def _valid(self, number: Any) -> int | None:
        text = str(number or 1).strip()
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            return None
        wanted = int(text)
        return wanted if wanted >= 1 and wanted * self.per_page <= DEEPEST_ROW else None

    def _fetch(self, number: int, problem: str = "") -> LedgerPage:
        offset = (number - 1) * self.per_page
        beyond = offset + self.per_page + 1
        ids = list(_limited_parts(self.queryset.values_list("pk", flat=True), beyond)[offset:beyond])
        has_next = len(ids) > self.per_page
        shown = ids[: self.per_page]
        found = self.read if self.read is not None else self.rows.in_bulk(shown) if shown else {}
        # A row deleted between the two queries is left out.
        rows = [found[pk] for pk in shown if pk in found]
        return LedgerPage(rows, number, self.per_page, has_next, self.total, problem)


def _limited_parts(ids: QuerySet[Any], most: int) -> QuerySet[Any]:
    """Of an ordered UNION ALL each part may bring no more than the page can take from it, in the same order.

    PostgreSQL would otherwise fetch and sort all of every part. SQLite merges ordered parts by itself.
    """
    if ids.query.combinator and connections[ids.db].features.supports_slicing_ordering_in_compound:
        parts = [part.clone() for part in ids.query.combined_queries]
        for part in parts:
            part.order_by = ids.query.order_by
            part.set_limits(high=most)
        ids.query.combined_queries = tuple(parts)
    return ids


def _rows_like(queryset: QuerySet[Any]) -> QuerySet[Any]:
    rows = queryset.model._base_manager.using(queryset.db).all()
    rows.query.select_related = queryset.query.select_related
    return rows.prefetch_related(*queryset._prefetch_related_lookups)  # type: ignore[attr-defined]


@dataclass
class Pager:
    """What templates/partials/pager.html shows: addresses that keep the filters and the order."""

    page: LedgerPage
    params: QueryDict = field(repr=False)
    page_field: str = "page"
    size_field: str = "per_page"

    def _url(self, **changes: Any) -> str:
        params = self.params.copy()
        for name, value in changes.items():
            params.pop(name, None)
            if value is not None:
                params[name] = str(value)
        return "?" + params.urlencode()

    @property
    def previous_url(self) -> str:
        number = self.page.number - 1
        return self._url(**{self.page_field: number if number > 1 else None}) if self.page.has_previous else ""

    @property
    def next_url(self) -> str:
        return self._url(**{self.page_field: self.page.number + 1}) if self.page.has_next else ""

    @property
    def sizes(self) -> list[tuple[int, str, bool]]:
        """(size, address, is it the present one)"""
        return [
            (size, self._url(**{self.size_field: size, self.page_field: None}), size == self.page.per_page)
            for size in PAGE_SIZES
        ]

    @property
    def range_text(self) -> str:
        """1–50 / 共 12 384, or 没有记录 on an empty list."""
        if not self.page.object_list:
            return "没有记录"
        shown = f"{group_digits(self.page.start)}–{group_digits(self.page.end)}"
        return shown if self.page.total is None else f"{shown} / 共 {self.page.total}"

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """The other parameters, for the form that jumps to a page."""
        return [(name, value) for name, values in self.params.lists() if name != self.page_field for value in values]

    @property
    def is_needed(self) -> bool:
        return self.page.has_next or self.page.has_previous or len(self.page.object_list) > min(PAGE_SIZES)


def page_size(params: QueryDict, size_field: str = "per_page") -> int:
    """The page size asked for, if it is one of those offered; else the default."""
    asked = params.get(size_field, "")
    return int(asked) if asked in {str(size) for size in PAGE_SIZES} else DEFAULT_PAGE_SIZE
