"""The table of daily temperatures as the import and export pages know it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import Region
from audit.services import record
from coal import weather_services
from coal.demand_filters import TemperatureFilter
from coal.ledger import TEMPERATURES
from coal.models import DailyTemperature
from common.spreadsheets.ledgers.forms import UploadForm
from common.spreadsheets.ledgers.records import RecordKind
from common.spreadsheets.terms import Terms
from facilities.ledger_kinds import county_of
from facilities.words import words_of


class TemperatureLedger(RecordKind):
    """A day is a row; the county is that of whoever imports. The finder is the county: nothing is looked up."""

    ledger, model, filters = TEMPERATURES, DailyTemperature, TemperatureFilter
    noun, measure = "气温", "天"
    urls, file_stem = "coal:temperature_", "日平均气温"
    key, letters, name_column = ("day",), "QW", "day"
    import_permission = "coal.manage_weather"
    export_permission = "coal.view_coal"
    import_notes = ("一天一行，日期写全年月日，取日平均气温一列；再次导入同一天的，只更新改过的。",)

    def upload_form(self, *args: Any, user: Any) -> UploadForm:
        county_of(user)  # before a file is chosen for nothing
        return super().upload_form(*args, user=user)

    def item_url(self, pk: int) -> str:
        day = DailyTemperature.objects.filter(pk=pk).values_list("day", flat=True).first() or dt.date.min
        return f"{self.list_url()}?first={day}&last={day}"

    def list_url(self) -> str:
        return reverse("coal:weather")

    def finder(self, *, by: Any, context: Mapping[str, Any]) -> Region:
        return county_of(by)

    def lock(self, finder: Region) -> None:
        Region.objects.select_for_update(no_key=True).get(pk=finder.pk)

    def known(self, finder: Region) -> QuerySet[DailyTemperature]:
        return DailyTemperature.objects.filter(county=finder)

    def visible(self, by: Any) -> QuerySet[DailyTemperature]:
        return DailyTemperature.objects.visible_to(by)

    def create(self, lots: Sequence[dict[str, Any]], finder: Region, *, by: Any) -> list[DailyTemperature]:
        return weather_services.create_temperatures(by=by, county=finder, lots=lots)

    def change(self, record: DailyTemperature, values: dict[str, Any], *, by: Any) -> None:
        weather_services.change_temperature(record, by=by, **values)

    def offered(self, *, by: Any) -> Mapping[str, Sequence[str]]:
        return {}

    def terms(self, *, by: Any) -> Terms:
        return words_of(by, self.name)

    def record_export(self, *, by: Any, note: str) -> None:
        record(actor=by, action=f"导出{self}", note=note)

    def example(self, offered: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
        return {"sequence": 1, "day": dt.date(2021, 11, 15), "mean_c": 3.5}
