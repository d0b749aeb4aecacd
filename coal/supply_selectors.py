"""Reads of contracts, and of what arrivals name. Each docstring states its number of queries.

Arrivals are found by the numbers that they carry, within the company; what was reversed does not count. Tonnes are read
from the sums that the book keeps (`coal.arrivals`), never by adding up its lines.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.models import Unit
from coal.arrivals import COMPANY, Arrived, arrivals_by, sums_by
from coal.enums import ContractKind, MovementKind
from coal.fulfilment import Fulfilment, due_by
from coal.models import ArrivalDay, Contract, Movement, QualityBatch, Yard
from coal.progress import Supply
from common import clock
from facilities.models import Season

NOTHING = Decimal(0)


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
    """Each with its deliveries to date, in the order given. One query beyond that of the contracts."""
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
    """A company's contracts of a season, the latest first: for coal/_contracts_panel.html. Two queries."""
    return lines_of(Contract.objects.standing().filter(company=company, season=season))


@dataclass(frozen=True, slots=True)
class Fulfilled:
    """A company's, or everybody's, contracts of a season: 长协, 市场 and both together.

    Who is behind is told by the contract: what came early under one does not make up for what is missing of another.
    """

    company: Unit | None
    lines: list[ContractLine]

    @property
    def long_term(self) -> Fulfilment:
        return self._sum(ContractKind.LONG_TERM)

    @property
    def spot(self) -> Fulfilment:
        return self._sum(ContractKind.SPOT)

    @property
    def whole(self) -> Fulfilment:
        return self.long_term + self.spot

    @property
    def behind(self) -> list[ContractLine]:
        """The contracts behind their even pace, the one that lacks most first."""
        late = [line for line in self.lines if line.fulfilment.behind_t]
        return sorted(late, key=lambda line: (-line.fulfilment.behind_t, line.contract.number))

    @property
    def behind_t(self) -> Decimal:
        """What is missing of those that are behind."""
        return sum((line.fulfilment.behind_t for line in self.behind), NOTHING)

    def _sum(self, kind: ContractKind) -> Fulfilment:
        return sum((line.fulfilment for line in self.lines if line.contract.kind == kind), Fulfilment())


def season_contracts(season: Season, user: Any) -> QuerySet[Contract]:
    """Every contract of the season that the user sees, also what was voided, by company. One query."""
    contracts = Contract.objects.visible_to(user).filter(season=season).select_related("company")
    return contracts.order_by("company__name", "company", "-signed_on", "-pk")


def standing_lines(contracts: Iterable[Contract]) -> list[ContractLine]:
    """Those of these that count, with what has come of them. One query."""
    return lines_of(each for each in contracts if not each.voided_on)


def by_company(lines: Iterable[ContractLine]) -> list[Fulfilled]:
    """Of lines in the order of their companies; where these are several, all of them together last. No query."""
    rows = [Fulfilled(company, list(some)) for company, some in groupby(lines, lambda line: line.contract.company)]
    if len(rows) > 1:
        rows.append(Fulfilled(None, [line for row in rows for line in row.lines]))
    return rows


def contracted_supplies(season: Season, companies: Iterable[Unit], until: dt.date) -> dict[int, Supply]:
    """What each company has bought for the season up to that day, by its pk, as `coal.progress` reckons what is in
    place: on the day of signing what was signed, on that of an amendment by how much it is more or less. One query."""
    first = season.summer_start_on
    bought: dict[int, dict[dt.date, Decimal]] = {}
    last = None
    for row in _signed(season, companies):
        by_day = bought.setdefault(row.company_id, {})
        if row.pk != last:
            last = row.pk
            _add(by_day, row.signed_on, row.quantity_t)
        if row.agreed_on is not None:
            # The contract's quantity is that which holds now.
            more_t = row.amended_t - row.unamended_t
            _add(by_day, row.signed_on, -more_t)
            _add(by_day, row.agreed_on, more_t)
    return {
        company: Supply(
            first, sum((tonnes for day, tonnes in by_day.items() if day < first), NOTHING),
            {day: tonnes for day, tonnes in by_day.items() if first <= day <= until},
        )
        for company, by_day in bought.items()
    }  # fmt: skip


def _signed(season: Season, companies: Iterable[Unit]) -> Iterable[Any]:
    """A contract for each of its amendments, one without any once."""
    found = Contract.objects.standing().filter(season=season, company__in=[company.pk for company in companies])
    beside = {
        "agreed_on": F("amendments__agreed_on"), "amended_t": F("amendments__quantity_t"),
        "unamended_t": F("amendments__old_quantity_t"),
    }  # fmt: skip
    return found.annotate(**beside).order_by("pk")


def _add(by_day: dict[dt.date, Decimal], day: dt.date, tonnes: Decimal) -> None:
    by_day[day] = by_day.get(day, NOTHING) + tonnes


@dataclass(frozen=True, slots=True)
class UnknownContract:
    """Arrivals whose number names no contract of their company."""

    company: Unit
    number: str
    arrived: Arrived


def unknown_contracts(season: Season, user: Any) -> list[UnknownContract]:
    """Of the season's arrivals that the user sees, the most tonnes first. One query; of the companies it reads the
    names."""
    days = ArrivalDay.objects.filter(
        yard__in=Yard.objects.visible_to(user).filter(county=season.county_id),
        day__range=(season.summer_start_on, season.heating_end_on),
    )
    fields = (COMPANY, f"{COMPANY}__name", f"{COMPANY}__short_name", "contract")
    found = [
        UnknownContract(Unit(pk=company, name=name, short_name=short_name), number, came)
        for (company, name, short_name, number), came in sums_by(fields, _unknown(days)).items()
    ]
    return sorted(found, key=lambda each: (-each.arrived.quantity_t, each.number))


def without_contract(movements: QuerySet[Movement]) -> QuerySet[Movement]:
    """Of these the arrivals that hold and carry a number which names no contract of their company."""
    numbers = _unknown(ArrivalDay.objects.all()).values("contract")
    return _unknown(standing_arrivals(movements.filter(contract__in=numbers)))


def without_test(movements: QuerySet[Movement]) -> QuerySet[Movement]:
    """Of these the arrivals that hold and of which no laboratory's result is known."""
    numbers = _untested(ArrivalDay.objects.all()).values("batch")
    return _untested(standing_arrivals(movements.filter(batch__in=numbers)))


def _unknown(arrived: QuerySet[Any]) -> QuerySet[Any]:
    """Of these movements or days what carries a number that names no contract of its company that counts."""
    own = Contract.objects.standing().filter(company=OuterRef(COMPANY), number=OuterRef("contract"))
    return arrived.exclude(contract="").filter(~Exists(own))


def _untested(arrived: QuerySet[Any]) -> QuerySet[Any]:
    """Of these movements or days what is of no batch with a laboratory's result."""
    own = QualityBatch.objects.filter(
        company=OuterRef(COMPANY), number=OuterRef("batch"), heat_value_mj_per_kg__isnull=False
    )
    return arrived.filter(~Exists(own))


def standing_arrivals(movements: QuerySet[Movement]) -> QuerySet[Movement]:
    """Of these the arrivals that nobody has reversed."""
    # Said twice, so that the index of the few that reverse something serves.
    undone = Movement.objects.filter(reverses=OuterRef("pk"), reverses__isnull=False)
    return movements.filter(kind=MovementKind.ARRIVAL).filter(~Exists(undone))


def known_contract(company: int, number: str) -> Contract | None:
    """The company's contract of that number, also one that was voided. One query; none without a number."""
    return Contract.objects.filter(company=company, number=number).first() if number else None


def standing_contract(company: int, number: str) -> Contract | None:
    """The same if it counts. One query; none without a number."""
    found = known_contract(company, number)
    return found if found and not found.voided_on else None


def known_batch(company: int, number: str) -> QualityBatch | None:
    """One query; none without a number."""
    return QualityBatch.objects.filter(company=company, number=number).first() if number else None


def begun_by(company: int, day: dt.date) -> QuerySet[Contract]:
    """The company's contracts under which coal may have come by that day, those that end last on top."""
    return Contract.objects.standing().filter(company=company, starts_on__lte=day).order_by("-ends_on", "pk")


def arrived_under(company: int, **number: str) -> Arrived:
    """What arrivals that hold carry this number of the company's, `contract=` or `batch=`. One query."""
    found = arrivals_by(COMPANY, among=Q(yard__company=company, **number))
    return found.get((company,), Arrived())
