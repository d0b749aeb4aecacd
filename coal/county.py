"""Several companies' standings as one: sums, and sums divided; never the mean of their days or shares."""

from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property

from coal.cover import CountyCover, Stock, together
from coal.progress import share_of
from coal.standings import Standing

NOTHING = Decimal(0)


class County:
    """What has `_before` in its name is as of a week before."""

    def __init__(self, standings: Sequence[Standing]) -> None:
        self.standings = standings

    @cached_property
    def with_target(self) -> list[Standing]:
        return [each for each in self.standings if each.target]

    @cached_property
    def owing_target(self) -> list[Standing]:
        """All but those that burn no coal."""
        return [each for each in self.standings if each.owes_target]

    @property
    def target_t(self) -> Decimal:
        return sum((each.target.quantity_t for each in self.standings if each.target), NOTHING)

    @property
    def target_tce(self) -> Decimal:
        return sum((each.target.quantity_tce for each in self.standings if each.target), NOTHING)

    @property
    def target_before_t(self) -> Decimal:
        return sum((each.target_before.quantity_t for each in self.standings if each.target_before), NOTHING)

    @property
    def in_place_t(self) -> Decimal:
        return sum((each.in_place_t for each in self.standings), NOTHING)

    @property
    def in_place_before_t(self) -> Decimal:
        return sum((each.in_place_before_t for each in self.standings), NOTHING)

    @property
    def percent(self) -> Decimal | None:
        """Of the whole, only where every company that burns coal has a target: else what is in place would have nothing
        to fill."""
        return self.percent_of_targets if len(self.with_target) == len(self.owing_target) else None

    @property
    def percent_of_targets(self) -> Decimal | None:
        """Of those companies that have a target: what they have in place ÷ their targets."""
        in_place_t = sum((each.in_place_t for each in self.with_target), NOTHING)
        return share_of(in_place_t, self.target_t) if self.target_t else None

    @property
    def used_t(self) -> Decimal:
        return sum((each.used_t for each in self.standings), NOTHING)

    @cached_property
    def stock(self) -> Stock:
        return sum((each.stock for each in self.standings), Stock())

    @cached_property
    def stock_before(self) -> Stock:
        return sum((each.stock_before for each in self.standings), Stock())

    def change_t(self, days: int) -> Decimal:
        return sum((each.change_t(days) for each in self.standings), NOTHING)

    @property
    def change_7_t(self) -> Decimal:
        return self.change_t(7)

    @property
    def change_14_t(self) -> Decimal:
        return self.change_t(14)

    @cached_property
    def cover(self) -> CountyCover:
        return together(each.cover for each in self.standings)

    @cached_property
    def cover_before(self) -> CountyCover:
        return together(each.cover_before for each in self.standings)
