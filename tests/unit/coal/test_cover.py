"""Days of supply: sums are divided, days are never added; a company of unknown burn is left out and counted."""

import datetime as dt
from decimal import Decimal

import pytest

from coal.cover import Cover, DayNeed, Stock, known_use, least_days, measured_by_day, together


def cover(stock: str, mean: str | None, coldest: str | None = None) -> Cover:
    return Cover(Decimal(stock), DayNeed(mean and Decimal(mean), coldest and Decimal(coldest)))  # type: ignore[arg-type]


def test_days_are_stock_by_burn() -> None:
    found = cover("5400", "360", "516")
    assert (found.mean_days, found.coldest_days) == (Decimal("15.0"), Decimal("10.5"))


def test_a_day_that_is_not_reached_is_not_shown_as_reached() -> None:
    assert (cover("1495.5", "100").mean_days, cover("1500", "100").mean_days) == (Decimal("14.9"), Decimal("15.0"))
    assert cover("1465.5", "100").mean_days == Decimal("14.7")
    assert together([cover("1495.5", "100"), cover("0", None)]).mean_days == Decimal("14.9")


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


ESTIMATE = DayNeed(Decimal(90), Decimal(150), "本季测算")
FIRST, LAST = dt.date(2026, 11, 20), dt.date(2026, 11, 26)


def used(*tonnes: int | None) -> dict[dt.date, Decimal]:
    """From FIRST on; None where nobody has said it."""
    return {FIRST + dt.timedelta(n): Decimal(each) for n, each in enumerate(tonnes) if each is not None}


@pytest.mark.parametrize(
    ("known", "mean", "basis", "missing"),
    [
        (used(100, 100, 100, 100, 100, 100, 170), "110", "近 7 天平均耗用", 0),
        # Who stops entering does not burn less.
        (used(100, 100, 100, 100, 130), "106", "近 7 天中 5 天的平均耗用，缺 2 天耗用", 2),
        (used(), "90", "本季测算；近 7 天缺 7 天耗用", 7),
        # A day without fire is one of which the report says so.
        (used(100, 0, 0, 0, 0, 0, 40), "20", "近 7 天平均耗用", 0),
        (used(0, 0, 0, 0, 0, 0, 0), "90", "本季测算", 0),
    ],
)
def test_a_mean_day_is_that_of_the_days_whose_use_is_known(
    known: dict[dt.date, Decimal], mean: str, basis: str, missing: int
) -> None:
    need = measured_by_day({**known, LAST + dt.timedelta(1): Decimal(999)}, FIRST, LAST, ESTIMATE)
    assert (need.mean_t, need.coldest_t, need.basis, need.missing_days) == (Decimal(mean), 150, basis, missing)


def test_a_report_says_the_use_of_a_day_of_which_the_book_says_nothing() -> None:
    assert known_use(used(100, 0), used(90, 80, 0)) == used(100, 80, 0)
