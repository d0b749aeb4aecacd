"""The order ledger as the import and export pages know it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.models import Unit
from audit.services import record
from common import clock
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.ledgers.exporting import Chosen, Look
from common.spreadsheets.ledgers.forms import UploadForm
from common.spreadsheets.ledgers.importer import Importer
from common.spreadsheets.ledgers.kinds import LedgerKind
from common.spreadsheets.models import ImportBatch, ImportRow
from common.spreadsheets.registry import Vocabulary
from common.spreadsheets.template import write_template
from complaints.county import county_of
from complaints.dispatching import may_dispatch
from complaints.enums import OrderStatus
from complaints.exporting import (
    SUBTOTALS,
    about_orders,
    chosen_orders,
    columns_for,
    export_rows,
    title_of,
)
from complaints.forms_inout import EDITOR, OrderRowForm
from complaints.importing import OrderImporter, for_queue
from complaints.ledger import LABELS, ORDERS
from complaints.models import Order
from facilities.models import Community

# A drop-down of more names than this helps nobody.
MOST_OFFERED = 2000


def offered_to(user: Any) -> dict[str, Sequence[str]]:
    """The communities and companies to choose from. Two queries."""
    companies = Unit.objects.visible_to(user).companies().filter(is_active=True)
    communities = Community.objects.visible_to(user).order_by("name").values_list("name", flat=True)
    return {
        "company": [*companies.order_by("name").values_list("name", flat=True)],
        "community": [*communities[:MOST_OFFERED]],
    }


class OrderKind(LedgerKind):
    ledger = ORDERS
    noun, measure = "投诉工单", "件"
    urls = "complaints:order_"
    file_stem = "供热投诉工单台账"
    import_permission = "complaints.import_orders"
    export_permission = "complaints.export_orders"
    subtotals = SUBTOTALS
    editor = EDITOR
    review_template = "complaints/import_batch.html"
    import_notes = (
        "12345 等平台导出的表不用整理，列名不同也能认；采暖季按受理时间判断，室温从诉求内容里读。",
        "同一来源的同一工单号只登记一次：再次导入的列出不同之处，勾选了才改。",
        "承办企业以小区和采暖季为准；表里写的和系统里不一致的，登记后由人确定，不会自动派给任何一家。",
        "小区或企业认不出来的等待处理，也可以先登记，到“待定企业”里确定。",
    )

    def item_url(self, pk: int) -> str:
        return f"/complaints/{pk}/"

    def list_url(self) -> str:
        return "/complaints/"

    def list_actions(self, user: Any) -> dict[str, Any]:
        return super().list_actions(user) | {
            "list_actions_template": "complaints/list_actions.html",
            "may_export_callers": user.has_perm("complaints.export_callers"),
        }

    def vocabulary(self) -> Vocabulary:
        return Vocabulary(self.ledger, values=LABELS)

    # --- import ---

    def upload_form(self, *args: Any, user: Any) -> UploadForm:
        county_of(user)  # before a file is chosen for nothing
        return super().upload_form(*args, user=user)

    def command_context(self, *, by: Any, season: str, create_missing: bool) -> dict[str, Any]:
        if season:
            raise SpreadsheetError("投诉的采暖季按受理时间判断，请去掉采暖季")
        if create_missing:
            raise SpreadsheetError("导入投诉时不建立小区和企业，请先建立")
        return {}

    def importer(self, *, by: Any, context: Mapping[str, Any]) -> OrderImporter:
        return OrderImporter(by=by)

    def row_form(self, data: Any, *, row: ImportRow, importer: Importer) -> OrderRowForm:
        assert isinstance(importer, OrderImporter)
        return OrderRowForm(data, row=row, offered=offered_to(importer.by), unknown=importer.unknown(row))

    def spoken(self, column: str, value: Any) -> Any:
        return str(value)[:16].replace("T", " ") if column == "received_at" and value else super().spoken(column, value)

    def review_context(self, request: HttpRequest, batch: ImportBatch, chosen: ImportRow | None) -> dict[str, Any]:
        _callers_seen(batch, request.user, "查看导入表中的诉求人信息")
        return {
            "for_queue": len(for_queue(batch, OrderImporter(by=request.user))),
            "may_dispatch": may_dispatch(request.user),
        }

    def copy_taken(self, batch: ImportBatch, by: Any) -> None:
        _callers_seen(batch, by, "下载标出问题的导入表（含诉求人信息）")

    def import_choices(self, posted: Mapping[str, Any]) -> dict[str, Any]:
        return {"dispatch": "dispatch" in posted, "queue": "queue" in posted}

    def check_choices(self, by: Any, choices: Mapping[str, Any]) -> None:
        if choices.get("dispatch") and not may_dispatch(by):
            raise PermissionDenied("您没有派单的权限，请去掉“导入并派单”")

    def registered(self, pks: Sequence[int]) -> str:
        new = Order.objects.filter(pk__in=pks)
        first, last = (new.order_by(order).values_list("number", flat=True)[0] for order in ("pk", "-pk"))
        out = new.filter(status=OrderStatus.DISPATCHED).count()
        waiting = new.filter(company=None).count()
        text = f"已登记 {len(pks)} 件：{first} 至 {last}。"
        text += f"其中 {out} 件已派单，等待企业签收。" if out else "等待受理、派单。"
        return text + (f"{waiting} 件还不知道由哪家企业承办，请到“待定企业”里确定。" if waiting else "")

    # --- blank ledger ---

    def write_blank(self, out: BinaryIO, *, source: HttpRequest) -> str:
        user = source.user
        write_template(
            out, ledger=self.ledger, title=self.ledger.title, lists=offered_to(user), example=_example(),
            unit_line=f"填报单位：{user.unit.name if user.unit_id else ''}",  # type: ignore[union-attr]
        )  # fmt: skip
        return f"{self.file_stem}-模板.xlsx"

    # --- export ---

    def columns_of(self, look: Look) -> Sequence[str]:
        return columns_for(look, None)

    def columns_for(self, chosen: Chosen, look: Look) -> Sequence[str]:
        return columns_for(look, chosen.scope_json.get("callers"))

    def chosen(
        self, source: Any, *, query: str = "", pks: Sequence[int] | None = None, scope: Mapping[str, Any] | None = None
    ) -> Chosen:
        return chosen_orders(source, query=query, pks=pks, scope=scope)

    def export_rows(self, chosen: Chosen, columns: Sequence[str], *, in_groups: bool) -> Iterator[Sequence[Any]]:
        return export_rows(chosen, columns, in_groups=in_groups)

    def export_title(self, chosen: Chosen, *, by: Any) -> str:
        return title_of(chosen.scope, by=by)

    def record_export(self, *, by: Any, note: str) -> None:
        record(actor=by, action=f"导出{self}", note=note)

    def about_scope(self, chosen: Chosen) -> Sequence[tuple[str, str]]:
        return [("采暖季", chosen.scope.name if chosen.scope else "不限")]

    def about(self, look: Look, *, with_subtotals: bool) -> Sequence[tuple[str, str]]:
        return about_orders(with_subtotals=with_subtotals)


def _callers_seen(batch: ImportBatch, by: Any, action: str) -> None:
    """Whoever imports handles what comes in and sees the callers; that they look goes into the journal."""
    record(actor=by, action=action, target=batch, region_code=county_of(by).code, note=batch.filename)


def _example() -> Mapping[str, Any]:
    return {
        "sequence": 1, "number": "LL202611290001", "source": "hotline", "received_at": clock.now(), "caller": "王先生",
        "phone": "13800000000", "address": "幸福小区3号楼2单元501室", "category": "low_temperature",
        "content": "反映家中温度只有15度，要求尽快处理", "urgency": "ordinary",
    }  # fmt: skip
