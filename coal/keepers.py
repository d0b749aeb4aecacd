"""Who keeps coal in a county: its companies with their yards, and what of them is to be settled. One read."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Subquery, Sum

from accounts.models import Unit
from coal.arrivals import COMPANY
from coal.demand import rounded
from coal.demand_selectors import coal_companies
from coal.enums import MovementKind
from coal.fund_enums import SOURCES
from coal.inputs import INPUTS
from coal.lights import Borders
from coal.models import (
    CheckRules,
    CoalFree,
    Contract,
    DailyReport,
    FundEntry,
    FundNeed,
    Movement,
    ParameterRange,
    QualityBatch,
    YardCheck,
)
from coal.quality_selectors import worse_days
from coal.reports import last_due, owed_days
from common import clock
from facilities.models import Season

# Of how many days the missing reports are counted.
REPORT_DAYS = 7
# What a county may have its own value for.
OWN = ("cover_days", "warn_days", "severe_percent", "count_percent")
CHECK_EVERY_DAYS = CheckRules().check_every_days


@dataclass(frozen=True, slots=True)
class KeptYard:
    """`untold_since`: the first day of the season whose arrivals have no heat value; None if every arrival has one.

    `check`, `check_level`, `checked_on`: the last check that holds; None for a yard that nobody has checked.
    """

    pk: int
    name: str
    is_active: bool
    untold_since: dt.date | None
    check: int | None = None
    check_level: int | None = None
    checked_on: dt.date | None = None


@dataclass(frozen=True)
class Keeper:
    """`least_days`, `borders`, `count_percent` (by how much counts may differ from the book): what holds in the county.
    `owed`: the days, first and last, of which reports are owed by now; `filed`: of which of these there is one;
    `opened_on`: since when a book is kept, as far as is known.

    `needed_yuan` is None where nobody has said what the season's coal costs; `worse_batches`, `worse_t`: of coal that
    the laboratory found worse than its contract; `is_coal_free`: whether the development bureau has said that it burns
    none.
    """

    company: Unit
    season: Season
    least_days: int
    borders: Borders
    count_percent: Decimal
    owed: tuple[dt.date, dt.date] | None
    filed: frozenset[dt.date]
    yards: list[KeptYard] = field(default_factory=list)
    opened_on: dt.date | None = None
    check_every_days: int = CHECK_EVERY_DAYS
    needed_yuan: Decimal | None = None
    secured_yuan: Decimal = Decimal(0)
    worse_batches: int = 0
    worse_t: Decimal = Decimal(0)
    is_coal_free: bool = False

    def with_book(self, opened: Mapping[int, dt.date]) -> "Keeper":
        """`opened`: since when, by the yard."""
        days = [opened[yard.pk] for yard in self.yards if yard.is_active and yard.pk in opened]
        return replace(self, opened_on=min(days, default=None))

    @property
    def missing_reports(self) -> int:
        """Of how many days of `owed` there is no report, by the rule of `coal.reports.owed_days`."""
        if self.owed is None:
            return 0
        return len(set(owed_days(self.season, self.opened_on, *self.owed)) - self.filed)


def reports_owed(season: Season, today: dt.date) -> tuple[dt.date, dt.date] | None:
    """The last REPORT_DAYS days of which reports are due by now, from the trial run on; None if of none."""
    last = last_due(today)
    first = max(season.trial_run_on, last - dt.timedelta(REPORT_DAYS - 1))
    return (first, last) if first <= last <= season.heating_end_on else None


def keepers_of(season: Season, user: Any, today: dt.date, *, company: int | None = None) -> list[Keeper]:
    """The active companies of the season's county that the user sees, by pk; or that one, be it active or not.

    One query. Whether arrivals lack a heat value is one step into an index of those that do, for each yard.
    """
    companies = coal_companies(user, season.county)
    companies = companies.active() if company is None else companies.filter(pk=company)
    owed = reports_owed(season, today)
    keepers: dict[int, Keeper] = {}
    days = _names(owed)
    coal_free = CoalFree.objects.holding_on(min(today, season.heating_end_on)).filter(company=OuterRef("pk"))
    for row in _rows(companies.annotate(is_coal_free=Exists(coal_free)), season, days):
        if (keeper := keepers.get(row.pk)) is None:
            borders = Borders(int(_usual(row, "warn_days")), _usual(row, "severe_percent"))
            filed = frozenset(day for name, day in days.items() if getattr(row, name))
            keeper = keepers[row.pk] = Keeper(
                row, season, int(_usual(row, "cover_days")), borders, _usual(row, "count_percent"), owed, filed,
                check_every_days=row.check_every_days or CHECK_EVERY_DAYS, needed_yuan=row.needed_yuan,
                secured_yuan=rounded(row.secured_yuan or Decimal(0), 2),
                worse_batches=row.worse_batches or 0, worse_t=rounded(row.worse_t or Decimal(0), 2),
                is_coal_free=row.is_coal_free,
            )  # fmt: skip
        if row.yard_pk is not None:
            keeper.yards.append(_yard(row))
    return list(keepers.values())


def _yard(row: Any) -> KeptYard:
    checked_on = clock.local_date(row.checked_at) if row.checked_at else None
    return KeptYard(
        row.yard_pk, row.yard_name, row.yard_is_active, row.untold_since, row.last_check, row.check_level, checked_on
    )


def _names(owed: tuple[dt.date, dt.date] | None) -> dict[str, dt.date]:
    """The columns that say of which of these days there is a report."""
    if owed is None:
        return {}
    span = range((owed[1] - owed[0]).days + 1)
    return {f"filed_{number}": owed[0] + dt.timedelta(number) for number in span}


def _rows(companies: Any, season: Season, days: Mapping[str, dt.date]) -> Iterable[Any]:
    """A company for each of its yards. Whether there is a report is one step into an index, for each of the days."""
    tested = QualityBatch.objects.filter(
        company=OuterRef("yard__company"), number=OuterRef("batch"), heat_value_mj_per_kg__isnull=False
    )
    untold = Movement.objects.filter(
        ~Exists(Movement.objects.filter(reverses=OuterRef("pk"), reverses__isnull=False)),
        ~Exists(tested), yard=OuterRef("yards__pk"),
        kind=MovementKind.ARRIVAL, heat_value_mj_per_kg__isnull=True, day__gte=season.summer_start_on,
    ).order_by("day")  # fmt: skip
    own = ParameterRange.objects.filter(county=season.county_id)
    filed = DailyReport.objects.filter(company=OuterRef("pk"))
    rows = companies.annotate(
        yard_pk=F("yards__pk"), yard_name=F("yards__name"), yard_is_active=F("yards__is_active"),
        untold_since=Subquery(untold.values("day")[:1]),
        **{name: Exists(filed.filter(day=day)) for name, day in days.items()},
        **_checks(season), **_money(season), **_worse(season),
        **{f"own_{name}": Subquery(own.filter(name=name).values("typical")[:1]) for name in OWN},
    )  # fmt: skip
    return rows.order_by("pk", "yards__name", "yards__pk")


def _checks(season: Season) -> dict[str, Any]:
    """Each yard's last check that holds, and how often the county asks for one."""
    last = YardCheck.objects.current().filter(yard=OuterRef("yards__pk")).order_by("-checked_at", "-pk")
    rules = CheckRules.objects.filter(county=season.county_id)
    return {
        "last_check": Subquery(last.values("pk")[:1]), "check_level": Subquery(last.values("level")[:1]),
        "checked_at": Subquery(last.values("checked_at")[:1]),
        "check_every_days": Subquery(rules.values("check_every_days")[:1]),
    }  # fmt: skip


def _money(season: Season) -> dict[str, Any]:
    """What each company's coal costs by what it said last, and what it has secured of it."""
    needs = FundNeed.objects.filter(company=OuterRef("pk"), season=season).order_by("-revision")
    counting = FundEntry.objects.filter(
        company=OuterRef("pk"), season=season, kind__in=SOURCES, reverses=None, reversal=None
    )  # fmt: skip
    sums = counting.order_by().values("company").annotate(sum=Sum("amount_yuan"))
    return {
        "needed_yuan": Subquery(needs.values("amount_yuan")[:1]), "secured_yuan": Subquery(sums.values("sum")),
    }  # fmt: skip


def _worse(season: Season) -> dict[str, Any]:
    """Of each company how much coal came that is worse than agreed, and of how many batches."""
    came = worse_days(Contract.objects.filter(season=season), OuterRef("pk"))
    by_company = came.order_by().values(COMPANY)
    return {
        "worse_t": Subquery(by_company.annotate(sum=Sum("quantity_t")).values("sum")),
        "worse_batches": Subquery(by_company.annotate(count=Count("batch", distinct=True)).values("count")),
    }  # fmt: skip


def _usual(row: Any, name: str) -> Decimal:
    """The county's own value, else what is usual."""
    own: Decimal | None = getattr(row, f"own_{name}")
    return (INPUTS[name].typical or Decimal(0)) if own is None else own
