"""Reads of quality batches: what came of them, and where they are worse than the contract under which they came.

Arrivals are found by the numbers that they carry, within the company; tonnes are read from the sums that the book keeps
(`coal.arrivals`). Each docstring states its number of queries.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Round

from accounts.models import Unit
from coal.arrivals import COMPANY, Arrived, arrivals_by
from coal.demand import rounded
from coal.models import ArrivalDay, Contract, QualityBatch
from coal.quality import ROUNDING_MJ_PER_KG, Fault, faults
from coal.terms import Terms, held_on, terms_on
from facilities.models import Season

MEASURED = ("heat_value_mj_per_kg", "sulphur_percent")
# What is read of a contract and of a batch beside their numbers.
OF_CONTRACT, OF_BATCH = ("pk", "supplier", *MEASURED), ("pk", *MEASURED)


@dataclass(frozen=True, slots=True)
class QualityWarning:
    """A batch that is worse than the contract under which so much of it came; of both what a page shows of them."""

    batch: QualityBatch
    contract: Contract
    faults: list[Fault]
    arrived: Arrived


def quality_warnings_of(company: Unit, season: Season) -> list[QualityWarning]:
    """Of one company's season, the most tonnes first: for coal/_quality_panel.html. One query."""
    return warnings_among(Contract.objects.filter(company=company, season=season))


def warnings_among(contracts: QuerySet[Contract]) -> list[QualityWarning]:
    """Of the batches that came under these contracts, the most tonnes first. One query."""
    beside = [f"contract_{name}" for name in OF_CONTRACT] + [f"batch_{name}" for name in OF_BATCH]
    owner = (COMPANY, f"{COMPANY}__name", f"{COMPANY}__short_name")
    days = worse_days(contracts).order_by().values(*owner, "contract", "batch", *beside)
    found = [_warning(row) for row in days.annotate(sum_t=Sum("quantity_t"), sum_loads=Sum("loads"))]
    return sorted(found, key=lambda each: (-each.arrived.quantity_t, each.batch.number))


def _beside(name: str, rows: QuerySet[Any], fields: Mapping[str, Any]) -> dict[str, Subquery]:
    """Of the one of `rows` whose number the arrivals carry as their `name`."""
    own = rows.filter(company=OuterRef(COMPANY), number=OuterRef(name)).order_by()
    return {
        f"{name}_{field}": Subquery(own.annotate(beside=value).values("beside")[:1]) for field, value in fields.items()
    }


def _warning(row: dict[str, Any]) -> QualityWarning:
    company = Unit(pk=row[COMPANY], name=row[f"{COMPANY}__name"], short_name=row[f"{COMPANY}__short_name"])

    def found(name: str, fields: Iterable[str]) -> dict[str, Any]:
        return {"company": company, "number": row[name], **{field: row[f"{name}_{field}"] for field in fields}}

    contract, batch = Contract(**found("contract", OF_CONTRACT)), QualityBatch(**found("batch", OF_BATCH))
    # SQLite adds in binary fractions.
    arrived = Arrived(rounded(row["sum_t"], 2), row["sum_loads"])
    return QualityWarning(batch, contract, faults(batch, contract), arrived)


def worse_days(contracts: QuerySet[Contract], company: OuterRef | None = None) -> QuerySet[ArrivalDay]:
    """What came of batches that are worse than that of these contracts under which they came, as it was agreed that
    day; of that company only. Each with OF_CONTRACT and OF_BATCH beside it.

    Which batches are worse than any of the contracts is told first: there are few of them and many days.
    """
    contracts = contracts.filter(voided_on__isnull=True)
    heat, sulphur = OuterRef("heat_value_mj_per_kg"), OuterRef("sulphur_percent")
    ever = Q(heat_value_mj_per_kg__gt=heat) | Q(sulphur_percent__lt=sulphur)
    before = Q(amendments__old_heat_value_mj_per_kg__gt=heat) | Q(amendments__old_sulphur_percent__lt=sulphur)
    batches = QualityBatch.objects.filter(Exists(contracts.filter(ever | before, company=OuterRef("company"))))
    days = ArrivalDay.objects.all()
    if company is not None:
        batches, days = batches.filter(company=OuterRef(company)), days.filter(yard__company=company)
    asked = {name: held_on(name, "day") for name in MEASURED}
    beside = _beside("contract", contracts, {name: F(name) for name in OF_CONTRACT} | asked)
    beside |= _beside("batch", QualityBatch.objects.all(), {name: F(name) for name in OF_BATCH})
    # Rounded, since SQLite subtracts in binary fractions.
    least = Round(F("contract_heat_value_mj_per_kg") - ROUNDING_MJ_PER_KG, 3)
    is_worse = Q(batch_heat_value_mj_per_kg__lt=least) | Q(batch_sulphur_percent__gt=F("contract_sulphur_percent"))
    return days.filter(batch__in=batches.values("number")).annotate(**beside).filter(is_worse)


def with_arrived(batches: QuerySet[QualityBatch]) -> QuerySet[QualityBatch]:
    """Each with `arrived_t`, None where nothing has come of it. No query of its own."""
    days = ArrivalDay.objects.filter(yard__company=OuterRef("company"), batch=OuterRef("number")).order_by()
    return batches.annotate(arrived_t=Subquery(days.values("batch").annotate(sum=Sum("quantity_t")).values("sum")))


@dataclass(frozen=True, slots=True)
class BatchArrived:
    """What came of a batch under one number on the same terms; `contract` is None where the number names none."""

    number: str
    contract: Contract | None
    arrived: Arrived
    faults: list[Fault]


def arrivals_of(batch: QualityBatch) -> list[BatchArrived]:
    """What came of a batch, by the contract it came under and what that asked for on the day. Three queries."""
    arrived = arrivals_by("contract", "day", yard__company=batch.company_id, batch=batch.number)
    numbers = {number for number, _ in arrived}
    own = Contract.objects.standing().filter(company=batch.company_id, number__in=numbers)
    known = {each.number: each for each in own.prefetch_related("amendments")}
    found: dict[tuple[str, Terms | None], Arrived] = {}
    for (number, day), came in sorted(arrived.items()):
        key = number, terms_on(known[number], day) if number in known else None
        found[key] = found.get(key, Arrived()) + came
    return [
        BatchArrived(number, known.get(number), came, faults(batch, terms) if terms else [])
        for (number, terms), came in found.items()
    ]


def arrived_of_batches(batches: Iterable[QualityBatch]) -> dict[tuple[int, str], Arrived]:
    """{(company's pk, batch's number): what came of it}. One query, none without a batch."""
    kept = list(batches)
    if not kept:
        return {}
    found = arrivals_by(
        COMPANY, "batch", yard__company__in={each.company_id for each in kept},
        batch__in={each.number for each in kept},
    )  # fmt: skip
    return {(company, number): came for (company, number), came in found.items()}
