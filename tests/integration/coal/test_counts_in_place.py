"""What counts do to 累计到位: on the overview, on the sheet, and where milestones are watched."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from coal import bookkeeping
from coal.demand_selectors import supplies
from coal.duties import milestones
from coal.enums import MovementKind as Kind
from coal.models import MilestoneDuty, ParameterRange, Yard
from coal.reports import books_opened
from coal.selectors import identity_of
from tests.cast import Cast
from tests.coal_factories import make_estimate, make_target
from tests.factories import YardFactory

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]
Browser = Callable[[Any], Client]


@pytest.fixture
def yard(cast: Cast) -> Yard:
    """Of 城源: target 1 000 t, 400 t of it by 31 August. Its book is empty."""
    estimate = make_estimate(company=cast.chengyuan, season=cast.season, by=cast.chengyuan_admin)
    make_target(estimate, status="approved", quantity_t=Decimal(1000), approved_on=dt.date(2026, 5, 1))
    return YardFactory(company=cast.chengyuan, name="东厂")


def count(yard: Yard, cast: Cast, day: dt.date, tonnes: int) -> None:
    bookkeeping.count(yard, by=cast.chengyuan_admin, day=day, quantity_t=Decimal(tonnes))


def move(yard: Yard, cast: Cast, day: dt.date, kind: Kind, tonnes: int) -> Any:
    return bookkeeping.record_movement(yard, by=cast.chengyuan_admin, day=day, kind=kind, quantity_t=Decimal(tonnes))


def on(day: dt.date) -> Any:
    return time_machine.travel(dt.datetime(day.year, day.month, day.day, 2, tzinfo=dt.UTC), tick=False)


def row_of(cast: Cast, client_as: Browser) -> Any:
    page = client_as(cast.development_officer).get("/coal/")
    return next(row for row in page.context["rows"] if row.company == cast.chengyuan)


def in_place(cast: Cast, day: dt.date) -> Decimal:
    """As the sweep over milestones has it."""
    return supplies(cast.season, [cast.chengyuan], day)[cast.chengyuan.pk].in_place_t(day)


def test_a_book_that_begins_with_a_count_begins_with_what_was_found(cast: Cast, client_as: Browser, yard: Yard) -> None:
    count(yard, cast, dt.date(2026, 6, 1), 450)
    row = row_of(cast, client_as)
    assert (row.stock.stock_t, row.in_place_t, row.percent) == (450, 450, 45)
    assert row.supply.in_place_t(dt.date(2026, 5, 31)) == 0
    assert row.supply.reached_on(Decimal(400)) == dt.date(2026, 6, 1)
    assert in_place(cast, dt.date(2026, 8, 3)) == 450
    chart = client_as(cast.development_officer).get("/coal/").context["charts"][0]["data"]
    assert chart["series"][1]["values"][chart["labels"].index("6月1日")] == 450


def test_what_is_back_dated_before_a_count_brings_nothing(cast: Cast, client_as: Browser, yard: Yard) -> None:
    count(yard, cast, dt.date(2026, 6, 1), 100)
    count(yard, cast, dt.date(2026, 7, 1), 100)
    move(yard, cast, dt.date(2026, 6, 15), Kind.ARRIVAL, 500)
    row = row_of(cast, client_as)
    assert (row.stock.stock_t, row.in_place_t, in_place(cast, dt.date(2026, 8, 3))) == (100, 100, 100)
    with on(dt.date(2026, 9, 1)):
        assert row_of(cast, client_as).milestone == "严重落后：8月31日应到 40%，差 300 t"


def test_a_count_takes_off_what_is_not_there_and_adds_what_is(cast: Cast, client_as: Browser, yard: Yard) -> None:
    """In two yards; what is used or moved between them changes nothing."""
    other = YardFactory(company=cast.chengyuan, name="西厂")
    count(yard, cast, dt.date(2026, 3, 10), 150)
    move(yard, cast, dt.date(2026, 7, 1), Kind.ARRIVAL, 400)
    move(yard, cast, dt.date(2026, 7, 2), Kind.USE, 30)
    bookkeeping.transfer(
        yard, other, by=cast.chengyuan_admin, day=dt.date(2026, 7, 3), quantity_t=Decimal(100)
    )  # fmt: skip
    assert row_of(cast, client_as).in_place_t == 550
    count(yard, cast, dt.date(2026, 7, 10), 170)  # of 420 t
    count(other, cast, dt.date(2026, 7, 11), 107)  # of 100 t
    row = row_of(cast, client_as)
    assert (row.stock.stock_t, row.in_place_t, in_place(cast, dt.date(2026, 8, 3))) == (277, 307, 307)


def test_a_milestone_that_a_count_belies_is_watched_again(cast: Cast, yard: Yard) -> None:
    count(yard, cast, dt.date(2026, 6, 1), 50)
    move(yard, cast, dt.date(2026, 7, 1), Kind.ARRIVAL, 400)
    milestones.note(dt.date(2026, 8, 3))
    duty = MilestoneDuty.objects.get()
    assert (duty.reached_on, duty.round) == (dt.date(2026, 7, 1), 1)
    count(yard, cast, dt.date(2026, 7, 20), 250)
    milestones.note(dt.date(2026, 8, 3))
    duty.refresh_from_db()
    assert (duty.reached_on, duty.round) == (None, 2)
    assert duty.standing == "应到货 400 t（40%），已有 250 t，还差 150 t"


def test_the_first_count_stays_the_opening_whatever_is_back_dated_before_it(
    cast: Cast, client_as: Browser, yard: Yard
) -> None:
    """An arrival of before, and its reversal, and a count that is put right, make no 盘盈 of what lay there."""
    opened_on = dt.date(2026, 7, 10)
    first = bookkeeping.count(yard, by=cast.chengyuan_admin, day=opened_on, quantity_t=Decimal(940))
    late = move(yard, cast, dt.date(2026, 7, 5), Kind.ARRIVAL, 30)

    def stands() -> tuple[Any, ...]:
        row = row_of(cast, client_as)
        opened = books_opened(Yard.objects.all())[cast.chengyuan.pk]
        return row.in_place_t, sum(row.history.surplus_t.values()), row.keeper.opened_on, opened

    assert stands() == (940, 0, opened_on, opened_on)
    bookkeeping.reverse(late, by=cast.chengyuan_admin, reason="不是这里的")
    assert stands() == (940, 0, opened_on, opened_on)
    bookkeeping.reverse(first, by=cast.chengyuan_admin, reason="数错")
    count(yard, cast, opened_on, 948)
    assert stands() == (948, 0, opened_on, opened_on)
    identity = identity_of(yard, dt.date(2026, 3, 16), dt.date(2026, 8, 3))
    assert (identity.opened_t, identity.counted_difference_t, identity.close_t) == (948, 0, 948)


def test_a_book_that_begins_with_what_came_has_no_opening(cast: Cast, client_as: Browser, yard: Yard) -> None:
    move(yard, cast, dt.date(2026, 7, 1), Kind.ARRIVAL, 100)
    count(yard, cast, dt.date(2026, 7, 5), 120)
    row = row_of(cast, client_as)
    assert (sum(row.history.surplus_t.values()), row.keeper.opened_on) == (20, dt.date(2026, 7, 1))


def test_who_counts_much_more_or_less_than_the_book_is_named(cast: Cast, client_as: Browser, yard: Yard) -> None:
    """More than 3 % of 1 000 t, unless the county has another figure; the count that opens the book is none of it."""
    client = client_as(cast.development_officer)

    def named() -> list[str]:
        return [
            each.text.replace("\u00a0", " ")
            for each in client.get("/coal/").context["concerns"]
            if each.label == "账实不符"
        ]

    count(yard, cast, dt.date(2026, 6, 1), 600)
    move(yard, cast, dt.date(2026, 6, 2), Kind.ARRIVAL, 400)
    count(yard, cast, dt.date(2026, 7, 1), 970)
    assert named() == []
    count(yard, cast, dt.date(2026, 7, 2), 990)
    count(yard, cast, dt.date(2026, 7, 3), 985)
    assert named() == ["本季盘亏 35 t、盘盈 20 t，超过入场煤 1 000 t 的 3%，请核对流水"]
    ParameterRange.objects.create(county=cast.county, name="count_percent", least=0, typical=4, most=50)
    assert named() == []
