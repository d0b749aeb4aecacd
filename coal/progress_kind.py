"""The progress table as the import and export pages know it: a dated snapshot, a line for each company."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import Region, Unit
from audit.services import record
from coal import progress_services
from coal.forms.progress import ProgressUploadForm
from coal.models import ProgressLine
from coal.models.progress import stock_by_movements, total_of
from coal.progress_filters import ProgressFilter
from coal.progress_ledger import PROGRESS
from common import clock
from common.spreadsheets.heads import LedgerSheet
from common.spreadsheets.ledgers.forms import UploadForm
from common.spreadsheets.ledgers.importer import Importer, Problem, warning
from common.spreadsheets.ledgers.record_importer import RecordImporter
from common.spreadsheets.ledgers.records import RecordKind
from common.spreadsheets.models import ImportRow
from common.spreadsheets.rows import LedgerRow
from common.spreadsheets.terms import Terms
from facilities.directory import Directory
from facilities.ledger_kinds import county_of
from facilities.words import learn_alias, may_teach, words_of

STOCK, COMPUTED = "stock_reported_t", "stock_by_movements_t"


class ProgressImporter(RecordImporter):
    """Says beside each line whether its stock is what its own arrivals and use give. The line is taken as it was sent:
    what it says is what was said."""

    def __init__(self, kind: RecordKind, *, by: Any, context: Mapping[str, Any]) -> None:
        super().__init__(kind, by=by, context=context)
        self.creates = bool(context.get("create_missing")) and by.has_perm("accounts.manage_units")

    def problems(self, fields: Mapping[str, Any]) -> list[Problem]:
        return [each for each in super().problems(fields) if not (self.creates and each["field"] == "company")]

    def create(self, rows: Sequence[ImportRow]) -> list[int | None]:
        for name in {row.fields["company"]: None for row in rows} if self.creates else ():
            if self.finder.company(name) is None:
                self.finder.create_unit(name, leads=True, by=self.by)
        return super().create(rows)

    def _read(self, row: LedgerRow) -> Any:
        read = super()._read(row)
        stock_t = _by_movements(self.values(read.fields))
        read.fields[COMPUTED] = None if stock_t is None else _plain(stock_t)
        return read

    def _not_together(self, fields: Mapping[str, Any], problems: Sequence[Problem]) -> list[Problem]:
        return super()._not_together(fields, problems) + _mismatch(self.values(fields))


def _mismatch(values: Mapping[str, Any]) -> list[Problem]:
    reported_t, computed_t = values[STOCK], _by_movements(values)
    if reported_t is None or computed_t is None or reported_t == computed_t:
        return []
    expected = f"按到货减耗用应为 {_plain(computed_t)} 吨，填报的是 {_plain(reported_t)} 吨，请与填报单位核对"
    return [warning(STOCK, _plain(reported_t), expected)]


def _by_movements(values: Mapping[str, Any]) -> Decimal | None:
    arrived_t = total_of(values["arrived_long_term_t"], values["arrived_spot_t"])
    return stock_by_movements(values["opening_stock_t"], arrived_t, values["used_t"])


def _plain(quantity: Decimal) -> str:
    return f"{quantity.normalize():f}"


class ProgressKind(RecordKind):
    ledger, model, filters = PROGRESS, ProgressLine, ProgressFilter
    noun, measure = "储备进度", "行"
    urls, file_stem = "coal:progress_", "冬煤夏储进展情况统计表"
    key, letters, name_column = ("company", "reported_on"), "CB", "company"
    links = {"company": Directory.company}
    remembered = frozenset({"company"})
    import_permission = "coal.import_progress"
    export_permission = "coal.view_coal"
    import_notes = (
        "各单位报来的进度表原样留存，按截止日期一天一份，只和系统里的流水、目标对照，不改系统里的数。",
        "截止日期取表头上写的那一天；同一家企业同一天再导入的，逐项列出差异，勾选了才改。",
        "当前库存与“到货减耗用”对不上的照样登记，并提示两个数。",
    )

    def upload_form(self, *args: Any, user: Any) -> UploadForm:
        county_of(user)  # before a file is chosen for nothing
        return ProgressUploadForm(*args, user=user)

    def command_context(self, *, by: Any, season: str, create_missing: bool) -> dict[str, Any]:
        # Which season a table belongs to is told by its day.
        return {"create_missing": create_missing}

    def importer(self, *, by: Any, context: Mapping[str, Any]) -> Importer:
        return ProgressImporter(self, by=by, context=context)

    def item_url(self, pk: int) -> str:
        day = ProgressLine.objects.filter(pk=pk).values_list("reported_on", flat=True).first() or clock.today()
        return reverse("coal:progress_day", args=[day.year, day.month, day.day])

    def list_url(self) -> str:
        return reverse("coal:progress")

    def finder(self, *, by: Any, context: Mapping[str, Any]) -> Directory:
        return Directory(county_of(by))

    def lock(self, finder: Directory) -> None:
        Region.objects.select_for_update(no_key=True).get(pk=finder.county.pk)

    def known(self, finder: Directory) -> QuerySet[ProgressLine]:
        return ProgressLine.objects.filter(county=finder.county)

    def visible(self, by: Any) -> QuerySet[ProgressLine]:
        return ProgressLine.objects.visible_to(by)

    def defaults(self, found: LedgerSheet, finder: Directory) -> dict[str, str]:
        """The day up to which the table counts stands above its head."""
        return {"reported_on": found.written_on.isoformat()} if found.written_on else {}

    def create(self, lots: Sequence[dict[str, Any]], finder: Directory, *, by: Any) -> list[ProgressLine]:
        return progress_services.create_lines(by=by, county=finder.county, lots=lots)

    def change(self, record: ProgressLine, values: dict[str, Any], *, by: Any) -> None:
        progress_services.change_line(record, by=by, **values)

    def offered(self, *, by: Any) -> Mapping[str, Sequence[str]]:
        companies = Unit.objects.visible_to(by).companies().filter(is_active=True)
        return {"company": [*companies.order_by("name").values_list("name", flat=True)]}

    def may_remember(self, by: Any) -> bool:
        return may_teach(by)

    def remember(self, alias: str, target: Any, finder: Directory, *, by: Any) -> None:
        learn_alias(county=finder.county, alias=alias, target=target, by=by)

    def terms(self, *, by: Any) -> Terms:
        return words_of(by, self.name)

    def record_export(self, *, by: Any, note: str) -> None:
        record(actor=by, action=f"导出{self}", note=note)

    def example(self, offered: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
        return {
            "sequence": 1, "company": next(iter(offered["company"]), ""), "reported_on": clock.today(),
            "area_10k_m2": 120.5, "need_t": 36000, "target_t": 21600, "contract_t": 30000, "arrived_long_term_t": 9000,
            "arrived_spot_t": 3000, "used_t": 0, "stock_reported_t": 12000, "heat_value_mj_per_kg": 20.934,
        }  # fmt: skip
