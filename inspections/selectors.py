"""Reads for pages, dashboards and reports. Each docstring states its number of queries."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, F, Q, QuerySet

from common import clock
from common.uploads import hamming, hash_candidates
from inspections.enums import (
    OPEN_STATUSES,
    AttachmentStage,
    Conclusion,
    ExtensionStatus,
    Grade,
    HazardStatus,
)
from inspections.models import Attachment, Extension, Hazard
from inspections.querysets import HazardQuerySet

# A count beyond this is shown as "10 000+": counting on would cost more than the number is worth.
COUNT_CAP = 10_000
DUE_SOON_DAYS = 7
# Two photos within this many differing bits of 64 are taken for the same picture.
SAME_PICTURE_DISTANCE = 5


@dataclass(frozen=True)
class CappedCount:
    value: int

    @property
    def is_capped(self) -> bool:
        return self.value > COUNT_CAP

    def __str__(self) -> str:
        return "10 000+" if self.is_capped else f"{self.value:,}".replace(",", " ")


def tab_conditions(today: dt.date) -> dict[str, Q]:
    """What each tab above the list shows, by its name in the address."""
    conditions = {status.value: Q(status=status) for status in HazardStatus}
    is_open = Q(status__in=OPEN_STATUSES)
    return {
        "": Q(),
        "counted": ~Q(status=HazardStatus.VOID),
        "open": is_open,
        **conditions,
        "overdue": is_open & Q(due_on__lt=today),
        "due_soon": is_open & Q(due_on__gte=today, due_on__lte=today + dt.timedelta(days=DUE_SOON_DAYS)),
        "no_deadline": is_open & Q(due_on__isnull=True),
    }


def tab_counts(queryset: HazardQuerySet, *, many: bool = False) -> dict[str, CappedCount]:
    """How many of `queryset` each tab would list, exact up to COUNT_CAP. One query for small sets, two for large.

    A small set is counted in one pass over its rows; of a large one each tab is counted by itself, each stopping at
    the cap, so that the cost does not grow with the ledger. `many`: the caller knows that it is large; always one query.
    """
    conditions = tab_conditions(clock.today())
    base = queryset.order_by()
    if not many:
        counted = base[: COUNT_CAP + 1].aggregate(
            **{f"n_{name}": Count("pk", filter=condition) for name, condition in conditions.items() if name},
            n_=Count("pk"),
        )
        if counted["n_"] <= COUNT_CAP:
            return {name: CappedCount(counted[f"n_{name}"]) for name in conditions}
    return dict(zip(conditions, map(CappedCount, _capped_counts(base, list(conditions.values()))), strict=True))


def _capped_counts(base: QuerySet, conditions: list[Q]) -> list[int]:
    """One statement with one capped COUNT per condition."""
    parts, params = [], []
    for condition in conditions:
        sql, sql_params = base.filter(condition).values("pk")[: COUNT_CAP + 1].query.sql_with_params()
        parts.append(f"(SELECT COUNT(*) FROM ({sql}) AS capped)")
        params.extend(sql_params)
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(parts), params)
        return list(cursor.fetchone())


def waiting_for(user: Any) -> dict[str, HazardQuerySet]:
    """What waits for this user, by kind of work, in the order of urgency. No query; each queryset costs one when read.

    Exactly the hazards on which the user's unit has the next step and the user may take it.
    """
    visible = Hazard.objects.visible_to(user)
    work: dict[str, HazardQuerySet] = {}
    if not user.unit_id:
        return work
    if user.unit.is_bureau:
        if user.has_perm("inspections.decide_extension"):
            requested = Extension.objects.filter(status=ExtensionStatus.REQUESTED).values("hazard_id")
            work["decide_extension"] = visible.open().filter(pk__in=requested)
        if user.has_perm("inspections.accept_hazard"):
            work["accept"] = _acceptable_by(user, visible)
        if user.has_perm("inspections.issue_hazard"):
            work["issue"] = visible.filter(status=HazardStatus.PENDING)
    led = visible.filter(lead_unit_id=user.unit_id)
    if user.has_perm("inspections.sign_hazard"):
        work["sign"] = led.filter(status=HazardStatus.ISSUED)
    if user.has_perm("inspections.rectify_hazard"):
        rectifying = led.filter(status=HazardStatus.RECTIFYING)
        work["plan"] = rectifying.filter(planned_at__isnull=True)
        work["rectify"] = rectifying.filter(planned_at__isnull=False)
    return work


def _acceptable_by(user: Any, visible: HazardQuerySet) -> HazardQuerySet:
    """Awaiting acceptance, not rectified by the user's own unit, and not yet concluded by this very user."""
    mine = Hazard.objects.filter(
        acceptances__by=user, acceptances__round=F("round"), acceptances__attempt=F("acceptance_attempt")
    ).values("pk")
    return (
        visible.filter(status=HazardStatus.AWAITING_ACCEPTANCE)
        .exclude(pk__in=mine)
        .exclude(lead_unit_id=user.unit_id)
        .exclude(pk__in=Hazard.objects.filter(cooperating_units=user.unit_id).values("pk"))
    )


WAITING_LABELS = {
    "decide_extension": "延期待审批",
    "accept": "待验收",
    "issue": "待下达",
    "sign": "待签收",
    "plan": "待制定方案",
    "rectify": "整改中",
}


def next_actor(hazard: Hazard) -> str:
    """Who can do the next step: 等待 北苑供热站 签收; empty for what is settled. No query on a loaded hazard."""
    company = hazard.lead_unit.label if hazard.lead_unit else "责任单位"
    waits_for = {
        HazardStatus.PENDING: "住建局 下达",
        HazardStatus.ISSUED: f"{company} 签收",
        HazardStatus.RECTIFYING: f"{company} 制定整改方案"
        if hazard.planned_at is None
        else f"{company} 整改并申请验收",
        HazardStatus.AWAITING_ACCEPTANCE: "住建局 验收",
    }.get(HazardStatus(hazard.status))
    return f"等待 {waits_for}" if waits_for else ""


def next_step(hazard: Hazard) -> str:
    """The same, and since when it waits: 等待 北苑供热站 签收（已 2 天）. No query on a loaded hazard."""
    actor = next_actor(hazard)
    if not actor:
        return ""
    days = (clock.today() - clock.local_date(hazard.status_since)).days
    return f"{actor}（已 {days} 天）" if days else f"{actor}（今天起）"


def acceptance_progress(hazard: Hazard) -> tuple[int, int]:
    """(conclusions that passed on the present request, conclusions needed). One query."""
    passed = hazard.acceptances.filter(
        round=hazard.round, attempt=hazard.acceptance_attempt, conclusion=Conclusion.PASSED
    ).count()
    return passed, 2 if hazard.grade == Grade.MAJOR else 1


@dataclass(frozen=True)
class PhotoFlag:
    attachment: Attachment
    reason: str


def photo_flags(hazard: Hazard) -> list[PhotoFlag]:
    """Photos of the present round that need a second look: taken before the find, or seen before.

    One query for the photos and one for each photo with a hash.
    """
    flags = []
    photos = hazard.attachments.filter(round=hazard.round, is_photo=True).exclude(stage=AttachmentStage.BEFORE)
    for photo in photos:
        if photo.taken_at and clock.local_date(photo.taken_at) < hazard.found_on:
            taken = clock.local_date(photo.taken_at)
            flags.append(PhotoFlag(photo, f"拍摄于 {taken}，早于发现日期 {hazard.found_on}"))
        flags += [PhotoFlag(photo, _seen_before(hazard, other)) for other in _same_pictures(hazard, photo)]
    return flags


def _seen_before(hazard: Hazard, other: Attachment) -> str:
    if other.hazard_id != hazard.pk:
        return f"与 {other.hazard.number} 的照片“{other.original_name}”几乎相同"
    where = "整改前" if other.round == hazard.round else f"第 {other.round} 轮"
    return f"与本隐患{where}的照片“{other.original_name}”几乎相同"


def _same_pictures(hazard: Hazard, photo: Attachment) -> list[Attachment]:
    """Photos that show the same picture, found through the indexed bands of the hash: of the county's other hazards,
    and of this one before the work or in earlier rounds."""
    if not photo.phash:
        return []
    near = Q()
    for band, values in enumerate(hash_candidates(photo.phash)):
        near |= Q(**{f"band_{band}__in": values})
    earlier = Q(hazard_id=hazard.pk) & (Q(round__lt=hazard.round) | Q(stage=AttachmentStage.BEFORE))
    others = Attachment.objects.filter(near, hazard__county_id=hazard.county_id).exclude(pk=photo.pk)
    others = others.filter(~Q(hazard_id=hazard.pk) | earlier).select_related("hazard").order_by("pk")
    return [other for other in others if hamming(photo.phash, other.phash) <= SAME_PICTURE_DISTANCE]
