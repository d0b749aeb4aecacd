"""The inbox: one message per person, matter and step. The row is the delivery, written with its cause.

And the outbox: what a sweep has to tell, until it is looked at once more and lies in an inbox.
"""

from typing import Any

from django.conf import settings
from django.db import models

from accounts.models import User
from common import clock
from common.due import WHOLE_DAY
from common.insert_select import Literal


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: Any) -> "MessageQuerySet":
        return self.filter(recipient=user)

    def unread(self) -> "MessageQuerySet":
        return self.filter(read_at__isnull=True)


class Message(models.Model):
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="messages")
    # What the message is about, so that the same news never reaches a person twice: "sweep:hazard:12:2026-09-30:urge".
    key = models.CharField(max_length=120)
    subject = models.CharField("标题", max_length=200)
    body = models.TextField("内容", blank=True)
    path = models.CharField("链接", max_length=200, blank=True)
    created_at = models.DateTimeField("时间", default=clock.now)
    read_at = models.DateTimeField("已读时间", null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = "消息"
        verbose_name_plural = verbose_name
        ordering = ["-created_at", "-pk"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["recipient", "key"], name="message_once")]
        indexes = [
            models.Index(fields=["recipient", "-created_at", "-id"], name="message_inbox"),
            models.Index(fields=["recipient"], condition=models.Q(read_at__isnull=True), name="message_unread"),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def is_bundle(self) -> bool:
        """Whether it stands for several. One query."""
        return len(self.outgoing.order_by().values("pk")[:2]) > 1


class OutgoingQuerySet(models.QuerySet["Outgoing"]):
    def visible_to(self, user: Any) -> "OutgoingQuerySet":
        """Those to people whom the user sees."""
        return self.filter(recipient__in=User.objects.visible_to(user).order_by().values("pk"))

    def failed(self) -> "OutgoingQuerySet":
        """What was given up."""
        return self.filter(state=OutgoingState.FAILED)

    def dropped(self) -> "OutgoingQuerySet":
        """What was found not to hold when it was looked at once more."""
        return self.filter(state=OutgoingState.DROPPED)

    def waiting(self) -> "OutgoingQuerySet":
        # As the condition of the indexes has it.
        return self.filter(state=Literal(OutgoingState.WAITING.value))

    def due(self, now: Any) -> "OutgoingQuerySet":
        """What may be sent now: waiting, its time come, held by no worker that is still at it."""
        free = models.Q(leased_until__isnull=True) | models.Q(leased_until__lte=now)
        return self.waiting().filter(free, due_at__lte=now)


class OutgoingState(models.TextChoices):
    WAITING = "waiting", "待发"
    SENT = "sent", "已发"
    DROPPED = "dropped", "不再需要"
    FAILED = "failed", "发送失败"


class Outgoing(models.Model):
    """News for one person, written in the transaction of its cause and sent once that is through."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name="收件人", db_index=False
    )  # fmt: skip
    # As of `Message`: the same news is written once, whoever writes it.
    key = models.CharField(max_length=120)
    subject = models.CharField("标题", max_length=200)
    body = models.TextField("内容", blank=True)
    path = models.CharField("链接", max_length=200, blank=True)
    # What it is about, to be looked at again before it is sent: a `Matter`, the item, its deadline and round, the step
    # and which repetition of it.
    matter = models.CharField(max_length=40)
    item_id = models.BigIntegerField()
    due_on = models.DateField()
    # Of a deadline that is a moment the minute of that day; otherwise its last.
    due_minute = models.PositiveSmallIntegerField(db_default=WHOLE_DAY)
    round = models.PositiveSmallIntegerField(db_default=1)
    step = models.CharField(max_length=20)
    repeat = models.PositiveIntegerField(db_default=0)
    # What was found together: much of it for the same person becomes one message.
    bundle = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField("写入时间", default=clock.now)

    state = models.CharField("状态", max_length=8, choices=OutgoingState.choices, default=OutgoingState.WAITING)
    due_at = models.DateTimeField("下次发送", default=clock.now)
    # Which worker has it, and until when nobody else takes it up.
    lease = models.CharField(max_length=16, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    # How often it was taken up without coming to an end, be it that its worker was killed; an error is an end.
    take_ups = models.PositiveSmallIntegerField("未办完次数", default=0, db_default=0)
    # How often sending it went wrong; a worker that was killed does not count.
    attempts = models.PositiveSmallIntegerField("失败次数", default=0)
    last_error = models.CharField("最后一次的错误", max_length=300, blank=True)
    done_at = models.DateTimeField("办结时间", null=True, blank=True)
    message = models.ForeignKey(
        Message, models.SET_NULL, null=True, blank=True, related_name="outgoing", db_index=False
    )  # fmt: skip

    objects = OutgoingQuerySet.as_manager()

    class Meta:
        verbose_name = "待发消息"
        verbose_name_plural = verbose_name
        default_permissions = ()
        permissions = [("manage_outgoing", "重发没有发出的消息")]
        constraints = [models.UniqueConstraint(fields=["recipient", "key"], name="outgoing_once")]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=models.Q(state="waiting"), name="outgoing_due"),
            models.Index(fields=["recipient", "bundle"], condition=models.Q(state="waiting"), name="outgoing_bundle"),
            models.Index(fields=["-done_at"], condition=models.Q(state="failed"), name="outgoing_failed"),
            models.Index(fields=["-done_at"], condition=models.Q(state="dropped"), name="outgoing_dropped"),
            models.Index(fields=["matter", "item_id", "due_on"], name="outgoing_of_item"),
            # Of what waits there is nothing to look up by.
            models.Index(fields=["message"], condition=models.Q(message__isnull=False), name="outgoing_message"),
        ]

    def __str__(self) -> str:
        return self.subject
