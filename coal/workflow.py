"""How a target is agreed: one table of moves, one function per move, and nobody else writes `Target.status`.

A company files, the housing bureau checks, the development bureau approves. Every move is one transaction of a
conditional UPDATE, an audit entry (the timeline) and the news for whoever is next. A move refused raises `MoveRefused`
with what is wrong in Chinese; a target changed meanwhile raises `Stale`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import models, transaction

from accounts.enums import UnitKind
from accounts.models import User
from accounts.roles import ADMIN, COMPANY_ROLES, DEVELOPMENT, INSPECTOR
from audit.models import AuditEntry
from audit.services import record
from coal.demand_enums import TargetStatus
from coal.demand_services import departures_of, open_revision
from coal.models import Target
from common import clock
from common.concurrency import change
from common.moves import MoveRefused
from notifications.services import notify

S = TargetStatus


class Party(Enum):
    COMPANY = "供热企业"
    BUREAU = "住建局"
    DEVELOPMENT = "发改局"


@dataclass(frozen=True)
class Move:
    """`target` None: the status stays. `needs_note`: what the note has to say; empty where it may be left out."""

    code: str
    label: str
    sources: tuple[TargetStatus, ...]
    target: TargetStatus | None
    permission: str
    party: Party
    needs_note: str = ""

    @property
    def is_onward(self) -> bool:
        """Whether it brings the target nearer to being agreed."""
        return self.target in (S.FILED, S.CHECKED, S.APPROVED)

    def is_for(self, user: Any, target: Target) -> bool:
        """Whether role and side fit, whatever the state."""
        return user.has_perm(f"coal.{self.permission}") and _stands_on(self.party, user, target)


MOVES: dict[str, Move] = {
    move.code: move
    for move in (
        Move("file", "报送", (S.DRAFT, S.RETURNED), S.FILED, "propose_target", Party.COMPANY),
        Move("withdraw", "撤回", (S.FILED,), S.DRAFT, "propose_target", Party.COMPANY),
        Move("check", "审核通过", (S.FILED,), S.CHECKED, "check_target", Party.BUREAU),
        Move("send_back", "审核退回", (S.FILED,), S.RETURNED, "check_target", Party.BUREAU, "退回理由"),
        Move("approve", "批准", (S.CHECKED,), S.APPROVED, "approve_target", Party.DEVELOPMENT),
        Move("decline", "审批退回", (S.CHECKED,), S.RETURNED, "approve_target", Party.DEVELOPMENT, "退回理由"),
        Move("revise", "修订", (S.APPROVED,), None, "propose_target", Party.COMPANY, "修订理由"),
        Move("drop", "放弃修订", (S.DRAFT, S.RETURNED), S.DROPPED, "propose_target", Party.COMPANY, "放弃理由"),
    )
}
WAITING_FOR = {
    S.DRAFT: Party.COMPANY, S.RETURNED: Party.COMPANY, S.FILED: Party.BUREAU, S.CHECKED: Party.DEVELOPMENT,
}  # fmt: skip


def _stands_on(party: Party, user: Any, target: Target) -> bool:
    if user.is_superuser:
        return True
    if not user.unit_id:
        return False
    if party is Party.COMPANY:
        return bool(user.unit_id == target.company_id)
    kind = UnitKind.HOUSING_BUREAU if party is Party.BUREAU else UnitKind.DEVELOPMENT_BUREAU
    return bool(user.unit.kind == kind)


def moves_for(user: Any, target: Target) -> list[Move]:
    """What this user may do with it now, in the order of the flow. No query, one of an approved target."""
    return [
        move
        for move in MOVES.values()
        if S(target.status) in move.sources
        and move.is_for(user, target)
        and not (move.code == "revise" and under_revision(target))
        and not (move.code == "drop" and target.revision == 1)
    ]


def under_revision(target: Target) -> bool:
    """Whether a further revision is being agreed already. One query."""
    others = Target.objects.filter(company=target.company_id, season=target.season_id)
    return others.filter(revision__gt=target.revision).exclude(status=S.DROPPED).exists()


def check(code: str, user: Any, target: Target) -> Move:
    """The move, if this user can make it as things stand. Raises PermissionDenied or MoveRefused."""
    move = MOVES[code]
    if not move.is_for(user, target):
        raise PermissionDenied(f"{move.label}须由{move.party.value}有相应权限的人员办理")
    if S(target.status) not in move.sources:
        allowed = "、".join(status.label for status in move.sources)
        raise MoveRefused([f"第 {target.revision} 版现在是“{target.state.label}”，只有{allowed}的目标才能{move.label}"])
    if code == "revise" and under_revision(target):
        raise MoveRefused([f"第 {target.revision} 版之后已经有新的一版在办，请在那一版上修改"])
    if code == "drop" and target.revision == 1:
        raise MoveRefused(["第 1 版不是修订，没有别的版本在执行；不合适的请修改后报送"])
    return move


def _commit(move: Move, target: Target, by: Any, note: str, **values: Any) -> AuditEntry:
    """The conditional UPDATE and its entry; the caller holds the transaction."""
    if move.needs_note and not note.strip():
        raise MoveRefused([f"请填写{move.needs_note}"])
    source = S(target.status)
    change(target, expect={"status": source}, status=move.target or source, **values)
    return record(
        actor=by, action=move.label, target=target, note=note, from_status=source,
        to_status=move.target or source, region_code=target.county.code,
    )  # fmt: skip


@transaction.atomic
def file(target: Target, *, by: Any, note: str = "") -> AuditEntry:
    """未报送, 已退回 → 待住建局审核. Refused without a milestone for arrivals; a plan that asks for less
    than the county usually does needs a reason."""
    move = check("file", by, target)
    if not target.milestones.filter(kind="arrived").exists():
        raise MoveRefused(["还没有到货节点，请先在目标里填上至少一个到货节点"])
    if (found := departures_of(target)) and not note.strip():
        raise MoveRefused([f"{each}，请写明理由，或先修改节点" for each in found])
    entry = _commit(move, target, by, note)
    _tell(target, entry, _bureau(target), "已报送，请审核")
    return entry


@transaction.atomic
def withdraw(target: Target, *, by: Any, note: str = "") -> AuditEntry:
    """待住建局审核 → 未报送, while nobody has checked it."""
    entry = _commit(check("withdraw", by, target), target, by, note)
    _tell(target, entry, _bureau(target), "已由企业撤回")
    return entry


@transaction.atomic
def check_off(target: Target, *, by: Any, note: str = "") -> AuditEntry:
    """待住建局审核 → 待发改局审批."""
    entry = _commit(check("check", by, target), target, by, note)
    _tell(target, entry, _development(target), "住建局已审核，请审批")
    return entry


@transaction.atomic
def send_back(target: Target, *, by: Any, note: str = "") -> AuditEntry:
    """待住建局审核 → 已退回, with a reason."""
    entry = _commit(check("send_back", by, target), target, by, note)
    _tell(target, entry, _company(target), "被住建局退回，请修改后重新报送")
    return entry


@transaction.atomic
def approve(target: Target, *, by: Any, note: str = "") -> AuditEntry:
    """待发改局审批 → 已批准. The revision that was in force till now is superseded in the same transaction."""
    move = check("approve", by, target)
    in_force = Target.objects.filter(company=target.company_id, season=target.season_id, status=S.APPROVED)
    for earlier in in_force.select_related("company", "season", "county"):
        change(earlier, expect={"status": S.APPROVED}, status=S.SUPERSEDED)
        record(
            actor=by, action="被修订代替", target=earlier, note=f"第 {target.revision} 版已批准",
            from_status=S.APPROVED, to_status=S.SUPERSEDED, region_code=target.county.code,
        )  # fmt: skip
    entry = _commit(move, target, by, note, approved_on=clock.today())
    _tell(target, entry, [*_company(target), *_bureau(target)], "已由发改局批准")
    return entry


@transaction.atomic
def decline(target: Target, *, by: Any, note: str = "") -> AuditEntry:
    """待发改局审批 → 已退回, with a reason."""
    entry = _commit(check("decline", by, target), target, by, note)
    _tell(target, entry, [*_company(target), *_bureau(target)], "被发改局退回，请修改后重新报送")
    return entry


@transaction.atomic
def revise(target: Target, *, by: Any, note: str = "") -> AuditEntry:
    """The next revision as a draft; the approved one stays in force until that one is approved, and readable after."""
    move = check("revise", by, target)
    entry = _commit(move, target, by, note)
    open_revision(target, by=by, why=note)
    return entry


@transaction.atomic
def drop(target: Target, *, by: Any, note: str = "") -> AuditEntry:
    """未报送, 已退回 → 已放弃, with a reason: the approved one stays in force, and may be revised again."""
    return _commit(check("drop", by, target), target, by, note)


# The function that makes each move, by the move's code.
MAKE = {
    "file": file, "withdraw": withdraw, "check": check_off, "send_back": send_back, "approve": approve,
    "decline": decline, "revise": revise, "drop": drop,
}  # fmt: skip


# --- what waits for whom

MOST_COUNTED, COUNT_SECONDS = 99, 30
# A state, and who has to do something about it: the permission and the side.
WORK = (
    (S.DRAFT, "propose_target", Party.COMPANY),
    (S.RETURNED, "propose_target", Party.COMPANY),
    (S.FILED, "check_target", Party.BUREAU),
    (S.CHECKED, "approve_target", Party.DEVELOPMENT),
)


def waiting_for(user: Any) -> models.QuerySet[Target]:
    """The targets with which the user can go on: to be filed, returned ones too, to be checked, to be approved."""
    if not user.unit_id:
        return Target.objects.none()
    kinds = {
        Party.COMPANY: UnitKind.HEATING_COMPANY, Party.BUREAU: UnitKind.HOUSING_BUREAU,
        Party.DEVELOPMENT: UnitKind.DEVELOPMENT_BUREAU,
    }  # fmt: skip
    states = [
        state for state, permission, party in WORK
        if user.unit.kind == kinds[party] and user.has_perm(f"coal.{permission}")
    ]  # fmt: skip
    return Target.objects.visible_to(user).filter(status__in=states)


def targets_due(user: Any) -> str:
    """How many wait for the user, as text up to 99+; empty for none. A query, none while the number is cached."""
    known: str | None = cache.get(_count_key(user))
    if known is None:
        count = waiting_for(user).order_by()[: MOST_COUNTED + 1].count()
        known = f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count or "")
        cache.set(_count_key(user), known, COUNT_SECONDS)
    return known


def forget_count(user: Any) -> None:
    """After the user has made a move."""
    cache.delete(_count_key(user))


def _count_key(user: Any) -> str:
    return f"coal:targets_due:{user.pk}"


# --- who is told


def _tell(target: Target, entry: AuditEntry, people: Iterable[User], subject: str) -> None:
    notify(
        [person for person in people if person.pk != entry.actor_id],
        key=f"coal-target:{target.pk}:entry:{entry.pk}",
        subject=f"{target} {subject}",
        body=entry.note,
        path=target.get_absolute_url(),
    )


def _company(target: Target) -> list[User]:
    return list(User.objects.active().filter(unit_id=target.company_id).with_role(*COMPANY_ROLES))


def _bureau(target: Target) -> list[User]:
    return _of_county(target, UnitKind.HOUSING_BUREAU, ADMIN, INSPECTOR)


def _development(target: Target) -> list[User]:
    return _of_county(target, UnitKind.DEVELOPMENT_BUREAU, DEVELOPMENT)


def _of_county(target: Target, kind: UnitKind, *roles: str) -> list[User]:
    people = User.objects.active().filter(unit__kind=kind, unit__region__code__startswith=target.county.scope_prefix)
    return list(people.with_role(*roles))
