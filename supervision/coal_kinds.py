"""What coal has that the sweep watches: milestones of targets, daily reports, and coal for the least days."""

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.db.models import Case, CharField, F, QuerySet, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, NullIf

from accounts.enums import UnitKind
from accounts.roles import ADMIN, BUREAU_ROLES, COMPANY_ROLES, DEVELOPMENT
from coal.demand_enums import MilestoneKind
from coal.duties import cover, milestones, reports
from coal.models import CoverGap, MilestoneDuty, ReportDuty
from common import clock
from common.ui import prose_day
from supervision import people
from supervision.enums import OffsetUnit
from supervision.first_steps import FirstStep
from supervision.kind import BureauPeople, Facts, Kind, Recipients

COMPANY = Coalesce(NullIf("company__short_name", Value("")), "company__name")
# Whom each flag means is the same for all of coal. A bureau looks after it in both offices.
RECIPIENTS: dict[str, Recipients] = {
    "tells_company": people.of_unit("company", *COMPANY_ROLES),
    "tells_company_head": people.head_of_unit("company"),
    "tells_bureau": people.of_bureau("county", *BUREAU_ROLES),
    "tells_bureau_leader": people.of_bureau("county", ADMIN),
    "tells_development": people.of_bureau("county", DEVELOPMENT, kind=UnitKind.DEVELOPMENT_BUREAU),
}
BUREAU = {
    "tells_bureau": BureauPeople(BUREAU_ROLES),
    "tells_bureau_leader": BureauPeople((ADMIN,)),
    "tells_development": BureauPeople((DEVELOPMENT,), UnitKind.DEVELOPMENT_BUREAU),
}
OF_COMPANY: dict[str, Any] = {
    "unit": "company", "county": "county", "unit_roles": COMPANY_ROLES, "recipients": RECIPIENTS, "bureau": BUREAU,
}  # fmt: skip
BOTH = ("bureau", "development")


def _facts(
    objects: Callable[[], QuerySet[Any]],
    watched: Callable[[], QuerySet[Any]],
    *related: str,
    of: Callable[[Any, bool], Facts],
) -> Callable[[Iterable[int]], dict[int, Facts]]:
    """`of`: takes an item and whether it is watched now. Two queries."""

    def facts(ids: Iterable[int]) -> dict[int, Facts]:
        items = list(objects().filter(pk__in=list(ids)).select_related("company", *related))
        open_now = set(watched().filter(pk__in=[item.pk for item in items]).values_list("pk", flat=True))
        return {item.pk: of(item, item.pk in open_now) for item in items}

    return facts


# --- milestones


def _milestone_facts(duty: MilestoneDuty, is_watched: bool) -> Facts:
    status, colour = "未达到", "red" if duty.due_on < clock.today() else "amber"
    if not is_watched:
        status, colour = ("已达到", "green") if duty.reached_on else ("不再督促", "muted")
    return Facts(
        title=f"{duty.company.label} {duty.get_kind_display()}节点", text=duty.standing, unit=duty.company.label,
        status=status, colour=colour, path=duty.get_absolute_url(), due_on=duty.due_on if is_watched else None,
        round=duty.round,
    )  # fmt: skip


def _why_no_milestone(duty: MilestoneDuty) -> str:
    if duty.reached_on:
        return f"已在{prose_day(duty.reached_on)}达到，不提醒也不督办。"
    if MilestoneDuty.objects.watched().filter(pk=duty.pk).exists():
        return ""
    return "所在的目标已修订、采暖季已结束或企业已停用，不再提醒和督办。"


COAL_MILESTONE = Kind(
    name="coal_milestone",
    label="储备节点",
    watched=MilestoneDuty.objects.watched,
    visible=MilestoneDuty.objects.visible_to,
    due="due_on",
    round="round",
    since="watched_since",
    title=Concat(
        COMPANY,
        Value(" "),
        Case(*(When(kind=kind.value, then=Value(kind.label)) for kind in MilestoneKind), output_field=CharField()),
        Value("节点"),
    ),
    text=F("standing"),
    path=Concat(Value("/coal/targets/"), Cast("milestone__target", CharField()), Value("/")),
    first_steps=(
        FirstStep("remind-7", -7, ("company",)),
        FirstStep("remind-3", -3, ("company",)),
        FirstStep("urge", 1, ("company_head", *BOTH)),
        FirstStep("notice", 3, ("company", *BOTH), is_proposed=True),
        FirstStep("talk", 7, ("company_head", "bureau_leader", "development"), is_proposed=True),
        FirstStep("circular", 15, ("company", "bureau_leader", *BOTH), repeat_every=7, is_proposed=True),
    ),
    prepare=milestones.note,
    facts=_facts(MilestoneDuty.objects.all, MilestoneDuty.objects.watched, "milestone", of=_milestone_facts),
    pause=_why_no_milestone,
    due_label="节点日期",
    urge="请抓紧落实",
    **OF_COMPANY,
)  # fmt: skip


# --- daily reports

REPORT_TEXT = f"应在次日 {settings.COAL_REPORT_DUE_HOUR} 时前报送"
URGED_AT_HOUR = 8  # of the morning after


def _report_facts(duty: ReportDuty, is_watched: bool) -> Facts:
    if is_watched:
        status, colour = "未报", "red" if clock.now() > duty.due_at else "amber"
    else:
        status, colour = ("已报", "green") if duty.has_report else ("不再督促", "muted")  # type: ignore[attr-defined]
    return Facts(
        title=f"{duty.company.label} {duty.day} 煤炭日报", text=REPORT_TEXT, unit=duty.company.label, status=status,
        colour=colour, path=duty.get_absolute_url(), due_at=duty.due_at if is_watched else None,
    )  # fmt: skip


def _why_no_report(duty: ReportDuty) -> str:
    if ReportDuty.objects.watched().filter(pk=duty.pk).exists():
        return ""
    if ReportDuty.objects.with_report().filter(pk=duty.pk, has_report=True).exists():
        return "已经报送，不提醒也不督办。"
    return "这一天不在试运行到供暖结束之间，或企业、煤场已停用，不再提醒和督办。"


COAL_REPORT = Kind(
    name="coal_report",
    label="煤炭日报",
    watched=ReportDuty.objects.watched,
    visible=ReportDuty.objects.visible_to,
    due="due_at",
    since="watched_since",
    title=Concat(COMPANY, Value(" "), Cast("day", CharField()), Value(" 煤炭日报")),
    text=Value(REPORT_TEXT),
    path=Concat(
        Value("/coal/reports/company/"), Cast("company_id", CharField()), Value("/"), Cast("day", CharField()),
        Value("/"),
    ),
    first_steps=(
        FirstStep("remind", 0, ("company",), unit=OffsetUnit.HOURS),
        FirstStep(
            "urge", 24 + URGED_AT_HOUR - settings.COAL_REPORT_DUE_HOUR, ("company_head", *BOTH),
            unit=OffsetUnit.HOURS,
        ),
    ),
    prepare=reports.note,
    facts=_facts(ReportDuty.objects.with_report, ReportDuty.objects.watched, of=_report_facts),
    pause=_why_no_report,
    due_label="报送时限",
    urge="请立即补报",
    **OF_COMPANY,
)  # fmt: skip


# --- coal for the least days


def _cover_facts(gap: CoverGap, is_watched: bool) -> Facts:
    status, colour = ("存煤不足", "red") if is_watched else ("已补足", "green")
    return Facts(
        title=f"{gap.company.label} 补足存煤", text=gap.standing, unit=gap.company.label, status=status,
        colour=colour, path=gap.get_absolute_url(), due_on=gap.due_on if is_watched else None,
    )  # fmt: skip


def _why_no_gap(gap: CoverGap) -> str:
    if gap.ended_on:
        return f"已在{prose_day(gap.ended_on)}结束，不提醒也不督办。"
    return "" if gap.company.is_active else "企业已停用，不再提醒和督办。"


COAL_COVER = Kind(
    name="coal_cover",
    label="存煤不足",
    watched=CoverGap.objects.watched,
    visible=CoverGap.objects.visible_to,
    due="due_on",
    title=Concat(COMPANY, Value(" 补足存煤")),
    text=F("standing"),
    path=Concat(Value("/coal/cover/"), Cast("pk", CharField()), Value("/")),
    first_steps=(
        # At once.
        FirstStep("remind", -settings.COAL_COVER_GRACE_DAYS, ("company", *BOTH)),
        FirstStep("urge", 1, ("company_head", *BOTH), repeat_every=3),
        FirstStep("notice", 2, ("company", *BOTH), is_proposed=True),
        FirstStep("talk", 4, ("company_head", "bureau_leader", *BOTH), is_proposed=True),
    ),
    prepare=cover.note,
    facts=_facts(CoverGap.objects.all, CoverGap.objects.watched, of=_cover_facts),
    pause=_why_no_gap,
    due_label="补足期限",
    urge="请立即补煤",
    **OF_COMPANY,
)
