"""The list of yard checks."""

from typing import Any

from coal.check_enums import CheckLevel, CoverState
from coal.models import YardCheck
from common.tables import (
    ChoiceColumn,
    DateColumn,
    LedgerColumn,
    LedgerTable,
    LinkColumn,
    NumberColumn,
    StatusColumn,
    TextColumn,
    YesNoColumn,
)


class CheckTable(LedgerTable):
    table_name = "yard_checks"
    card = ("yard", "checked_at", "level", "hottest_c", "findings")
    default_columns = ("yard", "company", "checked_at", "level", "hottest_c", "findings", "checked_by")
    default_order = ("-checked_at", "-pk")

    yard = LinkColumn(verbose_name="煤场", orderable=False, select=("yard",))
    company = LedgerColumn(
        verbose_name="供热企业", accessor="yard__company__label", orderable=False, select=("yard__company",)
    )
    checked_at = DateColumn(verbose_name="检查时间", time=True)
    level = StatusColumn(verbose_name="结论", enum=CheckLevel, orderable=False)
    hottest_c = NumberColumn(verbose_name="最高煤温", unit="℃", places=1, orderable=False)
    findings = TextColumn(verbose_name="问题", orderable=False)
    pile_height_m = NumberColumn(verbose_name="堆高", unit="m", places=1, orderable=False)
    co_ppm = NumberColumn(verbose_name="一氧化碳", unit="ppm", places=1, orderable=False)
    smoke_seen = YesNoColumn(verbose_name="冒烟", words=("有", "没有"), orderable=False)
    cover = ChoiceColumn(verbose_name="苫盖", enum=CoverState, orderable=False)
    fire_equipment_in_order = YesNoColumn(verbose_name="消防器材", words=("完好", "不完好"), orderable=False)
    note = TextColumn(verbose_name="情况说明", orderable=False)
    checked_by = LedgerColumn(verbose_name="检查人", orderable=False)
    state = LedgerColumn(verbose_name="版次", accessor="corrects_id", orderable=False)

    def row_class(self, record: Any) -> str:
        return "row-off" if getattr(record, "is_replaced", False) else ""

    def render_findings(self, record: Any) -> str:
        """The worst, and how many more."""
        if not record.findings:
            return ""
        more = len(record.findings) - 1
        return record.findings[0][1] + (f"；另有 {more} 项" if more else "")

    def render_state(self, record: Any) -> str:
        return "更正" if record.corrects_id else ""

    class Meta(LedgerTable.Meta):
        model = YardCheck
        fields = ()
