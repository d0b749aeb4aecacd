"""One order stands for others: what merging demands, and the limits. Merging stops no clock: what stands for others
keeps whatever limit of theirs is earlier than its own, however its own is reckoned anew."""

import datetime as dt
from typing import Any

from common.working_calendar import calendar_in_force
from complaints.enums import LimitStage, Urgency
from complaints.limits import Limits, Moments, Reckoned
from complaints.models import Order

FIELDS = {LimitStage.DISPATCH: "dispatch_due_at", LimitStage.VISIT: "visit_due_at", LimitStage.HANDLING: "due_at"}
FROM_DISPATCH = (LimitStage.HANDLING, LimitStage.VISIT)


def problems_of_merging(order: Order, into: Order, note: str) -> list[str]:
    """`into`: as it is now. Two queries."""
    if into.pk == order.pk:
        return ["不能并入自己"]
    if into.county_id != order.county_id:
        return [f"{into.number} 不是本县的工单"]
    problems = []
    if not into.state.is_open:  # nobody would see to it, nor call its caller
        problems.append(f"{into.number} 现在是“{into.state.label}”，不能并入；请选还在办理的那一件")
    if order.merged.exists():
        problems.append(f"已有工单并入 {order.number}，请把别的并进来，不要再把它并走")
    return problems or _problems_of_two(order, into, note)


def _problems_of_two(order: Order, into: Order, note: str) -> list[str]:
    problems = []
    same_household = bool(order.household) and order.household == into.household
    same_phone = bool(order.phone_reversed) and order.phone_reversed == into.phone_reversed
    if not (same_household or same_phone or note.strip()):
        problems.append(f"{into.number} 不是同一户，也不是同一个电话，请在“并单说明”里写明为什么是同一件事")
    if _rank(order) > _rank(into):
        urgency, lower = order.get_urgency_display(), into.get_urgency_display()
        instead = f"请先把 {into.number} 调整为“{urgency}”再并单，或反过来并"
        if into.is_reported:  # neither can be done any more
            instead = f"而 {into.number} 企业已经反馈，请照常办理 {order.number}"
        problems.append(f"{order.number} 是“{urgency}”，比 {into.number} 的“{lower}”更急，{instead}")
    if order.dispatched_at and not into.dispatched_at:
        problems.append(
            f"{order.number} 已经派单、时限在走，{into.number} 还没有派单；请先把 {into.number} 派单，或反过来并"
        )
    return problems


def _rank(order: Order) -> int:
    return Urgency.values.index(order.urgency)


def limits_from(order: Order, start: dt.datetime, **changed: str) -> dict[str, Any]:
    """`due_at` and `visit_due_at` of an order that is (was) dispatched at `start`. Three queries."""
    limits, others = Limits(calendar_in_force()), list(order.merged.all())
    of = {"category": changed.get("category", order.category), "urgency": changed.get("urgency", order.urgency)}
    values = {}
    for stage in FROM_DISPATCH:
        own = limits.reckon(stage, **of, start=start)
        found = [own, *(limit_of_merged(other, stage, start, limits) for other in others)]
        values[FIELDS[stage]] = min((each.due_at for each in found if each), default=None)
    return values


def desk_limit_from(order: Order, *, category: str, urgency: str) -> dt.datetime | None:
    """`dispatch_due_at` of an order of that category and urgency. Three queries."""
    own = Moments(order.registered_at).of(LimitStage.DISPATCH, category=category, urgency=urgency)
    return min([at for at in (own, *order.merged.values_list("dispatch_due_at", flat=True)) if at], default=None)


def limit_of_merged(other: Order, stage: LimitStage, start: dt.datetime, limits: Limits) -> Reckoned | None:
    """What an order has from `other`, which was merged into it. `start`: from when the order's own limit runs.

    One that was dispatched brings its limit along as it is. One that was not is handed out with the order: its limit
    runs from when it is. So it does again in every round that begins later.
    """
    brings = f"随并入的 {other.number}，它的时限更早："
    of = {"category": other.category, "urgency": other.urgency}
    since = other.dispatched_at if other.status_since >= start else None
    if stage == LimitStage.DISPATCH:
        since = other.registered_at
    if since is None:
        found = limits.reckon(stage, **of, start=max(start, other.status_since))
        return Reckoned(found.due_at, brings + found.sentence) if found else None
    due_at = getattr(other, FIELDS[stage])
    if due_at is None or (stage == LimitStage.VISIT and other.visited_at):
        return None
    found = limits.reckon(stage, **of, start=since)
    said = found.sentence if found and found.due_at == due_at else "经批准或调整，或按当时的规定。"
    return Reckoned(due_at, brings + said)


def stricter_limits(into: Order, other: Order) -> dict[str, Any]:
    """Those that `into` takes over from `other`, which has just been merged into it. Two queries."""
    limits, start = Limits(calendar_in_force()), into.dispatched_at or into.registered_at
    stages = FROM_DISPATCH if into.dispatched_at else (LimitStage.DISPATCH,)
    if into.is_reported:
        stages = (LimitStage.HANDLING,)  # nobody goes there any more
    values = {}
    for stage in stages:
        field, found = FIELDS[stage], limit_of_merged(other, stage, start, limits)
        if found and (getattr(into, field) is None or found.due_at < getattr(into, field)):
            values[field] = found.due_at
    return values
