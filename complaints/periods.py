"""The stretches of time that figures are about."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from common import clock
from facilities.models import Season


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` to before `end` (aware moments), within a season."""

    season: Season
    start: dt.datetime
    end: dt.datetime

    def holds(self, field: str) -> Q:
        """The condition that a moment lies in it."""
        return Q(**{f"{field}__gte": self.start, f"{field}__lt": self.end})

    @property
    def last_day(self) -> dt.date:
        return clock.local_date(self.end - dt.timedelta(microseconds=1))


def midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


def just_after(moment: dt.datetime) -> dt.datetime:
    """Where a period ends that holds the moment itself."""
    return moment + dt.timedelta(microseconds=1)


def season_to_date(season: Season, now: dt.datetime) -> Period:
    """From the beginning of the summer's work to now, or to the end of heating."""
    start, over = midnight(season.summer_start_on), midnight(season.heating_end_on + dt.timedelta(1))
    return Period(season, start, max(start, min(just_after(now), over)))


def same_day_before(season: Season, period: Period) -> Period:
    """`season`, an earlier one, from its beginning to the day and hour at which `period` stands in its own."""
    start, over = midnight(season.summer_start_on), midnight(season.heating_end_on + dt.timedelta(1))
    if clock.local_date(period.end) > period.season.heating_end_on:
        return Period(season, start, over)
    here = timezone.localtime(period.end)
    day = _years_before(here.date(), period.season.year - season.year)
    return Period(season, start, max(start, min(timezone.make_aware(dt.datetime.combine(day, here.time())), over)))


def _years_before(day: dt.date, years: int) -> dt.date:
    """29 February is compared with the 28th."""
    is_leap_day = (day.month, day.day) == (2, 29)
    return dt.date(day.year - years, day.month, 28 if is_leap_day else day.day)


def days(season: Season, first: dt.date, count: int) -> Period:
    return Period(season, midnight(first), midnight(first + dt.timedelta(count)))


def season_before(season: Season) -> Season | None:
    """The county's season before this one. One query."""
    earlier = Season.objects.filter(county=season.county_id, summer_start_on__lt=season.summer_start_on)
    return earlier.order_by("-summer_start_on").first()
