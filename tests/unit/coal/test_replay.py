"""A yard's stock from its movements: counts are fixed points, reversals fall out, the order of entry is no matter."""

import datetime as dt
from decimal import Decimal

from coal.enums import MovementKind as Kind
from coal.replay import Entry, closing_stock, first_short_day, standing, stock_on


def day(number: int) -> dt.date:
    return dt.date(2026, 11, number)


def entry(number: int, on: int, kind: Kind, quantity: str, reverses: int | None = None) -> Entry:
    return Entry(number, day(on), kind, Decimal(quantity), reverses)


OPENING = entry(1, 1, Kind.COUNT, "500")
HISTORY = [
    OPENING,
    entry(2, 2, Kind.ARRIVAL, "120.5"),
    entry(3, 2, Kind.USE, "60"),
    entry(4, 4, Kind.LOSS, "0.5"),
    entry(5, 5, Kind.TRANSFER_OUT, "100"),
    entry(6, 6, Kind.TRANSFER_IN, "40"),
]


def test_each_day_closes_with_what_came_and_went() -> None:
    assert closing_stock(HISTORY) == {
        day(1): Decimal(500), day(2): Decimal("560.5"), day(4): Decimal(560), day(5): Decimal(460),
        day(6): Decimal(500),
    }  # fmt: skip


def test_a_day_without_entries_has_the_stock_of_the_last_one_before() -> None:
    closing = closing_stock(HISTORY)
    assert stock_on(closing, day(3)) == Decimal("560.5")
    assert stock_on(closing, day(20)) == Decimal(500)
    assert stock_on(closing, dt.date(2026, 10, 31)) == 0


def test_what_is_back_dated_before_a_count_changes_nothing_after_it() -> None:
    counted = [*HISTORY, entry(7, 7, Kind.COUNT, "480"), entry(8, 8, Kind.USE, "30")]
    late = [*counted, entry(9, 3, Kind.ARRIVAL, "25"), entry(10, 7, Kind.USE, "5")]
    assert closing_stock(late)[day(3)] == Decimal("585.5")
    assert closing_stock(late)[day(6)] == Decimal(525)
    for on in (7, 8):
        assert closing_stock(late)[day(on)] == closing_stock(counted)[day(on)]
    assert closing_stock(late)[day(8)] == Decimal(450)


def test_a_reversal_takes_its_entry_out_of_the_history() -> None:
    undone = [*HISTORY, entry(7, 2, Kind.REVERSAL, "120.5", reverses=2)]
    assert [each.number for each in standing(undone)] == [1, 3, 4, 5, 6]
    assert closing_stock(undone)[day(6)] == Decimal("379.5")


def test_a_reversed_count_is_no_fixed_point_any_more() -> None:
    counted = [*HISTORY, entry(7, 7, Kind.COUNT, "480"), entry(8, 3, Kind.ARRIVAL, "25")]
    undone = [*counted, entry(9, 7, Kind.REVERSAL, "480", reverses=7)]
    assert stock_on(closing_stock(counted), day(7)) == Decimal(480)
    assert stock_on(closing_stock(undone), day(7)) == Decimal(525)


def test_the_order_of_entry_does_not_matter() -> None:
    assert closing_stock(reversed(HISTORY)) == closing_stock(HISTORY)


def test_the_first_day_with_less_than_nothing_is_named() -> None:
    assert first_short_day(HISTORY) is None
    assert first_short_day([*HISTORY, entry(7, 3, Kind.USE, "500")]) == day(5)
    assert first_short_day([*HISTORY, entry(7, 3, Kind.USE, "460")]) is None


def test_a_count_makes_no_coal_for_the_day_on_which_it_was_made() -> None:
    counted = [*HISTORY, entry(7, 7, Kind.COUNT, "480")]
    assert first_short_day([*counted, entry(8, 7, Kind.USE, "500")]) is None
    assert first_short_day([*counted, entry(8, 7, Kind.USE, "500.01")]) == day(7)
