"""Money for a season's coal: what a company needs, what it has secured and from where, what it has paid."""

import uuid
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import Region, Unit, User
from coal.fund_enums import FundKind
from coal.models.stock import of_user
from common import clock
from facilities.models import Season

IN_10K = Decimal(10_000)


class OfFundsQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> "OfFundsQuerySet":
        return self.filter(of_user(user))


class FundNeed(models.Model):
    """What one company's coal of a season costs, in the revision that held until the next one. The database keeps it.

    Tonnes × price, with `basis` saying where the tonnes are from; or an amount by itself with a reason.
    """

    county = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="县（市、区）")
    company = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="供热企业")
    season = models.ForeignKey(Season, models.PROTECT, related_name="+", verbose_name="采暖季")
    revision = models.PositiveSmallIntegerField("版次")
    amount_yuan = models.DecimalField("所需资金（元）", max_digits=16, decimal_places=2)
    quantity_t = models.DecimalField("用煤（t）", max_digits=12, decimal_places=2, null=True, blank=True)
    price_yuan_per_t = models.DecimalField("单价（元/t）", max_digits=8, decimal_places=2, null=True, blank=True)
    basis = models.CharField("用煤的依据", max_length=120, blank=True)
    reason = models.CharField("理由", max_length=200, blank=True)
    entered_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    entered_at = models.DateTimeField("登记时间", default=clock.now)

    objects = OfFundsQuerySet.as_manager()

    class Meta:
        verbose_name = "购煤所需资金"
        verbose_name_plural = verbose_name
        ordering = ["-revision"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["company", "season", "revision"], name="fund_need_revision"),
            models.CheckConstraint(condition=Q(amount_yuan__gt=0), name="fund_need_is_positive"),
            models.CheckConstraint(
                condition=Q(quantity_t__isnull=False, price_yuan_per_t__isnull=False) | ~Q(reason=""),
                name="fund_need_is_reckoned_or_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.company.label} {self.season} 购煤资金第 {self.revision} 版"


class FundEntry(models.Model):
    """Money secured or paid. The database refuses to change or delete it: a mistake is undone by a counter-entry that
    names it and has its kind and amount; neither of the two counts."""

    county = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="县（市、区）")
    company = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="供热企业")
    season = models.ForeignKey(Season, models.PROTECT, related_name="+", verbose_name="采暖季")
    kind = models.CharField("类别", max_length=8, choices=FundKind.choices)
    day = models.DateField("日期")
    amount_yuan = models.DecimalField("金额（元）", max_digits=16, decimal_places=2)
    note = models.CharField("说明", max_length=200, blank=True)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversal", verbose_name="冲正的记录"
    )
    # Given out with the form: what is sent twice is entered once.
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    entered_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    entered_at = models.DateTimeField("登记时间", default=clock.now)

    objects = OfFundsQuerySet.as_manager()

    class Meta:
        verbose_name = "购煤资金"
        verbose_name_plural = verbose_name
        ordering = ["-day", "-pk"]
        default_permissions = ()
        permissions = [("record_funds", "登记购煤资金")]
        indexes = [models.Index(fields=["season", "company", "-day", "-id"], name="fund_of_company")]
        constraints = [
            models.CheckConstraint(condition=Q(amount_yuan__gt=0), name="fund_is_positive"),
            models.CheckConstraint(condition=Q(reverses__isnull=True) | ~Q(note=""), name="fund_reversal_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.company.label} {self.get_kind_display()} {self.day}"

    def get_absolute_url(self) -> str:
        return reverse("coal:fund_company", args=[self.season_id, self.company_id])

    @property
    def amount_10k_yuan(self) -> Decimal:
        return self.amount_yuan / IN_10K
