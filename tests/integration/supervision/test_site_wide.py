"""Policies and calendar are one for all counties of a site: who looks after them all changes them, the others read."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from accounts import roles
from accounts.enums import UnitKind
from accounts.models import User
from supervision.models import CalendarDay, Policy
from supervision.services import create_policy, switch_policy
from supervision.working_days import fill_year, set_days, take_back
from tests.cast import Cast
from tests.factories import CountyFactory, UnitFactory, UserFactory
from tests.integration.supervision.policies import change, general

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 8, 6)
POLICIES, CALENDAR = "/supervision/policy/", "/supervision/calendar/?year=2026"
SYSTEM = "由本系统各县共用，由系统管理员统一制定；需要调整的，请向其提出。"
CITY = "由本系统各县共用，由石城市住房和城乡建设局统一制定；需要调整的，请向其提出。"


def rest(by: Any) -> int:
    return set_days(DAY, DAY, is_workday=False, name="县运动会", by=by)


@pytest.fixture
def only_admin() -> User:
    """Of the only county of a site."""
    return UserFactory(unit=UnitFactory(region=CountyFactory(), kind=UnitKind.HOUSING_BUREAU), role=roles.ADMIN)


def test_the_only_countys_administrator_changes_both(only_admin: User, client_as: Callable[[Any], Client]) -> None:
    assert change(general(), only_admin, urge={"amount": 2})
    assert rest(only_admin) == 1
    client = client_as(only_admin)
    assert f'href="{POLICIES}{general().pk}/"' in (html := client.get(POLICIES).content.decode())
    assert "各县共用" not in html
    assert 'id="change"' in (html := client.get(CALENDAR).content.decode()) and "各县共用" not in html


def test_so_does_the_administrator_of_a_city_above_all_counties(cast: Cast) -> None:
    assert change(general(), cast.city_admin, urge={"amount": 2})
    assert rest(cast.city_admin) == 1
    CountyFactory(code="130399")
    with pytest.raises(PermissionDenied, match="系统管理员统一制定"):
        change(general(), cast.city_admin, urge={"amount": 3})


def test_so_does_a_superuser(cast: Cast) -> None:
    root = UserFactory(is_superuser=True, unit=None)
    assert change(general(), root, urge={"amount": 2})
    assert rest(root) == 1


def test_one_county_of_several_decides_nothing_for_the_others(cast: Cast) -> None:
    rest(cast.city_admin)
    special = create_policy(kind="hazard", grade="", urgency="immediate", by=cast.city_admin)
    for user in (cast.admin, cast.foreign.admin):
        user.refresh_from_db()  # its county is the city's now
        for attempt in (
            lambda user=user: change(general(), user, urge={"amount": 2}),
            lambda user=user: create_policy(kind="hazard", grade="general", urgency="", by=user),
            lambda user=user: switch_policy(special, by=user, version=1, is_active=False),
        ):
            with pytest.raises(PermissionDenied, match=f"^督办规则{CITY}$"):
                attempt()
        for attempt in (
            lambda user=user: rest(user),
            lambda user=user: fill_year(2026, by=user),
            lambda user=user: take_back(CalendarDay.objects.get(source="own"), by=user),
        ):
            with pytest.raises(PermissionDenied, match=f"^工作日历{CITY}$"):
                attempt()
    assert (general().version, Policy.objects.filter(kind="hazard").count()) == (1, 3)


def test_its_pages_are_to_read_and_say_why(cast: Cast, client_as: Callable[[Any], Client]) -> None:
    client = client_as(cast.admin)
    html = client.get(POLICIES).content.decode()
    assert f"督办规则{SYSTEM}" in html and f"{POLICIES}{general().pk}/" not in html and f"{POLICIES}new/" not in html
    html = client.get(CALENDAR).content.decode()
    assert f"工作日历{SYSTEM}" in html and 'id="change"' not in html
    refused = client.get(f"{POLICIES}{general().pk}/")
    assert (refused.status_code, f"督办规则{SYSTEM}" in refused.content.decode()) == (403, True)
    posted = {"first": "8.6", "arranged": "off", "name": "县运动会", "source": "own"}
    refused = client.post(CALENDAR, posted)
    assert (refused.status_code, f"工作日历{SYSTEM}" in refused.content.decode()) == (403, True)
    assert not CalendarDay.objects.filter(source="own").exists()


def test_who_never_could_is_told_no_reason(cast: Cast, client_as: Callable[[Any], Client]) -> None:
    assert "统一制定" not in client_as(cast.inspector).get(POLICIES).content.decode()
    with pytest.raises(PermissionDenied, match="您没有修改督办规则的权限"):
        change(general(), cast.inspector, urge={"amount": 2})
