"""The ladder that a kind of item begins with, as published practice has it, for a bureau to change."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from supervision.enums import OffsetUnit, measure_of

TELLS = "tells_"


@dataclass(frozen=True)
class FirstStep:
    """As a PolicyStep has it: `amount` from the deadline, negative before it; `tells`: responsible, company …"""

    code: str
    amount: int
    tells: tuple[str, ...]
    unit: OffsetUnit = OffsetUnit.DAYS
    repeat_every: int = 0
    is_proposed: bool = False

    def values(self, recipients: Collection[str]) -> dict[str, Any]:
        """Fields of a PolicyStep; of whom it tells those that the kind knows (`recipients`: tells_company …)."""
        told = [TELLS + who for who in self.tells]
        return {
            "code": self.code,
            "measure": measure_of(self.code).value,
            "amount": self.amount,
            "unit": self.unit.value,
            "repeat_every": self.repeat_every,
            "is_proposed": self.is_proposed,
            **{flag: True for flag in told if flag in recipients},
        }


USUAL_STEPS = (
    FirstStep("remind-7", -7, ("responsible",)),
    FirstStep("remind-3", -3, ("responsible",)),
    FirstStep("urge", 1, ("company_head", "bureau")),
    FirstStep("notice", 3, ("company", "bureau"), is_proposed=True),
    FirstStep("talk", 7, ("company_head", "bureau_leader"), is_proposed=True),
    FirstStep("circular", 15, ("company", "bureau", "bureau_leader"), repeat_every=7, is_proposed=True),
)
