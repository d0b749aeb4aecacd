"""What an estimate is fed with: for each figure its unit, what is usual, and within which bounds it needs no reason.

The bounds and usual values are what practice shows, not law: a county changes them on the page 测算参数
(`coal.models.ParameterRange` holds what differs from here). ONE table, `INPUTS`; forms, pages and checks use it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from coal.demand import rounded
from coal.formulas import figure


@dataclass(frozen=True, slots=True)
class Input:
    """`name`: the field's, on `coal.models.Estimate` or of a milestone; without bounds anything positive is usual."""

    name: str
    label: str
    unit: str
    places: int
    least: Decimal | None = None
    typical: Decimal | None = None
    most: Decimal | None = None

    @property
    def has_range(self) -> bool:
        return self.least is not None and self.most is not None

    @property
    def range_text(self) -> str:
        """0.7 至 0.85; empty without bounds."""
        if self.least is None or self.most is None:
            return ""
        return f"{_plain(self.least)} 至 {_plain(self.most)}"

    @property
    def typical_text(self) -> str:
        return "" if self.typical is None else _plain(self.typical)

    def is_usual(self, value: Decimal) -> bool:
        return self.least is None or self.most is None or self.least <= value <= self.most


def _plain(value: Decimal) -> str:
    return f"−{figure(-value)}" if value < 0 else figure(value)


def _input(name: str, label: str, unit: str, places: int, *numbers: str) -> Input:
    least, typical, most = map(Decimal, numbers) if numbers else (None, None, None)
    return Input(name, label, unit, places, least, typical, most)


_DESIGN = (
    _input("area_m2", "供热面积", "㎡", 2),
    _input("heat_index_w_per_m2", "面积热指标", "W/㎡", 1, "40", "45", "65"),
    _input("heating_days", "采暖天数", "d", 0, "90", "121", "190"),
    _input("indoor_c", "室内设计温度", "℃", 1, "16", "18", "20"),
    _input("mean_c", "采暖期室外平均温度", "℃", 1, "-15", "-2", "6"),
    _input("design_c", "室外计算温度", "℃", 1, "-35", "-10", "0"),
    _input("boiler_efficiency", "锅炉效率", "", 3, "0.70", "0.80", "0.85"),
    _input("network_efficiency", "管网效率", "", 3, "0.88", "0.90", "0.95"),
    _input("heat_value_mj_per_kg", "煤的收到基低位热值", "MJ/kg", 3, "12", "20.934", "27"),
)
_LAST = (
    _input("last_coal_t", "上季耗煤", "t", 2),
    _input("last_heat_value_mj_per_kg", "上季煤的热值", "MJ/kg", 3, "12", "20.934", "27"),
    _input("last_area_m2", "上季供热面积", "㎡", 2),
    _input("last_degree_days", "上季度日数", "℃·d", 0, "1000", "2400", "6000"),
    _input("degree_days", "本季度日数", "℃·d", 0),
    _input("margin_percent", "余量", "%", 1, "0", "5", "15"),
)
# Milestones of a target; their days stand in `coal.milestones`.
_MILESTONES = (
    _input("contracted_percent", "6月底合同签订", "%", 1, "0", "100", "150"),
    _input("august_percent", "8月底到货", "%", 1, "0", "40", "100"),
    _input("september_percent", "9月底到货", "%", 1, "0", "60", "100"),
    _input("start_percent", "供暖前到货", "%", 1, "0", "80", "100"),
    _input("cover_days", "供暖期最低可用天数", "天", 0, "0", "15", "60"),
    _input("severe_percent", "到期节点差多少算严重落后", "%", 1, "0", "5", "50"),
    _input("warn_days", "节点到期前几天起按进度预警", "天", 0, "0", "14", "60"),
    _input("count_percent", "本季盘盈、盘亏超过入场煤多少要核查", "%", 1, "0", "3", "50"),
)
INPUTS: Mapping[str, Input] = {each.name: each for each in (*_DESIGN, *_LAST, *_MILESTONES)}
DESIGN_INPUTS = tuple(each.name for each in _DESIGN)
HISTORIC_INPUTS = tuple(each.name for each in _LAST)
ESTIMATE_INPUTS = (*DESIGN_INPUTS, *HISTORIC_INPUTS)
MILESTONE_INPUTS = tuple(each.name for each in _MILESTONES)
# What a county may change: those with bounds.
ADJUSTABLE = tuple(name for name, each in INPUTS.items() if each.has_range)


def adjusted(own: Iterable[tuple[str, Decimal, Decimal, Decimal]]) -> dict[str, Input]:
    """INPUTS with a county's own (name, least, typical, most) in their place."""
    changed = dict(INPUTS)
    for name, least, typical, most in own:
        if name in changed:
            changed[name] = replace(changed[name], least=least, typical=typical, most=most)
    return changed


# Without a known area: from a small boiler house to a big city. Of a season's coal: kg of raw coal for a m².
AREA_M2 = (Decimal(10_000), Decimal(50_000_000))
AREA_FACTOR = 3
COAL_KG_PER_M2 = (Decimal(5), Decimal(100))


def of_size(inputs: Mapping[str, Input], known_m2: Decimal | None) -> dict[str, Input]:
    """The table with bounds for areas and for last season's coal, as they are for a company whose communities have
    `known_m2`: an area in 10 000 m² or one with a digit too many lies outside."""
    least_m2, most_m2 = (known_m2 / AREA_FACTOR, known_m2 * AREA_FACTOR) if known_m2 else AREA_M2
    least_t, most_t = least_m2 * COAL_KG_PER_M2[0] / 1000, most_m2 * COAL_KG_PER_M2[1] / 1000
    bounds = {"area_m2": (least_m2, most_m2), "last_area_m2": (least_m2, most_m2), "last_coal_t": (least_t, most_t)}
    sized = {
        name: replace(inputs[name], least=rounded(least), most=rounded(most)) for name, (least, most) in bounds.items()
    }
    return {**inputs, **sized}


def unusual(values: Mapping[str, Decimal | None], inputs: Mapping[str, Input]) -> list[Input]:
    """The inputs whose value lies outside their bounds, in the table's order."""
    return [
        each for name, each in inputs.items() if (value := values.get(name)) is not None and not each.is_usual(value)
    ]
