"""日报 as a phone fills it in: what the book and the last report know is there already."""

from decimal import Decimal
from typing import Any

from django import forms

from accounts.models import Unit
from coal.forms.figures import FigureField
from coal.inputs import Input
from coal.models import DailyReport
from coal.models.report import NOT_NEGATIVE, OUTDOORS
from coal.reporting import REPORTED, file_report
from coal.reports import Book
from common.fields import LedgerForm
from common.ui import quantity

# What hardly changes from one day to the next is taken over from the last report.
TAKEN_OVER = ("stock_port_t", "stock_transit_t", "boilers_running")


def figure(name: str, label: str, unit: str, places: int = 2, **more: Any) -> FigureField:
    return FigureField(Input(name, label, unit, places), fits=DailyReport, **more)


def tonnes(name: str, label: str) -> FigureField:
    return figure(name, label, "t", validators=NOT_NEGATIVE)


class ReportForm(LedgerForm):
    """`seen_revision`: the report that its writer saw when the form was opened."""

    seen_revision = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    arrived_t = tonnes("arrived_t", "到货")
    used_t = tonnes("used_t", "耗用")
    stock_yard_t = tonnes("stock_yard_t", "场存")
    stock_port_t = tonnes("stock_port_t", "港存")
    stock_transit_t = tonnes("stock_transit_t", "在途")
    heat_gj = figure("heat_gj", "供热量", "GJ", validators=NOT_NEGATIVE)
    high_c = figure("high_c", "最高气温", "℃", 1, validators=OUTDOORS)
    low_c = figure("low_c", "最低气温", "℃", 1, validators=OUTDOORS)
    boilers_running = figure("boilers_running", "运行锅炉", "台", 0, validators=NOT_NEGATIVE)
    make_up_water_t = figure("make_up_water_t", "补水量", "t", required=False, validators=NOT_NEGATIVE)
    power_10k_kwh = figure("power_10k_kwh", "用电量", "万kWh", 3, required=False, validators=NOT_NEGATIVE)
    events = forms.CharField(
        label="突发情况", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="停炉、泄漏、断煤、断电等；没有的不填",
    )  # fmt: skip
    correction_reason = forms.CharField(label="更正理由", max_length=200, help_text="如“过磅数据更新”")

    def __init__(
        self, *args: Any, company: Unit, day: Any, by: Any, last: DailyReport | None, book: Book,
        before: DailyReport | None, year_ago: DailyReport | None, **kwargs: Any,
    ) -> None:  # fmt: skip
        """`last`: the report of the day as it holds; `before`: that of an earlier day; `year_ago`: last season's."""
        super().__init__(*args, **kwargs)
        self.company, self.day, self.by = company, day, by
        self.initial.update({"seen_revision": last.revision if last else 0, **_known(last, before, book)})
        if last is None:
            del self.fields["correction_reason"]
        else:
            self.fields["correction_reason"].widget.attrs["data-wide"] = True
        for name, field in self.fields.items():
            if year_ago is not None and hasattr(field, "unit") and (value := getattr(year_ago, name)) is not None:
                field.help_text = f"去年同日 {quantity(value)}"

    def save(self) -> DailyReport:
        return file_report(self.company, self.day, by=self.by, **self.cleaned_data)


def _known(last: DailyReport | None, before: DailyReport | None, book: Book) -> dict[str, Any]:
    """What the form begins with: the report that is corrected, else the book's figures and the last report's."""
    if last is not None:
        return {name: getattr(last, name) for name in REPORTED}
    taken = {name: getattr(before, name) if before else Decimal(0) for name in TAKEN_OVER}
    if before is None:
        taken.pop("boilers_running")
    return {"arrived_t": book.arrived_t, "used_t": book.used_t, "stock_yard_t": book.stock_t, **taken}
