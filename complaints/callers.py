"""Callers' names and phones are personal data: masked for those who do not handle the order, each look is on record."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied

from audit.services import record
from complaints.masking import mask_name, mask_phone, masked_text
from complaints.models import Order
from complaints.querysets import OrderQuerySet

__all__ = ["finds_by_phone", "mask_name", "mask_phone", "may_see_caller", "reveal_caller", "what_is_said",
           "with_callers_seen"]  # fmt: skip


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


def what_is_said(order: Order, user: Any) -> Callable[[str], str]:
    """How the user reads texts of the order: as they are, or with the caller's name and all phones masked."""
    if may_see_caller(user, order):
        return lambda text: text
    return lambda text: masked_text(text, order.caller)


def reveal_caller(order: Order, *, by: Any) -> tuple[str, str]:
    """(name, phone) as they are; that somebody looked goes into the journal."""
    if not may_see_caller(by, order):
        raise PermissionDenied("只有受理、回访和正在办理这件投诉的人员可以查看诉求人姓名和电话")
    record(actor=by, action="查看诉求人信息", target=order, region_code=order.county.code)
    return order.caller, order.phone
