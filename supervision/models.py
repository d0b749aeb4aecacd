"""The bureau's policies and calendar, what they have led to so far, and when deadlines were last checked."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, TruncDate

from accounts.scoping import sees_region
from common import clock
from common.due import WHOLE_DAY
from supervision.deadlines import deadline_of
from supervision.enums import LEVELS_PER_MEASURE, DaySource, Measure, OffsetUnit, ProposalState, measure_of
from supervision.kinds import KINDS
from supervision.ladder import Deadline

AUDIENCE = (
    "tells_responsible", "tells_company", "tells_company_head", "tells_bureau", "tells_bureau_leader",
    "tells_development", "tells_desk",
)  # fmt: skip
# Of these the people who approve what is only proposed.
BUREAU_AUDIENCE = ("tells_bureau", "tells_bureau_leader")
# Those who are responsible; the others look after them.
COMPANY_AUDIENCE = ("tells_responsible", "tells_company", "tells_company_head")
# What one ladder is climbed for.
DEADLINE = ("kind", "item_id", "due_on", "due_minute", "round")


class Policy(models.Model):
    """The ladder of the items of a grade and an urgency; empty means any. Of those that fit an item the most special
    one in use holds, and it alone: first by grade, then by urgency."""

    kind = models.CharField("事项", max_length=20)
    grade = models.CharField("等级", max_length=10, blank=True)
    urgency = models.CharField("整改类型", max_length=20, blank=True)
    is_active = models.BooleanField("启用", default=True)
    # Its steps are those of this version; those of earlier ones stay.
    version = models.PositiveIntegerField("版本", default=1)

    class Meta:
        verbose_name = "督办规则"
        verbose_name_plural = verbose_name
        ordering = ["kind", "grade", "urgency"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["kind", "grade", "urgency"], name="policy_once")]

    def __str__(self) -> str:
        return f"{KINDS[self.kind].label}（{self.scope}）"

    @property
    def is_general(self) -> bool:
        return not (self.grade or self.urgency)

    @property
    def scope(self) -> str:
        """重大, 立行立改 / 一般、工程改造 / 各等级; 全部 of a kind without grades"""
        kind = KINDS[self.kind]
        names = [str(kind.grades(self.grade).label)] if self.grade and kind.grades else []  # type: ignore[operator]
        if self.urgency and kind.urgencies:
            names.append(str(kind.urgencies(self.urgency).label))  # type: ignore[operator]
        return "、".join(names) or kind.general_scope


class PolicyStep(models.Model):
    """A rung of a ladder: how far from the deadline, who is told, by itself or once it is approved.

    What a step was in an earlier version stays: only rows of the policy's version are in force.
    """

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="steps")
    version = models.PositiveIntegerField("版本", default=1)
    # A step's name in records, messages and figures, which begins with its measure; it stays when the step is changed.
    code = models.CharField("步骤", max_length=20)
    # Its place on the ladder: of several steps reached at once only the highest is announced.
    level = models.PositiveSmallIntegerField("层级")
    measure = models.CharField("措施", max_length=10, choices=Measure.choices)
    # From the deadline; negative before it.
    amount = models.SmallIntegerField("距时限")
    unit = models.CharField("单位", max_length=10, choices=OffsetUnit.choices, default=OffsetUnit.DAYS)
    repeat_every = models.PositiveSmallIntegerField("每隔多久重复", default=0)
    tells_responsible = models.BooleanField("责任人", default=False)
    tells_company = models.BooleanField("责任单位人员", default=False)
    tells_company_head = models.BooleanField("责任单位负责人", default=False)
    tells_bureau = models.BooleanField("住建局督办人", default=False)
    tells_bureau_leader = models.BooleanField("住建局负责人", default=False)
    # Of kinds that are its business too: coal.
    tells_development = models.BooleanField("发改局", default=False, db_default=False)
    # Of complaints.
    tells_desk = models.BooleanField("热线坐席", default=False, db_default=False)
    is_proposed = models.BooleanField("报住建局审批", default=False)
    is_active = models.BooleanField("启用", default=True)

    class Meta:
        verbose_name = "督办步骤"
        verbose_name_plural = verbose_name
        ordering = ["policy", "level"]
        default_permissions = ()
        permissions = [("manage_policy", "修改督办规则")]
        constraints = [
            models.UniqueConstraint(fields=["policy", "version", "code"], name="policy_step_once"),
            models.CheckConstraint(
                condition=Q(measure=Measure.REMIND, amount__lte=0, repeat_every=0)
                | (~Q(measure=Measure.REMIND) & Q(amount__gt=0)),
                name="policy_step_side",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.when}"

    @property
    def label(self) -> str:
        return Measure(self.measure).label

    @property
    def when(self) -> str:
        """到期前 7 天 / 到期当天 / 到期时 / 逾期 3 个工作日"""
        if not self.amount:
            return "到期时" if self.unit == OffsetUnit.HOURS else "到期当天"
        return f"{'到期前' if self.amount < 0 else '逾期'} {abs(self.amount)} {OffsetUnit(self.unit).label}"

    @property
    def repeat_text(self) -> str:
        """此后每 7 天重复; empty for a step that comes once."""
        return f"此后每 {self.repeat_every} {OffsetUnit(self.unit).label}重复" if self.repeat_every else ""

    @property
    def audience(self) -> list[str]:
        """The flags that are set."""
        return [name for name in AUDIENCE if getattr(self, name)]

    @property
    def audience_text(self) -> str:
        """责任单位负责人、住建局督办人"""
        return "、".join(str(self._meta.get_field(name).verbose_name) for name in self.audience)  # type: ignore[union-attr]

    @property
    def summary(self) -> str:
        """逾期 15 天，此后每 7 天重复，通知责任单位人员、住建局督办人，自动发出"""
        parts = [self.when, self.repeat_text, f"通知{self.audience_text or '（无人）'}"]
        parts += ["报住建局审批" if self.is_proposed else "自动发出", "" if self.is_active else "停用"]
        return "，".join(filter(None, parts))


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


class SweepRunQuerySet(models.QuerySet["SweepRun"]):
    def that_count(self) -> "SweepRunQuerySet":
        """Those that came to their end without an error and checked the day on which they ran, or a later one: that
        somebody looked at an earlier day, or moment, by hand does not mean that deadlines are watched."""
        of_the_time = Q(as_of_moment__isnull=True) | Q(as_of_moment__gte=F("started_at"))
        return self.filter(of_the_time, error="", finished_at__isnull=False, as_of__gte=TruncDate("started_at"))


class SweepRun(models.Model):
    """One check of all deadlines. Without `finished_at` it is under way or was killed; `error` says why it failed."""

    started_at = models.DateTimeField("开始时间", default=clock.now)
    finished_at = models.DateTimeField("结束时间", null=True, blank=True)
    as_of = models.DateField("按哪一天检查")
    # If a moment was asked for.
    as_of_moment = models.DateTimeField("按哪一刻检查", null=True, blank=True)
    new = models.JSONField("新达到的步骤", default=dict)  # {kind: {step code: how many}}
    announced = models.PositiveIntegerField("已通知事项数", default=0)
    error = models.TextField("错误", blank=True)

    objects = SweepRunQuerySet.as_manager()

    class Meta:
        verbose_name = "到期检查"
        verbose_name_plural = verbose_name
        default_permissions = ()
        indexes = [models.Index(fields=["-finished_at"], condition=Q(error=""), name="sweep_finished")]

    def __str__(self) -> str:
        return f"{self.as_of} 到期检查"


def _on_items_seen_by(user: Any) -> Q:
    seen = Q(pk__in=[])
    for kind in KINDS.values():
        # Looked up one by one: the records are few beside what the user may see.
        seen |= Q(Exists(kind.visible(user).filter(pk=OuterRef("item_id")).order_by()), kind=kind.name)
    return seen


def _its_proposal() -> "ProposalQuerySet":
    """Of a record (the outer query) the proposal about it."""
    return Proposal.objects.filter(**{name: OuterRef(name) for name in (*DEADLINE, "step", "repeat")}).order_by()


class EscalationQuerySet(models.QuerySet["Escalation"]):
    def visible_to(self, user: Any) -> "EscalationQuerySet":
        """Those on items that the user sees, as far as they are `open_to` the user."""
        return self.filter(_on_items_seen_by(user)).open_to(user)

    def open_to(self, user: Any) -> "EscalationQuerySet":
        """For who is supervised without what the bureau has not approved: undecided, held or declined."""
        if sees_region(user):
            return self
        return self.filter(~Exists(_its_proposal().exclude(state=ProposalState.APPROVED)))

    def of_measure(self, measure: Measure) -> "EscalationQuerySet":
        first = measure.first_level
        return self.filter(level__gte=first, level__lt=first + LEVELS_PER_MEASURE)

    def standing(self, among: "EscalationQuerySet | None" = None) -> "EscalationQuerySet":
        """What holds now: the highest step of each item that is still under way with the same deadline. `among`: as in
        `highest`."""
        held = Q(pk__in=[])
        for kind in KINDS.values():
            same = kind.watched().filter(**kind.same_deadline).order_by()
            held |= Q(Exists(same), kind=kind.name)
        return self.filter(held).highest(among)

    def with_proposals(self) -> "EscalationQuerySet":
        """Each with `proposal_state` (None without one), `held_until`, and whether the proposal `is_waiting`: open, and
        still needed, the items' ladders apart; of those only that the step is on one in use."""
        one = _its_proposal()
        mine = Q(pk__in=[])
        for kind in KINDS.values():
            items = kind.watched().annotate(responsible=Coalesce(kind.unit, Value(0)))
            same = items.filter(**kind.same_deadline, responsible=OuterRef("unit_id")).order_by()
            mine |= Q(Exists(same), kind=kind.name)
        severer = Proposal.objects.filter(
            Q(level__gt=OuterRef("level")) & ~Q(state=ProposalState.DECLINED)
            | Q(step=OuterRef("step"), repeat__gt=OuterRef("repeat")),
            **{name: OuterRef(name) for name in DEADLINE},
        )
        steps = PolicyStep.objects.filter(
            policy__kind=OuterRef("kind"), policy__is_active=True, version=F("policy__version"), code=OuterRef("step"),
            is_active=True,
        )  # fmt: skip
        waiting = one.filter(mine, Exists(steps.order_by()), ~Exists(severer.order_by()), state=ProposalState.OPEN)
        return self.annotate(
            proposal_state=Subquery(one.values("state")),
            held_until=Subquery(one.values("held_until")),
            is_waiting=Exists(waiting),
        )

    def highest(self, among: "EscalationQuerySet | None" = None) -> "EscalationQuerySet":
        """The severest step of each deadline of an item, and the latest repetition of it. `among`: the
        records that count, all if it is not given."""
        records = Escalation.objects.all() if among is None else among
        higher = records.filter(
            Q(level__gt=OuterRef("level")) | Q(level=OuterRef("level"), repeat__gt=OuterRef("repeat")),
            **{name: OuterRef(name) for name in DEADLINE},
        )
        return self.filter(~Exists(higher.order_by()))


class Escalation(models.Model):
    """An item has reached a step, or its n-th repetition, for one deadline of a round: once and never again, by the
    unique key."""

    kind = models.CharField("事项", max_length=20)
    item_id = models.BigIntegerField()
    due_on = models.DateField("时限")
    due_minute = models.PositiveSmallIntegerField("时限时刻", db_default=WHOLE_DAY)
    round = models.PositiveSmallIntegerField("轮次", db_default=1)
    step = models.CharField("步骤", max_length=20)
    level = models.PositiveSmallIntegerField("层级")
    repeat = models.PositiveIntegerField("第几次重复", db_default=0)
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
        constraints = [models.UniqueConstraint(fields=[*DEADLINE, "step", "repeat"], name="escalation_once")]
        indexes = [
            models.Index(F("level").desc(), "due_on", "due_minute", F("id").desc(), name="escalation_worst"),
            models.Index(fields=["due_on", "due_minute", "id"], name="escalation_due"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.item_id} {self.deadline} {self.step} {self.repeat}"

    @property
    def deadline(self) -> Deadline:
        return deadline_of(self.due_on, self.due_minute)


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def visible_to(self, user: Any) -> "ProposalQuerySet":
        """Those on items that the user sees."""
        return self.filter(_on_items_seen_by(user))

    def of_measure(self, measure: Measure) -> "ProposalQuerySet":
        first = measure.first_level
        return self.filter(level__gte=first, level__lt=first + LEVELS_PER_MEASURE)


class Proposal(models.Model):
    """An item has reached a step that an officer of the bureau decides about: approved, its people are told.

    One for a record that is announced, by the same unique key. Whether it is still needed is computed (`proposals.py`).
    """

    kind = models.CharField("事项", max_length=20)
    item_id = models.BigIntegerField()
    due_on = models.DateField("时限")
    due_minute = models.PositiveSmallIntegerField("时限时刻", db_default=WHOLE_DAY)
    round = models.PositiveSmallIntegerField("轮次", db_default=1)
    step = models.CharField("步骤", max_length=20)
    level = models.PositiveSmallIntegerField("层级")
    repeat = models.PositiveIntegerField("第几次重复", db_default=0)
    # Who was responsible then: nobody else is to be told of it.
    unit_id = models.BigIntegerField("责任单位", default=0)
    proposed_at = models.DateTimeField("报审批时间")
    state = models.CharField("状态", max_length=8, choices=ProposalState.choices, default=ProposalState.OPEN)
    # Open, and not to be looked at before that day.
    held_until = models.DateField("暂缓到", null=True, blank=True)
    reason = models.CharField("理由", max_length=300, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="办理人"
    )
    decided_at = models.DateTimeField("办理时间", null=True, blank=True)
    version = models.PositiveIntegerField(default=0)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = "督办审批"
        verbose_name_plural = verbose_name
        default_permissions = ()
        permissions = [("decide_proposal", "审批督办")]
        constraints = [models.UniqueConstraint(fields=[*DEADLINE, "step", "repeat"], name="proposal_once")]
        indexes = [
            models.Index(F("level").desc(), "due_on", "due_minute", F("id").desc(), name="proposal_worst"),
            models.Index(fields=["level", "due_on"], condition=Q(state="open"), name="proposal_open"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.item_id} {self.deadline} {self.step} {self.repeat}"

    @property
    def deadline(self) -> Deadline:
        return deadline_of(self.due_on, self.due_minute)

    @property
    def label(self) -> str:
        """督办单 / 通报（第 2 次重复）"""
        label = measure_of(self.step).label
        return f"{label}（第 {self.repeat} 次重复）" if self.repeat else label
