"""Telling people at once, in the transaction of the cause. What a sweep tells goes through the `outbox`."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet

from audit.services import record
from common import clock
from notifications.models import Message, Outgoing
from notifications.outbox import try_again


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


@transaction.atomic
def send_again(rows: QuerySet[Outgoing], *, by: Any) -> int:
    """Have those that were given up sent once more; how many."""
    if not by.has_perm("notifications.manage_outgoing"):
        raise PermissionDenied("您没有重发消息的权限")
    count = try_again(rows)
    if count:
        record(actor=by, action="重发消息", note=f"{count} 条没有发出的消息")
    return count
