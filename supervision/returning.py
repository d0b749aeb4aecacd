"""News that was not sent because its item was at rest at that moment, and that holds again: written anew.

An item may wait for acceptance when its news is looked at once more, so that it is dropped; if acceptance is refused,
the step has been reached all the same, and nobody has heard of it. The next sweep then writes the news again, in the
words of that day, for whoever is to be told by then.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from common import clock
from notifications.models import Outgoing
from supervision.enums import ProposalState
from supervision.kinds import Kind
from supervision.models import DEADLINE, Escalation, PolicyStep, Proposal, SweepRun
from supervision.news import deadline_of, whom_to_tell
from supervision.proposals import needed, under_the_same
from supervision.telling import PROPOSED, deciders_of, people_of, tell_of_proposals, tell_people

# What was dropped longer ago is history.
LONGEST_REST = dt.timedelta(days=90)
MOST_AT_ONCE = 5_000

# (matter, step, whether a repetition) → the rows of the outbox
Groups = dict[tuple[str, str, bool], list[Outgoing]]


def tell_again(
    kind: Kind, climbed: Sequence[tuple[PolicyStep, bool, QuerySet[Any]]], run: SweepRun, now: dt.datetime
) -> int:
    """`climbed`: (step, whether about its repetitions, who has reached it, with `repeat`); for how many items.

    One query if there is nothing, as mostly.
    """
    if not climbed:
        return 0
    rows = _dropped(kind, [step.code for step, _, _ in climbed])
    groups, replaced = _grouped(_still_told(kind, rows, now)), 0
    for step, repeats, reached in climbed:
        news = _taken_out(groups.get((kind.name, step.code, repeats), []), reached)
        proposed = _taken_out(groups.get((kind.name + PROPOSED, step.code, repeats), []), reached)
        if news:
            cause = "approved" if step.is_proposed else "sweep"
            bundle = f"{cause}:{run.pk}:{kind.name}"
            items = reached.filter(pk__in=news)
            tell_people(kind, step, items, now=now, cause=cause, bundle=bundle, repeats=repeats)
        if proposed and step.is_proposed:
            items = reached.filter(pk__in=proposed)
            tell_of_proposals(kind, step, items, now=now, run=run.pk, repeats=repeats)
        replaced += len(news) + len(proposed)
    return replaced


def _dropped(kind: Kind, codes: Iterable[str]) -> list[Outgoing]:
    """The rows whose step is the highest that their item, watched with that deadline, has on record; if it had to be
    approved, it is, for the unit that is responsible now; and if it is about a proposal, that waits."""
    rows = Outgoing.objects.dropped().filter(matter__in=(kind.name, kind.name + PROPOSED), step__in=set(codes))
    rows = rows.filter(done_at__gte=clock.now() - LONGEST_REST)
    # Mostly there is none: what follows takes longer to put into words than all else that a sweep asks.
    if not rows.exists():
        return []
    rows = rows.filter(Exists(kind.watched().filter(**kind.same_deadline).order_by()))
    same = {name: OuterRef(name) for name in (*DEADLINE[1:], "step", "repeat")}
    highest = Escalation.objects.filter(kind=kind.name, **same).highest()
    proposals = Proposal.objects.filter(kind=kind.name, **same).order_by()
    undecided = Exists(proposals.filter(needed([kind.name]), state=ProposalState.OPEN))
    approved = Q(Exists(under_the_same(kind, kind.watched())), state=ProposalState.APPROVED)
    not_approved = Exists(proposals.exclude(approved))
    rows = rows.filter(Exists(highest.order_by()))
    rows = rows.filter(Q(matter=kind.name) & ~Q(not_approved) | ~Q(matter=kind.name) & Q(undecided))
    return list(rows.order_by("pk")[:MOST_AT_ONCE])


def _grouped(rows: Iterable[Outgoing]) -> Groups:
    groups: Groups = {}
    for row in rows:
        groups.setdefault((row.matter, row.step, row.repeat > 0), []).append(row)
    return groups


def _still_told(kind: Kind, rows: Sequence[Outgoing], now: dt.datetime) -> list[Outgoing]:
    """The rows whose people would be told today: not those of a unit that is no longer responsible."""
    if not rows:
        return []
    told = {True: whom_to_tell(kind, rows, deciders_of, now), False: whom_to_tell(kind, rows, people_of, now)}
    return [
        row for row in rows if (*deadline_of(row), row.step, row.recipient_id) in told[row.matter.endswith(PROPOSED)]
    ]


def _taken_out(rows: Sequence[Outgoing], reached: QuerySet[Any]) -> set[int]:
    """Of these rows' items those that are among `reached`: the rows make room for what replaces them."""
    if not rows:
        return set()
    there = set(reached.filter(pk__in={row.item_id for row in rows}).values_list("pk", flat=True))
    Outgoing.objects.filter(pk__in=[row.pk for row in rows if row.item_id in there]).delete()
    return there
