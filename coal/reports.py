"""Reads of the daily reports: what the book says beside them, the same day last season, and who has not filed.

Each docstring states its number of queries.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from accounts.models import Unit
from coal.models import DailyReport, StockDay, Yard
from coal.selectors import NOTHING, stock_by_yard, with_opening
from common import clock
from common.columns import group_digits
from facilities.models import Season


@dataclass(frozen=True, slots=True)
class Book:
    """What a company's movements give for a day, its yards together (t)."""

    arrived_t: Decimal = NOTHING
    used_t: Decimal = NOTHING
    stock_t: Decimal = NOTHING


@dataclass(frozen=True, slots=True)
class Difference:
    """A reported figure that its own movements do not give."""

    label: str
    reported_t: Decimal
    book_t: Decimal

    @property
    def by_t(self) -> Decimal:
        return self.reported_t - self.book_t

    def __str__(self) -> str:
        """Names both, so that nobody has to look for the other."""
        more = "多" if self.by_t > 0 else "少"
        by = group_digits(abs(self.by_t), 2)
        return (
            f"{self.label}：日报 {group_digits(self.reported_t, 2)} t，流水账 {group_digits(self.book_t, 2)} t，"
            f"日报{more} {by} t"
        )


def differences(report: DailyReport, book: Book) -> list[Difference]:
    """Where report and book part, stock first."""
    pairs = (
        ("库存", report.stock_yard_t, book.stock_t),
        ("到货", report.arrived_t, book.arrived_t),
        ("耗用", report.used_t, book.used_t),
    )
    return [Difference(*pair) for pair in pairs if pair[1] != pair[2]]


def books_of(yards: Iterable[Yard], day: dt.date) -> dict[int, Book]:
    """The book of each company that has one of these yards, by the company's pk. 2 queries."""
    kept = list(yards)
    moved = StockDay.objects.filter(yard__in=[yard.pk for yard in kept], day=day)
    by_company = {
        company: (arrived, used)
        for company, arrived, used in moved.values_list("yard__company").annotate(Sum("arrived_t"), Sum("used_t"))
    }
    stocks = stock_by_yard(kept, day)
    books = {}
    for company in {yard.company_id for yard in kept}:
        arrived_t, used_t = by_company.get(company, (NOTHING, NOTHING))
        stock_t = sum((stocks[yard.pk].stock_t for yard in kept if yard.company_id == company), NOTHING)
        books[company] = Book(arrived_t, used_t, stock_t)
    return books


def latest_of(company: Unit, day: dt.date) -> DailyReport | None:
    """The report of that day as it holds now. 1 query."""
    reports = DailyReport.objects.filter(company=company, day=day).order_by("-revision")
    return reports.select_related("filed_by").first()


def a_year_before(day: dt.date) -> dt.date:
    """The same day last season; of 29 February the 28th."""
    return dt.date(day.year - 1, day.month, 28 if (day.month, day.day) == (2, 29) else day.day)


def reports_of(companies: Iterable[int], day: dt.date) -> dict[int, DailyReport]:
    """The reports of that day as they hold now, by the company's pk. 1 query."""
    found = DailyReport.objects.current().filter(company__in=list(companies), day=day).select_related("filed_by")
    return {report.company_id: report for report in found}


def reporting_companies(user: Any) -> QuerySet[Unit]:
    """The companies the user sees that have coal to report on: those with a yard in use. 1 query when read."""
    yards = Yard.objects.visible_to(user).filter(is_active=True)
    return Unit.objects.filter(pk__in=yards.values("company"), is_active=True).select_related("region__parent")


def companies_on(user: Any, day: dt.date) -> QuerySet[Unit]:
    """Those that the user sees and that have coal to report on, and whoever has reported of that day, though its yards
    are out of use now. 1 query when read."""
    in_use = reporting_companies(user).values("pk")
    told = DailyReport.objects.visible_to(user).filter(day=day).values("company")
    return Unit.objects.filter(Q(pk__in=in_use) | Q(pk__in=told)).select_related("region__parent")


def is_due_of(season: Season | None, day: dt.date) -> bool:
    """Whether a report is owed for that day: from the trial run to the end of heating."""
    return season is not None and season.trial_run_on <= day <= season.heating_end_on


def due_at(day: dt.date) -> dt.datetime:
    """When the report of that day is to be filed: the next morning (aware)."""
    morning = dt.datetime.combine(day + dt.timedelta(1), dt.time(settings.COAL_REPORT_DUE_HOUR))
    return timezone.make_aware(morning)


def last_due(today: dt.date) -> dt.date:
    """The last day whose report is due by now."""
    yesterday = today - dt.timedelta(1)
    return yesterday if clock.now() >= due_at(yesterday) else yesterday - dt.timedelta(1)


def owed_days(season: Season, opened_on: dt.date | None, first: dt.date, last: dt.date) -> list[dt.date]:
    """The days from `first` to `last` of which a company owes a report, in order: from the trial run to the end of
    heating, since its book was opened (None: not yet)."""
    if opened_on is None:
        return []
    first, last = max(first, season.trial_run_on, opened_on), min(last, season.heating_end_on)
    return [first + dt.timedelta(number) for number in range((last - first).days + 1)]


@dataclass(frozen=True, slots=True)
class Missing:
    """A report that is owed and has not come."""

    company: Unit
    day: dt.date

    @property
    def due_at(self) -> dt.datetime:
        return due_at(self.day)


def missing_reports(season: Season, first: dt.date, last: dt.date) -> Iterator[Missing]:
    """What the season's county is owed for the days from `first` to `last`, by day. 3 queries.

    Which days are owed is as `owed_days` has it.
    """
    opened = _opened(season)
    filed = set(
        DailyReport.objects.filter(county=season.county_id, day__range=(first, last)).values_list("company", "day")
    )
    owed = [(day, company) for company, since in opened.items() for day in owed_days(season, since, first, last)]
    for day, company in sorted(owed, key=lambda each: (each[0], each[1].pk)):
        if (company.pk, day) not in filed:
            yield Missing(company, day)


def missing_days(company: Unit, first: dt.date, last: dt.date) -> list[dt.date]:
    """The days of which this company owes a report that is not filed, in order. 3 queries."""
    opened = books_opened(Yard.objects.filter(company=company, is_active=True)).get(company.pk)
    county = company.region.county
    seasons = Season.objects.filter(county=county, trial_run_on__lte=last, heating_end_on__gte=first)
    owed = {day for season in seasons for day in owed_days(season, opened, first, last)}
    filed = DailyReport.objects.filter(company=company, day__range=(first, last)).values_list("day", flat=True)
    return sorted(owed.difference(filed))


def _opened(season: Season) -> Mapping[Unit, dt.date]:
    """Since when each company of the county with a yard in use keeps a book. 2 queries."""
    first = books_opened(Yard.objects.filter(county=season.county_id, is_active=True, company__is_active=True))
    return {unit: first[unit.pk] for unit in Unit.objects.filter(pk__in=first)}


def books_opened(yards: QuerySet[Yard]) -> dict[int, dt.date]:
    """Since when each company that has one of these yards keeps a book, by its pk. 1 query, a step into an index for
    each yard."""
    return first_days(with_opening(yards.order_by()))


def first_days(yards: Iterable[Any]) -> dict[int, dt.date]:
    """Of yards of `with_opening` the first day of each company, by its pk; of one without a book none. No query."""
    opened: dict[int, dt.date] = {}
    for yard in yards:
        if yard.opened is not None:
            opened[yard.company_id] = min(yard.opened, opened.get(yard.company_id, yard.opened))
    return opened
