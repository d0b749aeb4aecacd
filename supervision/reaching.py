"""Who has reached a step, and whether a reminder is still of use, as conditions of a query: `ladder.py` in SQL."""

import datetime as dt

from django.db.models import Q
from django.db.models.lookups import LessThanOrEqual

from common import clock
from common.workdays import Calendar
from supervision.kinds import Kind
from supervision.ladder import ONE_MINUTE, Step, cutoff_day, cutoff_moment, whole_minute


def has_reached(kind: Kind, step: Step, now: dt.datetime, calendar: Calendar, repeat: int = 0) -> Q:
    """Of the kind's items those that have reached the step, or its n-th repetition."""
    if not kind.is_by_moment:
        return Q(**{f"{kind.due}__lte": cutoff_day(step, now, calendar, repeat)})
    cutoff = cutoff_moment(step, now, calendar, repeat)
    reached = Q(**{f"{kind.due}__lt": cutoff.before})
    if cutoff.later > cutoff.before:
        early = Q(LessThanOrEqual(kind.due_minute, cutoff.minute))
        reached |= Q(**{f"{kind.due}__lt": cutoff.later}) & early
    return reached


def is_in_time(kind: Kind, step: Step, now: dt.datetime) -> Q:
    """Of what has reached a reminder, whose deadline has not passed: for the others it is of no use. What says that a
    moment has come is of use however late."""
    if not kind.is_by_moment:
        return Q(**{f"{kind.due}__gte": clock.local_date(now)})
    if not step.amount:
        return Q(**{f"{kind.due}__isnull": False})
    return Q(**{f"{kind.due}__gte": whole_minute(now) + ONE_MINUTE})
