"""A company that burns no coal: said by the development bureau, asked for no target, and named."""

import datetime as dt
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from audit.models import AuditEntry
from coal import coal_free
from coal.county import County
from coal.demand_selectors import county_sheet
from coal.models import CoalFree
from coal.standings import standings
from tests.cast import Cast
from tests.coal_factories import make_coal_free, make_estimate, make_target
from tests.factories import YardFactory

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]
Browser = Callable[[Any], Client]
TODAY = dt.date(2026, 8, 3)
FORM = {"from_on": "5.1", "reason": "燃气供热"}


def text(response: Any) -> str:
    return str(response.content.decode()).replace("\xa0", " ")


@pytest.fixture(autouse=True)
def target(cast: Cast) -> Any:
    """城源热力 has an approved target, 北苑供热站 none."""
    estimate = make_estimate(company=cast.chengyuan, season=cast.season, by=cast.chengyuan_admin)
    return make_target(estimate, status="approved", quantity_t=Decimal(1000))


def county(cast: Cast, today: dt.date = TODAY) -> County:
    return County(standings(cast.season, cast.leader, today))


def declare_address(cast: Cast) -> str:
    return reverse("coal:coal_free_declare", args=[cast.beiyuan.pk])


def test_it_is_asked_for_nothing_and_named(cast: Cast, client_as: Browser) -> None:
    browser = client_as(cast.development_officer)
    assert "本季还没有已批准的储备目标" in text(browser.get(reverse("coal:overview")))
    assert (county(cast).percent, county_sheet(cast.season, cast.leader).is_final) == (None, False)
    assert declare_address(cast) in text(browser.get(reverse("coal:target_list")))
    assert browser.post(declare_address(cast), {**FORM, "reason": ""}).status_code == 422
    assert browser.post(declare_address(cast), FORM)["Location"] == reverse("coal:target_list")
    entry = AuditEntry.objects.get(action="认定不用煤")
    assert (entry.note, entry.changes["从哪天起"]) == ("燃气供热", [None, "2026-05-01"])
    assert (county(cast).percent, county_sheet(cast.season, cast.leader).is_final) == (0, True)
    page = text(browser.get(reverse("coal:overview")))
    assert "本季还没有已批准的储备目标" not in page and "不用煤" in page and "已批准 1/1 家" in page
    listed = text(browser.get(reverse("coal:target_list")))
    assert "2026-05-01 起：燃气供热" in listed and "已批准 1/1 家" in listed and declare_address(cast) not in listed
    assert "不用煤" in text(browser.get(reverse("coal:company", args=[cast.beiyuan.pk])))
    response = browser.get(reverse("coal:target_sheet"))
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).worksheets[0]  # type: ignore[attr-defined]
    assert sheet.cell(1, 1).value == "临岭县2026-2027采暖季煤炭储备目标审批表"
    rows = {row[1].value: [cell.value for cell in row] for row in sheet.iter_rows(min_row=4)}
    assert rows["北苑供热站"][12:14] == ["2026-05-01 起：燃气供热", "不用煤"]
    assert rows["合计"][13] == "已批准 1/1"


def test_it_is_taken_back(cast: Cast, client_as: Browser) -> None:
    row, browser = (
        make_coal_free(company=cast.beiyuan, by=cast.development_officer),
        client_as(cast.development_officer),
    )
    address = reverse("coal:coal_free_take_back", args=[row.pk])
    assert address in text(browser.get(reverse("coal:target_list")))
    assert "2026-05-01 起不用煤：燃气供热" in text(browser.get(address))
    assert browser.post(address, {"reason": "恢复燃煤锅炉"}).status_code == 302
    row.refresh_from_db()
    assert row.until_on == TODAY and AuditEntry.objects.get(action="收回不用煤认定").note == "恢复燃煤锅炉"
    assert county(cast).percent is None and county(cast, dt.date(2026, 8, 2)).percent == 0
    # Once more does nothing, and it can be said anew.
    browser.post(address, {"reason": "再来一次"})
    assert AuditEntry.objects.filter(action="收回不用煤认定").count() == 1
    assert browser.post(declare_address(cast), {**FORM, "from_on": "8.3"}).status_code == 302
    assert CoalFree.objects.count() == 2


def test_before_its_day_a_target_is_asked(cast: Cast) -> None:
    make_coal_free(company=cast.beiyuan, by=cast.development_officer, from_on=dt.date(2026, 8, 3))
    assert county(cast, dt.date(2026, 8, 2)).percent is None and county(cast).percent == 0


@pytest.mark.parametrize("has", ["yard", "target", "said"])
def test_not_of_a_company_that_has_coal_or_a_target(cast: Cast, client_as: Browser, has: str) -> None:
    said = {"yard": "还有在用的煤场", "target": "本季有储备目标", "said": "已经认定不用煤"}[has]
    if has == "yard":
        YardFactory(company=cast.beiyuan)
    elif has == "target":
        make_target(make_estimate(company=cast.beiyuan, season=cast.season, by=cast.beiyuan_admin))
    else:
        make_coal_free(company=cast.beiyuan, by=cast.development_officer)
    before = CoalFree.objects.count()
    refused = client_as(cast.development_officer).post(declare_address(cast), FORM)
    assert refused.status_code == 422 and said in text(refused) and CoalFree.objects.count() == before


def test_only_the_development_bureau_says_it(cast: Cast, client_as: Browser) -> None:
    row = make_coal_free(company=cast.beiyuan, by=cast.development_officer)
    for user in (cast.beiyuan_admin, cast.inspector, cast.leader):
        with pytest.raises(PermissionDenied):
            coal_free.take_back(row, by=user, reason="x")
        with pytest.raises(PermissionDenied):
            coal_free.declare(cast.beiyuan, by=user, from_on=TODAY, reason="x")
    assert "收回" not in text(client_as(cast.leader).get(reverse("coal:target_list")))
