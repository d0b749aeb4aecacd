"""What is kept of limits that have passed."""

import datetime as dt

from django.db.models import F

from complaints.models import Order


def record_first_overdue(now: dt.datetime) -> int:
    """Set `first_overdue_at` on every order whose limit for reporting has passed; how many. One UPDATE, safe to
    repeat."""
    late = Order.objects.handling_limit_runs().filter(due_at__lte=now, first_overdue_at__isnull=True)
    return late.update(first_overdue_at=F("due_at"))
