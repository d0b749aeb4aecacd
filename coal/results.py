"""An estimate's figures as pages show them: both methods side by side, how far they differ, and the formulas."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coal.demand import Demand, Gap, gap, kcal_per_kg
from coal.demand_enums import Method
from coal.formulas import Line, design_lines, figure, historic_lines
from coal.models import Estimate

# (figure, label, unit, decimals)
FIGURES = (
    ("heat_gj", "全季供热量", "GJ", 0),
    ("coal_t", "原煤", "t", 0),
    ("coal_tce", "折标准煤", "tce", 0),
    ("kgce_per_m2", "单位面积煤耗", "kgce/㎡", 2),
    ("mean_day_t", "平均日耗煤", "t/d", 1),
    ("coldest_day_t", "极寒日耗煤", "t/d", 1),
)
# The methods are said to agree up to this difference.
AGREE_PERCENT = 10


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    unit: str
    design: str
    historic: str
    difference: str


def comparison(demands: Mapping[Method, Demand]) -> list[Row]:
    """A line for each figure; without the second method its cells are empty."""
    return [_row(demands, *declared) for declared in FIGURES]


def coal_row(demands: Mapping[Method, Demand]) -> Row:
    """The line of the raw coal alone."""
    return _row(demands, *FIGURES[1])


def _row(demands: Mapping[Method, Demand], name: str, label: str, unit: str, places: int) -> Row:
    first, historic = getattr(demands[Method.DESIGN_LOAD], name), demands.get(Method.LAST_SEASON)
    if historic is None:
        return Row(label, unit, figure(first, places), "", "")
    second = getattr(historic, name)
    return Row(label, unit, figure(first, places), figure(second, places), _signed(second - first, places))


def _signed(value: Any, places: int) -> str:
    return f"{'−' if value < 0 else '+' if value > 0 else ''}{figure(abs(value), places)}"


def difference_in_percent(demands: Mapping[Method, Demand]) -> str:
    """−1.8%; empty without the second method, or where the first gives nothing."""
    historic = demands.get(Method.LAST_SEASON)
    percent = gap(demands[Method.DESIGN_LOAD], historic).percent if historic else None
    return "" if percent is None else f"{_signed(percent, 1)}%"


def difference_in_words(demands: Mapping[Method, Demand]) -> str:
    """How far the second method lies from the first, in a sentence; empty without the second."""
    historic = demands.get(Method.LAST_SEASON)
    if historic is None:
        return ""
    found: Gap = gap(demands[Method.DESIGN_LOAD], historic)
    if not found.coal_t:
        return "两种方法的结果相同。"
    if found.percent is None:
        return "设计热负荷法算出的用煤是 0 t，两种方法无法比较，请核对供热面积。"
    word = "多" if found.coal_t > 0 else "少"
    advice = (
        "" if abs(found.percent) <= AGREE_PERCENT else "相差较大，请核对面积、热指标、上季耗煤和热值，再定采用哪一种。"
    )
    return f"上季耗煤法比设计热负荷法{word} {figure(abs(found.coal_t))} t（{figure(abs(found.percent), 1)}%）。{advice}"


def formulas(estimate: Estimate) -> list[tuple[Method, list[Line]]]:
    """By method, the lines with the numbers put in."""
    found = [(Method.DESIGN_LOAD, design_lines(estimate.plant, estimate.heat_index_w_per_m2))]
    if last := estimate.last_season:
        found.append((Method.LAST_SEASON, historic_lines(estimate.plant, last)))
    return found


def shown(estimate: Estimate) -> dict[str, Any]:
    """The context of coal/parts/results.html."""
    demands = estimate.demands
    return {
        "rows": comparison(demands),
        "has_historic": Method.LAST_SEASON in demands,
        "difference": difference_in_words(demands),
        "formulas": formulas(estimate),
        "winter": estimate.get_winter_display(),
        "winter_name": estimate.winter_name,
        "degree_days": figure(estimate.degree_days),
        "kcal_per_kg": figure(kcal_per_kg(estimate.heat_value_mj_per_kg), 0),
    }
