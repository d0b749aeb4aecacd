"""The progress tables of a day beside what the site's own book says of it. Reads only."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Q, Subquery, Sum

from accounts.models import Unit
from coal.agreements import IN_FORCE_ONCE
from coal.demand import rounded
from coal.enums import ContractKind
from coal.models import Contract, Movement, ProgressLine, StockDay, Target, Yard
from coal.progress import Supply
from coal.supply_selectors import contracted_supplies, standing_arrivals
from facilities.models import Season

ZERO = Decimal(0)


@dataclass(frozen=True)
class Compared:
    """One figure of a line: what the table says, what the book says (None: the site does not keep it), and the
    difference of the two."""

    label: str
    told_t: Decimal | None
    booked_t: Decimal | None

    @property
    def difference_t(self) -> Decimal | None:
        return None if self.told_t is None or self.booked_t is None else self.told_t - self.booked_t

    @property
    def is_different(self) -> bool:
        return bool(self.difference_t)

    @property
    def off_percent(self) -> Decimal | None:
        """By how much the table lies off what the book says; None where the book says 0: there is no whole."""
        if self.difference_t is None or not self.booked_t:
            return None
        return rounded(abs(self.difference_t) * 100 / self.booked_t, 1)


@dataclass(frozen=True)
class Line:
    """`figures`: what is compared, in tonnes or in the unit of its label. `computed_t`: what its own arrivals and
    use give. `of_no_kind_t`: what came by the book without a known contract, where 长协 and 市场煤 are compared."""

    line: ProgressLine
    figures: list[Compared]
    computed_t: Decimal | None
    of_no_kind_t: Decimal = ZERO

    @property
    def is_contradictory(self) -> bool:
        told_t = self.line.stock_reported_t
        return self.computed_t is not None and told_t is not None and self.computed_t != told_t

    @property
    def differs(self) -> list[Compared]:
        return [figure for figure in self.figures if figure.is_different]


@dataclass(frozen=True)
class Difference:
    """A figure of which table and book say different things."""

    line: ProgressLine
    figure: Compared


def differences(lines: Iterable[Line]) -> list[Difference]:
    """Of all companies, what lies farthest off the book first; on top what is nothing by the book. No query."""
    found = [Difference(each.line, figure) for each in lines for figure in each.differs]
    return sorted(found, key=_farthest_first)


def _farthest_first(each: Difference) -> tuple[bool, Decimal, Decimal, int]:
    percent, by = each.figure.off_percent, each.figure.difference_t or ZERO
    return percent is not None, -(percent or ZERO), -abs(by), each.line.company_id


@dataclass(frozen=True)
class Booked:
    """What the site says of a company: the need and target that are approved, what came and went since the summer, the
    stock at the close of the day. `long_term_t`, `spot_t`: of what came, that under contracts of the kind; coal without
    a known contract is neither."""

    need_t: Decimal | None = None
    target_t: Decimal | None = None
    arrived_t: Decimal = ZERO
    used_t: Decimal = ZERO
    stock_t: Decimal = ZERO
    contract_t: Decimal | None = None
    opening_t: Decimal | None = None
    area_10k_m2: Decimal | None = None
    heat_value_mj_per_kg: Decimal | None = None
    long_term_t: Decimal = ZERO
    spot_t: Decimal = ZERO


def snapshot(user: Any, day: dt.date) -> list[Line]:
    """The lines of that day that the user sees, by company. Eight queries, and for each county two."""
    lines = list(ProgressLine.objects.visible_to(user).filter(reported_on=day).select_related("company", "county"))
    lines.sort(key=lambda line: line.company.name)
    booked = _booked({line.company_id for line in lines}, day, _seasons_of(lines, day))
    return [_beside(line, booked.get(line.company_id, Booked())) for line in lines]


def _beside(line: ProgressLine, booked: Booked) -> Line:
    figures = [
        Compared("本季需煤量", line.need_t, booked.need_t),
        Compared("储备目标", line.target_t, booked.target_t),
        Compared("合同签订量", line.contract_t, booked.contract_t),
        Compared("上季结余", line.opening_stock_t, booked.opening_t),
        Compared("累计到货", line.arrived_t, booked.arrived_t),
        *_by_kind(line, booked),
        Compared("累计耗用", line.used_t, booked.used_t),
        Compared("库存", line.stock_reported_t, booked.stock_t),
        Compared("供热面积（万㎡）", line.area_10k_m2, booked.area_10k_m2),
        Compared("热值（MJ/kg）", line.heat_value_mj_per_kg, booked.heat_value_mj_per_kg),
    ]
    is_split = line.arrived_long_term_t is not None
    of_no_kind_t = booked.arrived_t - booked.long_term_t - booked.spot_t if is_split else ZERO
    return Line(line, figures, line.stock_by_movements_t, of_no_kind_t)


def _by_kind(line: ProgressLine, booked: Booked) -> list[Compared]:
    """None of a table that does not tell them apart: it has all its arrivals in one column."""
    if line.arrived_long_term_t is None:
        return []
    return [
        Compared("其中长协到货", line.arrived_long_term_t, booked.long_term_t),
        Compared("其中市场煤到货", line.arrived_spot_t, booked.spot_t),
    ]


def _seasons_of(lines: Iterable[ProgressLine], day: dt.date) -> list[Season]:
    """Those for which coal is stored on that day, one for each county."""
    counties = {line.county_id for line in lines}
    begun = Season.objects.filter(county__in=counties, summer_start_on__lte=day).order_by("summer_start_on")
    return [*{season.county_id: season for season in begun}.values()]


def _booked(companies: set[int], day: dt.date, seasons: list[Season]) -> dict[int, Booked]:
    """By company; without a season what came and went since the year began. Four queries, and one for each season."""
    since = min((season.summer_start_on for season in seasons), default=dt.date(day.year, 1, 1))
    moved = StockDay.objects.filter(yard__company__in=companies, day__gte=since, day__lte=day)
    sums = moved.values("yard__company").annotate(arrived_t=Sum("arrived_t"), used_t=Sum("used_t")).order_by()
    found = {row["yard__company"]: (row["arrived_t"], row["used_t"]) for row in sums}
    by_kind = _arrived_by_kind(companies, since, day)
    stocks = _stocks(companies, day)
    # What was in force on the day of the table; of a revision without a date it is taken that it always was.
    in_force = Q(approved_on__isnull=True) | Q(approved_on__lte=day)
    approved = Target.objects.filter(in_force, company__in=companies, season__in=seasons, status__in=IN_FORCE_ONCE)
    approved = approved.select_related("estimate").order_by("revision")
    targets = {target.company_id: target for target in approved}
    contracts: dict[int, Supply] = {}
    for season in seasons:
        contracts |= contracted_supplies(season, Unit.objects.filter(pk__in=companies), day)
    openings = _stocks(companies, since - dt.timedelta(1))
    booked = {}
    for company in companies:
        target, (arrived_t, used_t) = targets.get(company), found.get(company, (ZERO, ZERO))
        need_t, target_t = (target.need_t, target.quantity_t) if target else (None, None)
        booked[company] = Booked(
            need_t, target_t, arrived_t, used_t, stocks.get(company, ZERO),
            contracts[company].in_place_t(day) if company in contracts else None, openings.get(company),
            rounded(target.estimate.area_m2 / 10_000, 4) if target else None,
            target.heat_value_mj_per_kg if target else None,
            by_kind.get((company, ContractKind.LONG_TERM), ZERO), by_kind.get((company, ContractKind.SPOT), ZERO),
        )  # fmt: skip
    return booked


def _arrived_by_kind(companies: set[int], since: dt.date, day: dt.date) -> dict[tuple[int, str], Decimal]:
    """What came under the contracts of each kind, by (company's pk, kind). One query over these arrivals."""
    contract = Contract.objects.standing().filter(company=OuterRef("yard__company"), number=OuterRef("contract"))
    came = standing_arrivals(Movement.objects.filter(yard__company__in=companies, day__range=(since, day)))
    kinds = came.exclude(contract="").annotate(contract_kind=Subquery(contract.values("kind")[:1])).order_by()
    sums = kinds.values_list("yard__company", "contract_kind").annotate(Sum("quantity_t"))
    # SQLite adds in binary fractions.
    return {(company, kind): rounded(tonnes, 2) for company, kind, tonnes in sums if kind}


def _stocks(companies: Iterable[int], day: dt.date) -> dict[int, Decimal]:
    """What lies in each company's yards at the close of the day; none without a book until then. One query."""
    last = StockDay.objects.filter(yard=OuterRef("pk"), day__lte=day).order_by("-day").values("close_t")[:1]
    yards = Yard.objects.filter(company__in=companies).annotate(close_t=Subquery(last))
    stocks: dict[int, Decimal] = {}
    for company, close_t in yards.values_list("company", "close_t").order_by():
        if close_t is not None:
            stocks[company] = stocks.get(company, ZERO) + close_t
    return stocks
