"""Repeats: the same household and category within N days, or the same phone in the same season.

N is the county's setting (`Counting.repeat_days`). An invalid order repeats nothing and is repeated by nothing; one
merged into another was still a call, and what comes after it is a repeat.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Case, DateTimeField, ExpressionWrapper, F, Q, Value, When, Window
from django.db.models.functions import Lag, RowNumber

from complaints.counting import counting_of
from complaints.enums import OPEN_STATUSES, OrderStatus
from complaints.models import Counting, Order
from complaints.querysets import OrderQuerySet

MOST_SHOWN = 10
# (number of the period, key of a company or a community or None)
Key = tuple[int, int | None]


@dataclass(frozen=True, slots=True)
class Earlier:
    """Another order of the same household or phone, mostly an earlier one. `is_repeated`: the later one is a repeat of
    it by the rule."""

    order: Order
    same_household: bool
    same_phone: bool
    is_repeated: bool

    @property
    def why(self) -> str:
        said = ["同一户"] if self.same_household else []
        return "、".join([*said, "同一电话"] if self.same_phone else said)


def earlier_orders(order: Order, *, by_phone: bool = True, limit: int = MOST_SHOWN) -> list[Earlier]:
    """What the household or the phone had complained of before `order`, newest first; `order` may be unsaved.
    Without `by_phone` the household alone is asked for and nothing is said of phones.

    Two queries, one of them by the indexes on household and phone. Nobody's rights are asked here: the caller shows
    them to who sees the order, and each links to a page that asks.
    """
    same = _same(order, by_phone=by_phone)
    if not same:
        return []
    before = Order.objects.filter(same, county=order.county_id, received_at__lte=order.received_at)
    if order.pk:
        # Of two that came at one moment the one entered first is the earlier.
        before = before.filter(Q(received_at__lt=order.received_at) | Q(pk__lt=order.pk))
    found = list(
        before.exclude(status=OrderStatus.INVALID).select_related("company").order_by("-received_at", "-pk")[:limit]
    )
    counting = counting_of(order.county_id) if found else None
    return [_compared(each, order, counting, by_phone=by_phone) for each in found] if counting else []


def open_besides(order: Order, *, limit: int = MOST_SHOWN) -> list[Earlier]:
    """What else of the household or the phone is being seen to, whether it came before or after `order`, newest first.
    Two queries; of rights as with `earlier_orders`."""
    same = _same(order)
    if not same:
        return []
    others = Order.objects.filter(same, county=order.county_id, status__in=OPEN_STATUSES).exclude(pk=order.pk)
    found = list(others.order_by("-received_at", "-pk")[:limit])
    counting = counting_of(order.county_id) if found else None
    return [_compared(each, order, counting) for each in found] if counting else []


def _same(order: Order, *, by_phone: bool = True) -> Q:
    """Empty where neither household nor phone is known."""
    same = Q()
    if order.household:
        same |= Q(household=order.household)
    if order.phone_reversed and by_phone:
        same |= Q(phone_reversed=order.phone_reversed)
    return same


def _compared(earlier: Order, order: Order, counting: Counting, *, by_phone: bool = True) -> Earlier:
    same_household = bool(order.household) and earlier.household == order.household
    same_phone = by_phone and bool(order.phone_reversed) and earlier.phone_reversed == order.phone_reversed
    in_time = order.received_at - earlier.received_at <= dt.timedelta(days=counting.repeat_days)
    repeated = (same_household and earlier.category == order.category and in_time) or (
        same_phone and earlier.season_id == order.season_id
    )
    return Earlier(earlier, same_household, same_phone, repeated)


def count_repeats(orders: OrderQuerySet, period: Any, counted: Q, counting: Counting, *, by: Any) -> dict[Key, int]:
    """{(period, what `by` says): repeats among those that count}. One query.

    `orders`: all of the county, whoever asks: what a household had complained of before may have gone to another
    company. Whose repeats are told is for `counted` to say. `period` numbers the periods, each of one season from its
    beginning. Windows over the whole of it instead of a look-up for each order: a season of 400 000 is sorted twice,
    not probed 800 000 times. What repeats an order of the season before is no repeat.
    """
    flagged = _flagged(orders.exclude(status=OrderStatus.INVALID).annotate(period=period), counting).annotate(
        counts=Case(When(counted & ~Q(status=OrderStatus.MERGED), then=Value(1)), default=Value(0)),
        grouped_by=by,
    )
    inner, params = flagged.values("period", "grouped_by", "counts", "is_repeat").order_by().query.sql_with_params()
    # An aggregate over windows is beyond the ORM: its own query becomes the table that is counted.
    sql = f"SELECT period, grouped_by, COUNT(*) FROM ({inner}) AS flagged WHERE is_repeat AND counts = 1 GROUP BY 1, 2"
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return {(number, key): count for number, key, count in cursor.fetchall()}


def _flagged(orders: Any, counting: Counting) -> Any:
    """With the flag `is_repeat`, by the rule of `earlier_orders` within the period."""
    order = [F("received_at").asc(), F("pk").asc()]
    within = F("received_at") - Value(dt.timedelta(days=counting.repeat_days))
    known = orders.annotate(
        last_of_household=Window(Lag("received_at"), partition_by=["period", "household", "category"], order_by=order),
        of_phone=Window(RowNumber(), partition_by=["period", "phone_reversed"], order_by=order),
        repeatable_since=ExpressionWrapper(within, output_field=DateTimeField()),
    )
    is_repeat = (~Q(household="") & Q(last_of_household__gte=F("repeatable_since"))) | (
        ~Q(phone_reversed="") & Q(of_phone__gt=1)
    )
    return known.annotate(
        is_repeat=Case(When(is_repeat, then=Value(True)), default=Value(False), output_field=BooleanField())
    )
