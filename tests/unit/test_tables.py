"""The lists' rows, heads and columns, with records that need no database."""

import datetime as dt
import re
from types import SimpleNamespace
from typing import Any

import django_tables2
import pytest
import time_machine
from django.db.models import TextChoices
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.html import format_html

from common.paging import LedgerPage, Pager, Total
from common.tables import (
    ChoiceColumn,
    DateColumn,
    DueColumn,
    LedgerColumn,
    LedgerTable,
    LinkColumn,
    MoveColumn,
    NumberColumn,
    StatusColumn,
    TextColumn,
    YesNoColumn,
    columns_for,
)


class Light(TextChoices):
    ON = "on", "亮着"
    OFF = "off", "灭了"

    @property
    def colour(self) -> str:
        return {"on": "green", "off": "red"}[self.value]


class LampTable(LedgerTable):
    table_name = "lamps"
    card = ("name", "light", "due_on")
    default_columns = ("name", "light", "watts")
    selectable = True

    name = LinkColumn(verbose_name="名称")
    light = StatusColumn(verbose_name="状态", enum=Light)
    kind = ChoiceColumn(verbose_name="类别", enum=Light, accessor="light")
    note = TextColumn(verbose_name="说明")
    watts = NumberColumn(verbose_name="功率", unit="W", places=1)
    made_on = DateColumn(verbose_name="出厂")
    seen_at = DateColumn(verbose_name="看到", time=True)
    due_on = DueColumn(verbose_name="期限", done=lambda lamp: lamp.light == "off")
    dimmable = YesNoColumn(verbose_name="可调光")
    owner = LedgerColumn(verbose_name="所有者", accessor="owner__name")
    next_move = MoveColumn(verbose_name="下一步")
    shout = LedgerColumn(verbose_name="喊", accessor="name")
    twice = LedgerColumn(verbose_name="两倍", accessor="watts", orderable=False)

    def row_url(self, record: Any) -> str:
        return f"/lamps/{record.pk}/?a=1&b=2"

    def render_shout(self, record: Any) -> str:
        return f"{record.name}!"

    def render_twice(self, value: int) -> str:
        return format_html("<b>{}</b>", value * 2)


def lamp(**changes: Any) -> SimpleNamespace:
    values = {
        "pk": 7,
        "name": "路灯 <7>",
        "light": "on",
        "note": "",
        "watts": 1234567,
        "made_on": dt.date(2026, 1, 5),
        "seen_at": dt.datetime(2026, 9, 29, 23, 30, tzinfo=dt.UTC),
        "due_on": dt.date(2026, 9, 24),
        "dimmable": True,
        "owner": SimpleNamespace(name="城关镇"),
        "next_move": None,
    }
    return SimpleNamespace(**{**values, **changes})


def cells(record: Any, **kwargs: Any) -> dict[str, str]:
    table = LampTable([record], **kwargs)
    (row,) = table.lean_rows()
    inner = re.findall(r'<td class="[^"]*" data-label="[^"]*">(.*?)</td>', row, re.S)
    return dict(zip([bound.name for bound in table.columns], inner, strict=True))


@time_machine.travel("2026-09-30 12:00:00+08:00", tick=False)
def test_each_column_says_its_value():
    made = cells(lamp())
    assert made["name"] == '<a class="row-link" href="/lamps/7/?a=1&amp;b=2">路灯 &lt;7&gt;</a>'
    assert made["light"] == '<span class="state state-green">亮着</span>'
    assert made["kind"] == "亮着"
    assert made["watts"] == "1\u00a0234\u00a0567.0"
    assert made["made_on"] == "2026-01-05"
    assert made["seen_at"] == "2026-09-30 07:30"
    assert made["due_on"] == '<span class="due due-red">逾期 6 天</span><span class="due-date">2026-09-24</span>'
    assert made["dimmable"] == "是"
    assert made["owner"] == "城关镇"
    assert made["twice"] == "<b>2469134</b>"


@time_machine.travel("2026-09-30 12:00:00+08:00", tick=False)
def test_what_is_missing_is_a_dash_and_what_is_done_is_not_overdue():
    made = cells(lamp(made_on=None, owner=None, light="off", note=None))
    dash = '<span class="none">—</span>'
    assert (made["made_on"], made["owner"], made["note"], made["next_move"]) == (dash, dash, dash, dash)
    assert made["due_on"] == '<span class="due due-grey">2026-09-24</span>'
    assert cells(lamp(light="unknown"))["light"] == dash


def test_everything_typed_by_people_is_escaped():
    nasty = '<script>alert("x")</script>' + "很长的说明" * 3
    made = cells(lamp(name=nasty, note=nasty, owner=SimpleNamespace(name=nasty), next_move=(nasty, '/a"b')))
    escaped = "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;" + "很长的说明" * 3
    assert made["note"] == f'<div class="clamp" title="{escaped}">{escaped}</div>'
    assert made["owner"] == escaped
    assert made["shout"] == f"{escaped}!"
    assert made["next_move"] == f'<a class="move-link" href="/a&quot;b">{escaped}</a>'
    assert "<script>" not in "".join(LampTable([lamp(name=nasty)]).lean_rows())


def test_a_row_has_its_box_its_address_and_the_labels_for_cards():
    table = LampTable([lamp()])
    (row,) = table.lean_rows()
    assert row.startswith('<tr data-href="/lamps/7/?a=1&amp;b=2"><td class="select"><input type="checkbox"')
    assert 'name="selected" value="7" form="selection"' in row
    assert '<td class="state-cell" data-label="状态">' in row
    assert '<td class="num no-card" data-label="功率">' in row


def test_a_box_only_where_the_row_may_be_chosen():
    class Locked(LampTable):
        table_name = ""

        def can_select(self, record: Any) -> bool:
            return False

    (row,) = Locked([lamp()]).lean_rows()
    assert '<td class="select"></td>' in row and "checkbox" not in row


def test_a_stock_column_is_refused_instead_of_being_slow():
    class Slow(LedgerTable):
        name = django_tables2.Column()

        def row_url(self, record: Any) -> str:
            return ""

    with pytest.raises(TypeError, match="render_name"):
        list(Slow([lamp()]).lean_rows())


def test_heads_sort_and_keep_the_filters():
    table = LampTable([lamp()], params=QueryDict("unit=3&page=4&sort=watts"))
    table._order_by = django_tables2.utils.OrderByTuple(["watts"])
    heads = {head.name: head for head in table.heads}
    assert (heads["watts"].direction, heads["watts"].sort_url) == ("ascending", "?unit=3&sort=-watts")
    assert (heads["name"].direction, heads["name"].sort_url) == ("", "?unit=3&sort=name")
    assert heads["next_move"].sort_url == ""
    assert (heads["watts"].unit, heads["watts"].css) == ("W", "num no-card")


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [
        ({}, ["name", "light", "watts"]),
        ({"lamps": ["owner", "note"]}, ["name", "note", "owner"]),
        ({"lamps": ["gone", "owner"]}, ["name", "owner"]),
        ({"lamps": []}, ["name", "light", "watts"]),
        ({"lamps": "nonsense"}, ["name", "light", "watts"]),
        (None, ["name", "light", "watts"]),
    ],
)
def test_a_person_sees_the_columns_they_chose(chosen, shown):
    assert columns_for(SimpleNamespace(list_columns=chosen), LampTable) == shown


@pytest.mark.urls("common.urls")
def test_the_whole_list_renders(rf):
    table = LampTable([lamp()], params=QueryDict("unit=3"))
    table.page = LedgerPage([lamp()], 1, 50, True, Total(10_000, capped=True))
    table.pager = Pager(table.page, table.params)
    html = render_to_string("partials/list.html", {"table": table}, rf.get("/lamps/"))
    assert html.count("<tr") == 2
    assert "1–1 / 共 10\u00a0000+" in html
    assert '<th scope="col" class="num no-card">' in html
    assert 'action="/lists/lamps/columns/"' in html
    assert "<script" not in html and "style=" not in html
    # Heads change the list in its place; a row's link must leave the page.
    assert '<thead hx-boost="true">' in html and "hx-boost" not in html.split("<tbody>")[1].split("</tbody>")[0]
    assert "hx-boost" not in html.split("<thead")[0].rsplit("ledger-scroll", 1)[1]


@pytest.mark.urls("common.urls")
def test_an_empty_list_says_what_to_do_next(rf):
    table = LampTable([])
    table.page = LedgerPage([], 1, 50, False, Total(0))
    table.pager = Pager(table.page, table.params)
    context = {"table": table, "empty_title": "还没有灯", "empty_url": "/lamps/new/", "empty_action": "登记第一盏"}
    html = render_to_string("partials/list.html", context, rf.get("/lamps/"))
    assert "还没有灯" in html and '<a class="btn btn-primary" href="/lamps/new/">登记第一盏</a>' in html
    assert "<table" not in html
