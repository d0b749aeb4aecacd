"""Telling people: messages are written in the transaction of their cause."""

from collections.abc import Iterable
from typing import Any

from django.db.models import DateTimeField, QuerySet, Value

from common import clock
from common.insert_select import insert_select
from notifications.models import Message


def notify(recipients: Iterable[Any], *, key: str, subject: str, body: str = "", path: str = "") -> None:
    """Put one message into the inbox of each recipient; those who already have a message with this key get none."""
    people = {person.pk: person for person in recipients if person is not None}
    Message.objects.bulk_create(
        [Message(recipient=person, key=key, subject=subject[:200], body=body, path=path) for person in people.values()],
        ignore_conflicts=True,
    )


def notify_selected(*parts: QuerySet[Any]) -> int:
    """The same for as many people as there are, in one statement; how many messages were new.

    Each row of `parts` is a message, with the columns `recipient` (a user's pk), `key`, `subject`, `body` and `path`.
    """
    if not parts:
        return 0
    names = ("recipient", "key", "subject", "body", "path")
    at = Value(clock.now(), output_field=DateTimeField())
    rows = [part.order_by().values_list(*names, at) for part in parts]
    # Whoever stands in several parts gets one: the key sees to that.
    return insert_select(Message, (*names, "created_at"), rows[0].union(*rows[1:], all=True))


def mark_read(messages: QuerySet[Message]) -> int:
    """Mark the unread ones among `messages` as read; how many that were."""
    return messages.filter(read_at__isnull=True).update(read_at=clock.now())
