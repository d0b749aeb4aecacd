"""The entries of a company's money for coal."""

from collections.abc import Set
from typing import Any

from django.urls import reverse

from coal.fund_enums import FundKind
from coal.models import FundEntry
from common.columns import group_digits
from common.tables import DateColumn, LedgerColumn, LedgerTable, LinkColumn, StatusColumn, TextColumn


class FundTable(LedgerTable):
    """`may_record`: whether a row leads to where it is undone."""

    table_name = "coal_funds"
    card = ("day", "kind", "amount", "note", "state")
    default_order = ("-day", "-pk")

    day = LinkColumn(verbose_name="日期")
    kind = StatusColumn(verbose_name="类别", enum=FundKind, orderable=False)
    amount = LedgerColumn(verbose_name="金额", unit="万元", accessor="amount_10k_yuan", orderable=False)
    note = TextColumn(verbose_name="说明", orderable=False)
    entered_by = LedgerColumn(verbose_name="登记人", orderable=False, select=("entered_by",))
    entered_at = DateColumn(verbose_name="登记时间", time=True, orderable=False)
    state = LedgerColumn(verbose_name="状态", accessor="pk", orderable=False)

    may_record = False
    # The shown entries that are reversed, which the page reads at once.
    gone: Set[int] = frozenset()

    def row_url(self, record: Any) -> str:
        is_open = self.may_record and not record.reverses_id and record.pk not in self.gone
        return reverse("coal:fund_reverse", args=[record.pk]) if is_open else ""

    def row_class(self, record: Any) -> str:
        return "row-off" if record.reverses_id or record.pk in self.gone else ""

    def render_amount(self, value: Any) -> str:
        """Two decimals, and more where there are some."""
        text = group_digits(value, 6).rstrip("0")
        whole, _, rest = text.partition(".")
        return f"{whole}.{rest.ljust(2, '0')}"

    def render_state(self, record: Any) -> str:
        if record.reverses_id:
            return "冲正"
        if record.pk in self.gone:
            return "已冲正"
        return "冲正…" if self.may_record else ""

    class Meta(LedgerTable.Meta):
        model = FundEntry
        fields = ()
