"""The lists of the coal pages."""

from typing import Any

from django.urls import reverse

from coal.models import Yard
from common.tables import LedgerColumn, LedgerTable, LinkColumn, NumberColumn, YesNoColumn


class YardTable(LedgerTable):
    table_name = "yards"
    card = ("name", "company", "capacity_t", "is_covered")
    default_order = ("name",)

    name = LinkColumn(verbose_name="煤场")
    company = LedgerColumn(
        verbose_name="供热企业", accessor="company__label", order_by="company__name", select=("company",)
    )
    capacity_t = NumberColumn(verbose_name="设计库容", unit="t")
    is_covered = YesNoColumn(verbose_name="形式", words=("封闭", "露天"))
    place = LedgerColumn(verbose_name="位置", orderable=False)
    is_active = YesNoColumn(verbose_name="状态", words=("在用", "停用"))

    def row_url(self, record: Any) -> str:
        return reverse("coal:yard_detail", args=[record.pk])

    def row_class(self, record: Any) -> str:
        return "" if record.is_active else "row-off"

    class Meta(LedgerTable.Meta):
        model = Yard
        fields = ()
