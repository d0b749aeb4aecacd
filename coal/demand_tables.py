"""The list of daily temperatures."""

from typing import Any

from coal.models import DailyTemperature
from common.tables import DateColumn, LedgerTable, NumberColumn


class TemperatureTable(LedgerTable):
    table_name = "temperatures"
    card = ("day", "mean_c")
    default_order = ("-day",)
    fixed = ("day",)

    day = DateColumn(verbose_name="日期")
    mean_c = NumberColumn(verbose_name="日平均气温", unit="℃", places=1)

    def row_url(self, record: Any) -> str:
        return ""

    class Meta(LedgerTable.Meta):
        model = DailyTemperature
        fields = ()
