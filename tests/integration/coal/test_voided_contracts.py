"""A contract that was entered by mistake, or ended before anything came, is taken out and stays readable."""

import datetime as dt
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from audit.models import AuditEntry
from coal import bookkeeping
from coal.contract_services import correct_contract
from coal.enums import MovementKind
from coal.models import Contract, Movement
from coal.supply_selectors import contracted_supplies, contracts_of, unknown_contracts
from tests.cast import Cast
from tests.coal_factories import make_batch, make_contract
from tests.factories import YardFactory

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]
Browser = Callable[[Any], Client]


def text(response: Any) -> str:
    return str(response.content.decode()).replace("\xa0", " ")


def arrive(yard: Any, by: Any, tonnes: str, **more: Any) -> Movement:
    return bookkeeping.record_movement(
        yard, by=by, day=dt.date(2026, 7, 1), kind=MovementKind.ARRIVAL, quantity_t=Decimal(tonnes),
        contract="CY-2026-01", **more,
    )  # fmt: skip


@pytest.fixture
def yard(cast: Cast) -> Any:
    return YardFactory(company=cast.chengyuan)


@pytest.fixture
def contract(cast: Cast) -> Contract:
    return make_contract(company=cast.chengyuan, by=cast.chengyuan_admin)


def void(browser: Client, contract: Contract, reason: str = "重复登记", version: int = 1) -> Any:
    address = reverse("coal:contract_void", args=[contract.pk])
    assert browser.get(address).status_code == 200
    return browser.post(address, {"version": version, "reason": reason})


def test_it_counts_nowhere_and_stays_readable(cast: Cast, client_as: Browser, yard: Any, contract: Contract) -> None:
    other = make_contract(company=cast.chengyuan, by=cast.chengyuan_admin, number="B-2", quantity_t=Decimal(400))
    browser = client_as(cast.development_officer)
    assert void(browser, contract, "").status_code == 422
    assert void(browser, contract).status_code == 302
    entry = AuditEntry.objects.get(action="作废合同")
    assert entry.note == "重复登记" and entry.changes["作废日期"] == [None, "2026-08-03"]
    assert [line.contract for line in contracts_of(cast.chengyuan, cast.season)] == [other]
    supply = contracted_supplies(cast.season, [cast.chengyuan], dt.date(2026, 8, 3))[cast.chengyuan.pk]
    assert supply.in_place_t(dt.date(2026, 8, 3)) == 400
    page = text(browser.get(contract.get_absolute_url()))
    assert "已作废" in page and "这份合同已在 2026-08-03 作废：重复登记" in page and "差 640 t" not in page
    assert reverse("coal:contract_edit", args=[contract.pk]) not in page
    listed = text(browser.get(reverse("coal:contract_list")))
    assert "已作废" in listed and "1 份，共差 256 t" in listed
    enter = reverse("coal:movement_enter", args=[yard.pk, "arrival"])
    offered = text(client_as(cast.chengyuan_clerk).get(enter))
    assert '<option value="B-2">' in offered and "CY-2026-01" not in offered


def test_the_export_has_it_and_does_not_add_it_up(cast: Cast, client_as: Browser, contract: Contract) -> None:
    make_contract(company=cast.chengyuan, by=cast.chengyuan_admin, number="B-2", quantity_t=Decimal(400))
    browser = client_as(cast.chengyuan_clerk)
    void(browser, contract)
    response = browser.post(reverse("coal:contract_export"), {"look": "official", "subtotals": "on"})
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))  # type: ignore[attr-defined]
    read = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows(min_row=4)]
    rows = {row[2] or row[0]: row for row in read}
    assert rows["CY-2026-01"][11:16] == [None] * 5 and "作废（原 1000.00 t）：重复登记" in rows["CY-2026-01"][16]
    assert rows["合计"][11:14] == [400, 0, 400]


def test_what_arrivals_name_is_not_taken_out(cast: Cast, client_as: Browser, yard: Any, contract: Contract) -> None:
    came = arrive(yard, cast.chengyuan_admin, "20.50")
    browser = client_as(cast.chengyuan_clerk)
    refused = void(browser, contract)
    assert refused.status_code == 422
    assert "已有到货 20.50 t（1 车）写着 CY-2026-01，不能作废" in text(refused)
    bookkeeping.reverse(came, by=cast.chengyuan_admin, reason="合同号写错")
    assert void(browser, contract).status_code == 302


def test_nothing_changes_in_it_any_more(cast: Cast, client_as: Browser, contract: Contract) -> None:
    browser = client_as(cast.chengyuan_clerk)
    void(browser, contract)
    for name in ("contract_edit", "contract_amend", "contract_void"):
        response = browser.get(reverse(f"coal:{name}", args=[contract.pk]))
        assert response["Location"] == contract.get_absolute_url()
    values = {name: getattr(contract, name) for name in ("number", "signed_on", "starts_on", "ends_on")}
    with pytest.raises(ValidationError, match="已在 2026-08-03 作废，不能再改"):
        correct_contract(contract, by=cast.chengyuan_clerk, seen=2, reason="少写一位", **values)


def test_one_that_somebody_has_changed_is_looked_at_again(cast: Cast, client_as: Browser, contract: Contract) -> None:
    response = void(client_as(cast.chengyuan_clerk), contract, version=7)
    assert response.status_code == 409 and not Contract.objects.filter(voided_on__isnull=False).exists()


def test_coal_that_comes_with_its_number_is_of_no_contract(
    cast: Cast, client_as: Browser, yard: Any, contract: Contract
) -> None:
    browser = client_as(cast.chengyuan_clerk)
    void(browser, contract)
    make_batch(
        company=cast.chengyuan, by=cast.chengyuan_admin, tested_on=dt.date(2026, 7, 4),
        heat_value_mj_per_kg=Decimal("18.9"),
    )  # fmt: skip
    form = {
        "key": "5f0b1c52-2a0e-4c55-9a55-3a4f2d1d7a11", "day": "7.1", "quantity_t": "40", "contract": "CY-2026-01",
        "batch": "260701",
    }  # fmt: skip
    said = text(browser.post(reverse("coal:movement_enter", args=[yard.pk, "arrival"]), form, follow=True))
    assert "合同 CY-2026-01 已在 2026-08-03 作废，已照记" in said
    movement = Movement.objects.get()
    assert movement.unit_price_yuan_per_t is None
    [unknown] = unknown_contracts(cast.season, cast.leader)
    assert (unknown.number, unknown.arrived.quantity_t) == ("CY-2026-01", 40)
    assert "热值低" not in text(browser.get(reverse("coal:quality_list")))
