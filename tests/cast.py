"""The people and units that most tests play with: the county 临岭县, and a foreign county that must stay unseen."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts import roles
from accounts.enums import UnitKind
from accounts.models import Region, Unit, User
from facilities.enums import FacilityKind
from facilities.models import Community, Facility, Season
from tests.factories import (
    CityFactory,
    CommunityFactory,
    CountyFactory,
    FacilityFactory,
    SeasonFactory,
    TownshipFactory,
    UnitFactory,
    UserFactory,
)

SUMMER_DAY = dt.date(2026, 8, 3)


@dataclass(frozen=True)
class Foreign:
    """Another county of which nobody of 临岭县 may see anything."""

    county: Region
    township: Region
    bureau: Unit
    company: Unit
    admin: User
    inspector: User
    company_admin: User
    season: Season
    community: Community
    station: Facility


@dataclass(frozen=True)
class Cast:
    county: Region
    town_a: Region  # 城关镇
    town_b: Region  # 石桥乡
    bureau: Unit
    development_bureau: Unit
    chengyuan: Unit  # 城源热力有限公司
    beiyuan: Unit  # 北苑供热站
    wanjia: Unit  # 万家物业, sees only what names it
    township_unit: Unit  # 城关镇人民政府
    leader_office: Unit  # 县政府办公室, sees the region
    # one of each role
    admin: User
    inspector: User
    development_officer: User
    hotline: User
    chengyuan_admin: User
    beiyuan_clerk: User
    township_officer: User
    leader: User
    # others
    inspector_2: User
    chengyuan_clerk: User
    beiyuan_admin: User
    wanjia_reader: User
    season: Season  # 2026-2027
    last_season: Season  # 2025-2026
    community: Community  # 幸福小区, 城关镇, heated by 城源
    station: Facility  # 幸福换热站 of 城源
    foreign: Foreign

    @cached_property
    def city_admin(self) -> User:
        """Who looks after both counties, and so may change what they have in common. The city is there once asked for:
        most tests have none."""
        return build_city_admin(
            [self.county, self.foreign.county], [self.town_a, self.town_b, self.foreign.township]
        )  # fmt: skip

    @property
    def by_role(self) -> dict[str, User]:
        """One user for each of the eight roles."""
        return {
            roles.ADMIN: self.admin,
            roles.INSPECTOR: self.inspector,
            roles.DEVELOPMENT: self.development_officer,
            roles.HOTLINE: self.hotline,
            roles.COMPANY_ADMIN: self.chengyuan_admin,
            roles.COMPANY_CLERK: self.beiyuan_clerk,
            roles.TOWNSHIP: self.township_officer,
            roles.READER: self.leader,
        }


def build_city_admin(counties: list[Region], townships: list[Region]) -> User:
    """Of the housing bureau of 石城市, which the counties and their townships then belong to."""
    city = CityFactory(code="130100", name="石城市")
    for number, county in enumerate(counties):
        # The foreign county, which was of nowhere, gets a code of the city's.
        county.code, county.parent = f"1301{99 - number}", city
        county.save()
    for town in townships:
        town.code = f"{Region.objects.get(pk=town.parent_id).code}{town.code[-3:]}"
        town.save()
    bureau = UnitFactory(name="石城市住房和城乡建设局", kind=UnitKind.HOUSING_BUREAU, region=city)
    return UserFactory(username="sc_admin", full_name="石管", unit=bureau, role=roles.ADMIN)


def build_foreign() -> Foreign:
    county = CountyFactory(code="130299", name="邻河县")
    township = TownshipFactory(parent=county, code="130299100", name="河口镇")
    bureau = UnitFactory(name="邻河县住房和城乡建设局", kind=UnitKind.HOUSING_BUREAU, region=county)
    company = UnitFactory(name="邻河热力公司", region=county)
    return Foreign(
        county=county,
        township=township,
        bureau=bureau,
        company=company,
        admin=UserFactory(username="lh_admin", full_name="邻管", unit=bureau, role=roles.ADMIN),
        inspector=UserFactory(username="lh_inspector", full_name="邻督", unit=bureau, role=roles.INSPECTOR),
        company_admin=UserFactory(username="lh_company", full_name="邻企", unit=company, role=roles.COMPANY_ADMIN),
        season=SeasonFactory(county=county),
        community=CommunityFactory(county=county, township=township, company=company, name="邻河花园"),
        station=FacilityFactory(county=county, company=company, township=township, name="邻河换热站"),
    )


def build_cast() -> Cast:
    """All of it; about eighty inserts."""
    county = CountyFactory(code="130199", name="临岭县")
    town_a = TownshipFactory(parent=county, code="130199100", name="城关镇")
    town_b = TownshipFactory(parent=county, code="130199200", name="石桥乡")

    def unit(name: str, kind: UnitKind, region: Region = county, **more: Any) -> Unit:
        return UnitFactory(name=name, kind=kind, region=region, **more)

    def user(username: str, full_name: str, of: Unit, role: str) -> User:
        return UserFactory(username=username, full_name=full_name, unit=of, role=role)

    bureau = unit("临岭县住房和城乡建设局", UnitKind.HOUSING_BUREAU, short_name="住建局")
    development_bureau = unit("临岭县发展和改革局", UnitKind.DEVELOPMENT_BUREAU, short_name="发改局")
    chengyuan = unit("城源热力有限公司", UnitKind.HEATING_COMPANY, short_name="城源热力")
    beiyuan = unit("北苑供热站", UnitKind.HEATING_COMPANY)
    wanjia = unit("万家物业", UnitKind.OTHER)
    township_unit = unit("城关镇人民政府", UnitKind.TOWNSHIP, town_a, short_name="城关镇")
    leader_office = unit("临岭县政府办公室", UnitKind.OTHER, short_name="县政府办", sees_region=True)
    community = CommunityFactory(county=county, township=town_a, company=chengyuan, name="幸福小区")
    return Cast(
        county=county,
        town_a=town_a,
        town_b=town_b,
        bureau=bureau,
        development_bureau=development_bureau,
        chengyuan=chengyuan,
        beiyuan=beiyuan,
        wanjia=wanjia,
        township_unit=township_unit,
        leader_office=leader_office,
        admin=user("ll_admin", "周管", bureau, roles.ADMIN),
        inspector=user("ll_inspector", "杜导", bureau, roles.INSPECTOR),
        development_officer=user("ll_development", "方改", development_bureau, roles.DEVELOPMENT),
        hotline=user("ll_hotline", "何线", bureau, roles.HOTLINE),
        chengyuan_admin=user("cy_admin", "程源", chengyuan, roles.COMPANY_ADMIN),
        beiyuan_clerk=user("by_clerk", "白苑", beiyuan, roles.COMPANY_CLERK),
        township_officer=user("cg_officer", "向镇", township_unit, roles.TOWNSHIP),
        leader=user("ll_leader", "凌导", leader_office, roles.READER),
        inspector_2=user("ll_inspector2", "杜二", bureau, roles.INSPECTOR),
        chengyuan_clerk=user("cy_clerk", "程员", chengyuan, roles.COMPANY_CLERK),
        beiyuan_admin=user("by_admin", "白管", beiyuan, roles.COMPANY_ADMIN),
        wanjia_reader=user("wj_reader", "万佳", wanjia, roles.READER),
        season=SeasonFactory(county=county, start_year=2026),
        last_season=SeasonFactory(county=county, start_year=2025),
        community=community,
        station=FacilityFactory(
            county=county,
            township=town_a,
            company=chengyuan,
            community=community,
            kind=FacilityKind.STATION,
            name="幸福换热站",
        ),
        foreign=build_foreign(),
    )


@pytest.fixture
def cast(db: None) -> Cast:
    return build_cast()


@pytest.fixture
def client_as() -> Callable[[User], Client]:
    """`client_as(cast.admin)` is a browser in which that user has signed in."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="accounts.backends.UnitBackend")
        return client

    return sign_in


@pytest.fixture
def summer() -> Iterator[time_machine.Traveller]:
    """It is 3 August 2026, ten in the morning in Shanghai; `summer.shift(seconds)` and `summer.move_to(…)` go on."""
    with time_machine.travel(dt.datetime(2026, 8, 3, 2, 0, tzinfo=dt.UTC), tick=False) as traveller:
        yield traveller
