"""At which repetition of a step an item is, in SQL: however old its deadline is, the statement stays short."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db.models import Case, IntegerField, Value, When
from django.db.models.functions import Least
from django.db.models.lookups import GreaterThan

from common import clock
from common.due import WHOLE_DAY
from common.insert_select import DaysBetween
from common.workdays import ONE_DAY, SATURDAY, Calendar, start_of, weekdays_through
from supervision.enums import OffsetUnit
from supervision.kinds import Kind
from supervision.ladder import Deadline, Step, day_of, minute_of_day


def repetition(kind: Kind, step: Step, now: dt.datetime, calendar: Calendar, earliest: Deadline) -> Any:
    """The number of the latest one that is reached; below 1 for an item that has reached none. Whole numbers divide
    without a rest. `earliest`: no deadline is before it."""
    today = clock.local_date(now)
    if step.unit == OffsetUnit.HOURS:
        minutes = DaysBetween(today, kind.due_day) * WHOLE_DAY + Value(minute_of_day(now)) - kind.due_minute
        passed = minutes / 60
    elif step.unit == OffsetUnit.WORKDAYS:
        passed = _last_time(kind, now, lambda day: _workdays_since(kind, day, calendar, day_of(earliest)))
    else:
        passed = _last_time(kind, now, lambda day: DaysBetween(day, kind.due_day))
    return (passed - step.amount) / step.repeat_every


def _last_time(kind: Kind, now: dt.datetime, passed_by: Callable[[dt.date], Any]) -> Any:
    """What has passed by today; of a moment whose time of day is still to come, by yesterday."""
    today = clock.local_date(now)
    if not kind.is_by_moment:
        return passed_by(today)
    is_to_come = When(GreaterThan(kind.due_minute, minute_of_day(now)), then=passed_by(today - ONE_DAY))
    return Case(is_to_come, default=passed_by(today), output_field=IntegerField())


def _workdays_since(kind: Kind, today: dt.date, calendar: Calendar, earliest: dt.date) -> Any:
    """As `Calendar.workdays_between(due, today)`: the weekdays by their number, and one branch for each day since the
    earliest deadline that is not what its weekday says."""
    ordinal = DaysBetween(kind.due_day, dt.date.min) + 1
    weekdays = ordinal / 7 * SATURDAY + Least(ordinal % 7, Value(SATURDAY))
    # A branch holds for the deadlines from its day on: the latest comes first.
    shifts = reversed(calendar.shifts(earliest, today))
    since: Callable[[dt.date], Any] = start_of if kind.is_by_moment else lambda day: day
    branches = [When(**{f"{kind.due}__gte": since(day)}, then=Value(shift)) for day, shift in shifts]
    shift = Case(*branches, default=Value(0), output_field=IntegerField())
    until_today = calendar.workdays_between(earliest, today) + weekdays_through(earliest.toordinal())
    return Value(until_today) - weekdays - shift
