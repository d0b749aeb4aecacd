"""What counts in a county's indicators, when a repeat is one, how rooms are measured and how often is called before an
order is closed unheard: the bureau's setting, printed with every figure."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from accounts.models import Region
from complaints.enums import Category, Cause

# An order whose cause nobody has named yet.
NO_CAUSE = "unknown"
CAUSE_CHOICES = [*Cause.choices, (NO_CAUSE, "尚未归因")]
WEIGHT = [MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1))]


def usual_categories() -> list[str]:
    """Who asks for advice does not complain."""
    return [value for value in Category.values if value != Category.ADVICE]


def usual_causes() -> list[str]:
    return [value for value, _ in CAUSE_CHOICES]


class Counting(models.Model):
    """One row a county; a county without a row goes by these defaults (`Counting(county=…)`)."""

    county = models.OneToOneField(Region, models.CASCADE, related_name="+", primary_key=True)
    categories = models.JSONField("计入的诉求类别", default=usual_categories)
    causes = models.JSONField("计入的责任归因", default=usual_causes)
    with_repeats = models.BooleanField("重复投诉计入", default=True)
    repeat_days = models.PositiveSmallIntegerField(
        "重复投诉天数", default=30, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    satisfied_weight = models.DecimalField(
        "满意的权重", max_digits=3, decimal_places=2, default=Decimal("1.00"), validators=WEIGHT
    )
    fairly_weight = models.DecimalField(
        "基本满意的权重", max_digits=3, decimal_places=2, default=Decimal("0.90"), validators=WEIGHT
    )
    # Below this a rate per 1 000 households says nothing: one complaint of eight households would lead the list.
    least_households = models.PositiveIntegerField(
        "热点排名的最少户数", default=100, validators=[MinValueValidator(1), MaxValueValidator(10_000)]
    )
    cluster_households = models.PositiveSmallIntegerField(
        "集中投诉的最少户数", default=3, validators=[MinValueValidator(2), MaxValueValidator(50)]
    )
    false_alarms = models.DecimalField(
        "每个采暖季可容忍的误报", max_digits=4, decimal_places=1, default=Decimal("1.0"),
        validators=[MinValueValidator(Decimal("0.1")), MaxValueValidator(Decimal(100))],
    )  # fmt: skip

    # How a room is measured, and what is warm enough: practice of cities, which differ.
    room_floor_c = models.DecimalField(
        "合格室温", max_digits=3, decimal_places=1, default=Decimal("18.0"),
        validators=[MinValueValidator(Decimal(10)), MaxValueValidator(Decimal(30))],
    )  # fmt: skip
    shut_minutes = models.PositiveSmallIntegerField("测温前门窗关闭", default=30, validators=[MaxValueValidator(240)])
    height_m = models.DecimalField(
        "测点高度", max_digits=3, decimal_places=2, default=Decimal("1.50"),
        validators=[MinValueValidator(Decimal("0.1")), MaxValueValidator(Decimal("2.5"))],
    )  # fmt: skip
    calls_before_giving_up = models.PositiveSmallIntegerField(
        "打几次没有联系上可以办结", default=3, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )

    class Meta:
        verbose_name = "统计口径"
        verbose_name_plural = verbose_name
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.county} 投诉统计口径"
