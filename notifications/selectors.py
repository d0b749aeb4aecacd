"""Reads for pages. Each docstring states its number of queries."""

import datetime as dt
from typing import Any

from django.core.cache import cache

from common import clock
from notifications.models import Message, Outgoing
from notifications.outbox import lease_time

# The bell says 99+ beyond that.
MOST_COUNTED = 100
FAILED_KEY, FAILED_SECONDS = "notifications:any_failed", 30
WAITING_KEY, WAITING_SECONDS = "notifications:waiting_since", 30
# The outbox is emptied every minute.
LONGEST_WAIT = dt.timedelta(minutes=15)


def unread_count(user: Any) -> int:
    """How many messages the user has not read, counted up to MOST_COUNTED. One query."""
    return Message.objects.visible_to(user).unread().order_by()[:MOST_COUNTED].count()


def failed_count(user: Any = None) -> int:
    """How many messages were given up, in all or to people whom the user sees, up to MOST_COUNTED. One query."""
    failed = Outgoing.objects.failed()
    return (failed.visible_to(user) if user else failed).order_by()[:MOST_COUNTED].count()


def any_failed() -> bool:
    """Mostly no query: the answer is cached for a moment."""
    known: bool | None = cache.get(FAILED_KEY)
    if known is None:
        known = Outgoing.objects.failed().exists()
        cache.set(FAILED_KEY, known, FAILED_SECONDS)
    return known


def forget_failed() -> None:
    cache.delete(FAILED_KEY)


def allowed_wait() -> dt.timedelta:
    """How long news may be due without being sent. What a killed worker had waits for the end of its lease."""
    return max(LONGEST_WAIT, 2 * lease_time())


def waiting_since() -> dt.datetime | None:
    """Since when the oldest news that waits has been due; None if nothing waits. One look into an index."""
    return Outgoing.objects.waiting().order_by("due_at", "id").values_list("due_at", flat=True).first()


def backlog_since() -> dt.datetime | None:
    """The same for pages, if that is too long ago, else None. Mostly no query: the answer is cached for a moment."""
    known: tuple[dt.datetime | None] | None = cache.get(WAITING_KEY)
    if known is None:
        known = (waiting_since(),)
        cache.set(WAITING_KEY, known, WAITING_SECONDS)
    [since] = known
    return since if since and clock.now() - since > allowed_wait() else None
