"""Who has said of an order that it is not theirs: it is not offered to them again unless a person insists."""

from collections.abc import Iterable
from typing import Any

from accounts.models import Unit
from complaints.models import Order, SendBack

# Of one order, by the company's pk, what it said last.
Refusals = dict[int, SendBack]


def refusals_of(orders: Iterable[Order]) -> dict[int, Refusals]:
    """By the order's pk; those that nobody has sent back are left out. One query."""
    found: dict[int, Refusals] = {}
    for each in SendBack.objects.filter(order__in=[order.pk for order in orders]).select_related("company"):
        found.setdefault(each.order_id, {})[each.company_id] = each
    return found


def refusals_by(order: Order) -> Refusals:
    return refusals_of([order]).get(order.pk, {})


def willing(company: Unit | None, refusals: Refusals) -> Unit | None:
    """The company, unless it has sent the order back."""
    return None if company is None or company.pk in refusals else company


def in_words(refusals: Refusals) -> str:
    """城源热力 退过单：“由北苑供热站供热”；…"""
    return "；".join(said(each) for each in refusals.values())


def said(refusal: Any) -> str:
    return f"{refusal.company.label} 退过单：“{refusal.reason}”"
