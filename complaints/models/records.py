"""What is recorded about an order: visits, callbacks, requests for more time, past rounds, files."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.models import Unit
from common import clock
from common.storage import private_storage
from complaints.enums import ExtensionStatus, MeasuringPlace, Satisfaction
from complaints.models.order import OfOrderQuerySet, Order

USER = settings.AUTH_USER_MODEL


class Visit(models.Model):
    """Somebody of the company at the caller's. `temperature_c` with how it was measured: what the rules of measuring
    demand stands in complaints/rules.py."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="visits")
    round = models.PositiveSmallIntegerField("轮次")
    # Whose visit it was: of a company that has sent the order back it meets no limit of the next one's.
    company = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+", verbose_name="承办企业")
    visited_at = models.DateTimeField("到场时间")
    visitor = models.CharField("入户人员", max_length=60)
    found = models.TextField("现场情况")
    temperature_c = models.DecimalField(
        "实测室温（℃）", max_digits=4, decimal_places=1, null=True, blank=True,
        validators=[MinValueValidator(Decimal(-30)), MaxValueValidator(Decimal(45))],
    )  # fmt: skip
    place = models.CharField("测温房间", max_length=12, choices=MeasuringPlace.choices, blank=True)
    shut_minutes = models.PositiveSmallIntegerField("门窗关闭（分钟）", null=True, blank=True)
    is_centre = models.BooleanField("在房间中央测", default=False)
    height_m = models.DecimalField("测点高度（m）", max_digits=3, decimal_places=2, null=True, blank=True)
    device = models.CharField("测温仪器编号", max_length=60, blank=True)
    calibrated_until = models.DateField("检定有效期至", null=True, blank=True)
    signed_by_visitor = models.BooleanField("测温人员已签字", default=False)
    signed_by_user = models.BooleanField("用户已签字", default=False)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="填写人")
    at = models.DateTimeField("填写时间", default=clock.now)

    objects = OfOrderQuerySet.as_manager()

    class Meta:
        verbose_name = "上门记录"
        verbose_name_plural = verbose_name
        ordering = ["visited_at", "pk"]
        default_permissions = ()
        indexes = [models.Index(fields=["visited_at"], condition=Q(temperature_c__isnull=False), name="visit_measured")]

    def __str__(self) -> str:
        return f"{self.visited_at:%Y-%m-%d %H:%M} {self.visitor}"


class SendBack(models.Model):
    """A company's word that an order is not its own: written once, never changed."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="send_backs")
    round = models.PositiveSmallIntegerField("轮次")
    company = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="退单企业")
    reason = models.TextField("退单理由")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="退单人")
    at = models.DateTimeField("退单时间", default=clock.now)

    objects = OfOrderQuerySet.as_manager()

    class Meta:
        verbose_name = "退单"
        verbose_name_plural = verbose_name
        ordering = ["at", "pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.company} {self.at:%Y-%m-%d %H:%M}"


class Callback(models.Model):
    """One call back to the caller. Only one that reached somebody says whether it was solved and how they find it."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="callbacks")
    round = models.PositiveSmallIntegerField("轮次")
    called_at = models.DateTimeField("回访时间")
    is_reached = models.BooleanField("已联系上")
    # Whether the company had been in touch with the caller, as the caller says.
    was_contacted = models.BooleanField("企业联系过诉求人", null=True, blank=True)
    is_solved = models.BooleanField("问题已解决", null=True, blank=True)
    satisfaction = models.CharField("满意度", max_length=10, choices=Satisfaction.choices, blank=True)
    note = models.TextField("回访记录", blank=True)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="回访人")
    at = models.DateTimeField("填写时间", default=clock.now)

    objects = OfOrderQuerySet.as_manager()

    class Meta:
        verbose_name = "回访"
        verbose_name_plural = verbose_name
        ordering = ["called_at", "pk"]
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["called_at", "order", "was_contacted", "is_solved", "satisfaction"],
                condition=Q(is_reached=True), name="callback_figures",
            )
        ]  # fmt: skip
        constraints = [
            models.CheckConstraint(
                condition=Q(is_reached=True, is_solved__isnull=False)
                | Q(is_reached=False, is_solved__isnull=True, satisfaction=""),
                name="callback_says_what_was_heard",
            ),
        ]

    def __str__(self) -> str:
        return "已联系上" if self.is_reached else "未联系上"


class OrderExtension(models.Model):
    """A request for a later limit, asked for before the limit and decided by the bureau. Both limits stay."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="extensions")
    round = models.PositiveSmallIntegerField("轮次")
    old_due_at = models.DateTimeField("原时限")
    new_due_at = models.DateTimeField("申请延至")
    reason = models.TextField("延期理由")
    status = models.CharField("审批", max_length=10, choices=ExtensionStatus.choices, default=ExtensionStatus.REQUESTED)
    requested_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="申请人")
    requested_at = models.DateTimeField("申请时间", default=clock.now)
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="审批人")
    decided_at = models.DateTimeField("审批时间", null=True, blank=True)
    opinion = models.TextField("审批意见", blank=True)

    objects = OfOrderQuerySet.as_manager()

    class Meta:
        verbose_name = "投诉延期申请"
        verbose_name_plural = verbose_name
        ordering = ["requested_at", "pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=Q(status=ExtensionStatus.REQUESTED), name="order_has_one_open_extension"
            )
        ]

    def __str__(self) -> str:
        return f"{self.old_due_at} → {self.new_due_at}"


class OrderRound(models.Model):
    """What a round was when the order was handed out again: written once, never changed."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="past_rounds")
    round = models.PositiveSmallIntegerField("轮次")
    company = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+", verbose_name="承办企业")
    dispatched_at = models.DateTimeField("派单时间", null=True)
    original_due_at = models.DateTimeField("原办理时限", null=True)
    due_at = models.DateTimeField("办理时限", null=True)
    signed_at = models.DateTimeField("签收时间", null=True)
    visited_at = models.DateTimeField("首次到场时间", null=True)
    reported_at = models.DateTimeField("反馈时间", null=True)
    result = models.TextField("办理结果", blank=True)
    redo_reason = models.TextField("重办理由")

    objects = OfOrderQuerySet.as_manager()

    class Meta:
        verbose_name = "以往轮次"
        verbose_name_plural = verbose_name
        ordering = ["round"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["order", "round"], name="order_round_once")]

    def __str__(self) -> str:
        return f"第 {self.round} 轮"


class OrderFile(models.Model):
    """A photo or file. Stored under a random name outside the web root and served through the scope check only."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="files")
    round = models.PositiveSmallIntegerField("轮次")
    visit = models.ForeignKey(Visit, models.CASCADE, null=True, blank=True, related_name="files")
    file = models.FileField(storage=private_storage, max_length=120)
    thumbnail = models.FileField(storage=private_storage, max_length=120, blank=True)
    rendition = models.FileField(storage=private_storage, max_length=120, blank=True)
    original_name = models.CharField("文件名", max_length=200)
    content_type = models.CharField(max_length=100)
    is_photo = models.BooleanField()
    size_bytes = models.PositiveBigIntegerField("大小（字节）")
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", verbose_name="上传人")
    uploaded_at = models.DateTimeField("上传时间", default=clock.now)
    entry_id = models.BigIntegerField("所属操作记录", null=True, blank=True, db_index=True)

    objects = OfOrderQuerySet.as_manager()

    class Meta:
        verbose_name = "投诉附件"
        verbose_name_plural = verbose_name
        ordering = ["pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.original_name
