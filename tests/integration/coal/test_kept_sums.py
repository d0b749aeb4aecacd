"""What migrations make of a book that is there already: numbers in one form, arrivals added up, triggers set."""

import datetime as dt
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from coal.bookkeeping import record_movement, reverse
from coal.enums import MovementKind
from coal.models import ArrivalDay, Movement, QualityBatch, StockDay, Yard
from tests.cast import Cast
from tests.coal_factories import arrivals_kept, arrivals_told, make_batch, make_contract
from tests.factories import YardFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer")]
numbers = import_module("coal.migrations.0017_numbers")
heat = import_module("coal.migrations.0020_heat_of_renamed_batches")
filling = import_module("coal.migrations.0019_fill_arrival_days")
DAY = dt.date(2026, 7, 3)


@pytest.fixture
def yard(cast: Cast) -> Yard:
    return YardFactory(company=cast.chengyuan)


def arrive(cast: Cast, yard: Yard, quantity_t: str, day: dt.date = DAY, **details: Any) -> Movement:
    return record_movement(
        yard, by=cast.chengyuan_clerk, day=day, kind=MovementKind.ARRIVAL, quantity_t=Decimal(quantity_t), **details
    )  # fmt: skip


def test_what_has_come_is_added_up_once(cast: Cast, yard: Yard) -> None:
    for quantity_t in ("31.25", "28.40"):
        arrive(cast, yard, quantity_t, contract="HT-1", batch="P-1", unit_price_yuan_per_t=Decimal("705.50"))
    arrive(cast, yard, "30", contract="HT-1", batch="P-1")
    arrive(cast, yard, "12.10")
    reverse(arrive(cast, yard, "40", contract="HT-2"), by=cast.chengyuan_clerk, reason="重复")
    kept = arrivals_kept([yard])
    assert kept == {
        (yard.pk, DAY, "HT-1", "P-1"): (3, Decimal("89.65"), Decimal("59.65"), Decimal("42083.075")),
        (yard.pk, DAY, "", ""): (1, Decimal("12.10"), Decimal(0), Decimal(0)),
    }  # fmt: skip
    ArrivalDay.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(filling.FILL)
    assert arrivals_kept([yard]) == kept == arrivals_told([yard])


def test_numbers_get_one_form_and_the_book_is_shut_again(cast: Cast, yard: Yard) -> None:
    by = cast.chengyuan_clerk
    typed = (" ht- 1", "ＨＴ－1", "HT-1", "")
    Movement.objects.bulk_create(
        Movement(
            yard=yard, day=DAY, kind="arrival", quantity_t=Decimal(10), contract=number, batch="p 1", entered_by=by
        )
        for number in typed
    )  # fmt: skip
    contract = make_contract(company=cast.chengyuan, by=cast.chengyuan_admin, number="HT-1")
    type(contract).objects.filter(pk=contract.pk).update(number="ht- 1")
    # What has been written in this transaction is checked now, or PostgreSQL lifts no trigger.
    connection.check_constraints()
    editor = connection.schema_editor()
    for operation in numbers.Migration.operations:
        operation.code(apps, editor)
    assert sorted(Movement.objects.values_list("contract", "batch")) == [("", "P1"), *[("HT-1", "P1")] * 3]
    contract.refresh_from_db()
    assert contract.number == "HT-1"
    for write in ("UPDATE coal_movement SET note = 'x'", "DELETE FROM coal_movement"):
        with pytest.raises(DatabaseError, match="append-only table"), transaction.atomic():
            connection.cursor().execute(write)


def test_heat_is_that_of_the_batches_that_arrivals_name_now(cast: Cast, yard: Yard) -> None:
    """As many GJ as if the number had been the batch's from the first; what was reversed brought none."""
    told = Decimal(21)
    arrive(cast, yard, "10", batch="P-1", heat_value_mj_per_kg=told)
    reverse(arrive(cast, yard, "20", batch="P-1"), by=cast.chengyuan_clerk, reason="重复")
    arrive(cast, yard, "3", day=DAY + dt.timedelta(2), heat_value_mj_per_kg=told)
    make_batch(company=cast.chengyuan, by=cast.chengyuan_admin, number="P-2", heat_value_mj_per_kg=Decimal("19.5"))

    def stored() -> list[Any]:
        days = StockDay.objects.filter(yard=yard).order_by("day")
        return list(days.values_list("came_gj", "received_gj"))

    assert stored() == [(210, 210), (63, 273)]
    heat.put_right(apps, connection)
    assert stored() == [(210, 210), (63, 273)]
    # The batch comes to be named without the laboratory's service, as a migration of numbers does it.
    QualityBatch.objects.update(number="P-1")
    heat.put_right(apps, connection)
    assert stored() == [(195, 195), (63, 258)]
