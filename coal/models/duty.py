"""What a company owes by a day: a milestone, a daily report, coal for the least days. The rows that deadlines hang on.

`coal.duties` writes them and notes what was met; whether one is still owed is what `watched` says at any moment.
"""

from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse

from accounts.models import Region, Unit
from coal.demand_enums import MilestoneKind, TargetStatus
from coal.models.demand import TargetMilestone
from coal.models.report import DailyReport
from coal.models.stock import Yard, of_user
from common import clock
from facilities.models import Season


class MilestoneDutyQuerySet(models.QuerySet["MilestoneDuty"]):
    def visible_to(self, user: Any) -> "MilestoneDutyQuerySet":
        return self.filter(of_user(user))

    def watched(self) -> "MilestoneDutyQuerySet":
        """Not reached, of a target in force, before the end of the season."""
        return self.filter(
            reached_on__isnull=True, milestone__target__status=TargetStatus.APPROVED, company__is_active=True,
            season__heating_end_on__gte=clock.today(),
        )  # fmt: skip


class MilestoneDuty(models.Model):
    """A milestone of a company's target through all its revisions: one that a further revision leaves on its day goes
    on with the ladder that it has climbed."""

    county = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="县（市、区）")
    company = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="供热企业")
    season = models.ForeignKey(Season, models.PROTECT, related_name="+", verbose_name="采暖季")
    kind = models.CharField("节点", max_length=12, choices=MilestoneKind.choices)
    due_on = models.DateField("日期")
    # Of the latest revision that was in force.
    milestone = models.ForeignKey(TargetMilestone, models.PROTECT, related_name="duties", verbose_name="节点")
    reached_on = models.DateField("达到日期", null=True, blank=True)
    # One more each time that it is no longer reached: by a reversal, or because more is asked for.
    round = models.PositiveSmallIntegerField("轮次", default=1)
    watched_since = models.DateTimeField("开始督促时间", null=True, blank=True)
    # How it stood when it was last looked at, as a sentence for messages and lists.
    standing = models.CharField("进展", max_length=200, blank=True)

    objects = MilestoneDutyQuerySet.as_manager()

    class Meta:
        verbose_name = "储备节点"
        verbose_name_plural = verbose_name
        ordering = ["due_on", "pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["company", "season", "kind", "due_on"], name="milestone_duty_once"),
        ]

    def __str__(self) -> str:
        return f"{self.company.label} {self.due_on} {self.get_kind_display()}节点"

    def get_absolute_url(self) -> str:
        return reverse("coal:target_detail", args=[self.milestone.target_id])


class ReportDutyQuerySet(models.QuerySet["ReportDuty"]):
    def visible_to(self, user: Any) -> "ReportDutyQuerySet":
        return self.filter(of_user(user))

    def watched(self) -> "ReportDutyQuerySet":
        """No report filed, of a company that keeps coal, for a day of the season as its dates are now.

        `is_filed` is what was noted last; the reports themselves are asked too, so that filing stops it at once.
        """
        yards = Yard.objects.filter(company=OuterRef("company"), is_active=True)
        return self.filter(
            ~_report(), Exists(yards.order_by()), is_filed=False, company__is_active=True,
            day__gte=F("season__trial_run_on"), day__lte=F("season__heating_end_on"),
        )  # fmt: skip

    def with_report(self) -> "models.QuerySet[Any]":
        """Each with `has_report`: whether it has come."""
        return self.annotate(has_report=_report())


def _report() -> Exists:
    """Of a duty (the outer query) any revision of its report."""
    return Exists(DailyReport.objects.filter(company=OuterRef("company"), day=OuterRef("day")).order_by())


class ReportDuty(models.Model):
    """A daily report that a company owes for one day."""

    county = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="县（市、区）")
    company = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="供热企业")
    season = models.ForeignKey(Season, models.PROTECT, related_name="+", verbose_name="采暖季")
    day = models.DateField("日期")
    due_at = models.DateTimeField("报送时限")
    is_filed = models.BooleanField("已报", default=False)
    # Set for what was long past when it was first written down: see `coal.duties.reports`.
    watched_since = models.DateTimeField("开始督促时间", null=True, blank=True)

    objects = ReportDutyQuerySet.as_manager()

    class Meta:
        verbose_name = "应报日报"
        verbose_name_plural = verbose_name
        ordering = ["-day", "pk"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["company", "day"], name="report_duty_once")]
        indexes = [models.Index(fields=["due_at", "id"], condition=Q(is_filed=False), name="report_duty_open")]

    def __str__(self) -> str:
        return f"{self.company.label} {self.day} 煤炭日报"

    def get_absolute_url(self) -> str:
        return reverse("coal:report_day", args=[self.company_id, self.day.isoformat()])


class CoverGapQuerySet(models.QuerySet["CoverGap"]):
    def visible_to(self, user: Any) -> "CoverGapQuerySet":
        return self.filter(of_user(user))

    def watched(self) -> "CoverGapQuerySet":
        return self.filter(ended_on__isnull=True, company__is_active=True)


class CoverGap(models.Model):
    """A time during which a company's coal lasts fewer days than it has to: open until `ended_on`, one at a time."""

    county = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="县（市、区）")
    company = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="供热企业")
    season = models.ForeignKey(Season, models.PROTECT, related_name="+", verbose_name="采暖季")
    began_on = models.DateField("开始日期")
    due_on = models.DateField("补足期限")
    ended_on = models.DateField("补足日期", null=True, blank=True)
    standing = models.CharField("情况", max_length=200, blank=True)

    objects = CoverGapQuerySet.as_manager()

    class Meta:
        verbose_name = "存煤不足"
        verbose_name_plural = verbose_name
        ordering = ["-began_on", "-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["company"], condition=Q(ended_on__isnull=True), name="cover_gap_open_once"),
        ]

    def __str__(self) -> str:
        return f"{self.company.label} {self.began_on} 起存煤不足"

    def get_absolute_url(self) -> str:
        return reverse("coal:cover_gap", args=[self.pk])
