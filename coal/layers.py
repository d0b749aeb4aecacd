"""What lies in a yard, batch by batch: coal leaves in the order in which it came.

What is there is therefore the last of what came in, as many tonnes as the stock has. The running sum of all that came
says on which day the oldest of it came; from there on the arrivals are read, as many as are asked for. So it costs what
is looked at, not the history and not the stock. What arrivals do not explain (the stock with which the book was opened,
a surplus that was counted) is the oldest.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from coal.balances import heat_gj
from coal.demand import TCE_MJ_PER_KG, rounded
from coal.enums import INFLOWS, HeatSource
from coal.heat_values import HeatValue, heat_value_of, tested_values
from coal.models import Movement, StockDay, Yard
from coal.selectors import opening_days

CHUNK = 50


@dataclass(frozen=True, slots=True)
class Layer:
    """Coal of one arrival that is still there. `stored_since` is None for what came before the book was opened.

    `heat_source`: where the heat value comes from.
    """

    quantity_t: Decimal
    stored_since: dt.date | None
    heat_value_mj_per_kg: Decimal | None
    batch: str = ""
    movement: Movement | None = None
    heat_source: HeatSource = HeatSource.UNKNOWN

    @property
    def heat_gj(self) -> Decimal:
        return heat_gj(self.quantity_t, self.heat_value_mj_per_kg)

    @property
    def tce(self) -> Decimal:
        """Tonnes of standard coal."""
        return rounded(self.heat_gj / TCE_MJ_PER_KG, 2)

    def age_days(self, day: dt.date) -> int | None:
        return None if self.stored_since is None else (day - self.stored_since).days


@dataclass(frozen=True, slots=True)
class Taken:
    """What a transfer takes along: since when its oldest is stored, its mean heat value, its batch if it is one."""

    stored_since: dt.date | None
    heat_value_mj_per_kg: Decimal | None
    batch: str


def layers(yard: Yard, day: dt.date) -> Iterator[Layer]:
    """What lies there at the close of that day, oldest first. 2 queries, and 3 for every 50 arrivals that are read."""
    last = StockDay.objects.filter(yard=yard, day__lte=day).order_by("-day").first()
    if last is None or not last.close_t:
        return
    gone_t = last.received_t - last.close_t
    since, already_t = None, Decimal(0)
    if gone_t < 0:
        yield Layer(-gone_t, None, None)
        gone_t = Decimal(0)
    elif oldest := (
        StockDay.objects.filter(yard=yard, day__lte=day, received_t__gt=gone_t).order_by("received_t", "day").first()
    ):
        since, already_t = oldest.day, oldest.received_t - oldest.came_t
    for movement, counted in _inflows(yard, since, day):
        before_t, already_t = already_t, already_t + movement.quantity_t
        if already_t > gone_t:
            quantity_t = already_t - max(gone_t, before_t)
            yield Layer(
                quantity_t, movement.stored_since, counted.mj_per_kg, movement.batch, movement, counted.source
            )  # fmt: skip


def leaving(yard: Yard, day: dt.date, quantity_t: Decimal) -> Taken:
    """The first `quantity_t` that would leave after that day."""
    taken, left = [], quantity_t
    for layer in layers(yard, day):
        taken.append((layer, min(left, layer.quantity_t)))
        left -= taken[-1][1]
        if left <= 0:
            break
    heat = [(part, layer.heat_value_mj_per_kg) for layer, part in taken]
    known = any(value is not None for _, value in heat)
    total_gj, total_t = sum(heat_gj(part, value) for part, value in heat), sum(part for part, _ in heat)
    batches = {layer.batch for layer, _ in taken}
    since = {layer.stored_since for layer, _ in taken}
    if None in since:
        # At least since the book was opened with it.
        since.add(opening_days().filter(yard=yard, day__lte=day).values_list("day", flat=True).first())
    return Taken(
        stored_since=min(filter(None, since), default=None),
        heat_value_mj_per_kg=rounded(Decimal(total_gj / total_t), 3) if known and total_t else None,
        batch=batches.pop() if len(batches) == 1 else "",
    )


def _inflows(yard: Yard, first: dt.date | None, last: dt.date) -> Iterator[tuple[Movement, HeatValue]]:
    """What came in between the two days and holds, oldest first, and what its heat is reckoned with."""
    came = Movement.objects.filter(yard=yard, kind__in=INFLOWS, day__lte=last).order_by("day", "pk")
    if first is not None:
        came = came.filter(day__gte=first)
    for start in range(0, 10**9, CHUNK):
        chunk = list(came[start : start + CHUNK])
        gone = Movement.objects.reversed_among(movement.pk for movement in chunk)
        tested = tested_values(yard.company_id, (movement.batch for movement in chunk))
        yield from ((each, heat_value_of(each, tested)) for each in chunk if each.pk not in gone)
        if len(chunk) < CHUNK:
            return
