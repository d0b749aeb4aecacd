"""Seasons, communities and facilities of the demo county."""

import datetime as dt
import random
from decimal import Decimal

from facilities.enums import FacilityKind
from facilities.initials import pinyin_initials
from facilities.models import Community, Facility, Season
from heating.demo.people import COMPANIES, People

COMMUNITIES = (
    "老干部小区 丽水华庭 阳光花园 一中家属院 书香苑 滨河新城 建设局家属院",
    "幸福里 锦绣家园 惠民小区 农机厂家属楼 和平里小区 春晓苑 翠屏山庄",
    "光明路小区 粮食局家属院 凤凰城 金水湾 文苑小区 东关新村",
)
MATERIALS = ("螺旋焊管", "无缝钢管", "镀锌钢管", "球墨铸铁")
CENTRE = (Decimal("38.512000"), Decimal("114.263000"))


def season_name(day: dt.date) -> str:
    """The season a day belongs to: summer work begins on 16 March."""
    year = day.year if (day.month, day.day) >= (3, 16) else day.year - 1
    return f"{year}-{year + 1}"


def make_season(people: People, year: int) -> Season:
    return Season.objects.create(
        county=people.county,
        name=f"{year}-{year + 1}",
        summer_start_on=dt.date(year, 3, 16),
        trial_run_on=dt.date(year, 10, 31),
        heating_start_on=dt.date(year, 11, 15),
        heating_end_on=dt.date(year + 1, 3, 15),
    )


def make_communities(people: People, dice: random.Random) -> list[Community]:
    """Spread over the townships; each is heated by the company of its township."""
    company_of = {township: company for (_, _, township), company in zip(COMPANIES, people.companies, strict=True)}
    names = list(people.townships)
    communities = []
    for n, name in enumerate(name for line in COMMUNITIES for name in line.split()):
        township = names[n % len(names)]
        households = dice.randrange(120, 1600, 10)
        communities.append(
            Community(
                county=people.county,
                township=people.townships[township],
                company=company_of[township],
                name=name,
                pinyin_initials=pinyin_initials(name),
                households=households,
                heated_area_m2=Decimal(households * dice.randrange(85, 115)),
                built_year=dice.randrange(1985, 2020),
                latitude=CENTRE[0] + Decimal(dice.randrange(-300, 300)) / 10_000,
                longitude=CENTRE[1] + Decimal(dice.randrange(-400, 400)) / 10_000,
            )
        )
    Community.objects.bulk_create(communities)
    return communities


def make_facilities(people: People, communities: list[Community], dice: random.Random) -> list[Facility]:
    """A heat source for each company; a station, mains, yard pipes, risers and indoor systems for each community."""
    facilities = [
        Facility(
            county=people.county, company=company, kind=FacilityKind.BOILER,
            name=f"{company.label.removesuffix('热力').removesuffix('供热').removesuffix('供热站')}热源厂",
            installed_year=dice.randrange(1998, 2018), latitude=CENTRE[0], longitude=CENTRE[1],
        )
        for company in people.companies
    ]  # fmt: skip
    suffixes = {
        FacilityKind.STATION: "换热站",
        FacilityKind.MAIN_PIPE: "至建设路段一次网",
        FacilityKind.YARD_PIPE: "庭院管网",
        FacilityKind.RISER: "楼栋立管",
        FacilityKind.INDOOR: "户内设施",
    }
    for community in communities:
        for kind, suffix in suffixes.items():
            facilities.append(
                Facility(
                    county=people.county, township=community.township, company=community.company,
                    community=community, kind=kind, name=f"{community.name}{suffix}",
                    installed_year=max(community.built_year or 1990, dice.randrange(1990, 2020)),
                    material="" if kind == FacilityKind.STATION else dice.choice(MATERIALS),
                    latitude=community.latitude, longitude=community.longitude,
                )
            )  # fmt: skip
    Facility.objects.bulk_create(facilities)
    _connect(communities, facilities)
    return facilities


def _connect(communities: list[Community], facilities: list[Facility]) -> None:
    """Two neighbours of one company hang on the station of the first."""
    stations = {each.community_id: each for each in facilities if each.kind == FacilityKind.STATION}
    for company in {community.company_id: None for community in communities}:
        theirs = [community for community in communities if community.company_id == company]
        for place, community in enumerate(theirs):
            community.station = stations[theirs[place - place % 2].pk]
    Community.objects.bulk_update(communities, ["station"])
