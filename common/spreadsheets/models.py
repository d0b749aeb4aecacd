"""The staged import: an uploaded file, and for each row below its head what was understood, until it is settled.

And what the site learns from it: corrected layouts, further words, photos that wait for their row.
"""

from typing import Any

from django.conf import settings
from django.db import models

from common import clock
from common.storage import private_storage


class BatchState(models.TextChoices):
    """How far the file has been read; long ones are read in the background."""

    READING = "reading", "正在读取"
    READ = "read", "已读取"
    FAILED = "failed", "读取失败"


class Pile(models.TextChoices):
    READY = "ready", "可导入"
    WAITS = "waits", "待处理"
    UPDATE = "update", "有变动"
    REPEAT = "repeat", "重复"
    SKIPPED = "skipped", "已跳过"
    IMPORTED = "imported", "已导入"
    UPDATED = "updated", "已更新"
    DISMISSED = "dismissed", "已放弃"

    @property
    def colour(self) -> str:
        colours = {"ready": "green", "waits": "amber", "update": "blue", "imported": "blue", "updated": "blue"}
        return {**colours, "repeat": "purple"}.get(self.value, "grey")


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
    # The file itself, for a season's work (IMPORTS_KEPT): for another mapping, the marked copy and the pictures in it.
    file = models.FileField(upload_to="imports/", storage=private_storage, max_length=200, blank=True)
    state = models.CharField("读取状态", max_length=8, choices=BatchState.choices, default=BatchState.READ)
    error = models.TextField("读不出来的原因", blank=True)
    # The layout that a person chose: {"sheet", "head_rows": [3, 4], "mapping": {column name: index from 0}}.
    layout = models.JSONField(default=dict)

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
    # Of a row that changes an item: [{"field", "old", "new"}], in words; and what the site changed since the export.
    changes = models.JSONField(default=list)
    conflict = models.TextField("冲突", blank=True)
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


class RememberedLayout(models.Model):
    """Where a ledger with these head rows stands, as a person corrected it for those who send it."""

    kind = models.CharField(max_length=20)
    # Who it was corrected for: "unit:12".
    scope = models.CharField(max_length=40)
    # Of the texts of the head rows; see `common.spreadsheets.head_layouts`.
    fingerprint = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    corrected_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    corrected_at = models.DateTimeField(default=clock.now)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["kind", "scope", "fingerprint"], name="layout_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.scope}"


class LedgerTerm(models.Model):
    """A word that a bureau adds to those by which its ledgers are read."""

    class Role(models.TextChoices):
        HEAD = "head", "列名"
        VALUE = "value", "填写的说法"
        VAGUE = "vague", "不算数的说法"

    kind = models.CharField("台账类型", max_length=20)
    # Whose word it is: the code of the county.
    scope = models.CharField(max_length=40)
    role = models.CharField("用在", max_length=5, choices=Role.choices)
    # The column whose head it is, whose cells hold it, or that it does not name.
    meaning = models.CharField("含义", max_length=60)
    # VALUE: what it says there ("major" in "grade"); else empty.
    value = models.CharField("取值", max_length=60, blank=True)
    term = models.CharField("说法", max_length=60)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="添加人")
    added_at = models.DateTimeField("添加时间", default=clock.now)

    class Meta:
        verbose_name = "台账用词"
        verbose_name_plural = verbose_name
        ordering = ["kind", "role", "meaning", "value", "term"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["kind", "scope", "role", "meaning", "term"], name="ledger_term_once"),
            # A head is one column's; 待定 may name neither person nor day.
            models.UniqueConstraint(
                fields=["kind", "scope", "term"], condition=models.Q(role="head"), name="ledger_head_once"
            ),
        ]

    def __str__(self) -> str:
        return self.term


class ImportPhoto(models.Model):
    """A picture that came with a batch, in a ZIP or inside the workbook, until it hangs at what its row became."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="photos")
    # The sheet's row; None for a picture that names none of them.
    row = models.PositiveIntegerField("行号", null=True, blank=True)
    stage = models.CharField(max_length=10, blank=True)
    original_name = models.CharField("文件名", max_length=200)
    # Where it came from: its path in the ZIP, or its cell in the workbook.
    source = models.CharField("来自", max_length=300, blank=True)
    size_bytes = models.PositiveBigIntegerField("大小（字节）", default=0)
    file = models.FileField(upload_to="imports/", storage=private_storage, max_length=200, blank=True)
    sha256 = models.CharField(max_length=64)
    # A person has said that it is not to be used.
    is_dismissed = models.BooleanField("不用", default=False)
    # Why it cannot be used, in Chinese; empty for a good one.
    problem = models.CharField("问题", max_length=200, blank=True)
    # What it became.
    attachment_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = "导入的照片"
        verbose_name_plural = verbose_name
        ordering = ["row", "stage", "original_name"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["batch", "row", "stage", "sha256"], name="import_photo_once"),
            # The same file sent again, wherever a person has put its pictures meanwhile.
            models.UniqueConstraint(fields=["batch", "source", "sha256"], name="import_photo_source_once"),
        ]

    def __str__(self) -> str:
        return self.original_name
