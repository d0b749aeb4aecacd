"""Coal yards, what moves in and out of them, and the stock of every day."""

import uuid
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.models import Region, Unit, User
from accounts.scoping import in_region, sees_region
from coal.enums import INFLOWS, MovementKind
from common import clock


def of_user(user: Any, *, county: str = "county", company: str = "company") -> Q:
    """Rows of the region for bureaus and leaders, of their own company for everybody else, none without a unit."""
    if sees_region(user) or not user.unit_id:
        return in_region(user, county=county)
    return Q(**{f"{company}_id": user.unit_id})


class YardQuerySet(models.QuerySet["Yard"]):
    def visible_to(self, user: Any) -> "YardQuerySet":
        return self.filter(of_user(user))


class Yard(models.Model):
    """A place where one company keeps coal: in its works, by the railway, at a port."""

    county = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="县（市、区）")
    company = models.ForeignKey(Unit, models.PROTECT, related_name="yards", verbose_name="供热企业")
    name = models.CharField("煤场名称", max_length=60)
    place = models.CharField("位置", max_length=120, blank=True)
    capacity_t = models.DecimalField(
        "设计库容（t）", max_digits=12, decimal_places=2, validators=[MinValueValidator(Decimal(1))]
    )
    is_covered = models.BooleanField("封闭煤场", default=False)
    is_active = models.BooleanField("在用", default=True)

    objects = YardQuerySet.as_manager()

    class Meta:
        verbose_name = "煤场"
        verbose_name_plural = verbose_name
        ordering = ["name", "pk"]
        default_permissions = ()
        permissions = [("view_coal", "查看煤炭储备"), ("manage_yards", "管理煤场")]
        constraints = [
            models.UniqueConstraint(fields=["company", "name"], name="yard_name_in_company"),
            models.CheckConstraint(condition=Q(capacity_t__gt=0), name="yard_capacity_is_positive"),
        ]

    def __str__(self) -> str:
        return self.name


class MovementQuerySet(models.QuerySet["Movement"]):
    def visible_to(self, user: Any) -> "MovementQuerySet":
        return self.filter(yard__in=Yard.objects.visible_to(user))

    def with_reversed(self) -> "MovementQuerySet":
        """Each with `is_reversed`: a step into the index of the few that reverse something."""
        return self.annotate(
            is_reversed=Exists(Movement.objects.filter(reverses=OuterRef("pk"), reverses__isnull=False))
        )

    def reversed_among(self, keys: Iterable[int]) -> set[int]:
        """Which of these movements are reversed. One query.

        A join would read the whole table where a planner takes the many that reverse nothing for one value.
        """
        return set(self.filter(reverses__in=list(keys)).values_list("reverses", flat=True))


class Movement(models.Model):
    """One line of a yard's book. The database refuses to change or delete it: a mistake is undone by a reversal.

    `quantity_t` is never negative, its kind says which way it goes; that of a count is what was found. A reversal has
    the yard, the day and the quantity of what it reverses. The two halves of a transfer are entered together.
    """

    yard = models.ForeignKey(Yard, models.PROTECT, related_name="movements", verbose_name="煤场")
    day = models.DateField("日期")
    kind = models.CharField("类别", max_length=12, choices=MovementKind.choices)
    quantity_t = models.DecimalField("数量（t）", max_digits=12, decimal_places=2)
    # Of what came in: where from, how, and what it is worth. An empty heat value is one that nobody has told.
    heat_value_mj_per_kg = models.DecimalField(
        "收到基低位热值（MJ/kg）", max_digits=6, decimal_places=3, null=True, blank=True
    )
    contract = models.CharField("合同", max_length=60, blank=True)
    transport = models.CharField("运输方式、车号", max_length=60, blank=True)
    batch = models.CharField("质量批次", max_length=40, blank=True)
    unit_price_yuan_per_t = models.DecimalField("单价（元/t）", max_digits=8, decimal_places=2, null=True, blank=True)
    # Since when the coal has lain in a yard: older than the day for coal that came from another yard.
    stored_since = models.DateField("入场日期", null=True, blank=True)
    transfer_out = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="transfer_in", verbose_name="调出记录"
    )
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversal", verbose_name="冲正的记录"
    )
    note = models.CharField("说明", max_length=200, blank=True)
    # Given out with the form: what is sent twice is entered once.
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    entered_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    entered_at = models.DateTimeField("登记时间", default=clock.now)

    objects = MovementQuerySet.as_manager()

    class Meta:
        verbose_name = "煤炭流水"
        verbose_name_plural = verbose_name
        ordering = ["-day", "-pk"]
        default_permissions = ()
        permissions = [("record_movement", "登记煤炭到货、耗用、盘点、调拨和损耗")]
        indexes = [
            models.Index(fields=["yard", "day", "id"], name="movement_of_yard"),
            models.Index(fields=["yard", "kind", "day", "id"], name="movement_by_kind"),
            models.Index(
                fields=["yard", "day"],
                condition=Q(kind=MovementKind.ARRIVAL, heat_value_mj_per_kg__isnull=True),
                name="movement_untold_heat",
            ),
            models.Index(fields=["reverses"], condition=Q(reverses__isnull=False), name="movement_reversals"),
            # The whole book of several yards, newest first; what carries a contract's or a batch's number.
            models.Index(fields=["day", "id"], name="movement_by_day"),
            models.Index(fields=["yard", "contract"], condition=Q(kind="arrival"), name="movement_of_contract"),
            models.Index(fields=["yard", "batch"], condition=Q(kind__in=INFLOWS), name="movement_of_batch"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(quantity_t__gte=0), name="movement_is_not_negative"),
            models.CheckConstraint(
                condition=Q(kind=MovementKind.REVERSAL, reverses__isnull=False)
                | (~Q(kind=MovementKind.REVERSAL) & Q(reverses__isnull=True)),
                name="movement_reversal_names_another",
            ),
            models.CheckConstraint(
                condition=Q(kind=MovementKind.TRANSFER_IN) | Q(transfer_out__isnull=True),
                name="movement_transfer_in_has_its_out",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.yard} {self.day} {self.get_kind_display()} {self.quantity_t} t"

    @property
    def holds(self) -> bool:
        """Neither a reversal nor reversed. One query."""
        return self.kind != MovementKind.REVERSAL and not Movement.objects.reversed_among([self.pk])


class StockDay(models.Model):
    """What one day did to one yard, and the stock at its close. Only days on which something was entered have a row.

    The stock of any day is the row of the last day up to it: one step into the index (yard, day), however long the
    history. `coal.balances` is the only writer; it carries a movement into its own day and those after it, up to the
    next count, so that one more movement costs as many rows as there are days behind it, not movements.

    `received_t` and `received_gj` are running sums of all that ever came in. Coal leaves in the order in which it came,
    so what lies there is the last `close_t` of it: the oldest of it came on the first day whose `received_t` exceeds
    received − stock, again one step into an index, and its heat is a difference of two running sums.
    """

    yard = models.ForeignKey(Yard, models.PROTECT, related_name="days")
    day = models.DateField("日期")
    arrived_t = models.DecimalField("到货（t）", max_digits=12, decimal_places=2, default=0)
    transferred_in_t = models.DecimalField("调拨入（t）", max_digits=12, decimal_places=2, default=0)
    used_t = models.DecimalField("耗用（t）", max_digits=12, decimal_places=2, default=0)
    lost_t = models.DecimalField("损耗（t）", max_digits=12, decimal_places=2, default=0)
    transferred_out_t = models.DecimalField("调拨出（t）", max_digits=12, decimal_places=2, default=0)
    counted_t = models.DecimalField("盘点（t）", max_digits=12, decimal_places=2, null=True)
    # Whether the book was opened with this day's count: nothing was in it before when it was entered. Stays, whatever
    # is back-dated before it later, and if the count is reversed and entered anew.
    opens = models.BooleanField("开账", default=False)
    close_t = models.DecimalField("库存（t）", max_digits=14, decimal_places=2, default=0)
    came_gj = models.DecimalField("当日入场热量（GJ）", max_digits=16, decimal_places=2, default=0)
    received_t = models.DecimalField("累计入场（t）", max_digits=16, decimal_places=2, default=0)
    received_gj = models.DecimalField("累计入场热量（GJ）", max_digits=18, decimal_places=2, default=0)

    class Meta:
        verbose_name = "煤场日库存"
        verbose_name_plural = verbose_name
        ordering = ["yard", "day"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["yard", "day"], condition=Q(counted_t__isnull=False), name="stock_day_counts"),
            models.Index(fields=["yard", "received_t", "day"], name="stock_day_received"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["yard", "day"], name="stock_day_once"),
            # The last word, whatever the services overlook.
            models.CheckConstraint(condition=Q(close_t__gte=0), name="stock_day_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.yard} {self.day} {self.close_t} t"

    @property
    def came_t(self) -> Decimal:
        return self.arrived_t + self.transferred_in_t

    @property
    def net_t(self) -> Decimal:
        """What the day's movements alone add to the stock."""
        return self.came_t - self.used_t - self.lost_t - self.transferred_out_t


class ArrivalDay(models.Model):
    """What arrived in one yard on one day under one contract and of one batch, reversed arrivals taken off.

    Numbers are as the arrivals carry them, empty where they carry none. A row exists where something holds.
    `coal.arrivals` is the only writer, while the yard is held, so that its sums are those of the book.
    """

    yard = models.ForeignKey(Yard, models.PROTECT, related_name="+")
    day = models.DateField("日期")
    contract = models.CharField("合同", max_length=60, blank=True)
    batch = models.CharField("质量批次", max_length=40, blank=True)
    loads = models.PositiveIntegerField("车数", default=0)
    quantity_t = models.DecimalField("到货（t）", max_digits=14, decimal_places=2, default=0)
    # Of what was entered with a price; with all digits of quantity × price.
    priced_t = models.DecimalField("有单价的（t）", max_digits=14, decimal_places=2, default=0)
    value_yuan = models.DecimalField("金额（元）", max_digits=20, decimal_places=4, default=0)

    class Meta:
        verbose_name = "煤场日到货"
        verbose_name_plural = verbose_name
        ordering = ["yard", "day"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["yard", "contract", "batch"], name="arrival_day_of_contract"),
            models.Index(fields=["yard", "batch"], name="arrival_day_of_batch"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["yard", "day", "contract", "batch"], name="arrival_day_once"),
            models.CheckConstraint(
                condition=Q(loads__gt=0, quantity_t__gte=0, priced_t__gte=0, value_yuan__gte=0),
                name="arrival_day_is_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.yard} {self.day} {self.quantity_t} t"
