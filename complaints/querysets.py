"""Which orders a user sees, and the facts that lists are filtered by."""

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, Q

from accounts.enums import UnitKind
from accounts.scoping import in_region, sees_region
from common.insert_select import Literal
from common.search_terms import search_condition
from complaints.enums import AT_DESK_STATUSES, DISPATCHED_STATUSES, OPEN_STATUSES, UNDER_WAY_STATUSES, OrderStatus

if TYPE_CHECKING:
    from complaints.models import Order  # noqa: F401 - named in strings


def seen_by(user: Any) -> Q:
    """The bureaus, the desk and leaders see their region, a township its area, a company what was dispatched to it.
    Whoever has no unit sees nothing."""
    if not user.is_superuser and not user.unit_id:
        return Q(pk__in=[])
    if sees_region(user) or user.unit.kind == UnitKind.TOWNSHIP or user.has_perm("complaints.dispatch_order"):
        return in_region(user, township="township")
    return Q(company_id=user.unit_id, status__in=DISPATCHED_STATUSES)


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, user: Any) -> "OrderQuerySet":
        return self.filter(seen_by(user))

    def open(self) -> "OrderQuerySet":
        return self.filter(status__in=OPEN_STATUSES)

    def under_way(self) -> "OrderQuerySet":
        return self.filter(status__in=UNDER_WAY_STATUSES)

    def overdue(self, now: dt.datetime) -> "OrderQuerySet":
        """Dispatched and not reported although the limit has passed; also while bounced back to the desk."""
        return self.filter(Q(status__in=OPEN_STATUSES), reported_at__isnull=True, due_at__lte=now)

    # What the sweep watches, as the conditions of its indexes have it: `order_handling_sweep` and so on.

    def dispatch_limit_runs(self) -> "OrderQuerySet":
        """Registered and never handed out."""
        at_desk = [Literal(status.value) for status in AT_DESK_STATUSES]
        return self.filter(status__in=at_desk, dispatched_at__isnull=True)

    def handling_limit_runs(self) -> "OrderQuerySet":
        """Dispatched (those that are not have no limit) and not reported; also while back at the desk."""
        return self._open_for_an_index().filter(reported_at__isnull=True)

    def visit_limit_runs(self) -> "OrderQuerySet":
        """Of these, where nobody has been there."""
        return self._open_for_an_index().filter(visited_at__isnull=True, reported_at__isnull=True)

    def callback_limit_runs(self) -> "OrderQuerySet":
        """Reported and not closed."""
        return self.filter(status=Literal(OrderStatus.REPORTED.value))

    def _open_for_an_index(self) -> "OrderQuerySet":
        return self.filter(status__in=[Literal(status.value) for status in OPEN_STATUSES])

    def counted(self) -> "OrderQuerySet":
        """Valid complaints: neither invalid nor merged into another."""
        return self.exclude(status__in=["invalid", "merged"])

    def search_condition(self, text: str, *, scattered: bool = False) -> Q:
        """Every word of `text` in number, outside number, address or content; one query decides how it is searched.
        Raises ValueError for a word of one character."""
        return search_condition(text, self.order_by() if scattered else self.order_by("-received_at", "-pk"))

    def phone_ends_with(self, digits: str) -> "OrderQuerySet":
        """By the phone's last digits, through an index on the digits read backwards."""
        start = digits[::-1]
        # Digits only: the character after "9" ends the range.
        return self.filter(phone_reversed__gte=start, phone_reversed__lt=f"{start}:")

    def in_list_order(self) -> "OrderQuerySet":
        return self.order_by(F("received_at").desc(), F("pk").desc())
