"""Daily reports that are owed: a row for every company and day, and which have come."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from coal.models import ReportDuty, Yard
from coal.reports import books_opened, due_at, owed_days
from common import clock
from facilities.models import Season

# What was owed longer ago when it is first written down (a book that begins in the past, a site that was just set up)
# is on record, and nobody is told; after a shorter outage people are.
LONGEST_OUTAGE = dt.timedelta(days=7)
# After the end of heating its last days are still written down for so long.
AFTERWARDS = dt.timedelta(days=31)


def note(as_of: dt.date) -> None:
    """Every report owed for the days before `as_of`. Four queries if nothing is new, however many companies."""
    last = as_of - dt.timedelta(days=1)
    seasons = list(Season.objects.filter(trial_run_on__lte=last, heating_end_on__gte=last - AFTERWARDS))
    owed = {(duty.company_id, duty.day): duty for duty in _owed(seasons, last)}
    known = ReportDuty.objects.filter(season__in=seasons).order_by()
    missing = sorted(owed.keys() - set(known.values_list("company_id", "day")))
    if missing:
        ReportDuty.objects.bulk_create((owed[key] for key in missing), ignore_conflicts=True, batch_size=500)
    come: Any = ReportDuty.objects.with_report().filter(is_filed=False)
    come = come.filter(has_report=True)
    # Locked in one order: sweeps that run at once line up.
    if pks := list(come.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True)):
        ReportDuty.objects.filter(pk__in=pks).update(is_filed=True)


def _owed(seasons: list[Season], last: dt.date) -> Iterator[ReportDuty]:
    """Unsaved. Who owes and from which day to which is as `coal.reports.owed_days` has it. Two queries."""
    now, long_ago = clock.now(), clock.today() - LONGEST_OUTAGE
    in_use = Yard.objects.filter(
        county__in={season.county_id for season in seasons}, is_active=True, company__is_active=True
    )
    opened = books_opened(in_use)
    counties = dict(in_use.order_by().values_list("company_id", "county_id"))
    for season in seasons:
        for company, since in opened.items():
            if counties[company] != season.county_id:
                continue
            for day in owed_days(season, since, season.trial_run_on, last):
                at = due_at(day)
                yield ReportDuty(
                    county_id=season.county_id, company_id=company, season=season, day=day, due_at=at,
                    watched_since=now if clock.local_date(at) < long_ago else None,
                )  # fmt: skip
