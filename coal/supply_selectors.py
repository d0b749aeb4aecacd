"""Reads of contracts and quality batches. Each docstring states its number of queries.

Arrivals are found by the numbers that they carry, within the company; what was reversed does not count.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from accounts.models import Unit
from coal.demand import rounded
from coal.enums import ContractKind, MovementKind
from coal.fulfilment import Fulfilment, due_by
from coal.models import Contract, ContractAmendment, Movement, QualityBatch, Yard
from coal.progress import Supply
from coal.quality import Fault, faults
from common import clock
from facilities.models import Season

NOTHING = Decimal(0)
COMPANY = "yard__company"


@dataclass(frozen=True, slots=True)
class Arrived:
    quantity_t: Decimal = NOTHING
    loads: int = 0


def arrivals_by(*fields: str, **conditions: Any) -> dict[tuple[Any, ...], Arrived]:
    """Arrivals that hold, added up by these fields of theirs. Two queries over the arrivals that are meant."""
    came = Movement.objects.filter(kind=MovementKind.ARRIVAL, **conditions)
    gone = Movement.objects.filter(
        reverses__kind=MovementKind.ARRIVAL, **{f"reverses__{name}": value for name, value in conditions.items()}
    )
    found = _sums(came, fields)
    for key, undone in _sums(gone, [f"reverses__{name}" for name in fields]).items():
        held = found[key]
        found[key] = Arrived(held.quantity_t - undone.quantity_t, held.loads - undone.loads)
    return {key: arrived for key, arrived in found.items() if arrived.loads}


def _sums(movements: QuerySet[Movement], fields: Iterable[str]) -> dict[tuple[Any, ...], Arrived]:
    rows = movements.order_by().values_list(*fields).annotate(Sum("quantity_t"), Count("pk"))
    # SQLite adds in binary fractions.
    return {tuple(key): Arrived(rounded(tonnes, 2), loads) for *key, tonnes, loads in rows}


# --- contracts


@dataclass(frozen=True, slots=True)
class ContractLine:
    """A contract with what has come of it; `day` is that up to which it is reckoned."""

    contract: Contract
    fulfilment: Fulfilment
    loads: int
    day: dt.date

    @property
    def is_over(self) -> bool:
        return self.day > self.contract.ends_on


def lines_of(contracts: Iterable[Contract]) -> list[ContractLine]:
    """Each with its deliveries to date, in the order given. Two queries."""
    kept, today = list(contracts), clock.today()
    arrived = arrivals_by(
        COMPANY, "contract", yard__company__in={each.company_id for each in kept},
        contract__in={each.number for each in kept},
    ) if kept else {}  # fmt: skip
    lines = []
    for each in kept:
        came = arrived.get((each.company_id, each.number), Arrived())
        due_t = due_by(each.quantity_t, each.starts_on, each.ends_on, today)
        lines.append(ContractLine(each, Fulfilment(each.quantity_t, came.quantity_t, due_t), came.loads, today))
    return lines


def contracts_of(company: Unit, season: Season) -> list[ContractLine]:
    """A company's contracts of a season, the latest first: for coal/_contracts_panel.html. Three queries."""
    return lines_of(Contract.objects.filter(company=company, season=season))


@dataclass(frozen=True, slots=True)
class Fulfilled:
    """A company's, or everybody's, contracts of a season: 长协, 市场 and both together."""

    company: Unit | None
    long_term: Fulfilment
    spot: Fulfilment

    @property
    def whole(self) -> Fulfilment:
        return self.long_term + self.spot


def fulfilment_of(season: Season, user: Any) -> list[Fulfilled]:
    """By company, those that the user sees; where it is several, all of them together last. Three queries."""
    contracts = Contract.objects.visible_to(user).filter(season=season).select_related("company")
    sums: dict[Unit, dict[str, Fulfilment]] = {}
    for line in lines_of(contracts.order_by("company__name")):
        kinds = sums.setdefault(line.contract.company, dict.fromkeys(ContractKind.values, Fulfilment()))
        kinds[line.contract.kind] += line.fulfilment
    rows = [Fulfilled(company, kinds["long_term"], kinds["spot"]) for company, kinds in sums.items()]
    if len(rows) > 1:
        together = [sum((getattr(row, kind) for row in rows), Fulfilment()) for kind in ("long_term", "spot")]
        rows.append(Fulfilled(None, *together))
    return rows


def contracted_supplies(season: Season, companies: Iterable[Unit]) -> dict[int, Supply]:
    """What each company has bought for the season, by its pk, as `coal.progress` reckons what is in place: on the day
    of signing what was signed, on that of an amendment by how much it is more or less. Two queries."""
    first = season.summer_start_on
    contracts = list(Contract.objects.filter(season=season, company__in=[company.pk for company in companies]))
    bought: dict[int, dict[dt.date, Decimal]] = {}
    at_first = {each.pk: each.quantity_t for each in contracts}
    owner = {each.pk: each.company_id for each in contracts}
    for amendment in ContractAmendment.objects.filter(contract__in=contracts):
        more_t = amendment.quantity_t - amendment.old_quantity_t
        at_first[amendment.contract_id] -= more_t
        _add(bought.setdefault(owner[amendment.contract_id], {}), amendment.agreed_on, more_t)
    for each in contracts:
        _add(bought.setdefault(each.company_id, {}), each.signed_on, at_first[each.pk])
    return {
        company: Supply(
            first, sum((tonnes for day, tonnes in by_day.items() if day < first), NOTHING),
            {day: tonnes for day, tonnes in by_day.items() if day >= first},
        )
        for company, by_day in bought.items()
    }  # fmt: skip


def _add(by_day: dict[dt.date, Decimal], day: dt.date, tonnes: Decimal) -> None:
    by_day[day] = by_day.get(day, NOTHING) + tonnes


@dataclass(frozen=True, slots=True)
class UnknownContract:
    """Arrivals whose number names no contract of their company."""

    company: Unit
    number: str
    arrived: Arrived


def unknown_contracts(season: Season, user: Any) -> list[UnknownContract]:
    """Of the season's arrivals that the user sees, the most tonnes first. Four queries, and the season's arrivals."""
    companies = {each.pk: each for each in Unit.objects.visible_to(user).companies()}
    arrived = arrivals_by(
        COMPANY, "contract", yard__in=Yard.objects.visible_to(user), yard__county=season.county_id,
        day__range=(season.summer_start_on, season.heating_end_on),
    )  # fmt: skip
    known = set(Contract.objects.visible_to(user).values_list("company", "number"))
    found = [
        UnknownContract(companies[company], number, came)
        for (company, number), came in arrived.items()
        if number and company in companies and (company, number) not in known
    ]
    return sorted(found, key=lambda each: (-each.arrived.quantity_t, each.number))


def without_contract(movements: QuerySet[Movement]) -> QuerySet[Movement]:
    """Of these the arrivals that hold and carry a number which names no contract of their company."""
    own = Contract.objects.filter(company=OuterRef("yard__company"), number=OuterRef("contract"))
    return standing_arrivals(movements).exclude(contract="").filter(~Exists(own))


def without_test(movements: QuerySet[Movement]) -> QuerySet[Movement]:
    """Of these the arrivals that hold and of which no laboratory's result is known."""
    own = QualityBatch.objects.filter(
        company=OuterRef("yard__company"), number=OuterRef("batch"), heat_value_mj_per_kg__isnull=False
    )
    return standing_arrivals(movements).filter(~Exists(own))


def standing_arrivals(movements: QuerySet[Movement]) -> QuerySet[Movement]:
    """Of these the arrivals that nobody has reversed."""
    undone = Movement.objects.filter(reverses=OuterRef("pk"))
    return movements.filter(kind=MovementKind.ARRIVAL).filter(~Exists(undone))


def known_contract(company: int, number: str) -> Contract | None:
    """One query; none without a number."""
    return Contract.objects.filter(company=company, number=number).first() if number else None


def known_batch(company: int, number: str) -> QualityBatch | None:
    """One query; none without a number."""
    return QualityBatch.objects.filter(company=company, number=number).first() if number else None


def begun_by(company: int, day: dt.date) -> QuerySet[Contract]:
    """The company's contracts under which coal may have come by that day, those that end last on top."""
    return Contract.objects.filter(company=company, starts_on__lte=day).order_by("-ends_on", "pk")


def arrived_under(company: int, **number: str) -> Arrived:
    """What arrivals that hold carry this number of the company's, `contract=` or `batch=`. Two queries."""
    found = arrivals_by(COMPANY, yard__company=company, **number)
    return found.get((company,), Arrived())


# --- quality


@dataclass(frozen=True, slots=True)
class QualityWarning:
    """A batch that is worse than the contract under which so much of it came."""

    batch: QualityBatch
    contract: Contract
    faults: list[Fault]
    arrived: Arrived


def quality_warnings_of(company: Unit, season: Season) -> list[QualityWarning]:
    """Of one company's season, the most tonnes first: for coal/_quality_panel.html. Four queries."""
    return _warnings(Contract.objects.filter(company=company, season=season))


def quality_warnings(season: Season, user: Any) -> list[QualityWarning]:
    """Of every company that the user sees, the most tonnes first. Four queries."""
    return _warnings(Contract.objects.visible_to(user).filter(season=season))


def _warnings(contracts: QuerySet[Contract]) -> list[QualityWarning]:
    agreed = contracts.filter(Q(heat_value_mj_per_kg__isnull=False) | Q(sulphur_percent__isnull=False))
    return warnings_among(agreed.select_related("company"))


def warnings_among(contracts: Iterable[Contract]) -> list[QualityWarning]:
    """Three queries beyond that of the contracts."""
    by_number = {(each.company_id, each.number): each for each in contracts}
    if not by_number:
        return []
    companies = {company for company, _ in by_number}
    arrived = arrivals_by(
        COMPANY, "contract", "batch", yard__company__in=companies, contract__in={number for _, number in by_number}
    )
    batches = _batches({(company, batch) for company, _, batch in arrived if batch})
    found = []
    for (company, number, batch_number), came in arrived.items():
        contract, batch = by_number.get((company, number)), batches.get((company, batch_number))
        if contract and batch and (wrong := faults(batch, contract)):
            found.append(QualityWarning(batch, contract, wrong, came))
    return sorted(found, key=lambda each: (-each.arrived.quantity_t, each.batch.number))


def _batches(named: set[tuple[int, str]]) -> Mapping[tuple[int, str], QualityBatch]:
    rows = QualityBatch.objects.filter(
        company__in={company for company, _ in named}, number__in={number for _, number in named}
    )
    return {(row.company_id, row.number): row for row in rows.select_related("company")}


def worse_arrivals(movements: QuerySet[Movement], season: Season) -> QuerySet[Movement]:
    """Of these the arrivals that hold and whose batch is worse than their contract of the season: what
    `quality_warnings` adds up, as a condition for a query."""
    batch = QualityBatch.objects.filter(company=OuterRef("company"), number=OuterRef(OuterRef("batch"))).filter(
        Q(heat_value_mj_per_kg__lt=OuterRef("heat_value_mj_per_kg"))
        | Q(sulphur_percent__gt=OuterRef("sulphur_percent"))
    )
    contract = Contract.objects.filter(
        Exists(batch), company=OuterRef("yard__company"), number=OuterRef("contract"), season=season
    )
    return standing_arrivals(movements).exclude(batch="").exclude(contract="").filter(Exists(contract))


@dataclass(frozen=True, slots=True)
class BatchArrived:
    """What came of a batch under one number; `contract` is None where the number names none."""

    number: str
    contract: Contract | None
    arrived: Arrived
    faults: list[Fault]


def arrivals_of(batch: QualityBatch) -> list[BatchArrived]:
    """What came of a batch, by the contract it came under. Three queries."""
    arrived = arrivals_by("contract", yard__company=batch.company_id, batch=batch.number)
    numbers = [number for (number,) in arrived]
    known = {each.number: each for each in Contract.objects.filter(company=batch.company_id, number__in=numbers)}
    return [
        BatchArrived(number, contract := known.get(number), came, faults(batch, contract) if contract else [])
        for (number,), came in arrived.items()
    ]


def arrived_of_batches(batches: Iterable[QualityBatch]) -> dict[tuple[int, str], Arrived]:
    """{(company's pk, batch's number): what came of it}. Two queries, none without a batch."""
    kept = list(batches)
    if not kept:
        return {}
    found = arrivals_by(
        COMPANY, "batch", yard__company__in={each.company_id for each in kept},
        batch__in={each.number for each in kept},
    )  # fmt: skip
    return {(company, number): came for (company, number), came in found.items()}
