"""Whom the desk has to call besides those whose order the company has reported on: callers whose order was merged into
such a one, and those of a hazard that has been struck off, in whatever state their order is by then. Who calls again
about an order that is closed is written down as well: it may have to be done again."""

import datetime as dt
from collections.abc import Iterable

from complaints.enums import OrderStatus
from complaints.models import Callback, Order
from complaints.occasions import hazards_behind
from inspections.enums import HazardStatus

# Who did not answer may be on the stairs: a call soon after another is no further attempt.
MINUTES_BETWEEN_CALLS = 30
CALLS_APART = f"与上一次相隔不到 {MINUTES_BETWEEN_CALLS} 分钟的不另计"
REPORTED_ON = (OrderStatus.REPORTED, OrderStatus.CLOSED)


def to_call_since(order: Order) -> dt.datetime | None:
    """The moment since which its caller can be asked whether it is solved; None: not yet. Five queries at most."""
    return min(_asked_about(order), default=None)


def last_to_call_since(order: Order) -> dt.datetime | None:
    """The last thing that the caller is to be asked about: calls before it were about something else."""
    return max(_asked_about(order), default=None)


def _asked_about(order: Order) -> list[dt.datetime]:
    if order.status == OrderStatus.REPORTED:
        return [order.reported_at] if order.reported_at else []
    if order.status == OrderStatus.INVALID:
        return []
    struck_off = hazards_behind(order).filter(status=HazardStatus.CLOSED)
    moments = [at for at in struck_off.values_list("closed_at", flat=True) if at]
    into = order.merged_into
    if into is not None and into.reported_at and into.status in REPORTED_ON:
        moments.append(into.reported_at)
    # What the platform took back is over.
    if order.status == OrderStatus.CLOSED and order.reported_at and not order.withdrawn_at:
        moments.append(order.reported_at)
    return moments


def is_heard(calls: Iterable[Callback], *, enough: int) -> bool:
    """Whether nobody has to be called again: somebody was reached, or `enough` attempts have reached nobody."""
    made = list(calls)
    return any(call.is_reached for call in made) or attempts(made) >= enough


def attempts(calls: Iterable[Callback]) -> int:
    """How many of the calls, in the order in which they were made, count as attempts. Forms know minutes only."""
    counted, last = 0, None
    for call in calls:
        minute = call.called_at.replace(second=0, microsecond=0)
        if last is None or minute - last >= dt.timedelta(minutes=MINUTES_BETWEEN_CALLS):
            counted, last = counted + 1, minute
    return counted
