"""The outbox: news written in the transaction of its cause, looked at once more and sent when that is through.

    queue_selected(*parts, bundle="sweep:12")     # in the transaction
    deliver()                                     # afterwards, by any number of workers at once

A row is claimed by a conditional UPDATE that holds for the length of a lease: of two workers one gets it, and what a
killed one had is taken up again. Sending writes the inbox message and the row's end in one transaction, by a unique
key: a message is never lost and never there twice. What cannot be sent is tried again, later each time, and given up
visibly; nothing waits for it.

That goes for a row too that kills its worker. How often a row was taken up is counted with the claim: what was taken up
and did not come to an end waits behind all that is fresh and is then taken up in smaller and smaller company, at last
alone. So the others go out, and who kills worker after worker alone is given up. A worker that is killed for another
reason costs its rows nothing: they go out when they are taken up next.
"""

import datetime as dt
import logging
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import CharField, DateTimeField, F, Min, Q, QuerySet, Value

from common import clock
from common.insert_select import insert_select
from notifications.models import Message, Outgoing, OutgoingState

logger = logging.getLogger(__name__)
# What is claimed at once: so many rows that stand alone, or the bundles of so many people. Each time that it did not
# come to an end only so small a part of it.
CLAIMED_AT_ONCE, PART = 200, 8
# So often bundles are taken up whole; afterwards so many rows of one, and parts of that.
WHOLE_TAKE_UPS, ROWS_AT_ONCE = 4, 64
# The last four of them alone.
MOST_TAKE_UPS = 10
MOST_ATTEMPTS = 8
# So often a bundle is tried as it is, before the row that spoils it is looked for.
TOGETHER_ATTEMPTS = 2
FIRST_PAUSE, LONGEST_PAUSE = dt.timedelta(seconds=30), dt.timedelta(hours=1)
# More news than this of one bundle for one person is one message that lists them.
MOST_ALONE = 3
MOST_LISTED = 30
COLUMNS = ("recipient", "key", "subject", "body", "path", "item_id", "due_on", "due_minute", "round", "repeat")


@dataclass(frozen=True, slots=True)
class Matter:
    """What news may be about. `holding`: of these rows the pks of those that are still true, for their recipient too.

    `bundled`: the subject of a message that has taken the place of these, and where it leads.
    """

    name: str
    holding: Callable[[Sequence[Outgoing]], set[int]]
    bundled: Callable[[Sequence[Outgoing]], tuple[str, str]]


_MATTERS: dict[str, Matter] = {}


def lease_time() -> dt.timedelta:
    """How long a worker may take for what it has claimed before somebody else takes it up."""
    return dt.timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)


def register_matter(matter: Matter) -> None:
    _MATTERS[matter.name] = matter


def queue_selected(*parts: QuerySet[Outgoing], matter: str, step: str, bundle: str) -> int:
    """Write news for as many people as there are, in one statement; how many rows were new.

    Each row of `parts` is news for one person, with the columns COLUMNS (`recipient`: a user's pk).
    """
    if not parts:
        return 0
    now = clock.now()
    constants = {
        "matter": matter, "step": step, "bundle": bundle, "state": OutgoingState.WAITING.value, "lease": "",
        "last_error": "",
    }  # fmt: skip
    values = [Value(value, output_field=CharField()) for value in constants.values()]
    moment = Value(now, output_field=DateTimeField())
    rows = [part.order_by().values_list(*COLUMNS, *values, moment, moment, Value(0)) for part in parts]
    names = (*COLUMNS, *constants, "created_at", "due_at", "attempts")
    # Whoever stands in several parts gets one: the key sees to that.
    return insert_select(Outgoing, names, rows[0].union(*rows[1:], all=True), line_up_by="key")


def deliver_soon() -> None:
    """Have what this transaction has written sent right after it, for news that must not wait for the next round. If
    the broker does not take the task, that round sends it."""
    transaction.on_commit(_ask_for_delivery)


def _ask_for_delivery() -> None:
    try:
        current_app.send_task("notifications.tasks.deliver", retry_policy={"max_retries": 1, "interval_start": 0})
    except Exception:  # each broker has errors of its own; the news is safe and goes out with the next round
        logger.warning("a delivery of the outbox could not be asked for", exc_info=True)


def deliver(*, seconds: float = 50.0) -> int:
    """Send what is due, for at most so long; how many rows came to their end. Any number of workers at once."""
    until, done = time.monotonic() + seconds, 0
    while time.monotonic() < until and (rows := claim()):
        for _, together in groupby(rows, key=lambda row: (row.recipient_id, row.bundle, row.bundle or row.pk)):
            done += _try(list(together))
    return done


def claim() -> list[Outgoing]:
    """Take up what is due, what is fresh before what was taken up in vain, the oldest first; bundles whole, unless that
    went wrong too often. Each row is then ours for the length of a lease."""
    now, lease = clock.now(), secrets.token_hex(8)
    due, take_ups = Outgoing.objects.due(now), 0
    wanted = _portion(due.filter(take_ups=0), 0)
    if not wanted:
        take_ups = due.aggregate(least=Min("take_ups"))["least"] or 0
        if take_ups >= MOST_TAKE_UPS:
            _give_up(due, now)
        elif take_ups:
            wanted = _portion(due.filter(take_ups=take_ups), take_ups)
    if not wanted:
        return []
    # The condition is judged again on each row as it is written: whoever comes second leaves it out.
    due.filter(wanted, take_ups=take_ups).update(
        lease=lease, leased_until=now + lease_time(), take_ups=F("take_ups") + 1
    )  # fmt: skip
    return list(Outgoing.objects.filter(lease=lease, state=OutgoingState.WAITING).order_by("recipient", "bundle", "id"))


def _portion(due: QuerySet[Outgoing], take_ups: int) -> Q | None:
    """Which of these rows, taken up so often already, are to be claimed together; None for none."""
    whole = take_ups < WHOLE_TAKE_UPS
    most = CLAIMED_AT_ONCE // PART**take_ups if whole else ROWS_AT_ONCE // PART ** (take_ups - WHOLE_TAKE_UPS)
    heads = due.order_by("due_at", "id").values_list("pk", "recipient_id", "bundle")[: max(most, 1)]
    alone, bundles = set(), set()
    for pk, recipient, bundle in heads:
        if bundle and whole:
            bundles.add((recipient, bundle))
        else:
            alone.add(pk)
    if not alone and not bundles:
        return None
    wanted = Q(pk__in=alone)
    for recipient, bundle in bundles:
        wanted |= Q(recipient=recipient, bundle=bundle)
    return wanted


def _give_up(due: QuerySet[Outgoing], now: dt.datetime) -> None:
    """What was alone when its workers died, again and again."""
    given_up = due.filter(take_ups__gte=MOST_TAKE_UPS).update(
        state=OutgoingState.FAILED, done_at=now, lease="", leased_until=None,
        last_error=f"发送进程 {MOST_TAKE_UPS} 次都在处理这条消息时中断（内存不足或被终止），不再自动重试",
    )  # fmt: skip
    logger.error("gave up %s outgoing messages with which worker after worker died", given_up)


def _try(rows: list[Outgoing]) -> int:
    """Send what belongs together; an error is kept with these rows and stops no others."""
    try:
        return _send(rows)
    except Exception as error:  # whatever is wrong with these rows, the others must go out
        logger.exception("outgoing messages %s could not be sent", [row.pk for row in rows[:10]])
        if len(rows) > 1 and rows[0].attempts >= TOGETHER_ATTEMPTS:
            # It does not pass by itself: one of them is the reason. The others stay together as far as they can.
            half = len(rows) // 2
            return _try(rows[:half]) + _try(rows[half:])
        _put_off(rows, error)
        return 0


def _put_off(rows: list[Outgoing], error: Exception) -> None:
    now, attempts = clock.now(), rows[0].attempts + 1
    gives_up = attempts >= MOST_ATTEMPTS
    Outgoing.objects.filter(
        pk__in=[row.pk for row in rows], lease=rows[0].lease, state=OutgoingState.WAITING
    ).update(
        state=OutgoingState.FAILED if gives_up else OutgoingState.WAITING,
        done_at=now if gives_up else None,
        due_at=now + min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE),
        attempts=attempts,
        take_ups=0,
        lease="",
        leased_until=None,
        last_error=f"{type(error).__name__}: {error}"[:300],
    )  # fmt: skip


@transaction.atomic
def _send(rows: list[Outgoing]) -> int:
    ours = Outgoing.objects.select_for_update().filter(
        pk__in=[row.pk for row in rows], lease=rows[0].lease, state=OutgoingState.WAITING
    )  # fmt: skip
    held = list(ours.order_by("id"))
    if not held:
        return 0
    holding = _holding(held)
    now = clock.now()
    gone = [row.pk for row in held if row.pk not in holding]
    Outgoing.objects.filter(pk__in=gone).update(state=OutgoingState.DROPPED, done_at=now, lease="", leased_until=None)
    standing = [row for row in held if row.pk in holding]
    bundled = len(standing) > MOST_ALONE and standing[0].bundle
    for together in [standing] if bundled else [[row] for row in standing]:
        message = _into_inbox(together)
        Outgoing.objects.filter(pk__in=[row.pk for row in together]).update(
            state=OutgoingState.SENT, done_at=now, lease="", leased_until=None, message=message
        )
    return len(held)


def _holding(rows: Sequence[Outgoing]) -> set[int]:
    return {
        pk
        for name in {row.matter for row in rows}
        for pk in _MATTERS[name].holding([row for row in rows if row.matter == name])
    }


def _into_inbox(rows: Sequence[Outgoing]) -> Message:
    """The message that these rows become; the one that is there already if it has been written before."""
    first = rows[0]
    if len(rows) == 1:
        key, subject, body, path = first.key, first.subject, first.body, first.path
    else:
        key = f"{first.bundle}:{first.pk}"
        subject, path = _MATTERS[first.matter].bundled(rows)
        more = f"\n……共 {len(rows)} 条，打开可看全部" if len(rows) > MOST_LISTED else ""
        body = "\n".join(row.subject for row in rows[:MOST_LISTED]) + more
    message, _ = Message.objects.get_or_create(
        recipient_id=first.recipient_id, key=key, defaults={"subject": subject[:200], "body": body, "path": path}
    )
    return message


def try_again(rows: Iterable[Outgoing]) -> int:
    """Have what was given up sent once more; how many rows."""
    pks = [row.pk for row in rows]
    failed = Outgoing.objects.filter(pk__in=pks, state=OutgoingState.FAILED)
    return failed.update(state=OutgoingState.WAITING, due_at=clock.now(), attempts=0, take_ups=0, done_at=None)
