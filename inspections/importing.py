"""The staged import of hazard ledgers: a file is read into piles, for a person to look at before anything is written.

    batch = Stager(by=user).stage(content, filename="台账.xlsx")
    import_ready(batch, by=user)                  # inspections.registering

Nothing is dropped: what a person has to settle, what repeats or changes a hazard and what was skipped stays there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import IO, Any

from django.core.exceptions import PermissionDenied

from accounts.enums import RegionLevel
from accounts.models import Unit
from common import clock
from common.spreadsheets.columns import Ledger
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.heads import LedgerSheet
from common.spreadsheets.models import ImportBatch, ImportRow, Pile
from common.spreadsheets.staging import CHUNK, Importer, Progress, head_of, keep_upload, read_upload
from common.spreadsheets.terms import Terms, terms_of
from facilities.models import Season
from inspections import rules
from inspections.deadlines import SeasonDates
from inspections.differences import BY_REPORT, Difference, Said, conflict_of, differences
from inspections.directory import Directory, community_names
from inspections.ledger import HAZARDS
from inspections.matching import Match, Registry
from inspections.models import Hazard
from inspections.reading import HOLDS_UP, HazardReader, HazardRow, Words
from inspections.vagueness import vague_unit

Problem = dict[str, str]
# Set on a row of which a person has said that it is another hazard than the one it looks like.
NO_REPEAT = "is_no_repeat"
# Fields of the model that hold less text than a cell may.
LONGEST = {"problem_point": 200, "responsible_person": 60, "phone": 40}
UNKNOWN = "系统里没有"
ONLY_BUREAU = "只有住建局能修改"


def season_of(found: LedgerSheet, *, by: Any) -> Season:
    """The season a file belongs to: that of the ledger's own date or year, else today's. SpreadsheetError if none."""
    seasons = Season.objects.visible_to(by).select_related("county")
    dated = seasons.containing(found.written_on).first() if found.written_on else None
    if dated and found.year and str(found.year) not in dated.name:
        dated = None  # an earlier year's ledger, written out later
    of_year = seasons.filter(name__startswith=f"{found.year}-").first() if found.year else None
    season = dated or of_year or seasons.containing(clock.today()).first() or seasons.first()
    if season is None:
        raise SpreadsheetError("还没有采暖季，请住建管理员先建立采暖季再导入")
    return season


def season_named(name: str, *, by: Any) -> Season:
    if season := Season.objects.visible_to(by).select_related("county").filter(name=name).first():
        return season
    raise SpreadsheetError(f"没有名为“{name}”的采暖季，请先建立，或换一个名称（如 2026-2027）")


class Stager(Importer):
    """Reads one file for one user into rows with piles.

    `season`: the one it belongs to; None: what the file says. `create_missing`: units and communities that the rows
    name and nobody knows are created when their rows are registered, where the user may.
    """

    def __init__(self, *, by: Any, season: Season | None = None, create_missing: bool = False) -> None:
        if not by.has_perm("inspections.import_hazards"):
            raise PermissionDenied("您没有导入台账的权限")
        super().__init__(by=by)
        self.create_missing = create_missing
        self.own_unit: Unit | None = by.unit if by.unit_id and by.unit.is_rectifier else None
        if season:
            self._use(season)

    @classmethod
    def of(cls, batch: ImportBatch, *, by: Any) -> "Stager":
        """As the batch was asked for."""
        pk = batch.context.get("season")
        season = Season.objects.select_related("county").get(pk=pk) if pk else None
        return cls(by=by, season=season, create_missing=bool(batch.context.get("create_missing")))

    def _use(self, season: Season) -> None:
        self.season = season
        self.directory = Directory(season)

    @cached_property
    def terms(self) -> Terms:
        region = self.by.unit.region if self.by.unit_id else None
        return terms_of(HAZARDS.kind, region.county.code) if region and region.level != RegionLevel.CITY else Terms()

    @cached_property
    def ledger(self) -> Ledger:  # type: ignore[override]
        return HAZARDS.extended(self.terms.heads)

    def keep(self, file: IO[bytes] | bytes, *, filename: str) -> ImportBatch:
        """The batch, still to be read."""
        season = getattr(self, "season", None)
        context = {"season": season.pk if season else None, "create_missing": self.create_missing}
        return keep_upload(kind=HAZARDS.kind, owner=self.by, file=file, filename=filename, context=context)

    def stage(self, file: IO[bytes] | bytes, *, filename: str, progress: Progress | None = None) -> ImportBatch:
        """Keep the file and read every row of it. Raises SpreadsheetError; the batch is then kept with the reason."""
        batch = self.keep(file, filename=filename)
        read_upload(batch, self, progress=progress)
        return batch

    # --- one file ---

    def start(self, batch: ImportBatch, found: LedgerSheet) -> None:
        if batch.context.get("season") is None:
            self._use(season_of(found, by=self.by))
            batch.context["season"] = self.season.pk
        uploader = self.own_unit.name if self.own_unit else None
        self.reader = HazardReader(found, SeasonDates.of(self.season), uploader, words_with(self.terms))
        self.registry = Registry(self.season, batch.sha256, found.sheet)
        # Hazard → the first row that would change it.
        self.changed_by: dict[int, int] = {}

    def head(self, found: LedgerSheet) -> dict[str, Any]:
        # The year in which dates without one were put.
        return {"year": self.reader.year}

    def judged(self, batch: ImportBatch, found: LedgerSheet) -> Iterator[ImportRow]:
        head = head_of(found, self.ledger)
        rows = self.reader.rows()
        while chunk := list(islice(rows, CHUNK)):
            matches: dict[int, Match] = {}
            for row in chunk:
                if row.pile != Pile.SKIPPED:
                    row.problems = [*row.problems, *self.problems(row.fields)]
                    if match := self.registry.find(row.row, row.fields, self.directory):
                        matches[row.row] = match
            hazards = hazards_of((match.hazard.pk for match in matches.values()), by=self.by)
            for row in chunk:
                yield self._sorted(batch, row, head, matches.get(row.row), hazards)

    def _sorted(
        self, batch: ImportBatch, row: HazardRow, head: dict[str, Any], match: Match | None, hazards: dict[int, Hazard]
    ) -> ImportRow:
        """Into the pile that its problems and what is registered already allow."""
        item = ImportRow(
            batch=batch, row=row.row, pile=row.pile, fields=row.fields, raw=row.raw, problems=row.problems,
            reason=row.reason[:100],
        )  # fmt: skip
        if row.pile == Pile.SKIPPED:
            return item
        if match:
            compare(item, head, match, hazards.get(match.hazard.pk), self.directory, by=self.by)
            if item.pile == Pile.UPDATE:
                first = self.changed_by.setdefault(match.hazard.pk, item.row)
                if first != item.row and not item.conflict:
                    item.conflict = f"第 {first} 行说的是同一条隐患，请核对以哪一行为准"
        elif row.pile != Pile.REPEAT:
            item.pile = Pile.WAITS if holds_up(row.problems) else Pile.READY
        return item

    def problems(self, fields: dict[str, Any]) -> list[Problem]:
        """What the reader of the sheet could not know: names that the system does not have, texts that are too long."""
        problems = []
        lead: str = fields.get("responsible_unit") or ""
        unit = self.directory.unit(lead) if lead else None
        if lead and unit is None:
            if not self.creates_unit(lead):
                expected = f"{UNKNOWN}“{lead}”，请先建立该单位，或改为已有单位的名称"
                problems.append(_problem("responsible_unit", lead, expected))
        elif unit and not unit.is_rectifier:
            problems += [_problem("responsible_unit", lead, why) for why in rules.problems_of_lead(unit)]
        elif unit and self.own_unit and unit != self.own_unit:
            problems.append(_problem("responsible_unit", lead, f"企业只能导入本单位（{self.own_unit.name}）的隐患"))
        for name in fields.get("cooperating_units") or []:
            if self.directory.unit(name) is None and not self.creates_unit(name):
                problems.append(_problem("cooperating_units", name, f"系统里没有配合单位“{name}”，请先建立该单位"))
        for name in self.directory.communities_of(community_names(fields), "")[1]:
            if not self.creates_communities:
                expected = f"系统里没有小区“{name}”，登记后不关联小区；可先建立该小区"
                problems.append(_problem("community", name, expected))
        for field, longest in LONGEST.items():
            if len(fields.get(field) or "") > longest:
                problems.append(_problem(field, fields[field][:20] + "…", f"最多 {longest} 个字，请精简"))
        return problems

    def creates_unit(self, name: str) -> bool:
        """Whether the unit of this name, which nobody knows, is created when its row is registered."""
        return self.create_missing and self.by.has_perm("accounts.manage_units") and not vague_unit(name)

    @property
    def creates_communities(self) -> bool:
        return self.create_missing and self.by.has_perm("facilities.manage_facilities")

    def create_missing_of(self, fields: dict[str, Any]) -> None:
        """Create the units and communities that a row names and nobody knows."""
        lead = fields["responsible_unit"]
        if self.directory.unit(lead) is None and self.creates_unit(lead):
            self.directory.create_unit(lead, leads=True, by=self.by)
        for name in fields.get("cooperating_units") or []:
            if self.directory.unit(name) is None and self.creates_unit(name):
                self.directory.create_unit(name, leads=False, by=self.by)
        if self.creates_communities:
            for name in self.directory.communities_of(community_names(fields), "")[1]:
                self.directory.create_community(name, by=self.by)


def words_with(terms: Terms) -> Words:
    """The reader's words and those that the bureau has added."""
    known = Words()
    fields = {"problem_point": "point", "responsible_unit": "unit", "responsible_person": "person",
              "due_on": "deadline", "acceptance_standard": "standard"}  # fmt: skip
    further = {
        fields[name]: (*getattr(known, fields[name]), *words) for name, words in terms.vague.items() if name in fields
    }
    return replace(known, values=terms.values, **further)  # type: ignore[arg-type]


def _problem(field: str, read: str, expected: str) -> Problem:
    return {"field": field, "cell": "", "read": read, "expected": expected}


def holds_up(problems: Iterable[Problem]) -> bool:
    """Whether a row waits because of these problems; others are only said beside it."""
    return any(problem["field"] in HOLDS_UP or problem["field"] == "cooperating_units" for problem in problems)


def hazards_of(pks: Iterable[int], *, by: Any) -> dict[int, Hazard]:
    """Those that the user sees, by pk, with everything that is compared. Three queries."""
    visible = Hazard.objects.visible_to(by).filter(pk__in=set(pks))
    found = visible.select_related("lead_unit", "township", "county", "season")
    return {hazard.pk: hazard for hazard in found.prefetch_related("cooperating_units", "communities")}


def compare(
    row: ImportRow, head: dict[str, Any], match: Match, hazard: Hazard | None, directory: Directory, *, by: Any
) -> None:  # fmt: skip
    """Put a row that is a hazard of the site among the repeats, or among the changes with what it would change."""
    row.changes, row.conflict = [], ""
    if hazard is None:
        # Another unit's: not a word of it.
        row.item_id, row.pile, row.reason = None, Pile.WAITS, ""
        row.problems = [*row.problems, _problem("responsible_unit", "", "这是别的单位的隐患，企业只能导入本单位的隐患")]
        return
    row.item_id, row.pile, row.reason = match.hazard.pk, Pile.REPEAT, f"已登记为 {match.hazard.number}"
    if match.is_same_row or not hazard.state.is_open:
        return
    said = Said(row.fields, row.raw, head)
    if found := differences(said, hazard, directory):
        row.pile, row.reason = Pile.UPDATE, match.hazard.number
        row.changes = [_change(each, hazard, by) for each in found]
        row.conflict = conflict_of(said, hazard)


def _change(difference: Difference, hazard: Hazard, by: Any) -> dict[str, str]:
    blocked = "" if may_apply(difference, hazard, by) else ONLY_BUREAU
    return difference.as_json() | ({"blocked": blocked} if blocked else {})


def may_apply(difference: Difference, hazard: Hazard, by: Any) -> bool:
    """Companies report progress of their own hazards; what the ledger says of a hazard is the bureau's."""
    if difference.field in BY_REPORT:
        is_theirs = by.has_perm("inspections.rectify_hazard") and by.unit_id == hazard.lead_unit_id
        return is_theirs or by.has_perm("inspections.edit_hazard")
    return bool(by.has_perm("inspections.edit_hazard"))
