"""Which hazard of the season a row of a ledger is, if it is one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from common.spreadsheets.ledgers.importer import Match
from common.spreadsheets.models import ImportRow, Pile
from common.text import normalise_name
from facilities.directory import Directory
from facilities.models import Season
from inspections.enums import HazardStatus
from inspections.ledger import HAZARDS
from inspections.models import Hazard


@dataclass(frozen=True, slots=True)
class Registered:
    pk: int
    number: str
    # In ISO; only for telling a new occurrence from the old one.
    found_on: str
    is_closed: bool

    def match(self, *, is_same_row: bool = False) -> Match:
        return Match(self.pk, self.number, is_same_row)


class Registry:
    """The season's hazards by what makes a row one of them: its number; else point, problem and unit.

    A struck-off hazard whose point, problem and unit stand with another day found is another one. `sha256`: of the file
    that is read, `sheet`: the one in it. Loaded once, two queries.
    """

    def __init__(self, season: Season, sha256: str, sheet: str) -> None:
        self._by_number: dict[str, Registered] = {}
        self._by_content: dict[int, list[Registered]] = {}
        by_pk: dict[int, Registered] = {}
        rows = Hazard.objects.filter(season=season).exclude(status=HazardStatus.VOID).order_by("pk")
        for pk, number, point, description, unit_id, found_on, status in rows.values_list(
            "pk", "number", "problem_point", "description", "lead_unit_id", "found_on", "status"
        ).iterator():
            hazard = Registered(pk, number, str(found_on), status == HazardStatus.CLOSED)
            by_pk[pk] = self._by_number[number] = hazard
            self._by_content.setdefault(_key(point, description, unit_id), []).append(hazard)
        imported = ImportRow.objects.filter(
            batch__sha256=sha256, batch__kind=HAZARDS.kind, batch__head__sheet=sheet, pile=Pile.IMPORTED
        )
        self._by_row = {row: by_pk[item] for row, item in imported.values_list("row", "item_id") if item in by_pk}

    def find(self, row: int, fields: Mapping[str, Any], directory: Directory) -> Match | None:
        if same := self._by_row.get(row):
            return same.match(is_same_row=True)
        if numbered := self._by_number.get(normalise_name(fields.get("number") or "").upper()):
            return numbered.match()
        point, description = fields.get("problem_point") or "", fields.get("description") or ""
        unit = directory.unit(fields["responsible_unit"]) if fields.get("responsible_unit") else None
        found_on = fields.get("found_on") or ""
        known = self._by_content.get(_key(point, description, unit.pk if unit else None), [])
        candidates = [each for each in known if not (each.is_closed and found_on not in ("", each.found_on))]
        if not candidates:
            return None
        return next((each for each in candidates if each.found_on == found_on), candidates[-1]).match()


def _key(point: str, description: str, unit_id: int | None) -> int:
    return hash((normalise_name(point), normalise_name(description), unit_id))
