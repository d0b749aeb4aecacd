"""Degree-days of winters, and which winter is an ordinary and which a cold one."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from coal.degree_days import Winter, climate, degree_days_of, design_degree_days, moved, ranked, winter, winters_before

FIRST, LAST = dt.date(2026, 11, 15), dt.date(2027, 3, 15)


def steady(year: int, mean_c: str, days: int = 121) -> dict[dt.date, Decimal]:
    """So many days from 15 November on, each as cold as the others."""
    return {dt.date(year, 11, 15) + dt.timedelta(days=n): Decimal(mean_c) for n in range(days)}


def a_winter(year: int, degree_days: int, known_days: int = 121) -> Winter:
    return Winter(year, 121, known_days, Decimal(degree_days), Decimal(0), Decimal(-10), dt.date(year, 12, 31))


def test_a_warm_day_has_none() -> None:
    assert degree_days_of(Decimal("-2.5")) == Decimal("20.5")
    assert degree_days_of(Decimal("19")) == 0


def test_a_winter_of_several_days() -> None:
    three: Mapping[dt.date, Decimal] = {
        dt.date(2025, 11, 15): Decimal(4), dt.date(2025, 11, 16): Decimal(-6), dt.date(2025, 11, 17): Decimal(20),
        dt.date(2025, 11, 18): Decimal(-40),  # after it
    }  # fmt: skip
    found = winter(three, dt.date(2025, 11, 15), dt.date(2025, 11, 17))
    assert found == Winter(2025, 3, 3, Decimal(38), Decimal("6.0"), Decimal(-6), dt.date(2025, 11, 16))
    assert found.name == "2025-2026"


def test_missing_days_are_made_up_for_by_the_mean_of_the_others() -> None:
    found = winter(steady(2025, "-2", days=110), dt.date(2025, 11, 15), dt.date(2026, 3, 15))
    assert found is not None
    assert (found.days, found.known_days, found.missing_days, found.degree_days) == (121, 110, 11, 2420)
    assert found.is_complete_enough


def test_a_winter_of_which_too_little_is_known_does_not_count() -> None:
    found = winter(steady(2025, "-2", days=108), dt.date(2025, 11, 15), dt.date(2026, 3, 15))
    assert found is not None
    assert not found.is_complete_enough
    assert climate([found]) is None


def test_winters_are_the_seasons_dates_in_the_years_before() -> None:
    known = {**steady(2022, "-4"), **steady(2024, "1"), **steady(2026, "-30")}
    found = winters_before(known, FIRST, LAST)
    assert [(each.name, each.degree_days, each.mean_c) for each in found] == [
        ("2024-2025", 2057, Decimal("1.0")),
        ("2022-2023", 2662, Decimal("-4.0")),
    ]
    assert winters_before({}, FIRST, LAST) == []


def test_a_winter_that_begins_in_january_of_its_first_known_year_is_found() -> None:
    known = {dt.date(2024, 1, 1) + dt.timedelta(days=n): Decimal(0) for n in range(75)}
    assert [each.name for each in winters_before(known, FIRST, LAST)] == ["2023-2024"]


def test_mean_median_and_cold_winter_name_a_season() -> None:
    winters = [a_winter(2016 + n, degree_days) for n, degree_days in enumerate(
        [2500, 2300, 2900, 2400, 2600, 2700, 2450, 2550, 2350, 2800]
    )]  # fmt: skip
    found = climate(winters)
    assert found is not None
    assert found.mean_degree_days == 2555
    assert (found.median.name, found.median.degree_days) == ("2016-2017", 2500)
    assert (found.cold.name, found.cold.degree_days) == ("2025-2026", 2800)  # one of ten is colder


def test_of_few_winters_the_coldest_is_the_cold_one() -> None:
    three = [a_winter(2023, 2500), a_winter(2024, 2400), a_winter(2025, 2600)]
    assert (ranked(three, 50).name, ranked(three, 90).name) == ("2023-2024", "2025-2026")
    assert ranked(three[:1], 90).name == "2023-2024"


def test_a_winter_with_too_many_gaps_is_left_out_of_the_mean() -> None:
    found = climate([a_winter(2024, 2400), a_winter(2025, 9000, known_days=50)])
    assert found is not None
    assert (found.mean_degree_days, len(found.winters)) == (2400, 1)


def test_without_temperatures_there_is_the_design_value() -> None:
    assert design_degree_days(150, Decimal(-5)) == 3450


def test_a_leap_day_has_no_brother() -> None:
    assert moved(dt.date(2028, 2, 29), -1) == dt.date(2027, 2, 28)


def test_a_winter_with_a_leap_day_counts_for_the_seasons_days() -> None:
    """122 days of 24 are 121 days of 24, for the mean and for each winter alike; nor is it colder for its length."""
    leap = Winter(2023, 122, 122, Decimal(2928), Decimal(-6), Decimal(-10), dt.date(2023, 12, 31))
    found = climate([leap], 121)
    assert found is not None
    assert (found.mean_degree_days, found.cold.over(found.days), found.median.over(found.days)) == (2904, 2904, 2904)
    usual = a_winter(2024, 2905)
    both = climate([usual, leap], 121)
    assert both is not None and both.cold == usual
