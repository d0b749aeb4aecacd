"""1 000 random histories through the services: what is stored is what the movements tell, stock and arrivals, and what
would leave a day with less than nothing is refused, that and nothing else."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from coal.bookkeeping import record_movement, reverse
from coal.enums import ENTERED, INFLOWS, MovementKind
from coal.models import Movement, StockDay, Yard
from coal.replay import Entry, closing_stock, first_short_day, standing
from tests.coal_factories import arrivals_kept, arrivals_told
from tests.factories import UserFactory, YardFactory

pytestmark = pytest.mark.django_db
# On PostgreSQL each takes three times as long, and what is reckoned is the same.
EXAMPLES = 250 if connection.vendor == "postgresql" else 1000
FIRST_DAY = dt.date(2026, 7, 1)

# (kind, or which earlier entry to reverse), days after the first, hundredths of a tonne
ENTRIES = st.tuples(st.one_of(st.sampled_from(ENTERED), st.integers(0, 5)), st.integers(0, 6), st.integers(1, 1500))


@pytest.fixture
def user(summer: Any) -> User:
    return UserFactory()


def history_of(yard: Yard) -> list[Entry]:
    return [
        Entry(row.pk, row.day, MovementKind(row.kind), row.quantity_t, row.reverses_id)
        for row in Movement.objects.filter(yard=yard).order_by("pk")
    ]


def wanted(told: list[Entry], what: MovementKind | int, day: dt.date, quantity_t: Decimal) -> Entry | None:
    """The entry that is tried now; None if there is nothing to reverse."""
    number = len(told) + 10**9
    if isinstance(what, MovementKind):
        return Entry(number, day, what, quantity_t)
    first = next((each for each in told[what:] if each in standing(told)), None)
    return first and Entry(number, first.day, MovementKind.REVERSAL, first.quantity_t, first.number)


def is_second_count(told: list[Entry], entry: Entry) -> bool:
    counts = [each.day for each in standing(told) if each.kind is MovementKind.COUNT]
    return entry.kind is MovementKind.COUNT and entry.day in counts


def details_of(entry: Entry) -> dict[str, Any]:
    """Of an arrival; with few numbers, so that several come under one, and mostly with a price."""
    if entry.kind is not MovementKind.ARRIVAL:
        return {}
    by = int(entry.quantity_t * 100)
    return {
        "contract": ("", "HT-1", "HT-2")[by % 3], "batch": ("", "P-1")[by % 2],
        "unit_price_yuan_per_t": Decimal(by) / 7 // 1 + Decimal("0.01") if by % 5 else None,
    }  # fmt: skip


def enter(yard: Yard, entry: Entry, by: User) -> bool:
    try:
        if entry.reverses:
            reverse(Movement.objects.select_related("yard").get(pk=entry.reverses), by=by, reason="写错")
        else:
            record_movement(
                yard, by=by, day=entry.day, kind=entry.kind, quantity_t=entry.quantity_t, **details_of(entry)
            )  # fmt: skip
    except ValidationError:
        return False
    return True


def running(told: list[Entry]) -> dict[dt.date, Decimal]:
    """All that ever came in, by day."""
    came = [each for each in standing(told) if each.kind in INFLOWS]
    days = {each.day for each in told}
    return {day: sum((each.quantity_t for each in came if each.day <= day), Decimal(0)) for day in days}


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(ENTRIES, min_size=2, max_size=7))
def test_what_is_stored_is_what_the_movements_tell(user: User, steps: list[Any]) -> None:
    yard = YardFactory(company=user.unit)
    for what, after, hundredths in steps:
        told = history_of(yard)
        entry = wanted(told, what, FIRST_DAY + dt.timedelta(after), Decimal(hundredths) / 100)
        if entry is None:
            continue
        fits = first_short_day([*told, entry]) is None and not is_second_count(told, entry)
        assert enter(yard, entry, by=user) is fits
    told = history_of(yard)
    stored = {row.day: row for row in StockDay.objects.filter(yard=yard)}
    closing = closing_stock(told)
    # A day of which everything was reversed stays as a row, with the stock of the day before.
    for day in sorted(stored):
        before = max((each for each in closing if each <= day), default=None)
        assert stored[day].close_t == (closing[before] if before else 0)
    assert set(closing) <= set(stored)
    assert {day: row.received_t for day, row in stored.items()} == running(told)
    assert arrivals_kept([yard]) == arrivals_told([yard])
