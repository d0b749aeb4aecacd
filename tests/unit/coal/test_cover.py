"""Days of supply: sums are divided, days are never added; a company of unknown burn is left out and counted."""

import datetime as dt
from decimal import Decimal

import pytest

from coal.cover import Cover, DayNeed, Stock, least_days, together


def cover(stock: str, mean: str | None, coldest: str | None = None) -> Cover:
    return Cover(Decimal(stock), DayNeed(mean and Decimal(mean), coldest and Decimal(coldest)))  # type: ignore[arg-type]


def test_days_are_stock_by_burn() -> None:
    found = cover("5400", "360", "516")
    assert (found.mean_days, found.coldest_days) == (Decimal("15.0"), Decimal("10.5"))


def test_without_a_burn_there_are_no_days() -> None:
    assert (cover("5400", None).mean_days, cover("5400", "0").mean_days) == (None, None)


def test_a_county_divides_the_sums() -> None:
    """10 and 100 days together are neither 110 nor 55: 3 000 t at 120 t a day last 25."""
    found = together([cover("1000", "100", "200"), cover("2000", "20", "50")])
    assert (found.mean_days, found.coldest_days) == (Decimal("25.0"), Decimal("12.0"))
    assert (found.without_mean, found.without_coldest) == (0, 0)


def test_stock_of_a_company_whose_burn_is_unknown_does_not_last_the_others() -> None:
    found = together([cover("1000", "100"), cover("9000", None)])
    assert (found.mean_days, found.coldest_days) == (Decimal("10.0"), None)
    assert (found.without_mean, found.without_coldest) == (1, 2)


def test_coal_of_different_heat_value_is_added_with_its_heat() -> None:
    whole = Stock(Decimal(100), Decimal(2000), dt.date(2026, 7, 2)) + Stock(Decimal(50), Decimal(1100))
    assert (whole.stock_t, whole.heat_gj, whole.oldest_on) == (Decimal(150), Decimal(3100), dt.date(2026, 7, 2))
    assert (whole.tce, whole.heat_value_mj_per_kg) == (Decimal("105.77"), Decimal("20.667"))
    assert Stock().heat_value_mj_per_kg is None


START, END = dt.date(2026, 11, 15), dt.date(2027, 3, 15)


@pytest.mark.parametrize(
    ("agreed", "day", "days"),
    [
        ([], dt.date(2026, 11, 14), None),  # what is usual begins with heating
        ([], START, 15),
        ([(dt.date(2026, 10, 1), 20), (dt.date(2026, 12, 1), 10)], dt.date(2026, 10, 1), 20),
        ([(dt.date(2026, 10, 1), 20), (dt.date(2026, 12, 1), 10)], dt.date(2026, 12, 1), 10),
        ([(dt.date(2026, 12, 1), 10)], dt.date(2026, 11, 30), None),  # the target speaks, not the county
        ([], dt.date(2027, 3, 1), 15),
        ([], dt.date(2027, 3, 2), 14),  # never longer than heating still lasts
        ([], END, 1),
        ([], dt.date(2027, 3, 16), None),
    ],
)
def test_how_long_it_has_to_last(agreed: list[tuple[dt.date, int]], day: dt.date, days: int | None) -> None:
    assert least_days(agreed, 15, day, START, END, has_yard=True) == days
    assert least_days(agreed, 15, day, START, END, has_yard=False) is None
