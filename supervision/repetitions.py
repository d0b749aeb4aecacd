"""At which repetition of a step an item is, in SQL: however old its deadline is, the statement stays short."""

import datetime as dt
from typing import Any

from django.db.models import Case, F, IntegerField, Value, When
from django.db.models.functions import Least
from django.utils import timezone

from common import clock
from common.insert_select import DaysBetween
from common.workdays import SATURDAY, Calendar, weekdays_through
from supervision.enums import OffsetUnit
from supervision.kinds import Kind
from supervision.ladder import Step


def repetition(kind: Kind, step: Step, now: dt.datetime, calendar: Calendar, earliest: dt.date) -> Any:
    """The number of the latest one that is reached; below 1 for an item that has reached none. Whole numbers divide
    without a rest. `earliest`: no deadline is before it."""
    today, due = clock.local_date(now), F(kind.due)
    if step.unit == OffsetUnit.WORKDAYS:
        passed = _workdays_since(kind, today, calendar, earliest)
    else:
        passed = DaysBetween(today, due)
    if step.unit == OffsetUnit.HOURS:
        passed = (passed - 1) * 24 + timezone.localtime(now).hour
    return (passed - step.amount) / step.repeat_every


def _workdays_since(kind: Kind, today: dt.date, calendar: Calendar, earliest: dt.date) -> Any:
    """As `Calendar.workdays_between(due, today)`: the weekdays by their number, and one branch for each day since the
    earliest deadline that is not what its weekday says."""
    ordinal = DaysBetween(F(kind.due), dt.date.min) + 1
    weekdays = ordinal / 7 * SATURDAY + Least(ordinal % 7, Value(SATURDAY))
    # A branch holds for the deadlines from its day on: the latest comes first.
    shifts = reversed(calendar.shifts(earliest, today))
    branches = [When(**{f"{kind.due}__gte": day}, then=Value(shift)) for day, shift in shifts]
    shift = Case(*branches, default=Value(0), output_field=IntegerField())
    until_today = calendar.workdays_between(earliest, today) + weekdays_through(earliest.toordinal())
    return Value(until_today) - weekdays - shift
