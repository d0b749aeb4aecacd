"""The staged import of hazard ledgers: a file is read into piles, its ready rows become hazards in one transaction.

Nothing is dropped: what a person has to settle, what repeats a hazard and what was skipped stays in the batch.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.models import Unit
from common import clock
from common.concurrency import change
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.heads import find_ledger
from common.spreadsheets.models import ImportBatch, ImportRow, Pile
from common.spreadsheets.workbook import open_workbook
from common.text import normalise_name
from facilities.enums import FacilityKind
from facilities.models import Season
from inspections import rules, workflow
from inspections.deadlines import SeasonDates
from inspections.directory import Directory
from inspections.enums import Grade, HazardStatus, Source
from inspections.ledger import HAZARDS
from inspections.models import Hazard
from inspections.reading import HOLDS_UP, HazardRow, LedgerReading, read_hazard_rows
from inspections.services import account_of, audit_bulk, build_hazard, take_numbers
from inspections.vagueness import vague_unit

Problem = dict[str, str]
Found = tuple[int, str]  # pk and number of a hazard
KIND_VALUES = {label: value for value, label in FacilityKind.choices}
# Fields of the model that hold less text than a cell may.
# Set on a row of which a person has said that it is another hazard than the one it looks like.
NO_REPEAT = "is_no_repeat"
LONGEST = {"problem_point": 200, "responsible_person": 60, "phone": 40}


def season_of(content: bytes, *, by: Any, name: str | None = None) -> Season:
    """The season a file belongs to: the one named, else that of the ledger's own date or year, else today's.

    Raises SpreadsheetError if there is none, or if the file is no hazard ledger.
    """
    seasons = Season.objects.visible_to(by).select_related("county")
    if name:
        if season := seasons.filter(name=name).first():
            return season
        raise SpreadsheetError(f"没有名为“{name}”的采暖季，请先建立，或换一个名称（如 2026-2027）")
    sheet = find_ledger(open_workbook(content), HAZARDS)
    dated = seasons.containing(sheet.written_on).first() if sheet.written_on else None
    if dated and sheet.year and str(sheet.year) not in dated.name:
        dated = None  # an earlier year's ledger, written out later
    of_year = seasons.filter(name__startswith=f"{sheet.year}-").first() if sheet.year else None
    season = dated or of_year or seasons.containing(clock.today()).first() or seasons.first()
    if season is None:
        raise SpreadsheetError("还没有采暖季，请住建管理员先建立采暖季再导入")
    return season


class Stager:
    """Reads one file for one user into rows with piles, and writes them as a batch unless it is a trial."""

    def __init__(self, *, by: Any, season: Season, create_missing: bool = False) -> None:
        if not by.has_perm("inspections.import_hazards"):
            raise PermissionDenied("您没有导入台账的权限")
        self.by, self.season, self.create_missing = by, season, create_missing
        self.directory = Directory(season)
        self.own_unit: Unit | None = by.unit if by.unit_id and by.unit.is_rectifier else None

    def read(self, content: bytes, *, filename: str) -> LedgerReading:
        """Every row below the head, judged against what the system knows. Raises SpreadsheetError."""
        reading = read_hazard_rows(
            content, filename=filename, season=SeasonDates.of(self.season),
            uploader_unit_name=self.own_unit.name if self.own_unit else None,
        )  # fmt: skip
        if self.create_missing:
            self._create_missing(row for row in reading.rows if row.pile != Pile.SKIPPED)
        existing = _Existing(self.season, _fingerprint(content))
        for row in reading.rows:
            if row.pile != Pile.SKIPPED:
                row.problems = [*row.problems, *self.problems(row.fields)]
                self._sort(row, existing)
        return reading

    def _sort(self, row: HazardRow, existing: "_Existing") -> None:
        """Into the pile that its problems and what is registered already allow."""
        if match := existing.find(row.row, row.fields, self.directory):
            row.pile, row.reason, row.repeats = Pile.REPEAT, f"已登记为 {match[1]}", match[0]
        elif row.pile != Pile.REPEAT:
            row.pile = Pile.WAITS if holds_up(row.problems) else Pile.READY

    def problems(self, fields: dict[str, Any]) -> list[Problem]:
        """What the reader of the sheet could not know: names that the system does not have, texts that are too long."""
        problems = []
        lead: str = fields.get("responsible_unit") or ""
        unit = self.directory.unit(lead) if lead else None
        if lead and unit is None:
            problems.append(
                _problem("responsible_unit", lead, f"系统里没有“{lead}”，请先建立该单位，或改为已有单位的名称")
            )
        elif unit and not unit.is_rectifier:
            problems += [_problem("responsible_unit", lead, why) for why in rules.problems_of_lead(unit)]
        elif unit and self.own_unit and unit != self.own_unit:
            problems.append(_problem("responsible_unit", lead, f"企业只能导入本单位（{self.own_unit.name}）的隐患"))
        for name in fields.get("cooperating_units") or []:
            if self.directory.unit(name) is None:
                problems.append(_problem("cooperating_units", name, f"系统里没有配合单位“{name}”，请先建立该单位"))
        for field, longest in LONGEST.items():
            if len(fields.get(field) or "") > longest:
                problems.append(_problem(field, fields[field][:20] + "…", f"最多 {longest} 个字，请精简"))
        return problems

    def _create_missing(self, rows: Iterable[HazardRow]) -> None:
        """The units and communities that the rows name and nobody knows, where the user may create them."""
        entries = list(rows)
        if self.by.has_perm("accounts.manage_units"):
            for row in entries:
                lead = row.fields["responsible_unit"]
                vague = any(problem["field"] == "responsible_unit" for problem in row.problems)
                if lead and not vague and self.directory.unit(lead) is None:
                    self.directory.create_unit(lead, leads=True, by=self.by)
            for name in {name: None for row in entries for name in row.fields["cooperating_units"]}:
                if self.directory.unit(name) is None and not vague_unit(name):
                    self.directory.create_unit(name, leads=False, by=self.by)
        if self.by.has_perm("facilities.manage_facilities"):
            for row in entries:
                for name in self.directory.communities_of(community_names(row.fields), "")[1]:
                    self.directory.create_community(name, by=self.by)

    @transaction.atomic
    def stage(self, content: bytes, *, filename: str) -> tuple[ImportBatch, LedgerReading]:
        """Read the file and keep every row of it in a batch."""
        reading = self.read(content, filename=filename)
        batch = ImportBatch.objects.create(
            kind=HAZARDS.kind, owner=self.by, filename=filename[-200:], sha256=_fingerprint(content),
            head=reading.head_as_json(), context={"season": self.season.pk},
        )  # fmt: skip
        rows = [_import_row(batch, row) for row in reading.rows]
        ImportRow.objects.bulk_create(rows, batch_size=500)
        return batch, reading


def _problem(field: str, read: str, expected: str) -> Problem:
    return {"field": field, "cell": "", "read": read, "expected": expected}


def holds_up(problems: Iterable[Problem]) -> bool:
    """Whether a row waits because of these problems; others are only said beside it."""
    return any(problem["field"] in HOLDS_UP or problem["field"] == "cooperating_units" for problem in problems)


def community_names(fields: dict[str, Any]) -> list[str]:
    text = fields.get("community") or ""
    return [name for name in text.replace("，", "、").replace(",", "、").replace(" ", "、").split("、") if name]


def _fingerprint(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _import_row(batch: ImportBatch, row: HazardRow) -> ImportRow:
    registered = row.repeats if row.reason.startswith("已登记") else None
    return ImportRow(
        batch=batch, row=row.row, pile=row.pile, fields=row.fields, raw=row.raw, problems=row.problems,
        reason=row.reason[:100], item_id=registered,
    )  # fmt: skip


class _Existing:
    """The season's hazards by what makes a row the same as one.

    Its number; or point, problem and unit on one day (on any, if the row names none); or having been imported from the
    very same row of the very same file.
    """

    def __init__(self, season: Season, sha256: str) -> None:
        self.by_number: dict[str, Found] = {}
        self.by_content: dict[tuple[Any, ...], Found] = {}
        numbers: dict[int, str] = {}
        rows = Hazard.objects.filter(season=season).exclude(status=HazardStatus.VOID)
        for pk, number, point, description, unit_id, found_on in rows.values_list(
            "pk", "number", "problem_point", "description", "lead_unit_id", "found_on"
        ).iterator():
            numbers[pk] = number
            self.by_number[number] = (pk, number)
            for day in (str(found_on), ""):
                self.by_content[self._key(point, description, unit_id, day)] = (pk, number)
        imported = ImportRow.objects.filter(batch__sha256=sha256, batch__kind=HAZARDS.kind, pile=Pile.IMPORTED)
        self.by_row: dict[int, Found] = {}
        for row, item in imported.values_list("row", "item_id"):
            if item in numbers:
                self.by_row[row] = (item, numbers[item])

    @staticmethod
    def _key(point: str, description: str, unit_id: int | None, found_on: str) -> tuple[Any, ...]:
        return normalise_name(point), normalise_name(description), unit_id, found_on

    def find(self, row: int, fields: dict[str, Any], directory: Directory) -> Found | None:
        """The hazard that the row repeats."""
        if found := self.by_row.get(row) or self.by_number.get(fields.get("number") or ""):
            return found
        unit = directory.unit(fields["responsible_unit"]) if fields.get("responsible_unit") else None
        key = self._key(
            fields.get("problem_point") or "", fields.get("description") or "", unit.pk if unit else None,
            fields.get("found_on") or "",
        )  # fmt: skip
        return self.by_content.get(key)


@transaction.atomic
def import_ready(batch: ImportBatch, *, by: Any) -> list[Hazard]:
    """Register every ready row of the batch, all or none. Who comes second raises Stale: a row is imported once.

    Rows that claim to be done arrive as 待验收; nothing bypasses acceptance.
    """
    if not by.has_perm("inspections.import_hazards"):
        raise PermissionDenied("您没有导入台账的权限")
    change(batch)
    # Others who import into this season wait here, so that what they register is seen.
    season = Season.objects.select_for_update(of=("self",)).select_related("county").get(pk=batch.context["season"])
    directory = Directory(season)
    rows = _not_registered_meanwhile(batch, season, directory)
    if not rows:
        return []
    written_on = dt.date.fromisoformat(batch.head["written_on"]) if batch.head.get("written_on") else clock.today()
    sequences = take_numbers(season, len(rows))
    hazards = [
        _hazard(row, season=season, sequence=sequence, directory=directory, by=by, written_on=written_on)
        for row, sequence in zip(rows, sequences, strict=True)
    ]
    Hazard.objects.bulk_create(hazards, batch_size=500)
    _link(rows, hazards, directory)
    for row, hazard in zip(rows, hazards, strict=True):
        row.pile, row.item_id = Pile.IMPORTED, hazard.pk
    ImportRow.objects.bulk_update(rows, ["pile", "item_id"], batch_size=500)
    audit_bulk(hazards, by=by, action="导入登记", note=f"{batch.filename}")
    return hazards


def _not_registered_meanwhile(batch: ImportBatch, season: Season, directory: Directory) -> list[ImportRow]:
    """The ready rows, less those that have been registered since the file was read; these go to the repeats."""
    existing = _Existing(season, batch.sha256)
    ready = []
    rows = batch.rows.select_for_update(of=("self",)).select_related("batch")
    for row in rows.filter(pile=Pile.READY).order_by("row"):
        match = existing.find(row.row, row.fields, directory)
        if match and not row.fields.get(NO_REPEAT):
            row.pile, row.item_id, row.reason = Pile.REPEAT, match[0], f"已登记为 {match[1]}"
            row.save(update_fields=["pile", "item_id", "reason"])
        else:
            ready.append(row)
    return ready


def _hazard(
    row: ImportRow, *, season: Season, sequence: int, directory: Directory, by: Any, written_on: dt.date
) -> Hazard:  # fmt: skip
    fields = row.fields
    lead = directory.unit(fields["responsible_unit"])
    if lead is None:
        raise SpreadsheetError(f"第 {row.row} 行：系统里没有“{fields['responsible_unit']}”，请刷新后重新核对")
    communities, _ = directory.communities_of(community_names(fields), fields["problem_point"])
    township = directory.township(fields.get("township") or "")
    if township is None and communities:
        township = communities[0].township
    due_on = dt.date.fromisoformat(fields["due_on"])
    default_source = Source.SELF_CHECK if by.unit_id and by.unit.is_rectifier else Source.BUREAU_CHECK
    cost = fields.get("estimated_cost_yuan")
    hazard = build_hazard(
        season=season, sequence=sequence, by=by, problem_point=fields["problem_point"],
        description=fields["description"], facility_kind=KIND_VALUES[fields["facility_kind"]], township=township,
        category=fields.get("category") or "", grade=fields.get("grade") or Grade.GENERAL, urgency=fields["urgency"],
        source=fields.get("source") or default_source, cause=fields.get("cause") or "",
        found_on=_found_on(fields, due_on, written_on), lead_unit=lead,
        responsible_person=fields["responsible_person"], responsible_phone=fields.get("phone") or "",
        responsible_user=account_of(lead, fields["responsible_person"]), due_on=due_on,
        acceptance_standard=fields["acceptance_standard"], measure=fields.get("measure") or "",
        estimated_cost_yuan=Decimal(cost) if cost else None, funding_source=fields.get("funding_source") or "",
        progress_percent=fields.get("progress_percent") or 0, remark=fields.get("remark") or "",
        origin={"file": row.batch.filename, "row": row.row, "raw": row.raw},
    )  # fmt: skip
    # What could not have been issued (a deadline after the trial run without a reason) is for the bureau first.
    may_skip = fields["claimed_closed"] and not rules.problems_before_issue(hazard)
    return workflow.claimed_done(hazard) if may_skip else hazard


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
