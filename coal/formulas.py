"""The formulas of `demand` with the numbers put in, as lines that can be checked with a pocket calculator.

Each line works on the figures that are printed on the lines above it, rounded as they stand there.
"""

from dataclasses import dataclass
from decimal import Decimal

from coal.demand import (
    GJ_PER_KW_DAY,
    TCE_MJ_PER_KG,
    Demand,
    LastSeason,
    Plant,
    annual_heat_gj,
    by_design_load,
    by_last_season,
    design_load_kw,
    rounded,
)
from common.columns import group_digits


@dataclass(frozen=True, slots=True)
class Line:
    """供热量 | Qa = 0.0864 × N × … | 0.0864 × 150 × … | 812 945 GJ"""

    label: str
    formula: str
    numbers: str
    result: str


def figure(value: Decimal | int, places: int | None = None) -> str:
    """Digits grouped; as many decimals as it has, or `places`."""
    number = Decimal(value) if places is None else rounded(Decimal(value), places)
    shown = number.normalize() if places is None else number
    return group_digits(shown, max(0, -int(shown.as_tuple().exponent)))


def signed(value: Decimal) -> str:
    """A temperature inside a difference: −5 in brackets."""
    return f"(−{figure(-value)})" if value < 0 else figure(value)


def difference(of: Decimal, less: Decimal) -> str:
    """18 and −5 as (18 − (−5))."""
    return f"({figure(of)} − {signed(less)})"


def design_lines(plant: Plant, index_w_per_m2: Decimal) -> list[Line]:
    """Method 1, step by step."""
    load, heat = design_load_kw(plant, index_w_per_m2), annual_heat_gj(plant, index_w_per_m2)
    demand = by_design_load(plant, index_w_per_m2)
    mean, design = difference(plant.indoor_c, plant.mean_c), difference(plant.indoor_c, plant.design_c)
    return [
        Line(
            "设计热负荷", "Qh = q × A ÷ 1000", f"{figure(index_w_per_m2)} × {figure(plant.area_m2)} ÷ 1000",
            f"{figure(load, 0)} kW",
        ),
        Line(
            "全季供热量", "Qa = 0.0864 × N × Qh × (ti − ta) ÷ (ti − to)",
            f"{figure(GJ_PER_KW_DAY)} × {plant.heating_days} × {figure(load, 0)} × {mean} ÷ {design}",
            f"{figure(heat, 0)} GJ",
        ),
        Line(
            "原煤", "B = Qa ÷ (η锅炉 × η管网 × Qnet,ar)",
            f"{figure(heat, 0)} ÷ ({figure(plant.boiler_efficiency)} × {figure(plant.network_efficiency)}"
            f" × {figure(plant.heat_value_mj_per_kg)})",
            f"{figure(demand.coal_t, 0)} t",
        ),
        *_common_lines(plant, demand),
    ]  # fmt: skip


def historic_lines(plant: Plant, last: LastSeason) -> list[Line]:
    """Method 2, step by step."""
    demand = by_last_season(plant, last)
    return [
        Line(
            "原煤",
            "B = B上季 × (Qnet上季 ÷ Qnet) × (A ÷ A上季) × (度日数 ÷ 度日数上季) × (1 + 余量)",
            f"{figure(last.coal_t)} × ({figure(last.heat_value_mj_per_kg)} ÷ {figure(plant.heat_value_mj_per_kg)})"
            f" × ({figure(plant.area_m2)} ÷ {figure(last.area_m2)})"
            f" × ({figure(last.degree_days)} ÷ {figure(last.degree_days_then)})"
            f" × (1 + {figure(last.margin_percent)}%)",
            f"{figure(demand.coal_t, 0)} t",
        ),
        Line(
            "全季供热量", "Qa = B × Qnet,ar × η锅炉 × η管网",
            f"{figure(demand.coal_t, 0)} × {figure(plant.heat_value_mj_per_kg)}"
            f" × {figure(plant.boiler_efficiency)} × {figure(plant.network_efficiency)}",
            f"{figure(demand.heat_gj, 0)} GJ",
        ),
        *_common_lines(plant, demand),
    ]  # fmt: skip


def _common_lines(plant: Plant, demand: Demand) -> list[Line]:
    coal, coal_tce = figure(demand.coal_t, 0), figure(demand.coal_tce, 0)
    cold, mean = difference(plant.indoor_c, plant.design_c), difference(plant.indoor_c, plant.mean_c)
    return [
        Line(
            "标准煤", "Bce = B × Qnet,ar ÷ 29.3076",
            f"{coal} × {figure(plant.heat_value_mj_per_kg)} ÷ {figure(TCE_MJ_PER_KG)}", f"{coal_tce} tce",
        ),
        Line(
            "单位面积煤耗", "Bce × 1000 ÷ A", f"{coal_tce} × 1000 ÷ {figure(plant.area_m2)}",
            f"{figure(demand.kgce_per_m2, 2)} kgce/㎡",
        ),
        Line("平均日耗煤", "B ÷ N", f"{coal} ÷ {plant.heating_days}", f"{figure(demand.mean_day_t, 1)} t/d"),
        Line(
            "极寒日耗煤", "B ÷ N × (ti − to) ÷ (ti − ta)", f"{coal} ÷ {plant.heating_days} × {cold} ÷ {mean}",
            f"{figure(demand.coldest_day_t, 1)} t/d",
        ),
    ]  # fmt: skip
