"""The figures of the overview. Everything starts from hazards the user may see; docstrings state the query count."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, F, Min, Q, Value, When
from django.db.models.functions import TruncDate

from facilities.models import Season
from inspections.enums import OPEN_STATUSES, Grade, HazardStatus
from inspections.models import Hazard
from inspections.querysets import HazardQuerySet
from inspections.selectors import DUE_SOON_DAYS

WEEK = dt.timedelta(days=7)


def season_hazards(user: Any, season: Season) -> HazardQuerySet:
    """The ledger of one season as far as the user sees it."""
    return Hazard.objects.visible_to(user).filter(county=season.county_id, season=season)


@dataclass(frozen=True)
class Countdown:
    """Days until the next of the season's dates, and what it is called."""

    label: str
    day: dt.date | None
    days: int


def countdown(season: Season, today: dt.date) -> Countdown:
    """To the trial run; after it to the start of heating, then to its end. No query."""
    for label, day in (
        ("距试运行", season.trial_run_on),
        ("距供暖开始", season.heating_start_on),
        ("距供暖结束", season.heating_end_on),
    ):
        if today <= day:
            return Countdown(label, day, (day - today).days)
    return Countdown("本采暖季已结束", None, 0)


@dataclass(frozen=True)
class Figures:
    """Counts of one season's ledger; those `_before` are what they were a week ago."""

    total: int
    by_status: dict[str, int]
    open: int
    overdue: int
    due_soon: int
    without_deadline: int
    closed: int
    closed_this_week: int
    total_before: int
    closed_before: int
    overdue_before: int
    closed_week_before: int

    @property
    def rate(self) -> float | None:
        """销号率 in percent: struck off ÷ all that count (voided ones left out). None: there are no hazards."""
        return 100 * self.closed / self.total if self.total else None

    @property
    def rate_before(self) -> float | None:
        return 100 * self.closed_before / self.total_before if self.total_before else None


def figures(hazards: HazardQuerySet, today: dt.date) -> Figures:
    """One query. “This week” is the last seven days, today included."""
    is_open = Q(status__in=OPEN_STATUSES)
    closed = Q(status=HazardStatus.CLOSED)
    counts = ~Q(status=HazardStatus.VOID)
    before = today - WEEK
    closed_then = closed & Q(closed_at__date__lte=before)
    row = hazards.order_by().aggregate(
        **{status.value: Count("pk", filter=Q(status=status)) for status in HazardStatus},
        total=Count("pk", filter=counts),
        open=Count("pk", filter=is_open),
        overdue=Count("pk", filter=is_open & Q(due_on__lt=today)),
        due_soon=Count(
            "pk", filter=is_open & Q(due_on__gte=today, due_on__lte=today + dt.timedelta(days=DUE_SOON_DAYS))
        ),
        without_deadline=Count("pk", filter=is_open & Q(due_on__isnull=True)),
        closed_this_week=Count("pk", filter=closed & Q(closed_at__date__gt=before)),
        total_before=Count("pk", filter=counts & Q(found_on__lte=before)),
        closed_before=Count("pk", filter=closed_then),
        overdue_before=Count("pk", filter=counts & Q(due_on__lt=before, found_on__lte=before) & ~closed_then),
        closed_week_before=Count(
            "pk", filter=closed & Q(closed_at__date__gt=before - WEEK, closed_at__date__lte=before)
        ),
    )
    by_status = {status.value: row.pop(status.value) for status in HazardStatus}
    return Figures(by_status=by_status, closed=by_status[HazardStatus.CLOSED], **row)


def open_states(figures: Figures) -> list[tuple[HazardStatus, int]]:
    """The open states in the order of the flow, each with its count. No query."""
    return [(status, figures.by_status[status]) for status in OPEN_STATUSES]


@dataclass(frozen=True)
class CompanyRow:
    unit_id: int
    name: str
    total: int
    closed: int
    overdue: int
    longest_overdue_days: int

    @property
    def rate(self) -> float:
        return 100 * self.closed / self.total


def by_company(hazards: HazardQuerySet, today: dt.date) -> list[CompanyRow]:
    """Per lead unit, the longest overdue first. One query."""
    late = Q(status__in=OPEN_STATUSES, due_on__lt=today)
    rows = (
        hazards.counted()
        .filter(lead_unit__isnull=False)
        .order_by()
        .values("lead_unit_id", "lead_unit__name")
        .annotate(
            total=Count("pk"),
            closed=Count("pk", filter=Q(status=HazardStatus.CLOSED)),
            overdue=Count("pk", filter=late),
            earliest=Min("due_on", filter=late),
        )
    )
    companies = [
        CompanyRow(
            unit_id=row["lead_unit_id"],
            name=row["lead_unit__name"],
            total=row["total"],
            closed=row["closed"],
            overdue=row["overdue"],
            longest_overdue_days=(today - row["earliest"]).days if row["earliest"] else 0,
        )
        for row in rows
    ]
    return sorted(companies, key=lambda company: (-company.longest_overdue_days, -company.overdue, company.name))


@dataclass(frozen=True)
class BurnDownPoint:
    """How many hazards were open at the end of a day, and how many may be if zero is to be reached by the trial run."""

    day: dt.date
    found: int
    closed: int
    open: int | None  # None: the day is yet to come
    needed: float


def burn_down(hazards: HazardQuerySet, season: Season, today: dt.date) -> list[BurnDownPoint]:
    """One point a week from the start of the summer work to the trial run (or today, if later). One query.

    The pace needed runs in a straight line from the most that were open at once down to zero on the trial run.
    """
    counted = hazards.counted().order_by()
    opened_on = counted.annotate(what=Value("found"), at=F("found_on"))
    closed_on = counted.filter(status=HazardStatus.CLOSED, closed_at__isnull=False).annotate(
        what=Value("closed"), at=TruncDate("closed_at")
    )
    counts = [each.values_list("what", "at").annotate(Count("pk")) for each in (opened_on, closed_on)]
    found: dict[dt.date, int] = {}
    closed: dict[dt.date, int] = {}
    for what, at, count in counts[0].union(counts[1], all=True):
        (found if what == "found" else closed)[at] = count
    days = list(_weeks(season.summer_start_on, max(season.trial_run_on, min(today, season.heating_end_on)), today))
    totals = [
        (day, sum(n for at, n in found.items() if at <= day), sum(n for at, n in closed.items() if at <= day))
        for day in days
    ]
    past = [(day, opened - struck) for day, opened, struck in totals if day <= today]
    peak_day, peak = max(past, key=lambda point: point[1], default=(season.summer_start_on, 0))
    span = (season.trial_run_on - peak_day).days
    return [
        BurnDownPoint(
            day=day,
            found=opened,
            closed=struck,
            open=opened - struck if day <= today else None,
            needed=_pace(peak, (season.trial_run_on - day).days, span) if day >= peak_day else peak,
        )
        for day, opened, struck in totals
    ]


def _pace(peak: int, days_left: int, span: int) -> float:
    """What may still be open with `days_left` of `span` days to go."""
    return round(peak * max(days_left, 0) / span, 1) if span > 0 else 0.0


def _weeks(start: dt.date, end: dt.date, today: dt.date) -> Iterator[dt.date]:
    """Every seventh day from start to end, with today and the end among them."""
    days = {start + WEEK * n for n in range((end - start).days // 7 + 1)} | {end}
    if start <= today <= end:
        days.add(today)
    yield from sorted(days)


def worst(hazards: HazardQuerySet, today: dt.date, limit: int = 8) -> HazardQuerySet:
    """The longest overdue hazards, 重大 first among those of one day. One query."""
    major_first = Case(When(grade=Grade.MAJOR, then=0), When(grade=Grade.SERIOUS, then=1), default=2)
    return hazards.overdue(today).select_related("lead_unit").order_by("due_on", major_first, "pk")[:limit]
