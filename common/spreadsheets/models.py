"""The staged import: an uploaded file, and for each row below its head what was understood, until it is settled."""

from typing import Any

from django.conf import settings
from django.db import models

from common import clock


class Pile(models.TextChoices):
    READY = "ready", "可导入"
    WAITS = "waits", "待处理"
    REPEAT = "repeat", "重复"
    SKIPPED = "skipped", "已跳过"
    IMPORTED = "imported", "已导入"
    DISMISSED = "dismissed", "已放弃"

    @property
    def colour(self) -> str:
        return {"ready": "green", "waits": "amber", "repeat": "purple", "imported": "blue"}.get(self.value, "grey")


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    def visible_to(self, user: Any) -> "ImportBatchQuerySet":
        """A batch is its uploader's."""
        return self.filter(owner=user)


class ImportBatch(models.Model):
    kind = models.CharField("台账类型", max_length=20)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="上传人")
    filename = models.CharField("文件名", max_length=200)
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField("上传时间", default=clock.now)
    # What the file said about itself: sheet, title, unit and date lines, head rows, mapping, unread columns.
    head = models.JSONField(default=dict)
    # What the reader was told besides the file, e.g. {"season": 3}.
    context = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=0)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        verbose_name = "导入批次"
        verbose_name_plural = verbose_name
        ordering = ["-created_at", "-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.filename

    def pile_counts(self) -> dict[str, int]:
        """{pile: rows}, every pile named. One query."""
        counted = dict(self.rows.order_by().values_list("pile").annotate(models.Count("pk")))
        return {pile.value: counted.get(pile.value, 0) for pile in Pile}


class ImportRow(models.Model):
    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="rows")
    row = models.PositiveIntegerField("行号")
    pile = models.CharField("状态", max_length=10, choices=Pile.choices)
    # What was understood, JSON-ready; and the cells as a person reads them, by head title.
    fields = models.JSONField(default=dict)
    raw = models.JSONField(default=dict)
    # [{"field", "cell", "read", "expected"}]
    problems = models.JSONField(default=list)
    reason = models.CharField("跳过原因", max_length=100, blank=True)
    # What the row repeats or became.
    item_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = "导入行"
        verbose_name_plural = verbose_name
        ordering = ["row"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["batch", "row"], name="import_row_once")]
        indexes = [models.Index(fields=["batch", "pile", "row"], name="import_row_pile")]

    def __str__(self) -> str:
        return f"第 {self.row} 行"
