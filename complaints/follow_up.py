"""Whom the desk has to call besides those whose order the company has reported on: callers whose order was merged into
such a one, and those of a hazard that has been struck off, in whatever state their order is by then."""

import datetime as dt
from collections.abc import Iterable

from complaints.enums import OrderStatus
from complaints.models import Callback, Order
from complaints.occasions import hazards_behind
from inspections.enums import HazardStatus

REPORTED_ON = (OrderStatus.REPORTED, OrderStatus.CLOSED)


def to_call_since(order: Order) -> dt.datetime | None:
    """The moment since which its caller can be asked whether it is solved; None: not yet. Five queries at most."""
    if order.status == OrderStatus.REPORTED:
        return order.reported_at
    if order.status == OrderStatus.INVALID:
        return None
    struck_off = hazards_behind(order).filter(status=HazardStatus.CLOSED)
    moments = [at for at in struck_off.values_list("closed_at", flat=True) if at]
    into = order.merged_into
    if into is not None and into.reported_at and into.status in REPORTED_ON:
        moments.append(into.reported_at)
    return min(moments, default=None)


def is_heard(calls: Iterable[Callback], *, enough: int) -> bool:
    """Whether nobody has to be called again: somebody was reached, or `enough` calls have reached nobody."""
    made = list(calls)
    return any(call.is_reached for call in made) or len(made) >= enough
