"""The bureau is warned of units, and of bureaus, in which nobody has an account to be told by."""

import html
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import roles
from accounts.models import User
from inspections.models import Hazard
from supervision import kinds
from supervision.models import PolicyStep
from supervision.sweep import sweep
from tests.cast import SUMMER_DAY, Cast
from tests.factories import UnitFactory, UserFactory
from tests.hazards import hazard_of
from tests.integration.supervision.test_further_kinds import TRIAL_RUN

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer")]
ClientAs = Callable[[User], Client]
PAGES = ("/", "/supervision/")
NOBODY = "这些单位没有可用账号，提醒和督办没有人收到："


def of_unit(cast: Cast, unit: Any, status: str = "rectifying", **more: Any) -> Hazard:
    hazard = hazard_of(cast, status, **more)
    Hazard.objects.filter(pk=hazard.pk).update(lead_unit=unit)
    return hazard


@pytest.fixture
def warnings(client_as: ClientAs, cast: Cast) -> Callable[..., list[str]]:
    """`warnings(user)`: what both pages warn the user of, as text."""

    def of(user: User) -> list[str]:
        client, found = client_as(user), []
        for address in PAGES:
            page = client.get(address).content.decode()
            lines = re.findall(r'<div class="alert-line alert-warning" role="alert">(.*?)</div>', page, re.S)
            found.append([html.unescape(re.sub(r"<[^>]+>", "", line)).strip() for line in lines])
        assert found[0] == found[1]
        return found[0]

    return of


class TestUnits:
    def test_named_with_what_waits_for_them_until_somebody_has_an_account(
        self, cast: Cast, warnings: Any, client_as: ClientAs
    ) -> None:
        lonely, idle = UnitFactory(name="南苑供热站", region=cast.county), UnitFactory(region=cast.county)
        for _ in range(2):
            of_unit(cast, lonely)
        of_unit(cast, cast.chengyuan, "issued")
        assert idle.users.count() == 0
        assert warnings(cast.admin) == [f"{NOBODY}南苑供热站（2 条）。去添加账号"]
        page = client_as(cast.admin).get("/supervision/").content.decode()
        assert f'<a href="/accounts/users/new/?unit={lonely.pk}">南苑供热站</a>' in page
        assert '<a href="/accounts/users/new/">去添加账号</a>' in page
        told = f"{NOBODY}南苑供热站（2 条）。请联系住建管理员或系统维护人员添加账号。"
        assert warnings(cast.inspector) == [told]
        UserFactory(unit=lonely, role=roles.COMPANY_CLERK)
        assert warnings(cast.admin) == []

    def test_only_the_bureau_of_the_place_is_warned(self, cast: Cast, warnings: Any) -> None:
        of_unit(cast, UnitFactory(name="南苑供热站", region=cast.county))
        assert len(warnings(cast.hotline)) == 1
        others = [cast.chengyuan_admin, cast.beiyuan_clerk, cast.township_officer, cast.development_officer]
        for user in [*others, cast.leader, cast.foreign.admin]:
            assert warnings(user) == []

    def test_what_is_not_watched_needs_nobody(self, cast: Cast, warnings: Any) -> None:
        lonely = UnitFactory(name="南苑供热站", region=cast.county)
        for status in ("pending", "awaiting_acceptance", "closed", "void"):
            of_unit(cast, lonely, status)
        assert warnings(cast.admin) == []

    def test_an_account_that_is_switched_off_or_of_another_role_is_none(self, cast: Cast, warnings: Any) -> None:
        of_unit(cast, cast.beiyuan)
        cast.beiyuan.users.exclude(pk=cast.beiyuan_clerk.pk).update(is_active=False)
        assert warnings(cast.admin) == []
        cast.beiyuan_clerk.groups.set([Group.objects.get(name=roles.READER)])
        assert warnings(cast.admin) == [f"{NOBODY}北苑供热站（1 条）。去添加账号"]

    def test_of_a_unit_that_is_switched_off_nobody_can_sign_in(self, cast: Cast, warnings: Any) -> None:
        of_unit(cast, cast.beiyuan)
        type(cast.beiyuan).objects.filter(pk=cast.beiyuan.pk).update(is_active=False)
        assert warnings(cast.admin) == [f"{NOBODY}北苑供热站（已停用，1 条）。去添加账号"]

    def test_the_first_ten_are_named(self, cast: Cast, warnings: Any) -> None:
        for number in range(1, 13):
            unit = UnitFactory(name=f"{number}号站", region=cast.county)
            for _ in range(2 if number == 12 else 1):
                of_unit(cast, unit)
        named = "、".join(["12号站（2 条）", *(f"{number}号站（1 条）" for number in range(1, 10))])
        assert warnings(cast.admin) == [f"{NOBODY}{named}，另有 2 家。去添加账号"]

    def test_counts_end_at_ninety_nine(self, cast: Cast, warnings: Any) -> None:
        lonely = UnitFactory(name="南苑供热站", region=cast.county)
        first = of_unit(cast, lonely)
        first.refresh_from_db()
        Hazard.objects.bulk_create(
            Hazard(**{field.attname: getattr(first, field.attname) for field in Hazard._meta.concrete_fields
                      if field.name not in ("id", "sequence", "number")},
                   sequence=number, number=f"YH-2026-{number:04d}")
            for number in range(1000, 1098)
        )  # fmt: skip
        assert warnings(cast.admin) == [f"{NOBODY}南苑供热站（99 条）。去添加账号"]
        of_unit(cast, lonely)
        assert warnings(cast.admin) == [f"{NOBODY}南苑供热站（99+ 条）。去添加账号"]

    def test_of_every_kind_that_says_whose_accounts_must_not_be_missing(
        self, cast: Cast, warnings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(kinds.KINDS, "again", replace(kinds.HAZARD, name="again"))
        monkeypatch.setitem(kinds.KINDS, TRIAL_RUN.name, TRIAL_RUN)
        of_unit(cast, UnitFactory(name="南苑供热站", region=cast.county))
        assert warnings(cast.admin) == [f"{NOBODY}南苑供热站（2 条）。去添加账号"]


class TestBureaus:
    def test_without_anybody_of_the_roles_that_steps_tell(self, cast: Cast, warnings: Any) -> None:
        of_unit(cast, cast.chengyuan)
        assert warnings(cast.hotline) == []
        _let_go(cast.admin)
        told = "临岭县没有可用的住建管理员账号，要通知住建局负责人的提醒和督办没有人收到。"
        assert warnings(cast.inspector) == [f"{told}请联系住建管理员或系统维护人员添加账号。"]
        _let_go(cast.inspector, cast.inspector_2)
        told = "临岭县没有可用的住建管理员或住建督导员账号，要通知住建局督办人、住建局负责人的提醒和督办没有人收到。"
        assert warnings(cast.hotline) == [f"{told}请联系住建管理员或系统维护人员添加账号。"]
        UserFactory(unit=cast.bureau, role=roles.ADMIN)
        assert warnings(cast.hotline) == []

    def test_who_supervises_is_told_whatever_the_role(self, cast: Cast, warnings: Any) -> None:
        hazard = of_unit(cast, cast.chengyuan)
        PolicyStep.objects.update(tells_bureau_leader=False)
        _let_go(cast.admin, cast.inspector, cast.inspector_2)
        assert len(warnings(cast.hotline)) == 1
        Hazard.objects.filter(pk=hazard.pk).update(supervisor=cast.hotline)
        assert warnings(cast.hotline) == []

    def test_whom_no_step_tells_nobody_misses(self, cast: Cast, warnings: Any) -> None:
        of_unit(cast, cast.chengyuan)
        _let_go(cast.admin)
        PolicyStep.objects.update(tells_bureau_leader=False)
        assert warnings(cast.inspector) == []

    def test_where_nothing_is_watched_nobody_is_missed(self, cast: Cast, warnings: Any) -> None:
        of_unit(cast, cast.chengyuan, "closed")
        _let_go(cast.admin)
        assert warnings(cast.inspector) == []


def test_as_many_queries_for_many_as_for_few(cast: Cast, client_as: ClientAs) -> None:
    def queries() -> list[int]:
        client, counts = client_as(cast.admin), []
        for address in PAGES:
            client.get(address)
            with CaptureQueriesContext(connection) as captured:
                client.get(address)
            counts.append(len(captured))
        return counts

    of_unit(cast, cast.chengyuan)
    sweep(SUMMER_DAY)
    few = queries()
    for _ in range(15):
        of_unit(cast, UnitFactory(region=cast.county))
    _let_go(cast.inspector, cast.inspector_2)
    assert queries() == few
    # A list makes twelve at most; the overview five more, for what complaints say.
    assert few[0] <= 17 and few[1] <= 12


def _let_go(*people: User) -> None:
    User.objects.filter(pk__in=[user.pk for user in people]).update(is_active=False)
