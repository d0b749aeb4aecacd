"""A laboratory's result is entered while others write into the yards: every day's heat is that of its arrivals."""

import datetime as dt
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from django.db import Error, connection

from accounts.models import Unit, User
from coal import balances, heat_values
from coal.bookkeeping import record_movement, reverse, transfer
from coal.contract_services import amend_contract
from coal.enums import INFLOWS, MovementKind
from coal.models import Contract, ContractAmendment, Movement, StockDay, Yard
from coal.quality_services import create_batch
from common.concurrency import Stale
from tests.cast import build_cast
from tests.coal_factories import make_contract
from tests.factories import UnitFactory, YardFactory
from tests.together import PROCESSES, at_once

pytestmark = [
    pytest.mark.usefixtures("on_postgresql", "summer"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
TODAY = dt.date(2026, 8, 3)
ROUNDS = 4
BATCH = "260701"
Heat = dict[dt.date, tuple[Decimal, Decimal]]


def told(yard: Yard) -> Heat:
    """{day: (what came on it, what came up to it)} in GJ by the movements alone, each by the heat value that counts."""
    came = list(Movement.objects.filter(yard=yard, kind__in=INFLOWS))
    gone = Movement.objects.reversed_among(each.pk for each in came)
    tested = heat_values.tested_values(yard.company_id, [BATCH])
    of_day = dict.fromkeys(StockDay.objects.filter(yard=yard).values_list("day", flat=True), Decimal(0))
    for each in came:
        if each.pk not in gone:
            of_day[each.day] += balances.heat_gj(each.quantity_t, heat_values.heat_value_of(each, tested).mj_per_kg)
    total, found = Decimal(0), {}
    for day in sorted(of_day):
        total += of_day[day]
        found[day] = (of_day[day], total)
    return found


def stored(yard: Yard) -> Heat:
    rows = StockDay.objects.filter(yard=yard).values_list("day", "came_gj", "received_gj")
    return {day: (came, received) for day, came, received in rows}


def enter(yard: Yard, by: User, day: dt.date, tonnes: int = 10) -> Movement:
    return record_movement(
        yard, by=by, day=day, kind=MovementKind.ARRIVAL, quantity_t=Decimal(tonnes), batch=BATCH,
        heat_value_mj_per_kg=Decimal(21),
    )  # fmt: skip


def write(n: int, barrier: Any, yard_pks: list[int], movement_pks: list[int], user_pk: int, is_held: bool) -> None:
    """Two enter the batch's result, under two numbers; three an arrival of it, one carries some over, two reverse."""
    if not is_held:
        balances.hold = lambda *yards: {yard.pk: yard for yard in yards}  # type: ignore[assignment]
    connection.ensure_connection()
    yard, other = (Yard.objects.select_related("county", "company").get(pk=pk) for pk in yard_pks)
    by = User.objects.get(pk=user_pk)
    barrier.wait(20)
    with suppress(Error):
        if n < 2:
            _test(yard.company, by, BATCH if n == 0 else "OTHER")
        elif n < 5:
            enter(yard, by, TODAY - dt.timedelta(n))
        elif n == 5:
            transfer(yard, other, by=by, day=TODAY, quantity_t=Decimal(7))
        else:
            reverse(Movement.objects.select_related("yard").get(pk=movement_pks[n - 6]), by=by, reason="重复")


def _test(company: Unit, by: User, number: str) -> None:
    empty = dict.fromkeys(("moisture_percent", "ash_percent", "volatile_percent", "sulphur_percent", "tested_on"))
    create_batch(
        by=by, county=company.region.county, company=company, number=number, sampled_on=TODAY, sampled_by="",
        tested_by="", report_number="", note="", heat_value_mj_per_kg=Decimal("19.5"), **empty,
    )  # fmt: skip


def rounds(is_held: bool) -> int:
    """In how many rounds, each with a company of its own, the stored heat was not what the movements tell."""
    cast, wrong = build_cast(), 0
    for _ in range(ROUNDS):
        company, by = UnitFactory(kind="heating_company", region=cast.county), cast.chengyuan_clerk
        yards = [YardFactory(company=company) for _ in range(2)]
        entered = [enter(yards[0], by, TODAY - dt.timedelta(days), 20) for days in (6, 4, 2)]
        at_once(write, [yard.pk for yard in yards], [each.pk for each in entered[:2]], by.pk, is_held)
        wrong += any(stored(yard) != told(yard) for yard in yards)
    return wrong


def test_a_result_reaches_every_arrival_that_is_entered_meanwhile() -> None:
    assert rounds(is_held=True) == 0


def test_without_the_lock_heat_is_lost() -> None:
    """The control case."""
    assert rounds(is_held=False)


def amend(n: int, barrier: Any, contract_pk: int, user_pk: int) -> bool:
    contract, by = Contract.objects.get(pk=contract_pk), User.objects.get(pk=user_pk)
    barrier.wait(20)
    try:
        amend_contract(
            contract, by=by, seen=1, agreed_on=TODAY, quantity_t=Decimal(2000 + n), ends_on=contract.ends_on,
            price_yuan_per_t=contract.price_yuan_per_t, reason=f"补充协议 {n}",
        )  # fmt: skip
    except Stale:
        return False
    return True


def test_of_amendments_at_once_one_holds() -> None:
    cast = build_cast()
    contract = make_contract(company=cast.chengyuan, by=cast.chengyuan_admin)
    done = at_once(amend, contract.pk, cast.chengyuan_admin.pk)
    assert done.count(True) == 1 and len(done) == PROCESSES
    contract.refresh_from_db()
    kept = ContractAmendment.objects.get()
    winner = Decimal(2000 + done.index(True))
    assert (kept.old_quantity_t, kept.quantity_t, contract.quantity_t, contract.version) == (1000, winner, winner, 2)
