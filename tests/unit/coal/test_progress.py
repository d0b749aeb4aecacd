"""When a target is reached at the pace of the last 14 days."""

import datetime as dt
from decimal import Decimal

from coal.progress import Supply, forecast, pace_t_per_day, share_of

FIRST, TODAY = dt.date(2026, 3, 16), dt.date(2026, 8, 3)


def supply(**arrived: int) -> Supply:
    days = {dt.date(2026, int(name[1:3]), int(name[3:])): Decimal(tonnes) for name, tonnes in arrived.items()}
    return Supply(FIRST, Decimal(100), days)


def test_the_pace_counts_the_last_fourteen_full_days() -> None:
    assert pace_t_per_day(supply(d0719=999, d0720=140, d0802=140, d0803=999), TODAY) == 20


def test_the_day_is_reckoned_from_what_is_lacking() -> None:
    assert forecast(supply(d0720=140, d0802=140), Decimal(480), TODAY) == dt.date(2026, 8, 8)
    assert forecast(supply(d0720=140, d0802=140), Decimal(481), TODAY) == dt.date(2026, 8, 9), (
        "a part of a day is a day"
    )


def test_what_is_reached_is_reached_on_its_day_and_without_arrivals_nothing_is_foreseen() -> None:
    assert forecast(supply(d0701=500), Decimal(600), TODAY) == dt.date(2026, 7, 1)
    assert forecast(supply(d0701=500), Decimal(601), TODAY) is None


def test_a_share_that_is_not_reached_is_not_rounded_up_to_it() -> None:
    """15 994 of 20 000 t is 79.97 %."""
    assert share_of(Decimal(15_994), Decimal(20_000), [Decimal(40), Decimal(80)]) == Decimal("79.9")
    assert share_of(Decimal(15_994), Decimal(20_000)) == Decimal("80.0")
    assert share_of(Decimal(16_000), Decimal(20_000), [Decimal(80)]) == Decimal("80.0")
    assert share_of(Decimal(19_999), Decimal(20_000)) == Decimal("99.9")
    assert share_of(Decimal(20_001), Decimal(20_000)) == Decimal("100.0")
    assert share_of(Decimal(2), Decimal(3), [Decimal(40), Decimal(80)]) == Decimal("66.7")
