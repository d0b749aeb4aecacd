"""Reads of the money for coal. Amounts are Decimal in yuan; each docstring states its number of queries.

gap = needed − secured (own + loan + subsidy); a county adds up what its companies' are, so that one company's surplus
does not hide another's gap.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum

from accounts.models import Unit
from coal.arrivals import COMPANY
from coal.demand import rounded
from coal.demand_enums import Method, TargetStatus
from coal.demand_selectors import companies_of, latest_estimate
from coal.fund_enums import SOURCES, FundKind
from coal.models import ArrivalDay, FundEntry, FundNeed, Target
from facilities.models import Season

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What arrived in the season at the prices entered with it; `unpriced_t` came without one."""

    value_yuan: Decimal = NOTHING
    priced_t: Decimal = NOTHING
    unpriced_t: Decimal = NOTHING

    @property
    def mean_price_yuan_per_t(self) -> Decimal | None:
        return rounded(self.value_yuan / self.priced_t, 2) if self.priced_t > 0 else None


@dataclass(frozen=True, slots=True)
class Funds:
    """How one company stands. Without `need` nobody has said yet what it needs."""

    company: Unit
    season: Season
    need: FundNeed | None
    amounts: dict[str, Decimal] = field(default_factory=dict)
    arrivals: Arrivals = Arrivals()

    @property
    def needed_yuan(self) -> Decimal | None:
        return self.need.amount_yuan if self.need else None

    @property
    def own_yuan(self) -> Decimal:
        return self.amounts.get(FundKind.OWN, NOTHING)

    @property
    def loan_yuan(self) -> Decimal:
        return self.amounts.get(FundKind.LOAN, NOTHING)

    @property
    def subsidy_yuan(self) -> Decimal:
        return self.amounts.get(FundKind.SUBSIDY, NOTHING)

    @property
    def paid_yuan(self) -> Decimal:
        return self.amounts.get(FundKind.PAID, NOTHING)

    @property
    def secured_yuan(self) -> Decimal:
        return sum((self.amounts.get(kind, NOTHING) for kind in SOURCES), NOTHING)

    @property
    def gap_yuan(self) -> Decimal | None:
        """What is still to be secured: never below 0, see `surplus_yuan`."""
        return None if self.need is None else max(self.need.amount_yuan - self.secured_yuan, NOTHING)

    @property
    def surplus_yuan(self) -> Decimal:
        return max(self.secured_yuan - self.need.amount_yuan, NOTHING) if self.need else NOTHING

    @property
    def secured_percent(self) -> Decimal | None:
        return rounded(self.secured_yuan * 100 / self.need.amount_yuan, 1) if self.need else None

    @property
    def owed_yuan(self) -> Decimal:
        """What arrived and is not paid yet."""
        return max(self.arrivals.value_yuan - self.paid_yuan, NOTHING)

    @property
    def is_overpaid(self) -> bool:
        """More was paid than was secured: one of the two is not entered."""
        return self.paid_yuan > self.secured_yuan


@dataclass(frozen=True, slots=True)
class Sums:
    """A county's figures, sums of its companies'. `without_need`: how many have not said what they need."""

    needed_yuan: Decimal
    own_yuan: Decimal
    loan_yuan: Decimal
    subsidy_yuan: Decimal
    secured_yuan: Decimal
    paid_yuan: Decimal
    arrived_yuan: Decimal
    gap_yuan: Decimal
    without_need: int

    @property
    def secured_percent(self) -> Decimal | None:
        """Of companies with a need only, and of each no more than it needs."""
        covered = self.needed_yuan - self.gap_yuan
        return rounded(covered * 100 / self.needed_yuan, 1) if self.needed_yuan else None


def county_funds(season: Season, user: Any) -> list[Funds]:
    """Of every company that the user sees, by company. Four queries, whatever their number."""
    return _funds(season, companies_of(user, season.county))


def funds_of(company: Unit, season: Season) -> Funds:
    """For `coal/_funds_panel.html`. The caller has seen to it that the reader sees the company's coal. 3 queries."""
    return _funds(season, [company])[0]


def sums_of(found: Iterable[Funds]) -> Sums:
    rows = list(found)

    def total(name: str) -> Decimal:
        return sum((getattr(row, name) or NOTHING for row in rows), NOTHING)

    return Sums(
        needed_yuan=total("needed_yuan"), own_yuan=total("own_yuan"), loan_yuan=total("loan_yuan"),
        subsidy_yuan=total("subsidy_yuan"), secured_yuan=total("secured_yuan"), paid_yuan=total("paid_yuan"),
        arrived_yuan=sum((row.arrivals.value_yuan for row in rows), NOTHING), gap_yuan=total("gap_yuan"),
        without_need=sum(row.need is None for row in rows),
    )  # fmt: skip


def _funds(season: Season, companies: Sequence[Unit]) -> list[Funds]:
    keys = [company.pk for company in companies]
    needs = {need.company_id: need for need in _needs(season, keys).order_by("revision")}
    amounts: dict[int, dict[str, Decimal]] = {}
    counting = FundEntry.objects.filter(season=season, company__in=keys, reverses=None, reversal=None).order_by()
    for company, kind, total in counting.values_list("company", "kind").annotate(total=Sum("amount_yuan")):
        # SQLite adds in binary fractions.
        amounts.setdefault(company, {})[kind] = rounded(total, 2)
    arrived = arrivals_of(season, keys)
    return [
        Funds(company, season, needs.get(company.pk), amounts.get(company.pk, {}), arrived.get(company.pk, Arrivals()))
        for company in companies
    ]


def _needs(season: Season, companies: Sequence[int]) -> QuerySet[FundNeed]:
    return FundNeed.objects.filter(season=season, company__in=companies).select_related("entered_by", "company")


def latest_need(company: Unit, season: Season) -> FundNeed | None:
    """One query."""
    return _needs(season, [company.pk]).order_by("-revision").first()


def arrivals_of(season: Season, companies: Sequence[int]) -> dict[int, Arrivals]:
    """What arrived from the summer's start to the end of heating, by company. One query over the season's days, each
    added up already (`coal.arrivals`)."""
    days = ArrivalDay.objects.filter(
        yard__company__in=companies, day__range=(season.summer_start_on, season.heating_end_on)
    )
    sums = days.order_by().values_list(COMPANY).annotate(Sum("value_yuan"), Sum("priced_t"), Sum("quantity_t"))
    # SQLite adds in binary fractions.
    return {
        company: Arrivals(rounded(value_yuan, 2), rounded(priced_t, 2), rounded(quantity_t - priced_t, 2))
        for company, value_yuan, priced_t, quantity_t in sums
    }


def reckoned_quantity(company: Unit, season: Season) -> tuple[Decimal, str] | None:
    """The tonnes that the season needs, and by what: the target in force, else the last estimate. Two queries."""
    target = Target.objects.filter(company=company, season=season, status=TargetStatus.APPROVED).first()
    if target is not None:
        return target.need_t, f"已批准的储备目标第 {target.revision} 版，全季需求，{target.get_method_display()}"
    estimate = latest_estimate(company, season)
    if estimate is None:
        return None
    return estimate.demands[Method.DESIGN_LOAD].coal_t, f"第 {estimate.number} 次测算，{Method.DESIGN_LOAD.label}"
