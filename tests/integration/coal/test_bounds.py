"""No figure is kept that its column, or a sum over it, cannot hold: by the forms and by the services behind them."""

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from coal import bookkeeping
from coal.enums import MovementKind
from coal.fund_enums import FundKind
from coal.fund_services import enter, set_need
from coal.models import Contract, DailyReport, Estimate, FundEntry, FundNeed, Movement, QualityBatch, Yard
from coal.reporting import file_report
from tests.cast import Cast
from tests.coal_factories import make_batch, make_contract, make_estimate
from tests.factories import YardFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer"), pytest.mark.either_database]
SignIn = Callable[[Any], Client]
DAY = dt.date(2026, 8, 1)
HUGE = "99999999999"
REPORT: Mapping[str, Any] = {
    "arrived_t": Decimal(0), "used_t": Decimal(0), "stock_yard_t": Decimal(0), "stock_port_t": Decimal(0),
    "stock_transit_t": Decimal(0), "heat_gj": Decimal(0), "high_c": Decimal(30), "low_c": Decimal(20),
    "boilers_running": 0, "make_up_water_t": None, "power_10k_kwh": None, "events": "",
}  # fmt: skip


@pytest.fixture
def yard(cast: Cast) -> Yard:
    return YardFactory(company=cast.chengyuan, name="东厂煤场", capacity_t=Decimal(1000))


def refused(client: Client, address: str, typed: Mapping[str, str]) -> dict[str, list[str]]:
    """The errors of the form, filled with what it begins with and this."""
    form = client.get(address).context["form"]
    data = {name: form[name].value() for name in form.fields if form[name].value() not in (None, "")} | dict(typed)
    errors: dict[str, list[str]] = client.post(address, data).context["form"].errors
    return errors


FORMS = [
    ("/coal/yards/{yard}/enter/arrival/", "quantity_t", "10000000.01"),
    ("/coal/yards/{yard}/enter/arrival/", "unit_price_yuan_per_t", "1000000"),
    ("/coal/yards/{yard}/enter/count/", "quantity_t", "10000000.01"),
    ("/coal/reports/file/?day=2026-08-01", "used_t", "10000000.01"),
    ("/coal/reports/file/?day=2026-08-01", "power_10k_kwh", "10000000"),
    ("/coal/reports/file/?day=2026-08-01", "boilers_running", "32768"),
    ("/coal/yards/new/", "capacity_t", "10000000.01"),
    ("/coal/funds/{season}/{company}/need/", "price", "1000000"),
    ("/coal/funds/{season}/{company}/need/", "amount", "1000000.01"),
    ("/coal/funds/{season}/{company}/enter/loan/", "amount", "1000000.01"),
    ("/coal/estimates/{season}/{company}/", "area_m2", "100000000.01"),
    ("/coal/estimates/{season}/{company}/", "heating_days", "32768"),
    ("/coal/estimates/{season}/{company}/", "heat_index_w_per_m2", "10000"),
    ("/coal/estimates/{season}/{company}/", "mean_c", "-1000"),
]


@pytest.mark.parametrize(("address", "name", "typed"), FORMS)
def test_a_form_names_the_box_whose_number_is_too_large(
    cast: Cast, yard: Yard, client_as: SignIn, address: str, name: str, typed: str
) -> None:
    address = address.format(yard=yard.pk, season=cast.season.pk, company=cast.chengyuan.pk)
    errors = refused(client_as(cast.chengyuan_admin), address, {name: typed})
    assert any(word in errors[name][0] for word in ("最多", "不小于")), errors[name]
    kept = (Movement, DailyReport, FundNeed, FundEntry, Estimate)
    assert not any(model.objects.exists() for model in kept)  # type: ignore[attr-defined]
    assert Yard.objects.count() == 1


def test_the_services_refuse_it_too(cast: Cast, yard: Yard) -> None:
    by = cast.chengyuan_admin
    arrival = {"by": by, "day": DAY, "kind": MovementKind.ARRIVAL}
    tries: list[Callable[[], Any]] = [
        lambda: bookkeeping.record_movement(yard, quantity_t=Decimal(HUGE), **arrival),
        lambda: bookkeeping.record_movement(
            yard, quantity_t=Decimal(1), unit_price_yuan_per_t=Decimal("1000000"), **arrival
        ),
        lambda: bookkeeping.count(yard, by=by, day=DAY, quantity_t=Decimal(HUGE)),
        lambda: file_report(cast.chengyuan, DAY, by=by, **{**REPORT, "power_10k_kwh": Decimal("10000000")}),
        lambda: file_report(cast.chengyuan, DAY, by=by, **{**REPORT, "boilers_running": 32768}),
        lambda: make_contract(company=cast.chengyuan, by=by, price_yuan_per_t=Decimal("1000000")),
        lambda: make_contract(company=cast.chengyuan, by=by, quantity_t=Decimal(HUGE)),
        lambda: make_batch(company=cast.chengyuan, by=by, ash_percent=Decimal(1000)),
        lambda: set_need(cast.chengyuan, cast.season, by=by, amount_yuan=Decimal(HUGE), reason="合同合计"),
        lambda: enter(
            cast.chengyuan, cast.season, by=by, kind=FundKind.LOAN, day=DAY, amount_yuan=Decimal(HUGE)
        ),
    ]  # fmt: skip
    for each in tries:
        with pytest.raises(ValidationError):
            each()
    kept = (Movement, DailyReport, Contract, QualityBatch, FundNeed, FundEntry)
    assert not any(model.objects.exists() for model in kept)  # type: ignore[attr-defined]


def test_what_a_price_comes_to_is_bounded_as_an_amount_is(cast: Cast) -> None:
    make_estimate(company=cast.chengyuan, season=cast.season, by=cast.chengyuan_admin)
    with pytest.raises(ValidationError, match=r"单价填的是 200000 元/t，合 1078720 万元，太大了"):
        set_need(cast.chengyuan, cast.season, by=cast.chengyuan_admin, price_yuan_per_t=Decimal(200_000))


@pytest.mark.parametrize("day", [dt.date(2006, 8, 1), dt.date(2025, 9, 13)])
def test_money_is_of_its_season(cast: Cast, day: dt.date) -> None:
    with pytest.raises(ValidationError, match="2026-2027 采暖季的资金应在 2025-09-14 到 2028-03-15 之间"):
        enter(
            cast.chengyuan, cast.season, by=cast.chengyuan_admin, kind=FundKind.PAID, day=day,
            amount_yuan=Decimal(10_000),
        )  # fmt: skip


def test_more_than_the_yard_can_hold_is_entered_and_said(cast: Cast, yard: Yard, client_as: SignIn) -> None:
    client = client_as(cast.chengyuan_admin)
    address = f"/coal/yards/{yard.pk}/enter/arrival/"
    form = client.get(address).context["form"]
    sent = {"key": form["key"].value(), "day": "8.1", "quantity_t": "3250"}
    page = client.post(address, sent, follow=True).content.decode().replace("\xa0", " ")
    assert "这一笔比 东厂煤场 的设计库容（1 000.00 t）还多，请核对数量" in page
    assert Movement.objects.get().quantity_t == 3250
