"""How hotlines' exports are read for a user, which orders of the site their rows are, and what becomes of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from django.core.exceptions import PermissionDenied

from accounts.models import Region
from common.moves import MoveRefused
from common.spreadsheets.columns import Ledger
from common.spreadsheets.heads import LedgerSheet
from common.spreadsheets.ledgers.differences import Difference
from common.spreadsheets.ledgers.importer import (
    WARNING,
    Importer,
    Match,
    Problem,
    ReadRow,
    RowRefused,
    problem,
)
from common.spreadsheets.ledgers.record_form import LEARN
from common.spreadsheets.ledgers.record_twins import Twins, find_twins
from common.spreadsheets.ledgers.settling import recheck_rows
from common.spreadsheets.models import ImportBatch, ImportRow, Pile
from common.spreadsheets.rows import RowKind
from common.spreadsheets.terms import Terms
from complaints.county import County, county_of
from complaints.differences import MODEL_FIELDS, blocked, differences, said_by
from complaints.dispatching import may_dispatch
from complaints.judging import problems_of
from complaints.ledger import ORDERS, RECORD
from complaints.matching import Registry, names_of, with_source
from complaints.models import Order
from complaints.reading import OrderReader
from complaints.registering import Registering
from complaints.services import edit
from facilities.words import learn_alias, may_name, words_of

# What a person may leave to the queue: the order is registered, who is to see to it is decided there.
LEFT_TO_QUEUE = frozenset({"company", "community"})
TITLES = {"community": "小区", "company": "供热企业"}


class OrderImporter(Importer):
    """An order is not made of half a row: what cannot be read, or whose community or company nobody knows, waits."""

    names = frozenset({"community", "company", "received_at", RECORD})
    holding = frozenset({"source", "received_at", "category", "content", "community", "company", "room", RECORD})

    def __init__(self, *, by: Any) -> None:
        if not by.has_perm("complaints.import_orders"):
            raise PermissionDenied("您没有导入投诉工单的权限")
        super().__init__(by=by)
        self._file = ("", "")

    @cached_property
    def county(self) -> County:
        return County(county_of(self.by))

    @cached_property
    def terms(self) -> Terms:
        return words_of(self.by, ORDERS.kind)

    @cached_property
    def ledger(self) -> Ledger:  # type: ignore[override]
        return ORDERS.extended(self.terms.heads)

    @cached_property
    def reader(self) -> OrderReader:
        return OrderReader(self.county, self.terms)

    @cached_property
    def registry(self) -> Registry:
        return Registry(self.county.region, *self._file)

    # --- reading ---

    def start(self, batch: ImportBatch, found: LedgerSheet) -> None:
        self.sheet, self._file = found, (batch.sha256, found.sheet)

    def rows(self) -> Iterator[ReadRow]:
        entries = [row for row in self.sheet.rows if row.kind is RowKind.DATA]
        read = [self.reader.read(row) for row in entries]
        fields = {row.row: row.fields for row in read}
        self.registry.load(fields.values())
        said = {number: with_source(each) for number, each in fields.items()}
        twins = find_twins(entries, lambda row: names_of(fields[row.number]), lambda row: said[row.number])
        entries_read = iter(read)
        for row in self.sheet.rows:
            if row.kind is RowKind.DATA:
                yield _beside_twins(next(entries_read), twins)
            else:
                yield ReadRow(row.number, Pile.SKIPPED, {}, row.raw, reason=row.reason)

    # --- judging ---

    def problems(self, fields: Mapping[str, Any]) -> list[Problem]:
        return problems_of(fields, self.county)

    def missing(self, fields: Mapping[str, Any]) -> list[Problem]:
        required = {column.name: column.title for column in ORDERS.columns if column.required}
        return [problem(name, "", f"请填写{title}") for name, title in required.items() if not fields.get(name)]

    def find(self, row: int, fields: Mapping[str, Any]) -> Match | None:
        return self.registry.find(row, fields)

    def same_as(self, row: ImportRow, *, is_another: bool) -> Match | None:
        self._file = (row.batch.sha256, row.batch.head.get("sheet", ""))
        if is_another:
            row.fields = {name: value for name, value in row.fields.items() if name != RECORD}
        self.registry.load([row.fields])
        return self.registry.named(row.fields)

    def items(self, pks: Iterable[int]) -> dict[int, Order]:
        visible = Order.objects.visible_to(self.by).filter(pk__in=set(pks))
        return {order.pk: order for order in visible.select_related("community", "company", "county", "season")}

    def match_of(self, item: Order) -> Match:
        return Match(item.pk, item.number)

    def foreign(self) -> Problem:
        return problem("number", "", "这是您不能查看的工单")

    def is_settled(self, item: Order) -> bool:
        return not item.state.is_open

    def differences(self, row: ImportRow, head: Mapping[str, Any], item: Order) -> list[Difference]:
        wrong = {each["field"] for each in row.problems if not each.get(WARNING)}
        found = differences(said_by(row.fields, row.raw, head), item, self.county)
        return [each for each in found if each.field not in wrong]

    def blocked(self, difference: Difference, item: Order) -> str:
        return blocked(difference, item)

    # --- what a person decides ---

    def unknown(self, row: ImportRow) -> dict[str, str]:
        """By column the names in the row that nobody knows and that the user may teach the site."""
        if not may_name(self.by):
            return {}
        known = {"community": self.county.community, "company": self.county.unit}
        return {name: text for name, find in known.items() if (text := row.fields.get(name)) and find(text) is None}

    def learn(self, row: ImportRow, values: dict[str, Any]) -> None:
        unknown = self.unknown(row)
        for name in TITLES:
            if not values.pop(LEARN + name, None) or name not in unknown or not values.get(name):
                continue
            find = self.county.community if name == "community" else self.county.unit
            if (target := find(values[name])) is not None:
                learn_alias(county=self.county.region, alias=unknown[name], target=target, by=self.by)
                self._forget()
                others = row.batch.rows.filter(**{f"fields__{name}": unknown[name]}).exclude(pk=row.pk)
                recheck_rows(others, self)

    def _forget(self) -> None:
        for known in ("county", "reader", "registry"):
            self.__dict__.pop(known, None)

    # --- writing ---

    def begin(self, batch: ImportBatch, *, dispatch: bool = False, queue: bool = False) -> None:  # type: ignore[override]
        """`dispatch`: hand out what has a certain company. `queue`: register also what only lacks community or
        company."""
        if dispatch and not may_dispatch(self.by):
            raise PermissionDenied("您没有派单的权限，请去掉“导入并派单”")
        self._file = (batch.sha256, batch.head.get("sheet", ""))
        self._forget()
        # Others who import for this county wait here, so that what they register is seen.
        Region.objects.select_for_update(no_key=True).get(pk=self.county.region.pk)
        if queue:
            batch.rows.filter(pk__in=[row.pk for row in for_queue(batch, self)]).update(pile=Pile.READY)
        ready = batch.rows.filter(pile=Pile.READY)
        self.registry.load(ready.values_list("fields", flat=True).iterator(chunk_size=2000))
        self.registering = Registering(batch, self.county, by=self.by, dispatch=dispatch)

    def create(self, rows: Sequence[ImportRow]) -> list[int]:
        return [order.pk for order in self.registering.register(rows)]

    def held(self, pk: int) -> Order | None:
        visible = Order.objects.visible_to(self.by).select_for_update(of=("self",))
        return visible.select_related("community", "company", "county", "season").filter(pk=pk).first()

    def apply(self, row: ImportRow, item: Order, found: Sequence[Difference]) -> None:
        values = {MODEL_FIELDS.get(each.field, each.field): each.value for each in found}
        try:
            edit(item, by=self.by, version=item.version, values=values)
        except MoveRefused as refused:
            raise RowRefused(str(refused)) from refused


def for_queue(batch: ImportBatch, importer: OrderImporter) -> list[ImportRow]:
    """The waiting rows that lack nothing but who is to see to them."""
    waiting = batch.rows.filter(pile=Pile.WAITS, conflict="", item_id=None).only("pk", "problems", "row")
    held = ((row, [each for each in row.problems if importer.holds_up([each])]) for row in waiting)
    return [row for row, problems in held if problems and {each["field"] for each in problems} <= LEFT_TO_QUEUE]


def _beside_twins(row: ReadRow, twins: Twins) -> ReadRow:
    if other := twins.contradicts.get(row.row):
        row.conflict = f"第 {other} 行是同一个工单号，内容不同，请核对以哪一行为准"
    elif same := twins.repeats.get(row.row):
        row.pile, row.repeats, row.reason = Pile.REPEAT, same, f"与第 {same} 行相同"
    return row
