"""What an imported ledger moves: hazards that it says are done, and progress that came by file.

What a ledger claims arrives as 待验收; only who may accept can take it as 历史销号, which the audit trail and the
hazard's origin say.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from audit.models import AuditEntry
from audit.services import Changes
from common import clock
from inspections import messages, rules
from inspections.enums import HazardStatus
from inspections.models import Hazard
from inspections.moves import Move, Party
from inspections.workflow import MoveRefused, arrives_as, commit, watched_from_now

S = HazardStatus
HISTORY = "历史销号"
# Not among MOVES: nobody makes it by hand. The functions below judge who may.
FROM_LEDGER = Move("ledger", "台账更新", (), None, "import_hazards", Party.BUREAU, "")


def claimed_done(hazard: Hazard) -> Hazard:
    """A hazard not yet saved, of which an imported ledger says that it is done: it arrives as 待验收."""
    now = clock.now()
    arrives_as(hazard, S.AWAITING_ACCEPTANCE)
    hazard.original_due_on, hazard.progress_percent = hazard.due_on, 100
    hazard.issued_at = hazard.acceptance_requested_at = now
    hazard.acceptance_attempt = 1
    return hazard


def check_may_take_history(by: Any) -> None:
    """Raise PermissionDenied for who may not accept, and for companies, which never accept their own work."""
    if not by.has_perm("inspections.accept_hazard") or (by.unit_id and not by.unit.is_bureau and not by.is_superuser):
        raise PermissionDenied("只有可以验收的住建局人员能按历史销号导入")


def check_may_announce_past(by: Any) -> None:
    """Raise PermissionDenied for who may not issue: whoever issues decides what people are told of the past."""
    if not by.has_perm("inspections.issue_hazard") or (by.unit_id and not by.unit.is_bureau and not by.is_superuser):
        raise PermissionDenied("只有可以下达的住建局人员能让已过时限的也发提醒和督办")


def taken_as_history(hazard: Hazard) -> Hazard:
    """A hazard not yet saved that was struck off before this system knew it."""
    now = clock.now()
    arrives_as(hazard, S.CLOSED)
    hazard.closed_at = now
    hazard.original_due_on, hazard.progress_percent, hazard.issued_at = hazard.due_on, 100, now
    hazard.origin = {**hazard.origin, "history": True}
    return hazard


def is_history(hazard: Hazard) -> bool:
    return bool(hazard.origin.get("history"))


@transaction.atomic
def take_progress(hazard: Hazard, *, by: Any, percent: int, note: str) -> AuditEntry:
    """Progress that came by file, of a hazard that is being mended."""
    if hazard.status != S.RECTIFYING:
        raise MoveRefused([f"{hazard.number} 现在是“{hazard.state.label}”，不能更新进度"])
    if not 0 <= percent <= 100:
        raise MoveRefused([f"进度写的是 {percent}，应在 0 到 100 之间"])
    changes: Changes = {"整改进度（%）": [hazard.progress_percent, percent]}
    return commit(FROM_LEDGER, hazard, by, note=note, changes=changes, progress_percent=percent)


@transaction.atomic
def take_claim(hazard: Hazard, *, by: Any, note: str) -> AuditEntry:
    """A hazard that is open, of which a ledger says that it is done: it waits for acceptance.

    Of a company this demands what asking for acceptance on the page demands; the bureau answers for what it takes over.
    """
    if not by.has_perm("inspections.edit_hazard"):
        if hazard.status != S.RECTIFYING:
            raise MoveRefused([f"{hazard.number} 现在是“{hazard.state.label}”，请先签收，整改后再报完成"])
        if problems := rules.problems_before_acceptance(hazard):
            raise MoveRefused(problems)
    if hazard.status not in (S.PENDING, S.ISSUED, S.RECTIFYING):
        raise MoveRefused([f"{hazard.number} 现在是“{hazard.state.label}”，不能转为待验收"])
    if hazard.status == S.PENDING and (problems := rules.problems_before_issue(hazard)):
        raise MoveRefused([f"{hazard.number} 还不能转为待验收：{problem}" for problem in problems])
    now = clock.now()
    entry = commit(
        FROM_LEDGER, hazard, by, to=S.AWAITING_ACCEPTANCE, note=note, progress_percent=100,
        acceptance_requested_at=now, acceptance_attempt=hazard.acceptance_attempt + 1,
        issued_at=hazard.issued_at or now, original_due_on=hazard.original_due_on or hazard.due_on,
        watched_since=hazard.watched_since if hazard.issued_at else watched_from_now(hazard),
    )  # fmt: skip
    messages.acceptance_requested(hazard, entry)
    return entry
