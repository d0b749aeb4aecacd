"""What a season's coal is reckoned from, and what was agreed: temperatures, estimates, targets and their milestones."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Region, Unit, User
from accounts.scoping import in_region
from coal.demand import Demand, LastSeason, Plant, by_design_load, by_last_season
from coal.demand_enums import OPEN_TARGETS, Method, MilestoneKind, TargetRule, TargetStatus, WinterChoice
from coal.models.stock import of_user
from common import clock
from facilities.models import Season

COLDEST_C, HOTTEST_C = Decimal(-60), Decimal(45)
RESULTS = tuple(Demand.__dataclass_fields__)


class DailyTemperatureQuerySet(models.QuerySet["DailyTemperature"]):
    def visible_to(self, user: Any) -> "DailyTemperatureQuerySet":
        """The weather is nobody's secret: also a company sees that of its county."""
        return self.filter(in_region(user))


class DailyTemperature(models.Model):
    county = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="县（市、区）")
    day = models.DateField("日期")
    mean_c = models.DecimalField(
        "日平均气温（℃）",
        max_digits=4,
        decimal_places=1,
        validators=[
            MinValueValidator(COLDEST_C, f"气温应不低于 {COLDEST_C} ℃，请核对"),
            MaxValueValidator(HOTTEST_C, f"气温应不高于 {HOTTEST_C} ℃，请核对"),
        ],
    )

    objects = DailyTemperatureQuerySet.as_manager()

    class Meta:
        verbose_name = "日平均气温"
        verbose_name_plural = verbose_name
        ordering = ["-day", "-pk"]
        default_permissions = ()
        permissions = [("manage_weather", "维护气温资料"), ("manage_parameters", "维护测算参数")]
        constraints = [models.UniqueConstraint(fields=["county", "day"], name="temperature_of_county_and_day")]

    def __str__(self) -> str:
        return self.day.isoformat()


class ParameterRange(models.Model):
    """What a county takes for usual where it differs from `coal.inputs.INPUTS`."""

    county = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="县（市、区）")
    name = models.CharField(max_length=40)
    least = models.DecimalField("下限", max_digits=9, decimal_places=3)
    typical = models.DecimalField("常用值", max_digits=9, decimal_places=3)
    most = models.DecimalField("上限", max_digits=9, decimal_places=3)

    class Meta:
        verbose_name = "测算参数"
        verbose_name_plural = verbose_name
        ordering = ["pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["county", "name"], name="parameter_of_county"),
            models.CheckConstraint(
                condition=Q(least__lte=F("typical")) & Q(typical__lte=F("most")), name="parameter_bounds_in_order"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OfCompanyQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> "OfCompanyQuerySet":
        return self.filter(of_user(user))


class Estimate(models.Model):
    """A season's need of one company. Once a target rests on it, it is frozen with its results; a later one is new."""

    county = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="县（市、区）")
    company = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="供热企业")
    season = models.ForeignKey(Season, models.PROTECT, related_name="+", verbose_name="采暖季")
    number = models.PositiveSmallIntegerField("第几次测算", default=1)
    area_m2 = models.DecimalField("供热面积（㎡）", max_digits=12, decimal_places=2)
    heat_index_w_per_m2 = models.DecimalField("面积热指标（W/㎡）", max_digits=5, decimal_places=1)
    heating_days = models.PositiveSmallIntegerField("采暖天数")
    indoor_c = models.DecimalField("室内设计温度（℃）", max_digits=4, decimal_places=1)
    mean_c = models.DecimalField("采暖期室外平均温度（℃）", max_digits=4, decimal_places=1)
    design_c = models.DecimalField("室外计算温度（℃）", max_digits=4, decimal_places=1)
    boiler_efficiency = models.DecimalField("锅炉效率", max_digits=4, decimal_places=3)
    network_efficiency = models.DecimalField("管网效率", max_digits=4, decimal_places=3)
    heat_value_mj_per_kg = models.DecimalField("煤的收到基低位热值（MJ/kg）", max_digits=6, decimal_places=3)
    winter = models.CharField("按哪种冬天", max_length=8, choices=WinterChoice.choices, default=WinterChoice.DESIGN)
    # Which season the winter was: 2021-2022; of a mean, how many: 10 个冬天.
    winter_name = models.CharField("所取冬天", max_length=30, blank=True)
    degree_days = models.DecimalField("本季度日数（℃·d）", max_digits=6, decimal_places=0)
    last_coal_t = models.DecimalField("上季耗煤（t）", max_digits=12, decimal_places=2, null=True, blank=True)
    last_heat_value_mj_per_kg = models.DecimalField(
        "上季煤的热值（MJ/kg）", max_digits=6, decimal_places=3, null=True, blank=True
    )
    last_area_m2 = models.DecimalField("上季供热面积（㎡）", max_digits=12, decimal_places=2, null=True, blank=True)
    last_degree_days = models.DecimalField("上季度日数（℃·d）", max_digits=6, decimal_places=0, null=True, blank=True)
    margin_percent = models.DecimalField("余量（%）", max_digits=4, decimal_places=1, null=True, blank=True)
    # {input's name: why it lies outside the usual}
    reasons = models.JSONField("超出常见范围的理由", default=dict, blank=True)
    is_frozen = models.BooleanField("已用于目标", default=False)
    # {method: {figure: text}} as it was when it was frozen; empty before.
    results = models.JSONField("测算结果", default=dict, blank=True)
    saved_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="测算人")
    saved_at = models.DateTimeField("测算时间", default=clock.now)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = OfCompanyQuerySet.as_manager()

    class Meta:
        verbose_name = "用煤测算"
        verbose_name_plural = verbose_name
        ordering = ["-number"]
        default_permissions = ()
        permissions = [("estimate_demand", "测算用煤需求")]
        constraints = [
            models.UniqueConstraint(fields=["company", "season", "number"], name="estimate_number_of_company"),
        ]

    def __str__(self) -> str:
        return f"{self.company.label} {self.season} 第 {self.number} 次测算"

    def get_absolute_url(self) -> str:
        return reverse("coal:estimate_detail", args=[self.pk])

    @property
    def plant(self) -> Plant:
        return Plant(
            area_m2=self.area_m2, heating_days=self.heating_days, indoor_c=self.indoor_c, mean_c=self.mean_c,
            design_c=self.design_c, boiler_efficiency=self.boiler_efficiency,
            network_efficiency=self.network_efficiency, heat_value_mj_per_kg=self.heat_value_mj_per_kg,
        )  # fmt: skip

    @property
    def last_season(self) -> LastSeason | None:
        """None where the company had none, or does not know it."""
        figures = (
            self.last_coal_t, self.last_heat_value_mj_per_kg, self.last_area_m2, self.last_degree_days,
            self.margin_percent,
        )  # fmt: skip
        coal, heat_value, area, degree_days, margin = figures
        if coal is None or heat_value is None or area is None or degree_days is None or margin is None:
            return None
        return LastSeason(coal, heat_value, area, degree_days, self.degree_days, margin)

    @property
    def demands(self) -> Mapping[Method, Demand]:
        """By method; a frozen one gives what stood there when it was frozen, whatever becomes of the formulas."""
        if self.results:
            return {Method(name): _thawed(figures) for name, figures in self.results.items()}
        found = {Method.DESIGN_LOAD: by_design_load(self.plant, self.heat_index_w_per_m2)}
        if last := self.last_season:
            found[Method.LAST_SEASON] = by_last_season(self.plant, last)
        return found

    def frozen_results(self) -> dict[str, dict[str, str]]:
        return {
            method.value: {name: str(getattr(demand, name)) for name in RESULTS}
            for method, demand in self.demands.items()
        }


def _thawed(figures: Mapping[str, str]) -> Demand:
    return Demand(**{name: Decimal(figures[name]) for name in RESULTS})


class Target(models.Model):
    """How much a company is to store for a season. Each change after approval is a further revision."""

    county = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="县（市、区）")
    company = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="供热企业")
    season = models.ForeignKey(Season, models.PROTECT, related_name="+", verbose_name="采暖季")
    revision = models.PositiveSmallIntegerField("第几版", default=1)
    status = models.CharField("状态", max_length=10, choices=TargetStatus.choices, default=TargetStatus.DRAFT)
    estimate = models.ForeignKey(Estimate, models.PROTECT, related_name="targets", verbose_name="依据的测算")
    method = models.CharField("采用的方法", max_length=12, choices=Method.choices, default=Method.DESIGN_LOAD)
    rule = models.CharField("目标怎么定", max_length=12, choices=TargetRule.choices, default=TargetRule.SHARE)
    # Percent of the need, or days, as `rule` says.
    amount = models.DecimalField(
        "比例或天数", max_digits=5, decimal_places=1, validators=[MinValueValidator(Decimal("0.1"))]
    )
    need_t = models.DecimalField("全季需求（t）", max_digits=12, decimal_places=2)
    mean_day_t = models.DecimalField("平均日耗煤（t/d）", max_digits=9, decimal_places=1)
    coldest_day_t = models.DecimalField("极寒日耗煤（t/d）", max_digits=9, decimal_places=1)
    heat_value_mj_per_kg = models.DecimalField("煤的热值（MJ/kg）", max_digits=6, decimal_places=3)
    quantity_t = models.DecimalField("储备目标（t）", max_digits=12, decimal_places=2)
    quantity_tce = models.DecimalField("储备目标（tce）", max_digits=12, decimal_places=2)
    note = models.TextField("说明", max_length=1000, blank=True)
    approved_on = models.DateField("批准日期", null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = OfCompanyQuerySet.as_manager()

    class Meta:
        verbose_name = "储备目标"
        verbose_name_plural = verbose_name
        ordering = ["company__name", "-revision"]
        default_permissions = ()
        permissions = [
            ("propose_target", "报送储备目标"),
            ("check_target", "审核储备目标"),
            ("approve_target", "审批储备目标"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["company", "season", "revision"], name="target_revision_of_company"),
            models.UniqueConstraint(
                fields=["company", "season"], condition=Q(status="approved"), name="target_in_force_is_one"
            ),
            models.UniqueConstraint(
                fields=["company", "season"], condition=Q(status__in=OPEN_TARGETS), name="target_under_way_is_one"
            ),
            models.CheckConstraint(condition=Q(quantity_t__gt=0), name="target_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.company.label} {self.season} 储备目标第 {self.revision} 版"

    def get_absolute_url(self) -> str:
        return reverse("coal:target_detail", args=[self.pk])

    @property
    def state(self) -> TargetStatus:
        return TargetStatus(self.status)


class TargetMilestone(models.Model):
    """What is to be reached by a day: a share of the target, signed for or arrived; or days of cover from then on."""

    target = models.ForeignKey(Target, models.CASCADE, related_name="milestones")
    kind = models.CharField("节点", max_length=12, choices=MilestoneKind.choices)
    due_on = models.DateField("日期")
    # Of a share: percent of the target and the tonnes that this is.
    share_percent = models.DecimalField("比例（%）", max_digits=5, decimal_places=1, null=True, blank=True)
    quantity_t = models.DecimalField("数量（t）", max_digits=12, decimal_places=2, null=True, blank=True)
    cover_days = models.PositiveSmallIntegerField("可用天数", null=True, blank=True)

    class Meta:
        verbose_name = "储备节点"
        verbose_name_plural = verbose_name
        ordering = ["due_on", "pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["target", "kind", "due_on"], name="milestone_of_kind_and_day"),
            models.CheckConstraint(
                condition=(
                    Q(kind="cover", cover_days__isnull=False, share_percent__isnull=True, quantity_t__isnull=True)
                    | (
                        ~Q(kind="cover")
                        & Q(cover_days__isnull=True, share_percent__isnull=False, quantity_t__isnull=False)
                    )
                ),
                name="milestone_has_a_share_or_days",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.due_on} {self.get_kind_display()}"
