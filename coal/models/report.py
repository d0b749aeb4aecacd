"""日报: what a company reports of a day, as the bureau reads it."""

from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse

from accounts.models import Region, Unit, User
from coal.models.stock import of_user
from common import clock

NOT_NEGATIVE = [MinValueValidator(Decimal(0))]
COLDEST_C, HOTTEST_C = Decimal(-60), Decimal(50)
OUTDOORS = [
    MinValueValidator(COLDEST_C, f"气温应不低于 {COLDEST_C} ℃，请核对"),
    MaxValueValidator(HOTTEST_C, f"气温应不高于 {HOTTEST_C} ℃，请核对"),
]


class DailyReportQuerySet(models.QuerySet["DailyReport"]):
    def visible_to(self, user: Any) -> "DailyReportQuerySet":
        return self.filter(of_user(user))

    def current(self) -> "DailyReportQuerySet":
        """Of each day of a company the last revision only."""
        later = DailyReport.objects.filter(
            company=OuterRef("company"), day=OuterRef("day"), revision__gt=OuterRef("revision")
        )
        return self.filter(~Exists(later))


class DailyReport(models.Model):
    """One revision of one company's report of one day. The database keeps it as it is: a correction is the next one.

    The figures are the company's own. What its book gives for the day stands beside them (`coal.reports`).
    """

    county = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="县（市、区）")
    company = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="供热企业")
    day = models.DateField("日期")
    revision = models.PositiveSmallIntegerField("版次", default=1)
    arrived_t = models.DecimalField("到货（t）", max_digits=12, decimal_places=2, validators=NOT_NEGATIVE)
    used_t = models.DecimalField("耗用（t）", max_digits=12, decimal_places=2, validators=NOT_NEGATIVE)
    stock_yard_t = models.DecimalField("场存（t）", max_digits=12, decimal_places=2, validators=NOT_NEGATIVE)
    stock_port_t = models.DecimalField("港存（t）", max_digits=12, decimal_places=2, validators=NOT_NEGATIVE)
    stock_transit_t = models.DecimalField("在途（t）", max_digits=12, decimal_places=2, validators=NOT_NEGATIVE)
    heat_gj = models.DecimalField("供热量（GJ）", max_digits=12, decimal_places=2, validators=NOT_NEGATIVE)
    high_c = models.DecimalField("最高气温（℃）", max_digits=4, decimal_places=1, validators=OUTDOORS)
    low_c = models.DecimalField("最低气温（℃）", max_digits=4, decimal_places=1, validators=OUTDOORS)
    boilers_running = models.PositiveSmallIntegerField("运行锅炉（台）")
    make_up_water_t = models.DecimalField(
        "补水量（t）", max_digits=10, decimal_places=2, validators=NOT_NEGATIVE, null=True, blank=True
    )
    power_10k_kwh = models.DecimalField(
        "用电量（万kWh）", max_digits=10, decimal_places=3, validators=NOT_NEGATIVE, null=True, blank=True
    )
    events = models.TextField("突发情况", max_length=1000, blank=True)
    correction_reason = models.CharField("更正理由", max_length=200, blank=True)
    filed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="填报人")
    filed_at = models.DateTimeField("填报时间", default=clock.now)

    objects = DailyReportQuerySet.as_manager()

    class Meta:
        verbose_name = "煤炭日报"
        verbose_name_plural = verbose_name
        ordering = ["-day", "company", "-revision"]
        default_permissions = ()
        permissions = [("file_report", "填报煤炭日报")]
        indexes = [models.Index(fields=["day", "company", "revision"], name="report_of_day")]
        constraints = [
            models.UniqueConstraint(fields=["company", "day", "revision"], name="report_revision_of_day"),
            models.CheckConstraint(condition=Q(revision__gte=1), name="report_revision_from_1"),
            models.CheckConstraint(condition=Q(low_c__lte=F("high_c")), name="report_temperatures_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.company} {self.day} 日报"

    def get_absolute_url(self) -> str:
        return reverse("coal:report_detail", args=[self.pk])

    @property
    def stock_t(self) -> Decimal:
        """In the yard, at the port and on the way."""
        return self.stock_yard_t + self.stock_port_t + self.stock_transit_t
