"""Steps that the sweep only proposes: an officer of the bureau approves, declines, or holds them until a day.

An open proposal is no longer needed if its item was settled or given another deadline or unit, its ladder has lost the
step, or a severer one waits or was approved after it; that is computed, never stored. Of two officers who decide at
once one wins.
"""

import datetime as dt
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Case, DateTimeField, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from audit.models import AuditEntry
from audit.services import build
from common import clock
from common.concurrency import Stale, change
from common.due import overdue
from common.insert_select import insert_select
from common.ui import deadline, prose_day
from supervision.enums import ProposalState
from supervision.kinds import KINDS, Facts, Kind
from supervision.models import DEADLINE, PolicyStep, Proposal, ProposalQuerySet, SweepRun
from supervision.policy import ladders, ladders_by_kind
from supervision.telling import tell_people

APPROVE, DECLINE, HOLD = "approve", "decline", "hold"
VERBS = {APPROVE: "批准", DECLINE: "不同意", HOLD: "暂缓"}
MOST_ROWS = 500
# Of an item for which nobody is responsible.
NO_UNIT = Value(0)
COLUMNS = (
    *DEADLINE, "step", "level", "repeat", "unit_id", "proposed_at", "state", "reason", "version",
)  # fmt: skip


def propose(kind: Kind, step: PolicyStep, items: QuerySet[Any], run: SweepRun) -> int:
    """Put the step before the bureau for each of the items (with `repeat`); how many were new."""
    rows = items.order_by().values_list(
        Value(kind.name), "pk", kind.due_day, kind.due_minute, kind.round_number, Value(step.code), Value(step.level),
        "repeat", Coalesce(kind.unit, NO_UNIT),
        Value(run.started_at, output_field=DateTimeField()), Value(ProposalState.OPEN.value), Value(""), Value(0),
    )  # fmt: skip
    return insert_select(Proposal, COLUMNS, rows, line_up_by="item_id")


def may_decide(user: Any) -> bool:
    return bool(user.has_perm("supervision.decide_proposal"))


def needed(kinds: Iterable[str] = KINDS) -> Q:
    """Of open proposals of these kinds those that are still to be decided about: the item as it was, the step on its
    ladder, and nothing in the way. Two queries, at once; the fewer kinds, the shorter the statement."""
    standing = _standing(set(kinds))
    same = {name: OuterRef(name) for name in DEADLINE}
    others = Proposal.objects.filter(**same)
    # First what is severer; once it is decided about, what was proposed after it. Declined, it is not in the way.
    severer = others.filter(level__gt=OuterRef("level"))
    first = severer.filter(standing, state=ProposalState.OPEN)
    done = severer.filter(state=ProposalState.APPROVED, proposed_at__gte=OuterRef("proposed_at"))
    # Of a step's repetitions the latest; but held, an earlier one holds them all.
    repetitions = others.filter(step=OuterRef("step"))
    earlier_held = repetitions.filter(held(clock.today()), repeat__lt=OuterRef("repeat"))
    later = repetitions.filter(repeat__gt=OuterRef("repeat"))
    is_superseded = ~held(clock.today()) & Q(Exists(later.order_by()))
    in_the_way = is_superseded | Q(Exists(earlier_held.order_by())) | Q(Exists(first)) | Q(Exists(done))
    # Asked of each proposal by the key of its deadline. Left to be joined, a table that was filled a moment ago and is
    # believed to be nearly empty would be gone through for every row.
    return standing & Q(Exact(Case(When(in_the_way, then=Value(1)), default=Value(0)), 0))


def _standing(kinds: Collection[str]) -> Q:
    """Of proposals those whose item is watched with that deadline, in that round and under that unit, and whose step is
    on the ladder that holds for it now."""
    found, by_kind = Q(pk__in=[]), ladders_by_kind()
    for kind in (KINDS[name] for name in KINDS if name in kinds):
        for each in by_kind.get(kind.name, ()):
            items = Exists(under_the_same(kind, each.among(kind, kind.watched())))
            found |= Q(items, kind=kind.name, step__in=[step.code for step in each.steps])
    return found


def under_the_same(kind: Kind, items: QuerySet[Any]) -> QuerySet[Any]:
    """Of the items the one that a proposal (the outer query) is about, if its deadline, round and unit are the same."""
    items = items.annotate(responsible=Coalesce(kind.unit, NO_UNIT))
    return items.filter(**kind.same_deadline, responsible=OuterRef("unit_id")).order_by()


def due_for(user: Any) -> ProposalQuerySet:
    """What waits for the user's decision today. Nothing for whoever may not decide."""
    if not may_decide(user):
        return Proposal.objects.none()
    return Proposal.objects.visible_to(user).filter(due(clock.today()), needed())


def any_open_for(user: Any) -> bool:
    """Whether there are any, needed still or not. Quick, where `due_for` words a long statement for each kind."""
    return may_decide(user) and Proposal.objects.visible_to(user).filter(due(clock.today())).exists()


def due(today: dt.date) -> Q:
    return Q(state=ProposalState.OPEN) & (Q(held_until__isnull=True) | Q(held_until__lte=today))


def held(today: dt.date) -> Q:
    return Q(state=ProposalState.OPEN, held_until__gt=today)


def why_not_needed(proposal: Proposal, facts: Facts) -> str:
    """已销号 / 时限已改为 2026-09-30 / 责任单位或督办规则已变"""
    if facts.deadline is None:
        return f"现在是“{facts.status}”" if facts.status else "事项已不在"
    if facts.round != proposal.round:
        return f"已开始新的一轮（第 {facts.round} 轮）"
    if facts.deadline != proposal.deadline:
        return f"时限已改为 {deadline(facts.deadline)}"
    return "已报更高的一步或新的一次，或责任单位、督办规则已变"


@dataclass
class Outcome:
    """`gone`: those that were no longer needed; `stale`: those that somebody else has decided about or held since."""

    done: list[Proposal] = field(default_factory=list)
    gone: list[Proposal] = field(default_factory=list)
    stale: list[Proposal] = field(default_factory=list)


@transaction.atomic
def decide(seen: Mapping[int, int], *, by: Any, move: str, reason: str = "", until: dt.date | None = None) -> Outcome:
    """`seen`: proposals by pk, with the version that was on the page. Each is judged by itself; those that the user
    does not see are left out. A few queries, and one for each proposal."""
    if not may_decide(by):
        raise PermissionDenied("您没有审批督办的权限")
    outcome = Outcome()
    chosen = Proposal.objects.visible_to(by).filter(pk__in=seen)
    kinds = set(chosen.order_by().values_list("kind", flat=True))
    wanted = set(chosen.filter(needed(kinds)).values_list("pk", flat=True))
    # In one order, lest two officers wait for each other.
    for proposal in chosen.order_by("pk"):
        proposal.version = seen[proposal.pk]
        try:
            if proposal.pk in wanted or proposal.state != ProposalState.OPEN:
                change(proposal, expect={"state": ProposalState.OPEN}, **_values(move, by, reason, until))
                outcome.done.append(proposal)
            else:
                outcome.gone.append(proposal)
        except Stale:
            outcome.stale.append(proposal)
    for proposal in outcome.stale:
        proposal.refresh_from_db()
    _audit(outcome.done, by, move, reason, until)
    if move == APPROVE:
        _tell(outcome.done)
    return outcome


def _values(move: str, by: Any, reason: str, until: dt.date | None) -> dict[str, Any]:
    state = {APPROVE: ProposalState.APPROVED, DECLINE: ProposalState.DECLINED, HOLD: ProposalState.OPEN}[move]
    held_until = until if move == HOLD else None
    return {
        "state": state, "held_until": held_until, "reason": reason, "decided_by": by, "decided_at": clock.now(),
    }  # fmt: skip


def _audit(proposals: Iterable[Proposal], by: Any, move: str, reason: str, until: dt.date | None) -> None:
    entries = []
    for kind, some in _by_kind(proposals):
        items = kind.watched().model._default_manager.in_bulk([proposal.item_id for proposal in some])
        for proposal in some:
            held = f"{prose_day(until)}前暂不办理" if move == HOLD and until else ""
            note = "；".join(filter(None, [overdue(proposal.deadline, clock.now()), held, reason]))
            action = f"{VERBS[move]}{proposal.label}"
            entries.append(build(actor=by, action=action, target=items[proposal.item_id], note=note))
    at = clock.now()
    for entry in entries:
        entry.at = at
    AuditEntry.objects.bulk_create(entries)


def _tell(proposals: Iterable[Proposal]) -> None:
    """Whom the step tells on the ladder that holds for the item now."""
    decision, now = secrets.token_hex(6), clock.now()
    for kind, some in _by_kind(proposals):
        bundle = f"approved:{decision}:{kind.name}"
        for ladder in ladders(kind):
            for step in ladder.steps:
                by_repeat: dict[int, list[int]] = {}
                for proposal in some:
                    if proposal.step == step.code:
                        by_repeat.setdefault(proposal.repeat, []).append(proposal.pk)
                for repeat, pks in by_repeat.items():
                    # For the unit and the deadline that it was about: the item may have been moved this moment.
                    unit = {"unit_id": Coalesce(OuterRef(kind.unit), NO_UNIT)}
                    approved = kind.recorded_in(Proposal.objects.filter(pk__in=pks, **unit))
                    items = ladder.among(kind, kind.watched()).filter(approved)
                    items = items.annotate(repeat=Value(repeat, output_field=IntegerField()))
                    tell_people(kind, step, items, now=now, cause="approved", bundle=bundle, repeats=repeat > 0)


def _by_kind(proposals: Iterable[Proposal]) -> list[tuple[Kind, list[Proposal]]]:
    found: dict[str, list[Proposal]] = {}
    for proposal in proposals:
        found.setdefault(proposal.kind, []).append(proposal)
    return [(KINDS[name], some) for name, some in found.items()]
