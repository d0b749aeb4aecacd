"""Which order of the site a row of an export is: by its number there, by ours, by its own past."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

from accounts.models import Region
from common.spreadsheets.ledgers.importer import Match
from common.spreadsheets.models import ImportRow, Pile
from common.text import normalise_name
from complaints.enums import Source
from complaints.ledger import ORDERS, RECORD, VALUES
from complaints.models import Order
from complaints.reading import HOUSE
from complaints.rules import outside_number

AT_ONCE = 1000
# A file has one source where it does not say which: these tables are hotlines' exports.
DEFAULT = Source.HOTLINE
WHERE = ("address", *HOUSE)

T = TypeVar("T")


def _in_parts(values: Iterable[T]) -> Iterator[list[T]]:
    """As many at a time as one query is asked for."""
    left = iter(values)
    while part := list(islice(left, AT_ONCE)):
        yield part


def source_of(fields: Mapping[str, Any]) -> str:
    return VALUES["source"].get(fields.get("source") or "", DEFAULT.value)


def with_source(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields to be compared: who says nothing of the source says the file's."""
    return {**fields, "source": source_of(fields)}


def number_of(fields: Mapping[str, Any]) -> str:
    return outside_number(fields.get("number") or "")


def said_of(moment: dt.datetime, content: str, phone: str, *where: str) -> tuple[str, ...]:
    """What makes an order without a number the same as another: all that was said, and by whom; where no phone is
    given, of which flat."""
    who = [phone] if phone else [*where]
    return (moment.astimezone(dt.UTC).isoformat(), *(normalise_name(each or "") for each in (content, *who)))


def _said_in(fields: Mapping[str, Any]) -> tuple[str, ...] | None:
    if not fields.get("received_at"):
        return None
    moment = dt.datetime.fromisoformat(fields["received_at"])
    content, phone, *where = (fields.get(name) or "" for name in ("content", "phone", *WHERE))
    return said_of(moment, content, phone, *where)


def names_of(fields: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """By what a row is the same order as another of its file."""
    if record := fields.get(RECORD):
        return [("record", record)]
    if number := number_of(fields):
        return [(source_of(fields), number)]
    return [said] if (said := _said_in(fields)) else []


class Registry:
    """The orders that rows of one file may be. `sha256`: of the file, `sheet`: the one in it.

    Asked for by the numbers that the rows have, never the whole table; three queries for every 1 000 rows.
    """

    def __init__(self, county: Region, sha256: str, sheet: str) -> None:
        self._orders = Order.objects.filter(county=county)
        self._by_number: dict[tuple[str, str], Match] = {}
        self._by_own: dict[str, Match] = {}
        self._by_said: dict[tuple[str, ...], Match] = {}
        imported = ImportRow.objects.filter(
            batch__sha256=sha256, batch__kind=ORDERS.kind, batch__head__sheet=sheet, pile=Pile.IMPORTED
        )
        rows = dict(imported.values_list("row", "item_id"))
        numbers: dict[int, str] = {}
        for part in _in_parts(pk for pk in rows.values() if pk):
            numbers |= dict(self._orders.filter(pk__in=part).values_list("pk", "number"))
        self._by_row = {row: Match(pk, numbers[pk], True) for row, pk in rows.items() if pk in numbers}

    def load(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Look up what these rows name; each is the fields of one."""
        numbers, own, moments = set(), set(), set()
        for fields in rows:
            if record := fields.get(RECORD):
                own.add(normalise_name(record).upper())
            if number := number_of(fields):
                numbers.add(number)
            elif fields.get("received_at"):
                moments.add(dt.datetime.fromisoformat(fields["received_at"]))
        for part in _in_parts(numbers):
            found = self._orders.filter(outside_number__in=part)
            for pk, label, source, number in found.values_list("pk", "number", "source", "outside_number"):
                self._by_number[source, number] = Match(pk, label)
        for part in _in_parts(own):
            for pk, label in self._orders.filter(number__in=part).values_list("pk", "number"):
                self._by_own[label] = Match(pk, label)
        for these in _in_parts(moments):
            found = self._orders.filter(outside_number="", received_at__in=these)
            names = ("pk", "number", "received_at", "content", "phone", *WHERE)
            for pk, label, *said in found.values_list(*names):
                self._by_said[said_of(*said)] = Match(pk, label)

    def find(self, row: int, fields: Mapping[str, Any]) -> Match | None:
        return self._by_row.get(row) or self.named(fields)

    def named(self, fields: Mapping[str, Any]) -> Match | None:
        if record := fields.get(RECORD):
            return self._by_own.get(normalise_name(record).upper())
        if number := number_of(fields):
            return self._by_number.get((source_of(fields), number))
        said = _said_in(fields) if self._by_said else None
        return self._by_said.get(said) if said else None
