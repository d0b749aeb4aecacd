"""Two merge orders of the same matter at the same moment: no caller is left behind, nobody is caught in a deadlock."""

from typing import Any

import pytest
from django.db import OperationalError, transaction

from accounts.models import User
from common.concurrency import Stale
from common.moves import MoveRefused
from complaints import workflow
from complaints.enums import OrderStatus
from complaints.models import Order
from tests.cast import Cast, build_cast
from tests.orders import registered
from tests.together import at_once

pytestmark = [
    pytest.mark.usefixtures("on_postgresql", "summer"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
ROUNDS = 10


def merge_each(n: int, barrier: Any, pairs: list[tuple[int, int]], by_pk: int) -> str:
    """Both have read their orders before either writes."""
    order, into = (Order.objects.select_related("county", "company").get(pk=pk) for pk in pairs[n])
    by = User.objects.select_related("unit__region").get(pk=by_pk)
    barrier.wait(20)
    try:
        workflow.merge(order, by=by, into=into)
    except (Stale, MoveRefused):
        return "told"
    return "made"


def merge_unlocked(n: int, barrier: Any, pairs: list[tuple[int, int]], by_pk: int) -> str:
    """How it must not be done: look whether there is one merged into it, write one's own row, then the other's."""
    order, into = pairs[n]
    with transaction.atomic():
        if Order.objects.filter(merged_into=order).exists():
            return "told"
        barrier.wait(20)
        try:
            Order.objects.filter(pk=order).update(status=OrderStatus.MERGED, merged_into=into)
            barrier.wait(20)
            Order.objects.filter(pk=into).update(version=1)
        except OperationalError:
            return "deadlock"
    return "made"


def orders(cast: Cast, count: int) -> list[int]:
    return [registered(cast).pk for _ in range(count)]


def chains() -> int:
    """Orders merged into one that is merged itself: on whose page nobody sees them."""
    return Order.objects.filter(merged_into__status=OrderStatus.MERGED).count()


def test_one_after_the_other_makes_no_chain() -> None:
    cast = build_cast()
    for _ in range(ROUNDS):
        a, b, c = orders(cast, 3)
        assert sorted(at_once(merge_each, [(a, b), (b, c)], cast.hotline.pk, processes=2)) == ["made", "told"]
    assert chains() == 0


def test_crosswise_one_is_told() -> None:
    cast = build_cast()
    for _ in range(ROUNDS):
        a, b = orders(cast, 2)
        assert sorted(at_once(merge_each, [(a, b), (b, a)], cast.hotline.pk, processes=2)) == ["made", "told"]
    assert chains() == 0


def test_without_the_locks_callers_are_lost() -> None:
    """The control: the same races with nothing to hold them apart."""
    cast = build_cast()
    a, b, c = orders(cast, 3)
    assert at_once(merge_unlocked, [(a, b), (b, c)], cast.hotline.pk, processes=2) == ["made", "made"]
    assert chains() == 1
    a, b = orders(cast, 2)
    assert "deadlock" in at_once(merge_unlocked, [(a, b), (b, a)], cast.hotline.pk, processes=2)
