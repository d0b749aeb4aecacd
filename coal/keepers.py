"""Who keeps coal in a county: its companies with their yards, and what of them is to be settled. One read."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Subquery

from accounts.models import Unit
from coal.demand_selectors import coal_companies
from coal.enums import MovementKind
from coal.inputs import INPUTS
from coal.lights import Borders
from coal.models import DailyReport, Movement, ParameterRange, QualityBatch
from coal.reports import last_due, owed_days
from facilities.models import Season

# Of how many days the missing reports are counted.
REPORT_DAYS = 7
# What a county may have its own value for.
OWN = ("cover_days", "warn_days", "severe_percent", "count_percent")


@dataclass(frozen=True, slots=True)
class KeptYard:
    """`untold_since`: the first day of the season whose arrivals have no heat value; None if every arrival has one."""

    pk: int
    name: str
    is_active: bool
    untold_since: dt.date | None


@dataclass(frozen=True)
class Keeper:
    """`least_days`, `borders`, `count_percent` (by how much counts may differ from the book): what holds in the county.
    `owed`: the days, first and last, of which reports are owed by now; `filed`: of which of these there is one;
    `opened_on`: since when a book is kept, as far as is known."""

    company: Unit
    season: Season
    least_days: int
    borders: Borders
    count_percent: Decimal
    owed: tuple[dt.date, dt.date] | None
    filed: frozenset[dt.date]
    yards: list[KeptYard] = field(default_factory=list)
    opened_on: dt.date | None = None

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
    for row in _rows(companies, season, days):
        if (keeper := keepers.get(row.pk)) is None:
            borders = Borders(int(_usual(row, "warn_days")), _usual(row, "severe_percent"))
            filed = frozenset(day for name, day in days.items() if getattr(row, name))
            keeper = keepers[row.pk] = Keeper(
                row, season, int(_usual(row, "cover_days")), borders, _usual(row, "count_percent"), owed, filed
            )
        if row.yard_pk is not None:
            keeper.yards.append(KeptYard(row.yard_pk, row.yard_name, row.yard_is_active, row.untold_since))
    return list(keepers.values())


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
        **{f"own_{name}": Subquery(own.filter(name=name).values("typical")[:1]) for name in OWN},
    )  # fmt: skip
    return rows.order_by("pk", "yards__name", "yards__pk")


def _usual(row: Any, name: str) -> Decimal:
    """The county's own value, else what is usual."""
    own: Decimal | None = getattr(row, f"own_{name}")
    return (INPUTS[name].typical or Decimal(0)) if own is None else own
