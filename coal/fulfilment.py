"""How much of what was bought has been delivered. Pure: no database, no clock.

兑现率 = delivered ÷ contracted. That of several contracts, of a company or of the county divides the sums: rates are
never averaged.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from coal.demand import rounded


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """Tonnes bought and delivered; `due_t`: what the contracts' periods say should have come by now."""

    contracted_t: Decimal = Decimal(0)
    delivered_t: Decimal = Decimal(0)
    due_t: Decimal = Decimal(0)

    def __add__(self, other: "Fulfilment") -> "Fulfilment":
        return Fulfilment(
            self.contracted_t + other.contracted_t, self.delivered_t + other.delivered_t, self.due_t + other.due_t
        )

    @property
    def percent(self) -> Decimal | None:
        """兑现率; None where nothing was bought."""
        return rounded(self.delivered_t * 100 / self.contracted_t, 1) if self.contracted_t else None

    @property
    def open_t(self) -> Decimal:
        """What is still to come; nothing where more came than was bought."""
        return max(Decimal(0), self.contracted_t - self.delivered_t)

    @property
    def behind_t(self) -> Decimal:
        """By how much the deliveries are behind the even pace of the period."""
        return max(Decimal(0), self.due_t - self.delivered_t)


def due_by(quantity_t: Decimal, starts_on: dt.date, ends_on: dt.date, day: dt.date) -> Decimal:
    """What an even pace over the period brings by the evening of `day`: nothing before it starts, all when it ends."""
    if day < starts_on:
        return Decimal(0)
    if day >= ends_on:
        return quantity_t
    return rounded(quantity_t * ((day - starts_on).days + 1) / ((ends_on - starts_on).days + 1), 2)
