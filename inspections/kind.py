"""The hazard ledger as the import and export pages know it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from django.core.exceptions import PermissionDenied
from django.db.models import CharField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.urls import reverse

from audit.services import record
from common import clock
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.ledgers.exporting import Chosen, Look
from common.spreadsheets.ledgers.importer import Importer
from common.spreadsheets.ledgers.kinds import LedgerKind
from common.spreadsheets.models import ImportBatch, ImportRow, Pile
from common.spreadsheets.registry import Vocabulary
from facilities.models import Season
from facilities.selectors import current_season
from facilities.words import may_teach
from inspections.blank_ledger import blank_name, write_blank
from inspections.enums import Grade, HazardStatus
from inspections.export_rows import export_rows
from inspections.exporting import COLUMNS, SUBTOTALS, about_hazards, by_unit, chosen_hazards, season_of_scope, title_of
from inspections.forms.importing import HazardRowForm, HazardUploadForm
from inspections.importing import Stager, season_named, unknown_unit
from inspections.ledger import HAZARDS, VOCABULARY
from inspections.ledger_moves import check_may_announce_past, check_may_take_history
from inspections.models import Hazard
from inspections.wording import PAST_HELP

GRADES = dict(Grade.choices)


class HazardKind(LedgerKind):
    ledger = HAZARDS
    noun = "隐患"
    urls = "inspections:hazard_"
    file_stem = "冬病夏治隐患台账"
    import_permission = "inspections.import_hazards"
    export_permission = "inspections.export_hazards"
    looks = (Look.OFFICIAL, Look.PLAIN, Look.PHOTOS)
    subtotals = SUBTOTALS
    import_notes = (
        "缺责任人、写着“长期坚持”之类的行要补齐五项才能登记。",
        "原表写“已完成”“√”的行，登记后直接转到待验收；住建局可以选择按历史销号登记，并注明没有经过本系统验收。",
        "照片可以插在单元格里，也可以另传一个压缩包。",
    )
    editor = (
        "problem_point", "description", "facility_kind", "responsible_unit", "cooperating_units", "responsible_person",
        "phone", "found_on", "due_on", "grade", "acceptance_standard",
    )  # fmt: skip
    review_template = "inspections/import_batch.html"

    def item_url(self, pk: int) -> str:
        return reverse("inspections:hazard_detail", args=[pk])

    def list_url(self) -> str:
        return reverse("inspections:hazard_list")

    def vocabulary(self) -> Vocabulary:
        return VOCABULARY

    # --- import ---

    def upload_form(self, *args: Any, user: Any) -> HazardUploadForm:
        return HazardUploadForm(*args, user=user)

    def command_context(self, *, by: Any, season: str, create_missing: bool) -> dict[str, Any]:
        pk = season_named(season, by=by).pk if season else None
        return {"season": pk, "create_missing": create_missing}

    def importer(self, *, by: Any, context: Mapping[str, Any]) -> Stager:
        return Stager.within(context, by=by)

    def row_form(self, data: Any, *, row: ImportRow, importer: Importer) -> HazardRowForm:
        assert isinstance(importer, Stager)
        teachable = unknown_unit(row) if may_teach(importer.by) else ""
        return HazardRowForm(data, row=row, season=importer.season, unknown_unit=teachable)

    def spoken(self, column: str, value: Any) -> Any:
        return GRADES.get(value, "") if column == "grade" else super().spoken(column, value)

    def about_batch(self, batch: ImportBatch) -> str:
        return f"{Season.objects.get(pk=batch.context['season']).name} 采暖季"

    def review_context(self, request: HttpRequest, batch: ImportBatch, chosen: ImportRow | None) -> dict[str, Any]:
        return {
            "unknown_unit": unknown_unit(chosen) if chosen else "",
            "claimed": _claimed(request.user, batch),
            "past": _past(request.user, batch),
            "past_help": PAST_HELP,
            "photos": batch.photos.count(),
        }

    def import_choices(self, posted: Mapping[str, Any]) -> dict[str, Any]:
        return {"as_history": "history" in posted, "announce_past": "past" in posted}

    def check_choices(self, by: Any, choices: Mapping[str, Any]) -> None:
        if choices.get("as_history"):
            check_may_take_history(by)
        if choices.get("announce_past"):
            check_may_announce_past(by)

    def registered(self, pks: Sequence[int]) -> str:
        new = Hazard.objects.filter(pk__in=pks)
        first, last = (new.order_by(order).values_list("number", flat=True)[0] for order in ("sequence", "-sequence"))
        claimed = new.filter(status=HazardStatus.AWAITING_ACCEPTANCE).count()
        history = new.filter(status=HazardStatus.CLOSED).count()
        text = f"已登记 {len(pks)} 条：{first} 至 {last}。"
        text += f"其中 {claimed} 条原表写明已完成，转为待验收，等待住建局验收。" if claimed else ""
        text += f"其中 {history} 条原表写明已完成，按历史销号登记，没有经过本系统验收。" if history else ""
        text += "" if claimed + history == len(pks) else "其余等待住建局下达。"
        told = new.filter(watched_since=None).exclude(status=HazardStatus.CLOSED).count()
        return text + (f"{told} 条已过时限的也发提醒和督办。" if told else "")

    # --- blank ledger ---

    def write_blank(self, out: BinaryIO, *, source: HttpRequest) -> str:
        season = current_season(source)
        if season is None:
            raise SpreadsheetError("还没有采暖季，请住建管理员先建立采暖季，再下载模板")
        write_blank(out, season=season, by=source.user)
        return blank_name(season)

    # --- export ---

    def columns_of(self, look: Look) -> Sequence[str]:
        return COLUMNS[look]

    def chosen(
        self, source: Any, *, query: str = "", pks: Sequence[int] | None = None, scope: Mapping[str, Any] | None = None
    ) -> Chosen:
        season = season_of_scope(getattr(source, "user", source), scope) if scope else None
        return chosen_hazards(source, query=query, season=season, pks=pks)

    def export_rows(self, chosen: Chosen, columns: Sequence[str], *, in_groups: bool) -> Iterator[Sequence[Any]]:
        hazards: Any = chosen.items
        return export_rows(by_unit(hazards) if in_groups else hazards, columns, clock.today())

    def export_title(self, chosen: Chosen, *, by: Any) -> str:
        return title_of(chosen.scope, by=by)

    def record_export(self, *, by: Any, note: str) -> None:
        record(actor=by, action="导出台账", note=note)

    def about_scope(self, chosen: Chosen) -> Sequence[tuple[str, str]]:
        return [("采暖季", chosen.scope.name if chosen.scope else "不限")]

    def about(self, look: Look, *, with_subtotals: bool) -> Sequence[tuple[str, str]]:
        return about_hazards(look, with_subtotals=with_subtotals)


def _claimed(user: Any, batch: ImportBatch) -> int:
    """How many ready rows claim to be done, for who may take them as struck off already."""
    try:
        check_may_take_history(user)
    except PermissionDenied:
        return 0
    return batch.rows.filter(pile=Pile.READY, fields__claimed_closed=True).count()


def _past(user: Any, batch: ImportBatch) -> int:
    """How many ready rows have a deadline that has passed, for who may have people told of it."""
    try:
        check_may_announce_past(user)
    except PermissionDenied:
        return 0
    rows = batch.rows.filter(pile=Pile.READY).alias(due=Cast(KT("fields__due_on"), CharField()))
    return rows.filter(due__lt=clock.today().isoformat()).count()
