"""What becomes of the rows of an import: new hazards in one transaction, or changes of hazards, one by one."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from common import clock
from common.concurrency import Stale, change
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.models import BatchState, ImportBatch, ImportRow, Pile
from common.spreadsheets.staging import CHUNK, mark_imported
from facilities.enums import FacilityKind
from facilities.models import Season
from inspections import ledger_moves, rules
from inspections.differences import BY_MOVE, MODEL_FIELDS, Difference, Said, differences
from inspections.directory import Directory, community_names
from inspections.enums import Grade, HazardStatus, Source
from inspections.importing import LONGEST, NO_REPEAT, ONLY_BUREAU, Stager, compare, hazards_of, may_apply
from inspections.ledger import HAZARDS
from inspections.matching import Match, Registry
from inspections.models import Hazard
from inspections.querysets import HazardQuerySet
from inspections.services import account_of, audit_bulk, build_hazard, edit, take_numbers
from inspections.workflow import MoveRefused, amend

_NULLABLE = ("estimated_cost_yuan", "township")
KIND_VALUES = {label: value for value, label in FacilityKind.choices}


@transaction.atomic
def import_ready(batch: ImportBatch, *, by: Any, as_history: bool = False) -> HazardQuerySet:
    """Register every ready row of the batch, all or none; the new hazards, in the rows' order.

    Who comes second raises Stale: a row is imported once. Rows that claim to be done arrive as 待验收; nothing bypasses
    acceptance. `as_history`: who may accept takes them as struck off before this system was there, which stays on
    record. Worked through in parts, so that memory does not grow with the rows.
    """
    if not by.has_perm("inspections.import_hazards"):
        raise PermissionDenied("您没有导入台账的权限")
    if as_history:
        ledger_moves.check_may_take_history(by)
    if batch.state != BatchState.READ:
        raise SpreadsheetError("这一批还没有读完，请稍后刷新再导入")
    change(batch)
    # Others who import into this season wait here, so that what they register is seen.
    season = Season.objects.select_for_update(of=("self",)).select_related("county").get(pk=batch.context["season"])
    before = season.last_sequence
    registering = _Registering(batch, season, by=by, as_history=as_history)
    ready = batch.rows.select_for_update(of=("self",)).filter(pile=Pile.READY).order_by("row")
    last = 0
    while rows := list(ready.filter(row__gt=last)[:CHUNK]):
        last = rows[-1].row
        registering.register(rows)
    season.refresh_from_db(fields=["last_sequence"])
    new = Hazard.objects.filter(season=season, sequence__gt=before, sequence__lte=season.last_sequence)
    return new.order_by("sequence")


class _Registering:
    """One import while it is worked through."""

    def __init__(self, batch: ImportBatch, season: Season, *, by: Any, as_history: bool) -> None:
        self.batch, self.season, self.by, self.as_history = batch, season, by, as_history
        self.stager = Stager.of(batch, by=by)
        self.directory = self.stager.directory
        self.registry = Registry(season, batch.sha256, batch.head.get("sheet", ""))
        self.accounts = _Accounts()
        written_on = batch.head.get("written_on")
        self.written_on = dt.date.fromisoformat(written_on) if written_on else clock.today()

    def register(self, rows: list[ImportRow]) -> None:
        rows = self._not_registered_meanwhile(rows)
        if not rows:
            return
        for row in rows:
            self.stager.create_missing_of(row.fields)
        sequences = take_numbers(self.season, len(rows))
        hazards = [self._hazard(row, sequence) for row, sequence in zip(rows, sequences, strict=True)]
        Hazard.objects.bulk_create(hazards, batch_size=500)
        _link(rows, hazards, self.directory)
        mark_imported([(row.pk, hazard.pk) for row, hazard in zip(rows, hazards, strict=True)])
        name = self.batch.filename
        plain = [hazard for hazard in hazards if not ledger_moves.is_history(hazard)]
        audit_bulk(plain, by=self.by, action="导入登记", note=name)
        history = [hazard for hazard in hazards if ledger_moves.is_history(hazard)]
        audit_bulk(history, by=self.by, action=ledger_moves.HISTORY, note=f"{name}：原表写明已完成，未经本系统验收")

    def _not_registered_meanwhile(self, rows: list[ImportRow]) -> list[ImportRow]:
        """The rows less those that have been registered since the file was read."""
        ready, registered = [], []
        for row in rows:
            row.batch = self.batch
            match = self.registry.find(row.row, row.fields, self.directory)
            if match and not row.fields.get(NO_REPEAT):
                registered.append((row, match))
            else:
                ready.append(row)
        hazards = hazards_of((match.hazard.pk for _, match in registered), by=self.by)
        for row, match in registered:
            compare(row, self.batch.head, match, hazards.get(match.hazard.pk), self.directory, by=self.by)
            row.save(update_fields=["pile", "item_id", "reason", "changes", "conflict", "problems"])
        return ready

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
            origin={"file": row.batch.filename, "row": row.row, "raw": row.raw},
        )  # fmt: skip
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


def _link(rows: list[ImportRow], hazards: list[Hazard], directory: Directory) -> None:
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


# --- changes of hazards -----------------------------------------------------------------------------------------------


@transaction.atomic
def apply_update(row: ImportRow, directory: Directory, *, by: Any) -> bool:
    """Bring the hazard up to what the row says, as far as the user may. Whether it was done.

    If the hazard has changed since the row was judged, nothing is written and the row says so: it is looked at again.
    """
    row = ImportRow.objects.select_for_update(of=("self",)).select_related("batch").get(pk=row.pk)
    if row.pile != Pile.UPDATE or not row.item_id:
        return False
    hazard = hazards_of([row.item_id], by=by).get(row.item_id)
    if hazard is None:
        raise MoveRefused([f"第 {row.row} 行的隐患您已不能查看"])
    said = Said(row.fields, row.raw, row.batch.head)
    found = differences(said, hazard, directory)
    if [each.as_json() for each in found] != [without_block(each) for each in row.changes]:
        compare(row, row.batch.head, Match.of(hazard), hazard, directory, by=by)
        row.conflict = "核对以后系统里又有改动，这里已换成现在的差异，请重新核对" if row.pile == Pile.UPDATE else ""
        row.save(update_fields=["pile", "reason", "changes", "conflict"])
        return False
    too_long = [
        f"{HAZARDS.by_name[each.field].title}最多 {LONGEST[each.field]} 个字，请精简"
        for each in found
        if each.field in LONGEST and len(each.new) > LONGEST[each.field]
    ]
    if too_long:
        raise MoveRefused(too_long)
    mine = [each for each in found if may_apply(each, hazard, by)]
    if not mine:
        raise MoveRefused([f"第 {row.row} 行：{ONLY_BUREAU}，请联系住建局"])
    _apply(hazard, mine, by=by, note=f"按导入的台账“{row.batch.filename}”第 {row.row} 行")
    row.pile, row.conflict = Pile.UPDATED, ""
    row.save(update_fields=["pile", "conflict"])
    return True


def without_block(shown: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in shown.items() if name != "blocked"}


def _apply(hazard: Hazard, found: list[Difference], *, by: Any, note: str) -> None:
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


def apply_updates(batch: ImportBatch, rows: Iterable[ImportRow], *, by: Any) -> tuple[int, list[str]]:
    """Apply these changes one by one: (how many were, why the others were not, in Chinese)."""
    done, refused = 0, []
    directory = Directory(Season.objects.select_related("county").get(pk=batch.context["season"]))
    for row in rows:
        try:
            if apply_update(row, directory, by=by):
                done += 1
            else:
                refused.append(f"第 {row.row} 行：系统里刚有改动，请重新核对")
        except (MoveRefused, PermissionDenied, Stale) as error:
            reason = "；".join(error.problems) if isinstance(error, MoveRefused) else str(error)
            ImportRow.objects.filter(pk=row.pk, pile=Pile.UPDATE).update(conflict=reason[:500])
            refused.append(f"第 {row.row} 行：{reason}")
    return done, refused
