"""Callers' names and phones are personal data: masked for those who do not handle the order, each look is on record."""

from typing import Any

from django.core.exceptions import PermissionDenied

from audit.services import record
from complaints.models import Order
from complaints.querysets import OrderQuerySet


def may_see_caller(user: Any, order: Order) -> bool:
    """The desk and the bureau; of a company those who handle the order, until it is settled."""
    if not user.has_perm("complaints.view_caller") or not user.unit_id:
        return bool(user.is_superuser)
    if user.has_perm("complaints.dispatch_order"):
        return True
    return user.unit_id == order.company_id and order.state.is_under_way


def finds_by_phone(user: Any) -> bool:
    """Whether the user may look for orders by a phone: whoever cannot see whose it is must not find out by asking."""
    return bool(user.has_perm("complaints.view_caller"))


def with_callers_seen(orders: OrderQuerySet, user: Any) -> OrderQuerySet:
    """Of these the orders whose callers the user may see, as `may_see_caller`."""
    if not finds_by_phone(user) or not (user.unit_id or user.is_superuser):
        return orders.none()
    if user.has_perm("complaints.dispatch_order"):
        return orders
    return orders.filter(company=user.unit_id).under_way()


def mask_name(name: str) -> str:
    """王*; 王** of three characters and more."""
    return f"{name[0]}{'*' * min(len(name) - 1, 2) or '*'}" if name else ""


def mask_phone(phone: str) -> str:
    """138****1234; of a short one the last two only."""
    if len(phone) >= 11:
        return f"{phone[:3]}****{phone[-4:]}"
    return f"{'*' * max(len(phone) - 2, 0)}{phone[-2:]}"


def reveal_caller(order: Order, *, by: Any) -> tuple[str, str]:
    """(name, phone) as they are; that somebody looked goes into the journal."""
    if not may_see_caller(by, order):
        raise PermissionDenied("只有受理、回访和正在办理这件投诉的人员可以查看诉求人姓名和电话")
    record(actor=by, action="查看诉求人信息", target=order, region_code=order.county.code)
    return order.caller, order.phone
