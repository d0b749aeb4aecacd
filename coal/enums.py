"""Kinds of coal movements, each with its label, its colour and what it does to the stock;
kinds of contracts; where a heat value comes from."""

from django.db import models


class MovementKind(models.TextChoices):
    ARRIVAL = "arrival", "到货"
    USE = "use", "耗用"
    COUNT = "count", "盘点"
    TRANSFER_OUT = "transfer_out", "调拨出"
    TRANSFER_IN = "transfer_in", "调拨入"
    LOSS = "loss", "损耗"
    REVERSAL = "reversal", "冲正"

    @property
    def sign(self) -> int:
        """+1 adds to the stock, −1 takes from it. A count sets it and a reversal undoes another's effect: 0."""
        return _SIGNS.get(self, 0)

    @property
    def colour(self) -> str:
        return _COLOURS[self]


_SIGNS = {
    MovementKind.ARRIVAL: 1,
    MovementKind.TRANSFER_IN: 1,
    MovementKind.USE: -1,
    MovementKind.TRANSFER_OUT: -1,
    MovementKind.LOSS: -1,
}
_COLOURS = {
    MovementKind.ARRIVAL: "green",
    MovementKind.USE: "blue",
    MovementKind.COUNT: "purple",
    MovementKind.TRANSFER_OUT: "grey",
    MovementKind.TRANSFER_IN: "grey",
    MovementKind.LOSS: "amber",
    MovementKind.REVERSAL: "red",
}
# What brings coal into a yard: of these its layers are made.
INFLOWS = (MovementKind.ARRIVAL, MovementKind.TRANSFER_IN)
# What a person enters by itself; transfers and reversals are entered by forms of their own.
ENTERED = (MovementKind.ARRIVAL, MovementKind.USE, MovementKind.LOSS, MovementKind.COUNT)


class ContractKind(models.TextChoices):
    LONG_TERM = "long_term", "长协"
    SPOT = "spot", "市场"

    @property
    def colour(self) -> str:
        return "blue" if self is ContractKind.LONG_TERM else "grey"


class HeatSource(models.TextChoices):
    TESTED = "tested", "化验"
    TOLD = "told", "来货申报"
    CARRIED = "carried", "调拨时折算"
    UNKNOWN = "unknown", "未报，按常用热值"

    @property
    def colour(self) -> str:
        return {"tested": "green", "unknown": "amber"}.get(self.value, "grey")
