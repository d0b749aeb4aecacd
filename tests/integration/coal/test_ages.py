"""How old the coal is that lies in yards: carried from yard to yard, found by counts, there when the book began."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from coal import bookkeeping
from coal.enums import MovementKind as Kind
from coal.models import Movement, Yard
from coal.selectors import stock_by_yard
from tests.cast import Cast
from tests.factories import YardFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer")]
TODAY = dt.date(2026, 8, 3)


def ago(days: int) -> dt.date:
    return TODAY - dt.timedelta(days)


def arrive(yard: Yard, cast: Cast, days: int, tonnes: int) -> Movement:
    return bookkeeping.record_movement(
        yard, by=cast.chengyuan_admin, day=ago(days), kind=Kind.ARRIVAL, quantity_t=Decimal(tonnes)
    )


def count(yard: Yard, cast: Cast, days: int, tonnes: int) -> Movement:
    return bookkeeping.count(yard, by=cast.chengyuan_admin, day=ago(days), quantity_t=Decimal(tonnes))


def carry(yard: Yard, other: Yard, cast: Cast, days: int, tonnes: int) -> Movement:
    return bookkeeping.transfer(yard, other, by=cast.chengyuan_admin, day=ago(days), quantity_t=Decimal(tonnes))


@pytest.fixture
def yards(cast: Cast) -> tuple[Yard, Yard]:
    return YardFactory(company=cast.chengyuan, name="东厂"), YardFactory(company=cast.chengyuan, name="西厂")


def shown(yard: Yard, cast: Cast, client_as: Callable[[Any], Client]) -> str:
    """The yard's own page in words. Its company's page and the list of yards have the same day."""
    client = client_as(cast.leader)
    table = client.get("/coal/yards/").context["table"]
    listed = {each.pk: each.stock.oldest_on for each in table.page.object_list}[yard.pk]
    company = client.get(f"/coal/companies/{cast.chengyuan.pk}/").context["standing"].stocks[yard.pk].oldest_on
    page = client.get(f"/coal/yards/{yard.pk}/")
    assert listed == company == page.context["stock"].oldest_on
    return " ".join(page.content.decode().replace("\xa0", " ").split())


def test_a_transfer_does_not_make_coal_young(
    cast: Cast, yards: tuple[Yard, Yard], client_as: Callable[[Any], Client]
) -> None:
    """Coal of 100 days ago is carried to where coal of 20 days ago lies, and on one day with a lorry."""
    east, west = yards
    arrive(east, cast, 100, 50)
    arrive(west, cast, 20, 30)
    assert stock_by_yard([west], TODAY)[west.pk].oldest_on == ago(20)
    wrong = carry(east, west, cast, 10, 10)
    assert stock_by_yard([west], TODAY)[west.pk].oldest_on == ago(100)
    assert "100<small>天" in shown(west, cast, client_as)
    bookkeeping.reverse(wrong, by=cast.chengyuan_admin, reason="没有倒运")
    assert stock_by_yard([west], TODAY)[west.pk].oldest_on == ago(20)
    third = YardFactory(company=cast.chengyuan, name="北厂")
    carry(east, third, cast, 9, 10)
    arrive(third, cast, 9, 5)
    assert stock_by_yard([third], TODAY)[third.pk].oldest_on == ago(100)


def test_what_a_count_finds_does_not_hide_the_age_of_the_rest(
    cast: Cast, yards: tuple[Yard, Yard], client_as: Callable[[Any], Client]
) -> None:
    east, _ = yards
    arrive(east, cast, 90, 100)
    count(east, cast, 5, 101)
    stock = stock_by_yard([east], TODAY)[east.pk]
    assert (stock.oldest_on, stock.found_t, stock.older_t) == (ago(90), 1, 0)
    page = shown(east, cast, client_as)
    assert "90<small>天</small>" in page and "另有盘盈 1 t，入场日期不明" in page and "开账" not in page


def test_what_was_there_when_the_book_was_opened_is_at_least_so_old(
    cast: Cast, yards: tuple[Yard, Yard], client_as: Callable[[Any], Client]
) -> None:
    """Also when it is carried to another yard, and beside coal whose day is known."""
    east, west = yards
    count(east, cast, 60, 100)
    arrive(east, cast, 3, 40)
    assert "60<small>天以上</small>" in shown(east, cast, client_as)
    carry(east, west, cast, 2, 30)
    assert stock_by_yard([west], TODAY)[west.pk].oldest_on == ago(60)
    standing = client_as(cast.leader).get(f"/coal/companies/{cast.chengyuan.pk}/").context["standing"]
    assert (standing.stock.oldest_on, standing.stock.older_t) == (ago(60), 70)
