"""The hazard ledger: hazards and what is recorded about each. Statuses are written by workflow.py only."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from accounts.models import Region, Unit
from common import clock
from common.search_terms import TermsField
from common.storage import private_storage
from facilities.enums import FacilityKind
from facilities.models import LATITUDE, LONGITUDE, Community, Facility, Season
from inspections.enums import (
    OPEN_STATUSES,
    AttachmentStage,
    Category,
    Conclusion,
    ExtensionStatus,
    FundingSource,
    Grade,
    HazardStatus,
    Source,
    Urgency,
)
from inspections.querysets import GradeRank, HazardQuerySet, KindRank, StatusRank

USER = settings.AUTH_USER_MODEL


def ranked(rank: models.Func, field: str, name: str) -> models.Index:
    """An index in the order of a rank. The field itself stands last: without it PostgreSQL would read the rows too."""
    return models.Index(F("county"), F("season"), rank, F("sequence"), F("id"), F(field), name=name)


def combined(field: str, *others: str, name: str) -> models.Index:
    """An index in the list's order for one value of the field."""
    return models.Index(fields=["county", "season", field, "sequence", "id", *others], name=name)


class Hazard(models.Model):
    # where it stands in the ledger
    # Neither has an index of its own: those of the lists begin with them.
    county = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="县（市、区）", db_index=False)
    season = models.ForeignKey(Season, models.PROTECT, related_name="hazards", verbose_name="采暖季", db_index=False)
    sequence = models.PositiveIntegerField("序号")
    number = models.CharField("编号", max_length=20)
    status = models.CharField("状态", max_length=20, choices=HazardStatus.choices, default=HazardStatus.PENDING)
    status_since = models.DateTimeField("进入当前状态的时间", default=clock.now)
    version = models.PositiveIntegerField(default=0)
    round = models.PositiveSmallIntegerField("轮次", default=1)

    # what is wrong, and where
    problem_point = models.CharField("问题点位", max_length=200)
    description = models.TextField("存在问题")
    facility_kind = models.CharField("设施类别", max_length=12, choices=FacilityKind.choices)
    facility = models.ForeignKey(
        Facility, models.PROTECT, null=True, blank=True, related_name="hazards", verbose_name="设施"
    )
    communities = models.ManyToManyField(Community, blank=True, related_name="hazards", verbose_name="涉及小区")
    township = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="乡镇、街道"
    )
    category = models.CharField("隐患分类", max_length=20, choices=Category.choices, blank=True)
    grade = models.CharField("隐患等级", max_length=10, choices=Grade.choices, default=Grade.GENERAL)
    urgency = models.CharField("整改类型", max_length=12, choices=Urgency.choices, default=Urgency.LIMITED)
    source = models.CharField("来源", max_length=20, choices=Source.choices, default=Source.BUREAU_CHECK)
    cause = models.TextField("成因", blank=True)
    found_on = models.DateField("发现日期")

    # who, by when, to which standard
    lead_unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="led_hazards", verbose_name="责任单位（牵头）"
    )
    cooperating_units = models.ManyToManyField(
        Unit, blank=True, related_name="cooperating_hazards", verbose_name="配合单位"
    )
    responsible_person = models.CharField("责任人", max_length=60, blank=True)
    responsible_phone = models.CharField("联系电话", max_length=40, blank=True)
    responsible_user = models.ForeignKey(
        USER, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="责任人账号"
    )
    supervisor = models.ForeignKey(
        USER, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="住建局督办人"
    )
    due_on = models.DateField("整改时限", null=True, blank=True)
    original_due_on = models.DateField("原定时限", null=True, blank=True)
    late_due_reason = models.TextField("时限晚于试运行的理由", blank=True)
    first_overdue_on = models.DateField("首次逾期日", null=True, blank=True)
    acceptance_standard = models.TextField("验收标准", blank=True)

    # how
    measure = models.TextField("整改措施", blank=True)
    estimated_cost_yuan = models.DecimalField(
        "预计费用（元）", max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    funding_source = models.CharField("资金来源", max_length=20, choices=FundingSource.choices, blank=True)
    progress_percent = models.PositiveSmallIntegerField("整改进度（%）", default=0, validators=[MaxValueValidator(100)])
    remark = models.TextField("备注", blank=True)

    # 五落实, for 重大 hazards
    five_duty = models.TextField("责任落实", blank=True)
    five_measure = models.TextField("措施落实", blank=True)
    five_funding = models.TextField("资金落实", blank=True)
    five_time_limit = models.TextField("时限落实", blank=True)
    five_plan = models.TextField("预案落实", blank=True)

    # milestones of the current round
    registered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", verbose_name="登记人")
    registered_at = models.DateTimeField("登记时间", default=clock.now)
    issued_at = models.DateTimeField("下达时间", null=True, blank=True)
    # The moment from which its deadline counts as watched: steps that were past by then are recorded and told nobody.
    # None: somebody has asked for what is past to be told as well.
    watched_since = models.DateTimeField("督办起算时间", null=True, blank=True)
    signed_at = models.DateTimeField("签收时间", null=True, blank=True)
    planned_at = models.DateTimeField("方案提交时间", null=True, blank=True)
    acceptance_requested_at = models.DateTimeField("申请验收时间", null=True, blank=True)
    # Counts the requests of this round, so that one person gives one opinion on each.
    acceptance_attempt = models.PositiveSmallIntegerField(default=0)
    closed_at = models.DateTimeField("销号时间", null=True, blank=True)

    # What the ledger that this came from said (file, row, raw cells), kept as it was read.
    origin = models.JSONField("来源台账", default=dict, blank=True)
    search_terms = TermsField(default="", editable=False)

    objects = HazardQuerySet.as_manager()

    class Meta:
        verbose_name = "隐患"
        verbose_name_plural = verbose_name
        default_permissions = ("view",)
        permissions = [
            ("register_hazard", "登记隐患"),
            ("edit_hazard", "修改隐患信息"),
            ("issue_hazard", "下达整改"),
            ("amend_hazard", "调整责任单位、责任人、时限"),
            ("sign_hazard", "签收、退回"),
            ("rectify_hazard", "编制方案、填报进度、申请验收、申请延期"),
            ("accept_hazard", "验收"),
            ("decide_extension", "审批延期"),
            ("reopen_hazard", "复发重开"),
            ("void_hazard", "作废"),
            ("remind_hazard", "催办"),
            ("import_hazards", "导入台账"),
            ("export_hazards", "导出台账"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["season", "sequence"], name="hazard_sequence"),
            models.UniqueConstraint(fields=["county", "number"], name="hazard_number"),
            models.CheckConstraint(
                condition=Q(status__in=[HazardStatus.PENDING, HazardStatus.VOID]) | Q(lead_unit__isnull=False),
                name="hazard_issued_to_somebody",
            ),
        ]
        # Lists: county + season, then what they are sorted or filtered by. The pk breaks ties.
        indexes = [
            models.Index(fields=["county", "season", "sequence", "id"], name="hazard_ledger"),
            models.Index(fields=["county", "season", "status", "sequence", "id"], name="hazard_status"),
            # Status and deadline at an index's end: the tabs are counted without a look at the rows.
            models.Index(fields=["county", "season", "due_on", "id", "status"], name="hazard_due"),
            models.Index(fields=["county", "season", "found_on", "id"], name="hazard_found"),
            models.Index(fields=["county", "season", "closed_at", "id"], name="hazard_closed"),
            models.Index(fields=["county", "season", "grade", "sequence", "id"], name="hazard_grade"),
            models.Index(fields=["county", "season", "urgency", "sequence", "id"], name="hazard_urgency"),
            # With what else is asked for behind them, rare combinations are found without a look at the rows.
            combined("facility_kind", "grade", "urgency", "source", "status", name="hazard_kind"),
            combined("category", "facility_kind", "grade", "urgency", "source", "status", name="hazard_category"),
            combined("source", "grade", "urgency", "status", name="hazard_source"),
            models.Index(
                fields=["county", "season", "lead_unit", "sequence", "id", "status", "due_on"], name="hazard_unit"
            ),
            models.Index(
                fields=["county", "season", "township", "sequence", "id", "status", "due_on"], name="hazard_township"
            ),
            models.Index(fields=["county", "season", "supervisor", "sequence", "id"], name="hazard_supervisor"),
            models.Index(fields=["lead_unit", "season", "sequence"], name="hazard_lead"),
            # The same in the order that people expect of statuses, grades and kinds.
            ranked(StatusRank("status"), "status", name="hazard_status_rank"),
            ranked(GradeRank("grade"), "grade", name="hazard_grade_rank"),
            ranked(KindRank("facility_kind"), "facility_kind", name="hazard_kind_rank"),
            # The sweep: what is under way and has a deadline.
            models.Index(
                fields=["due_on", "grade"],
                condition=Q(status__in=[HazardStatus.ISSUED, HazardStatus.RECTIFYING]),
                name="hazard_sweep",
            ),
            models.Index(
                fields=["due_on"],
                condition=Q(first_overdue_on__isnull=True) & Q(status__in=list(OPEN_STATUSES)),
                name="hazard_first_overdue",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.problem_point}"

    def get_absolute_url(self) -> str:
        return f"/hazards/{self.pk}/"

    @property
    def state(self) -> HazardStatus:
        return HazardStatus(self.status)

    @property
    def grade_colour(self) -> str:
        return Grade(self.grade).colour

    def is_overdue(self, today: dt.date) -> bool:
        """Open and past its deadline; due today is not overdue."""
        return self.state.is_open and self.due_on is not None and self.due_on < today


class OfHazardQuerySet(models.QuerySet[Any]):
    """For what belongs to a hazard: seen by whoever sees the hazard."""

    def visible_to(self, user: Any) -> "OfHazardQuerySet":
        return self.filter(hazard__in=Hazard.objects.visible_to(user))


class Milestone(models.Model):
    """A step of the rectification plan, scheduled backwards from the deadline."""

    hazard = models.ForeignKey(Hazard, models.CASCADE, related_name="milestones")
    round = models.PositiveSmallIntegerField("轮次")
    title = models.CharField("节点", max_length=100)
    due_on = models.DateField("计划完成")
    done_on = models.DateField("实际完成", null=True, blank=True)

    objects = OfHazardQuerySet.as_manager()

    class Meta:
        verbose_name = "计划节点"
        verbose_name_plural = verbose_name
        ordering = ["round", "due_on", "pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.title


class Extension(models.Model):
    """A request for a later deadline, asked for before the deadline and decided by the bureau. Both deadlines stay."""

    hazard = models.ForeignKey(Hazard, models.CASCADE, related_name="extensions")
    round = models.PositiveSmallIntegerField("轮次")
    old_due_on = models.DateField("原时限")
    new_due_on = models.DateField("申请延至")
    reason = models.TextField("延期理由")
    interim_measures = models.TextField("延期期间的安全措施")
    status = models.CharField("审批", max_length=10, choices=ExtensionStatus.choices, default=ExtensionStatus.REQUESTED)
    version = models.PositiveIntegerField(default=0)
    requested_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="申请人")
    requested_at = models.DateTimeField("申请时间", default=clock.now)
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="审批人")
    decided_at = models.DateTimeField("审批时间", null=True, blank=True)
    opinion = models.TextField("审批意见", blank=True)

    objects = OfHazardQuerySet.as_manager()

    class Meta:
        verbose_name = "延期申请"
        verbose_name_plural = verbose_name
        ordering = ["requested_at", "pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["hazard"], condition=Q(status=ExtensionStatus.REQUESTED), name="one_open_extension"
            )
        ]

    def __str__(self) -> str:
        return f"{self.old_due_on} → {self.new_due_on}"


class Acceptance(models.Model):
    """One person's conclusion on one request for acceptance. A 重大 hazard needs two that pass."""

    hazard = models.ForeignKey(Hazard, models.CASCADE, related_name="acceptances")
    round = models.PositiveSmallIntegerField("轮次")
    attempt = models.PositiveSmallIntegerField("第几次申请")
    conclusion = models.CharField("验收结论", max_length=10, choices=Conclusion.choices)
    opinion = models.TextField("对照验收标准的意见")
    inspectors = models.CharField("验收人员", max_length=120)
    accepted_on = models.DateField("验收日期")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="填写人")
    at = models.DateTimeField("填写时间", default=clock.now)

    objects = OfHazardQuerySet.as_manager()

    class Meta:
        verbose_name = "验收"
        verbose_name_plural = verbose_name
        ordering = ["at", "pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["hazard", "round", "attempt", "by"], name="acceptance_once_a_person")
        ]

    def __str__(self) -> str:
        return self.get_conclusion_display()


class PastRound(models.Model):
    """What a round was when the hazard came back: written once on reopening, never changed."""

    hazard = models.ForeignKey(Hazard, models.CASCADE, related_name="past_rounds")
    round = models.PositiveSmallIntegerField("轮次")
    original_due_on = models.DateField("原定时限", null=True)
    due_on = models.DateField("整改时限", null=True)
    issued_at = models.DateTimeField("下达时间", null=True)
    signed_at = models.DateTimeField("签收时间", null=True)
    closed_at = models.DateTimeField("销号时间", null=True)
    measure = models.TextField("整改措施", blank=True)
    acceptance_standard = models.TextField("验收标准", blank=True)
    reopen_reason = models.TextField("复发情况")

    objects = OfHazardQuerySet.as_manager()

    class Meta:
        verbose_name = "以往轮次"
        verbose_name_plural = verbose_name
        ordering = ["round"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["hazard", "round"], name="past_round_once")]

    def __str__(self) -> str:
        return f"第 {self.round} 轮"


class HazardOccasion(models.Model):
    """Where a hazard came from, if it was registered from something else: a check in a coal yard, a complaint; or what
    was linked with it later: several complaints may be about one hazard.

    Which app that belongs to is not known here: `common/occasions.py` finds it again by `kind` and `item_id`. A table
    of its own, since few hazards have one.
    """

    hazard = models.ForeignKey(Hazard, models.CASCADE, related_name="occasions")
    kind = models.CharField(max_length=40)
    item_id = models.BigIntegerField()
    label = models.CharField("来自", max_length=200)

    objects = OfHazardQuerySet.as_manager()

    class Meta:
        verbose_name = "隐患由来"
        verbose_name_plural = verbose_name
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["hazard", "kind", "item_id"], name="occasion_once")]
        indexes = [models.Index(fields=["kind", "item_id"], name="occasion_of_hazards")]

    def __str__(self) -> str:
        return self.label


class Attachment(models.Model):
    """A photo or file. Stored under a random name outside the web root and served through the scope check only."""

    hazard = models.ForeignKey(Hazard, models.CASCADE, related_name="attachments")
    round = models.PositiveSmallIntegerField("轮次")
    stage = models.CharField("阶段", max_length=12, choices=AttachmentStage.choices)
    file = models.FileField(storage=private_storage, max_length=120)
    thumbnail = models.FileField(storage=private_storage, max_length=120, blank=True)
    # What browsers can show of a format they cannot (HEIC): a JPEG of the same picture.
    rendition = models.FileField(storage=private_storage, max_length=120, blank=True)
    original_name = models.CharField("文件名", max_length=200)
    content_type = models.CharField(max_length=100)
    is_photo = models.BooleanField()
    size_bytes = models.PositiveBigIntegerField("大小（字节）")
    sha256 = models.CharField(max_length=64)
    width_px = models.PositiveIntegerField(null=True, blank=True)
    height_px = models.PositiveIntegerField(null=True, blank=True)
    taken_at = models.DateTimeField("拍摄时间", null=True, blank=True)
    latitude = models.DecimalField("纬度", max_digits=9, decimal_places=6, null=True, blank=True, validators=LATITUDE)
    longitude = models.DecimalField("经度", max_digits=9, decimal_places=6, null=True, blank=True, validators=LONGITUDE)
    # The perceptual hash, and its four 16-bit bands by which similar pictures are found through an index.
    phash = models.CharField(max_length=16, blank=True)
    band_0 = models.PositiveIntegerField(null=True, blank=True, db_index=True)
    band_1 = models.PositiveIntegerField(null=True, blank=True, db_index=True)
    band_2 = models.PositiveIntegerField(null=True, blank=True, db_index=True)
    band_3 = models.PositiveIntegerField(null=True, blank=True, db_index=True)
    uploaded_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", verbose_name="上传人")
    uploaded_at = models.DateTimeField("上传时间", default=clock.now)
    entry_id = models.BigIntegerField("所属操作记录", null=True, blank=True, db_index=True)

    objects = OfHazardQuerySet.as_manager()

    class Meta:
        verbose_name = "附件"
        verbose_name_plural = verbose_name
        ordering = ["pk"]
        default_permissions = ()
        indexes = [models.Index(fields=["sha256"], name="attachment_sha256")]

    def __str__(self) -> str:
        return self.original_name
