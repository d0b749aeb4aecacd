"""Which heat value coal is reckoned with: the laboratory's where its batch has been tested, else what was told.

An arrival keeps for ever what was told at the gate. What its batch was found to hold stands with the batch, and counts
from the moment it is entered: `coal.supply_services` then carries the difference into the stock of every day from the
arrival on (`coal.balances.reheat`), so that at any time the stored heat is that of `heat_value_of`.

What a transfer brings counts in the same way if it is of one batch; of a mixture it keeps the mean that was reckoned
when it was carried over.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from coal.enums import INFLOWS, HeatSource, MovementKind
from coal.models import Movement, QualityBatch


@dataclass(frozen=True, slots=True)
class HeatValue:
    """`mj_per_kg` is None for coal of which nobody has told anything: it is taken for the usual."""

    mj_per_kg: Decimal | None
    source: HeatSource


def tested_values(company_id: int, batches: Iterable[str]) -> dict[str, Decimal]:
    """{batch's number: what the laboratory found} of those that are tested. One query; none without a number."""
    numbers = {number for number in batches if number}
    if not numbers:
        return {}
    tested = QualityBatch.objects.filter(
        company=company_id, number__in=numbers, heat_value_mj_per_kg__isnull=False
    ).values_list("number", "heat_value_mj_per_kg")
    return dict(tested)  # type: ignore[arg-type]


def heat_value_of(movement: Movement, tested: Mapping[str, Decimal]) -> HeatValue:
    """`tested`: as `tested_values` gives it, for this movement's batch at least. No query."""
    if movement.batch in tested:
        return HeatValue(tested[movement.batch], HeatSource.TESTED)
    if movement.heat_value_mj_per_kg is None:
        return HeatValue(None, HeatSource.UNKNOWN)
    is_carried = movement.kind == MovementKind.TRANSFER_IN
    return HeatValue(movement.heat_value_mj_per_kg, HeatSource.CARRIED if is_carried else HeatSource.TOLD)


def counted_values(movements: Iterable[Movement], companies: Mapping[int, int]) -> dict[int, HeatValue]:
    """What the heat of those that brought coal is reckoned with, by their pk. One query.

    `companies`: by the yard's pk.
    """
    came = [movement for movement in movements if movement.kind in INFLOWS]
    tested = QualityBatch.objects.filter(
        company__in=set(companies.values()), number__in={movement.batch for movement in came if movement.batch},
        heat_value_mj_per_kg__isnull=False,
    ).values_list("company", "number", "heat_value_mj_per_kg")  # fmt: skip
    found: dict[int, dict[str, Decimal]] = {}
    for company, number, value in tested:
        found.setdefault(company, {})[number] = value  # type: ignore[assignment]
    return {each.pk: heat_value_of(each, found.get(companies[each.yard_id], {})) for each in came}
