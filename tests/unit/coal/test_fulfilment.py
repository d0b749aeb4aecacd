"""兑现率 and the even pace, to the tonne; what a laboratory's report is warned of."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from coal.fulfilment import Fulfilment, due_by
from coal.quality import faults, unusual_results

FIRST, LAST = dt.date(2026, 6, 1), dt.date(2026, 9, 8)  # 100 days


@pytest.mark.parametrize(
    ("day", "due_t"),
    [
        (dt.date(2026, 5, 31), "0"),
        (FIRST, "10"),
        (dt.date(2026, 8, 3), "640"),
        (dt.date(2026, 9, 7), "990"),
        (LAST, "1000"),
        (dt.date(2027, 1, 1), "1000"),
    ],
)
def test_what_an_even_pace_asks_for(day: dt.date, due_t: str) -> None:
    assert due_by(Decimal(1000), FIRST, LAST, day) == Decimal(due_t)


def test_sums_are_divided_and_rates_never_averaged() -> None:
    small, large = Fulfilment(Decimal(100), Decimal(100)), Fulfilment(Decimal(900), Decimal(90))
    assert (small.percent, large.percent) == (Decimal("100.0"), Decimal("10.0"))
    assert (small + large).percent == Decimal("19.0")
    assert Fulfilment().percent is None


def test_more_than_was_bought_is_nothing_to_come() -> None:
    over = Fulfilment(Decimal(100), Decimal(120), Decimal(100))
    assert (over.percent, over.open_t, over.behind_t) == (Decimal("120.0"), 0, 0)


def report(**values: Any) -> Any:
    empty = dict.fromkeys(("moisture_percent", "ash_percent", "volatile_percent"))
    return SimpleNamespace(**{"heat_value_mj_per_kg": None, "sulphur_percent": None, **empty, **values})


def test_what_is_unusual_is_said_with_what_was_read() -> None:
    assert unusual_results(report(heat_value_mj_per_kg=Decimal("20.9"), sulphur_percent=Decimal("0.80"))) == []
    assert unusual_results(report(heat_value_mj_per_kg=Decimal("5.100"), sulphur_percent=Decimal("8.0"))) == [
        "热值 Qnet,ar填的是 5.1 MJ/kg，常见 12 至 27 MJ/kg，请与报告核对",
        "全硫 St,d填的是 8 %，常见 0.1 至 3 %，请与报告核对",
    ]


def test_a_batch_is_held_against_its_contract() -> None:
    contract = report(heat_value_mj_per_kg=Decimal("20.900"), sulphur_percent=Decimal("1.00"))
    exactly = report(heat_value_mj_per_kg=Decimal("20.900"), sulphur_percent=Decimal("1.00"))
    assert faults(exactly, contract) == []
    worse = report(heat_value_mj_per_kg=Decimal("20.100"), sulphur_percent=Decimal("1.25"))
    assert [str(fault) for fault in faults(worse, contract)] == [
        "热值 20.1 MJ/kg，低于约定的 20.9，低 0.8", "全硫 1.25%，高于约定的 1%，高 0.25",
    ]  # fmt: skip
    assert faults(report(), contract) == [] and faults(worse, report()) == []


def test_what_rounding_takes_is_no_fault() -> None:
    """4500 kcal/kg is 18.8406 MJ/kg, which a report with two decimals gives as 18.84."""
    contract = report(heat_value_mj_per_kg=Decimal("18.841"))
    assert faults(report(heat_value_mj_per_kg=Decimal("18.840")), contract) == []
    assert faults(report(heat_value_mj_per_kg=Decimal("18.836")), contract) == []
    assert [fault.found for fault in faults(report(heat_value_mj_per_kg=Decimal("18.830")), contract)] == [
        Decimal("18.830")
    ]
