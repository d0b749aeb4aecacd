"""The hazard's life: one function per move of moves.py, and nobody else writes `Hazard.status`.
What an imported ledger says is judged by `inspections.ledger_moves` and written here.

Every move is one transaction of a conditional UPDATE, an audit entry (the timeline) and the messages it causes.
A move refused raises `MoveRefused` with what is wrong in Chinese; a row changed meanwhile raises `Stale`.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import Unit, User
from audit.models import AuditEntry
from audit.services import Changes, record
from common import clock
from common.concurrency import Stale, change
from common.moves import MoveRefused, refuse_if
from inspections import messages, rules
from inspections.enums import Conclusion, ExtensionStatus, HazardStatus
from inspections.models import Acceptance, Extension, Hazard, Milestone, PastRound
from inspections.moves import CONCLUDED, EXTENSION_REQUESTED, Move, check
from inspections.occasions import tell_struck_off

S = HazardStatus

# In the history of a hazard: that what was past when it was issued is told as well.
PAST_STEPS = "已过时限的提醒和督办"


def commit(
    move: Move, hazard: Hazard, user: Any, *, to: HazardStatus | None = None, note: str = "",
    changes: Changes | None = None, **values: Any,
) -> AuditEntry:  # fmt: skip
    """Write the new status and values, and the entry that records it. The caller holds the transaction.

    For the functions of this module and for `inspections.ledger_moves`, which have judged whether it is allowed.
    """
    source, target = S(hazard.status), to or move.target or S(hazard.status)
    if target != source:
        values |= {"status": target, "status_since": clock.now()}
    if not hazard.first_overdue_on and hazard.is_overdue(clock.today()) and hazard.due_on:
        # Nobody can move out of having been overdue, even if no sweep has run since.
        values["first_overdue_on"] = hazard.due_on + dt.timedelta(days=1)
    change(hazard, expect={"status": source}, **values)
    return record(
        actor=user, action=move.label, target=hazard, note=note, changes=changes,
        from_status=source, to_status=target, region_code=hazard.county.code,
    )  # fmt: skip


def arrives_as(hazard: Hazard, status: HazardStatus) -> None:
    """Set the state in which a hazard that is not saved yet comes in."""
    hazard.status, hazard.status_since = status, clock.now()


def _end_extension_requests(hazard: Hazard, by: Any, why: str) -> None:
    """A request that nobody will decide any more is ended, not left open."""
    hazard.extensions.filter(status=ExtensionStatus.REQUESTED).update(
        status=ExtensionStatus.DENIED, decided_by=by, decided_at=clock.now(), opinion=why
    )


def watched_from_now(hazard: Hazard) -> dt.datetime | None:
    """`watched_since` of a hazard that comes to its unit now: what was asked for of the past stays asked for."""
    return hazard.watched_since and clock.now()


@transaction.atomic
def issue(hazard: Hazard, *, by: Any, note: str = "", announce_past: bool | None = None) -> AuditEntry:
    """待下达 → 待签收. Refused while one of the five is missing or vague, or the deadline is late without a reason.

    `announce_past`: of a hazard that is overdue already, what its deadline has reached is told as well; None: if
    that was asked for before, when it was imported.
    """
    move = check("issue", by, hazard)
    refuse_if(rules.problems_before_issue(hazard))
    asked = hazard.watched_since is None if announce_past is None else announce_past
    now, tells_past = clock.now(), asked and hazard.is_overdue(clock.today())
    values: dict[str, Any] = {"issued_at": now, "watched_since": None if tells_past else now}
    values["original_due_on"] = hazard.original_due_on or hazard.due_on
    if hazard.supervisor_id is None and by.unit_id:
        values["supervisor_id"] = by.pk
    changes: Changes | None = {PAST_STEPS: [None, "发出"]} if tells_past else None
    entry = commit(move, hazard, by, note=note, changes=changes, **values)
    messages.issued(hazard, entry)
    return entry


@transaction.atomic
def sign(hazard: Hazard, *, by: Any, note: str = "") -> AuditEntry:
    """待签收 → 整改中, by the lead unit."""
    move = check("sign", by, hazard)
    return commit(move, hazard, by, note=note, signed_at=clock.now())


@transaction.atomic
def return_to_bureau(hazard: Hazard, *, by: Any, reason: str) -> AuditEntry:
    """待签收 → 待下达: not ours, with the reason."""
    move = check("return", by, hazard)
    refuse_if(rules.missing(reason, "请写明退回理由，例如“该管段由某单位负责”"))
    entry = commit(move, hazard, by, note=reason, issued_at=None)
    _end_extension_requests(hazard, by, "隐患已退回住建局，申请终止")
    messages.returned(hazard, entry)
    return entry


@dataclass(frozen=True)
class PlannedStep:
    title: str
    due_on: dt.date


@transaction.atomic
def plan(
    hazard: Hazard, *, by: Any, measure: str, steps: list[PlannedStep], estimated_cost_yuan: Any = None,
    funding_source: str = "", five: dict[str, str] | None = None,
) -> AuditEntry:  # fmt: skip
    """Set measures, cost and the milestones of this round (replacing those not yet done). `five`: the 五落实 fields."""
    move = check("plan", by, hazard)
    five = {name: (five or {}).get(name, getattr(hazard, name)).strip() for name in rules.FIVE_FIELDS}
    refuse_if(rules.problems_of_plan(hazard, measure, steps, five))
    values: dict[str, Any] = {
        "measure": measure, "estimated_cost_yuan": estimated_cost_yuan, "funding_source": funding_source, **five,
    }  # fmt: skip
    changes = rules.field_differences(hazard, values)
    done = hazard.milestones.filter(round=hazard.round, done_on__isnull=False)
    kept = {(step.title, step.due_on) for step in done}
    hazard.milestones.filter(round=hazard.round, done_on__isnull=True).delete()
    Milestone.objects.bulk_create(
        Milestone(hazard=hazard, round=hazard.round, title=step.title, due_on=step.due_on)
        for step in steps
        if (step.title, step.due_on) not in kept
    )
    changes["节点"] = [None, "；".join(f"{step.due_on} {step.title}" for step in steps)]
    return commit(move, hazard, by, changes=changes, planned_at=clock.now(), **values)


@transaction.atomic
def report(
    hazard: Hazard, *, by: Any, percent: int, text: str, done_milestones: list[int] | None = None, reason: str = ""
) -> AuditEntry:
    """Progress in percent with what was done. Going backwards demands a reason; milestones are ticked off by pk."""
    move = check("report", by, hazard)
    refuse_if(rules.problems_of_report(hazard, percent, text, reason))
    hazard.milestones.filter(round=hazard.round, pk__in=done_milestones or [], done_on__isnull=True).update(
        done_on=clock.today()
    )
    changes: Changes = {"整改进度（%）": [hazard.progress_percent, percent]}
    note = f"{text}\n进度调低的原因：{reason}" if reason else text
    return commit(move, hazard, by, note=note, changes=changes, progress_percent=percent)


@transaction.atomic
def request_acceptance(hazard: Hazard, *, by: Any, note: str) -> AuditEntry:
    """整改中 → 待验收. Demands a photo taken after the work in this round; 重大 also the 五落实."""
    move = check("request_acceptance", by, hazard)
    refuse_if(rules.problems_before_acceptance(hazard))
    entry = commit(
        move, hazard, by, note=note, progress_percent=100, acceptance_requested_at=clock.now(),
        acceptance_attempt=hazard.acceptance_attempt + 1,
    )  # fmt: skip
    messages.acceptance_requested(hazard, entry)
    return entry


def _conclude(
    move: Move, hazard: Hazard, by: Any, conclusion: Conclusion, opinion: str, inspectors: str, accepted_on: dt.date
) -> None:
    """Write one person's conclusion; the unique key stops a person from concluding twice on one request."""
    problems = rules.problems_of_acceptance(hazard, opinion, inspectors, accepted_on)
    if conclusion is Conclusion.PASSED:  # an imported row that claims to be done has not been asked for them yet
        problems += rules.problems_of_five_duties(hazard, {name: getattr(hazard, name) for name in rules.FIVE_FIELDS})
    refuse_if(problems)
    try:
        with transaction.atomic():
            Acceptance.objects.create(
                hazard=hazard, round=hazard.round, attempt=hazard.acceptance_attempt, conclusion=conclusion,
                opinion=opinion, inspectors=inspectors, accepted_on=accepted_on, by=by,
            )  # fmt: skip
    except IntegrityError:
        raise MoveRefused([CONCLUDED]) from None


@transaction.atomic
def accept(hazard: Hazard, *, by: Any, opinion: str, inspectors: str, accepted_on: dt.date) -> AuditEntry:
    """待验收 → 已销号. The first of the two conclusions that a 重大 hazard needs leaves it at 待验收."""
    move = check("accept", by, hazard)
    _conclude(move, hazard, by, Conclusion.PASSED, opinion, inspectors, accepted_on)
    passed = hazard.acceptances.filter(
        round=hazard.round, attempt=hazard.acceptance_attempt, conclusion=Conclusion.PASSED
    ).count()
    note = f"{opinion}\n验收人员：{inspectors}，{accepted_on}"
    if passed < rules.acceptors_needed(hazard):
        return commit(move, hazard, by, to=S.AWAITING_ACCEPTANCE, note=f"{note}\n（重大隐患，还需另一人验收）")
    entry = commit(move, hazard, by, note=note, closed_at=clock.now())
    _end_extension_requests(hazard, by, "隐患已销号，申请终止")
    messages.closed(hazard, entry)
    tell_struck_off(hazard, entry, by)
    return entry


@transaction.atomic
def reject(hazard: Hazard, *, by: Any, opinion: str, inspectors: str, accepted_on: dt.date) -> AuditEntry:
    """待验收 → 整改中, with what is wrong."""
    move = check("reject", by, hazard)
    _conclude(move, hazard, by, Conclusion.FAILED, opinion, inspectors, accepted_on)
    note = f"{opinion}\n验收人员：{inspectors}，{accepted_on}"
    entry = commit(move, hazard, by, note=note, acceptance_requested_at=None)
    messages.rejected(hazard, entry)
    return entry


@transaction.atomic
def request_extension(hazard: Hazard, *, by: Any, new_due_on: dt.date, reason: str, interim_measures: str) -> Extension:
    """Ask for a later deadline, before the present one has passed."""
    move = check("request_extension", by, hazard)
    refuse_if(rules.problems_of_extension(hazard, new_due_on, reason, interim_measures))
    assert hazard.due_on is not None
    try:
        with transaction.atomic():
            extension = Extension.objects.create(
                hazard=hazard, round=hazard.round, old_due_on=hazard.due_on, new_due_on=new_due_on, reason=reason,
                interim_measures=interim_measures, requested_by=by,
            )  # fmt: skip
    except IntegrityError:
        raise MoveRefused([EXTENSION_REQUESTED]) from None
    note = f"申请延至 {new_due_on}：{reason}\n安全措施：{interim_measures}"
    entry = commit(move, hazard, by, note=note)
    messages.extension_requested(hazard, entry)
    return extension


@transaction.atomic
def decide_extension(hazard: Hazard, *, by: Any, approve: bool, opinion: str, late_due_reason: str = "") -> AuditEntry:
    """Approve or deny the open request. Approval moves the deadline; the original and each old one stay on record."""
    move = check("decide_extension", by, hazard)
    extension = hazard.extensions.filter(status=ExtensionStatus.REQUESTED).first()
    if extension is None:  # decided by somebody else since the check
        raise Stale(hazard)
    problems = rules.missing(opinion, "请填写审批意见")
    if approve:
        late_due_reason = late_due_reason or hazard.late_due_reason or extension.reason
        problems += rules.problems_of_deadline(hazard, extension.new_due_on, late_due_reason)
        if extension.new_due_on < clock.today():
            problems.append(f"申请延至的 {extension.new_due_on} 已经过去，请不同意这份申请，另用“调整责任或时限”定时限")
    refuse_if(problems)
    status = ExtensionStatus.APPROVED if approve else ExtensionStatus.DENIED
    change(
        extension, expect={"status": ExtensionStatus.REQUESTED}, status=status, decided_by=by, decided_at=clock.now(),
        opinion=opinion,
    )  # fmt: skip
    if approve:
        changes: Changes = {"整改时限": [str(extension.old_due_on), str(extension.new_due_on)]}
        late: dict[str, Any] = (
            {"late_due_reason": late_due_reason} if rules.is_after_trial_run(hazard, extension.new_due_on) else {}
        )
        entry = commit(
            move, hazard, by, note=f"同意延期：{opinion}", changes=changes, due_on=extension.new_due_on, **late
        )
    else:
        entry = commit(move, hazard, by, note=f"不同意延期：{opinion}")
    messages.extension_decided(hazard, entry, extension)
    return entry


@transaction.atomic
def amend(
    hazard: Hazard, *, by: Any, reason: str, lead_unit: Unit | None = None, responsible_person: str | None = None,
    responsible_phone: str | None = None, responsible_user: User | None = None, supervisor: User | None = None,
    due_on: dt.date | None = None, late_due_reason: str = "",
) -> AuditEntry:  # fmt: skip
    """Change unit, person or deadline, with a reason. A new lead unit has to sign anew; what is left out stays."""
    move = check("amend", by, hazard)
    old_unit = hazard.lead_unit
    values: dict[str, Any] = {
        "lead_unit": lead_unit, "responsible_person": responsible_person, "responsible_phone": responsible_phone,
        "responsible_user": responsible_user, "supervisor": supervisor, "due_on": due_on,
    }  # fmt: skip
    values = {name: value for name, value in values.items() if value not in (None, getattr(hazard, name))}
    refuse_if(rules.problems_of_amendment(hazard, values, reason, late_due_reason))
    if late_due_reason and due_on:
        values["late_due_reason"] = late_due_reason
    changes = rules.field_differences(hazard, values)
    helpers = list(hazard.cooperating_units.all())
    if values.get("lead_unit") in helpers:  # it leads now
        hazard.cooperating_units.remove(values["lead_unit"])
        rest = [unit for unit in helpers if unit != values["lead_unit"]]
        changes["配合单位"] = ["、".join(map(str, side)) or None for side in (helpers, rest)]
    to = None
    if "lead_unit" in values and S(hazard.status) not in (S.PENDING, S.ISSUED):
        to = S.ISSUED
        # The new unit begins anew: it signs, plans and reports for itself.
        values |= {"signed_at": None, "issued_at": clock.now(), "watched_since": watched_from_now(hazard),
                   "acceptance_requested_at": None, "planned_at": None, "progress_percent": 0}  # fmt: skip
    if {"lead_unit", "responsible_person"} & values.keys() and responsible_user is None:
        values["responsible_user"] = None  # the account was the other person's
    values["search_terms"] = rules.search_terms(hazard, **values)
    entry = commit(move, hazard, by, to=to, note=reason, changes=changes, **values)
    if "lead_unit" in values or "due_on" in values:
        _end_extension_requests(hazard, by, "责任单位或时限已调整，申请终止")
    messages.amended(hazard, entry, old_unit)
    return entry


@transaction.atomic
def reopen(hazard: Hazard, *, by: Any, reason: str, due_on: dt.date, late_due_reason: str = "") -> AuditEntry:
    """已销号 → 待签收, a new round with a new deadline. The old round is kept as it was."""
    move = check("reopen", by, hazard)
    refuse_if(
        rules.missing(reason, "请写明复发情况")
        + rules.problems_of_new_deadline(due_on)
        + rules.problems_of_deadline(hazard, due_on, late_due_reason)
    )
    PastRound.objects.create(
        hazard=hazard, round=hazard.round, original_due_on=hazard.original_due_on, due_on=hazard.due_on,
        issued_at=hazard.issued_at, signed_at=hazard.signed_at, closed_at=hazard.closed_at, measure=hazard.measure,
        acceptance_standard=hazard.acceptance_standard, reopen_reason=reason,
    )  # fmt: skip
    changes: Changes = {"轮次": [hazard.round, hazard.round + 1], "整改时限": [str(hazard.due_on), str(due_on)]}
    entry = commit(
        move, hazard, by, note=reason, changes=changes, round=hazard.round + 1, due_on=due_on, original_due_on=due_on,
        late_due_reason=late_due_reason, progress_percent=0, issued_at=clock.now(), watched_since=clock.now(),
        signed_at=None, planned_at=None, acceptance_requested_at=None, acceptance_attempt=0, closed_at=None,
    )  # fmt: skip
    messages.issued(hazard, entry)
    return entry


@transaction.atomic
def void(hazard: Hazard, *, by: Any, reason: str) -> AuditEntry:
    """Any open state → 作废, with a reason. The number is never given out again."""
    move = check("void", by, hazard)
    refuse_if(rules.missing(reason, "请写明作废理由，例如“与 YH-2026-0012 重复登记”"))
    entry = commit(move, hazard, by, note=reason)
    _end_extension_requests(hazard, by, "隐患已作废，申请终止")
    messages.voided(hazard, entry)
    return entry


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "issue": issue, "sign": sign, "return": return_to_bureau, "plan": plan, "report": report,
    "request_acceptance": request_acceptance, "accept": accept, "reject": reject,
    "request_extension": request_extension, "decide_extension": decide_extension, "amend": amend, "reopen": reopen,
    "void": void,
}  # fmt: skip
