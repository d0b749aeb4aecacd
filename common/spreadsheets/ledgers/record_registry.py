"""Which record of the site a row is: by its number in a file that went out from here, by its key, by its own past."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from common.spreadsheets.ledgers.importer import Match
from common.spreadsheets.models import ImportRow, Pile
from common.text import normalise_name

if TYPE_CHECKING:
    from common.spreadsheets.ledgers.records import RecordKind

Key = tuple[Any, ...]


def key_of(values: Iterable[Any]) -> Key | None:
    """Values of the key's columns as they are compared; None while one of them is missing."""
    parts = tuple(
        normalise_name(value) if isinstance(value, str) else getattr(value, "pk", value) for value in values
    )  # fmt: skip
    return None if any(part in (None, "") for part in parts) else parts


class Registry:
    """The records that there are. `sha256`: of the file that is read, `sheet`: the one in it. Two queries."""

    def __init__(self, kind: "RecordKind", finder: Any, sha256: str, sheet: str) -> None:
        self._kind = kind
        self._labels: dict[int, str] = {}
        self._by_key: dict[Key, int] = {}
        names = [f"{name}_id" if name in kind.links else name for name in kind.key]
        # A record that is called as a row of another table is has that row's name.
        label_field = f"{kind.name_column}__name" if kind.name_column in kind.links else kind.name_column
        for pk, label, *values in kind.known(finder).values_list("pk", label_field, *names):
            self._know(pk, label, key_of(values))
        imported = ImportRow.objects.filter(
            batch__sha256=sha256, batch__kind=kind.name, batch__head__sheet=sheet, pile=Pile.IMPORTED
        )
        self._by_row = dict(imported.values_list("row", "item_id"))

    def _know(self, pk: int, label: Any, key: Key | None) -> None:
        self._labels[pk] = str(label)
        if key:
            # Of two whose names differ only by white space the older one.
            self._by_key.setdefault(key, pk)

    def add(self, record: Any, key: Key | None) -> None:
        self._know(record.pk, getattr(record, self._kind.name_column), key)

    def numbered(self, number: str) -> int | None:
        """The record of this 系统编号, if it is one of this kind's and of those that a row may be."""
        pk = self._kind.pk_of(number)
        return pk if pk in self._labels else None

    def keyed(self, key: Key | None) -> int | None:
        return self._by_key.get(key) if key else None

    def of_row(self, row: int) -> Match | None:
        """What this very row of this very file has become."""
        pk = self._by_row.get(row)
        return Match(pk, self._labels[pk], is_same_row=True) if pk in self._labels else None

    def match(self, pk: int | None) -> Match | None:
        return Match(pk, self._labels[pk]) if pk in self._labels else None
