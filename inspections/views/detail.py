"""A hazard's page: its facts, the moves the reader may make, its photos and files, and its history."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_GET

from accounts.scoping import sees_region
from audit.timeline import entries_of
from common import clock
from common.ui import due_badge, moment
from facilities.models import Facility
from inspections import rules, selectors, services
from inspections.enums import AttachmentStage, Conclusion, Grade, HazardStatus
from inspections.models import Attachment, Hazard, Milestone
from inspections.moves import Move, moves_for
from inspections.occasions import where_from
from inspections.timeline import events, file_links

reads = permission_required("inspections.view_hazard", raise_exception=True)
RELATED = (
    "county", "season", "lead_unit", "township", "facility", "supervisor", "responsible_user", "registered_by__unit",
)  # fmt: skip
# What the next move usually is, in the state that the hazard is in; the first one possible is the page's main button.
MAIN_MOVES = ("decide_extension", "issue", "sign", "accept")


def visible_hazard(request: HttpRequest, pk: int) -> Hazard:
    """The hazard with what its pages need, or 404. One query."""
    return get_object_or_404(Hazard.objects.visible_to(request.user).select_related(*RELATED), pk=pk)


@reads
@require_GET
def hazard_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """About twenty queries, whatever the hazard has been through."""
    hazard, user = visible_hazard(request, pk), request.user
    attachments = list(hazard.attachments.select_related("uploaded_by__unit"))
    moves = moves_for(user, hazard)
    can_edit = user.has_perm("inspections.edit_hazard") and hazard.state.is_open  # type: ignore[union-attr]
    problems = rules.problems_before_issue(hazard) if hazard.status == HazardStatus.PENDING else []
    is_acceptor = any(move.code == "accept" for move in moves)
    conclusions = _acceptances(hazard)
    context = {
        "hazard": hazard,
        "state": hazard.state,
        "grade": Grade(hazard.grade),
        "is_overdue": hazard.is_overdue(clock.today()),
        "waiting": selectors.next_step(hazard, signed=conclusions["passed"]),
        "moves": _buttons(moves, hazard, bool(problems)),
        "can_edit": can_edit,
        "edit_is_primary": can_edit and bool(problems),
        "can_remind": user.has_perm("inspections.remind_hazard") and hazard.state.is_under_way,  # type: ignore[union-attr]
        "problems": problems,
        "facts": _facts(hazard, user),
        "five": _five(hazard),
        **photo_context(hazard, attachments, flagged=is_acceptor),
        "files": [_file(attachment) for attachment in attachments if not attachment.is_photo],
        "can_attach": services.may_attach(user, hazard),
        "stages": AttachmentStage.choices,
        "usual_stage": _usual_stage(hazard),
        "milestones": _milestones(hazard),
        "extensions": hazard.extensions.select_related("requested_by__unit", "decided_by__unit"),
        **conclusions,
        "past_rounds": hazard.past_rounds.all(),
        "origin": _origin(hazard),
        "where_from": where_from(hazard, user),
        "events": events(entries_of(hazard, whole=sees_region(user)), attachments),
    }
    return render(request, "inspections/hazard_detail.html", context)


def _buttons(moves: list[Move], hazard: Hazard, has_problems: bool) -> list[dict[str, Any]]:
    """The moves in the order of the flow, one of them primary (none while something has to be mended first)."""
    codes = [move.code for move in moves]
    main = "" if has_problems else next((code for code in MAIN_MOVES if code in codes), "")
    if not main and hazard.status == HazardStatus.RECTIFYING:
        usual = (
            "plan"
            if hazard.planned_at is None
            else "request_acceptance"
            if hazard.progress_percent == 100
            else "report"
        )
        main = usual if usual in codes else ""
    return [{"move": move, "primary": move.code == main} for move in moves]


def _facts(hazard: Hazard, user: Any) -> list[tuple[Any, ...]]:
    cooperating = "、".join(unit.name for unit in hazard.cooperating_units.all())
    facts: list[tuple[Any, ...]] = [
        ("责任单位", hazard.lead_unit and hazard.lead_unit.name),
        ("责任人", _person(hazard)),
        ("整改时限", _deadline(hazard)),
        ("整改进度", f"{hazard.progress_percent}%"),
        ("存在问题", hazard.description, "wide"),
        ("验收标准", hazard.acceptance_standard, "wide"),
        ("整改措施", hazard.measure, "wide"),
        ("设施", _facility(hazard, user)),
        ("涉及小区", "、".join(community.name for community in hazard.communities.all())),
        ("乡镇、街道", hazard.township),
        ("隐患分类", hazard.get_category_display()),
        ("整改类型", hazard.get_urgency_display()),
        ("来源", hazard.get_source_display()),
        ("发现日期", hazard.found_on.isoformat()),
        ("登记", f"{hazard.registered_by or '—'}，{moment(hazard.registered_at)}"),
        ("督办人", hazard.supervisor),
        ("预计费用", None if hazard.estimated_cost_yuan is None else f"{hazard.estimated_cost_yuan:,.2f} 元"),
        ("资金来源", hazard.get_funding_source_display()),
    ]
    optional = [
        ("配合单位", cooperating), ("成因", hazard.cause, "wide"), ("备注", hazard.remark, "wide"),
        ("晚于试运行的理由", hazard.late_due_reason, "wide"),
    ]  # fmt: skip
    if hazard.first_overdue_on and not hazard.is_overdue(clock.today()):
        optional.append(("曾逾期", f"自 {hazard.first_overdue_on} 起曾经逾期"))
    return facts + [fact for fact in optional if fact[1]]


def _person(hazard: Hazard) -> Any:
    if not hazard.responsible_phone:
        return hazard.responsible_person
    digits = "".join(sign for sign in hazard.responsible_phone if sign.isdigit() or sign == "+")
    return format_html('{} <a href="tel:{}">{}</a>', hazard.responsible_person, digits, hazard.responsible_phone)


def _deadline(hazard: Hazard) -> Any:
    if hazard.due_on is None:
        return due_badge(None)
    done = not hazard.state.is_open
    badge = due_badge(hazard.due_on, done=done)
    moved = ""
    if hazard.original_due_on and hazard.original_due_on != hazard.due_on:
        moved = f"（原定 {hazard.original_due_on}）"
    if done or badge == due_badge(hazard.due_on, done=True):
        return format_html("{}{}", hazard.due_on.isoformat(), moved)
    return format_html("{} {}{}", hazard.due_on.isoformat(), badge, moved)


def _facility(hazard: Hazard, user: Any) -> Any:
    kind = hazard.get_facility_kind_display()
    facility = hazard.facility
    if facility is None:
        return kind
    if not Facility.objects.visible_to(user).filter(pk=facility.pk).exists():
        return f"{facility.name}（{kind}）"
    url = reverse("facilities:facility_detail", args=[facility.pk])
    return format_html('<a href="{}">{}</a>（{}）', url, facility.name, kind)


def _five(hazard: Hazard) -> list[tuple[str, str, str]]:
    if not rules.is_major(hazard):
        return []
    return [(rules.label(name), getattr(hazard, name), "wide") for name in rules.FIVE_FIELDS]


def photo_context(hazard: Hazard, attachments: list[Attachment] | None = None, *, flagged: bool) -> dict[str, Any]:
    """Before and after of the present round; of a new round without photos from before its work, the latest earlier.

    `flagged`: with the warnings that the acceptor is given.
    """
    if attachments is None:
        attachments = list(hazard.attachments.select_related("uploaded_by__unit"))
    flags = selectors.photo_flags(hazard) if flagged else []
    photos = [attachment for attachment in attachments if attachment.is_photo]
    reasons: dict[int, list[str]] = {}
    for flag in flags:
        reasons.setdefault(flag.attachment.pk, []).append(flag.reason)

    def shown(*stages: str, round_: int = hazard.round) -> list[dict[str, Any]]:
        chosen = [photo for photo in photos if photo.stage in stages and photo.round == round_]
        return [_photo(photo, reasons.get(photo.pk, [])) for photo in chosen]

    rounds = range(hazard.round, 0, -1)
    return {
        "before": next((found for n in rounds if (found := shown(AttachmentStage.BEFORE, round_=n))), []),
        "after": shown(AttachmentStage.AFTER),
        "during": shown(AttachmentStage.DURING, AttachmentStage.ACCEPTANCE, AttachmentStage.DOCUMENT),
        "earlier": [
            _photo(photo, []) for photo in photos
            if photo.round < hazard.round and photo.stage != AttachmentStage.BEFORE
        ],
        "flags": [(flag.attachment.original_name, flag.reason) for flag in flags],
    }  # fmt: skip


def _photo(photo: Attachment, flags: list[str]) -> dict[str, Any]:
    taken = f"拍摄 {moment(photo.taken_at)}" if photo.taken_at else "没有拍摄时间"
    place = (
        f"北纬 {photo.latitude:.5f}，东经 {photo.longitude:.5f}" if photo.latitude and photo.longitude else "没有位置"
    )
    by = photo.uploaded_by.display_name if photo.uploaded_by else "系统"
    stage = AttachmentStage(photo.stage)
    prefix = "" if stage in (AttachmentStage.BEFORE, AttachmentStage.AFTER) else f"{stage.label}，"
    caption = f"{prefix}{taken}，{place}；{by} {moment(photo.uploaded_at)} 上传"
    return {**file_links(photo), "caption": caption, "flags": flags}


def _file(attachment: Attachment) -> dict[str, Any]:
    return {**file_links(attachment), "attachment": attachment}


def _milestones(hazard: Hazard) -> list[tuple[Milestone, int]]:
    """The present round's steps, each with by how many days it is late (0: it is not)."""
    today = clock.today()

    def late(step: Milestone) -> int:
        return max((today - step.due_on).days, 0) if step.done_on is None and hazard.state.is_open else 0

    return [(step, late(step)) for step in hazard.milestones.filter(round=hazard.round)]


def _usual_stage(hazard: Hazard) -> str:
    return {
        HazardStatus.PENDING: AttachmentStage.BEFORE,
        HazardStatus.ISSUED: AttachmentStage.BEFORE,
        HazardStatus.RECTIFYING: AttachmentStage.DURING,
        HazardStatus.AWAITING_ACCEPTANCE: AttachmentStage.ACCEPTANCE,
    }.get(hazard.state, AttachmentStage.DOCUMENT)


def _acceptances(hazard: Hazard) -> dict[str, Any]:
    """The conclusions, and for a 重大 hazard how many of the needed ones are there."""
    conclusions = list(hazard.acceptances.select_related("by__unit"))
    passed = sum(
        conclusion.conclusion == Conclusion.PASSED
        for conclusion in conclusions
        if (conclusion.round, conclusion.attempt) == (hazard.round, hazard.acceptance_attempt)
    )
    return {"acceptances": conclusions, "passed": passed, "needed": rules.acceptors_needed(hazard)}


def _origin(hazard: Hazard) -> dict[str, Any] | None:
    """The file and row that the hazard was imported from, and what its cells said."""
    origin = hazard.origin
    if not origin:
        return None
    return {"file": origin.get("file", ""), "row": origin.get("row"), "cells": list(origin.get("raw", {}).items())}
