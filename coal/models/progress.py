"""What the progress tables that are sent round say: kept beside the ledger, never written into it."""

from decimal import Decimal
from typing import Any

from django.db import models

from accounts.models import Region, Unit
from accounts.scoping import in_region, sees_region
from common import clock


class ProgressLineQuerySet(models.QuerySet["ProgressLine"]):
    def visible_to(self, user: Any) -> "ProgressLineQuerySet":
        if sees_region(user) or not user.unit_id:
            return self.filter(in_region(user, county="county"))
        return self.filter(company=user.unit_id)


def _tonnes(label: str) -> Any:
    return models.DecimalField(f"{label}（t）", max_digits=14, decimal_places=2, null=True, blank=True)


class ProgressLine(models.Model):
    """One company's line of a progress table, as of one day. What the table leaves empty is None."""

    county = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="县（市、区）")
    company = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="供热企业")
    reported_on = models.DateField("截止日期")
    area_10k_m2 = models.DecimalField("供热面积（万㎡）", max_digits=10, decimal_places=4, null=True, blank=True)
    need_t = _tonnes("需煤量")
    target_t = _tonnes("储备目标")
    contract_t = _tonnes("合同签订量")
    opening_stock_t = _tonnes("上季结余")
    arrived_long_term_t = _tonnes("长协到货")
    arrived_spot_t = _tonnes("市场煤到货")
    used_t = _tonnes("累计耗用")
    stock_reported_t = _tonnes("库存")
    heat_value_mj_per_kg = models.DecimalField(
        "收到基低位热值（MJ/kg）", max_digits=8, decimal_places=4, null=True, blank=True
    )
    read_at = models.DateTimeField("导入时间", default=clock.now)

    objects = ProgressLineQuerySet.as_manager()

    class Meta:
        verbose_name = "储备进度"
        verbose_name_plural = verbose_name
        ordering = ["-reported_on", "company"]
        default_permissions = ()
        permissions = [("import_progress", "导入储备进度表")]
        constraints = [models.UniqueConstraint(fields=["company", "reported_on"], name="progress_line_once")]
        indexes = [models.Index(fields=["county", "-reported_on"], name="progress_of_county")]

    def __str__(self) -> str:
        return f"{self.company} {self.reported_on}"

    @property
    def arrived_t(self) -> Decimal | None:
        """长协 and 市场煤; None if the table tells neither."""
        return total_of(self.arrived_long_term_t, self.arrived_spot_t)

    @property
    def stock_by_movements_t(self) -> Decimal | None:
        """What the line's own arrivals and use give."""
        return stock_by_movements(self.opening_stock_t, self.arrived_t, self.used_t)


def total_of(*quantities: Decimal | None) -> Decimal | None:
    told = [quantity for quantity in quantities if quantity is not None]
    return sum(told, Decimal(0)) if told else None


def stock_by_movements(opening_t: Decimal | None, arrived_t: Decimal | None, used_t: Decimal | None) -> Decimal | None:
    """Opening stock and arrivals less use (t); what is left empty counts as nothing; None if no arrivals are told."""
    return None if arrived_t is None else (opening_t or 0) + arrived_t - (used_t or 0)
