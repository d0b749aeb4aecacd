"""Checks of coal yards: what was measured and seen there, and from which values on that is more than normal."""

import uuid
from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Region, User
from coal.check_enums import CheckLevel, CoverState
from coal.models.stock import Yard
from common import clock
from common.storage import private_storage
from facilities.models import LATITUDE, LONGITUDE

NOT_NEGATIVE = [MinValueValidator(Decimal(0), "不能小于 0")]
COLDEST_C, HOTTEST_C = Decimal(-50), Decimal(800)
HIGHEST_M, DEEPEST_M, MOST_PPM, LONGEST_DAYS = Decimal(60), Decimal(30), Decimal(10_000), 60


def between(least: Decimal, most: Decimal, unit: str) -> list[Any]:
    return [
        MinValueValidator(least, f"应不低于 {least} {unit}，请核对"),
        MaxValueValidator(most, f"应不高于 {most} {unit}，请核对"),
    ]


def _bound(label: str, default: str, places: int, limits: list[Any]) -> models.DecimalField:  # type: ignore[type-arg]
    return models.DecimalField(
        label, max_digits=6, decimal_places=places, default=Decimal(default), validators=limits
    )  # fmt: skip


class CheckRules(models.Model):
    """From which values on a county takes what a check finds for more than normal.

    A figure up to `…_notice` is normal, from there on 关注, from `…_act` on 需处理, and above `…_emergency` 紧急. The
    defaults are practice and one vendor's manual, not law; a county without a row of its own has these.
    """

    county = models.OneToOneField(Region, models.PROTECT, related_name="+", verbose_name="县（市、区）")
    temperature_notice_c = _bound("煤温关注（℃）", "50", 1, between(Decimal(0), HOTTEST_C, "℃"))
    temperature_act_c = _bound("煤温需处理（℃）", "60", 1, between(Decimal(0), HOTTEST_C, "℃"))
    temperature_emergency_c = _bound("煤温紧急（℃）", "80", 1, between(Decimal(0), HOTTEST_C, "℃"))
    pile_height_notice_m = _bound("堆高关注（m）", "6", 1, between(Decimal(0), HIGHEST_M, "m"))
    pile_height_act_m = _bound("堆高需处理（m）", "8", 1, between(Decimal(0), HIGHEST_M, "m"))
    pile_height_emergency_m = _bound("堆高紧急（m）", "12", 1, between(Decimal(0), HIGHEST_M, "m"))
    co_notice_ppm = _bound("一氧化碳关注（ppm）", "24", 1, between(Decimal(0), MOST_PPM, "ppm"))
    co_act_ppm = _bound("一氧化碳需处理（ppm）", "50", 1, between(Decimal(0), MOST_PPM, "ppm"))
    co_emergency_ppm = _bound("一氧化碳紧急（ppm）", "100", 1, between(Decimal(0), MOST_PPM, "ppm"))
    smoke_level = models.PositiveSmallIntegerField(
        "冒烟算", choices=CheckLevel.choices, default=CheckLevel.EMERGENCY
    )  # fmt: skip
    cover_level = models.PositiveSmallIntegerField(
        "苫盖不好算", choices=CheckLevel.choices, default=CheckLevel.NOTICE
    )  # fmt: skip
    fire_level = models.PositiveSmallIntegerField(
        "消防器材不好算", choices=CheckLevel.choices, default=CheckLevel.ACT
    )  # fmt: skip
    check_every_days = models.PositiveSmallIntegerField(
        "几天不检查算久未检查", default=7, validators=[MinValueValidator(1), MaxValueValidator(LONGEST_DAYS)]
    )

    class Meta:
        verbose_name = "煤场检查标准"
        verbose_name_plural = verbose_name
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(**{f"{name}_notice_{unit}__lte": F(f"{name}_act_{unit}")})
                & Q(**{f"{name}_act_{unit}__lte": F(f"{name}_emergency_{unit}")}),
                name=f"check_rules_{name}_in_order",
            )
            for name, unit in (("temperature", "c"), ("pile_height", "m"), ("co", "ppm"))
        ]

    def __str__(self) -> str:
        return f"{self.county} 煤场检查标准"

    def of(self, figure: str) -> tuple[Decimal, Decimal, Decimal]:
        """(notice, act, emergency) of `temperature`, `pile_height` or `co`."""
        unit = {"temperature": "c", "pile_height": "m", "co": "ppm"}[figure]
        notice, act, emergency = (getattr(self, f"{figure}_{level}_{unit}") for level in ("notice", "act", "emergency"))
        return notice, act, emergency


class YardCheckQuerySet(models.QuerySet["YardCheck"]):
    def visible_to(self, user: Any) -> "YardCheckQuerySet":
        return self.filter(yard__in=Yard.objects.visible_to(user))

    def current(self) -> "YardCheckQuerySet":
        """Those that no other one corrects."""
        return self.filter(correction__isnull=True)


class YardCheck(models.Model):
    """One round through a yard. The database keeps it as it is: a wrong one is replaced by a further one naming it.

    `level` and `findings` are what it was judged to be by the county's values of that day: a later change of these
    does not change what was found then.
    """

    yard = models.ForeignKey(Yard, models.PROTECT, related_name="checks", verbose_name="煤场")
    checked_at = models.DateTimeField("检查时间")
    checked_by = models.CharField("检查人", max_length=60)
    pile_height_m = models.DecimalField(
        "堆高（m）", max_digits=4, decimal_places=1, validators=between(Decimal(0), HIGHEST_M, "m")
    )
    smoke_seen = models.BooleanField("冒烟")
    co_ppm = models.DecimalField(
        "一氧化碳（ppm）", max_digits=6, decimal_places=1, null=True, blank=True,
        validators=between(Decimal(0), MOST_PPM, "ppm"),
    )  # fmt: skip
    cover = models.CharField("苫盖", max_length=6, choices=CoverState.choices)
    fire_equipment_in_order = models.BooleanField("消防器材完好")
    note = models.TextField("情况说明", max_length=1000, blank=True)
    hottest_c = models.DecimalField("最高煤温（℃）", max_digits=4, decimal_places=1, null=True, blank=True)
    level = models.PositiveSmallIntegerField("结论", choices=CheckLevel.choices)
    # [[level, sentence], …], the worst first; empty if everything was normal.
    findings = models.JSONField("问题", default=list, blank=True)
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="correction", verbose_name="更正的检查"
    )
    correction_reason = models.CharField("更正理由", max_length=200, blank=True)
    # Given out with the form: what is sent twice is entered once.
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    entered_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    entered_at = models.DateTimeField("登记时间", default=clock.now)

    objects = YardCheckQuerySet.as_manager()

    class Meta:
        verbose_name = "煤场检查"
        verbose_name_plural = verbose_name
        ordering = ["-checked_at", "-pk"]
        default_permissions = ()
        permissions = [("record_check", "登记煤场检查")]
        indexes = [
            models.Index(fields=["yard", "-checked_at", "-id"], name="check_of_yard"),
            models.Index(fields=["-checked_at", "-id"], name="check_by_time"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(corrects__isnull=True, correction_reason="")
                | (Q(corrects__isnull=False) & ~Q(correction_reason="")),
                name="check_correction_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.yard} {clock.local_date(self.checked_at)} 检查"

    def get_absolute_url(self) -> str:
        return reverse("coal:check_detail", args=[self.pk])

    @property
    def state(self) -> CheckLevel:
        return CheckLevel(self.level)

    @property
    def sentences(self) -> list[tuple[CheckLevel, str]]:
        return [(CheckLevel(level), sentence) for level, sentence in self.findings]


class OfCheckQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> "OfCheckQuerySet":
        return self.filter(check_of__yard__in=Yard.objects.visible_to(user))


class CheckPoint(models.Model):
    """The temperature at one point of the pile. As append-only as its check."""

    check_of = models.ForeignKey(YardCheck, models.PROTECT, related_name="points")
    position = models.PositiveSmallIntegerField()
    label = models.CharField("测点", max_length=40)
    depth_m = models.DecimalField(
        "深度（m）", max_digits=4, decimal_places=1, null=True, blank=True,
        validators=between(Decimal(0), DEEPEST_M, "m"),
    )  # fmt: skip
    temperature_c = models.DecimalField(
        "煤温（℃）", max_digits=4, decimal_places=1, validators=between(COLDEST_C, HOTTEST_C, "℃")
    )

    objects = OfCheckQuerySet.as_manager()

    class Meta:
        verbose_name = "测点"
        verbose_name_plural = verbose_name
        ordering = ["position"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["check_of", "position"], name="check_point_position")]

    def __str__(self) -> str:
        return self.label


class CheckPhoto(models.Model):
    """A photo of a check. Stored under a random name outside the web root, served through the scope check only."""

    check_of = models.ForeignKey(YardCheck, models.PROTECT, related_name="photos")
    file = models.FileField(storage=private_storage, max_length=120)
    thumbnail = models.FileField(storage=private_storage, max_length=120, blank=True)
    # What browsers can show of a format they cannot (HEIC): a JPEG of the same picture.
    rendition = models.FileField(storage=private_storage, max_length=120, blank=True)
    original_name = models.CharField("文件名", max_length=200)
    content_type = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    taken_at = models.DateTimeField("拍摄时间", null=True, blank=True)
    latitude = models.DecimalField("纬度", max_digits=9, decimal_places=6, null=True, blank=True, validators=LATITUDE)
    longitude = models.DecimalField("经度", max_digits=9, decimal_places=6, null=True, blank=True, validators=LONGITUDE)

    objects = OfCheckQuerySet.as_manager()

    class Meta:
        verbose_name = "检查照片"
        verbose_name_plural = verbose_name
        ordering = ["pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.original_name
