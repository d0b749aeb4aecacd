"""Heating seasons, communities (小区) and the six kinds of facility."""

import datetime as dt
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from accounts.enums import UnitKind
from accounts.models import Region, Unit, User
from accounts.scoping import county_ids, in_region, sees_region
from common import clock
from facilities.enums import FacilityKind

# No heating system of a county is older.
OLDEST_YEAR = 1950
LATITUDE = [MinValueValidator(-90), MaxValueValidator(90)]
LONGITUDE = [MinValueValidator(-180), MaxValueValidator(180)]


def sees_places_of_region(user: Any) -> bool:
    """Bureaus and leaders, townships (of their area); nobody at all for a user without a unit: in_region knows."""
    return sees_region(user) or not user.unit_id or user.unit.kind == UnitKind.TOWNSHIP


class SeasonQuerySet(models.QuerySet["Season"]):
    def visible_to(self, user: Any) -> "SeasonQuerySet":
        ids = county_ids(user)
        return self if ids is None else self.filter(county_id__in=ids)

    def containing(self, day: dt.date) -> "SeasonQuerySet":
        """The season whose summer work or heating the day belongs to."""
        return self.filter(summer_start_on__lte=day, heating_end_on__gte=day)


class Season(models.Model):
    county = models.ForeignKey(Region, models.PROTECT, related_name="seasons", verbose_name="县（市、区）")
    name = models.CharField(
        "采暖季", max_length=9, validators=[RegexValidator(r"^\d{4}-\d{4}$", "请按“2026-2027”的样子填写")]
    )
    summer_start_on = models.DateField("夏治开始")
    trial_run_on = models.DateField("试运行")
    heating_start_on = models.DateField("供暖开始")
    heating_end_on = models.DateField("供暖结束")
    # The last number given out in this season's ledger; counted up by one conditional UPDATE per registration.
    last_sequence = models.PositiveIntegerField("已用序号", default=0, editable=False)

    objects = SeasonQuerySet.as_manager()

    class Meta:
        verbose_name = "采暖季"
        verbose_name_plural = verbose_name
        ordering = ["-name", "county__code"]
        default_permissions = ()
        permissions = [("manage_seasons", "管理采暖季")]
        constraints = [
            models.UniqueConstraint(fields=["county", "name"], name="season_name_in_county"),
            models.CheckConstraint(
                condition=Q(summer_start_on__lt=F("trial_run_on"))
                & Q(trial_run_on__lte=F("heating_start_on"))
                & Q(heating_start_on__lt=F("heating_end_on")),
                name="season_dates_in_order",
                violation_error_message="日期应依次为：夏治开始、试运行、供暖开始、供暖结束",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def year(self) -> int:
        """The year of the summer work: 2026 for 2026-2027. It stands in every number of the season's ledger."""
        return int(self.name[:4])


class CommunityQuerySet(models.QuerySet["Community"]):
    def visible_to(self, user: Any) -> "CommunityQuerySet":
        """A company sees the communities it heats; another unit that may not read the region sees none."""
        if sees_places_of_region(user):
            return self.filter(in_region(user, township="township"))
        return self.filter(company_id=user.unit_id)

    def in_season(self, season: "Season", user: Any) -> models.QuerySet[Any]:
        """Those of the season's county that the user sees, each with `heated_by`, the company that heats it in that
        season: a company sees those that it heats then."""
        said = SeasonCompany.objects.filter(season=season, community=OuterRef("pk")).values("company")
        heated_by = Coalesce(Subquery(said), "company", output_field=models.BigIntegerField())
        found = self.filter(county=season.county_id).annotate(heated_by=heated_by)
        if sees_places_of_region(user):
            return found.filter(in_region(user, township="township"))
        return found.filter(heated_by=user.unit_id)


class Community(models.Model):
    county = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="县（市、区）")
    township = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="communities", verbose_name="乡镇、街道"
    )
    company = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="communities", verbose_name="供热企业"
    )
    # One station heats several communities: what is seen at one of them may be the station's.
    station = models.ForeignKey(
        "Facility", models.SET_NULL, null=True, blank=True, related_name="served", verbose_name="换热站"
    )
    name = models.CharField("小区名称", max_length=60)
    # jxjy for 锦绣家园: what a clerk types while somebody speaks. Written with the name (facilities/initials.py).
    pinyin_initials = models.CharField(max_length=60, blank=True, editable=False)
    address = models.CharField("地址", max_length=200, blank=True)
    households = models.PositiveIntegerField("户数", null=True, blank=True)
    heated_area_m2 = models.DecimalField("供热面积（㎡）", max_digits=12, decimal_places=2, null=True, blank=True)
    built_year = models.PositiveSmallIntegerField("建成年份", null=True, blank=True)
    latitude = models.DecimalField("纬度", max_digits=9, decimal_places=6, null=True, blank=True, validators=LATITUDE)
    longitude = models.DecimalField("经度", max_digits=9, decimal_places=6, null=True, blank=True, validators=LONGITUDE)

    objects = CommunityQuerySet.as_manager()

    class Meta:
        verbose_name = "小区"
        verbose_name_plural = verbose_name
        ordering = ["name", "pk"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["county", "name"], name="community_name_in_county")]

    def __str__(self) -> str:
        return self.name


class SeasonCompanyQuerySet(models.QuerySet["SeasonCompany"]):
    def visible_to(self, user: Any) -> "SeasonCompanyQuerySet":
        """Whoever sees the places of the region, theirs; a company what is said of it."""
        if sees_places_of_region(user):
            return self.filter(in_region(user, county="season__county", township="community__township"))
        return self.filter(company_id=user.unit_id)


class SeasonCompany(models.Model):
    """Which company heats a community in one season, where that is not the one that the community itself names."""

    season = models.ForeignKey(Season, models.CASCADE, related_name="companies", verbose_name="采暖季")
    community = models.ForeignKey(
        Community, models.CASCADE, related_name="season_companies", verbose_name="小区", db_index=False
    )
    company = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="供热企业")

    objects = SeasonCompanyQuerySet.as_manager()

    class Meta:
        verbose_name = "采暖季供热企业"
        verbose_name_plural = verbose_name
        ordering = ["-season__name", "pk"]
        default_permissions = ()
        permissions = [("assign_company", "确定小区各采暖季的供热企业")]
        constraints = [models.UniqueConstraint(fields=["community", "season"], name="company_of_season_once")]

    def __str__(self) -> str:
        return f"{self.community} {self.season}"


class FacilityQuerySet(models.QuerySet["Facility"]):
    def visible_to(self, user: Any) -> "FacilityQuerySet":
        if sees_places_of_region(user):
            return self.filter(in_region(user, township="township"))
        return self.filter(company_id=user.unit_id)


class Facility(models.Model):
    county = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="县（市、区）")
    township = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="facilities", verbose_name="乡镇、街道"
    )
    company = models.ForeignKey(Unit, models.PROTECT, related_name="facilities", verbose_name="供热企业")
    community = models.ForeignKey(
        Community, models.PROTECT, null=True, blank=True, related_name="facilities", verbose_name="小区"
    )
    kind = models.CharField("设施类别", max_length=12, choices=FacilityKind.choices)
    name = models.CharField("名称", max_length=120)
    installed_year = models.PositiveSmallIntegerField("投用年份", null=True, blank=True)
    material = models.CharField("材质", max_length=60, blank=True)
    latitude = models.DecimalField("纬度", max_digits=9, decimal_places=6, null=True, blank=True, validators=LATITUDE)
    longitude = models.DecimalField("经度", max_digits=9, decimal_places=6, null=True, blank=True, validators=LONGITUDE)
    is_active = models.BooleanField("在用", default=True)

    objects = FacilityQuerySet.as_manager()

    class Meta:
        verbose_name = "设施"
        verbose_name_plural = verbose_name
        ordering = ["name", "pk"]
        default_permissions = ("view",)
        permissions = [("manage_facilities", "管理设施与小区"), ("manage_vocabulary", "管理台账用词和别名")]
        constraints = [
            models.UniqueConstraint(fields=["company", "kind", "name"], name="facility_name_in_company"),
        ]

    def __str__(self) -> str:
        return self.name


class NameAlias(models.Model):
    """Another name by which ledgers call a unit, a community or a facility, learned when a person said so."""

    county = models.ForeignKey(Region, models.PROTECT, related_name="+")
    # As names are compared: half-width, without spaces.
    key = models.CharField(max_length=120)
    alias = models.CharField("别名", max_length=120)
    unit = models.ForeignKey(Unit, models.CASCADE, null=True, blank=True, related_name="aliases", verbose_name="单位")
    community = models.ForeignKey(
        Community, models.CASCADE, null=True, blank=True, related_name="aliases", verbose_name="小区"
    )
    facility = models.ForeignKey(
        Facility, models.CASCADE, null=True, blank=True, related_name="aliases", verbose_name="设施"
    )
    learned_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="确认人")
    learned_at = models.DateTimeField("确认时间", default=clock.now)

    class Meta:
        verbose_name = "别名"
        verbose_name_plural = verbose_name
        ordering = ["alias", "pk"]
        default_permissions = ()
        permissions = [("teach_names", "确认单位、小区和设施的别名")]
        constraints = [
            models.UniqueConstraint(fields=["county", "key"], condition=Q(unit__isnull=False), name="alias_of_unit"),
            models.UniqueConstraint(
                fields=["county", "key"], condition=Q(community__isnull=False), name="alias_of_community"
            ),
            models.UniqueConstraint(
                fields=["county", "key"], condition=Q(facility__isnull=False), name="alias_of_facility"
            ),
        ]

    def __str__(self) -> str:
        return self.alias
