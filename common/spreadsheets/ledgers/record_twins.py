"""Rows of one file that are the same record: the second repeats the first, or they contradict each other."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from common.spreadsheets.rows import LedgerRow
from common.text import normalise_name


@dataclass(slots=True)
class Twins:
    """By row number: the row that it repeats; the row that says otherwise of the same record."""

    repeats: dict[int, int] = field(default_factory=dict)
    contradicts: dict[int, int] = field(default_factory=dict)


def find_twins(
    rows: Iterable[LedgerRow], names_of: Callable[[LedgerRow], Iterable[Hashable]],
    read: Callable[[LedgerRow], Mapping[str, Any]],
) -> Twins:  # fmt: skip
    """`names_of`: by what a row may be the same record as another. Only rows that share one are read in full."""
    sharing: dict[Hashable, list[LedgerRow]] = {}
    for row in rows:
        for name in names_of(row):
            sharing.setdefault(name, []).append(row)
    twins = Twins()
    for together in sharing.values():
        if len(together) > 1:
            _compare(together, read, twins)
    return twins


def _compare(rows: list[LedgerRow], read: Callable[[LedgerRow], Mapping[str, Any]], twins: Twins) -> None:
    first = rows[0]
    said = _comparable(read(first))
    others = [row for row in rows[1:] if _comparable(read(row)) != said]
    for row in rows[1:]:
        if row in others:
            twins.contradicts.setdefault(row.number, first.number)
        else:
            twins.repeats.setdefault(row.number, first.number)
    if others:
        twins.contradicts.setdefault(first.number, others[0].number)


def _comparable(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: normalise_name(value) if isinstance(value, str) else value for name, value in fields.items()}
