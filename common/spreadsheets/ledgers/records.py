"""Ledgers whose rows are the records of one table: from its columns come import, template, export and round trip.

class Communities(RecordKind):
    ledger, model, key, links = COMMUNITIES, Community, ("name",), {"company": Directory.unit}
"""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from types import SimpleNamespace
from typing import Any, BinaryIO, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, QueryDict

from common.filters import LedgerFilterSet
from common.spreadsheets.cells import clean, is_nothing, one_line
from common.spreadsheets.columns import Column
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.heads import LedgerSheet
from common.spreadsheets.ledgers.differences import VERSION
from common.spreadsheets.ledgers.exporting import Chosen, Look
from common.spreadsheets.ledgers.importer import Importer
from common.spreadsheets.ledgers.kinds import LedgerKind
from common.spreadsheets.ledgers.record_columns import NO_FIELDS, RECORD, SEQUENCE, from_json, json_ready
from common.spreadsheets.ledgers.record_form import RecordForm
from common.spreadsheets.ledgers.record_importer import RecordImporter
from common.spreadsheets.models import ImportRow
from common.spreadsheets.template import write_template
from common.spreadsheets.terms import Terms
from common.text import normalise, normalise_name

CHUNK = 2000


class RecordKind(LedgerKind):
    """A table's ledger: its columns are named as the model's fields, those of `record_ledger` besides.

    `letters`: before the numbers of its records. `filters`: those of its list. `key`: the columns that make a row one
    of the records. `name_column`: by what people call it. `heading_column`: a unit that headings between the rows may
    name. `links`: columns that name rows of other tables, each with what finds such a row: (finder, name) → row or
    None. `remembered`: those whose other names the site can learn.
    """

    model: ClassVar[type[models.Model]]
    letters: ClassVar[str]
    filters: ClassVar[type[LedgerFilterSet]]
    key: ClassVar[tuple[str, ...]]
    name_column: ClassVar[str] = "name"
    heading_column: ClassVar[str] = ""
    links: ClassVar[Mapping[str, Callable[[Any, str], Any]]] = {}
    remembered: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def finder(self, *, by: Any, context: Mapping[str, Any]) -> Any:
        """What `links` look names up in, and where new records belong. `context`: of the batch.

        Raises SpreadsheetError.
        """

    @abstractmethod
    def known(self, finder: Any) -> models.QuerySet[Any]:
        """The records of which a row may be one, whether the user sees them or not."""

    @abstractmethod
    def visible(self, by: Any) -> models.QuerySet[Any]:
        """Those that the user sees."""

    @abstractmethod
    def create(self, lots: Sequence[dict[str, Any]], finder: Any, *, by: Any) -> Sequence[models.Model]:
        """A new record of each lot of values, all or none, on the site's journal. Raises ValidationError."""

    @abstractmethod
    def change(self, record: Any, values: dict[str, Any], *, by: Any) -> None:
        """Raises ValidationError."""

    @abstractmethod
    def offered(self, *, by: Any) -> Mapping[str, Sequence[str]]:
        """By column the names that a person may choose from."""

    def may_remember(self, by: Any) -> bool:
        """Whether the user may teach the site other names of what `remembered` columns name."""
        return False

    def remember(self, alias: str, target: Any, finder: Any, *, by: Any) -> None:
        """From now on the name means that row of another table. Raises ValidationError."""
        raise NotImplementedError

    def terms(self, *, by: Any) -> Terms:
        """The further words of the user's bureau."""
        return Terms()

    def lock(self, finder: Any) -> None:
        """Others who import into the same place wait until the transaction ends."""

    def defaults(self, found: LedgerSheet, finder: Any) -> dict[str, str]:
        """By column what holds where the file has no such column."""
        return {}

    def called_otherwise(self, values: Mapping[str, Any], finder: Any) -> models.Model | None:
        """The record that these values call by a name that the site has learned for it."""
        return None

    def problems_of(self, values: Mapping[str, Any], *, by: Any) -> Mapping[str, str]:
        """{column: what is expected instead} of values that do not go together, or that are not the user's to give."""
        return {}

    def blocked(self, record: Any, *, by: Any) -> str:
        """Why the user may not change a record that they see, in Chinese; empty if they may."""
        return ""

    def example(self, offered: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
        """A row that shows how, for the template."""
        return {}

    # --- what follows from these ---

    @cached_property
    def fields(self) -> tuple[Column, ...]:
        """The columns that are fields of the model."""
        return tuple(column for column in self.ledger.columns if column.name not in NO_FIELDS)

    @property
    def editor(self) -> Sequence[str]:  # type: ignore[override]
        return [column.name for column in self.fields]

    def importer(self, *, by: Any, context: Mapping[str, Any]) -> Importer:
        return RecordImporter(self, by=by, context=context)

    def row_form(self, data: Any, *, row: ImportRow, importer: Importer) -> RecordForm:
        unknown = importer.unknown(row) if isinstance(importer, RecordImporter) else {}
        return RecordForm(data, row=row, kind=self, offered=self.offered(by=importer.by), unknown=unknown)

    def may_be_empty(self, column: Column) -> bool:
        """Whether an empty cell of a file that went out from here empties the field."""
        field = self.model._meta.get_field(column.name)
        return not column.required and bool(field.null or getattr(field, "blank", False))

    def number_of(self, record: Any) -> str:
        """系统编号: XQ-12. The letters are the kind's own, so that another kind's table is not taken for this one's."""
        return f"{self.letters}-{record.pk}"

    def pk_of(self, number: str) -> int | None:
        letters, _, digits = normalise(number).upper().partition("-")
        is_ours = letters == self.letters and digits.isascii() and digits.isdigit() and len(digits) < 19
        return int(digits) if is_ours else None

    def spoken(self, column: str, value: Any) -> Any:
        """A value of the model or of a row as people read it."""
        if value is None or value == "":
            return ""
        declared = self.ledger.by_name[column]
        if isinstance(value, models.Model):
            return str(value)
        shown = declared.format(from_json(declared, value))
        return f"{shown.normalize():f}" if isinstance(shown, Decimal) else str(shown)

    def registered(self, pks: Sequence[int]) -> str:
        return f"已登记 {len(pks)} {self.measure}{self.noun}。"

    def write_blank(self, out: BinaryIO, *, source: HttpRequest) -> str:
        by, offered = source.user, self.offered(by=source.user)
        write_template(
            out, ledger=self.ledger, title=self.ledger.title, lists=offered, example=self.example(offered),
            unit_line=f"填报单位：{by.unit.name if by.unit_id else ''}",  # type: ignore[union-attr]
        )  # fmt: skip
        return f"{self.file_stem}-模板.xlsx"

    def columns_of(self, look: Look) -> Sequence[str]:
        return [*self.editor, RECORD, VERSION] if look == Look.PLAIN else self.ledger.shown

    def export_title(self, chosen: Chosen, *, by: Any) -> str:
        return self.ledger.title

    def export_rows(self, chosen: Chosen, columns: Sequence[str], *, in_groups: bool) -> Iterator[Sequence[Any]]:
        records = chosen.items.select_related(*self.links)
        if in_groups and self.subtotals:
            # Each group together, in the list's order within it.
            by = self.subtotals.by
            order = records.query.order_by or records.model._meta.ordering
            records = records.order_by(by, *order)
        for number, record in enumerate(records.iterator(chunk_size=CHUNK), 1):
            yield [self._exported(record, name, number) for name in columns]

    def _exported(self, record: Any, column: str, number: int) -> Any:
        if column == SEQUENCE:
            return number
        if column == RECORD:
            return self.number_of(record)
        if column == VERSION:
            return self.version_of(record)
        value = getattr(record, column)
        return str(value) if isinstance(value, models.Model) else value

    def version_of(self, record: Any) -> str:
        """Letters that change whenever a field of the ledger does; no office program takes them for a number."""
        texts = [str(self.spoken(column.name, getattr(record, column.name))) for column in self.fields]
        digest = sha256("\x1f".join(texts).encode()).hexdigest()[:8]
        return digest.translate(str.maketrans("0123456789abcdef", "ghjkmnpqrtabcdef"))

    def command_context(self, *, by: Any, season: str, create_missing: bool) -> dict[str, Any]:
        self._refuse_season(season)
        if create_missing:
            raise SpreadsheetError(f"导入{self}时不建立别的单位和小区，请先建立")
        return {}

    def _refuse_season(self, season: Any) -> None:
        if season:
            raise SpreadsheetError(f"{self}不分采暖季，请去掉采暖季")

    def chosen(
        self, source: Any, *, query: str = "", pks: Sequence[int] | None = None, scope: Mapping[str, Any] | None = None
    ) -> Chosen:
        self._refuse_season((scope or {}).get("season"))
        user = getattr(source, "user", source)
        visible = self.visible(user)
        if pks is not None:
            return Chosen(visible.filter(pk__in=pks), "在列表里逐条勾选")
        filters = self.filters(QueryDict(query), queryset=visible, request=SimpleNamespace(user=user))
        return Chosen(filters.qs, filters.bar.in_words or "没有筛选", tuple(map(str, filters.bar.errors)))

    def read(self, column: Column, text: str, head: str, words: Mapping[str, str] | None = None) -> tuple[Any, str]:
        """(the JSON-ready value of a cell, what is expected instead, in Chinese; empty if nothing is wrong).

        `words`: {wording as names are compared: value} that the bureau has added.
        """
        plain = clean(text)
        if is_nothing(plain):
            return None, ""
        if own := (words or {}).get(normalise_name(plain)):
            return own, ""
        if column.parse is None:
            value: Any = one_line(plain)
        else:
            reading = column.parse(plain, head)
            if reading.expected:
                return None, reading.expected
            value = json_ready(self._rounded(column, reading.value))
        why = self.clean(column, value)
        return (None, why) if why else (value, "")

    def clean(self, column: Column, value: Any) -> str:
        """Why the model does not take the value, in Chinese; empty if it does."""
        if value is None or value == "" or column.name in self.links:
            return ""
        field: Any = self.model._meta.get_field(column.name)
        longest = getattr(field, "max_length", None)
        if longest and isinstance(value, str) and len(value) > longest:
            return f"最多 {longest} 个字，请精简"
        try:
            field.clean(from_json(column, value), None)
        except ValidationError as error:
            return "；".join(error.messages)
        return ""

    def _rounded(self, column: Column, value: Any) -> Any:
        """To the decimals that the field keeps."""
        places = getattr(self.model._meta.get_field(column.name), "decimal_places", None)
        return value.quantize(Decimal(1).scaleb(-places)) if places and isinstance(value, Decimal) else value
