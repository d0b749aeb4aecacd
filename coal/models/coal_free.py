"""Who burns no coal, as the development bureau has said: of such a company no target is asked."""

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import F, Q

from accounts.models import Region, Unit, User
from coal.models.stock import of_user
from common import clock


class CoalFreeQuerySet(models.QuerySet["CoalFree"]):
    def visible_to(self, user: Any) -> "CoalFreeQuerySet":
        return self.filter(of_user(user))

    def holding_on(self, day: dt.date) -> "CoalFreeQuerySet":
        return self.filter(Q(until_on__isnull=True) | Q(until_on__gt=day), from_on__lte=day)


class CoalFree(models.Model):
    """From a day on, until it is taken back: `until_on` is the first day on which it holds no more."""

    county = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="县（市、区）")
    company = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="供热企业")
    from_on = models.DateField("从哪天起")
    reason = models.CharField("理由", max_length=200)
    until_on = models.DateField("收回日期", null=True, blank=True)
    declared_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="认定人")
    declared_at = models.DateTimeField("认定时间", default=clock.now)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = CoalFreeQuerySet.as_manager()

    class Meta:
        verbose_name = "不用煤认定"
        verbose_name_plural = verbose_name
        ordering = ["-from_on", "-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["company"], condition=Q(until_on__isnull=True), name="coal_free_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("from_on")), name="coal_free_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.company} 不用煤"
