"""Callers' names and phones are personal data: masked for those who do not handle the order, each look is on record."""

import datetime as dt
from typing import Any

from django.core.exceptions import PermissionDenied

from audit.models import AuditEntry
from audit.services import record
from common import clock
from complaints.masking import mask_name, mask_phone, masked_text
from complaints.models import Order
from complaints.querysets import OrderQuerySet

__all__ = ["Said", "finds_by_phone", "mask_name", "mask_phone", "may_see_caller", "reveal_caller",
           "with_callers_seen"]  # fmt: skip
LOOK = "查看诉求人信息"
ONE_LOOK = dt.timedelta(minutes=30)


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


class Said:
    """How the user reads texts of the order: as they are, or with the caller's name and all phones masked.

    Call `note_look` once all of them are read: where a name or a phone stood in one, that is a look at the caller.
    """

    def __init__(self, order: Order, user: Any) -> None:
        self._order, self._user = order, user
        self._as_it_is, self._tells = may_see_caller(user, order), False

    def __call__(self, text: str) -> str:
        masked = masked_text(text, self._order.caller)
        if not self._as_it_is:
            return masked
        self._tells = self._tells or masked != text
        return text

    def note_look(self) -> None:
        """Whoever comes back to the page within half an hour looks once. None or two queries."""
        if not self._tells:
            return
        looks = AuditEntry.objects.of(self._order).filter(action=LOOK, actor=self._user)
        if not looks.filter(at__gte=clock.now() - ONE_LOOK).exists():
            _note_look(self._order, self._user, note="诉求内容或办理记录里写有姓名、电话")


def reveal_caller(order: Order, *, by: Any) -> tuple[str, str]:
    """(name, phone) as they are; that somebody looked goes into the journal."""
    if not may_see_caller(by, order):
        raise PermissionDenied("只有受理、回访和正在办理这件投诉的人员可以查看诉求人姓名和电话")
    _note_look(order, by)
    return order.caller, order.phone


def _note_look(order: Order, by: Any, note: str = "") -> None:
    record(actor=by, action=LOOK, target=order, region_code=order.county.code, note=note)
