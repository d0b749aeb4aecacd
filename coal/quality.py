"""What is usual in a laboratory's report, and where coal falls short of its contract. Pure: no database, no clock.

The bounds are what practice shows of heating coal, not law: a figure outside them is kept, with a warning that says
what was read, since it is more often a slip of the pen (a percentage without its point) than such coal.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from coal.formulas import figure
from coal.inputs import Input

RESULTS: tuple[Input, ...] = (
    Input("heat_value_mj_per_kg", "热值 Qnet,ar", "MJ/kg", 3, Decimal(12), None, Decimal(27)),
    Input("moisture_percent", "全水分 Mt", "%", 2, Decimal(2), None, Decimal(40)),
    Input("ash_percent", "灰分 Ad", "%", 2, Decimal(4), None, Decimal(45)),
    Input("volatile_percent", "挥发分 Vdaf", "%", 2, Decimal(6), None, Decimal(50)),
    Input("sulphur_percent", "全硫 St,d", "%", 2, Decimal("0.1"), None, Decimal(3)),
)
# A report gives two decimals of MJ/kg or a whole kcal/kg: what rounding may have taken is no fault.
ROUNDING_MJ_PER_KG = Decimal("0.005")
RESULT_NAMES = tuple(each.name for each in RESULTS)


class Tested(Protocol):
    """What a report says; None for what it leaves out."""

    heat_value_mj_per_kg: Decimal | None
    moisture_percent: Decimal | None
    ash_percent: Decimal | None
    volatile_percent: Decimal | None
    sulphur_percent: Decimal | None


class Agreed(Protocol):
    """What a contract asks for: at least so much heat, at most so much sulphur; None for what it does not say."""

    @property
    def heat_value_mj_per_kg(self) -> Decimal | None: ...
    @property
    def sulphur_percent(self) -> Decimal | None: ...


def unusual_results(batch: Tested) -> list[str]:
    """A sentence for each figure outside its usual bounds, with what was read."""
    read = [(each, getattr(batch, each.name)) for each in RESULTS]
    return [
        f"{each.label}填的是 {figure(value)} {each.unit}，常见 {each.range_text} {each.unit}，请与报告核对"
        for each, value in read
        if value is not None and not each.is_usual(value)
    ]


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a batch is worse than its contract. `is_heat`: too little heat, else too much sulphur."""

    is_heat: bool
    found: Decimal
    agreed: Decimal

    def __str__(self) -> str:
        found, agreed, by = figure(self.found), figure(self.agreed), figure(abs(self.found - self.agreed))
        if self.is_heat:
            return f"热值 {found} MJ/kg，低于约定的 {agreed}，低 {by}"
        return f"全硫 {found}%，高于约定的 {agreed}%，高 {by}"


def faults(batch: Tested, contract: Agreed) -> list[Fault]:
    """None for a batch that is as agreed or better, and for what either of them does not say."""
    return list(_faults(batch, contract))


def _faults(batch: Tested, contract: Agreed) -> Iterator[Fault]:
    heat, least = batch.heat_value_mj_per_kg, contract.heat_value_mj_per_kg
    if heat is not None and least is not None and heat + ROUNDING_MJ_PER_KG < least:
        yield Fault(True, heat, least)
    sulphur, most = batch.sulphur_percent, contract.sulphur_percent
    if sulphur is not None and most is not None and sulphur > most:
        yield Fault(False, sulphur, most)
