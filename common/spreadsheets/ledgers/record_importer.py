"""How a ledger of records is read: each column by itself, by what is declared for it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError

from common.spreadsheets.cells import is_nothing, looks_like_unit
from common.spreadsheets.columns import Column, Ledger
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.heads import LedgerSheet
from common.spreadsheets.ledgers.differences import VERSION, Difference, Said, is_same_text
from common.spreadsheets.ledgers.importer import Importer, Match, Problem, ReadRow, RowRefused, problem
from common.spreadsheets.ledgers.record_columns import RECORD, from_json
from common.spreadsheets.ledgers.record_form import LEARN
from common.spreadsheets.ledgers.settling import recheck_rows
from common.spreadsheets.models import ImportBatch, ImportRow, Pile
from common.spreadsheets.rows import LedgerRow, RowKind
from common.spreadsheets.terms import Terms
from common.text import normalise_name

if TYPE_CHECKING:
    from common.spreadsheets.ledgers.records import RecordKind

MISSING = "请填写{}"
Key = tuple[Any, ...]


class RecordImporter(Importer):
    """Everything that cannot be read holds its row up: a record is not made of half a row."""

    def __init__(self, kind: "RecordKind", *, by: Any) -> None:
        if not by.has_perm(kind.import_permission):
            raise PermissionDenied(f"您没有导入{kind}的权限")
        super().__init__(by=by)
        self.kind = kind
        self.names = frozenset(kind.links)
        self.holding = frozenset(column.name for column in kind.fields)
        self.defaults: Mapping[str, str] = {}

    @cached_property
    def finder(self) -> Any:
        return self.kind.finder(by=self.by)

    @cached_property
    def terms(self) -> Terms:
        return self.kind.terms(by=self.by)

    @cached_property
    def ledger(self) -> Ledger:  # type: ignore[override]
        return self.kind.ledger.extended(self.terms.heads)

    # --- reading ---

    def start(self, batch: ImportBatch, found: LedgerSheet) -> None:
        self.sheet = found
        self.defaults = self.kind.defaults(found, by=self.by)
        self.registry = self._registry(batch, found.sheet)

    def _registry(self, batch: ImportBatch, sheet: str) -> "_Registry":
        return _Registry(self.kind, self.finder, batch, sheet)

    def rows(self) -> Iterator[ReadRow]:
        first: dict[Key, ReadRow] = {}
        for ledger_row in self.sheet.rows:
            if ledger_row.kind is not RowKind.DATA:
                yield ReadRow(ledger_row.number, Pile.SKIPPED, {}, ledger_row.raw, reason=ledger_row.reason)
                continue
            row = self._read(ledger_row)
            key = self._key(row.fields)
            if key and (same := first.setdefault(key, row)) is not row:
                self._told_twice(row, same, ledger_row)
            yield row

    def _read(self, row: LedgerRow) -> ReadRow:
        problems, fields = [], {}
        for column in self.kind.fields:
            name = column.name
            text = self._text(row, name)
            value, expected = self.kind.read(column, text, row.head(name), self.terms.values.get(name))
            if value is None and not expected and column.required:
                expected = MISSING.format(column.title)
            if expected:
                problems.append(problem(name, text.strip(), expected, row.address(name)))
            fields[name] = value
        if record := row.text(RECORD).strip():
            fields[RECORD] = record
        problems += self._not_together(fields, problems)
        return ReadRow(row.number, Pile.READY, fields, row.raw, problems)

    def _text(self, row: LedgerRow, name: str) -> str:
        """What the row says in the column; else the unit of the heading above it; else what holds for the file."""
        text = row.text(name)
        if is_nothing(text) and name == self.kind.heading_column and looks_like_unit(row.section):
            return row.section
        return text if row.has(name) else self.defaults.get(name, "")

    def _not_together(self, fields: Mapping[str, Any], problems: Sequence[Problem]) -> list[Problem]:
        if problems:
            return []
        found = self.kind.problems_of(self.values(fields))
        return [problem(name, self.kind.spoken(name, fields.get(name)), why) for name, why in found.items()]

    def _told_twice(self, row: ReadRow, same: ReadRow, ledger_row: LedgerRow) -> None:
        """The second of two rows that are the same record repeats the first, if it says the same."""
        if row.fields == same.fields:
            row.pile, row.repeats, row.reason = Pile.REPEAT, same.row, f"与第 {same.row} 行相同"
            return
        name = self.kind.name_column
        told = self.kind.spoken(name, row.fields[name])
        expected = f"第 {same.row} 行也是“{told}”，内容不同，请核对以哪一行为准"
        row.problems.append(problem(name, told, expected, ledger_row.address(name)))

    # --- judging ---

    def link(self, name: str, text: Any) -> Any:
        return self.kind.links[name](self.finder, text) if text else None

    def values(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields as the model takes them; None for a name that nobody knows."""
        return {
            column.name: self.link(column.name, fields.get(column.name))
            if column.name in self.kind.links
            else from_json(column, fields.get(column.name))
            for column in self.kind.fields
        }

    def _key(self, fields: Mapping[str, Any]) -> Key | None:
        values = self.values({name: fields.get(name) for name in self.kind.key})
        key = [values[name] for name in self.kind.key]
        return None if any(part in (None, "") for part in key) else _key_of(key)

    def problems(self, fields: Mapping[str, Any]) -> list[Problem]:
        return [
            problem(name, text, f"系统里没有“{text}”，请先建立，或改为已有的名称")
            for name in self.kind.links
            if (text := fields.get(name)) and self.link(name, text) is None
        ]

    def missing(self, fields: Mapping[str, Any]) -> list[Problem]:
        found = [
            problem(column.name, "", MISSING.format(column.title))
            for column in self.kind.fields
            if column.required and fields.get(column.name) in (None, "")
        ]
        return found + self._not_together(fields, found)

    def find(self, row: int, fields: Mapping[str, Any]) -> Match | None:
        return self.registry.find(row, fields.get(RECORD), self._key(fields))

    def items(self, pks: Iterable[int]) -> dict[int, Any]:
        visible = self.kind.visible(self.by).filter(pk__in=set(pks)).select_related(*self.kind.related)
        return {record.pk: record for record in visible}

    def match_of(self, item: Any) -> Match:
        return Match(item.pk, str(getattr(item, self.kind.name_column)))

    def same_as(self, row: ImportRow) -> Match | None:
        registry = self._registry(row.batch, row.batch.head.get("sheet", ""))
        return registry.named(row.fields.get(RECORD), self._key(row.fields))

    def foreign(self) -> Problem:
        return problem(self.kind.name_column, "", f"这是别的单位的{self.kind.noun}，您不能修改")

    def _said(self, row: ImportRow, head: Mapping[str, Any]) -> Said:
        empty = frozenset(column.name for column in self.kind.fields if not column.required)
        return Said(row.fields, row.raw, head, may_be_empty=empty)

    def differences(self, row: ImportRow, head: Mapping[str, Any], item: Any) -> list[Difference]:
        said, values = self._said(row, head), self.values(row.fields)
        wrong = {each["field"] for each in row.problems}
        return [
            found
            for column in self.kind.fields
            if said.says(column.name) and column.name not in wrong
            if (found := self._difference(column, getattr(item, column.name), values[column.name]))
        ]

    def _difference(self, column: Column, old: Any, new: Any) -> Difference | None:
        # Texts are empty, everything else is None.
        new = "" if new is None and isinstance(old, str) else new
        same = is_same_text(old, new) if isinstance(old, str) and isinstance(new, str) else old == new
        if same:
            return None
        name = column.name
        return Difference(name, self.kind.spoken(name, old), self.kind.spoken(name, new), new)

    def conflict_of(self, row: ImportRow, head: Mapping[str, Any], item: Any) -> str:
        version = self._said(row, head).cell(VERSION)
        if not version or version == self.kind.version_of(item):
            return ""
        return "导出以后系统里又有改动，请核对后再决定是否用表里的内容"

    # --- what a person decides ---

    def unknown(self, row: ImportRow) -> dict[str, str]:
        """By column the names in the row that nobody knows and that the user may teach the site."""
        if not self.kind.may_remember(self.by):
            return {}
        columns = {each["field"] for each in row.problems} & self.kind.remembered
        return {name: text for name in columns if (text := row.fields.get(name)) and self.link(name, text) is None}

    def learn(self, row: ImportRow, values: dict[str, Any]) -> None:
        unknown = self.unknown(row)
        wanted = {name for name in self.kind.links if values.pop(LEARN + name, None)}
        for name in wanted & unknown.keys():
            if target := self.link(name, values.get(name)):
                self.kind.remember(unknown[name], target, self.finder, by=self.by)
                del self.finder
                others = row.batch.rows.filter(**{f"fields__{name}": unknown[name]}).exclude(pk=row.pk)
                recheck_rows(others, self)

    # --- writing ---

    def begin(self, batch: ImportBatch, **choices: Any) -> None:
        self.__dict__.pop("finder", None)
        self.registry = self._registry(batch, batch.head.get("sheet", ""))

    def create(self, rows: Sequence[ImportRow]) -> list[int]:
        created = []
        for row in rows:
            key = self._key(row.fields)
            if key and self.registry.named(None, key):
                same = f"同一{self.kind.measure}{self.kind.noun}"
                raise SpreadsheetError(f"第 {row.row} 行和前面的行是{same}，请先处理其中一行")
            values = {name: value for name, value in self.values(row.fields).items() if value is not None}
            try:
                record = self.kind.create(values, self.finder, by=self.by)
            except ValidationError as error:
                raise SpreadsheetError(f"第 {row.row} 行：{'；'.join(error.messages)}") from error
            self.registry.add(record, key)
            created.append(record.pk)
        return created

    def apply(self, row: ImportRow, item: Any, found: Sequence[Difference]) -> None:
        try:
            self.kind.change(item, {each.field: each.value for each in found}, by=self.by)
        except ValidationError as error:
            raise RowRefused("；".join(error.messages)) from error


def _key_of(values: Iterable[Any]) -> Key:
    return tuple(normalise_name(value) if isinstance(value, str) else getattr(value, "pk", value) for value in values)


class _Registry:
    """The records that there are: by their key, by their number in a file that went out from here, and by the row of
    the same file that they were made of. Two queries."""

    def __init__(self, kind: "RecordKind", finder: Any, batch: ImportBatch, sheet: str) -> None:
        self.kind = kind
        self._by_pk: dict[int, str] = {}
        self._by_key: dict[Key, int] = {}
        names = [f"{name}_id" if name in kind.links else name for name in kind.key]
        for pk, name, *key in kind.known(finder).values_list("pk", kind.name_column, *names):
            self._by_pk[pk] = str(name)
            self._by_key[_key_of(key)] = pk
        imported = ImportRow.objects.filter(
            batch__sha256=batch.sha256, batch__kind=kind.name, batch__head__sheet=sheet, pile=Pile.IMPORTED
        )
        self._by_row = dict(imported.values_list("row", "item_id"))

    def add(self, record: Any, key: Key | None) -> None:
        self._by_pk[record.pk] = str(getattr(record, self.kind.name_column))
        if key:
            self._by_key[key] = record.pk

    def find(self, row: int, record: str | None, key: Key | None) -> Match | None:
        if (same := self._by_row.get(row)) in self._by_pk:
            return Match(same, self._by_pk[same], is_same_row=True)
        return self.named(record, key)

    def named(self, record: str | None, key: Key | None) -> Match | None:
        """`record`: the number in a file that went out from here."""
        numbered = int(record) if record and record.isascii() and record.isdigit() and len(record) < 19 else None
        pk = numbered if numbered in self._by_pk else self._by_key.get(key) if key else None
        return Match(pk, self._by_pk[pk]) if pk is not None else None
