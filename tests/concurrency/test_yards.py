"""Eight people write into the book of one yard at the same moment: no day ends below zero, no tonne is lost."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, connection

from accounts.models import User
from coal import balances
from coal.bookkeeping import count, record_movement, reverse, transfer
from coal.enums import MovementKind
from coal.models import Movement, StockDay, Yard
from coal.replay import Entry, closing_stock, first_short_day
from tests.cast import build_cast
from tests.coal_factories import arrivals_kept, arrivals_told
from tests.factories import YardFactory
from tests.together import PROCESSES, at_once

pytestmark = [
    pytest.mark.usefixtures("on_postgresql", "summer"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
TODAY = dt.date(2026, 8, 3)
ROUNDS = 5


def start() -> tuple[Yard, User]:
    cast = build_cast()
    return YardFactory(company=cast.chengyuan), cast.chengyuan_clerk


def told(yard_pk: int) -> dict[dt.date, Decimal]:
    """The stock by the movements alone; no day of it may be negative."""
    entries = [
        Entry(row.pk, row.day, MovementKind(row.kind), row.quantity_t, row.reverses_id)
        for row in Movement.objects.filter(yard_id=yard_pk)
    ]
    assert first_short_day(entries) is None
    return closing_stock(entries)


def stored(yard_pk: int) -> dict[dt.date, Decimal]:
    return dict(StockDay.objects.filter(yard_id=yard_pk).values_list("day", "close_t"))


def ready(yard_pk: int, user_pk: int, is_held: bool) -> tuple[Yard, User]:
    if not is_held:
        balances.hold = lambda *yards: {yard.pk: yard for yard in yards}  # type: ignore[assignment]
    connection.ensure_connection()
    return Yard.objects.select_related("county", "company").get(pk=yard_pk), User.objects.get(pk=user_pk)


def use(n: int, barrier: Any, yard_pk: int, user_pk: int, is_held: bool) -> bool:
    """Each takes 30 t on a day of its own, some back-dated: of 100 t three may."""
    yard, user = ready(yard_pk, user_pk, is_held)
    barrier.wait(20)
    try:
        record_movement(yard, by=user, day=TODAY - dt.timedelta(n % 4), kind=MovementKind.USE, quantity_t=Decimal(30))
    except (ValidationError, Error):
        return False
    return True


def test_no_more_leaves_than_was_there() -> None:
    first, user = start()
    for _ in range(ROUNDS):
        yard = YardFactory(company=first.company)
        count(yard, by=user, day=TODAY - dt.timedelta(5), quantity_t=Decimal(100))
        assert sum(at_once(use, yard.pk, user.pk, True)) == 3
        assert stored(yard.pk) == told(yard.pk)
        assert balances.stock_at(yard, TODAY) == 10


def arrive(n: int, barrier: Any, yard_pk: int, user_pk: int, is_held: bool) -> bool:
    yard, user = ready(yard_pk, user_pk, is_held)
    barrier.wait(20)
    try:
        record_movement(yard, by=user, day=TODAY - dt.timedelta(n), kind=MovementKind.ARRIVAL, quantity_t=Decimal(10))
    except Error:
        return False
    return True


def test_no_arrival_is_lost() -> None:
    yard, user = start()
    assert at_once(arrive, yard.pk, user.pk, True) == [True] * PROCESSES
    assert stored(yard.pk) == told(yard.pk)
    assert balances.stock_at(yard, TODAY) == 80


def test_without_the_lock_the_balance_is_not_what_the_movements_tell() -> None:
    """The control case."""
    yard, user = start()
    wrong = 0
    for _ in range(ROUNDS):
        yard = YardFactory(company=yard.company)
        at_once(arrive, yard.pk, user.pk, False)
        wrong += stored(yard.pk) != told(yard.pk)
    assert wrong


def arrive_or_undo(n: int, barrier: Any, yard_pk: int, user_pk: int, movement_pks: list[int]) -> bool:
    """Half of them bring coal of one contract and batch on one day, half reverse what came of it before."""
    yard, user = ready(yard_pk, user_pk, True)
    barrier.wait(20)
    if n % 2:
        bring(yard, user)
    else:
        reverse(Movement.objects.select_related("yard").get(pk=movement_pks[n // 2]), by=user, reason="重复登记")
    return True


def bring(yard: Yard, user: User) -> Movement:
    return record_movement(
        yard, by=user, day=TODAY, kind=MovementKind.ARRIVAL, quantity_t=Decimal("10.25"), contract="HT-1", batch="P-1",
        unit_price_yuan_per_t=Decimal("705.50"),
    )  # fmt: skip


def test_the_sums_of_arrivals_are_those_of_the_movements() -> None:
    """At some moment nothing may be left of that day: the row goes, and comes again."""
    first, user = start()
    for _ in range(ROUNDS):
        yard = YardFactory(company=first.company)
        before = [bring(yard, user).pk for _ in range(PROCESSES // 2)]
        assert at_once(arrive_or_undo, yard.pk, user.pk, before) == [True] * PROCESSES
        assert arrivals_kept([yard]) == arrivals_told([yard])
        assert arrivals_kept([yard]) == {
            (yard.pk, TODAY, "HT-1", "P-1"): (4, Decimal("41.00"), Decimal("41.00"), Decimal("28925.5000"))
        }  # fmt: skip


def send_twice(n: int, barrier: Any, yard_pk: int, user_pk: int, key: str) -> int:
    yard, user = ready(yard_pk, user_pk, True)
    barrier.wait(20)
    movement = record_movement(
        yard, by=user, day=TODAY, kind=MovementKind.ARRIVAL, quantity_t=Decimal(10), key=key  # type: ignore[arg-type]
    )  # fmt: skip
    return movement.pk


def test_what_is_sent_eight_times_is_entered_once() -> None:
    yard, user = start()
    key = "0b54dc35-7a3c-4d22-8b39-a5b3f8a8a001"
    assert len(set(at_once(send_twice, yard.pk, user.pk, key))) == 1
    assert stored(yard.pk) == {TODAY: Decimal(10)} == told(yard.pk)


def undo(n: int, barrier: Any, movement_pk: int, user_pk: int) -> bool:
    movement, user = Movement.objects.select_related("yard").get(pk=movement_pk), User.objects.get(pk=user_pk)
    barrier.wait(20)
    try:
        reverse(movement, by=user, reason="重复登记")
    except ValidationError:
        return False
    return True


def test_of_eight_reversals_one_holds() -> None:
    yard, user = start()
    movement = record_movement(yard, by=user, day=TODAY, kind=MovementKind.ARRIVAL, quantity_t=Decimal(10))
    assert sum(at_once(undo, movement.pk, user.pk)) == 1
    assert stored(yard.pk) == {TODAY: Decimal(0)}
    assert Movement.objects.filter(reverses=movement).count() == 1


def swap(n: int, barrier: Any, yard_pks: list[int], user_pk: int) -> bool:
    """Half of them carry coal from the first yard to the second, half the other way."""
    source, target = (Yard.objects.get(pk=pk) for pk in (yard_pks if n % 2 else yard_pks[::-1]))
    user = User.objects.get(pk=user_pk)
    barrier.wait(20)
    transfer(source, target, by=user, day=TODAY, quantity_t=Decimal(10))
    return True


def test_transfers_in_opposite_directions_do_not_block_each_other() -> None:
    yard, user = start()
    other = YardFactory(company=yard.company)
    for each in (yard, other):
        count(each, by=user, day=TODAY - dt.timedelta(1), quantity_t=Decimal(100))
    assert at_once(swap, [yard.pk, other.pk], user.pk) == [True] * PROCESSES
    for each in (yard, other):
        assert stored(each.pk) == told(each.pk)
        assert stored(each.pk)[TODAY] == 100
