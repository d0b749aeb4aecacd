from types import SimpleNamespace

import pytest
from django.http import HttpResponse
from django.urls import include, path

from common.nav import NavGroup, NavItem, entries_for

pages = ([path("", HttpResponse, name="list"), path("import/", HttpResponse, name="import")], "hazards")
urlpatterns = [path("", HttpResponse, name="home"), path("hazards/", include(pages))]
pytestmark = pytest.mark.urls(__name__)

GROUPS = (
    NavGroup("", (NavItem("总览", "home", "home"),)),
    NavGroup(
        "台账",
        (
            NavItem("隐患", "ledger", "hazards:list", ("inspections.view_hazard",)),
            NavItem("导入", "import", "hazards:import", ("inspections.import_hazards", "inspections.all"), under=True),
            NavItem("煤炭", "coal", "coal:list"),
        ),
    ),
    NavGroup("管理", (NavItem("用户", "users", "home", ("accounts.manage_users",)),)),
)


def person(*permissions: str) -> SimpleNamespace:
    return SimpleNamespace(has_perm=lambda name: name in permissions)


def shown(user: SimpleNamespace, path: str = "/") -> list[tuple[str, bool]]:
    return [(entry.label, entry.current) for section in entries_for(user, path, GROUPS) for entry in section.entries]


def test_only_what_exists_and_is_allowed_is_shown():
    assert shown(person()) == [("总览", True)]
    assert [label for label, _ in shown(person("inspections.view_hazard"))] == ["总览", "隐患"]
    assert [label for label, _ in shown(person("inspections.all"))] == ["总览", "导入"]
    assert [label for label, _ in shown(person("accounts.manage_users"))] == ["总览", "用户"]


def test_an_empty_group_leaves_no_heading():
    assert [section.label for section in entries_for(person(), "/", GROUPS)] == [""]


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/", "总览"),
        ("/hazards/", "隐患"),
        ("/hazards/17/", "隐患"),
        ("/hazards/import/3/", "导入"),
        ("/elsewhere/", ""),
    ],
)
def test_the_longest_address_is_the_current_one(path, current):
    user = person("inspections.view_hazard", "inspections.all")
    assert [label for label, is_current in shown(user, path) if is_current] == ([current] if current else [])
