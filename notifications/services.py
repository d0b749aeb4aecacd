"""Telling people at once, in the transaction of the cause. What a sweep tells goes through the `outbox`."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from common import clock
from notifications.models import Message


def notify(recipients: Iterable[Any], *, key: str, subject: str, body: str = "", path: str = "") -> None:
    """Put one message into the inbox of each recipient; those who already have a message with this key get none."""
    people = {person.pk: person for person in recipients if person is not None}
    Message.objects.bulk_create(
        [Message(recipient=person, key=key, subject=subject[:200], body=body, path=path) for person in people.values()],
        ignore_conflicts=True,
    )


def mark_read(messages: QuerySet[Message]) -> int:
    """Mark the unread ones among `messages` as read; how many that were."""
    return messages.filter(read_at__isnull=True).update(read_at=clock.now())
