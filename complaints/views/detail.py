"""An order's page: its facts, the moves the reader may make, what was done about it, and its history."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_GET

from common import clock
from common.occasions import outcomes_of, query_of
from common.ui import limit_badge, moment
from common.working_calendar import calendar_in_force
from complaints import rules
from complaints.callers import Said, finds_by_phone, mask_name, mask_phone, may_see_caller
from complaints.cluster_hazards import outcomes_by_cluster
from complaints.counting import counting_of
from complaints.enums import ExtensionStatus, LimitStage, Urgency
from complaints.follow_up import REPORTED_ON
from complaints.hazards import NOT_FOR_HAZARDS, may_link
from complaints.limits import Limits
from complaints.merging import FIELDS, limit_of_merged
from complaints.models import Order, OrderFile
from complaints.moves import moves_for
from complaints.occasions import OCCASION
from complaints.repeats import Earlier, earlier_orders
from complaints.standing import next_step, running_limit
from complaints.tables import main_move
from complaints.timeline import file_links, history

reads = permission_required("complaints.view_order", raise_exception=True)
RELATED = (
    "county", "season", "company", "township", "community__company", "registered_by__unit", "merged_into",
)  # fmt: skip


def visible_order(request: HttpRequest, pk: int) -> Order:
    """The order with what its pages need, or 404. One query."""
    return get_object_or_404(Order.objects.visible_to(request.user).select_related(*RELATED), pk=pk)


# The kinds of deadlines that the sweep watches, with the field of each limit.
LADDERS = (
    ("complaint_dispatch", "dispatch_due_at"), ("complaint_visit", "visit_due_at"), ("complaint", "due_at"),
    ("complaint_callback", "callback_due_at"),
)  # fmt: skip


@reads
@require_GET
def order_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """About twenty queries, whatever the order has been through."""
    order, user = visible_order(request, pk), request.user
    said = Said(order, user)
    files = list(order.files.select_related("uploaded_by__unit"))
    moves = moves_for(user, order)
    codes = [move.code for move in moves]
    main = _main_move(order, codes)
    limit = running_limit(order)
    context = {
        "order": order,
        "state": order.state,
        "urgency": Urgency(order.urgency),
        "limit": limit,
        "waiting": next_step(order),
        "moves": [{"move": move, "primary": move.code == main} for move in moves],
        "can_edit": user.has_perm("complaints.dispatch_order") and order.state.is_open,  # type: ignore[union-attr]
        "facts": _facts(order, said),
        "limits": explained_limits(order),
        "visits": _visits(order, files, said),
        "callbacks": _read(order.callbacks.select_related("by__unit"), said, "note"),
        "extensions": _read(
            order.extensions.select_related("requested_by__unit", "decided_by__unit"), said, "reason", "opinion"
        ),
        "past_rounds": _read(order.past_rounds.select_related("company"), said, "result", "redo_reason"),
        "photos": [_photo(file) for file in files if file.is_photo and file.visit_id is None],
        "files": [{**file_links(file), "file": file} for file in files if not file.is_photo],
        **caller_context(order, user),
        "merged": [_merged(each, order, user) for each in order.merged.prefetch_related("callbacks").order_by("pk")],
        "earlier": earlier_for(order, user),
        **_outcomes(order, user),
        "hazard_url": _hazard_url(order, user),
        "may_link": may_link(user) and order.status not in NOT_FOR_HAZARDS,
        "may_unlink": may_link(user),
        "ladders": _ladders(order),
        "origin": _origin(order, said),
        "events": history(order, user, files, said),
    }
    said.note_look()
    return render(request, "complaints/order_detail.html", context)


def _ladders(order: Order) -> list[str]:
    """The desk's own is of no interest once it has handed the order out."""
    kinds = [kind for kind, due in LADDERS if getattr(order, due)]
    return [kind for kind in kinds if kind != "complaint_dispatch" or order.dispatched_at is None]


def _outcomes(order: Order, user: Any) -> dict[str, Any]:
    """The hazards that it has led to itself, and those that came from a cluster which it is one of."""
    own = outcomes_of(user, OCCASION, order.pk)
    linked = {each.item_id for each in own}
    of_clusters = outcomes_by_cluster(user, order)
    return {"outcomes": own, "of_clusters": [each for each in of_clusters if each.outcome.item_id not in linked]}


def _hazard_url(order: Order, user: Any) -> str:
    """Of the form of a hazard that begins with the order; empty for who registers none, or of an order that is none."""
    if order.status in NOT_FOR_HAZARDS or not user.has_perm("inspections.register_hazard"):
        return ""
    return f"{reverse('inspections:hazard_create')}?{query_of(OCCASION, order.pk)}"


def _main_move(order: Order, codes: list[str]) -> str:
    """What usually comes next; of what was called back about, what the last call says."""
    wanted = ["decide_extension", main_move(order)]
    if order.status == "reported" and not rules.problems_before_close(order):
        wanted.insert(1, "close")
    elif order.status == "reported" and not rules.problems_before_redo(order):
        wanted.insert(1, "redo")
    return next((code for code in wanted if code in codes), "")


def earlier_for(order: Order, user: Any) -> list[Earlier]:
    """Earlier orders of the household or, where the user may look for one, the phone that the user sees. Three
    queries."""
    earlier = earlier_orders(order, by_phone=finds_by_phone(user))
    keys = [each.order.pk for each in earlier]
    seen = set(Order.objects.visible_to(user).filter(pk__in=keys).values_list("pk", flat=True)) if keys else set()
    return [each for each in earlier if each.order.pk in seen]


def caller_context(order: Order, user: Any) -> dict[str, Any]:
    return {
        "may_see": bool(order.caller or order.phone) and may_see_caller(user, order),
        "masked_name": mask_name(order.caller),
        "masked_phone": mask_phone(order.phone),
    }


def _merged(order: Order, into: Order, user: Any) -> dict[str, Any]:
    """Its caller, what the last call since the report of the other has heard, and whether there is to be one."""
    calls = rules.calls_about(order, into)
    may_call = user.has_perm("complaints.call_back_order") and into.status in REPORTED_ON
    return {"order": order, "call": calls[-1] if calls else None, "may_call": may_call, **caller_context(order, user)}


def explained_limits(order: Order) -> list[dict[str, Any]]:
    """Each limit that the order has, how it stands, and 怎么算的. Three queries, one more once it is done again."""
    limits, running, now = Limits(calendar_in_force()), running_limit(order), clock.now()
    others = list(order.merged.order_by("pk"))
    rows = [
        ("派单", LimitStage.DISPATCH, order.dispatch_due_at, order.registered_at, _first_dispatched_at(order)),
        ("到场", LimitStage.VISIT, order.visit_due_at, order.dispatched_at, order.visited_at),
        ("办理", LimitStage.HANDLING, order.due_at, order.dispatched_at, order.reported_at),
        ("回访", LimitStage.CALLBACK, order.callback_due_at, order.reported_at, order.closed_at),
    ]
    shown = []
    for label, stage, due_at, start, met_at in rows:
        if due_at is None or start is None:
            continue
        reckoned = limits.reckon(stage, category=order.category, urgency=order.urgency, start=start)
        if stage in FIELDS and not (reckoned and reckoned.due_at == due_at):
            theirs = [limit_of_merged(other, stage, start, limits) for other in others]
            reckoned = next((each for each in theirs if each and each.due_at == due_at), reckoned)
        shown.append(
            {
                "label": label, "due_at": due_at, "met_at": met_at, "is_late": (met_at or now) >= due_at,
                "runs": met_at is None and order.state.is_open,
                "is_next": bool(running and running.label == label), "why": _why(order, stage, due_at, reckoned),
            }
        )  # fmt: skip
    return shown


def _first_dispatched_at(order: Order) -> dt.datetime | None:
    """The desk has met its limit, or has not, in the first round: doing it again is no later dispatch."""
    if order.round == 1:
        return order.dispatched_at
    return order.past_rounds.order_by("round").values_list("dispatched_at", flat=True).first()


def _why(order: Order, stage: str, due_at: Any, reckoned: Any) -> str:
    """How the limit came about; a limit that was extended or set under an earlier rule says so."""
    if reckoned is not None and reckoned.due_at == due_at:
        return f"{reckoned.sentence}{_lapsed(order) if stage == LimitStage.HANDLING else ''}"
    if stage == LimitStage.HANDLING and order.original_due_at and order.original_due_at != due_at:
        return f"原时限 {moment(order.original_due_at)}，经批准或调整改为 {moment(due_at)}。"
    return "按派单时的规定算出；规定后来有改动，已派的工单不变。"


def _lapsed(order: Order) -> str:
    """An extension that the limit had, if it was set anew since. One query."""
    lapsed = order.extensions.filter(round=order.round, status=ExtensionStatus.LAPSED).order_by("-new_due_at").first()
    return f"曾批准延至 {moment(lapsed.new_due_at)}，调整类别后失效。" if lapsed else ""


def _read(rows: Iterable[Any], said: Said, *texts: str) -> list[Any]:
    """The rows with their texts as the reader reads them; never saved."""
    read = list(rows)
    for row in read:
        for name in texts:
            setattr(row, name, said(getattr(row, name)))
    return read


def _facts(order: Order, said: Said) -> list[tuple[Any, ...]]:
    facts: list[tuple[Any, ...]] = [
        ("诉求内容", said(order.content), "wide"),
        ("地址", order.address),
        ("小区", order.community),
        ("承办企业", order.company),
        ("时限", _limit(order)),
        ("诉求类别", order.get_category_display()),
        ("紧急程度", order.get_urgency_display()),
        ("来源", f"{order.get_source_display()}（{order.get_platform_display()}）"),
        ("来源工单号", order.outside_number),
        ("受理时间", moment(order.received_at)),
        ("登记", f"{order.registered_by or '—'}，{moment(order.registered_at)}"),
    ]
    optional = [
        ("反映室温", order.stated_temperature_c is not None and f"{order.stated_temperature_c} ℃"),
        ("实测室温", order.measured_temperature_c is not None and f"{order.measured_temperature_c} ℃"),
        ("责任归因", order.get_cause_display()),
        ("乡镇、街道", order.township),
        ("办理结果", said(order.result), "wide"),
        ("撤件时间", order.withdrawn_at and moment(order.withdrawn_at)),
    ]
    if order.first_overdue_at:
        optional.append(("曾逾期", f"自 {moment(order.first_overdue_at)} 起逾期过"))
    return facts + [fact for fact in optional if fact[1]]


def _limit(order: Order) -> Any:
    limit = running_limit(order)
    if limit is None:
        return moment(order.due_at) if order.due_at else ""
    return format_html("{} {} {}", limit.label, moment(limit.due_at), limit_badge(limit.due_at, beside_date=True))


def _visits(order: Order, files: list[OrderFile], said: Said) -> list[dict[str, Any]]:
    """Each with how the temperature was taken, what was wrong about it, and its photos."""
    shown, counting = [], counting_of(order.county_id)
    for visit in _read(order.visits.select_related("by__unit", "company"), said, "found"):
        warm = rules.is_warm_enough(visit, counting)
        verdict = "" if warm is None else "达标" if warm else "不达标"
        photos = [_photo(file) for file in files if file.visit_id == visit.pk and file.is_photo]
        short = rules.shortcomings_of_measuring(visit, counting)
        shown.append({"visit": visit, "short": short, "verdict": verdict, "photos": photos})
    return shown


def _photo(file: OrderFile) -> dict[str, Any]:
    by = file.uploaded_by.display_name if file.uploaded_by else "系统"
    return {**file_links(file), "caption": f"{by} {moment(file.uploaded_at)} 上传"}


def _origin(order: Order, said: Said) -> dict[str, Any] | None:
    """The file and row that the order was imported from, and what its cells said."""
    if not order.origin:
        return None
    raw = order.origin.get("raw", {})
    return {
        "file": order.origin.get("file", ""),
        "row": order.origin.get("row"),
        "cells": [(head, said(text)) for head, text in raw.items()],
    }
