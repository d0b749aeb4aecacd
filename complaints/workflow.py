"""The work order's way: one function per move of moves.py, and nobody else writes `Order.status`.

Every move is one transaction of a conditional UPDATE, an audit entry (the timeline) and the messages it causes.
A move refused raises `MoveRefused` with what is wrong in Chinese; a row changed meanwhile raises `Stale`.

The limits of a round run from its first dispatch. An order that is sent back as another's keeps them: bouncing does not
stop the clock.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Unit
from audit.models import AuditEntry
from audit.services import Changes, record
from common import clock
from common.concurrency import Stale, change
from common.moves import MoveRefused, refuse_if
from common.uploads import InspectedUpload
from complaints import messages, rules
from complaints.counting import counting_of
from complaints.enums import ExtensionStatus, LimitStage, OrderStatus
from complaints.files import with_files
from complaints.follow_up import to_call_since
from complaints.limits import Moments
from complaints.merging import desk_limit_from, limits_from, problems_of_merging, stricter_limits
from complaints.models import Callback, Order, OrderExtension, OrderRound, SendBack, Visit
from complaints.moves import Move, check

S = OrderStatus

EXTENSION_REQUESTED = "已有一份延期申请在等待审批，请等审批后再申请"


def _commit(
    move: Move, order: Order, user: Any, *, note: str = "", changes: Changes | None = None, **values: Any
) -> AuditEntry:
    """Write the new status and values, and the entry that records it. The caller holds the transaction."""
    source, target = S(order.status), move.target or S(order.status)
    if target != source:
        values |= {"status": target, "status_since": clock.now()}
    if not order.first_overdue_at and order.is_overdue(clock.now()):
        # Nobody can move out of having been overdue, even if no sweep has run since.
        values["first_overdue_at"] = order.due_at
    change(order, expect={"status": source}, **values)
    return record(
        actor=user, action=move.label, target=order, note=note, changes=changes,
        from_status=source, to_status=target, region_code=order.county.code,
    )  # fmt: skip


def in_words(moment: dt.datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else "未定"


@transaction.atomic
def accept(order: Order, *, by: Any, note: str = "") -> AuditEntry:
    """待受理 → 待派单."""
    return _commit(check("accept", by, order), order, by, note=note)


@transaction.atomic
def dispatch(order: Order, *, by: Any, company: Unit | None, note: str = "") -> AuditEntry:
    """→ 待签收 with that company. The limits run from the first dispatch of the round, whoever gets it later."""
    move = check("dispatch", by, order)
    refuse_if(rules.problems_before_dispatch(order, company))
    now = clock.now()
    values: dict[str, Any] = {"company": company, "signed_at": None}
    if order.dispatched_at is None:
        values |= {"dispatched_at": now, **limits_from(order, now)}
        values["original_due_at"] = values["due_at"]
    else:
        values |= _been_there(order, company)
    changes = rules.field_differences(order, {"company": company} | {k: v for k, v in values.items() if k == "due_at"})
    entry = _commit(move, order, by, note=note, changes=changes, **values)
    messages.dispatched(order, entry, in_words(order.due_at))
    return entry


def _been_there(order: Order, company: Unit | None) -> dict[str, Any]:
    """What the company has done in this round already, which it may have had before."""
    first = order.visits.filter(round=order.round, company=company).order_by("visited_at").first()
    return {"visited_at": first.visited_at, "contacted_at": first.visited_at} if first else {}


@transaction.atomic
def sign(order: Order, *, by: Any, note: str = "") -> AuditEntry:
    """待签收 → 办理中."""
    return _commit(check("sign", by, order), order, by, note=note, signed_at=clock.now())


@transaction.atomic
def send_back(order: Order, *, by: Any, reason: str) -> AuditEntry:
    """→ 待派单: not ours, with the reason. The limits run on, and who gets it next has to go there itself."""
    move = check("send_back", by, order)
    refuse_if(rules.missing(reason, "请写明退单理由，例如“该小区由某企业供热”"))
    _end_extension_requests(order, by, "工单已退回，申请终止")
    unit = order.company
    assert unit is not None  # who sends it back has it
    SendBack.objects.create(order=order, round=order.round, company=unit, reason=reason, by=by)
    entry = _commit(
        move, order, by, note=reason, changes={"承办企业": [str(unit), None]}, company=None, signed_at=None,
        visited_at=None, contacted_at=None,
    )  # fmt: skip
    messages.sent_back(order, entry)
    return entry


@transaction.atomic
def visit(order: Order, *, by: Any, uploads: Sequence[InspectedUpload] = (), **fields: Any) -> AuditEntry:
    """Record a visit at the caller's; `fields` are those of Visit. A temperature not taken by the rules is kept, with
    what was wrong about it."""
    move = check("visit", by, order)
    made = Visit(order=order, round=order.round, company=order.company, by=by, **fields)
    refuse_if(rules.problems_of_visit(made, order))
    values: dict[str, Any] = {"visited_at": min(filter(None, [order.visited_at, made.visited_at]))}
    values["contacted_at"] = min(filter(None, [order.contacted_at, made.visited_at]))
    note = f"{made.visitor}：{made.found}"
    if made.temperature_c is not None:
        values["measured_temperature_c"] = made.temperature_c
        short = rules.shortcomings_of_measuring(made, counting_of(order.county_id))
        note += f"\n实测 {made.temperature_c} ℃" + (
            f"（测温不合规程：{'；'.join(short)}）" if short else "（按规程测温）"
        )

    def write() -> AuditEntry:
        made.save(force_insert=True)
        return _commit(move, order, by, note=note, **values)

    return with_files(order, write, by=by, uploads=uploads, visit=lambda: made)


@transaction.atomic
def report(
    order: Order, *, by: Any, result: str, cause: str, uploads: Sequence[InspectedUpload] = ()
) -> AuditEntry:  # fmt: skip
    """办理中 → 待回访. The limit of the callback runs from here."""
    move = check("report", by, order)
    refuse_if(rules.problems_before_report(order, result, cause))
    now = clock.now()
    callback_due_at = Moments(now).of(LimitStage.CALLBACK, category=order.category, urgency=order.urgency)
    _end_extension_requests(order, by, "工单已反馈，申请终止")

    def write() -> AuditEntry:
        return _commit(
            move, order, by, note=result, changes=rules.field_differences(order, {"cause": cause}), result=result,
            cause=cause, reported_at=now, contacted_at=order.contacted_at or now,
            callback_due_at=callback_due_at,
        )  # fmt: skip

    entry = with_files(order, write, by=by, uploads=uploads)
    messages.reported(order, entry)
    return entry


@transaction.atomic
def call_back(
    order: Order, *, by: Any, is_reached: bool, called_at: dt.datetime, is_solved: bool | None = None,
    was_contacted: bool | None = None, satisfaction: str = "", note: str = "",
) -> AuditEntry:  # fmt: skip
    """Record a call to the caller. What follows from it, to close or to do it again, is a move of its own."""
    move = check("call_back", by, order)
    since = to_call_since(order)
    refuse_if(rules.problems_of_callback(since, is_reached=is_reached, is_solved=is_solved, called_at=called_at))
    call = Callback(order=order, round=order.round, called_at=called_at, is_reached=is_reached, note=note, by=by)
    if is_reached:
        call.is_solved, call.was_contacted, call.satisfaction = is_solved, was_contacted, satisfaction
    call.save(force_insert=True)
    said = [str(call)]
    if is_reached:
        said += ["已解决" if is_solved else "没有解决", call.get_satisfaction_display() if satisfaction else ""]
    return _commit(move, order, by, note="\n".join(filter(None, ["，".join(filter(None, said)), note])))


@transaction.atomic
def close(order: Order, *, by: Any, note: str = "") -> AuditEntry:
    """待回访 → 已办结, if the callbacks of this round say so."""
    move = check("close", by, order)
    refuse_if(rules.problems_before_close(order))
    return _commit(move, order, by, note=note, closed_at=clock.now())


@transaction.atomic
def redo(order: Order, *, by: Any, reason: str, company: Unit | None = None) -> AuditEntry:
    """→ 待签收, a new round with new limits, with the same company or another, if a callback says so. The old round is
    kept as it was."""
    move = check("redo", by, order)
    company = company or order.company
    problems = rules.problems_before_redo(order) + rules.missing(reason, "请写明重办理由：诉求人说哪里没有解决")
    refuse_if(problems + rules.problems_before_dispatch(order, company))
    OrderRound.objects.create(
        order=order, round=order.round, company=order.company, dispatched_at=order.dispatched_at,
        original_due_at=order.original_due_at, due_at=order.due_at, signed_at=order.signed_at,
        visited_at=order.visited_at, reported_at=order.reported_at, result=order.result, redo_reason=reason,
    )  # fmt: skip
    now = clock.now()
    limits = limits_from(order, now)
    changes: Changes = {"轮次": [order.round, order.round + 1]}
    changes |= rules.field_differences(order, {"company": company, "due_at": limits["due_at"]})
    entry = _commit(
        move, order, by, note=reason, changes=changes, round=order.round + 1, company=company, dispatched_at=now,
        original_due_at=limits["due_at"], signed_at=None, visited_at=None, reported_at=None, closed_at=None,
        callback_due_at=None, watched_since=now, result="", cause="", **limits,
    )  # fmt: skip
    messages.redone(order, entry, in_words(order.due_at))
    return entry


@transaction.atomic
def request_extension(order: Order, *, by: Any, new_due_at: dt.datetime, reason: str) -> OrderExtension:
    """Ask for a later limit, before the present one has passed."""
    move = check("request_extension", by, order)
    problems = rules.missing(reason, "请填写延期理由")
    if order.due_at is None or order.due_at <= clock.now():
        problems.append(f"办理时限 {in_words(order.due_at)} 已过，不能再申请延期；请抓紧办理并反馈")
    elif new_due_at <= order.due_at:
        problems.append(f"申请延至 {in_words(new_due_at)}，不晚于现在的时限 {in_words(order.due_at)}，请改为更晚的时间")
    refuse_if(problems)
    assert order.due_at is not None
    try:
        with transaction.atomic():
            extension = OrderExtension.objects.create(
                order=order, round=order.round, old_due_at=order.due_at, new_due_at=new_due_at, reason=reason,
                requested_by=by,
            )  # fmt: skip
    except IntegrityError:
        raise MoveRefused([EXTENSION_REQUESTED]) from None
    entry = _commit(move, order, by, note=f"申请延至 {in_words(new_due_at)}：{reason}")
    messages.extension_requested(order, entry)
    return extension


@transaction.atomic
def decide_extension(order: Order, *, by: Any, approve: bool, opinion: str) -> AuditEntry:
    """Approve or deny the open request. Approval moves the limit; the original and each old one stay on record."""
    move = check("decide_extension", by, order)
    extension = order.extensions.filter(status=ExtensionStatus.REQUESTED).first()
    if extension is None:
        raise MoveRefused([f"{order.number} 没有待审批的延期申请"])
    problems = rules.missing(opinion, "请填写审批意见")
    if approve and extension.new_due_at <= clock.now():
        problems.append(f"申请延至的 {in_words(extension.new_due_at)} 已经过去，请不同意这份申请")
    refuse_if(problems)
    status = ExtensionStatus.APPROVED if approve else ExtensionStatus.DENIED
    decided = order.extensions.filter(pk=extension.pk, status=ExtensionStatus.REQUESTED).update(
        status=status, decided_by=by, decided_at=clock.now(), opinion=opinion
    )
    if not decided:  # by somebody else since
        raise Stale(order)
    extension.status = status
    changes = rules.field_differences(order, {"due_at": extension.new_due_at}) if approve else None
    values = {"due_at": extension.new_due_at} if approve else {}
    entry = _commit(move, order, by, note=f"{status.label}：{opinion}", changes=changes, **values)
    messages.extension_decided(order, entry, extension)
    return entry


def _end_extension_requests(order: Order, by: Any, why: str) -> None:
    """A request that nobody will decide any more is ended, not left open."""
    order.extensions.filter(status=ExtensionStatus.REQUESTED).update(
        status=ExtensionStatus.DENIED, decided_by=by, decided_at=clock.now(), opinion=why
    )


def _lapse_extensions(order: Order) -> str:
    """In words, for whom it concerns; empty if there was none."""
    approved = order.extensions.filter(round=order.round, status=ExtensionStatus.APPROVED)
    latest = approved.order_by("-new_due_at").first()
    if latest is None:
        return ""
    approved.update(status=ExtensionStatus.LAPSED)
    return f"\n批准延至 {in_words(latest.new_due_at)} 的延期随之失效，仍需要的请重新申请"


@transaction.atomic
def reclassify(order: Order, *, by: Any, category: str, urgency: str, reason: str) -> AuditEntry:
    """Another category or urgency. Once dispatched the limits are reckoned anew, from when it was dispatched; an
    extension was approved of the limit that was, and lapses with it."""
    move = check("reclassify", by, order)
    values: dict[str, Any] = {"category": category, "urgency": urgency}
    values = {name: value for name, value in values.items() if value != getattr(order, name)}
    problems = [] if values else ["类别和紧急程度都没有改"]
    refuse_if(problems + rules.missing(reason, "请写明调整理由"))
    if order.dispatched_at:
        values |= limits_from(order, order.dispatched_at, category=category, urgency=urgency)
        _end_extension_requests(order, by, "类别或紧急程度已调整，申请终止")
        reason += _lapse_extensions(order)
    else:
        values["dispatch_due_at"] = desk_limit_from(order, category=category, urgency=urgency)
    shown = {name: value for name, value in values.items() if name != "visit_due_at"}
    entry = _commit(move, order, by, note=reason, changes=rules.field_differences(order, shown), **values)
    messages.changed(order, entry, in_words(order.due_at))
    return entry


@transaction.atomic
def withdraw(order: Order, *, by: Any, reason: str) -> AuditEntry:
    """→ 已办结 as formally withdrawn by the platform after it was handled (撤件): counted apart."""
    move = check("withdraw", by, order)
    problems = rules.problems_before_withdrawing(order)
    problems += rules.missing(reason, "请写明撤件依据，例如平台的撤件通知")
    if order.reported_at is None:
        unheard = order.merged.exclude(callbacks__is_reached=True)
        problems += rules.problems_of_leaving(order, unheard, "现在撤件", "请等企业反馈后再撤件")
    refuse_if(problems)
    _end_extension_requests(order, by, "工单已撤件，申请终止")
    now = clock.now()
    entry = _commit(move, order, by, note=reason, withdrawn_at=now, closed_at=order.closed_at or now)
    messages.ended(order, entry, order.company_id)
    return entry


@transaction.atomic
def merge(order: Order, *, by: Any, into: Order, note: str = "") -> AuditEntry:
    """→ 已并单: the same matter as another order of the county, which is seen to instead, by the earlier limit of both.
    Its caller is called back with that one's."""
    move = check("merge", by, order)
    _lock(order, into)
    refuse_if(problems_of_merging(order, into, note))
    _end_extension_requests(order, by, "工单已并单，申请终止")
    unit_id = order.company_id
    changes: Changes = {"并入工单": [None, into.number]}
    entry = _commit(move, order, by, note=note, changes=changes, merged_into=into)
    messages.ended(order, entry, unit_id)
    _stand_for(order, into, by)
    return entry


def _stand_for(order: Order, into: Order, by: Any) -> None:
    """What becomes of the one that the order was merged into."""
    values = stricter_limits(into, order)
    changes, note = rules.field_differences(into, values), f"{order.number} 并入本单"
    if values:
        note += "，它的时限更早，本单改按它的时限"
    # Whoever settles or merges that one meanwhile has not seen that it now stands for another caller too.
    change(into, **values)
    entry = record(actor=by, action="并入", target=into, note=note, changes=changes, region_code=into.county.code)
    if values and into.state.is_under_way:
        messages.limit_taken_over(into, entry, "，".join(f"{name} {new}" for name, (_, new) in changes.items()))


def _lock(order: Order, into: Order) -> None:
    """Both rows, in the order of their keys, so that two who merge crosswise line up; `into` is then as it is now."""
    both = Order.objects.select_for_update(no_key=True).filter(pk__in={order.pk, into.pk}).order_by("pk")
    list(both.values_list("pk"))
    into.refresh_from_db()


@transaction.atomic
def invalidate(order: Order, *, by: Any, reason: str) -> AuditEntry:
    """→ 无效, with a reason. The number is never given out again."""
    move = check("invalidate", by, order)
    problems = rules.missing(reason, "请写明理由，例如“不属于供热”“重复登记”")
    instead = "请照常派单、办理，由企业如实反馈，回访后办结"
    refuse_if(problems + rules.problems_of_leaving(order, order.merged.all(), "作无效处理", instead))
    _end_extension_requests(order, by, "工单已作无效处理，申请终止")
    entry = _commit(move, order, by, note=reason)
    messages.ended(order, entry, order.company_id)
    return entry


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "accept": accept, "dispatch": dispatch, "sign": sign, "send_back": send_back, "visit": visit, "report": report,
    "request_extension": request_extension, "decide_extension": decide_extension, "call_back": call_back,
    "close": close, "redo": redo, "reclassify": reclassify, "withdraw": withdraw, "merge": merge,
    "invalidate": invalidate,
}  # fmt: skip
