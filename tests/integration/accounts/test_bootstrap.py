"""The first user of an empty installation."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Unit, User
from audit.models import AuditEntry
from facilities.models import Season

pytestmark = pytest.mark.either_database

OPTIONS = {
    "county_code": "130123",
    "county": "临岭县",
    "bureau": "临岭县住房和城乡建设局",
    "username": "admin",
    "no_input": True,
}


def test_it_makes_county_bureau_administrator_and_season(db, client, summer):
    out = StringIO()
    call_command("bootstrap", stdout=out, **OPTIONS)

    user = User.objects.get()
    assert (user.username, user.role_names, user.must_change_password) == ("admin", ["住建管理员"], True)
    assert (user.unit.name, user.unit.kind, user.unit.region.code) == (
        "临岭县住房和城乡建设局",
        "housing_bureau",
        "130123",
    )
    season = Season.objects.get()
    assert (season.name, str(season.summer_start_on), str(season.heating_end_on)) == (
        "2026-2027",
        "2026-03-16",
        "2027-03-15",
    )
    password = out.getvalue().split("密码 ")[1].split("（")[0]
    assert client.post("/accounts/login/", {"username": "admin", "password": password}).status_code == 302
    assert list(AuditEntry.objects.order_by("pk").values_list("action", "actor_name")[:3]) == [
        ("新建单位", "系统"),
        ("新建用户", "系统"),
        ("新建采暖季", "系统"),
    ]


def test_before_the_summer_work_begins_the_season_is_last_years(db, summer):
    summer.move_to("2027-03-15T12:00:00+08:00")
    call_command("bootstrap", stdout=StringIO(), **OPTIONS)

    assert Season.objects.get().name == "2026-2027"


def test_a_second_time_it_refuses_and_changes_nothing(db):
    call_command("bootstrap", stdout=StringIO(), **OPTIONS)

    with pytest.raises(CommandError, match="代码为 130123 的县已经建好"):
        call_command("bootstrap", stdout=StringIO(), **OPTIONS)
    with pytest.raises(CommandError, match="用户名“admin”已被使用"):
        call_command("bootstrap", stdout=StringIO(), **{**OPTIONS, "county_code": "130124"})
    with pytest.raises(CommandError, match="应为 6 位数字，写的是“1301”"):
        call_command("bootstrap", stdout=StringIO(), **{**OPTIONS, "county_code": "1301"})
    assert Unit.objects.count() == 1
