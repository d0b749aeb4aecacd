"""Which row of an imported ledger a photo belongs to, by the serial in its name and the folders around it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from common.spreadsheets.models import ImportBatch, ImportRow, Pile
from common.spreadsheets.photo_names import serial_key
from common.text import normalise_name
from facilities.directory import Directory
from facilities.models import Season
from inspections.ledger import HAZARDS
from inspections.models import Hazard

SHOWN_ROWS = 5


@dataclass(frozen=True, slots=True)
class RowPlace:
    """The row, or None and why, in Chinese."""

    row: int | None
    problem: str = ""


class RowFinder:
    """The entries of a batch by everything that a photo may be called after. Loaded once; six queries.

    Their 序号 and 编号 as the file has them, the number of the hazard that they repeat or became; where the ledger has
    neither column, their order.
    """

    def __init__(self, batch: ImportBatch) -> None:
        self.rows: dict[int, ImportRow] = {row.row: row for row in entries_of(batch)}
        self._by_key: dict[str, list[int]] = {}
        titles = batch.head.get("columns", {})
        heads = [titles.get(HAZARDS.by_name[name].title) for name in ("sequence", "number")]
        self.has_serials = any(heads)
        for order, row in enumerate(self.rows.values(), 1):
            keys = [row.raw.get(head, "") for head in heads if head] if self.has_serials else [str(order)]
            self._know(row.row, keys)
        items = {row.item_id: row.row for row in self.rows.values() if row.item_id}
        for pk, number in Hazard.objects.filter(pk__in=items).values_list("pk", "number"):
            self._know(items[pk], [number])
        self._directory = Directory(Season.objects.select_related("county").get(pk=batch.context["season"]).county)

    def _know(self, row: int, keys: Iterable[str]) -> None:
        for key in filter(None, map(serial_key, keys)):
            rows = self._by_key.setdefault(key, [])
            if row not in rows:
                rows.append(row)

    @property
    def known(self) -> frozenset[str]:
        return frozenset(self._by_key)

    def find(self, serial: str | None, folders: Sequence[str]) -> RowPlace:
        """The row of that serial; of several, the one whose unit a folder names."""
        if serial is None:
            return RowPlace(None, "从名字看不出是哪一条，请选择对应的行")
        rows = self._by_key.get(serial, [])
        if not rows:
            what = "序号" if self.has_serials else "条数"
            return RowPlace(None, f"台账里没有{what} {serial}，请选择对应的行")
        named = [unit.pk for folder in folders if (unit := self._directory.unit(folder))]
        fitting = [row for row in rows if not named or self._has_unit(row, named)]
        if len(fitting) > 1 and not named:
            fitting = [row for row in rows if self._is_written(row, folders)] or rows
        if len(fitting) == 1:
            return RowPlace(fitting[0])
        if not fitting:
            where = "、".join(folders)
            return RowPlace(None, f"序号 {serial} 的责任单位和文件夹“{where}”对不上，请核对后选择对应的行"[:200])
        return RowPlace(None, f"序号 {serial} 在台账里有 {len(fitting)} 行（{_listed(fitting)}），请选择是哪一行")

    def _units(self, row: int) -> list[str]:
        fields = self.rows[row].fields
        return [name for name in (fields.get("responsible_unit"), *(fields.get("cooperating_units") or [])) if name]

    def _has_unit(self, row: int, units: Sequence[int]) -> bool:
        return any((unit := self._directory.unit(name)) and unit.pk in units for name in self._units(row))

    def _is_written(self, row: int, folders: Sequence[str]) -> bool:
        """Whether a folder bears the name of one of the row's units, whole or in part, known here or not."""
        names = [normalise_name(name) for name in self._units(row)]
        return any(len(folder) > 1 and normalise_name(folder) in name for folder in folders for name in names)


def entries_of(batch: ImportBatch) -> list[ImportRow]:
    """The rows that are entries: no totals, no empty lines."""
    return list(batch.rows.exclude(pile=Pile.SKIPPED).order_by("row"))


def _listed(rows: Sequence[int]) -> str:
    shown = "、".join(str(row) for row in rows[:SHOWN_ROWS])
    return f"第 {shown} 行" + (" 等" if len(rows) > SHOWN_ROWS else "")
