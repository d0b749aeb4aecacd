"""What becomes of the rows of a hazard ledger: new hazards, many at a time, or changes of a hazard."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from common import clock
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.ledgers.differences import Difference
from common.spreadsheets.models import ImportBatch, ImportRow
from facilities.directory import Directory, community_names
from facilities.enums import FacilityKind
from facilities.models import Season
from inspections import ledger_moves, rules
from inspections.differences import BY_MOVE, MODEL_FIELDS
from inspections.enums import Grade, HazardStatus, Source
from inspections.models import Hazard
from inspections.services import account_of, audit_bulk, build_hazard, edit, take_numbers
from inspections.workflow import PAST_STEPS, amend

_NULLABLE = ("estimated_cost_yuan", "township")
KIND_VALUES = {label: value for value, label in FacilityKind.choices}


class Registering:
    """One import while it is worked through. Rows that claim to be done arrive as 待验收; nothing bypasses acceptance,
    unless `as_history`: then they stay on record as struck off before this system was there. `announce_past`: what the
    deadlines that have passed already have reached is told once they are watched."""

    def __init__(
        self, batch: ImportBatch, season: Season, directory: Directory, *, by: Any, as_history: bool,
        announce_past: bool,
    ) -> None:  # fmt: skip
        self.batch, self.season, self.directory = batch, season, directory
        self.by, self.as_history, self.announce_past = by, as_history, announce_past
        self.today = clock.today()
        self.accounts = _Accounts()
        written_on = batch.head.get("written_on")
        self.written_on = dt.date.fromisoformat(written_on) if written_on else clock.today()

    def register(self, rows: Sequence[ImportRow]) -> list[Hazard]:
        """A hazard of each row, in the same order."""
        sequences = take_numbers(self.season, len(rows))
        hazards = [self._hazard(row, sequence) for row, sequence in zip(rows, sequences, strict=True)]
        Hazard.objects.bulk_create(hazards, batch_size=500)
        _link(rows, hazards, self.directory)
        name = self.batch.filename
        plain = [hazard for hazard in hazards if not ledger_moves.is_history(hazard)]
        audit_bulk([hazard for hazard in plain if hazard.watched_since], by=self.by, action="导入登记", note=name)
        told = [hazard for hazard in plain if not hazard.watched_since]
        audit_bulk(told, by=self.by, action="导入登记", note=f"{name}：{PAST_STEPS}也发出")
        history = [hazard for hazard in hazards if ledger_moves.is_history(hazard)]
        audit_bulk(history, by=self.by, action=ledger_moves.HISTORY, note=f"{name}：原表写明已完成，未经本系统验收")
        return hazards

    def _hazard(self, row: ImportRow, sequence: int) -> Hazard:
        fields = row.fields
        lead = self.directory.unit(fields["responsible_unit"])
        if lead is None:
            raise SpreadsheetError(f"第 {row.row} 行：系统里没有“{fields['responsible_unit']}”，请刷新后重新核对")
        communities, _ = self.directory.communities_of(community_names(fields), fields["problem_point"])
        township = self.directory.township(fields.get("township") or "")
        if township is None and communities:
            township = communities[0].township
        due_on = dt.date.fromisoformat(fields["due_on"])
        default_source = Source.SELF_CHECK if self.by.unit_id and self.by.unit.is_rectifier else Source.BUREAU_CHECK
        cost = fields.get("estimated_cost_yuan")
        point, kind = fields["problem_point"], KIND_VALUES[fields["facility_kind"]]
        hazard = build_hazard(
            season=self.season, sequence=sequence, by=self.by, problem_point=point,
            description=fields["description"], facility_kind=kind,
            facility=self.directory.facility(point, kind=kind, unit=lead), township=township,
            category=fields.get("category") or "", grade=fields.get("grade") or Grade.GENERAL,
            urgency=fields["urgency"], source=fields.get("source") or default_source, cause=fields.get("cause") or "",
            found_on=_found_on(fields, due_on, self.written_on), lead_unit=lead,
            responsible_person=fields["responsible_person"], responsible_phone=fields.get("phone") or "",
            responsible_user=self.accounts.of(lead, fields["responsible_person"]), due_on=due_on,
            acceptance_standard=fields["acceptance_standard"], measure=fields.get("measure") or "",
            estimated_cost_yuan=Decimal(cost) if cost else None, funding_source=fields.get("funding_source") or "",
            progress_percent=fields.get("progress_percent") or 0, remark=fields.get("remark") or "",
            origin={"file": self.batch.filename, "row": row.row, "raw": row.raw},
        )  # fmt: skip
        if self.announce_past and hazard.is_overdue(self.today):
            hazard.watched_since = None
        if not fields["claimed_closed"]:
            return hazard
        if self.as_history:
            return ledger_moves.taken_as_history(hazard)
        # What could not have been issued (a deadline after the trial run without a reason) is for the bureau first.
        return hazard if rules.problems_before_issue(hazard) else ledger_moves.claimed_done(hazard)


class _Accounts:
    """The accounts of responsible persons, each looked up once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], Any] = {}

    def of(self, unit: Any, person: str) -> Any:
        key = (unit.pk, person)
        if key not in self._known:
            self._known[key] = account_of(unit, person)
        return self._known[key]


def _found_on(fields: dict[str, Any], due_on: dt.date, written_on: dt.date) -> dt.date:
    """The day found; a ledger without such a column was found by the day it was written, and before it is due."""
    if fields.get("found_on"):
        return dt.date.fromisoformat(fields["found_on"])
    return min(written_on, due_on)


def _link(rows: Sequence[ImportRow], hazards: list[Hazard], directory: Directory) -> None:
    """Cooperating units and communities of all hazards, each in one statement."""
    units, places = Hazard.cooperating_units.through, Hazard.communities.through
    helping, placed = [], []
    for row, hazard in zip(rows, hazards, strict=True):
        names = row.fields.get("cooperating_units") or []
        found = {unit.pk for name in names if (unit := directory.unit(name)) and unit.pk != hazard.lead_unit_id}
        helping += [units(hazard_id=hazard.pk, unit_id=pk) for pk in sorted(found)]
        communities, _ = directory.communities_of(community_names(row.fields), hazard.problem_point)
        placed += [places(hazard_id=hazard.pk, community_id=c.pk) for c in {c.pk: c for c in communities}.values()]
    units.objects.bulk_create(helping, batch_size=1000)
    places.objects.bulk_create(placed, batch_size=1000)


def bring_up_to(hazard: Hazard, found: Sequence[Difference], *, by: Any, note: str) -> None:
    """Write the differences by the moves that are made for them. Raises MoveRefused, Stale, PermissionDenied."""
    by_field = {each.field: each.value for each in found}
    moved = {MODEL_FIELDS.get(name, name): by_field.pop(name) for name in BY_MOVE if name in by_field}
    percent, claims = by_field.pop("progress_percent", None), by_field.pop("claimed_closed", False)
    helpers, places = by_field.pop("cooperating_units", None), by_field.pop("community", None)
    values = {name: value if value is not None or name in _NULLABLE else "" for name, value in by_field.items()}
    if {"lead_unit", "responsible_person"} & moved.keys():
        unit = moved.get("lead_unit", hazard.lead_unit)
        moved["responsible_user"] = account_of(unit, moved.get("responsible_person", hazard.responsible_person))
    if hazard.status == HazardStatus.PENDING:
        values, moved = values | moved, {}
    if values or helpers is not None or places is not None:
        edit(
            hazard, by=by, version=hazard.version, values=values, communities=places, cooperating_units=helpers
        )  # fmt: skip
    if moved:
        amend(hazard, by=by, reason=f"{note}调整", **moved)
    if claims:
        ledger_moves.take_claim(hazard, by=by, note=f"{note}已完成，转待验收")
    elif percent is not None:
        ledger_moves.take_progress(hazard, by=by, percent=percent, note=note)
