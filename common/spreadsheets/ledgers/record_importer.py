"""How a ledger of records is read: each column by itself, by what is declared for it."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from common.spreadsheets.cells import is_nothing, looks_like_unit
from common.spreadsheets.columns import Column, Ledger
from common.spreadsheets.heads import LedgerSheet
from common.spreadsheets.ledgers.differences import VERSION, Difference, Said, is_same_text
from common.spreadsheets.ledgers.importer import (
    COMPARED,
    WARNING,
    Importer,
    Match,
    Problem,
    ReadRow,
    RowRefused,
    problem,
)
from common.spreadsheets.ledgers.record_columns import RECORD, from_json
from common.spreadsheets.ledgers.record_form import LEARN
from common.spreadsheets.ledgers.record_registry import Key, Registry, key_of
from common.spreadsheets.ledgers.record_twins import Twins, find_twins
from common.spreadsheets.ledgers.settling import recheck_rows
from common.spreadsheets.models import ImportBatch, ImportRow, Pile
from common.spreadsheets.rows import LedgerRow, RowKind
from common.spreadsheets.terms import Terms

if TYPE_CHECKING:
    from common.spreadsheets.ledgers.records import RecordKind

MISSING = "请填写{}"


class RecordImporter(Importer):
    """What cannot be read of a row holds it up: a record is not made of half a row."""

    def __init__(self, kind: "RecordKind", *, by: Any, context: Mapping[str, Any]) -> None:
        if not by.has_perm(kind.import_permission):
            raise PermissionDenied(f"您没有导入{kind}的权限")
        super().__init__(by=by)
        self.kind, self.context = kind, context
        self._file = ("", "")
        self.names = frozenset({*kind.links, RECORD})
        self.holding = frozenset({*(column.name for column in kind.fields), RECORD})

    @cached_property
    def finder(self) -> Any:
        return self.kind.finder(by=self.by, context=self.context)

    @cached_property
    def terms(self) -> Terms:
        return self.kind.terms(by=self.by)

    @cached_property
    def ledger(self) -> Ledger:  # type: ignore[override]
        return self.kind.ledger.extended(self.terms.heads)

    @cached_property
    def _may_be_empty(self) -> frozenset[str]:
        return frozenset(column.name for column in self.kind.fields if self.kind.may_be_empty(column))

    # --- reading ---

    def start(self, batch: ImportBatch, found: LedgerSheet) -> None:
        self.sheet, self._file = found, (batch.sha256, found.sheet)
        self.defaults = self.kind.defaults(found, self.finder)

    @cached_property
    def registry(self) -> Registry:
        return Registry(self.kind, self.finder, *self._file)

    def _is_of(self, batch: ImportBatch) -> None:
        self._file = (batch.sha256, batch.head.get("sheet", ""))

    def rows(self) -> Iterator[ReadRow]:
        entries = [row for row in self.sheet.rows if row.kind is RowKind.DATA]
        twins = find_twins(entries, self._names_of, lambda row: self._read(row).fields)
        for row in self.sheet.rows:
            if row.kind is not RowKind.DATA:
                yield ReadRow(row.number, Pile.SKIPPED, {}, row.raw, reason=row.reason)
            else:
                yield self._beside_twins(self._read(row), twins)

    def _names_of(self, row: LedgerRow) -> list[Hashable]:
        """By what the row is a record: its key, and the number in a file that went out from here."""
        key = self._key({name: self._field(row, name)[0] for name in self.kind.key})
        number = row.text(RECORD).strip()
        return [*([("key", key)] if key else []), *([("number", number)] if number else [])]

    def _beside_twins(self, row: ReadRow, twins: Twins) -> ReadRow:
        if other := twins.contradicts.get(row.row):
            row.conflict = f"第 {other} 行说的也是这一{self.kind.measure}{self.kind.noun}，内容不同，请核对以哪一行为准"
        elif same := twins.repeats.get(row.row):
            row.pile, row.repeats, row.reason = Pile.REPEAT, same, f"与第 {same} 行相同"
        return row

    def _read(self, row: LedgerRow) -> ReadRow:
        problems, fields = [], {}
        for column in self.kind.fields:
            value, expected = self._field(row, column.name)
            if value is None and not expected and column.required:
                expected = MISSING.format(column.title)
            if expected:
                text = self._text(row, column.name).strip()
                problems.append(problem(column.name, text, expected, row.address(column.name)))
            fields[column.name] = value
        if number := row.text(RECORD).strip():
            fields[RECORD] = number
        problems += self._not_together(fields, problems)
        return ReadRow(row.number, Pile.READY, fields, row.raw, problems)

    def _field(self, row: LedgerRow, name: str) -> tuple[Any, str]:
        head = f"{row.head(name)}\n{self.sheet.measures}"
        return self.kind.read(self.kind.ledger.by_name[name], self._text(row, name), head, self.terms.values.get(name))

    def _text(self, row: LedgerRow, name: str) -> str:
        """What the row says in the column; else the unit of the heading above it; else what holds for the file."""
        text = row.text(name)
        if is_nothing(text) and name == self.kind.heading_column and looks_like_unit(row.section):
            return row.section
        return text if row.has(name) else self.defaults.get(name, "")

    def _not_together(self, fields: Mapping[str, Any], problems: Sequence[Problem]) -> list[Problem]:
        if problems:
            return []
        found = self.kind.problems_of(self.values(fields), by=self.by)
        return [problem(name, self.kind.spoken(name, fields.get(name)), why) for name, why in found.items()]

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
        return key_of(values[name] for name in self.kind.key)

    def problems(self, fields: Mapping[str, Any]) -> list[Problem]:
        found = [
            problem(name, text, f"没有名为“{text}”的{self.kind.ledger.by_name[name].title}，请先建立，或改为已有的名称")
            for name in self.kind.links
            if (text := fields.get(name)) and self.link(name, text) is None
        ]
        number = fields.get(RECORD)
        if number and self.registry.numbered(number) is None:
            expected = f"没有这个编号的{self.kind.noun}，可能是别的表，或编号被改动过；要新登记，请清空系统编号"
            found.append(problem(RECORD, number, expected))
        return found

    def missing(self, fields: Mapping[str, Any]) -> list[Problem]:
        found = [
            problem(column.name, "", MISSING.format(column.title))
            for column in self.kind.fields
            if column.required and fields.get(column.name) in (None, "")
        ]
        return found + self._not_together(fields, found)

    def find(self, row: int, fields: Mapping[str, Any]) -> Match | None:
        return self.registry.of_row(row) or self._named(fields)

    def _named(self, fields: Mapping[str, Any]) -> Match | None:
        """By its number, if it has one; else by its key, else by another name that the site has learned."""
        if number := fields.get(RECORD):
            return self.registry.match(self.registry.numbered(number))
        if match := self.registry.match(self.registry.keyed(self._key(fields))):
            return match
        other = self.kind.called_otherwise(self.values(fields), self.finder)
        return self.registry.match(other.pk) if other else None

    def same_as(self, row: ImportRow, *, is_another: bool) -> Match | None:
        self._is_of(row.batch)
        if is_another:
            row.fields = {name: value for name, value in row.fields.items() if name != RECORD}
        return self._named(row.fields)

    def items(self, pks: Iterable[int]) -> dict[int, Any]:
        visible = self.kind.visible(self.by).filter(pk__in=set(pks)).select_related(*self.kind.links)
        return {record.pk: record for record in visible}

    def match_of(self, item: Any) -> Match:
        return Match(item.pk, str(getattr(item, self.kind.name_column)))

    def foreign(self) -> Problem:
        return problem(self.kind.name_column, "", f"这是别的单位的{self.kind.noun}，您不能修改")

    def compare(self, row: ImportRow, head: Mapping[str, Any], match: Match, item: Any) -> None:
        if item is not None:
            # A name that stands there already need not be known any more: a company that is no longer active.
            row.problems = [each for each in row.problems if not self._is_as_it_was(each, item)]
        super().compare(row, head, match, item)
        is_unclear = any(each["read"] and not each.get(WARNING) for each in row.problems)
        if item is not None and row.pile == Pile.REPEAT and is_unclear and not match.is_same_row:
            row.pile = Pile.WAITS

    def _is_as_it_was(self, each: Problem, item: Any) -> bool:
        return each["field"] in self.kind.links and each["read"] == str(getattr(item, each["field"]) or "")

    def _said(self, row: ImportRow, head: Mapping[str, Any]) -> Said:
        carried = self.kind.ledger.carried
        return Said(row.fields, row.raw, head, may_be_empty=self._may_be_empty, carried=carried)

    def differences(self, row: ImportRow, head: Mapping[str, Any], item: Any) -> list[Difference]:
        said, values = self._said(row, head), self.values(row.fields)
        wrong = {each["field"] for each in row.problems if not each.get(WARNING)}
        return [
            found
            for column in self.kind.fields
            if said.says(column.name)
            and column.name not in wrong
            and not self._is_unknown(column, row.fields, values)
            and not self._is_other_name(column, values, item)
            and (found := self._difference(column, getattr(item, column.name), values[column.name]))
        ]

    def _is_unknown(self, column: Column, fields: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
        """Whether the row names something that the site does not have, which changes nothing and empties nothing."""
        return column.name in self.kind.links and bool(fields.get(column.name)) and values[column.name] is None

    def _is_other_name(self, column: Column, values: Mapping[str, Any], item: Any) -> bool:
        """Whether the row calls the record by a name that the site has learned for it, which renames nothing."""
        return column.name == self.kind.name_column and self.kind.called_otherwise(values, self.finder) == item

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

    def blocked(self, difference: Difference, item: Any) -> str:
        return self.kind.blocked(item, by=self.by)

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
        self._is_of(batch)
        for known in ("finder", "registry"):
            self.__dict__.pop(known, None)
        # Others who import the same kind wait here, so that what they register is seen.
        self.kind.lock(self.finder)

    def create(self, rows: Sequence[ImportRow]) -> list[int | None]:
        fresh: dict[Key | int, ImportRow] = {}
        for row in rows:
            key = self._key(row.fields)
            if (key or row.pk) in fresh or self.registry.keyed(key):
                continue
            fresh[key or row.pk] = row
        made = self._made([*fresh.values()])
        for row in rows:
            if row.pk not in made:
                self._leave(row, made)
        return [made.get(row.pk) for row in rows]

    def _made(self, rows: Sequence[ImportRow]) -> dict[int, int]:
        """Records of the rows, all at once; one by one if something is wrong with one of them. {row's pk: record's}"""
        lots = [{name: value for name, value in self.values(row.fields).items() if value is not None} for row in rows]
        try:
            with transaction.atomic():
                records = self.kind.create(lots, self.finder, by=self.by)
        except ValidationError as error:
            if len(rows) == 1:
                name = self.kind.name_column
                rows[0].problems = [problem(name, str(rows[0].fields.get(name) or ""), "；".join(error.messages))]
                return {}
            return {pk: made for row in rows for pk, made in self._made([row]).items()}
        for row, record in zip(rows, records, strict=True):
            self.registry.add(record, self._key(row.fields))
        return {row.pk: record.pk for row, record in zip(rows, records, strict=True)}

    def _leave(self, row: ImportRow, made: Mapping[int, int]) -> None:
        """What was registered a moment ago, by a row above or by somebody else, or is refused: a person looks at it."""
        match = self._named(row.fields)
        if match:
            self.compare(row, row.batch.head, match, self.items([match.pk]).get(match.pk))
        else:
            row.pile = Pile.WAITS
        row.save(update_fields=COMPARED)

    def held(self, pk: int) -> Any:
        visible = self.kind.visible(self.by).select_for_update(of=("self",))
        return visible.select_related(*self.kind.links).filter(pk=pk).first()

    def apply(self, row: ImportRow, item: Any, found: Sequence[Difference]) -> None:
        try:
            self.kind.change(item, {each.field: each.value for each in found}, by=self.by)
        except ValidationError as error:
            raise RowRefused("；".join(error.messages)) from error
