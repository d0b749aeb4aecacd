"""The work order of a complaint. Its status is written by complaints/workflow.py only."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Region, Unit
from common import clock
from common.search_terms import TermsField
from complaints.enums import (
    AT_DESK_STATUSES,
    OPEN_STATUSES,
    UNDER_WAY_STATUSES,
    Category,
    Cause,
    OrderStatus,
    Platform,
    Source,
    Urgency,
)
from complaints.masking import masked_text
from complaints.querysets import OrderQuerySet
from facilities.models import Community, Season

USER = settings.AUTH_USER_MODEL
# Whose ladder an order is on, and what is written down of it: found in the index alone.
SWEPT = ("urgency", "category", "round", "watched_since", "id")


def listed(*fields: str, name: str) -> models.Index:
    """An index in the list's order for one value of the field; the status behind it, for the tabs' counts."""
    return models.Index(fields=["county", "season", *fields, "received_at", "id", "status"], name=name)


class Order(models.Model):
    """`company`: who was asked to see to it; before it is dispatched, who is likely to be. `round` counts how often it
    was handed out to be done; the limits of a round run from its dispatch, and bouncing does not stop them."""

    # where it stands
    county = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="县（市、区）", db_index=False)
    season = models.ForeignKey(Season, models.PROTECT, related_name="orders", verbose_name="采暖季", db_index=False)
    sequence = models.PositiveIntegerField("序号")
    number = models.CharField("编号", max_length=20)
    status = models.CharField("状态", max_length=12, choices=OrderStatus.choices, default=OrderStatus.NEW)
    status_since = models.DateTimeField("进入当前状态的时间", default=clock.now)
    version = models.PositiveIntegerField(default=0)
    round = models.PositiveSmallIntegerField("轮次", default=1)

    # who says what
    source = models.CharField("来源", max_length=20, choices=Source.choices, default=Source.HOTLINE)
    platform = models.CharField("平台", max_length=10, choices=Platform.choices, default=Platform.COUNTY)
    outside_number = models.CharField("来源工单号", max_length=60, blank=True)
    received_at = models.DateTimeField("受理时间")
    caller = models.CharField("诉求人", max_length=60, blank=True)
    phone = models.CharField("联系电话", max_length=40, blank=True)
    # Its digits read backwards: whoever knows the last ones finds it through an index.
    phone_reversed = models.CharField(max_length=40, blank=True, editable=False)
    category = models.CharField("诉求类别", max_length=20, choices=Category.choices)
    urgency = models.CharField("紧急程度", max_length=10, choices=Urgency.choices, default=Urgency.ORDINARY)
    content = models.TextField("诉求内容")
    stated_temperature_c = models.DecimalField(
        "反映室温（℃）", max_digits=4, decimal_places=1, null=True, blank=True
    )  # fmt: skip

    # where
    address = models.CharField("地址", max_length=200, blank=True)
    township = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="乡镇、街道"
    )
    community = models.ForeignKey(
        Community, models.PROTECT, null=True, blank=True, related_name="orders", verbose_name="小区"
    )
    building = models.CharField("楼号", max_length=20, blank=True)
    building_unit = models.CharField("单元", max_length=20, blank=True)
    room = models.CharField("房号", max_length=20, blank=True)
    # The household as one word, empty while community or room is not known: by it repeats are found.
    household = models.CharField(max_length=80, blank=True, editable=False)

    # who sees to it, by when
    company = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="orders", verbose_name="承办企业"
    )
    dispatch_due_at = models.DateTimeField("派单时限", null=True, blank=True)
    dispatched_at = models.DateTimeField("派单时间", null=True, blank=True)
    signed_at = models.DateTimeField("签收时间", null=True, blank=True)
    contacted_at = models.DateTimeField("首次联系时间", null=True, blank=True)
    visited_at = models.DateTimeField("首次到场时间", null=True, blank=True)
    reported_at = models.DateTimeField("反馈时间", null=True, blank=True)
    closed_at = models.DateTimeField("办结时间", null=True, blank=True)
    withdrawn_at = models.DateTimeField("撤件时间", null=True, blank=True)
    visit_due_at = models.DateTimeField("到场时限", null=True, blank=True)
    due_at = models.DateTimeField("办理时限", null=True, blank=True)
    original_due_at = models.DateTimeField("原办理时限", null=True, blank=True)
    callback_due_at = models.DateTimeField("回访时限", null=True, blank=True)
    # The moment from which its limits count as watched; None: what was past by then is to be told as well.
    watched_since = models.DateTimeField("督办起算时间", null=True, blank=True)
    first_overdue_at = models.DateTimeField("首次逾期时间", null=True, blank=True)

    # what came of it
    cause = models.CharField("责任归因", max_length=10, choices=Cause.choices, blank=True)
    result = models.TextField("办理结果", blank=True)
    measured_temperature_c = models.DecimalField(
        "实测室温（℃）", max_digits=4, decimal_places=1, null=True, blank=True
    )  # fmt: skip
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", verbose_name="并入工单"
    )

    registered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", verbose_name="登记人")
    registered_at = models.DateTimeField("登记时间", default=clock.now)
    # What the export that this came from said (file, row, raw cells), kept as it was read.
    origin = models.JSONField("来源台账", default=dict, blank=True)
    search_terms = TermsField(default="", editable=False)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = "投诉工单"
        verbose_name_plural = verbose_name
        default_permissions = ()
        permissions = [
            ("view_order", "查看投诉"),
            ("register_order", "登记投诉"),
            ("dispatch_order", "受理、派单、并单、作无效处理"),
            ("handle_order", "签收、办理、反馈、申请延期"),
            ("call_back_order", "回访、办结、重办"),
            ("decide_order_extension", "审批投诉延期"),
            ("view_caller", "查看诉求人姓名和电话"),
            ("import_orders", "导入投诉工单"),
            ("export_orders", "导出投诉台账"),
            ("export_callers", "导出诉求人姓名和电话"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["season", "sequence"], name="order_sequence"),
            models.UniqueConstraint(fields=["county", "number"], name="order_number"),
            models.UniqueConstraint(
                fields=["county", "source", "outside_number"],
                condition=~Q(outside_number=""),
                name="order_outside_number_once",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=UNDER_WAY_STATUSES) | Q(company__isnull=False, dispatched_at__isnull=False),
                name="order_dispatched_to_somebody",
            ),
            models.CheckConstraint(
                condition=Q(status=OrderStatus.MERGED, merged_into__isnull=False)
                | (~Q(status=OrderStatus.MERGED) & Q(merged_into__isnull=True)),
                name="order_merged_names_another",
            ),
        ]
        indexes = [
            listed(name="order_list"),
            models.Index(fields=["county", "season", "status", "received_at", "id"], name="order_status"),
            listed("company", name="order_company"),
            listed("category", name="order_category"),
            listed("community", name="order_community"),
            listed("township", name="order_township"),
            listed("source", name="order_source"),
            models.Index(fields=["county", "season", "due_at", "id"], name="order_due"),
            # What is rare or few is not looked for down the whole list.
            models.Index(
                fields=["county", "season", "urgency", "received_at", "id"],
                condition=Q(urgency__in=[Urgency.URGENT, Urgency.DANGER]),
                name="order_urgent",
            ),
            models.Index(
                fields=["company", "status", "received_at", "id"],
                condition=Q(status__in=OPEN_STATUSES),
                name="order_open_of_company",
            ),
            models.Index(fields=["household", "received_at"], condition=~Q(household=""), name="order_household"),
            models.Index(fields=["phone_reversed", "received_at"], condition=~Q(phone_reversed=""), name="order_phone"),
            # The check for clusters counts off each community's last orders in the index alone.
            models.Index(fields=["community", "received_at", "status", "category"], name="order_of_community"),
            # Everything that a period's figures are counted from: they are read from the index alone.
            models.Index(
                fields=[
                    "county",
                    "received_at",
                    "company",
                    "status",
                    "category",
                    "cause",
                    "platform",
                    "township",
                    "community",
                    "withdrawn_at",
                    "dispatched_at",
                    "due_at",
                    "reported_at",
                    "first_overdue_at",
                    "closed_at",
                    "household",
                    "phone_reversed",
                    "id",
                ],
                name="order_figures",
            ),
            models.Index(
                fields=["county", "withdrawn_at"], condition=Q(withdrawn_at__isnull=False), name="order_withdrawn"
            ),
            # The overview counts a week's in the index alone.
            models.Index(
                fields=["county", "closed_at", "season", "received_at", "status"],
                condition=Q(closed_at__isnull=False),
                name="order_closed",
            ),
            models.Index(
                fields=["dispatch_due_at"],
                condition=Q(status__in=AT_DESK_STATUSES, dispatched_at__isnull=True),
                name="order_dispatch_sweep",
            ),
            # What the sweep watches: limits of what is not done yet, with all that it asks of an order.
            models.Index(
                fields=["due_at", *SWEPT],
                condition=Q(status__in=OPEN_STATUSES, reported_at__isnull=True),
                name="order_handling_sweep",
            ),
            models.Index(
                fields=["visit_due_at", *SWEPT],
                condition=Q(status__in=OPEN_STATUSES, visited_at__isnull=True, reported_at__isnull=True),
                name="order_visit_sweep",
            ),
            models.Index(
                fields=["callback_due_at", *SWEPT],
                condition=Q(status=OrderStatus.REPORTED),
                name="order_callback_sweep",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.address or self.get_category_display()}"

    def get_absolute_url(self) -> str:
        return f"/complaints/{self.pk}/"

    @property
    def state(self) -> OrderStatus:
        return OrderStatus(self.status)

    @property
    def masked_content(self) -> str:
        return masked_text(self.content, self.caller)

    @property
    def urgency_colour(self) -> str:
        return Urgency(self.urgency).colour

    @property
    def is_reported(self) -> bool:
        """Waits to be called back about."""
        return self.status == OrderStatus.REPORTED

    def is_overdue(self, now: dt.datetime) -> bool:
        """Dispatched, not reported in this round, and past its limit: at the limit it is overdue."""
        running = self.state.is_open and self.reported_at is None
        return running and self.due_at is not None and self.due_at <= now


class OfOrderQuerySet(models.QuerySet[Any]):
    """For what belongs to an order: seen by whoever sees the order."""

    def visible_to(self, user: Any) -> "OfOrderQuerySet":
        return self.filter(order__in=Order.objects.visible_to(user))


class OrderCounter(models.Model):
    """The last number given out in a season; counted up by one conditional UPDATE per registration."""

    season = models.OneToOneField(Season, models.CASCADE, related_name="+", primary_key=True)
    last_sequence = models.PositiveIntegerField("已用序号", default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.season} {self.last_sequence}"
