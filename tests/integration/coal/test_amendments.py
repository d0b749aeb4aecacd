"""What is agreed anew: what held on a day is what counts for that day, and stays so whatever is put right later."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from coal import bookkeeping
from coal.contract_services import amend_contract
from coal.enums import MovementKind
from coal.models import Contract, ContractAmendment
from coal.quality_selectors import arrivals_of, quality_warnings_of
from coal.supply_selectors import contracted_supplies
from coal.terms import terms_on
from notifications.models import Outgoing
from tests.cast import Cast
from tests.coal_factories import make_batch, make_contract
from tests.factories import YardFactory

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]
Browser = Callable[[Any], Client]
JULY = dt.date(2026, 7, 15)


def text(response: Any) -> str:
    return str(response.content.decode()).replace("\xa0", " ")


@pytest.fixture
def contract(cast: Cast) -> Contract:
    return make_contract(company=cast.chengyuan, by=cast.chengyuan_admin, quantity_t=Decimal(100))


def amend(contract: Contract, by: Any, day: dt.date = JULY, **values: Any) -> Contract:
    seen = Contract.objects.get(pk=contract.pk).version
    return amend_contract(contract, by=by, seen=seen, agreed_on=day, reason="补充协议", **values)


def signed_on(cast: Cast, day: dt.date) -> Decimal:
    return contracted_supplies(cast.season, [cast.chengyuan], day)[cast.chengyuan.pk].in_place_t(day)


def correction(contract: Contract, **values: Any) -> dict[str, Any]:
    return {
        "number": contract.number, "season": contract.season_id, "kind": "long_term", "supplier": contract.supplier,
        "quantity_t": str(contract.quantity_t), "price_yuan_per_t": str(contract.price_yuan_per_t),
        "signed_on": contract.signed_on.isoformat(), "starts_on": contract.starts_on.isoformat(),
        "ends_on": contract.ends_on.isoformat(), "heat_value_mj_per_kg": str(contract.heat_value_mj_per_kg),
        "sulphur_percent": str(contract.sulphur_percent), "version": contract.version, "reason": "写错", **values,
    }  # fmt: skip


def test_a_slip_is_put_right_by_another_of_the_same_day(cast: Cast, contract: Contract) -> None:
    by = cast.chengyuan_admin
    amend(contract, by, quantity_t=Decimal(10_000))
    amend(contract, by, quantity_t=Decimal(1000))
    assert [signed_on(cast, day) for day in (dt.date(2026, 6, 1), JULY)] == [100, 1000]
    with pytest.raises(ValidationError, match="早于上一次变更（2026-07-15）"):
        amend(contract, by, dt.date(2026, 7, 14), quantity_t=Decimal(500))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("quantity_t", "900", "按同一天（2026-07-15）再登记一次变更即可"),
        ("price_yuan_per_t", "700", "按同一天（2026-07-15）再登记一次变更即可"),
        ("ends_on", "2026-10-01", "按同一天（2026-07-15）再登记一次变更即可"),
        ("heat_value_mj_per_kg", "20", "按同一天（2026-07-15）再登记一次变更即可"),
        ("sulphur_percent", "2", "按同一天（2026-07-15）再登记一次变更即可"),
        ("signed_on", "2026-07-16", "晚于第一次变更（2026-07-15）"),
    ],
)
def test_a_correction_leaves_alone_what_amendments_say(
    cast: Cast, client_as: Browser, contract: Contract, name: str, value: str, said: str
) -> None:
    amend(contract, cast.chengyuan_admin, quantity_t=Decimal(1000))
    contract.refresh_from_db()
    browser, address = client_as(cast.chengyuan_clerk), reverse("coal:contract_edit", args=[contract.pk])
    refused = browser.post(address, correction(contract, **{name: value}))
    assert refused.status_code == 422 and said in text(refused)
    assert signed_on(cast, dt.date(2026, 6, 1)) == 100
    # All else is put right as ever.
    assert browser.post(address, correction(contract, supplier="晋南煤业")).status_code == 302


def test_coal_is_judged_by_what_held_on_its_day(cast: Cast, client_as: Browser, contract: Contract) -> None:
    """20.9 MJ/kg until 15 July, 19 from then on: of the batch of 20 MJ/kg only what came before is worse."""
    by, yard = cast.chengyuan_admin, YardFactory(company=cast.chengyuan)
    for day, tonnes in ((14, 30), (15, 50), (16, 5)):
        bookkeeping.record_movement(
            yard, by=by, day=dt.date(2026, 7, day), kind=MovementKind.ARRIVAL, quantity_t=Decimal(tonnes),
            contract=contract.number, batch="260701",
        )  # fmt: skip
    browser = client_as(cast.chengyuan_clerk)
    form = {
        "version": 1, "agreed_on": "7.15", "quantity_t": "100", "price_yuan_per_t": "720", "ends_on": "2026-09-08",
        "heat_value_mj_per_kg": "19", "sulphur_percent": "", "reason": "补充协议 2026-03",
    }  # fmt: skip
    assert browser.post(reverse("coal:contract_amend", args=[contract.pk]), form).status_code == 302
    contract.refresh_from_db()
    assert [terms_on(contract, dt.date(2026, 7, day)).heat_value_mj_per_kg for day in (14, 15)] == [Decimal("20.9"), 19]
    assert terms_on(contract, JULY).sulphur_percent is None
    page = text(browser.get(contract.get_absolute_url()))
    assert "热值 20.9 → 19 MJ/kg" in page and "全硫 1 → —%" in page
    batch = make_batch(
        company=cast.chengyuan, by=by, tested_on=JULY, heat_value_mj_per_kg=Decimal(20), sulphur_percent=Decimal("1.2")
    )  # fmt: skip
    [warning] = quality_warnings_of(cast.chengyuan, cast.season)
    assert (warning.arrived.quantity_t, warning.arrived.loads) == (30, 1)
    assert [str(each) for each in warning.faults] == [
        "热值 20 MJ/kg，低于约定的 20.9，低 0.9", "全硫 1.2%，高于约定的 1%，高 0.2",
    ]  # fmt: skip
    assert [(each.arrived.quantity_t, len(each.faults)) for each in arrivals_of(batch)] == [(30, 2), (55, 0)]
    body = Outgoing.objects.filter(matter="quality").first()
    assert body is not None and "项下 30.00 t" in body.body
    assert "到货 30.00 t" in text(client_as(cast.leader).get(reverse("coal:overview")))


def test_a_stricter_agreement_tells_the_bureaus(cast: Cast, contract: Contract) -> None:
    by = cast.chengyuan_admin
    bookkeeping.record_movement(
        YardFactory(company=cast.chengyuan), by=by, day=dt.date(2026, 7, 20), kind=MovementKind.ARRIVAL,
        quantity_t=Decimal(40), contract=contract.number, batch="260701",
    )  # fmt: skip
    make_batch(company=cast.chengyuan, by=by, tested_on=JULY, heat_value_mj_per_kg=Decimal(21))
    assert not Outgoing.objects.filter(matter="quality").exists()
    amend(contract, by, heat_value_mj_per_kg=Decimal(22))
    assert Outgoing.objects.filter(matter="quality").exists()
    assert ContractAmendment.objects.get().old_heat_value_mj_per_kg == Decimal("20.9")


def test_what_rounding_may_have_taken_is_listed_nowhere(cast: Cast, client_as: Browser) -> None:
    """4500 kcal/kg are 18.841 MJ/kg; the laboratory writes 18.84."""
    by = cast.chengyuan_admin
    contract = make_contract(company=cast.chengyuan, by=by, heat_value_mj_per_kg=Decimal("18.841"))
    bookkeeping.record_movement(
        YardFactory(company=cast.chengyuan), by=by, day=JULY, kind=MovementKind.ARRIVAL, quantity_t=Decimal(50),
        contract=contract.number, batch="260701",
    )  # fmt: skip
    make_batch(company=cast.chengyuan, by=by, tested_on=JULY, heat_value_mj_per_kg=Decimal("18.84"))
    assert quality_warnings_of(cast.chengyuan, cast.season) == []
    assert "煤质不合约定" not in text(client_as(cast.leader).get(reverse("coal:overview")))
