"""Bad coal reaches the bureaus by a message, once for each batch, whatever of it was entered last."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from coal import bookkeeping
from coal.enums import MovementKind
from notifications.models import Message
from notifications.outbox import deliver
from tests.cast import Cast
from tests.coal_factories import make_batch, make_contract
from tests.factories import YardFactory

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]


def arrive(yard: Any, by: Any, tonnes: str, contract: str = "CY-2026-01", batch: str = "260701") -> Any:
    return bookkeeping.record_movement(
        yard, by=by, day=dt.date(2026, 7, 1), kind=MovementKind.ARRIVAL, quantity_t=Decimal(tonnes), batch=batch,
        contract=contract, heat_value_mj_per_kg=Decimal(21),
    )  # fmt: skip


def subjects(user: Any) -> list[str]:
    deliver()
    return [each.subject for each in Message.objects.filter(recipient=user) if "煤质" in each.subject]


@pytest.mark.parametrize("last", ["batch", "arrival", "contract"])
def test_bad_coal_is_told_to_the_bureaus_once(cast: Cast, last: str) -> None:
    by, yard = cast.chengyuan_admin, YardFactory(company=cast.chengyuan)
    steps: dict[str, Callable[[], Any]] = {
        "contract": lambda: make_contract(company=cast.chengyuan, by=by),
        "batch": lambda: make_batch(company=cast.chengyuan, by=by, heat_value_mj_per_kg=Decimal(20)),
        "arrival": lambda: arrive(yard, by, "100"),
    }
    steps_before = [step for name, step in steps.items() if name != last]
    for step in steps_before:
        step()
    assert subjects(cast.development_officer) == []
    steps[last]()
    told = [f"{cast.chengyuan.label} 煤质不合合同约定，批次 260701"]
    assert subjects(cast.development_officer) == subjects(cast.admin) == told
    assert subjects(cast.chengyuan_clerk) == subjects(cast.foreign.admin) == []
    arrive(yard, by, "50")
    assert subjects(cast.development_officer) == told
