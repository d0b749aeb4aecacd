"""Orders of complaints in any state, brought there by the moves themselves."""

import datetime as dt
from typing import Any

from django.utils import timezone

from accounts.models import Unit
from complaints import workflow
from complaints.enums import Cause, OrderStatus
from complaints.models import Order
from complaints.services import register
from tests.cast import Cast

S = OrderStatus


def registered(cast: Cast, **fields: Any) -> Order:
    """待受理, of a household of 幸福小区; now is within the season 2026-2027."""
    values = {
        "received_at": timezone.now(), "source": "phone", "caller": "王先生", "phone": "13812345678",
        "category": "attitude", "content": "反映服务态度问题", "address": "幸福小区3号楼2单元501室",
        "community": cast.community, "building": "3", "building_unit": "2", "room": "501",
    }  # fmt: skip
    return register(by=cast.hotline, season=cast.season, **values | fields)


def dispatched(cast: Cast, company: Unit | None = None, **fields: Any) -> Order:
    order = registered(cast, **fields)
    workflow.dispatch(order, by=cast.hotline, company=company or cast.chengyuan)
    return order


def _clerk(order: Order) -> Any:
    return order.company.users.filter(is_active=True).order_by("pk").first()  # type: ignore[union-attr]


def handled(cast: Cast, company: Unit | None = None, **fields: Any) -> Order:
    order = dispatched(cast, company, **fields)
    workflow.sign(order, by=_clerk(order))
    return order


def visited(cast: Cast, company: Unit | None = None, **fields: Any) -> Order:
    order = handled(cast, company, **fields)
    workflow.visit(order, by=_clerk(order), visited_at=timezone.now(), visitor="赵师傅", found="已查看")
    return order


def reported(cast: Cast, company: Unit | None = None, **fields: Any) -> Order:
    order = handled(cast, company, **fields)
    if order.category in ("low_temperature", "late_heating", "stopped", "leak"):
        workflow.visit(
            order, by=_clerk(order), visited_at=timezone.now(), visitor="赵师傅", found="已查看",
            temperature_c=20, place="bedroom",
        )  # fmt: skip
    workflow.report(order, by=_clerk(order), result="已处理", cause=Cause.COMPANY)
    return order


def advanced(cast: Cast, status: OrderStatus, company: Unit | None = None, **fields: Any) -> Order:
    """An order in that state."""
    if status == S.DISPATCHED:
        return dispatched(cast, company, **fields)
    if status == S.HANDLING:
        return handled(cast, company, **fields)
    if status in (S.REPORTED, S.CLOSED):
        order = reported(cast, company, **fields)
        if status == S.CLOSED:
            solve(order, by=cast.hotline)
        return order
    order = registered(cast, **fields)
    if status == S.ACCEPTED:
        workflow.accept(order, by=cast.hotline)
    elif status == S.INVALID:
        workflow.invalidate(order, by=cast.hotline, reason="不属于供热")
    elif status == S.MERGED:
        workflow.merge(order, by=cast.hotline, into=registered(cast))
    return order


def unsolved(order: Order, *, by: Any) -> None:
    """Call back and hear that it is not solved: what doing it again rests on."""
    workflow.call_back(
        order, by=by, is_reached=True, is_solved=False, was_contacted=True, satisfaction="not",
        called_at=timezone.now(),
    )  # fmt: skip


def solve(order: Order, *, by: Any, called_at: dt.datetime | None = None, satisfaction: str = "satisfied") -> None:
    """Call back, hear that it is solved, close."""
    workflow.call_back(
        order, by=by, is_reached=True, is_solved=True, was_contacted=True, satisfaction=satisfaction,
        called_at=called_at or timezone.now(),
    )  # fmt: skip
    workflow.close(order, by=by)
