"""The check case of the field, worked out by hand, to its printed digits; and the formulas as they are printed."""

import dataclasses
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coal.demand import (
    LastSeason,
    Plant,
    annual_heat_gj,
    by_design_load,
    by_last_season,
    gap,
    kcal_per_kg,
    mj_per_kg,
    rounded,
)
from coal.formulas import design_lines, figure, historic_lines, signed

Q = Decimal(45)
PLANT = Plant(
    area_m2=Decimal(2_000_000), heating_days=150, indoor_c=Decimal(18), mean_c=Decimal(-5), design_c=Decimal(-15),
    boiler_efficiency=Decimal("0.8"), network_efficiency=Decimal("0.9"), heat_value_mj_per_kg=Decimal("20.934"),
)  # fmt: skip
LAST = LastSeason(
    coal_t=Decimal(50_000), heat_value_mj_per_kg=Decimal("20.934"), area_m2=Decimal(2_000_000),
    degree_days_then=Decimal(3450), degree_days=Decimal(3450), margin_percent=Decimal(5),
)  # fmt: skip


def test_the_check_case() -> None:
    demand = by_design_load(PLANT, Q)
    assert demand.heat_gj == 812_945
    assert demand.coal_t == 53_936
    assert demand.coal_tce == 38_526
    assert (rounded(demand.mean_day_t), rounded(demand.coldest_day_t)) == (360, 516)
    assert (demand.mean_day_t, demand.coldest_day_t) == (Decimal("359.6"), Decimal("515.9"))
    assert demand.kgce_per_m2 == Decimal("19.26")


def test_five_thousand_kilocalories() -> None:
    assert mj_per_kg(Decimal(5000)) == Decimal("20.934")
    assert kcal_per_kg(Decimal("20.934")) == 5000


def test_last_seasons_coal_with_a_margin() -> None:
    demand = by_last_season(PLANT, LAST)
    assert demand.coal_t == 52_500
    assert demand.coal_tce == 37_500  # 52 500 · 20.934 / 29.3076 = 37 500.0
    assert demand.heat_gj == 791_305
    assert (demand.mean_day_t, demand.coldest_day_t) == (Decimal("350.0"), Decimal("502.2"))


@pytest.mark.parametrize(
    ("then", "coal_t"),
    [
        ({"heat_value_mj_per_kg": Decimal("18.84")}, 47_248),  # poorer coal then: less of the better one
        ({"area_m2": Decimal(1_600_000)}, 65_625),
        ({"degree_days": Decimal(4140)}, 63_000),
        ({"margin_percent": Decimal(0)}, 50_000),
    ],
)
def test_what_differs_from_last_season_counts_in_proportion(then: dict[str, Any], coal_t: int) -> None:
    assert by_last_season(PLANT, dataclasses.replace(LAST, **then)).coal_t == coal_t


def test_how_far_the_methods_differ() -> None:
    between = gap(by_design_load(PLANT, Q), by_last_season(PLANT, LAST))
    assert (between.coal_t, between.percent) == (-1436, Decimal("-2.7"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"area_m2": Decimal(0)},
        {"heating_days": 0},
        {"boiler_efficiency": Decimal("1.2")},
        {"mean_c": Decimal(18)},
        {"design_c": Decimal(-4)},
    ],
)
def test_what_no_formula_bears_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="应"):
        dataclasses.replace(PLANT, **wrong)


def test_the_formula_with_the_numbers_put_in() -> None:
    lines = [
        (line.numbers.replace("\u00a0", " "), line.result.replace("\u00a0", " ")) for line in design_lines(PLANT, Q)
    ]
    assert lines == [
        ("45 × 2 000 000 ÷ 1000", "90 000 kW"),
        ("0.0864 × 150 × 90 000 × (18 − (−5)) ÷ (18 − (−15))", "812 945 GJ"),
        ("812 945 ÷ (0.8 × 0.9 × 20.934)", "53 936 t"),
        ("53 936 × 20.934 ÷ 29.3076", "38 526 tce"),
        ("38 526 × 1000 ÷ 2 000 000", "19.26 kgce/㎡"),
        ("53 936 ÷ 150", "359.6 t/d"),
        ("53 936 ÷ 150 × (18 − (−15)) ÷ (18 − (−5))", "515.9 t/d"),
    ]


def test_the_second_method_with_the_numbers_put_in() -> None:
    lines = [
        (line.numbers.replace("\u00a0", " "), line.result.replace("\u00a0", " "))
        for line in historic_lines(PLANT, LAST)
    ]
    assert lines[:2] == [
        ("50 000 × (20.934 ÷ 20.934) × (2 000 000 ÷ 2 000 000) × (3 450 ÷ 3 450) × (1 + 5%)", "52 500 t"),
        ("52 500 × 20.934 × 0.8 × 0.9", "791 305 GJ"),
    ]
    assert lines[2:] == [
        ("52 500 × 20.934 ÷ 29.3076", "37 500 tce"),
        ("37 500 × 1000 ÷ 2 000 000", "18.75 kgce/㎡"),
        ("52 500 ÷ 150", "350.0 t/d"),
        ("52 500 ÷ 150 × (18 − (−15)) ÷ (18 − (−5))", "502.2 t/d"),
    ]


def typed(text: str) -> Decimal:
    """What a pocket calculator shows for a printed line."""
    plain = text.replace("\u00a0", "").replace("×", "*").replace("÷", "/").replace("−", "-").replace("5%", "0.05")
    assert set(plain) <= set("0123456789.*/+-() "), plain
    return Decimal(str(eval(plain)))


def decimals(least: int, most: int, places: int) -> st.SearchStrategy[Decimal]:
    """As `st.decimals`, but drawn as whole numbers, which costs a tenth: no draw is thrown away."""
    return st.integers(least * 10**places, most * 10**places).map(lambda number: Decimal(number).scaleb(-places))


amounts = decimals(1_000, 9_999_999, 2)


# On a busy machine nothing here may fail for the time it takes.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    area=amounts, coal=amounts, index=st.integers(30, 80), days=st.integers(60, 240), mean=st.integers(-9, 9),
    heat_value=decimals(9, 29, 3),
)  # fmt: skip
def test_a_calculator_gives_what_is_printed(
    area: Decimal, coal: Decimal, index: int, days: int, mean: int, heat_value: Decimal
) -> None:
    plant = dataclasses.replace(
        PLANT, area_m2=area, heating_days=days, mean_c=Decimal(mean), heat_value_mj_per_kg=heat_value
    )
    last = dataclasses.replace(LAST, coal_t=coal)
    for line in [*design_lines(plant, Decimal(index)), *historic_lines(plant, last)]:
        printed, places = (
            line.result.split(" ")[0].replace("\u00a0", ""),
            len(line.result.split(" ")[0].partition(".")[2]),
        )
        assert abs(typed(line.numbers) - Decimal(printed)) <= Decimal(1).scaleb(-places) * Decimal("0.5001"), line


def test_figures_as_offices_write_them() -> None:
    assert figure(Decimal("2000000.00")) == "2\u00a0000\u00a0000"
    assert figure(Decimal("0.800")) == "0.8"
    assert figure(Decimal("1234.5"), 0) == "1\u00a0235"
    assert signed(Decimal("-5.50")) == "(−5.5)"
    assert annual_heat_gj(PLANT, Q) == 812_945
