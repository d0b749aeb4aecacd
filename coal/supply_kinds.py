"""Contracts, quality batches and the book of movements as the export pages and commands know them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, ClassVar

from django.db import models
from django.http import QueryDict
from django.urls import reverse

from accounts.scoping import sees_region
from audit.services import record
from coal.enums import MovementKind
from coal.fulfilment import Fulfilment
from coal.heat_values import counted_values
from coal.models import Contract, Movement, QualityBatch
from coal.quality_selectors import arrived_of_batches, warnings_among
from coal.supply_filters import BookFilter, ContractFilter, QualityFilter
from coal.supply_ledgers import BOOK_COLUMNS, CONTRACT_COLUMNS, QUALITY_COLUMNS
from coal.supply_selectors import standing_lines
from common import clock
from common.filters import LedgerFilterSet
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.ledgers.exporting import Chosen, Look
from common.spreadsheets.ledgers.kinds import ExportKind
from common.spreadsheets.subtotals import Count, Subtotals
from facilities.models import Season
from facilities.selectors import current_season

CHUNK = 1000


class ListExport(ExportKind):
    """A list that goes out as its filters leave it. `rows_of` gives the columns' values of some of its items."""

    model: ClassVar[type[models.Model]]
    filters: ClassVar[type[LedgerFilterSet]]
    list_name: ClassVar[str]
    order: ClassVar[tuple[str, ...]]
    related: ClassVar[tuple[str, ...]]
    export_permission = "coal.view_coal"

    def __str__(self) -> str:
        return f"{self.ledger.title}台账"

    def list_url(self) -> str:
        return reverse(self.list_name)

    def rows_of(self, items: list[Any]) -> Iterable[Mapping[str, Any]]:
        raise NotImplementedError

    def visible(self, user: Any) -> models.QuerySet[Any]:
        return self.model._default_manager.visible_to(user)  # type: ignore[no-any-return, attr-defined]

    def columns_of(self, look: Look) -> Sequence[str]:
        return [column.name for column in self.ledger.columns]

    def chosen(
        self, source: Any, *, query: str = "", pks: Sequence[int] | None = None, scope: Mapping[str, Any] | None = None
    ) -> Chosen:
        if (scope or {}).get("season"):
            raise SpreadsheetError(f"{self}不分采暖季，请去掉采暖季，用日期筛选")
        return self.filtered(self.visible(getattr(source, "user", source)), source, query, pks)

    def filtered(
        self, visible: models.QuerySet[Any], source: Any, query: str, pks: Sequence[int] | None, **scope: Any
    ) -> Chosen:
        if pks is not None:
            return Chosen(visible.filter(pk__in=pks), "在列表里逐条勾选", **scope)
        asking = SimpleNamespace(user=getattr(source, "user", source))
        filters = self.filters(QueryDict(query), queryset=visible, request=asking)
        return Chosen(filters.qs, filters.bar.in_words or "没有筛选", tuple(map(str, filters.bar.errors)), **scope)

    def export_rows(self, chosen: Chosen, columns: Sequence[str], *, in_groups: bool) -> Iterator[Sequence[Any]]:
        # A list that can have subtotals is in the order of their groups anyway.
        items, number = chosen.items.select_related(*self.related).order_by(*self.order), 0
        for part in _parts(items.iterator(chunk_size=CHUNK)):
            for row in self.rows_of(part):
                number += 1
                yield [{"sequence": number, **row}.get(name) for name in columns]

    def export_title(self, chosen: Chosen, *, by: Any) -> str:
        whose = by.unit.region.county if sees_region(by) and by.unit_id else by.unit if by.unit_id else ""
        return f"{whose}{chosen.scope or ''}{'采暖季' if chosen.scope else ''}{self.ledger.title}台账"

    def record_export(self, *, by: Any, note: str) -> None:
        record(actor=by, action=f"导出{self}", note=note)


def _parts(items: Iterator[Any]) -> Iterator[list[Any]]:
    part: list[Any] = []
    for item in items:
        part.append(item)
        if len(part) == CHUNK:
            yield part
            part = []
    if part:
        yield part


class ContractExport(ListExport):
    """Of one season: that of the page, that which a command names, or that which today belongs to."""

    ledger, model, filters = CONTRACT_COLUMNS, Contract, ContractFilter
    noun, measure = "购煤合同", "份"
    urls, file_stem, list_name = "coal:contract_", "购煤合同台账", "coal:contract_list"
    order, related = ("company__name", "-signed_on", "-pk"), ("company", "season")
    subtotals = Subtotals("company", (Count("共"),), ("quantity_t", "delivered_t", "open_t", "due_t"), unit="份")

    def chosen(
        self, source: Any, *, query: str = "", pks: Sequence[int] | None = None, scope: Mapping[str, Any] | None = None
    ) -> Chosen:
        user = getattr(source, "user", source)
        season = _season(source, user, (scope or {}).get("season"))
        visible = self.visible(user).filter(season=season)
        return self.filtered(
            visible, source, query, pks, scope=season, scope_json={"season": season.pk if season else None}
        )  # fmt: skip

    def rows_of(self, items: list[Contract]) -> Iterator[Mapping[str, Any]]:
        lines = {line.contract.pk: line.fulfilment for line in standing_lines(items)}
        for each in items:
            yield {
                "company": each.company.name, "number": each.number, "kind": each.get_kind_display(),
                "supplier": each.supplier, "signed_on": each.signed_on, "starts_on": each.starts_on,
                "ends_on": each.ends_on, "price_yuan_per_t": each.price_yuan_per_t,
                "heat_value_mj_per_kg": each.heat_value_mj_per_kg, "sulphur_percent": each.sulphur_percent,
                **_came(each, lines.get(each.pk)),
            }  # fmt: skip

    def about_scope(self, chosen: Chosen) -> Sequence[tuple[str, str]]:
        """With the rate of all of them together, which no sum of a column gives."""
        whole = sum((line.fulfilment for line in standing_lines(chosen.items)), Fulfilment())
        rate = (
            "没有合同" if whole.percent is None else f"{whole.percent}%（{whole.delivered_t} ÷ {whole.contracted_t} t）"
        )
        return [("采暖季", str(chosen.scope or "不限")), ("兑现率（合计）", rate)]

    def about(self, look: Look, *, with_subtotals: bool) -> Sequence[tuple[str, str]]:
        return [
            ("已到货", "到货流水上写着这个合同编号的，已冲正的不算；截至导出那天。"),
            ("兑现率", "已到货 ÷ 合同数量；几份合同、全县的兑现率是到货之和除以合同之和。"),
            ("按时间进度应到", "按供货期均匀供货，到导出那天应到的数量。"),
            ("已作废", "作废的合同照列，原数量和理由写在说明里，不计入小计、合计和兑现率。"),
        ]


def _came(contract: Contract, found: Fulfilment | None) -> dict[str, Any]:
    """The columns of tonnes; of a voided contract, whose tonnes go into no sum, the remark says what there was."""
    if found is None:
        voided = f"{contract.voided_on} 作废（原 {contract.quantity_t} t）：{contract.void_reason}"
        return {"note": "；".join(filter(None, (voided, contract.note)))}
    return {
        "quantity_t": contract.quantity_t, "delivered_t": found.delivered_t, "open_t": found.open_t,
        "percent": found.percent, "due_t": found.due_t, "note": contract.note,
    }  # fmt: skip


def _season(source: Any, user: Any, wanted: Any) -> Season | None:
    """`wanted`: a name, a pk or None. Raises SpreadsheetError for a name that is none."""
    seasons = Season.objects.visible_to(user)
    if isinstance(wanted, str):
        if found := seasons.filter(name=wanted).first():
            return found
        raise SpreadsheetError(f"没有名为“{wanted}”的采暖季")
    if wanted:
        return seasons.filter(pk=wanted).first()
    if source is not user:
        return current_season(source)
    today = clock.today()
    running = seasons.filter(summer_start_on__lte=today, heating_end_on__gte=today).first()
    return running or seasons.order_by("-name").first()


class QualityExport(ListExport):
    ledger, model, filters = QUALITY_COLUMNS, QualityBatch, QualityFilter
    noun, measure = "煤质化验", "批"
    urls, file_stem, list_name = "coal:quality_", "煤质台账", "coal:quality_list"
    order, related = ("company__name", "-sampled_on", "-pk"), ("company",)

    def rows_of(self, items: list[QualityBatch]) -> Iterator[Mapping[str, Any]]:
        arrived = arrived_of_batches(items)
        contracts = Contract.objects.filter(company__in={each.company_id for each in items})
        wrong: dict[int, list[str]] = {}
        for warning in warnings_among(contracts):
            said = "；".join(map(str, warning.faults))
            words = f"合同 {warning.contract.number} 项下 {warning.arrived.quantity_t} t：{said}"
            wrong.setdefault(warning.batch.pk, []).append(words)
        for each in items:
            came = arrived.get((each.company_id, each.number))
            yield {
                "company": each.company.name, "arrived_t": came.quantity_t if came else None,
                "faults": wrong.get(each.pk), **{name: getattr(each, name) for name in _OF_BATCH},
            }  # fmt: skip

    def about(self, look: Look, *, with_subtotals: bool) -> Sequence[tuple[str, str]]:
        return [
            ("热值", "收到基低位热值，单位 MJ/kg；1 kcal/kg 合 0.0041868 MJ/kg。"),
            ("不合约定", "热值低于、全硫高于到货所写合同约定的，和涉及的吨数。"),
        ]


_OF_BATCH = (
    "number", "sampled_on", "sampled_by", "tested_on", "tested_by", "report_number", "heat_value_mj_per_kg",
    "moisture_percent", "ash_percent", "volatile_percent", "sulphur_percent", "note",
)  # fmt: skip


class BookExport(ListExport):
    ledger, model, filters = BOOK_COLUMNS, Movement, BookFilter
    noun, measure = "煤炭流水", "条"
    urls, file_stem, list_name = "coal:movement_", "煤炭流水台账", "coal:movement_list"
    order, related = ("-day", "-pk"), ("yard__company", "entered_by", "reverses")

    def rows_of(self, items: list[Movement]) -> Iterator[Mapping[str, Any]]:
        gone = Movement.objects.reversed_among(each.pk for each in items)
        counted = counted_values(items, {each.yard_id: each.yard.company_id for each in items})
        for each in items:
            heat = counted.get(each.pk)
            yield {
                "day": each.day, "company": each.yard.company.name, "yard": each.yard.name,
                "kind": each.get_kind_display(), "quantity_t": each.quantity_t, "told": each.heat_value_mj_per_kg,
                "counted": heat.mj_per_kg if heat else None, "heat_source": heat.source.label if heat else "",
                "contract": each.contract, "transport": each.transport, "batch": each.batch,
                "unit_price_yuan_per_t": each.unit_price_yuan_per_t, "entered_by": each.entered_by.display_name,
                "state": _state(each, gone), "note": each.note,
            }  # fmt: skip

    def about(self, look: Look, *, with_subtotals: bool) -> Sequence[tuple[str, str]]:
        return [
            ("数量", "不带正负号：到货、调拨入增加库存，耗用、损耗、调拨出减少库存，盘点是实盘数。"),
            ("冲正", "冲正的和被冲正的两条都列出，都不再作数。"),
            ("折算用热值", "批次有化验结果的用化验的，没有的用来货时申报的，都没有的按常用热值。"),
        ]


def _state(movement: Movement, gone: set[int]) -> str:
    if movement.kind == MovementKind.REVERSAL and movement.reverses:
        return f"冲正 {movement.reverses.day} {movement.reverses.get_kind_display()}"
    return "已冲正" if movement.pk in gone else ""


CONTRACTS, QUALITY, BOOK = ContractExport(), QualityExport(), BookExport()
