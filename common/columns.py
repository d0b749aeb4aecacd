"""Columns that render a cell in one step.

A stock django-tables2 cell computes attributes, looks for `get_FOO_display` and may compile a template, for each of the
700 cells of a page. Here a column is asked once per page for a function `record → inner HTML` (`cell`), and everything
that is the same down the column is worked out before the first row.
"""

import datetime as dt
import inspect
from collections.abc import Callable
from decimal import Decimal
from html import escape
from typing import Any

import django_tables2 as tables
from django.db.models import Choices
from django.utils import timezone
from django.utils.html import conditional_escape

from common import clock, due

Read = Callable[[Any], Any]
Cell = Callable[[Any], str]
DASH = '<span class="none">—</span>'


def reader(accessor: str) -> Read:
    """A function that follows `a__b__c` through attributes or keys; None anywhere on the way gives None."""
    parts = str(accessor).replace(".", "__").split("__")

    def read(record: Any) -> Any:
        value = record
        for part in parts:
            value = value[part] if isinstance(value, dict) else getattr(value, part)
            if value is None:
                return None
            if callable(value):
                value = value()
        return value

    return read


def group_digits(value: int | float | Decimal, places: int = 0) -> str:
    """12384.5 → 12 384.50 (with `places` 2), with no-break spaces."""
    return f"{value:,.{places}f}".replace(",", "\u00a0")


class LedgerColumn(tables.Column):
    """Plain escaped text. `unit` stands in the head; `css` is the class of the column's cells; `select` names the
    relations that must be joined when the column is shown."""

    css = "short"

    def __init__(self, *args: Any, unit: str = "", select: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unit = unit
        self.select = select

    def cell(self, table: Any, read: Read) -> Cell:
        """The function that makes the inner HTML of one cell. It must escape what it writes."""

        def plain(record: Any) -> str:
            value = read(record)
            return DASH if value is None or value == "" else escape(str(value))

        return plain


class TextColumn(LedgerColumn):
    """Text cut at two lines, the whole of it on hover."""

    css = "text"

    def cell(self, table: Any, read: Read) -> Cell:
        def clamped(record: Any) -> str:
            value = read(record)
            if value is None or value == "":
                return DASH
            text = escape(str(value))
            return f'<div class="clamp" title="{text}">{text}</div>' if len(text) > 10 else text

        return clamped


class NumberColumn(LedgerColumn):
    """A figure, right-aligned, digits grouped, with `places` decimals. The unit goes into the head."""

    css = "num"

    def __init__(self, *args: Any, places: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = places

    def cell(self, table: Any, read: Read) -> Cell:
        places = self.places

        def figure(record: Any) -> str:
            value = read(record)
            return DASH if value is None else group_digits(value, places)

        return figure


class DateColumn(LedgerColumn):
    """2026-09-30. A moment is shown as the local date, or with the time if `time` is set."""

    css = "date"

    def __init__(self, *args: Any, time: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.time = time

    def cell(self, table: Any, read: Read) -> Cell:
        zone = timezone.get_current_timezone()
        with_time = self.time

        def date(record: Any) -> str:
            value = read(record)
            if value is None:
                return DASH
            if isinstance(value, dt.datetime):
                value = value.astimezone(zone) if value.tzinfo else value
                return value.strftime("%Y-%m-%d %H:%M") if with_time else value.date().isoformat()
            return value.isoformat()

        return date


class DueColumn(LedgerColumn):
    """A deadline: 逾期 6 天 in red, 剩 3 天 in amber, each with the date; otherwise only the date. One that is a
    moment: 逾期 40 分钟, 剩 3 小时, each with the moment.

    `done` is a function of the record: what is done is not overdue.
    """

    css = "date due-cell"

    def __init__(self, *args: Any, done: Callable[[Any], bool] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.done = done or (lambda record: False)

    def cell(self, table: Any, read: Read) -> Cell:
        now, done = clock.now(), self.done

        def cell(record: Any) -> str:
            value = read(record)
            state, date = due.describe(value, now, done=done(record)), value
            if isinstance(value, dt.datetime):
                date = due.named_moment(value, now)
            shown = f'<span class="due-date">{date}</span>' if state.colour in ("red", "amber") else ""
            return f'<span class="due due-{state.colour}">{state.text}</span>{shown}'

        return cell


class StatusColumn(LedgerColumn):
    """A badge for a member of `enum`, whose members have `label` and (maybe) `colour`."""

    css = "state-cell"

    def __init__(self, *args: Any, enum: type[Choices], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.enum = enum

    def cell(self, table: Any, read: Read) -> Cell:
        badges = {
            member.value: f'<span class="state state-{getattr(member, "colour", "grey")}">{escape(member.label)}</span>'
            for member in self.enum
        }
        return lambda record: badges.get(read(record), DASH)


class ChoiceColumn(LedgerColumn):
    """The label of a member of `enum`, as text."""

    css = "short"

    def __init__(self, *args: Any, enum: type[Choices], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.enum = enum

    def cell(self, table: Any, read: Read) -> Cell:
        labels = {member.value: escape(member.label) for member in self.enum}
        return lambda record: labels.get(read(record), DASH)


class YesNoColumn(LedgerColumn):
    """Two words for a boolean, the second one quiet."""

    css = "short"

    def __init__(self, *args: Any, words: tuple[str, str] = ("是", "否"), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.words = words

    def cell(self, table: Any, read: Read) -> Cell:
        yes, no = escape(self.words[0]), f'<span class="quiet">{escape(self.words[1])}</span>'
        return lambda record: yes if read(record) else no


class LinkColumn(LedgerColumn):
    """The column that leads to the item; `table.row_url(record)` says where. The whole row follows it."""

    css = "row-head"

    def cell(self, table: Any, read: Read) -> Cell:
        row_url = table.row_url

        def link(record: Any) -> str:
            value, url = read(record), row_url(record)
            text = escape(str(value)) if value not in (None, "") else "（未命名）"
            return f'<a class="row-link" href="{escape(url)}">{text}</a>' if url else text

        return link


class MoveColumn(LedgerColumn):
    """What comes next: the value is a sentence, or (label, address) for a move the reader can make."""

    css = "move"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("orderable", False)
        super().__init__(*args, **kwargs)

    def cell(self, table: Any, read: Read) -> Cell:
        def move(record: Any) -> str:
            value = read(record)
            if not value:
                return DASH
            if isinstance(value, tuple):
                label, url = value
                return f'<a class="move-link" href="{escape(url)}">{escape(label)}</a>'
            return f'<span class="waiting">{escape(str(value))}</span>'

        return move


def custom_cell(render: Callable[..., Any], read: Read) -> Cell:
    """A cell made by the table's own `render_<column>(self, value)` or `(self, record)` or both. Its result is escaped
    unless it is a SafeString (format_html)."""
    names = set(inspect.signature(render).parameters)
    wants_value, wants_record = "value" in names, "record" in names

    def custom(record: Any) -> str:
        kwargs: dict[str, Any] = {}
        if wants_value:
            kwargs["value"] = read(record)
        if wants_record:
            kwargs["record"] = record
        content = render(**kwargs)
        return DASH if content is None or content == "" else str(conditional_escape(content))

    return custom
