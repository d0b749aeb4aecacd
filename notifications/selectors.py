"""Reads for pages. Each docstring states its number of queries."""

from typing import Any

from notifications.models import Message

# The bell says 99+ beyond that.
MOST_COUNTED = 100


def unread_count(user: Any) -> int:
    """How many messages the user has not read, counted up to MOST_COUNTED. One query."""
    return Message.objects.visible_to(user).unread().order_by()[:MOST_COUNTED].count()
