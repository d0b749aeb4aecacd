"""What coal is bought under and what the laboratory finds in it: contracts, quality batches, their scans.

An arrival says which contract and which batch it is of by the numbers it carries (`Movement.contract`, `.batch`): it is
entered at the yard's gate, days before the laboratory's report and often before the contract's paper. So a contract or
batch that is entered later finds its arrivals by itself, and nothing of the append-only book is touched.
"""

from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Region, Unit, User
from coal.enums import ContractKind
from coal.models.stock import of_user
from common import clock
from common.storage import private_storage
from facilities.models import Season

POSITIVE = [MinValueValidator(Decimal("0.01"), "应大于 0")]
HEAT_VALUES = [
    MinValueValidator(Decimal(1), "应不低于 1 MJ/kg"), MaxValueValidator(Decimal(40), "应不高于 40 MJ/kg"),
]  # fmt: skip
SHARES = [
    MinValueValidator(Decimal(0), "应不小于 0"), MaxValueValidator(Decimal(100), "应不大于 100"),
]  # fmt: skip


class OfSupplierQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> "OfSupplierQuerySet":
        return self.filter(of_user(user))


class ContractQuerySet(OfSupplierQuerySet):
    def standing(self) -> "ContractQuerySet":
        """Those that count: not taken out again."""
        return self.filter(voided_on__isnull=True)


class Contract(models.Model):
    """What a company has bought for a season. What was agreed anew later stands in its amendments.

    One that was entered by mistake, or ended before anything came, is voided: it stays readable and keeps its number,
    and counts nowhere.
    """

    county = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="县（市、区）")
    company = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="供热企业")
    season = models.ForeignKey(Season, models.PROTECT, related_name="+", verbose_name="采暖季")
    number = models.CharField("合同编号", max_length=60)
    supplier = models.CharField("供应商", max_length=100)
    kind = models.CharField("类别", max_length=10, choices=ContractKind.choices, default=ContractKind.LONG_TERM)
    quantity_t = models.DecimalField("合同数量（t）", max_digits=12, decimal_places=2, validators=POSITIVE)
    # Some long-term contracts leave the price to each month's settlement.
    price_yuan_per_t = models.DecimalField(
        "合同价（元/t）", max_digits=8, decimal_places=2, null=True, blank=True, validators=POSITIVE
    )
    signed_on = models.DateField("签订日期")
    starts_on = models.DateField("供货开始")
    ends_on = models.DateField("供货截止")
    # What the coal is to be: at least so much heat, at most so much sulphur.
    heat_value_mj_per_kg = models.DecimalField(
        "约定热值（MJ/kg）", max_digits=6, decimal_places=3, null=True, blank=True, validators=HEAT_VALUES
    )
    sulphur_percent = models.DecimalField(
        "约定全硫上限（%）", max_digits=5, decimal_places=2, null=True, blank=True, validators=SHARES
    )
    note = models.CharField("说明", max_length=200, blank=True)
    voided_on = models.DateField("作废日期", null=True, blank=True, editable=False)
    void_reason = models.CharField("作废理由", max_length=200, blank=True, editable=False)
    entered_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    entered_at = models.DateTimeField("登记时间", default=clock.now)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ContractQuerySet.as_manager()

    class Meta:
        verbose_name = "购煤合同"
        verbose_name_plural = verbose_name
        ordering = ["-signed_on", "-pk"]
        default_permissions = ()
        permissions = [("manage_contracts", "登记和更正购煤合同")]
        indexes = [models.Index(fields=["season", "company"], name="contract_of_season")]
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="contract_number_in_company"),
            models.CheckConstraint(condition=Q(quantity_t__gt=0), name="contract_is_positive"),
            models.CheckConstraint(condition=Q(starts_on__lte=F("ends_on")), name="contract_period_in_order"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("coal:contract_detail", args=[self.pk])


def _plain(value: Decimal | None) -> str:
    return "—" if value is None else f"{value.normalize():f}"


class ContractAmendment(models.Model):
    """A supplementary agreement: what it changed, from what. The database keeps it as it is."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="amendments", verbose_name="合同")
    agreed_on = models.DateField("变更日期")
    old_quantity_t = models.DecimalField("原数量（t）", max_digits=12, decimal_places=2)
    quantity_t = models.DecimalField("合同数量（t）", max_digits=12, decimal_places=2)
    old_price_yuan_per_t = models.DecimalField("原价（元/t）", max_digits=8, decimal_places=2, null=True)
    price_yuan_per_t = models.DecimalField("合同价（元/t）", max_digits=8, decimal_places=2, null=True)
    old_ends_on = models.DateField("原截止日期")
    ends_on = models.DateField("供货截止")
    old_heat_value_mj_per_kg = models.DecimalField("原约定热值（MJ/kg）", max_digits=6, decimal_places=3, null=True)
    heat_value_mj_per_kg = models.DecimalField("约定热值（MJ/kg）", max_digits=6, decimal_places=3, null=True)
    old_sulphur_percent = models.DecimalField("原约定全硫上限（%）", max_digits=5, decimal_places=2, null=True)
    sulphur_percent = models.DecimalField("约定全硫上限（%）", max_digits=5, decimal_places=2, null=True)
    reason = models.CharField("变更理由", max_length=200)
    entered_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    entered_at = models.DateTimeField("登记时间", default=clock.now)

    class Meta:
        verbose_name = "合同变更"
        verbose_name_plural = verbose_name
        ordering = ["agreed_on", "pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.contract} {self.agreed_on} 变更"

    @property
    def quality_changes(self) -> list[str]:
        """热值 20.9 → 20.5 MJ/kg; a dash for what is not agreed."""
        kinds = (("热值", "heat_value_mj_per_kg", " MJ/kg"), ("全硫", "sulphur_percent", "%"))
        read = [(label, getattr(self, f"old_{name}"), getattr(self, name), unit) for label, name, unit in kinds]
        return [f"{label} {_plain(old)} → {_plain(new)}{unit}" for label, old, new, unit in read if old != new]


class QualityBatch(models.Model):
    """What the laboratory says of one batch. Without a heat value it is sampled and still to be tested."""

    county = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="县（市、区）")
    company = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="供热企业")
    number = models.CharField("批次号", max_length=40)
    sampled_on = models.DateField("采样日期")
    sampled_by = models.CharField("采样", max_length=60, blank=True)
    tested_on = models.DateField("化验日期", null=True, blank=True)
    tested_by = models.CharField("化验单位", max_length=60, blank=True)
    report_number = models.CharField("报告编号", max_length=60, blank=True)
    heat_value_mj_per_kg = models.DecimalField(
        "收到基低位热值 Qnet,ar（MJ/kg）", max_digits=6, decimal_places=3, null=True, blank=True, validators=HEAT_VALUES
    )
    moisture_percent = models.DecimalField(
        "全水分 Mt（%）", max_digits=5, decimal_places=2, null=True, blank=True, validators=SHARES
    )
    ash_percent = models.DecimalField(
        "灰分 Ad（%）", max_digits=5, decimal_places=2, null=True, blank=True, validators=SHARES
    )
    volatile_percent = models.DecimalField(
        "挥发分 Vdaf（%）", max_digits=5, decimal_places=2, null=True, blank=True, validators=SHARES
    )
    sulphur_percent = models.DecimalField(
        "全硫 St,d（%）", max_digits=5, decimal_places=2, null=True, blank=True, validators=SHARES
    )
    note = models.CharField("说明", max_length=200, blank=True)
    entered_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    entered_at = models.DateTimeField("登记时间", default=clock.now)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = OfSupplierQuerySet.as_manager()

    class Meta:
        verbose_name = "煤质批次"
        verbose_name_plural = verbose_name
        ordering = ["-sampled_on", "-pk"]
        default_permissions = ()
        permissions = [("record_quality", "登记和更正煤质化验")]
        indexes = [models.Index(fields=["sampled_on", "id"], name="quality_batch_by_day")]
        constraints = [models.UniqueConstraint(fields=["company", "number"], name="quality_batch_in_company")]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("coal:quality_detail", args=[self.pk])

    @property
    def is_tested(self) -> bool:
        return self.heat_value_mj_per_kg is not None


class ScanQuerySet(models.QuerySet["Scan"]):
    def visible_to(self, user: Any) -> "ScanQuerySet":
        """Those of the contracts and reports that the user sees."""
        owners = (("contract__county", "contract__company"), ("batch__county", "batch__company"))
        seen = [of_user(user, county=county, company=company) for county, company in owners]
        return self.filter(
            Q(contract__isnull=False) & seen[0] | Q(batch__isnull=False) & seen[1]
        )  # fmt: skip


class Scan(models.Model):
    """A contract's or a report's paper, stored under a random name and served through the scope check only."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="scans", null=True, blank=True)
    batch = models.ForeignKey(QualityBatch, models.PROTECT, related_name="scans", null=True, blank=True)
    file = models.FileField(storage=private_storage, max_length=120)
    original_name = models.CharField("文件名", max_length=200)
    content_type = models.CharField(max_length=100)
    size_bytes = models.PositiveBigIntegerField("大小（字节）")
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="上传人")
    uploaded_at = models.DateTimeField("上传时间", default=clock.now)

    objects = ScanQuerySet.as_manager()

    class Meta:
        verbose_name = "扫描件"
        verbose_name_plural = verbose_name
        ordering = ["pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(contract__isnull=False, batch__isnull=True) | Q(contract__isnull=True, batch__isnull=False),
                name="scan_is_of_one_paper",
            ),
        ]

    def __str__(self) -> str:
        return self.original_name
