"""Writing what people are to be told about items that have reached a step: in SQL, for any number of items at once."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Case, CharField, F, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Concat, Left

from notifications.outbox import queue_selected
from supervision.deadline_words import said_deadline, said_overdue, said_to_come
from supervision.enums import Measure
from supervision.kinds import Kind
from supervision.models import AUDIENCE, BUREAU_AUDIENCE, PolicyStep

# News about a proposal is a matter of its own: whether it still holds is another question.
PROPOSED = "-proposal"
# What follows it has room in a subject of 200 characters; PostgreSQL takes no more.
LONGEST_TITLE = 150
PROPOSALS_PATH = "/supervision/proposals/"


def tell_people(
    kind: Kind, step: PolicyStep, items: QuerySet[Any], *, now: dt.datetime, cause: str, bundle: str, repeats: bool
) -> None:
    """One piece of news to each person whom the step tells, for each of the items (with `repeat`). `cause`: a word that
    its key begins with, so that the same is never said twice for it."""
    parts = people_of(kind, step, items)
    text = _text(kind, cause, step, repeats) | {"subject": _subject(kind, step, now), "path": kind.path}
    queue_selected(*(part.annotate(**text) for part in parts), matter=kind.name, step=step.code, bundle=bundle)


def tell_of_proposals(
    kind: Kind, step: PolicyStep, items: QuerySet[Any], *, now: dt.datetime, run: int, repeats: bool
) -> None:
    """The bureau's people of the step: there is something to decide."""
    text = _text(kind, "sweep", step, repeats)
    text |= {"subject": _subject(kind, step, now, f"{step.label}待审批"), "path": Value(PROPOSALS_PATH)}
    parts = [part.annotate(**text) for part in deciders_of(kind, step, items)]
    queue_selected(*parts, matter=kind.name + PROPOSED, step=step.code, bundle=f"proposals:{run}:{kind.name}")


def people_of(kind: Kind, step: PolicyStep, items: QuerySet[Any]) -> Iterator[QuerySet[Any]]:
    """The items with each of the people whom the step tells, once it is approved if it has to be, as `recipient`."""
    return _told_by(kind, step, items, AUDIENCE)


def deciders_of(kind: Kind, step: PolicyStep, items: QuerySet[Any]) -> Iterator[QuerySet[Any]]:
    """With those of them who learn that it is proposed."""
    return _told_by(kind, step, items, BUREAU_AUDIENCE)


def _told_by(kind: Kind, step: PolicyStep, items: QuerySet[Any], flags: Sequence[str]) -> Iterator[QuerySet[Any]]:
    for flag in step.audience:
        if flag in flags:
            yield from kind.recipients[flag](items)


def _text(kind: Kind, cause: str, step: PolicyStep, repeats: bool) -> dict[str, Any]:
    due = said_deadline(kind)
    key = [Value(f"{cause}:{kind.name}:"), Cast("pk", CharField()), Value(":"), due, Value(f":{step.code}")]
    if repeats:
        key += [Value("+"), Cast("repeat", CharField())]
    if kind.round:
        again = Concat(Value("@"), Cast(kind.round, CharField()))
        key.append(Case(When(**{f"{kind.round}__gt": 1}, then=again), default=Value("")))
    text: dict[str, Any] = {
        "key": Concat(*key),
        "body": Concat(kind.text, Value("\n时限 "), due, output_field=TextField()),
        "item_id": F("pk"),
    }
    names = {"due_on": kind.due_day, "due_minute": kind.due_minute, "round": kind.round_number}
    return text | {name: value for name, value in names.items() if value != F(name)}


def _subject(kind: Kind, step: PolicyStep, now: dt.datetime, news: str = "") -> Concat:
    """YH-2026-0001 距时限还有 3 天 / YH-2026-0001 逾期 3 天，已列入督办 / YH-2026-0001 逾期 3 天，督办单待审批

    Of a kind by moments: 剩 3 小时，10月2日 14:30 到期 / 10月2日 14:30 到期 / 逾期 40 分钟，已列入督办"""
    title = Left(kind.title, LONGEST_TITLE)
    if step.amount > 0:
        return Concat(title, Value(" 逾期 "), said_overdue(kind, now), Value(f"，{news or _asked(kind, step)}"))
    return Concat(title, Value(" "), said_to_come(kind, step, now))


def _asked(kind: Kind, step: PolicyStep) -> str:
    return kind.urge if step.measure == Measure.URGE else Measure(step.measure).news
