"""How many households and how much area the complaints of a company, a community or a station are held against."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from facilities.models import Community, Season


@dataclass(frozen=True, slots=True)
class Size:
    """`without_households`, `without_area`: communities of which that is not known; they are not in the sums."""

    households: int = 0
    area_m2: Decimal = Decimal(0)
    without_households: int = 0
    without_area: int = 0

    @classmethod
    def of(cls, households: int | None, area_m2: Decimal | None) -> "Size":
        return cls(households or 0, area_m2 or Decimal(0), int(not households), int(not area_m2))

    def __add__(self, other: "Size") -> "Size":
        return Size(
            self.households + other.households,
            self.area_m2 + other.area_m2,
            self.without_households + other.without_households,
            self.without_area + other.without_area,
        )


def sizes_by_company(user: Any, season: Season) -> dict[int | None, Size]:
    """By the company that heats the community in that season; None: no company is known. One query."""
    found: dict[int | None, Size] = {}
    communities = Community.objects.in_season(season, user).order_by()
    for company, households, area_m2 in communities.values_list("heated_by", "households", "heated_area_m2"):
        found[company] = found.get(company, Size()) + Size.of(households, area_m2)
    return found
