"""What the lists of coal ask of the database: at most twelve queries, as many for three rows as for many."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from coal import bookkeeping
from coal.enums import MovementKind
from coal.models import Yard
from common import clock
from tests.cast import Cast
from tests.coal_factories import make_batch, make_contract, make_fund
from tests.factories import UnitFactory, YardFactory
from tests.yard_checks import make_check

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]
MOST = 12
OF_ALL = ("movements", "contracts", "quality", "checks")
# A company's own people are led from these to their page.
OF_COUNTIES = ("funds", "yards", "reports", "targets", "estimates")
CASES = [
    *((who, name) for who in ("development_officer", "leader") for name in OF_ALL + OF_COUNTIES),
    *(("chengyuan_clerk", name) for name in OF_ALL),
]


def fill(cast: Cast, yard: Yard, numbers: range) -> None:
    """Of each kind of row one more for each number: known and unknown contracts, coal worse than agreed, a reversal."""
    by, company = cast.chengyuan_admin, yard.company
    for number in numbers:
        make_contract(company=company, by=by, number=f"HT-{number}")
        make_batch(company=company, by=by, number=f"P-{number}", heat_value_mj_per_kg=Decimal("19.5"))
        for contract in (f"HT-{number}", f"WZ-{number}"):
            arrive(yard, by, contract, f"P-{number}")
        bookkeeping.reverse(arrive(yard, by, f"HT-{number}", ""), by=by, reason="重复")
        make_check(yard, by=cast.inspector)
        make_fund(company=company, season=cast.season, by=by)


def arrive(yard: Yard, by: Any, contract: str, batch: str) -> Any:
    return bookkeeping.record_movement(
        yard, by=by, day=dt.date(2026, 7, 3), kind=MovementKind.ARRIVAL, quantity_t=Decimal(5), contract=contract,
        batch=batch, unit_price_yuan_per_t=Decimal(700),
    )  # fmt: skip


@pytest.mark.parametrize(("who", "name"), CASES)
def test_a_list_asks_as_much_for_many_rows_as_for_three(
    cast: Cast, client_as: Callable[[Any], Client], who: str, name: str
) -> None:
    browser, address = client_as(getattr(cast, who)), f"/coal/{name}/"

    def asked() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(address).status_code == 200
        return [query["sql"] for query in captured]

    yard = YardFactory(company=cast.chengyuan)
    fill(cast, yard, range(3))
    asked()  # what the shell of the page keeps for a while is there from here on
    few = asked()
    fill(cast, yard, range(3, 9))
    # So many that those which are warned of are not on the first page.
    for number in range(50):
        make_batch(company=cast.chengyuan, by=cast.chengyuan_admin, number=f"S-{number}", sampled_on=clock.today())
    for number in range(3):
        company = UnitFactory(kind="heating_company", region=cast.county)
        other = YardFactory(company=company)
        make_check(other, by=cast.inspector)
        make_contract(company=company, by=cast.admin, number=f"N-{number}")
        arrive(other, cast.admin, f"N-{number}", "")
    many = asked()
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= MOST, "\n".join(many)


def test_lists_of_yards_offer_the_companies_and_yards_that_one_sees(
    cast: Cast, client_as: Callable[[Any], Client]
) -> None:
    own, other = YardFactory(company=cast.chengyuan), YardFactory(company=cast.beiyuan)
    foreign = YardFactory(company=cast.foreign.company)
    for address in ("/coal/movements/", "/coal/checks/"):
        form = client_as(cast.leader).get(address).context["bar"]
        offered = {
            field.name: [value for value, _ in field.field.widget.choices] for field in [*form.main, *form.rest]
            if field.name in ("company", "yard")
        }  # fmt: skip
        assert {name: set(values) for name, values in offered.items()} == {
            "company": {"", cast.chengyuan.pk, cast.beiyuan.pk}, "yard": {"", own.pk, other.pk},
        }  # fmt: skip
        # What is not offered is refused: nothing is listed, and it is said.
        refused = client_as(cast.leader).get(address, {"yard": foreign.pk})
        assert refused.context["bar"].errors and refused.context["table"].page.object_list == []
