"""The lists of contracts, of quality batches, and of the whole book."""

from collections.abc import Mapping
from typing import Any

from coal.enums import ContractKind
from coal.fulfilment import Fulfilment
from coal.models import Contract, Movement, QualityBatch
from coal.tables import MovementTable
from common.columns import group_digits
from common.tables import (
    DateColumn,
    LedgerColumn,
    LedgerTable,
    LinkColumn,
    NumberColumn,
    StatusColumn,
    TextColumn,
)


def _company() -> LedgerColumn:
    return LedgerColumn(
        verbose_name="供热企业", accessor="company__label", order_by="company__name", select=("company",)
    )  # fmt: skip


class ContractTable(LedgerTable):
    table_name = "coal_contracts"
    card = ("number", "supplier", "quantity_t", "delivered_t", "percent")
    default_columns = (
        "number", "company", "kind", "supplier", "quantity_t", "delivered_t", "percent", "due_t", "price_yuan_per_t",
        "ends_on",
    )  # fmt: skip
    default_order = ("-signed_on",)

    number = LinkColumn(verbose_name="合同编号")
    company = _company()
    kind = StatusColumn(verbose_name="类别", enum=ContractKind, orderable=False)
    supplier = TextColumn(verbose_name="供应商", orderable=False)
    quantity_t = NumberColumn(verbose_name="合同数量", unit="t", places=2)
    # From `lines`, which the page reads for all of the shown rows at once.
    delivered_t = NumberColumn(verbose_name="已到货", unit="t", accessor="pk", orderable=False)
    percent = NumberColumn(verbose_name="兑现率", accessor="pk", orderable=False)
    due_t = LedgerColumn(verbose_name="按时间进度", accessor="pk", orderable=False)
    price_yuan_per_t = NumberColumn(verbose_name="合同价", unit="元/t", places=2, orderable=False)
    heat_value_mj_per_kg = NumberColumn(verbose_name="约定热值", unit="MJ/kg", places=3, orderable=False)
    sulphur_percent = NumberColumn(verbose_name="全硫上限", unit="%", places=2, orderable=False)
    signed_on = DateColumn(verbose_name="签订日期")
    starts_on = DateColumn(verbose_name="供货开始", orderable=False)
    ends_on = DateColumn(verbose_name="供货截止")

    lines: Mapping[int, Fulfilment] = {}

    def render_delivered_t(self, record: Any) -> str:
        return "" if record.voided_on else group_digits(self.lines[record.pk].delivered_t, 2)

    def render_percent(self, record: Any) -> str:
        return "已作废" if record.voided_on else f"{self.lines[record.pk].percent}%"

    def render_due_t(self, record: Any) -> str:
        """Beside what the even pace of the period asks for."""
        if record.voided_on:
            return ""
        found = self.lines[record.pk]
        if found.behind_t:
            return f"差 {group_digits(found.behind_t, 2)} t"
        return "未开始" if not found.due_t and not found.delivered_t else "跟上"

    class Meta(LedgerTable.Meta):
        model = Contract
        fields = ()


class QualityTable(LedgerTable):
    table_name = "coal_quality"
    card = ("number", "heat_value_mj_per_kg", "sulphur_percent", "arrived_t", "faults")
    default_columns = (
        "number", "company", "sampled_on", "heat_value_mj_per_kg", "moisture_percent", "ash_percent",
        "volatile_percent", "sulphur_percent", "arrived_t", "faults",
    )  # fmt: skip
    default_order = ("-sampled_on",)

    number = LinkColumn(verbose_name="批次号")
    company = _company()
    sampled_on = DateColumn(verbose_name="采样日期")
    heat_value_mj_per_kg = NumberColumn(verbose_name="热值 Qnet,ar", unit="MJ/kg", places=3)
    moisture_percent = NumberColumn(verbose_name="全水分 Mt", unit="%", places=2, orderable=False)
    ash_percent = NumberColumn(verbose_name="灰分 Ad", unit="%", places=2, orderable=False)
    volatile_percent = NumberColumn(verbose_name="挥发分 Vdaf", unit="%", places=2, orderable=False)
    sulphur_percent = NumberColumn(verbose_name="全硫 St,d", unit="%", places=2)
    # A sum that `with_arrived` adds to the rows; `faulty` is what the page has read for all of them at once.
    arrived_t = NumberColumn(verbose_name="到货", unit="t", accessor="pk", orderable=False)
    faults = TextColumn(verbose_name="不合约定", accessor="pk", orderable=False)
    tested_on = DateColumn(verbose_name="化验日期", orderable=False)
    tested_by = LedgerColumn(verbose_name="化验单位", orderable=False)
    report_number = LedgerColumn(verbose_name="报告编号", orderable=False)

    faulty: Mapping[int, str] = {}

    def render_arrived_t(self, record: Any) -> str:
        return "还没有" if record.arrived_t is None else group_digits(record.arrived_t, 2)

    def render_faults(self, record: Any) -> str:
        return self.faulty.get(record.pk, "" if record.is_tested else "待化验")

    class Meta(LedgerTable.Meta):
        model = QualityBatch
        fields = ()


class BookTable(MovementTable):
    """The movements of several yards."""

    table_name = "coal_book"
    card = ("day", "yard", "kind", "quantity_t", "state")
    default_columns = (
        "day", "company", "yard", "kind", "quantity_t", "contract", "batch", "heat_value_mj_per_kg", "note", "state",
    )  # fmt: skip
    company = LedgerColumn(
        verbose_name="供热企业", accessor="yard__company__label", orderable=False, select=("yard__company",)
    )
    yard = LedgerColumn(verbose_name="煤场", orderable=False, select=("yard",))
    contract = LedgerColumn(verbose_name="合同号", orderable=False)
    batch = LedgerColumn(verbose_name="批次", orderable=False)
    transport = LedgerColumn(verbose_name="运输方式、车号", orderable=False)

    class Meta(LedgerTable.Meta):
        model = Movement
        fields = ()
        exclude = ("close_t", "source")
        sequence = ("day", "company", "yard", "...")
