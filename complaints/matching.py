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

AT_ONCE = 1000
# A file has one source where it does not say which: these tables are hotlines' exports.
DEFAULT = Source.HOTLINE

T = TypeVar("T")


def _in_parts(values: Iterable[T]) -> Iterator[list[T]]:
    """As many at a time as one query is asked for."""
    left = iter(values)
    while part := list(islice(left, AT_ONCE)):
        yield part


def source_of(fields: Mapping[str, Any]) -> str:
    return VALUES["source"].get(fields.get("source") or "", DEFAULT.value)


class Registry:
    """The orders that rows of one file may be. `sha256`: of the file, `sheet`: the one in it.

    Asked for by the numbers that the rows have, never the whole table; three queries for every 1 000 rows.
    """

    def __init__(self, county: Region, sha256: str, sheet: str) -> None:
        self._orders = Order.objects.filter(county=county)
        self._by_number: dict[tuple[str, str], Match] = {}
        self._by_own: dict[str, Match] = {}
        self._by_content: dict[tuple[str, str], Match] = {}
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
            if number := fields.get("number"):
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
            # Without a number it is the same if all that was said is the same.
            found = self._orders.filter(outside_number="", received_at__in=these)
            for pk, label, moment, content in found.values_list("pk", "number", "received_at", "content"):
                self._by_content[moment.isoformat(), normalise_name(content)] = Match(pk, label)

    def find(self, row: int, fields: Mapping[str, Any]) -> Match | None:
        return self._by_row.get(row) or self.named(fields)

    def named(self, fields: Mapping[str, Any]) -> Match | None:
        if record := fields.get(RECORD):
            return self._by_own.get(normalise_name(record).upper())
        if number := fields.get("number"):
            return self._by_number.get((source_of(fields), number))
        if not (self._by_content and fields.get("received_at")):
            return None
        moment = dt.datetime.fromisoformat(fields["received_at"]).astimezone(dt.UTC)
        return self._by_content.get((moment.isoformat(), normalise_name(fields.get("content") or "")))
