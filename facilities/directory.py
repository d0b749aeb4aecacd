"""The units, townships and communities of a county by the names that ledgers give them."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from accounts.enums import RegionLevel, UnitKind
from accounts.models import Region, Unit
from accounts.services import create_unit
from common.spreadsheets.heads import LedgerSheet
from common.text import normalise_name
from facilities.enums import FacilityKind
from facilities.models import Community, Facility
from facilities.services import create_community
from facilities.words import aliases_of

# A part of a name this long is enough to know the unit by, if only one has it.
SHORTEST_PART = 3
TELLING_PART = 2
ANY_UNITS_WORDS = re.compile("有限责任|股份|有限|集团|公司|热力|供热|供暖|中心|热源|管理|服务|物业|[站所厂处局县市区]")
# What stands behind a township's name: its government.
OFFICES = re.compile(r"(?:人民政府|政府|办事处|办)$")
_APART = re.compile(r"[、,，\s]+")
BRACKETS = re.compile(r"[(（][^)）]*[)）]$")

_BUREAU = re.compile(r"(?:局|委|委员会|政府|办公室|办事处|街道|镇|乡|中队|大队|专班|指挥部)$")
_COMPANY_IN_TITLE = re.compile(
    r"(?:^|[关于对])((?!全[县市区])[\u4e00-\u9fff（）()A-Za-z]{2,30}?(?:有限责任公司|股份有限公司|有限公司|集团公司|热力公司|供热公司|分公司|公司|供热中心"
    r"|热力中心|供暖中心|供热站|热力站|供暖站|供热所|供热处|热电厂|热力厂|供热厂|中心))"
)


def community_names(fields: Mapping[str, Any]) -> list[str]:
    """The communities that a row names in its own column."""
    return [name for name in _APART.split(fields.get("community") or "") if name]


def lengths_of(names: Iterable[str]) -> list[int]:
    """Longest first, so that 惠民小区二期 is not taken for 惠民小区."""
    return sorted({len(name) for name in names if name}, reverse=True)


def company_of(sheet: LedgerSheet) -> str:
    """The company whose ledger it is, by its title or 填报单位; empty for a bureau's."""
    title = re.sub(r"20\d{2}(?:[-—–~至/]\d{2,4})?(?:年度|年|采暖季|供暖季)?", " ", sheet.title)
    for part in title.split():
        if match := _COMPANY_IN_TITLE.search(part):
            return match[1]
    return "" if not sheet.unit or _BUREAU.search(sheet.unit) else sheet.unit


class Directory:
    """Loaded once for a whole file (three queries); names are compared without width, case and spaces."""

    def __init__(self, county: Region) -> None:
        self.county = county
        self.units: dict[str, Unit] = {}
        for unit in Unit.objects.active().filter(region__code__startswith=self.county.scope_prefix):
            self._know(unit)
        aliases = aliases_of(self.county)
        by_pk = {unit.pk: unit for unit in self.units.values()}
        self.unit_aliases = {key: by_pk[pk] for key, pk in aliases["unit"].items() if pk in by_pk}
        self.townships = {
            normalise_name(region.name): region
            for region in Region.objects.filter(parent=self.county, level=RegionLevel.TOWNSHIP)
        }
        self.communities = {
            normalise_name(community.name): community
            for community in Community.objects.filter(county=self.county).select_related("township")
        }
        places = {community.pk: community for community in self.communities.values()}
        # What is registered under a name bears it, whatever was learned before.
        others = {key: places[pk] for key, pk in aliases["community"].items() if pk in places}
        self.communities = others | self.communities
        self._lengths = lengths_of(self.communities)
        # By name several companies may have one: 一号换热站.
        self.facilities: dict[str, list[Facility]] = {}
        facilities = {each.pk: each for each in Facility.objects.filter(county=self.county, is_active=True)}
        for facility in facilities.values():
            self.facilities.setdefault(normalise_name(facility.name), []).append(facility)
        for key, pk in aliases["facility"].items():
            if pk in facilities:
                self.facilities.setdefault(key, []).append(facilities[pk])
        self._facility_lengths = lengths_of(self.facilities)

    def _know(self, unit: Unit) -> None:
        self.units[normalise_name(unit.name)] = unit
        if unit.short_name:
            self.units.setdefault(normalise_name(unit.short_name), unit)

    def unit(self, name: str) -> Unit | None:
        """The unit of this name or short name, without a note in brackets; else the only one whose name contains it.

        A name of nothing but words that any unit has (热力公司) is nobody's.
        """
        wanted = normalise_name(name)
        for known in (self.units, self.unit_aliases):
            if found := known.get(wanted) or known.get(BRACKETS.sub("", wanted)):
                return found
        if len(wanted) < SHORTEST_PART or len(ANY_UNITS_WORDS.sub("", wanted)) < TELLING_PART:
            return None
        near = {unit.pk: unit for known, unit in self.units.items() if wanted in known}
        return next(iter(near.values())) if len(near) == 1 else None

    def company(self, name: str) -> Unit | None:
        """The heating company of this name."""
        unit = self.unit(name)
        return unit if unit and unit.kind == UnitKind.HEATING_COMPANY else None

    def community(self, name: str) -> Community | None:
        return self.communities.get(normalise_name(name))

    def station(self, name: str) -> Facility | None:
        """The heat exchange station in use of this name, if only one company has one so called."""
        named = [each for each in self.facilities.get(normalise_name(name), ()) if each.kind == FacilityKind.STATION]
        return named[0] if len(named) == 1 else None

    def township(self, name: str) -> Region | None:
        """Of this name; 城关, 城关镇人民政府 and 府前街道办事处 name one too, if it is the only one."""
        wanted = normalise_name(name)
        if found := self.townships.get(wanted):
            return found
        bare = OFFICES.sub("", wanted)
        near = [region for known, region in self.townships.items() if known.startswith(bare)]
        return near[0] if len(bare) >= TELLING_PART and len(near) == 1 else None

    def communities_of(self, names: Iterable[str], problem_point: str) -> tuple[list[Community], list[str]]:
        """(the communities named, or that the problem point begins with; names that are not known)."""
        known = [(name, self.communities.get(normalise_name(name))) for name in names]
        found = [community for _, community in known if community]
        unknown = [name for name, community in known if community is None]
        if not found:
            point = normalise_name(problem_point)
            beginnings = (point[:length] for length in self._lengths if length <= len(point))
            found = [self.communities[name] for name in beginnings if name in self.communities][:1]
        return found, unknown

    def facility(self, problem_point: str, *, kind: str, unit: Unit | None) -> Facility | None:
        """The facility in use of that kind whose name the problem point begins with; of several, the unit's own."""
        point = normalise_name(problem_point)
        for length in self._facility_lengths:
            named = self.facilities.get(point[:length], []) if length <= len(point) else []
            fitting = [each for each in named if each.kind == kind]
            own = [each for each in fitting if unit and each.company_id == unit.pk]
            if len(own or fitting) == 1:
                return (own or fitting)[0]
        return None

    def create_unit(self, name: str, *, leads: bool, by: Any) -> Unit:
        """A unit that a file names and nobody knows yet: a heating company if it leads, else another unit."""
        kind = UnitKind.HEATING_COMPANY if leads else UnitKind.OTHER
        unit = create_unit(by=by, name=name, kind=kind, region=self.county)
        self._know(unit)
        return unit

    def create_community(self, name: str, *, by: Any) -> Community:
        community = create_community(by=by, county=self.county, name=name)
        self.communities[normalise_name(name)] = community
        self._lengths = lengths_of(self.communities)
        return community
