"""The lists of the coal pages."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.urls import reverse

from coal.enums import HeatSource, MovementKind
from coal.heat_values import HeatValue
from coal.models import DailyReport, Movement, Yard
from common.columns import group_digits
from common.tables import (
    DateColumn,
    LedgerColumn,
    LedgerTable,
    LinkColumn,
    NumberColumn,
    StatusColumn,
    TextColumn,
    YesNoColumn,
)


class YardTable(LedgerTable):
    table_name = "yards"
    card = ("name", "company", "stock_t", "mean_days", "coldest_days", "fill")
    default_order = ("name",)

    name = LinkColumn(verbose_name="煤场")
    company = LedgerColumn(
        verbose_name="供热企业", accessor="company__label", order_by="company__name", select=("company",)
    )
    # From the rows' `stock`, which the page reads for all of them at once.
    stock_t = NumberColumn(verbose_name="库存", unit="t", places=2, accessor="stock__stock_t", orderable=False)
    stock_tce = NumberColumn(verbose_name="折标煤", unit="tce", places=2, accessor="stock__tce", orderable=False)
    # From the rows' `cover`: how long this yard alone would feed all of the company's boilers.
    mean_days = NumberColumn(
        verbose_name="可用（平均日）", unit="天", places=1, accessor="cover__mean_days", orderable=False
    )
    coldest_days = NumberColumn(
        verbose_name="可用（极寒日）", unit="天", places=1, accessor="cover__coldest_days", orderable=False
    )
    oldest_on = DateColumn(verbose_name="最早一批入场", accessor="stock__oldest_on", orderable=False)
    fill = LedgerColumn(verbose_name="占库容", accessor="stock__stock_t", orderable=False)
    capacity_t = NumberColumn(verbose_name="设计库容", unit="t")
    is_covered = YesNoColumn(verbose_name="形式", words=("封闭", "露天"))
    place = LedgerColumn(verbose_name="位置", orderable=False)
    is_active = YesNoColumn(verbose_name="状态", words=("在用", "停用"))

    def row_url(self, record: Any) -> str:
        return reverse("coal:yard_detail", args=[record.pk])

    def row_class(self, record: Any) -> str:
        return "" if record.is_active else "row-off"

    def render_mean_days(self, record: Any, value: Decimal | None) -> str:
        """Beside it of how many of the last days nobody has said what was used."""
        missing = record.cover.need.missing_days
        if value is None:
            return "—"
        return f"{value:.1f}" + (f"（缺 {missing} 天耗用）" if missing else "")

    def render_oldest_on(self, record: Any, value: dt.date | None) -> str:
        """Of coal that was there when the book was opened it is known only that it is not younger."""
        if value is None:
            return "—"
        return f"{value.isoformat()}{'以前' if record.stock.older_t else ''}"

    def render_fill(self, record: Any) -> str:
        """How full the yard is; one that holds more than it is built for says so."""
        percent = record.stock.stock_t * 100 / record.capacity_t
        return f"{percent:.0f}%" + ("，超库容" if percent > 100 else "")

    class Meta(LedgerTable.Meta):
        model = Yard
        fields = ()


class MovementTable(LedgerTable):
    """Of rows with `is_reversed` (`Movement.objects.with_reversed`)."""

    table_name = "coal_movements"
    card = ("day", "kind", "quantity_t", "close_t", "state")
    default_columns: ClassVar[tuple[str, ...]] = (
        "day", "kind", "quantity_t", "close_t", "source", "heat_value_mj_per_kg", "note", "state",
    )  # fmt: skip
    default_order = ("-day", "-pk")

    day = LinkColumn(verbose_name="日期")
    kind = StatusColumn(verbose_name="类别", enum=MovementKind, orderable=False)
    quantity_t = NumberColumn(verbose_name="数量", unit="t", places=2, orderable=False)
    # From `closing`, which the page reads for the days that it shows.
    close_t = NumberColumn(verbose_name="当日库存", unit="t", accessor="day", orderable=False)
    source = LedgerColumn(verbose_name="合同、运输、批次", accessor="contract", orderable=False)
    heat_value_mj_per_kg = NumberColumn(verbose_name="热值", unit="MJ/kg", places=3, orderable=False)
    unit_price_yuan_per_t = NumberColumn(verbose_name="单价", unit="元/t", places=2, orderable=False)
    note = LedgerColumn(verbose_name="说明", orderable=False)
    entered_by = LedgerColumn(verbose_name="登记人", orderable=False, select=("entered_by",))
    entered_at = DateColumn(verbose_name="登记时间", time=True, orderable=False)
    state = LedgerColumn(verbose_name="状态", accessor="pk", orderable=False, select=("reverses",))

    closing: Mapping[dt.date, Decimal] = {}
    # What the heat of the shown movements that brought coal is reckoned with.
    counted: Mapping[int, HeatValue] = {}

    def row_url(self, record: Any) -> str:
        return reverse("coal:movement_detail", args=[record.pk])

    def row_class(self, record: Any) -> str:
        return "row-off" if record.kind == MovementKind.REVERSAL or record.is_reversed else ""

    def render_quantity_t(self, record: Any) -> str:
        """+ for what comes, − for what goes; a count is what was found."""
        return signed(record)

    def render_close_t(self, value: Any) -> str:
        return group_digits(self.closing[value], 2) if value in self.closing else ""

    def render_heat_value_mj_per_kg(self, record: Any) -> str:
        return heat_in_words(self.counted.get(record.pk))

    def render_source(self, record: Any) -> str:
        return "，".join(filter(None, (record.contract, record.transport, record.batch and f"批次 {record.batch}")))

    def render_state(self, record: Any) -> str:
        if record.kind == MovementKind.REVERSAL:
            reversed_ = record.reverses
            return f"冲正 {reversed_.day} {reversed_.get_kind_display()}"
        return "已冲正" if record.is_reversed else ""

    class Meta(LedgerTable.Meta):
        model = Movement
        fields = ()


class ReportTable(LedgerTable):
    table_name = "coal_reports"
    card = ("day", "used_t", "stock_yard_t", "low_c", "revision")
    default_order = ("-day",)

    day = LinkColumn(verbose_name="日期")
    arrived_t = NumberColumn(verbose_name="到货", unit="t", places=2, orderable=False)
    used_t = NumberColumn(verbose_name="耗用", unit="t", places=2, orderable=False)
    stock_yard_t = NumberColumn(verbose_name="场存", unit="t", places=2, orderable=False)
    stock_port_t = NumberColumn(verbose_name="港存", unit="t", places=2, orderable=False)
    stock_transit_t = NumberColumn(verbose_name="在途", unit="t", places=2, orderable=False)
    heat_gj = NumberColumn(verbose_name="供热量", unit="GJ", places=2, orderable=False)
    high_c = NumberColumn(verbose_name="最高", unit="℃", places=1, orderable=False)
    low_c = NumberColumn(verbose_name="最低", unit="℃", places=1, orderable=False)
    boilers_running = NumberColumn(verbose_name="运行锅炉", unit="台", orderable=False)
    events = TextColumn(verbose_name="突发情况", orderable=False)
    revision = LedgerColumn(verbose_name="版次", orderable=False)
    filed_by = LedgerColumn(verbose_name="填报人", orderable=False, select=("filed_by",))
    filed_at = DateColumn(verbose_name="填报时间", time=True, orderable=False)

    def render_revision(self, value: int) -> str:
        return f"第 {value} 版" if value > 1 else ""

    class Meta(LedgerTable.Meta):
        model = DailyReport
        fields = ()


def signed(movement: Movement) -> str:
    """The quantity as it acts on the stock: +120.50, −60.00; of a count without a sign, as of a reversal."""
    sign = {1: "+", -1: "−"}.get(MovementKind(movement.kind).sign, "")
    return f"{sign}{group_digits(movement.quantity_t, 2)}"


def heat_in_words(counted: HeatValue | None) -> str:
    """20.934; 20.100（化验）of coal that a laboratory has tested; empty where nobody has told."""
    if counted is None or counted.mj_per_kg is None:
        return ""
    return f"{counted.mj_per_kg:.3f}" + ("（化验）" if counted.source is HeatSource.TESTED else "")
