"""Coal yards and what lies in them."""

from decimal import Decimal
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.models import Region, Unit
from accounts.scoping import in_region, sees_region


def of_user(user: Any, *, county: str = "county", company: str = "company") -> Q:
    """Rows of the region for bureaus and leaders, of their own company for everybody else, none without a unit."""
    if sees_region(user) or not user.unit_id:
        return in_region(user, county=county)
    return Q(**{f"{company}_id": user.unit_id})


class YardQuerySet(models.QuerySet["Yard"]):
    def visible_to(self, user: Any) -> "YardQuerySet":
        return self.filter(of_user(user))


class Yard(models.Model):
    """A place where one company keeps coal: in its works, by the railway, at a port."""

    county = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="县（市、区）")
    company = models.ForeignKey(Unit, models.PROTECT, related_name="yards", verbose_name="供热企业")
    name = models.CharField("煤场名称", max_length=60)
    place = models.CharField("位置", max_length=120, blank=True)
    capacity_t = models.DecimalField(
        "设计库容（t）", max_digits=12, decimal_places=2, validators=[MinValueValidator(Decimal(1))]
    )
    is_covered = models.BooleanField("封闭煤场", default=False)
    is_active = models.BooleanField("在用", default=True)

    objects = YardQuerySet.as_manager()

    class Meta:
        verbose_name = "煤场"
        verbose_name_plural = verbose_name
        ordering = ["name", "pk"]
        default_permissions = ()
        permissions = [("view_coal", "查看煤炭储备"), ("manage_yards", "管理煤场")]
        constraints = [
            models.UniqueConstraint(fields=["company", "name"], name="yard_name_in_company"),
            models.CheckConstraint(condition=Q(capacity_t__gt=0), name="yard_capacity_is_positive"),
        ]

    def __str__(self) -> str:
        return self.name
