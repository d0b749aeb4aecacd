"""How an order stands: which limit runs now, who has the next step, and for how long it has waited there."""

import datetime as dt
from dataclasses import dataclass

from common import clock
from common.due import ONE_MINUTE, duration
from complaints.enums import OrderStatus
from complaints.models import Order


@dataclass(frozen=True)
class RunningLimit:
    """`label`: 派单, 到场, 办理 or 回访."""

    label: str
    due_at: dt.datetime


def running_limit(order: Order) -> RunningLimit | None:
    """The limit that has to be kept next; None where none runs. No query."""
    if order.status == OrderStatus.REPORTED:
        return RunningLimit("回访", order.callback_due_at) if order.callback_due_at else None
    if order.dispatched_at is None and order.state.is_open:
        return RunningLimit("派单", order.dispatch_due_at) if order.dispatch_due_at else None
    if not order.state.is_open or order.due_at is None:
        return None
    visit = order.visit_due_at
    if visit and order.visited_at is None and visit < order.due_at:
        return RunningLimit("到场", visit)
    return RunningLimit("办理", order.due_at)


def next_actor(order: Order) -> str:
    """等待 城源热力 签收; empty for what is settled. No query on an order loaded with its company."""
    company = order.company.label if order.company else "承办企业"
    waits_for = {
        OrderStatus.NEW: "热线坐席 受理",
        OrderStatus.ACCEPTED: "热线坐席 派单",
        OrderStatus.DISPATCHED: f"{company} 签收",
        OrderStatus.HANDLING: f"{company} 办理并反馈" if order.visited_at else f"{company} 上门办理",
        OrderStatus.REPORTED: "热线坐席 回访",
    }.get(order.state)
    return f"等待 {waits_for}" if waits_for else ""


def next_step(order: Order, *, now: dt.datetime | None = None) -> str:
    """The same, and since when it waits: 等待 城源热力 签收（已 2 小时）."""
    actor = next_actor(order)
    if not actor:
        return ""
    return f"{actor}（已 {waits_words(order, now=now)}）"


def waits_words(order: Order, *, now: dt.datetime | None = None) -> str:
    """For how long it has been in its state: 2 小时."""
    return duration(max(((now or clock.now()) - order.status_since) // ONE_MINUTE, 0))
