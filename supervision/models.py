"""The bureau's policy and calendar, what they have led to so far, and when deadlines were last checked."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from common import clock
from supervision.enums import DaySource, Measure
from supervision.kinds import KINDS

AUDIENCE = ("tells_responsible", "tells_company", "tells_company_head", "tells_bureau", "tells_bureau_leader")
MOST_DAYS = 366
DAYS_EXPECTED = f"天数应在 1 到 {MOST_DAYS} 之间"


class PolicyStep(models.Model):
    """A rung of the ladder: so many days from the deadline, who is told. Rows of a grade replace the general one."""

    kind = models.CharField("事项", max_length=20)
    grade = models.CharField("适用等级", max_length=10, blank=True)  # empty: every grade without a row of its own
    # A step's name in records, messages and figures; it stays when the days are changed.
    code = models.CharField("步骤", max_length=20)
    # Its place on the ladder: of several steps reached at once only the highest is announced.
    level = models.PositiveSmallIntegerField("层级")
    measure = models.CharField("措施", max_length=10, choices=Measure.choices)
    offset_days = models.SmallIntegerField(
        "距时限天数", validators=[MinValueValidator(-MOST_DAYS), MaxValueValidator(MOST_DAYS)]
    )
    tells_responsible = models.BooleanField("责任人", default=False)
    tells_company = models.BooleanField("责任单位人员", default=False)
    tells_company_head = models.BooleanField("责任单位负责人", default=False)
    tells_bureau = models.BooleanField("住建局督办人", default=False)
    tells_bureau_leader = models.BooleanField("住建局负责人", default=False)
    is_active = models.BooleanField("启用", default=True)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "督办规则"
        verbose_name_plural = verbose_name
        ordering = ["kind", "level", "grade"]
        default_permissions = ()
        permissions = [("manage_policy", "修改督办规则")]
        constraints = [
            models.UniqueConstraint(fields=["kind", "grade", "code"], name="policy_step_once"),
            models.CheckConstraint(
                condition=Q(measure=Measure.REMIND, offset_days__lt=0)
                | (~Q(measure=Measure.REMIND) & Q(offset_days__gt=0)),
                name="policy_step_side",
                violation_error_message="提醒在时限之前，其余措施在时限之后",
            ),
        ]

    def __str__(self) -> str:
        grade = f"（{self.grade_label}）" if self.grade else ""
        return f"{self.label} {self.when}{grade}"

    @property
    def label(self) -> str:
        return Measure(self.measure).label

    @property
    def when(self) -> str:
        """到期前 7 天, or 逾期 3 天."""
        return f"到期前 {-self.offset_days} 天" if self.offset_days < 0 else f"逾期 {self.offset_days} 天"

    @property
    def grade_label(self) -> str:
        return str(KINDS[self.kind].grades(self.grade).label) if self.grade else "各等级"  # type: ignore[operator]

    @property
    def audience(self) -> list[str]:
        """The flags that are set."""
        return [name for name in AUDIENCE if getattr(self, name)]

    @property
    def audience_text(self) -> str:
        """责任单位负责人、住建局督办人"""
        return "、".join(str(self._meta.get_field(name).verbose_name) for name in self.audience)  # type: ignore[union-attr]


class CalendarDay(models.Model):
    """A day off or a working day against its weekday. A weekend without a row is off, any other day is worked."""

    day = models.DateField("日期")
    source = models.CharField("依据", max_length=10, choices=DaySource.choices)
    is_workday = models.BooleanField("上班")
    name = models.CharField("名称", max_length=40, blank=True)

    class Meta:
        verbose_name = "工作日历"
        verbose_name_plural = verbose_name
        ordering = ["day", "source"]
        default_permissions = ()
        permissions = [("manage_calendar", "修改工作日历")]
        constraints = [models.UniqueConstraint(fields=["day", "source"], name="calendar_day_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.words}"

    @property
    def words(self) -> str:
        """放假（国庆节）, 上班（国庆节调休）"""
        if not self.is_workday:
            return f"放假（{self.name}）" if self.name else "放假"
        return f"上班（{self.name}{'调休' if self.source == DaySource.STATE else ''}）" if self.name else "上班"


class SweepRun(models.Model):
    """One check of all deadlines. Without `finished_at` it is under way or was killed; `error` says why it failed."""

    started_at = models.DateTimeField("开始时间", default=clock.now)
    finished_at = models.DateTimeField("结束时间", null=True, blank=True)
    as_of = models.DateField("按哪一天检查")
    new = models.JSONField("新达到的步骤", default=dict)  # {kind: {step code: how many}}
    announced = models.PositiveIntegerField("已通知事项数", default=0)
    error = models.TextField("错误", blank=True)

    class Meta:
        verbose_name = "到期检查"
        verbose_name_plural = verbose_name
        default_permissions = ()
        indexes = [models.Index(fields=["-finished_at"], condition=Q(error=""), name="sweep_finished")]

    def __str__(self) -> str:
        return f"{self.as_of} 到期检查"


class EscalationQuerySet(models.QuerySet["Escalation"]):
    def visible_to(self, user: Any) -> "EscalationQuerySet":
        """Those on items that the user sees."""
        seen = Q(pk__in=[])
        for kind in KINDS.values():
            # Looked up one by one: the records are few beside what the user may see.
            seen |= Q(Exists(kind.visible(user).filter(pk=OuterRef("item_id")).order_by()), kind=kind.name)
        return self.filter(seen)

    def standing(self) -> "EscalationQuerySet":
        """What holds now: the highest step of each item that is still under way with the same deadline."""
        held = Q(pk__in=[])
        for kind in KINDS.values():
            same = kind.watched().filter(**{"pk": OuterRef("item_id"), kind.due: OuterRef("due_on")}).order_by()
            held |= Q(Exists(same), kind=kind.name)
        higher = Escalation.objects.filter(
            kind=OuterRef("kind"), item_id=OuterRef("item_id"), due_on=OuterRef("due_on"), level__gt=OuterRef("level")
        )
        return self.filter(held).filter(~Exists(higher.order_by()))


class Escalation(models.Model):
    """An item has reached a step for one deadline: once and never again, by the unique key."""

    kind = models.CharField("事项", max_length=20)
    item_id = models.BigIntegerField()
    due_on = models.DateField("时限")
    step = models.CharField("步骤", max_length=20)
    level = models.PositiveSmallIntegerField("层级")
    reached_at = models.DateTimeField("达到时间")
    # Whether people were told: of what was reached at once, of the highest only.
    announced = models.BooleanField("已通知")
    run = models.ForeignKey(SweepRun, models.PROTECT, related_name="escalations")

    objects = EscalationQuerySet.as_manager()

    class Meta:
        verbose_name = "督办记录"
        verbose_name_plural = verbose_name
        default_permissions = ()
        permissions = [("view_escalation", "查看督办")]
        constraints = [models.UniqueConstraint(fields=["kind", "item_id", "due_on", "step"], name="escalation_once")]
        indexes = [
            models.Index(F("level").desc(), F("due_on"), F("id").desc(), name="escalation_worst"),
            models.Index(fields=["due_on", "id"], name="escalation_due"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.item_id} {self.due_on} {self.step}"
