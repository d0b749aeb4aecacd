"""Reads for pages. Each docstring states its number of queries."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.db.models import Q

from accounts.models import User
from accounts.roles import HOTLINE
from common import clock
from common.counting import COUNT_CAP, CappedCount, capped_counts
from complaints.enums import DISPATCHED_STATUSES, OPEN_STATUSES, ExtensionStatus, OrderStatus
from complaints.models import Order, OrderCounter, OrderExtension
from complaints.querysets import OrderQuerySet
from facilities.models import Season

S = OrderStatus
SOON_HOURS = 24
CACHE_SECONDS = 60
WAITING_LABELS = {
    "decide_extension": "延期待审批",
    "accept": "待受理",
    "dispatch": "待派单",
    "sign": "待签收",
    "handle": "待办理反馈",
    "call_back": "待回访",
}


def is_overdue(now: dt.datetime) -> Q:
    return Q(status__in=OPEN_STATUSES, reported_at__isnull=True, due_at__lte=now)


def is_due_soon(now: dt.datetime) -> Q:
    soon = now + dt.timedelta(hours=SOON_HOURS)
    return Q(status__in=OPEN_STATUSES, reported_at__isnull=True, due_at__gt=now, due_at__lte=soon)


# What a tab above the list shows. "mine" hangs on who asks and is given by `waiting_condition`.
TAB_CONDITIONS: dict[str, Callable[[dt.datetime], Q]] = {
    "": lambda now: Q(),
    "open": lambda now: Q(status__in=OPEN_STATUSES),
    "overdue": is_overdue,
    "due_soon": is_due_soon,
    **{status.value: lambda now, status=status: Q(status=status) for status in S},  # type: ignore[misc]
}


def waiting_conditions(user: Any) -> dict[str, Q]:
    """What waits for this user, by kind of work, in the order of urgency: exactly the orders on which the user's side
    has the next step and the user may take it. One query for the bureau's staff, who do the desk's work where the
    county has no desk."""
    if not user.unit_id:
        return {}
    found: dict[str, Q] = {}
    if user.unit.is_bureau and user.has_perm("complaints.decide_order_extension"):
        requested = OrderExtension.objects.filter(status=ExtensionStatus.REQUESTED).values("order_id")
        found["decide_extension"] = Q(status__in=OPEN_STATUSES, pk__in=requested)
    if user.has_perm("complaints.dispatch_order") and _sits_at_desk(user):
        found["accept"] = Q(status=S.NEW)
        found["dispatch"] = Q(status=S.ACCEPTED)
        found["call_back"] = Q(status=S.REPORTED)
    if user.has_perm("complaints.handle_order"):
        found["sign"] = Q(status=S.DISPATCHED, company_id=user.unit_id)
        found["handle"] = Q(status=S.HANDLING, company_id=user.unit_id)
    return found


def _sits_at_desk(user: Any) -> bool:
    """The desk's own people; where a county has none, everybody who may do its work (complaints/messages.py tells
    the same people). Asked once a minute."""
    key = f"complaints:desk:{user.unit.region_id}"
    desk: set[int] | None = cache.get(key)
    if desk is None:
        desk = _desk_of(user)
        cache.set(key, desk, CACHE_SECONDS)
    return user.pk in desk or not desk


def _desk_of(user: Any) -> set[int]:
    of_the_county = Q(unit__region=user.unit.region_id) | Q(unit__region=user.unit.region.parent_id)
    return set(User.objects.active().filter(of_the_county).with_role(HOTLINE).values_list("pk", flat=True))


def is_long(season: Season) -> bool:
    """Whether the season has more orders than are counted at once. Asked once a minute."""
    key = f"complaints:long:{season.pk}"
    known: bool | None = cache.get(key)
    if known is None:
        known = OrderCounter.objects.filter(pk=season.pk, last_sequence__gt=COUNT_CAP).exists()
        cache.set(key, known, CACHE_SECONDS)
    return known


def waiting_orders(user: Any) -> dict[str, OrderQuerySet]:
    """The orders themselves, of all seasons, by kind of work. One query at most; each queryset costs one when read."""
    visible = Order.objects.visible_to(user)
    return {kind: visible.filter(condition) for kind, condition in waiting_conditions(user).items()}


def waiting_condition(user: Any) -> Q | None:
    """All of that together; None where nothing can wait for the user."""
    conditions = list(waiting_conditions(user).values())
    return Q(*conditions, _connector=Q.OR) if conditions else None


def tab_counts(orders: OrderQuerySet, names: list[str], mine: Q | None) -> dict[str, CappedCount]:
    """How many of these orders each of the tabs would list, exact up to COUNT_CAP. One query."""
    now = clock.now()
    singles = [name for name in names if name not in ("", "open")]
    wanted = {name: [orders.filter(TAB_CONDITIONS[name](now))] for name in singles if name != "mine"}
    if mine is not None and "mine" in names:
        wanted["mine"] = [orders.filter(mine)]
    counts = capped_counts(wanted)
    # The others are sums of the states.
    for name, states in (("", S), ("open", OPEN_STATUSES)):
        counts[name] = min(sum(counts.get(state.value, 0) for state in states), COUNT_CAP + 1)
    return {name: CappedCount(count) for name, count in counts.items()}


def sees_only_dispatched(user: Any) -> bool:
    """A company's side of the table: nothing before it was dispatched, nothing taken off its hands."""
    return bool(user.unit_id) and user.unit.is_rectifier and not user.has_perm("complaints.dispatch_order")


def states_of(user: Any) -> tuple[OrderStatus, ...]:
    return DISPATCHED_STATUSES if sees_only_dispatched(user) else tuple(S)
