"""What has arrived, added up by yard, day, contract and batch: kept as it is entered, and read. The only writer of
ArrivalDay.

Pages ask what came under a contract, of a batch, in a season; the sums cost as many rows as there were days, whatever
the number of lorries. `coal.balances` carries each arrival here while the yard is held.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet, Sum

from coal.demand import rounded
from coal.increments import plus
from coal.models import ArrivalDay, Movement

NOTHING = Decimal(0)
COMPANY = "yard__company"


# SQLite adds in binary fractions, of which the rounding leaves nothing.
ADD = """
INSERT INTO coal_arrivalday AS kept (yard_id, day, contract, batch, loads, quantity_t, priced_t, value_yuan)
VALUES (%s, %s, %s, %s, 1, %s, %s, %s)
ON CONFLICT (yard_id, day, contract, batch) DO UPDATE SET
    loads = kept.loads + 1, quantity_t = ROUND(kept.quantity_t + excluded.quantity_t, 2),
    priced_t = ROUND(kept.priced_t + excluded.priced_t, 2), value_yuan = ROUND(kept.value_yuan + excluded.value_yuan, 4)
"""


def add(movement: Movement) -> None:
    """An arrival that has been entered. The caller holds the yard. One query."""
    key = movement.yard_id, movement.day, movement.contract, movement.batch
    with connection.cursor() as cursor:
        cursor.execute(ADD, [*key, *_adds(movement).values()])


def take_off(movement: Movement) -> None:
    """An arrival that is reversed. The caller holds the yard. One or two queries."""
    days = ArrivalDay.objects.filter(
        yard=movement.yard_id, day=movement.day, contract=movement.contract, batch=movement.batch
    )
    if not days.filter(loads=1).delete()[0]:
        sums = {name: plus(ArrivalDay, name, -amount) for name, amount in _adds(movement).items()}
        days.update(loads=F("loads") - 1, **sums)


def _adds(movement: Movement) -> dict[str, Decimal]:
    """What one arrival adds to the sums, in their order."""
    quantity_t, price = movement.quantity_t, movement.unit_price_yuan_per_t
    priced_t = NOTHING if price is None else quantity_t
    return {"quantity_t": quantity_t, "priced_t": priced_t, "value_yuan": priced_t * (price or NOTHING)}


@dataclass(frozen=True, slots=True)
class Arrived:
    quantity_t: Decimal = NOTHING
    loads: int = 0

    def __add__(self, other: "Arrived") -> "Arrived":
        return Arrived(self.quantity_t + other.quantity_t, self.loads + other.loads)


def arrivals_by(*fields: str, among: Q | None = None, **conditions: Any) -> dict[tuple[Any, ...], Arrived]:
    """What arrived and holds, added up by these fields. One query."""
    return sums_by(fields, ArrivalDay.objects.filter(among or Q(), **conditions))


def sums_by(fields: Iterable[str], days: QuerySet[ArrivalDay]) -> dict[tuple[Any, ...], Arrived]:
    rows = days.order_by().values_list(*fields).annotate(Sum("quantity_t"), Sum("loads"))
    # SQLite adds in binary fractions.
    return {tuple(key): Arrived(rounded(tonnes, 2), loads) for *key, tonnes, loads in rows}
