"""Reads for pages, dashboards and reports. Each docstring states its number of queries."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, Q

from common import clock
from common.counting import COUNT_CAP, CappedCount, capped_counts, union_sql
from common.uploads import hamming, hash_candidates
from inspections.enums import (
    OPEN_STATUSES,
    AttachmentStage,
    Conclusion,
    ExtensionStatus,
    HazardStatus,
)
from inspections.models import Attachment, Extension, Hazard
from inspections.querysets import HazardQuerySet
from inspections.rules import acceptors_needed

# So many rows are counted in one pass; of more each tab is counted by itself.
ONE_PASS_ROWS = 100_000
DUE_SOON_DAYS = 7
# Two photos within this many differing bits of 64 are taken for the same picture.
SAME_PICTURE_DISTANCE = 5


class DueState(IntEnum):
    """How a deadline stands today."""

    NONE = 0
    PAST = 1
    SOON = 2
    LATER = 3

    def condition(self, today: dt.date) -> Q:
        soon = today + dt.timedelta(days=DUE_SOON_DAYS)
        return {
            DueState.NONE: Q(due_on__isnull=True),
            DueState.PAST: Q(due_on__lt=today),
            DueState.SOON: Q(due_on__gte=today, due_on__lte=soon),
            DueState.LATER: Q(due_on__gt=soon),
        }[self]


@dataclass(frozen=True)
class TabRule:
    """What a tab above the list shows: hazards in one of these statuses, whose deadline stands so (None: anyhow)."""

    statuses: tuple[HazardStatus, ...]
    due: DueState | None = None

    def condition(self, today: dt.date) -> Q:
        if self.statuses == tuple(HazardStatus):
            return Q()
        statuses = Q(status=self.statuses[0]) if len(self.statuses) == 1 else Q(status__in=self.statuses)
        return statuses if self.due is None else statuses & self.due.condition(today)


TAB_RULES: dict[str, TabRule] = {
    "": TabRule(tuple(HazardStatus)),
    "counted": TabRule(tuple(status for status in HazardStatus if status is not HazardStatus.VOID)),
    "open": TabRule(OPEN_STATUSES),
    **{status.value: TabRule((status,)) for status in HazardStatus},
    "overdue": TabRule(OPEN_STATUSES, DueState.PAST),
    "due_soon": TabRule(OPEN_STATUSES, DueState.SOON),
    "no_deadline": TabRule(OPEN_STATUSES, DueState.NONE),
}


def tab_counts(*parts: HazardQuerySet, many: bool = False) -> dict[str, CappedCount]:
    """How many of these hazards each tab of TAB_RULES would list, exact up to COUNT_CAP. `parts` have no row in common.

    One query up to ONE_PASS_ROWS hazards, which are counted in one pass; two for more, of which each tab is counted by
    itself, each stopping at the cap, so that the cost does not grow with the ledger. `many`: the caller knows that they
    are many; always one query.
    """
    today = clock.today()
    counted = None if many else _counted_in_one_pass(parts, today)
    return counted or _counted_one_by_one(parts, today)


def _counted_in_one_pass(parts: Sequence[HazardQuerySet], today: dt.date) -> dict[str, CappedCount] | None:
    """None if there are more rows than that."""
    try:
        rows, params = union_sql(parts, ONE_PASS_ROWS, "status", "due_on")
    except EmptyResultSet:
        return {name: CappedCount(0) for name in TAB_RULES}
    state = (
        f"CASE WHEN due_on IS NULL THEN {DueState.NONE} WHEN due_on < %s THEN {DueState.PAST}"
        f" WHEN due_on <= %s THEN {DueState.SOON} ELSE {DueState.LATER} END"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT status, {state}, COUNT(*) FROM ({rows}) AS counted GROUP BY 1, 2",
            [today, today + dt.timedelta(days=DUE_SOON_DAYS), *params],
        )
        table = cursor.fetchall()
    if sum(count for *_, count in table) > ONE_PASS_ROWS:
        return None
    return {
        name: CappedCount(sum(n for status, state, n in table if status in rule.statuses and rule.due in (None, state)))
        for name, rule in TAB_RULES.items()
    }


def _counted_one_by_one(parts: Sequence[HazardQuerySet], today: dt.date) -> dict[str, CappedCount]:
    """One statement with one capped COUNT for each status and each tab of deadlines; the others are sums."""
    wanted = {name: rule for name, rule in TAB_RULES.items() if rule.due is not None or len(rule.statuses) == 1}
    counts = capped_counts(
        {name: [part.filter(rule.condition(today)) for part in parts] for name, rule in wanted.items()}
    )
    for name, rule in TAB_RULES.items():
        if name not in counts:
            counts[name] = min(sum(counts[status] for status in rule.statuses), COUNT_CAP + 1)
    return {name: CappedCount(counts[name]) for name in TAB_RULES}


def waiting_for(user: Any, among: HazardQuerySet | None = None) -> dict[str, HazardQuerySet]:
    """What waits for this user, by kind of work, in the order of urgency. No query; each queryset costs one when read.
    `among`: only of these, which the user sees.

    Exactly the hazards on which the user's unit has the next step and the user may take it.
    """
    visible = Hazard.objects.visible_to(user) if among is None else among
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


def next_actor(hazard: Hazard, *, signed: int = 0) -> str:
    """Who can do the next step: 等待 北苑供热站 签收; empty for what is settled. No query on a loaded hazard.

    `signed`: how many have accepted on the present request, where the caller knows.
    """
    company = hazard.lead_unit.label if hazard.lead_unit else "责任单位"
    waits_for = {
        HazardStatus.PENDING: "住建局 下达",
        HazardStatus.ISSUED: f"{company} 签收",
        HazardStatus.RECTIFYING: f"{company} 制定整改方案"
        if hazard.planned_at is None
        else f"{company} 整改并申请验收",
        HazardStatus.AWAITING_ACCEPTANCE: "住建局另一人 验收" if signed else "住建局 验收",
    }.get(HazardStatus(hazard.status))
    return f"等待 {waits_for}" if waits_for else ""


def next_step(hazard: Hazard, *, signed: int = 0) -> str:
    """The same, and since when it waits: 等待 北苑供热站 签收（已 2 天）. No query on a loaded hazard."""
    actor = next_actor(hazard, signed=signed)
    if not actor:
        return ""
    days = (clock.today() - clock.local_date(hazard.status_since)).days
    return f"{actor}（已 {days} 天）" if days else f"{actor}（今天起）"


def acceptance_progress(hazard: Hazard) -> tuple[int, int]:
    """(conclusions that passed on the present request, conclusions needed). One query."""
    passed = hazard.acceptances.filter(
        round=hazard.round, attempt=hazard.acceptance_attempt, conclusion=Conclusion.PASSED
    ).count()
    return passed, acceptors_needed(hazard)


@dataclass(frozen=True)
class PhotoFlag:
    attachment: Attachment
    reason: str


def photo_flags(hazard: Hazard) -> list[PhotoFlag]:
    """Photos of the present round that need a second look: taken before the find, or seen before. Two queries."""
    photos = list(hazard.attachments.filter(round=hazard.round, is_photo=True).exclude(stage=AttachmentStage.BEFORE))
    near = _near_pictures(hazard, [photo.phash for photo in photos if photo.phash])
    flags = []
    for photo in photos:
        if photo.taken_at and clock.local_date(photo.taken_at) < hazard.found_on:
            taken = clock.local_date(photo.taken_at)
            flags.append(PhotoFlag(photo, f"拍摄于 {taken}，早于发现日期 {hazard.found_on}"))
        if photo.phash:
            same = [other for other in near if hamming(photo.phash, other.phash) <= SAME_PICTURE_DISTANCE]
            flags += [PhotoFlag(photo, _seen_before(hazard, other)) for other in same if other.pk != photo.pk]
    return flags


def _seen_before(hazard: Hazard, other: Attachment) -> str:
    if other.hazard_id != hazard.pk:
        return f"与 {other.hazard.number} 的照片“{other.original_name}”几乎相同"
    where = "整改前" if other.round == hazard.round else f"第 {other.round} 轮"
    return f"与本隐患{where}的照片“{other.original_name}”几乎相同"


def _near_pictures(hazard: Hazard, hashes: list[str]) -> list[Attachment]:
    """Photos that may show the same as one of these, found through the indexed bands of the hash: of the county's other
    hazards, and of this one before the work or in earlier rounds."""
    if not hashes:
        return []
    near = Q()
    for band, values in enumerate(zip(*map(hash_candidates, hashes), strict=True)):
        near |= Q(**{f"band_{band}__in": sorted({value for each in values for value in each})})
    earlier = Q(hazard_id=hazard.pk) & (Q(round__lt=hazard.round) | Q(stage=AttachmentStage.BEFORE))
    others = Attachment.objects.filter(near, hazard__county_id=hazard.county_id)
    return list(others.filter(~Q(hazard_id=hazard.pk) | earlier).select_related("hazard").order_by("pk"))
