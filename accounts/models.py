"""Regions, units and users: who belongs where."""

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from accounts.enums import RegionLevel, UnitKind

# How many digits of a GB/T 2260 / GB/T 10114 code a level fixes: 1301 00 (city), 130123 (county), 130123100 (township).
CODE_DIGITS = {RegionLevel.CITY: 4, RegionLevel.COUNTY: 6, RegionLevel.TOWNSHIP: 9}

RECTIFYING_KINDS = (UnitKind.HEATING_COMPANY, UnitKind.OTHER)


class RegionQuerySet(models.QuerySet["Region"]):
    def visible_to(self, user: Any) -> "RegionQuerySet":
        """The region of the user's unit and all below it."""
        if user.is_superuser:
            return self
        if not user.unit_id:
            return self.none()
        return self.filter(code__startswith=user.unit.region.scope_prefix)


class Region(models.Model):
    code = models.CharField(
        "区划代码", max_length=9, unique=True, validators=[RegexValidator(r"^\d{6}(\d{3})?$", "请填 6 位或 9 位数字")]
    )
    name = models.CharField("名称", max_length=60)
    level = models.CharField("级别", max_length=10, choices=RegionLevel.choices)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级"
    )

    objects = RegionQuerySet.as_manager()

    class Meta:
        verbose_name = "行政区划"
        verbose_name_plural = verbose_name
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    @property
    def scope_prefix(self) -> str:
        """The start that the codes of this region and of all regions below it share."""
        return self.code[: CODE_DIGITS[RegionLevel(self.level)]]

    @property
    def county(self) -> "Region":
        """The county this region is in (itself for a county). A city has none: ValueError."""
        if self.level == RegionLevel.COUNTY:
            return self
        if self.level == RegionLevel.TOWNSHIP and self.parent:
            return self.parent
        raise ValueError(f"{self.name} 不是县，也不在某个县内")

    def clean(self) -> None:
        inside = self.parent and self.code.startswith(self.parent.code)
        if self.level == RegionLevel.TOWNSHIP and not inside:
            raise ValidationError({"code": "乡镇代码的前 6 位应与所属县的代码相同"})


class UnitQuerySet(models.QuerySet["Unit"]):
    def visible_to(self, user: Any) -> "UnitQuerySet":
        """A company sees itself; everybody else sees the units of the county (or region) their unit belongs to."""
        if user.is_superuser:
            return self
        if not user.unit_id:
            return self.none()
        if user.unit.kind in (UnitKind.HEATING_COMPANY, UnitKind.OTHER) and not user.unit.sees_region:
            return self.filter(pk=user.unit_id)
        region = user.unit.region
        prefix = region.code[:6] if region.level == RegionLevel.TOWNSHIP else region.scope_prefix
        return self.filter(region__code__startswith=prefix)

    def active(self) -> "UnitQuerySet":
        return self.filter(is_active=True)

    def companies(self) -> "UnitQuerySet":
        return self.filter(kind=UnitKind.HEATING_COMPANY)


class Unit(models.Model):
    name = models.CharField("单位名称", max_length=120)
    short_name = models.CharField("简称", max_length=30, blank=True)
    kind = models.CharField("单位类型", max_length=20, choices=UnitKind.choices)
    region = models.ForeignKey(Region, models.PROTECT, related_name="units", verbose_name="所属区划")
    # A county leader's office is an 其他单位 that may read everything; a property company is one that may not.
    sees_region = models.BooleanField(
        "可查看本区划全部数据", default=False, help_text="仅对“其他单位”有意义，如县政府办"
    )
    contact = models.CharField("联系人", max_length=60, blank=True)
    phone = models.CharField("联系电话", max_length=30, blank=True)
    address = models.CharField("地址", max_length=200, blank=True)
    is_active = models.BooleanField("启用", default=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = "单位"
        verbose_name_plural = verbose_name
        ordering = ["region__code", "kind", "pk"]
        default_permissions = ()
        permissions = [("manage_units", "管理单位")]
        constraints = [models.UniqueConstraint(fields=["region", "name"], name="unit_name_in_region")]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """The name for tight places."""
        return self.short_name or self.name

    @property
    def is_bureau(self) -> bool:
        return self.kind == UnitKind.HOUSING_BUREAU

    @property
    def is_rectifier(self) -> bool:
        """Whether hazards can be issued to it: heating companies, and others that mend, such as property companies."""
        return self.kind in RECTIFYING_KINDS and not self.sees_region


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, user: Any) -> "UserQuerySet":
        """Those of the units the user sees; a company (or township) sees its own people only."""
        if user.is_superuser:
            return self
        if not user.unit_id:
            return self.none()
        if user.unit.is_bureau:
            return self.filter(unit__region__code__startswith=user.unit.region.scope_prefix)
        return self.filter(unit_id=user.unit_id)

    def active(self) -> "UserQuerySet":
        return self.filter(is_active=True)

    def with_role(self, *roles: str) -> "UserQuerySet":
        return self.filter(groups__name__in=roles).distinct()


class UserManager(DjangoUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Django's manager with the scope of UserQuerySet."""


class User(AbstractUser):
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    full_name = models.CharField("姓名", max_length=60)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="users", verbose_name="单位")
    phone = models.CharField("手机号", max_length=20, blank=True)
    must_change_password = models.BooleanField("下次登录须修改密码", default=True)
    list_columns = models.JSONField("列表列设置", default=dict, blank=True)

    objects = UserManager()  # type: ignore[assignment,misc]

    class Meta:
        verbose_name = "用户"
        verbose_name_plural = verbose_name
        ordering = ["unit", "username"]
        default_permissions = ()
        permissions = [("manage_users", "管理用户")]
        constraints = [
            models.CheckConstraint(condition=Q(is_superuser=True) | Q(unit__isnull=False), name="user_has_unit")
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        return self.full_name or self.username

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name

    @property
    def role_names(self) -> list[str]:
        return [group.name for group in self.groups.all()]
