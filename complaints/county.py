"""What a county knows when orders come in: its places and their other names, its companies, and whose season it is."""

import datetime as dt
import re
from functools import cached_property
from typing import Any

from accounts.enums import RegionLevel
from accounts.models import Region, Unit
from common import clock
from common.spreadsheets.cells import is_nothing
from common.spreadsheets.errors import SpreadsheetError
from common.text import normalise_name
from complaints.addresses import Address, Places, split_address
from facilities.directory import Directory
from facilities.models import Community, Season
from facilities.season_companies import SeasonCompanies

# Whoever passes orders on is no company that could see to them.
_OFFICE = re.compile(r"(?:局|委|委员会|政府|办公室|办事处|街道|镇|乡|专班|指挥部|热线)$")


def county_of(user: Any) -> Region:
    """The county whose orders the user registers. Raises SpreadsheetError for who belongs to none."""
    region = user.unit.region if user.unit_id else None
    if region is None or region.level == RegionLevel.CITY:
        raise SpreadsheetError("投诉按县登记，请用县（市、区）的账号登记和导入")
    county: Region = region.county
    return county


class County:
    """Loaded once for a file or a page: the directory's queries, one for the seasons, two for each season asked for."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.directory = Directory(region)
        self._companies: dict[int, SeasonCompanies] = {}
        # What a column says is said again and again.
        self._units: dict[str, Unit | None] = {}
        self._communities: dict[str, Community | None] = {}

    @cached_property
    def places(self) -> Places[Community]:
        return Places(self.directory.communities)

    @cached_property
    def seasons(self) -> list[Season]:
        seasons = list(Season.objects.filter(county=self.region).order_by("-summer_start_on"))
        for season in seasons:
            season.county = self.region
        return seasons

    def season_of(self, moment: dt.datetime | None) -> Season | None:
        if moment is None:
            return None
        day = clock.local_date(moment)
        return next((each for each in self.seasons if each.summer_start_on <= day <= each.heating_end_on), None)

    def community(self, name: str | None) -> Community | None:
        """By its name, another name that the county has learned, or with 小区 put to it or left off."""
        if not name:
            return None
        if name not in self._communities:
            self._communities[name] = self.directory.community(name) or self._nearly(normalise_name(name))
        return self._communities[name]

    def _nearly(self, plain: str) -> Community | None:
        return next((found for found, *span in self.places.find(plain) if span == [0, len(plain)]), None)

    def locate(self, address: str) -> Address[Community]:
        return split_address(address, self.places)

    def unit(self, name: str | None) -> Unit | None:
        """Who may be asked to see to an order."""
        if not name:
            return None
        if name not in self._units:
            unit = self.directory.unit(name)
            self._units[name] = unit if unit and unit.is_rectifier else None
        return self._units[name]

    def names_nobody(self, text: str) -> bool:
        """Whether what stands under 承办单位 is no company: nothing, or the office that passed the order on."""
        if is_nothing(text):
            return True
        if self.unit(text):
            return False
        return self.directory.unit(text) is not None or bool(_OFFICE.search(normalise_name(text)))

    def company_of(self, community: Community | None, season: Season | None) -> Unit | None:
        """As `facilities.season_companies.company_of`."""
        if community is None or season is None:
            return None
        if season.pk not in self._companies:
            self._companies[season.pk] = SeasonCompanies(season)
        return self._companies[season.pk].of(community)


def certain_company(said: Unit | None, by_season: Unit | None, *, is_chosen: bool = False) -> Unit | None:
    """Who gets the order: whom a person chose; else whom the export names or the season's list, where these two do not
    contradict each other. None: a person has to decide."""
    if is_chosen or not said or not by_season:
        return said or by_season
    return said if said.pk == by_season.pk else None
