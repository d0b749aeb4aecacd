"""How hazard ledgers are read for a user: the season they belong to, names that the site knows, hazards it has already.

batch = Stager(by=user).stage(content, filename="台账.xlsx")
import_ready(batch, Stager.of(batch, by=user))    # common.spreadsheets.ledgers.registering
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import PermissionDenied

from accounts.models import Unit
from common import clock
from common.spreadsheets.columns import Ledger
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.heads import LedgerSheet
from common.spreadsheets.ledgers.differences import Difference
from common.spreadsheets.ledgers.importer import Importer, Match, Problem, ReadRow, RowRefused, problem
from common.spreadsheets.ledgers.settling import recheck_rows
from common.spreadsheets.models import ImportBatch, ImportRow
from common.spreadsheets.staging import keep_upload, read_upload
from common.spreadsheets.terms import Terms
from facilities.directory import Directory, community_names
from facilities.models import Season
from facilities.words import learn_alias, words_of
from inspections import rules
from inspections.deadlines import SeasonDates
from inspections.differences import BY_REPORT, conflict_of, differences, said_by
from inspections.ledger import HAZARDS
from inspections.ledger_moves import check_may_announce_past, check_may_take_history
from inspections.matching import Registry
from inspections.models import Hazard
from inspections.photos import attach_photos, hangable, take_pictures
from inspections.reading import HOLDS_UP, HazardReader, Words
from inspections.registering import Registering, bring_up_to
from inspections.tasks import start_photos
from inspections.vagueness import vague_unit
from inspections.workflow import MoveRefused

# Among the values of a row: whether the name that was not known is to be remembered.
LEARN = "is_learned"
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
    """Hazard ledgers for one user.

    `season`: the one the file belongs to; None: what it says itself. `create_missing`: units and communities that the
    rows name and nobody knows are created when their rows are registered, where the user may.
    """

    names = frozenset({"responsible_unit", "cooperating_units", "community"})
    holding = HOLDS_UP | {"cooperating_units"}

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
        return cls.within(batch.context, by=by)

    @classmethod
    def within(cls, context: Mapping[str, Any], *, by: Any) -> "Stager":
        """`context`: {"season": pk or None, "create_missing": bool}"""
        pk = context.get("season")
        season = Season.objects.select_related("county").get(pk=pk) if pk else None
        return cls(by=by, season=season, create_missing=bool(context.get("create_missing")))

    def _use(self, season: Season) -> None:
        self.season = season
        self.directory = Directory(season.county)

    @cached_property
    def terms(self) -> Terms:
        return words_of(self.by, HAZARDS.kind)

    @cached_property
    def ledger(self) -> Ledger:  # type: ignore[override]
        return HAZARDS.extended(self.terms.heads)

    def keep(self, file: IO[bytes] | bytes, *, filename: str) -> ImportBatch:
        """The batch, still to be read."""
        season = getattr(self, "season", None)
        context = {"season": season.pk if season else None, "create_missing": self.create_missing}
        return keep_upload(kind=HAZARDS.kind, owner=self.by, file=file, filename=filename, context=context)

    def stage(self, file: IO[bytes] | bytes, *, filename: str) -> ImportBatch:
        """Keep the file and read every row of it. Raises SpreadsheetError; the batch is then kept with the reason."""
        batch = self.keep(file, filename=filename)
        read_upload(batch, self)
        return batch

    # --- reading ---

    def start(self, batch: ImportBatch, found: LedgerSheet) -> None:
        if batch.context.get("season") is None:
            self._use(season_of(found, by=self.by))
            batch.context["season"] = self.season.pk
        uploader = self.own_unit.name if self.own_unit else None
        self.reader = HazardReader(found, SeasonDates.of(self.season), uploader, words_with(self.terms))
        self.registry = Registry(self.season, batch.sha256, found.sheet)

    def rows(self) -> Iterator[ReadRow]:
        return self.reader.rows()

    def head(self, found: LedgerSheet) -> dict[str, Any]:
        # The year in which dates without one were put.
        return {"year": self.reader.year}

    def after_reading(self, batch: ImportBatch) -> str:
        """The pictures in the cells are kept until their rows are hazards."""
        try:
            result = take_pictures(batch, by=self.by)
        except SpreadsheetError as error:
            return f"表格里的照片：没有读出来：{error}"
        return f"表格里的照片：{result}" if result.taken or result.waiting or result.skipped else ""

    # --- judging ---

    def find(self, row: int, fields: Mapping[str, Any]) -> Match | None:
        return self.registry.find(row, fields, self.directory)

    def items(self, pks: Iterable[int]) -> dict[int, Hazard]:
        """Three queries."""
        visible = Hazard.objects.visible_to(self.by).filter(pk__in=set(pks))
        found = visible.select_related("lead_unit", "township", "county", "season")
        return {hazard.pk: hazard for hazard in found.prefetch_related("cooperating_units", "communities")}

    def match_of(self, item: Hazard) -> Match:
        return Match(item.pk, item.number)

    def foreign(self) -> Problem:
        return problem("responsible_unit", "", "这是别的单位的隐患，企业只能导入本单位的隐患")

    def is_settled(self, item: Hazard) -> bool:
        return not item.state.is_open

    def differences(self, row: ImportRow, head: Mapping[str, Any], item: Hazard) -> list[Difference]:
        return differences(said_by(row.fields, row.raw, head), item, self.directory)

    def conflict_of(self, row: ImportRow, head: Mapping[str, Any], item: Hazard) -> str:
        return conflict_of(said_by(row.fields, row.raw, head), item)

    def blocked(self, difference: Difference, item: Hazard) -> str:
        """Companies report progress of their own hazards; what the ledger says of a hazard is the bureau's."""
        if self.by.has_perm("inspections.edit_hazard"):
            return ""
        is_theirs = self.by.has_perm("inspections.rectify_hazard") and self.by.unit_id == item.lead_unit_id
        return "" if difference.field in BY_REPORT and is_theirs else ONLY_BUREAU

    def problems(self, fields: Mapping[str, Any]) -> list[Problem]:
        """What the reader of the sheet could not know: names that the system does not have, texts that are too long."""
        problems = []
        lead: str = fields.get("responsible_unit") or ""
        unit = self.directory.unit(lead) if lead else None
        if lead and unit is None:
            if not self.creates_unit(lead):
                expected = f"{UNKNOWN}“{lead}”，请先建立该单位，或改为已有单位的名称"
                problems.append(problem("responsible_unit", lead, expected))
        elif unit and not unit.is_rectifier:
            problems += [problem("responsible_unit", lead, why) for why in rules.problems_of_lead(unit)]
        elif unit and self.own_unit and unit != self.own_unit:
            problems.append(problem("responsible_unit", lead, f"企业只能导入本单位（{self.own_unit.name}）的隐患"))
        for name in fields.get("cooperating_units") or []:
            if self.directory.unit(name) is None and not self.creates_unit(name):
                problems.append(problem("cooperating_units", name, f"系统里没有配合单位“{name}”，请先建立该单位"))
        for name in self.directory.communities_of(community_names(fields), "")[1]:
            if not self.creates_communities:
                expected = f"系统里没有小区“{name}”，登记后不关联小区；可先建立该小区"
                problems.append(problem("community", name, expected))
        for field, longest in LONGEST.items():
            if len(fields.get(field) or "") > longest:
                problems.append(problem(field, fields[field][:20] + "…", f"最多 {longest} 个字，请精简"))
        return problems

    def creates_unit(self, name: str) -> bool:
        """Whether the unit of this name, which nobody knows, is created when its row is registered."""
        return self.create_missing and self.by.has_perm("accounts.manage_units") and not vague_unit(name)

    @property
    def creates_communities(self) -> bool:
        return self.create_missing and self.by.has_perm("facilities.manage_facilities")

    def create_missing_of(self, fields: Mapping[str, Any]) -> None:
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

    def missing(self, fields: Mapping[str, Any]) -> list[Problem]:
        """What of the five fields, and of what makes a hazard, is not there."""
        unit = self.directory.unit(fields.get("responsible_unit") or "")
        found = rules.problems_of_five(
            problem_point=fields.get("problem_point") or "",
            lead_unit=unit or fields.get("responsible_unit") or None,
            responsible_person=fields.get("responsible_person") or "",
            due_on=fields.get("due_on") or None,
            acceptance_standard=fields.get("acceptance_standard") or "",
        )
        names = {name: "responsible_unit" if name == "lead_unit" else name for name in found}
        problems = [problem(names[name], str(fields.get(names[name]) or ""), why) for name, why in found.items()]
        for name, expected in (("description", "请写明存在什么问题"), ("facility_kind", "请选择设施类别")):
            if not fields.get(name):
                problems.append(problem(name, "", expected))
        return problems

    # --- what a person decides ---

    def learn(self, row: ImportRow, values: dict[str, Any]) -> None:
        """With LEARN the name that nobody knew stands for the unit named instead from now on."""
        if not values.pop(LEARN, None):
            return
        alias, name = unknown_unit(row), str(values.get("responsible_unit") or "")
        unit = self.directory.unit(name) if name else None
        if not alias or unit is None or not unit.is_rectifier:
            return
        learn_alias(county=self.season.county, alias=alias, target=unit, by=self.by)
        self.directory = Directory(self.season.county)
        recheck_rows(row.batch.rows.filter(fields__responsible_unit=alias).exclude(pk=row.pk), self)

    # --- writing ---

    def begin(  # type: ignore[override]
        self, batch: ImportBatch, *, as_history: bool = False, announce_past: bool = False
    ) -> None:
        """`as_history`: who may accept takes rows that claim to be done as struck off before this system was there.
        `announce_past`: who may issue has people told of what deadlines have reached that have passed already."""
        if as_history:
            check_may_take_history(self.by)
        if announce_past:
            check_may_announce_past(self.by)
        # Others who import into this season wait here, so that what they register is seen.
        season = Season.objects.select_for_update(of=("self",)).select_related("county").get(pk=batch.context["season"])
        self._use(season)
        self.registry = Registry(season, batch.sha256, batch.head.get("sheet", ""))
        self.registering = Registering(
            batch, season, self.directory, by=self.by, as_history=as_history, announce_past=announce_past
        )

    def create(self, rows: Sequence[ImportRow]) -> list[int]:
        for row in rows:
            self.create_missing_of(row.fields)
        return [hazard.pk for hazard in self.registering.register(rows)]

    def apply(self, row: ImportRow, item: Hazard, found: Sequence[Difference]) -> None:
        for each in found:
            if each.field in LONGEST and len(each.new) > LONGEST[each.field]:
                raise RowRefused(f"{HAZARDS.by_name[each.field].title}最多 {LONGEST[each.field]} 个字，请精简")
        try:
            bring_up_to(item, found, by=self.by, note=f"按导入的台账“{row.batch.filename}”第 {row.row} 行")
        except MoveRefused as refused:
            raise RowRefused(str(refused)) from refused

    def after_writing(self, batch: ImportBatch) -> bool:
        """Few photos are hung at once; many are left to a job."""
        if sum(len(photos) for _, photos in hangable(batch)) > settings.PHOTOS_IN_BACKGROUND_ABOVE:
            return False
        attach_photos(batch, by=self.by)
        return True

    def start_rest(self, batch: ImportBatch) -> None:
        start_photos(batch, by=self.by)


def unknown_unit(row: ImportRow) -> str:
    """The name of the row's lead unit if it waits because nobody knows it; else empty."""
    unknown = any(each["field"] == "responsible_unit" and each["expected"].startswith(UNKNOWN) for each in row.problems)
    return str(row.fields.get("responsible_unit") or "") if unknown else ""


def words_with(terms: Terms) -> Words:
    """The reader's words and those that the bureau has added."""
    known = Words()
    fields = {"problem_point": "point", "responsible_unit": "unit", "responsible_person": "person",
              "due_on": "deadline", "acceptance_standard": "standard"}  # fmt: skip
    further = {
        fields[name]: (*getattr(known, fields[name]), *words) for name, words in terms.vague.items() if name in fields
    }
    return replace(known, values=terms.values, **further)  # type: ignore[arg-type]
