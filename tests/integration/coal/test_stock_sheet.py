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
from coal.models import Yard
from coal.stock_sheet import standings
from tests.cast import Cast
from tests.coal_factories import LAST_SEASON, make_batch, make_estimate, make_target
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
        told = {"heat_value_mj_per_kg": Decimal(23)} if kind is MovementKind.ARRIVAL else {}
        bookkeeping.record_movement(
            yard, by=by, day=dt.date(2026, 7, day), kind=kind, quantity_t=Decimal(tonnes), **told
        )


def sheet_of(client: Client) -> Any:
    response = client.get("/coal/sheet/")
    return openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).worksheets[0]  # type: ignore[attr-defined]


def rows_of(sheet: Any) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]


def test_the_countys_sheet(cast: Cast, client_as: Browser, booked: None) -> None:
    sheet = sheet_of(client_as(cast.development_officer))
    assert sheet.cell(1, 1).value == "临岭县2026-2027采暖季煤炭储备进度表"
    rows = rows_of(sheet)
    # 1000 t of 20.934 MJ/kg are 714 tce; 150 t that were counted and 140 t of 23 MJ/kg hold 6 360.1 GJ; the 10 t that
    # were burnt are of the oldest.
    assert rows[0] == [
        1, "城源热力有限公司", 1000, 714, 290, 217.01, 29, 10, 7.14, 280, 209.87, 0.8, 0.5, "按节点", "2026年10月13日",
        None,
    ]  # fmt: skip
    assert rows[1][:3] + rows[1][-3:] == [2, "北苑供热站", None, "没有已批准的目标", None, None]
    assert rows[2][1:13] == ["合计", 1000, 714, 290, 217.01, None, 10, 7.14, 280, 209.87, 0.8, 0.5]
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


def test_what_nobody_has_told_is_left_empty_and_said(cast: Cast, client_as: Browser, booked: None) -> None:
    """北苑: 100 t without a heat value came upon 50 t of 25 MJ/kg; 40 t are burnt, then 20 t more."""
    yard, by = YardFactory(company=cast.beiyuan), cast.beiyuan_admin

    def move(day: int, kind: MovementKind, tonnes: int, **told: Any) -> None:
        bookkeeping.record_movement(
            yard, by=by, day=dt.date(2026, 7, day), kind=kind, quantity_t=Decimal(tonnes), **told
        )

    move(1, MovementKind.ARRIVAL, 50, heat_value_mj_per_kg=Decimal(25))
    move(2, MovementKind.ARRIVAL, 100, batch="P-1")
    move(3, MovementKind.USE, 40)
    client = client_as(cast.development_officer)
    rows = rows_of(sheet_of(client))
    # What was burnt is known: 40 × 25 ÷ 29.3076.
    assert rows[1][4:9] == [150, None, None, 40, 34.12]
    assert rows[1][-1] == "有到货没有报热值，累计到位不折标煤"
    assert (rows[2][5], rows[2][8], rows[2][-1]) == (None, 41.26, "1 家有煤没有报热值，空着的折标煤不合计")
    move(4, MovementKind.USE, 20)
    rows = rows_of(sheet_of(client))
    assert (rows[1][8], rows[1][-1]) == (None, "有到货没有报热值，累计到位、累计耗用不折标煤")
    assert (rows[2][5], rows[2][8]) == (None, None)
    # The laboratory tells it: 50 × 25 + 100 × 22, of which 50 × 25 + 10 × 22 are burnt.
    make_batch(company=cast.beiyuan, by=by, number="P-1", heat_value_mj_per_kg=Decimal(22))
    rows = rows_of(sheet_of(client))
    assert (rows[1][5], rows[1][8], rows[1][-1]) == (117.72, 50.16, None)
    assert (rows[2][5], rows[2][8], rows[2][-1]) == (334.73, 57.3, None)


def test_what_is_carried_to_another_yard_is_no_arrival(cast: Cast, client_as: Browser, booked: None) -> None:
    [yard] = Yard.objects.all()
    other = YardFactory(company=cast.chengyuan)
    before = rows_of(sheet_of(client_as(cast.leader)))[0]
    undone = bookkeeping.transfer(yard, other, by=cast.chengyuan_admin, day=dt.date(2026, 8, 1), quantity_t=Decimal(50))
    bookkeeping.reverse(undone, by=cast.chengyuan_admin, reason="没有调")
    assert rows_of(sheet_of(client_as(cast.leader)))[0] == before
    # 140 t that were counted, and 20 t of those that came: their mean heat value is kept to three decimals.
    bookkeeping.transfer(yard, other, by=cast.chengyuan_admin, day=dt.date(2026, 8, 1), quantity_t=Decimal(160))
    assert rows_of(sheet_of(client_as(cast.leader)))[0][:11] == before[:11]
    bookkeeping.record_movement(
        other, by=cast.chengyuan_admin, day=dt.date(2026, 8, 2), kind=MovementKind.USE, quantity_t=Decimal(16)
    )
    # 10 × 20.934 + 16 × 21.192
    assert rows_of(sheet_of(client_as(cast.leader)))[0][8] == 18.71


def test_the_sheet_says_how_it_is_reckoned_in_as_many_queries_for_many(
    cast: Cast, client_as: Browser, booked: None
) -> None:
    client = client_as(cast.leader)
    book = openpyxl.load_workbook(io.BytesIO(b"".join(client.get("/coal/sheet/").streaming_content)))  # type: ignore[attr-defined]
    about = {row[0].value: row[1].value for row in book.worksheets[1].iter_rows()}
    assert "入场的热量减去还在场的热量" in about["耗用折标煤"] and "20.934 MJ/kg" in about["没有热值的煤"]

    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            sheet_of(client)
        return len(found)

    few = asked()
    for _ in range(3):
        yard = YardFactory(company=UnitFactory(kind="heating_company", region=cast.county))
        bookkeeping.count(yard, by=cast.admin, day=dt.date(2026, 7, 1), quantity_t=Decimal(10))
        bookkeeping.record_movement(
            yard, by=cast.admin, day=dt.date(2026, 7, 2), kind=MovementKind.ARRIVAL, quantity_t=Decimal(10)
        )
    assert asked() == few
