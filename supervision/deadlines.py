"""A deadline in the database: its day, and the minute of that day up to which it lasts.

A kind by days has its deadlines in a DateField: they last until the day's end, its minute WHOLE_DAY. A kind by moments
has them in a DateTimeField: they are exact to the minute, whatever their seconds say.
"""

import datetime as dt
from typing import Any

from django.db.models import DateTimeField, ExpressionWrapper, F, IntegerField
from django.db.models.functions import Cast, ExtractHour, ExtractMinute, TruncDate

from common.due import WHOLE_DAY
from common.workdays import start_of
from supervision.ladder import ONE_MINUTE, Deadline, day_of, minute_of_day


def day_in(moment: F) -> Any:
    """Of a moment in the database (F or OuterRef) its day in Asia/Shanghai."""
    return TruncDate(_moment(moment))


def minute_in(moment: F) -> Any:
    """The minutes since that day's midnight, a whole number."""
    minutes = ExtractHour(_moment(moment)) * 60 + ExtractMinute(_moment(moment))
    # PostgreSQL extracts decimals, by which no index of numbers is looked up.
    return Cast(minutes, IntegerField())


def _moment(moment: F) -> ExpressionWrapper:
    return ExpressionWrapper(moment, output_field=DateTimeField())


def deadline_of(day: dt.date, minute: int) -> Deadline:
    """As a record has it: the day, or an aware moment on it."""
    return day if minute == WHOLE_DAY else start_of(day) + minute * ONE_MINUTE


def parts_of(deadline: Deadline) -> tuple[dt.date, int]:
    """The day and the minute that a record of it has."""
    return day_of(deadline), minute_of_day(deadline) if isinstance(deadline, dt.datetime) else WHOLE_DAY
