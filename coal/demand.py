"""How much coal a season needs, by two methods. Pure: no database, no clock.

1. By the design heat load, in the form that CJJ 34 uses for the annual heat of space heating:
   Qh[kW] = q[W/m²] · A[m²] / 1000
   Qa[GJ] = 0.0864 · N[d] · Qh · (ti − ta) / (ti − to)
   coal[t] = Qa / (η_boiler · η_network · Qnet,ar[MJ/kg]), since a tonne of x MJ/kg holds x GJ.
   ti: indoors by design, ta: the season's mean outdoors, to: outdoors by design, all in ℃.
2. By last season's coal, in proportion to heat value, area and degree-days, with a margin (a rule of thumb):
   coal = coal_then · (Qnet_then / Qnet) · (A / A_then) · (HDD / HDD_then) · (1 + margin / 100)

Standard coal (tce) has 29.3076 MJ/kg; 1 kcal is 4.1868 kJ (GB/T 2589). A day's heat is proportional to ti − t, so the
coldest day burns (ti − to) / (ti − ta) of the mean day.

Every step is rounded as it is printed and the next one goes on from there, so that whoever checks a sheet with a pocket
calculator gets the sheet's own figures.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from math import prod

KJ_PER_KCAL = Decimal("4.1868")
TCE_MJ_PER_KG = Decimal("29.3076")
GJ_PER_KW_DAY = Decimal("0.0864")


def rounded(value: Decimal, places: int = 0) -> Decimal:
    """To so many decimals, halves away from zero, as a calculator and an office round."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def mj_per_kg(kcal_per_kg: Decimal) -> Decimal:
    """5000 kcal/kg is 20.934 MJ/kg."""
    return kcal_per_kg * KJ_PER_KCAL / 1000


def kcal_per_kg(heat_value_mj_per_kg: Decimal) -> Decimal:
    return heat_value_mj_per_kg * 1000 / KJ_PER_KCAL


def tce(coal_t: Decimal, heat_value_mj_per_kg: Decimal) -> Decimal:
    """Tonnes of coal of that heat value as tonnes of standard coal."""
    return coal_t * heat_value_mj_per_kg / TCE_MJ_PER_KG


@dataclass(frozen=True, slots=True)
class Plant:
    """What both methods need to know of a company and its season. Raises ValueError for what no formula bears.

    `heating_days`: N; efficiencies as ratios, 0.8; the heat value is Qnet,ar.
    """

    area_m2: Decimal
    heating_days: int
    indoor_c: Decimal
    mean_c: Decimal
    design_c: Decimal
    boiler_efficiency: Decimal
    network_efficiency: Decimal
    heat_value_mj_per_kg: Decimal

    def __post_init__(self) -> None:
        ratios = (self.boiler_efficiency, self.network_efficiency)
        if min(self.area_m2, Decimal(self.heating_days), self.heat_value_mj_per_kg, *ratios) <= 0 or max(ratios) > 1:
            raise ValueError("面积、天数、热值应大于 0，效率应在 0 到 1 之间")
        if not self.design_c <= self.mean_c < self.indoor_c:
            raise ValueError("应为：室外计算温度 ≤ 室外平均温度 < 室内温度")

    @property
    def efficiency(self) -> Decimal:
        """From the coal's heat to what reaches the buildings."""
        return self.boiler_efficiency * self.network_efficiency

    @property
    def coldest_to_mean(self) -> Decimal:
        """How many times the mean day's heat the coldest day by design takes."""
        return (self.indoor_c - self.design_c) / (self.indoor_c - self.mean_c)


@dataclass(frozen=True, slots=True)
class LastSeason:
    """What last season burnt and under what; `degree_days` of the season to come; `margin_percent` on top."""

    coal_t: Decimal
    heat_value_mj_per_kg: Decimal
    area_m2: Decimal
    degree_days_then: Decimal
    degree_days: Decimal
    margin_percent: Decimal

    def __post_init__(self) -> None:
        positive = (self.coal_t, self.heat_value_mj_per_kg, self.area_m2, self.degree_days_then, self.degree_days)
        if min(positive) <= 0 or self.margin_percent <= -100:
            raise ValueError("上季耗煤、热值、面积、度日数应大于 0")


@dataclass(frozen=True, slots=True)
class Demand:
    """A season's need. `heat_gj` reaches the buildings; `coal_t` is raw coal of the plant's heat value."""

    heat_gj: Decimal
    coal_t: Decimal
    coal_tce: Decimal
    kgce_per_m2: Decimal
    mean_day_t: Decimal
    coldest_day_t: Decimal


def design_load_kw(plant: Plant, index_w_per_m2: Decimal) -> Decimal:
    """Qh = q · A / 1000."""
    return rounded(index_w_per_m2 * plant.area_m2 / 1000)


def annual_heat_gj(plant: Plant, index_w_per_m2: Decimal) -> Decimal:
    """Qa = 0.0864 · N · Qh · (ti − ta) / (ti − to)."""
    load = design_load_kw(plant, index_w_per_m2)
    span = plant.indoor_c - plant.design_c
    return rounded(GJ_PER_KW_DAY * plant.heating_days * load * (plant.indoor_c - plant.mean_c) / span)


def by_design_load(plant: Plant, index_w_per_m2: Decimal) -> Demand:
    """Method 1; see the head of the module."""
    heat_gj = annual_heat_gj(plant, index_w_per_m2)
    return _demand(plant, heat_gj, rounded(heat_gj / (plant.efficiency * plant.heat_value_mj_per_kg)))


def by_last_season(plant: Plant, last: LastSeason) -> Demand:
    """Method 2; see the head of the module. Its heat is what that coal gives at the plant's efficiencies."""
    ratios = (
        last.heat_value_mj_per_kg / plant.heat_value_mj_per_kg,
        plant.area_m2 / last.area_m2,
        last.degree_days / last.degree_days_then,
        1 + last.margin_percent / 100,
    )
    coal_t = rounded(last.coal_t * prod(ratios))
    return _demand(plant, rounded(coal_t * plant.heat_value_mj_per_kg * plant.efficiency), coal_t)


def _demand(plant: Plant, heat_gj: Decimal, coal_t: Decimal) -> Demand:
    coal_tce = rounded(tce(coal_t, plant.heat_value_mj_per_kg))
    return Demand(
        heat_gj=heat_gj,
        coal_t=coal_t,
        coal_tce=coal_tce,
        kgce_per_m2=rounded(coal_tce * 1000 / plant.area_m2, 2),
        mean_day_t=rounded(coal_t / plant.heating_days, 1),
        coldest_day_t=rounded(coal_t / plant.heating_days * plant.coldest_to_mean, 1),
    )


@dataclass(frozen=True, slots=True)
class Gap:
    """How far the second method lies above (or, negative, below) the first; no percent where that gives nothing."""

    coal_t: Decimal
    percent: Decimal | None


def gap(design: Demand, historic: Demand) -> Gap:
    """In tonnes, and in percent of the first method."""
    difference = historic.coal_t - design.coal_t
    return Gap(difference, rounded(difference * 100 / design.coal_t, 1) if design.coal_t else None)
