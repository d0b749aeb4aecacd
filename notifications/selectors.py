"""Reads for pages. Each docstring states its number of queries."""

from typing import Any

from django.core.cache import cache

from notifications.models import Message, Outgoing

# The bell says 99+ beyond that.
MOST_COUNTED = 100
FAILED_KEY, FAILED_SECONDS = "notifications:any_failed", 30


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
