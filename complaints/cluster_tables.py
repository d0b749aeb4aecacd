"""The list of clusters."""

from typing import Any

from common.tables import LedgerColumn, LedgerTable, LinkColumn, NumberColumn
from common.ui import moment
from complaints.models import Cluster


class ClusterTable(LedgerTable):
    table_name = "clusters"
    card = ("place", "households", "expected", "last_at", "heated_by")
    default_order = ("-last_at",)
    fixed = ("place",)

    place = LinkColumn(verbose_name="小区、换热站", orderable=False, select=("community", "station"))
    households = NumberColumn(verbose_name="投诉户数", unit="户")
    expected = NumberColumn(verbose_name="按历史应有", unit="户", places=1)
    window_hours = NumberColumn(verbose_name="时段", unit="小时")
    started_at = LedgerColumn(verbose_name="首件受理")
    last_at = LedgerColumn(verbose_name="最近一件")
    heated_by = LedgerColumn(verbose_name="供热企业", orderable=False)

    def render_started_at(self, value: Any) -> str:
        return moment(value)

    def render_last_at(self, value: Any) -> str:
        return moment(value)

    def row_url(self, record: Any) -> str:
        return str(record.get_absolute_url())

    class Meta(LedgerTable.Meta):
        model = Cluster
        fields = ()
