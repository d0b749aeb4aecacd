"""煤炭储备进度表: what stands in it, to the tonne, for the county and for a company."""

import datetime as dt
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEntry
from coal import bookkeeping
from coal.enums import MovementKind
from coal.stock_sheet import standings
from tests.cast import Cast
from tests.coal_factories import LAST_SEASON, make_estimate, make_target
from tests.factories import UnitFactory, YardFactory

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]
Browser = Callable[[Any], Client]
TODAY = dt.date(2026, 8, 3)


@pytest.fixture
def booked(cast: Cast) -> None:
    """城源: target 1000 t, of which 400 t by 31 August; 150 t lay there, 140 t came since."""
    estimate = make_estimate(company=cast.chengyuan, season=cast.season, by=cast.chengyuan_admin, **LAST_SEASON)
    make_target(estimate, status="approved", quantity_t=Decimal(1000))
    yard, by = YardFactory(company=cast.chengyuan), cast.chengyuan_admin
    bookkeeping.count(yard, by=by, day=dt.date(2026, 3, 10), quantity_t=Decimal(150))
    for day, kind, tonnes in ((28, MovementKind.ARRIVAL, 140), (30, MovementKind.USE, 10)):
        bookkeeping.record_movement(yard, by=by, day=dt.date(2026, 7, day), kind=kind, quantity_t=Decimal(tonnes))


def sheet_of(client: Client) -> Any:
    response = client.get("/coal/sheet/")
    return openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).worksheets[0]  # type: ignore[attr-defined]


def rows_of(sheet: Any) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]


def test_the_countys_sheet(cast: Cast, client_as: Browser, booked: None) -> None:
    sheet = sheet_of(client_as(cast.development_officer))
    assert sheet.cell(1, 1).value == "临岭县2026-2027采暖季煤炭储备进度表"
    rows = rows_of(sheet)
    assert rows[0] == [
        1, "城源热力有限公司", 1000, 290, 29, 10, 280, 200, 0.8, 0.5, "按节点", "2026年10月13日",
    ]  # fmt: skip
    assert rows[1][:3] + rows[1][-2:] == [2, "北苑供热站", None, "没有已批准的目标", None]
    assert rows[2][1:9] == ["合计", 1000, 290, None, 10, 280, 200, 0.8]
    assert AuditEntry.objects.get(action="导出煤炭储备进度表").note == "2026-2027，2 家企业"


def test_a_company_finds_its_own_line(cast: Cast, client_as: Browser, booked: None) -> None:
    sheet = sheet_of(client_as(cast.beiyuan_clerk))
    assert sheet.cell(1, 1).value == "北苑供热站2026-2027采暖季煤炭储备进度表"
    assert [row[1] for row in rows_of(sheet)[:2]] == ["北苑供热站", "合计"]


def test_who_is_behind_a_milestone_and_by_how_much(cast: Cast, booked: None, summer: Any) -> None:
    september = dt.date(2026, 9, 2)
    [row] = [each for each in standings(cast.season, cast.leader, september) if each.company == cast.chengyuan]
    assert row.milestone == "严重落后：8月31日应到 40%，差 110 t"
    assert row.forecast == "近 14 天没有到货"


def test_the_number_of_queries_does_not_grow_with_the_companies(cast: Cast, booked: None) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            standings(cast.season, cast.leader, TODAY)
        return len(found)

    before = queries()
    for _ in range(3):
        company = UnitFactory(kind="heating_company", region=cast.county)
        YardFactory(company=company)
    assert queries() == before <= 12
