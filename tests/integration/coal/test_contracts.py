"""Contracts through their pages: entered, corrected, agreed anew; what has come of them, to the tonne."""

import datetime as dt
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import AuditEntry
from coal import bookkeeping
from coal.contract_services import amend_contract
from coal.enums import MovementKind
from coal.models import Contract, ContractAmendment, Movement, TargetMilestone
from coal.supply_selectors import by_company, contracts_of, season_contracts, standing_lines, unknown_contracts
from tests.cast import Cast
from tests.coal_factories import a_scan, make_contract, make_estimate, make_target
from tests.factories import YardFactory
from tests.pictures import photo

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]
Browser = Callable[[Any], Client]
FORM: dict[str, Any] = {
    "number": "ＣＹ-2026-01 ", "kind": "long_term", "supplier": "晋北煤业", "quantity_t": "1 000", "signed_on": "5.20",
    "starts_on": "6.1", "ends_on": "9.8", "price_yuan_per_t": "720", "heat_value_mj_per_kg": "5000",
    "sulphur_percent": "1",
}  # fmt: skip


def text(response: Any) -> str:
    return str(response.content.decode())


def told(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def arrive(yard: Any, by: Any, tonnes: str, contract: str = "CY-2026-01", day: int = 1, **more: Any) -> Movement:
    return bookkeeping.record_movement(
        yard, by=by, day=dt.date(2026, 7, day), kind=MovementKind.ARRIVAL, quantity_t=Decimal(tonnes),
        contract=contract, **more,
    )  # fmt: skip


@pytest.fixture
def yard(cast: Cast) -> Any:
    return YardFactory(company=cast.chengyuan)


def test_a_company_enters_its_contract_with_a_scan(cast: Cast, client_as: Browser) -> None:
    page = SimpleUploadedFile("合同第一页.jpg", photo(1), content_type="image/jpeg")
    browser = client_as(cast.chengyuan_clerk)
    response = browser.post(reverse("coal:contract_create"), {**FORM, "season": cast.season.pk, "scans": page})
    contract = Contract.objects.get()
    assert response["Location"] == contract.get_absolute_url()
    assert (contract.number, contract.company, contract.county) == ("CY-2026-01", cast.chengyuan, cast.county)
    assert (contract.quantity_t, contract.heat_value_mj_per_kg) == (1000, Decimal("20.934"))
    [scan] = contract.scans.all()
    shown = browser.get(reverse("coal:scan_file", args=[scan.pk]))
    assert b"".join(shown.streaming_content)[:2] == b"\xff\xd8"
    entry = AuditEntry.objects.get(action="登记合同")
    assert entry.changes["合同数量（t）"] == [None, "1000"] and entry.changes["扫描件"] == [None, "合同第一页.jpg"]
    assert client_as(cast.beiyuan_clerk).get(reverse("coal:scan_file", args=[scan.pk])).status_code == 404
    assert client_as(cast.development_officer).get(reverse("coal:scan_file", args=[scan.pk])).status_code == 200


def test_a_number_is_the_companys_once(cast: Cast, client_as: Browser) -> None:
    make_contract(company=cast.chengyuan, by=cast.chengyuan_admin)
    make_contract(company=cast.beiyuan, by=cast.beiyuan_admin)
    response = client_as(cast.chengyuan_clerk).post(reverse("coal:contract_create"), {**FORM, "season": cast.season.pk})
    assert response.status_code == 422 and "本企业已有这个编号的合同" in text(response)
    assert Contract.objects.count() == 2


def test_what_cannot_be_is_said(cast: Cast, client_as: Browser) -> None:
    browser, address = client_as(cast.chengyuan_clerk), reverse("coal:contract_create")
    early = browser.post(address, {**FORM, "season": cast.season.pk, "ends_on": "5.1"})
    assert "供货截止填的是 2026-05-01，早于供货开始 2026-06-01" in text(early)
    unsigned = browser.post(address, {**FORM, "season": cast.season.pk, "signed_on": "9.1"})
    assert "签订日期填的是 2026-09-01，还没有到" in text(unsigned)
    foreign = browser.post(address, {**FORM, "season": cast.foreign.season.pk})
    assert foreign.status_code == 422 and not Contract.objects.exists()


def test_what_has_come_is_what_carries_the_number(cast: Cast, client_as: Browser, yard: Any) -> None:
    """An arrival counts that was there before the contract was entered; a reversed one and another company's do not."""
    arrive(yard, cast.chengyuan_admin, "120.50")
    wrong = arrive(yard, cast.chengyuan_admin, "80", day=2)
    arrive(YardFactory(company=cast.beiyuan), cast.beiyuan_admin, "500")
    contract = make_contract(company=cast.chengyuan, by=cast.chengyuan_admin)
    arrive(YardFactory(company=cast.chengyuan), cast.chengyuan_admin, "30", day=3)
    bookkeeping.reverse(wrong, by=cast.chengyuan_admin, reason="重复登记")
    [line] = contracts_of(cast.chengyuan, cast.season)
    assert (line.contract, line.fulfilment.delivered_t, line.loads) == (contract, Decimal("150.50"), 2)
    # 3 August is day 64 of 100.
    assert (line.fulfilment.percent, line.fulfilment.due_t, line.fulfilment.behind_t) == (
        Decimal("15.1"), Decimal(640), Decimal("489.50"),
    )  # fmt: skip
    page = text(client_as(cast.leader).get(contract.get_absolute_url()))
    assert "按供货期均匀供货，到今天应到 640 t，差 489.5 t。" in page
    panel = render_to_string(
        "coal/_contracts_panel.html", {"contracts": contracts_of(cast.chengyuan, cast.season), "season": cast.season}
    )
    assert "15.1%" in panel and "差 489.5 t" in panel


def test_the_county_divides_the_sums(cast: Cast, yard: Any) -> None:
    make_contract(company=cast.chengyuan, by=cast.chengyuan_admin)
    make_contract(
        company=cast.chengyuan, by=cast.chengyuan_admin, number="CY-2026-02", kind="spot", quantity_t=Decimal(100)
    )
    make_contract(company=cast.beiyuan, by=cast.beiyuan_admin, number="BY-1", quantity_t=Decimal(3000))
    make_contract(company=cast.foreign.company, by=cast.foreign.company_admin, number="LH-1")
    arrive(yard, cast.chengyuan_admin, "500")
    arrive(yard, cast.chengyuan_admin, "90", "CY-2026-02")
    rows = by_company(standing_lines(season_contracts(cast.season, cast.leader)))
    assert [(row.company and row.company.name, row.long_term.percent, row.spot.percent) for row in rows] == [
        ("北苑供热站", Decimal("0.0"), None), ("城源热力有限公司", Decimal("50.0"), Decimal("90.0")),
        (None, Decimal("12.5"), Decimal("90.0")),
    ]  # fmt: skip
    assert rows[-1].whole.percent == Decimal("14.4")  # 590 of 4100
    [own] = by_company(standing_lines(season_contracts(cast.season, cast.beiyuan_clerk)))
    assert own.company == cast.beiyuan


def test_one_contract_does_not_hide_another(cast: Cast, client_as: Browser, yard: Any) -> None:
    """In sum 1000 + 1000 t came of 2 × 640 t that are due; one of the contracts lacks all of its coal."""
    by = cast.chengyuan_admin
    late = make_contract(company=cast.chengyuan, by=by, number="LATE")
    make_contract(company=cast.chengyuan, by=by, number="EARLY")
    later = make_contract(company=cast.chengyuan, by=by, number="LATER", quantity_t=Decimal(100))
    arrive(yard, by, "1000", "EARLY")
    arrive(yard, by, "1000", "EARLY", day=2)
    make_contract(
        company=cast.beiyuan,
        by=cast.beiyuan_admin,
        number="BY-1",
        ends_on=dt.date(2027, 1, 1),
        starts_on=dt.date(2026, 8, 4),
    )
    beiyuan, own, county = by_company(standing_lines(season_contracts(cast.season, cast.leader)))
    assert own.whole.behind_t == 0
    for row in (own, county):
        assert [line.contract for line in row.behind] == [late, later] and row.behind_t == 704
    assert (beiyuan.behind, beiyuan.behind_t) == ([], 0)
    page = text(client_as(cast.leader).get(reverse("coal:contract_list"))).replace("\xa0", " ")
    assert "2 份，共差 704 t，最多" in page and ">LATE</a> 差 640 t" in page


def test_arrivals_of_no_known_contract_are_listed(cast: Cast, client_as: Browser, yard: Any) -> None:
    make_contract(company=cast.chengyuan, by=cast.chengyuan_admin)
    make_contract(company=cast.beiyuan, by=cast.beiyuan_admin, number="BY-1")
    arrive(yard, cast.chengyuan_admin, "500")
    lost = arrive(yard, cast.chengyuan_admin, "40", "BY-1")
    arrive(yard, cast.chengyuan_admin, "60", "")
    gone = arrive(yard, cast.chengyuan_admin, "7", "XX-9")
    bookkeeping.reverse(gone, by=cast.chengyuan_admin, reason="写错")
    [found] = unknown_contracts(cast.season, cast.leader)
    assert (found.company, found.number, found.arrived.quantity_t, found.arrived.loads) == (
        cast.chengyuan, "BY-1", Decimal(40), 1,
    )  # fmt: skip
    browser = client_as(cast.leader)
    assert "有 1 个合同号的到货（共 40 t）对不上合同" in text(browser.get(reverse("coal:contract_list")))
    listed = text(browser.get(reverse("coal:movement_list"), {"unknown": "contract"}))
    assert reverse("coal:movement_detail", args=[lost.pk]) in listed and "共 1" in listed
    assert unknown_contracts(cast.season, cast.beiyuan_clerk) == []


def test_an_amendment_keeps_what_held_before(cast: Cast, client_as: Browser) -> None:
    contract = make_contract(company=cast.chengyuan, by=cast.chengyuan_admin)
    form = {
        "version": 1, "agreed_on": "7.15", "quantity_t": "1500", "price_yuan_per_t": "700", "ends_on": "10.31",
        "reason": "补充协议 2026-03",
    }  # fmt: skip
    browser, address = client_as(cast.chengyuan_clerk), reverse("coal:contract_amend", args=[contract.pk])
    assert browser.post(address, form).status_code == 302
    contract.refresh_from_db()
    assert (contract.quantity_t, contract.price_yuan_per_t, contract.ends_on) == (1500, 700, dt.date(2026, 10, 31))
    page = text(browser.get(contract.get_absolute_url()))
    assert "1\xa0000 → 1\xa0500" in page and "2026-09-08 → 2026-10-31" in page and "补充协议 2026-03" in page
    # What somebody else has changed meanwhile is not written over.
    stale = browser.post(address, {**form, "quantity_t": "9"})
    assert stale.status_code == 409 and "刚刚被别人改动过" in text(stale)
    contract.refresh_from_db()
    assert contract.quantity_t == 1500
    again = browser.post(address, {**form, "version": 2})
    assert again.status_code == 422 and "没有可登记的变更" in text(again)
    amendment = ContractAmendment.objects.get()
    amendment.reason = "改写"
    with pytest.raises(DatabaseError), transaction.atomic():
        amendment.save()


def test_a_correction_says_why(cast: Cast, client_as: Browser) -> None:
    contract = make_contract(company=cast.chengyuan, by=cast.chengyuan_admin)
    browser, address = client_as(cast.development_officer), reverse("coal:contract_edit", args=[contract.pk])
    form = {**FORM, "number": "CY-2026-01", "season": cast.season.pk, "heat_value_mj_per_kg": "20.9", "version": 1}
    assert "请写明为什么更正" in text(browser.post(address, {**form, "quantity_t": "10000"}))
    assert browser.post(address, {**form, "quantity_t": "10000", "reason": "少写一位"}).status_code == 302
    contract.refresh_from_db()
    assert contract.quantity_t == 10_000
    entry = AuditEntry.objects.get(action="更正合同")
    assert entry.changes == {"合同数量（t）": ["1000.00", "10000"]} and entry.note == "少写一位"
    assert "少写一位" in text(browser.get(contract.get_absolute_url()))


def test_a_milestone_for_contracts_is_held_against_them(cast: Cast, client_as: Browser, summer: Any) -> None:
    """1000 t by 30 June: 600 t were signed before summer began, 300 t in May, 100 t by an amendment in July."""
    by = cast.chengyuan_admin
    estimate = make_estimate(company=cast.chengyuan, season=cast.season, by=by)
    target = make_target(estimate, status="approved", quantity_t=Decimal(1000))
    TargetMilestone.objects.create(
        target=target, kind="contracted", due_on=dt.date(2026, 6, 30), share_percent=100, quantity_t=1000
    )
    make_contract(company=cast.chengyuan, by=by, number="A", quantity_t=Decimal(600), signed_on=dt.date(2026, 2, 1))
    later = make_contract(company=cast.chengyuan, by=by, number="B", quantity_t=Decimal(300))
    assert "差 100 t" in text(client_as(cast.leader).get(target.get_absolute_url()))
    amend_contract(
        later, by=by, seen=1, agreed_on=dt.date(2026, 7, 5), quantity_t=Decimal(400), ends_on=later.ends_on,
        price_yuan_per_t=later.price_yuan_per_t, reason="补充协议",
    )  # fmt: skip
    assert "2026-07-05，晚 5 天" in text(client_as(cast.leader).get(target.get_absolute_url()))


def test_the_arrival_form_offers_the_contract_and_fills_its_price(cast: Cast, client_as: Browser, yard: Any) -> None:
    make_contract(company=cast.chengyuan, by=cast.chengyuan_admin)
    make_contract(
        company=cast.chengyuan, by=cast.chengyuan_admin, number="OLD", starts_on=dt.date(2026, 3, 1),
        ends_on=dt.date(2026, 7, 31),
    )  # fmt: skip
    browser, address = client_as(cast.chengyuan_clerk), reverse("coal:movement_enter", args=[yard.pk, "arrival"])
    page = text(browser.get(address))
    # Coal of an earlier day may be entered: what is over is offered too, after what runs.
    assert 0 < page.index('<option value="CY-2026-01">') < page.index('<option value="OLD">')
    key = "5f0b1c52-2a0e-4c55-9a55-3a4f2d1d7a1"
    form = {"key": f"{key}1", "day": "8.1", "quantity_t": "40", "contract": " cy-2026-01"}
    assert "合同号" not in told(browser.post(address, form))
    movement = Movement.objects.get()
    assert (movement.contract, movement.unit_price_yuan_per_t) == ("CY-2026-01", Decimal(720))
    # A number nobody knows yet is entered all the same, and said.
    response = browser.post(address, {**form, "key": f"{key}2", "contract": "CY-2026-07", "batch": "260801"})
    assert "合同号“CY-2026-07”还没有登记" in told(response) and "批次“260801”还没有登记煤质" in told(response)
    unknown = Movement.objects.get(contract="CY-2026-07")
    assert unknown.unit_price_yuan_per_t is None
    assert "还没有登记这份合同" in text(browser.get(reverse("coal:movement_detail", args=[unknown.pk])))


def test_the_lists_go_out_in_the_official_look(cast: Cast, client_as: Browser, yard: Any, tmp_path: Any) -> None:
    make_contract(company=cast.chengyuan, by=cast.chengyuan_admin)
    make_contract(company=cast.beiyuan, by=cast.beiyuan_admin, number="BY-1", quantity_t=Decimal(3000))
    arrive(yard, cast.chengyuan_admin, "500", transport="冀A1")
    address = reverse("coal:contract_export")
    response = client_as(cast.leader).post(address, {"look": "official", "subtotals": "on"})
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))  # type: ignore[attr-defined]
    sheet = book.worksheets[0]
    assert sheet.cell(1, 1).value == "临岭县2026-2027采暖季购煤合同台账"
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]
    assert rows[0][1:3] == ["北苑供热站", "BY-1"] and rows[0][11:16] == [3000, 0, 3000, 0, 1920]
    assert rows[2][1:3] == ["城源热力有限公司", "CY-2026-01"] and rows[2][11:16] == [1000, 500, 500, 50, 640]
    assert [row[0] for row in rows[3:5]] == ["小计", "合计"] and rows[4][11:14] == [4000, 500, 3500]
    about = {row[0].value: row[1].value for row in book.worksheets[1].iter_rows() if row[0].value}
    assert about["兑现率（合计）"] == "12.5%（500.00 ÷ 4000.00 t）"

    own = tmp_path / "own.xlsx"
    call_command("export_ledger", "coal_contracts", "--as", cast.beiyuan_clerk.username, "--out", str(own))
    assert [row[2].value for row in openpyxl.load_workbook(own).worksheets[0].iter_rows(min_row=4, max_row=5)] == [
        "BY-1", None,
    ]  # fmt: skip
    moved = tmp_path / "moved.xlsx"
    call_command("export_ledger", "coal_movements", "--as", cast.leader.username, "--out", str(moved), "q=冀A1")
    first = [cell.value for cell in next(openpyxl.load_workbook(moved).worksheets[0].iter_rows(min_row=4))]
    assert (first[1], first[2], first[4], first[5]) == (
        dt.datetime(2026, 7, 1), "城源热力有限公司", "到货", 500,
    )  # fmt: skip
    assert AuditEntry.objects.filter(action="导出购煤合同台账").count() == 2


def test_the_pages_ask_as_much_for_many_as_for_few(cast: Cast, client_as: Browser, yard: Any) -> None:
    browser, by = client_as(cast.leader), cast.chengyuan_admin

    def asked(address: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert browser.get(address).status_code == 200
        return len(queries)

    make_contract(company=cast.chengyuan, by=by)
    arrive(yard, by, "5")
    addresses = [reverse("coal:contract_list"), reverse("coal:movement_list")]
    [asked(address) for address in addresses]
    few = [asked(address) for address in addresses]
    for number in range(12):
        make_contract(company=cast.chengyuan, by=by, number=f"N{number}")
        arrive(yard, by, "5", f"N{number}", day=3)
    assert [asked(address) for address in addresses] == few


def test_nothing_is_left_of_a_scan_whose_contract_is_refused(cast: Cast, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    make_contract(company=cast.chengyuan, by=cast.chengyuan_admin, uploads=[a_scan()])
    with pytest.raises(Exception, match="已有这个编号"):
        make_contract(company=cast.chengyuan, by=cast.chengyuan_admin, uploads=[a_scan()])
    assert len([file for file in tmp_path.rglob("*") if file.is_file()]) == 1


def test_a_number_that_arrivals_carry_stays(cast: Cast, client_as: Browser, yard: Any) -> None:
    """Else its deliveries would be lost without a word: first they are entered anew."""
    contract = make_contract(company=cast.chengyuan, by=cast.chengyuan_admin)
    came = arrive(yard, cast.chengyuan_admin, "20.50")
    arrive(YardFactory(company=cast.beiyuan), cast.beiyuan_admin, "500")
    browser, address = client_as(cast.chengyuan_clerk), reverse("coal:contract_edit", args=[contract.pk])
    form = {**FORM, "season": cast.season.pk, "number": "CY-2026-10", "version": 1, "reason": "编号写错"}
    refused = browser.post(address, form)
    assert refused.status_code == 422
    assert "已有到货 20.50 t（1 车）写着 CY-2026-01，改成 CY-2026-10 后这些到货就对不上了" in text(refused)
    assert contracts_of(cast.chengyuan, cast.season)[0].fulfilment.delivered_t == Decimal("20.50")
    bookkeeping.reverse(came, by=cast.chengyuan_admin, reason="合同号写错")
    assert browser.post(address, form).status_code == 302
    contract.refresh_from_db()
    assert contract.number == "CY-2026-10"


def test_a_number_is_one_however_it_is_typed(cast: Cast, client_as: Browser, yard: Any) -> None:
    """An arrival's before the contract's is entered, and one of a contract that is over."""
    arrive(yard, cast.chengyuan_admin, "20", "ｈｔ-1 ")
    browser = client_as(cast.chengyuan_clerk)
    form = {**FORM, "number": "HT - 1", "season": cast.season.pk, "ends_on": "7.31"}
    assert browser.post(reverse("coal:contract_create"), form).status_code == 302
    again = browser.post(reverse("coal:contract_create"), {**form, "number": "ht-1"})
    assert again.status_code == 422 and "本企业已有这个编号的合同" in text(again)
    address = reverse("coal:movement_enter", args=[yard.pk, "arrival"])
    lorry = {"key": "5f0b1c52-2a0e-4c55-9a55-3a4f2d1d7a21", "day": "7.30", "quantity_t": "5", "contract": "ht-1"}
    assert "请核对" not in told(browser.post(address, lorry))
    late = {**lorry, "key": "5f0b1c52-2a0e-4c55-9a55-3a4f2d1d7a22", "day": "8.1"}
    assert "供货期是 2026-06-01 至 2026-07-31" in told(browser.post(address, late))
    [line] = contracts_of(cast.chengyuan, cast.season)
    assert (line.contract.number, line.fulfilment.delivered_t, line.loads) == ("HT-1", 30, 3)
    assert [each.unit_price_yuan_per_t for each in Movement.objects.order_by("pk")] == [None, 720, 720]
    shown = text(browser.get(reverse("coal:movement_list"), {"contract": "ｈt-1"}))
    assert "共 3" in shown or shown.count("HT-1") >= 3


def test_another_contract_brings_its_own_price(cast: Cast, client_as: Browser, yard: Any) -> None:
    """What only stood in the form from the last lorry is not another contract's; what was typed is kept, and said."""
    make_contract(company=cast.chengyuan, by=cast.chengyuan_admin)
    make_contract(company=cast.chengyuan, by=cast.chengyuan_admin, number="B-2", price_yuan_per_t=Decimal(650))
    arrive(yard, cast.chengyuan_admin, "20", heat_value_mj_per_kg=Decimal("21.5"), unit_price_yuan_per_t=Decimal(730))
    browser, address = client_as(cast.chengyuan_clerk), reverse("coal:movement_enter", args=[yard.pk, "arrival"])
    page = browser.get(address).context["form"]
    begins = {name: page[name].value() or "" for name in page.fields} | {"day": "8.1", "quantity_t": "10"}
    assert (begins["unit_price_yuan_per_t"], begins["heat_value_mj_per_kg"]) == ("720", "21.5")

    def enter(**values: str) -> tuple[str, Movement]:
        key = f"5f0b1c52-2a0e-4c55-9a55-3a4f2d1d7b{Movement.objects.count():02}"
        response = browser.post(address, {**begins, "key": key, **values})
        return told(response), Movement.objects.latest("pk")

    said, same = enter()
    assert (same.unit_price_yuan_per_t, same.heat_value_mj_per_kg) == (720, Decimal("21.5")) and "请" not in said
    said, other = enter(contract="b-2")
    assert (other.unit_price_yuan_per_t, other.heat_value_mj_per_kg) == (650, None)
    assert "上一车的热值没有带过来" in said and "合同价" not in said
    said, typed = enter(contract="B-2", unit_price_yuan_per_t="700", heat_value_mj_per_kg="20")
    assert (typed.unit_price_yuan_per_t, typed.heat_value_mj_per_kg) == (700, 20)
    assert "单价填的是 700 元/t，合同 B-2 当天的合同价是 650 元/t" in said
    said, unknown = enter(contract="C-3")
    assert unknown.unit_price_yuan_per_t is None


def test_coal_is_paid_by_what_held_on_its_day(cast: Cast, client_as: Browser, yard: Any) -> None:
    contract = make_contract(company=cast.chengyuan, by=cast.chengyuan_admin)
    amend_contract(
        contract, by=cast.chengyuan_admin, seen=1, agreed_on=dt.date(2026, 7, 15), quantity_t=contract.quantity_t,
        ends_on=contract.ends_on, price_yuan_per_t=Decimal(800), reason="补充协议",
    )  # fmt: skip
    browser, address = client_as(cast.chengyuan_clerk), reverse("coal:movement_enter", args=[yard.pk, "arrival"])
    key = "5f0b1c52-2a0e-4c55-9a55-3a4f2d1d7c1"
    form = {"day": "7.14", "quantity_t": "40", "contract": contract.number}
    assert "合同价" not in told(browser.post(address, {**form, "key": f"{key}1", "unit_price_yuan_per_t": "720"}))
    browser.post(address, {**form, "key": f"{key}2"})
    browser.post(address, {**form, "key": f"{key}3", "day": "7.15"})
    prices = Movement.objects.order_by("pk").values_list("unit_price_yuan_per_t", flat=True)
    assert list(prices) == [720, 720, 800]


def test_the_heat_value_of_coal_without_a_contract_is_no_contracts(cast: Cast, client_as: Browser, yard: Any) -> None:
    make_contract(company=cast.chengyuan, by=cast.chengyuan_admin)
    arrive(yard, cast.chengyuan_admin, "20", contract="", heat_value_mj_per_kg=Decimal(25))
    browser, address = client_as(cast.chengyuan_clerk), reverse("coal:movement_enter", args=[yard.pk, "arrival"])
    page = browser.get(address).context["form"]
    form = {name: page[name].value() or "" for name in page.fields} | {"quantity_t": "10", "contract": "CY-2026-01"}
    assert "上一车的热值没有带过来" in told(browser.post(address, form))
    assert Movement.objects.latest("pk").heat_value_mj_per_kg is None


def test_in_january_a_day_of_december_is_last_years(cast: Cast, client_as: Browser, yard: Any, summer: Any) -> None:
    summer.move_to(dt.datetime(2027, 1, 3, 10, tzinfo=dt.UTC))
    browser, address = client_as(cast.chengyuan_clerk), reverse("coal:movement_enter", args=[yard.pk, "arrival"])
    for number, typed in enumerate(("12.30", "1230", "12月30日")):
        key = f"5f0b1c52-2a0e-4c55-9a55-3a4f2d1d7d{number:02}"
        browser.post(address, {"key": key, "day": typed, "quantity_t": "10"})
    assert {each.day for each in Movement.objects.all()} == {dt.date(2026, 12, 30)}
    assert Movement.objects.count() == 3
