"""Lists on django-tables2 that cost no more than a plain loop, page deep lists by id, and remember a person's columns.

class HazardTable(LedgerTable):
    table_name = "hazards"
    card = ("number", "problem_point", "status", "lead_unit", "due_on", "next_move")
    default_columns = ("number", "status", …)       # what is shown until the person chooses
    number = LinkColumn(verbose_name="编号")
    …

table = HazardTable.for_request(request, queryset, total=capped_count(queryset))
# in the template: {% include "partials/list.html" %}
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, ClassVar

import django_tables2 as tables
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.safestring import SafeString, mark_safe
from django_tables2.utils import OrderByTuple

from common.columns import (
    Cell,
    ChoiceColumn,
    DateColumn,
    DueColumn,
    LedgerColumn,
    LinkColumn,
    MoveColumn,
    NumberColumn,
    StatusColumn,
    TextColumn,
    YesNoColumn,
    custom_cell,
    reader,
)
from common.paging import DeferredPaginator, LedgerPage, Pager, Total, capped_count, page_size

__all__ = [
    "ChoiceColumn",
    "DateColumn",
    "DueColumn",
    "LedgerColumn",
    "LedgerTable",
    "LinkColumn",
    "MoveColumn",
    "NumberColumn",
    "StatusColumn",
    "TextColumn",
    "Total",
    "YesNoColumn",
    "capped_count",
    "columns_for",
    "registered_table",
    "save_columns",
]

_REGISTRY: dict[str, type["LedgerTable"]] = {}


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head. `direction` is ascending, descending or empty; `sort_url` is empty where one cannot sort."""

    name: str
    label: str
    unit: str
    css: str
    sort_url: str
    direction: str


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    name: str
    label: str
    shown: bool
    fixed: bool


class LedgerTable(tables.Table):
    """Base of every list. `for_request` orders, pages and picks columns; `lean_rows` makes the rows.

    `card` names the columns that a phone shows (in the table's order); `fixed` those that cannot be switched off;
    `selectable` puts a box in front of each row, sent as `selected` by the form with the id `selection_form`.
    """

    table_name: ClassVar[str] = ""
    card: ClassVar[tuple[str, ...]] = ()
    default_columns: ClassVar[tuple[str, ...]] = ()
    fixed: ClassVar[tuple[str, ...]] = ()
    default_order: ClassVar[tuple[str, ...]] = ("-pk",)
    selectable: ClassVar[bool] = False
    selection_form: ClassVar[str] = "selection"

    page: LedgerPage
    pager: Pager

    class Meta:
        template_name = "partials/table.html"
        order_by_field = "sort"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.table_name:
            _REGISTRY[cls.table_name] = cls

    def __init__(self, data: Any, *, params: QueryDict | None = None, **kwargs: Any) -> None:
        super().__init__(data=data, **kwargs)
        self.params = params if params is not None else QueryDict()

    @classmethod
    def for_request(
        cls,
        request: HttpRequest,
        queryset: QuerySet[Any],
        *,
        total: Total | None = None,
        rows: QuerySet[Any] | None = None,
        read: Mapping[Any, Any] | None = None,
        **kwargs: Any,
    ) -> "LedgerTable":
        """The page of `queryset` that the address asks for. Two queries; `total` is the caller's (see `capped_count`).

        `?sort=-due_on` names a column of this table, what else is asked for is ignored; ties are broken by pk. `rows`
        and `read` as in `DeferredPaginator`. The result has `page`, `pager` and `column_choices`.
        """
        shown = columns_for(request.user, cls)
        sort = cls._sort_asked(request.GET)
        ordered = cls.ordered(queryset, sort)
        joins = {name for column in shown for name in getattr(cls.base_columns[column], "select", ())}
        paginator = DeferredPaginator(ordered, page_size(request.GET), total=total, rows=rows, read=read)
        if joins:
            paginator.rows = paginator.rows.select_related(*sorted(joins))
        page = paginator.page(request.GET.get("page", 1))
        if page.problem:
            messages.warning(request, page.problem)
        table = cls(page.object_list, params=request.GET, **kwargs)
        # The page is in order already: tables2 is only told so that the heads can show it.
        table._order_by = OrderByTuple(sort)
        for name in cls.base_columns:
            if name not in shown:
                table.columns.hide(name)
        table.page = page
        table.pager = Pager(page, request.GET)
        return table

    @classmethod
    def _sort_asked(cls, params: QueryDict) -> tuple[str, ...]:
        asked = params.get("sort", "")
        column = cls.base_columns.get(asked.removeprefix("-"))
        return (asked,) if column is not None and column.orderable is not False else ()

    @classmethod
    def ordered(cls, queryset: QuerySet[Any], sort: tuple[str, ...] = ()) -> QuerySet[Any]:
        """The queryset ordered by these columns, else by `default_order`; the pk breaks ties in the same direction, so
        that one index on (column, pk) serves both directions."""
        if not sort:
            names = list(cls.default_order)
        else:
            name = sort[0].removeprefix("-")
            column = cls.base_columns[name]
            names = [str(field) for field in column.order_by or (column.accessor or name,)]
            if sort[0].startswith("-"):
                names = [field.removeprefix("-") if field.startswith("-") else f"-{field}" for field in names]
        names = [field.replace(".", "__") for field in names]
        if not any(field.removeprefix("-") in ("pk", "id") for field in names):
            names.append("-pk" if names[0].startswith("-") else "pk")
        return queryset.order_by(*names)

    def row_url(self, record: Any) -> str:
        """Where a row leads to; an empty string where it leads nowhere."""
        return record.get_absolute_url()

    def row_class(self, record: Any) -> str:
        """A class for the row, if it needs one."""
        return ""

    def row_label(self, record: Any) -> str:
        """What the row's box is called for those who cannot see it."""
        return str(record)

    def can_select(self, record: Any) -> bool:
        return True

    @property
    def heads(self) -> list[Head]:
        return [self._head(bound) for bound in self.columns]

    def _head(self, bound: Any) -> Head:
        name, column = bound.name, bound.column
        direction = url = ""
        order = list(self._order_by or ())
        if name in order:
            direction = "ascending"
        elif f"-{name}" in order:
            direction = "descending"
        if bound.orderable:
            params = self.params.copy()
            params.pop("page", None)
            params["sort"] = f"-{name}" if direction == "ascending" else name
            url = "?" + params.urlencode()
        return Head(name, str(bound.header), getattr(column, "unit", ""), self._css(name, column), url, direction)

    def _css(self, name: str, column: Any) -> str:
        css = [getattr(column, "css", "")]
        if self.card and name not in self.card:
            css.append("no-card")
        return " ".join(filter(None, css))

    def lean_rows(self) -> Iterator[SafeString]:
        """Each row as a whole `<tr>`."""
        cells = [self._cell(bound) for bound in self.columns]
        for record in self.data:
            url, css = self.row_url(record), self.row_class(record)
            start = f'<tr class="{css}"' if css else "<tr"
            start += f' data-href="{escape(url)}">' if url else ">"
            box = self._box(record) if self.selectable else ""
            inner = "".join([f"{before}{cell(record)}</td>" for before, cell in cells])
            yield mark_safe(f"{start}{box}{inner}</tr>\n")

    def _cell(self, bound: Any) -> tuple[str, Cell]:
        name, column = bound.name, bound.column
        read = reader(str(bound.accessor))
        label = escape(str(bound.header))
        before = f'<td class="{self._css(name, column)}" data-label="{label}">'
        render = getattr(self, f"render_{name}", None)
        if render is not None:
            return before, custom_cell(render, read)
        if isinstance(column, LedgerColumn):
            return before, column.cell(self, read)
        raise TypeError(f"{type(self).__name__}.{name}: 列表只用 common.columns 中的列，或为它写 render_{name}")

    def _box(self, record: Any) -> str:
        if not self.can_select(record):
            return '<td class="select"></td>'
        label = escape(self.row_label(record))
        return (
            f'<td class="select"><input type="checkbox" class="form-check-input" name="selected" value="{record.pk}"'
            f' form="{self.selection_form}" aria-label="选择 {label}"></td>'
        )

    @property
    def column_choices(self) -> list[ColumnChoice]:
        """For 设置列: every column, in order, and whether it is shown."""
        shown = {bound.name for bound in self.columns}
        fixed = set(_fixed(type(self)))
        return [
            ColumnChoice(bound.name, str(bound.header), bound.name in shown, bound.name in fixed)
            for bound in self.columns.iterall()
        ]


def registered_table(table_name: str) -> type[LedgerTable] | None:
    """The list with that name, or None."""
    return _REGISTRY.get(table_name)


def columns_for(user: Any, table: type[LedgerTable]) -> list[str]:
    """The columns this person sees, in the table's order: their own choice, else the defaults. Unknown names in the
    stored choice are dropped, columns that cannot be switched off are always there."""
    chosen = (getattr(user, "list_columns", None) or {}).get(table.table_name)
    wanted = set(chosen if isinstance(chosen, list) and chosen else table.default_columns or table.base_columns)
    return [name for name in table.base_columns if name in wanted or name in _fixed(table)]


def save_columns(user: Any, table: type[LedgerTable], names: list[str]) -> None:
    """Remember the person's choice; an empty one goes back to the defaults. One UPDATE."""
    choices = dict(user.list_columns or {})
    known = [name for name in table.base_columns if name in names]
    if known:
        choices[table.table_name] = known
    else:
        choices.pop(table.table_name, None)
    user.list_columns = choices
    user.save(update_fields=["list_columns"])


def _fixed(table: type[LedgerTable]) -> tuple[str, ...]:
    if table.fixed:
        return table.fixed
    return tuple(name for name, column in table.base_columns.items() if isinstance(column, LinkColumn))[:1]
