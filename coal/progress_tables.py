"""The list of progress lines."""

from typing import Any

from django.urls import reverse

from coal.models import ProgressLine
from common.tables import DateColumn, LedgerColumn, LedgerTable, LinkColumn, NumberColumn
from common.ui import badge, quantity


class ProgressTable(LedgerTable):
    table_name = "progress"
    card = ("company", "reported_on", "target_t", "stock_reported_t", "agrees")
    fixed = ("company",)
    default_order = ("-reported_on", "company")

    company = LinkColumn(
        verbose_name="供热企业", accessor="company__label", order_by="company__name", select=("company",)
    )
    reported_on = DateColumn(verbose_name="截止日期")
    need_t = NumberColumn(verbose_name="需煤量", unit="t", orderable=False)
    target_t = NumberColumn(verbose_name="储备目标", unit="t", orderable=False)
    contract_t = NumberColumn(verbose_name="合同签订", unit="t", orderable=False)
    arrived_long_term_t = NumberColumn(verbose_name="长协到货", unit="t", orderable=False)
    arrived_spot_t = NumberColumn(verbose_name="市场煤到货", unit="t", orderable=False)
    used_t = NumberColumn(verbose_name="累计耗用", unit="t", orderable=False)
    stock_reported_t = NumberColumn(verbose_name="库存", unit="t", orderable=False)
    agrees = LedgerColumn(verbose_name="表内核对", accessor="stock_by_movements_t", orderable=False, empty_values=())

    def render_agrees(self, record: ProgressLine) -> str:
        computed, told = record.stock_by_movements_t, record.stock_reported_t
        if computed is None or told is None:
            return badge("没有可核对的数", "grey")
        if computed == told:
            return badge("一致", "green")
        return badge(f"相差 {quantity(abs(told - computed))} t", "amber")

    def row_url(self, record: Any) -> str:
        day = record.reported_on
        return reverse("coal:progress_day", args=[day.year, day.month, day.day])

    class Meta(LedgerTable.Meta):
        model = ProgressLine
        fields = ()
