"""Which steps of the ladder a deadline has reached at a moment. Pure: no database, no clock.

A deadline is a day, which lasts until its 24:00, or an aware moment, a whole minute. Hours count by the clock. From a
day, days and working days count dates and begin at midnight, so that what is due today is not overdue. From a moment
they keep its time of day: a deadline on Friday at 16:00 is one day past on Saturday at 16:00, one working day past on
Monday at 16:00; for working days its day is counted from whether it is worked or not, so that one on Saturday at 9:00
is a working day past on Monday at 9:00, before that of Friday. What holds for one item here and what a sweep selects by
`cutoff_day` or `cutoff_moment` is the same.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from django.utils import timezone

from common import clock
from common.workdays import ONE_DAY, Calendar, end_of, start_of
from supervision.enums import OffsetUnit

ONE_HOUR, ONE_MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)
ONE_TICK = dt.timedelta(microseconds=1)
Deadline = dt.date | dt.datetime


class Step(Protocol):
    """`amount` of `unit` from the deadline: negative before it. Of several steps the one of the highest `level` counts.

    `repeat_every`: in the same unit, how often a step after the deadline comes again until the matter is settled; 0
    for once.
    """

    @property
    def code(self) -> str: ...
    @property
    def level(self) -> int: ...
    @property
    def amount(self) -> int: ...
    @property
    def unit(self) -> str: ...
    @property
    def repeat_every(self) -> int: ...


AnyStep = TypeVar("AnyStep", bound=Step)


@dataclass(frozen=True)
class Reached(Generic[AnyStep]):
    """`repeat`: 0 for the step itself, n for its n-th repetition. `at`: from which moment on it is reached, aware."""

    step: AnyStep
    repeat: int
    at: dt.datetime


def distance(step: Step, repeat: int = 0) -> int:
    """In the step's unit."""
    return step.amount + repeat * step.repeat_every


def moment_of(step: Step, deadline: Deadline, calendar: Calendar, repeat: int = 0) -> dt.datetime:
    """From when on the step is reached: midnight of its day, or the hour; from a moment, its time of day."""
    amount = distance(step, repeat)
    if step.unit == OffsetUnit.HOURS:
        return end_of_deadline(deadline) + amount * ONE_HOUR
    return start_of(_day_of(step.unit, day_of(deadline), amount, calendar)) + _time_of(deadline)


def reached(
    steps: Iterable[AnyStep], deadline: Deadline, now: dt.datetime, calendar: Calendar
) -> list[Reached[AnyStep]]:
    """What has been reached, from the mildest to the severest: the last one is what people are to be told.

    Of a step that repeats there is the step itself and its latest repetition: those before it, if nobody looked at the
    time, are not made up for.
    """
    found = []
    for step in steps:
        repeats = {0, _latest_repeat(step, deadline, now, calendar)}
        found += [Reached(step, repeat, moment_of(step, deadline, calendar, repeat)) for repeat in sorted(repeats)]
    due = [each for each in found if each.at <= now]
    return sorted(due, key=lambda each: (each.step.level, each.repeat))


def upcoming(
    steps: Iterable[AnyStep], deadline: Deadline, now: dt.datetime, calendar: Calendar
) -> list[Reached[AnyStep]]:
    """What is still to come, by time: each step that is not reached, and the next repetition of those that are.

    Never empty if the last step repeats.
    """
    found = []
    for step in steps:
        at = moment_of(step, deadline, calendar)
        repeat = 0
        if at <= now:
            if not step.repeat_every:
                continue
            repeat = _latest_repeat(step, deadline, now, calendar) + 1
            at = moment_of(step, deadline, calendar, repeat)
        found.append(Reached(step, repeat, at))
    return sorted(found, key=lambda each: (each.at, each.step.level))


def cutoff_day(step: Step, now: dt.datetime, calendar: Calendar, repeat: int = 0) -> dt.date:
    """The latest day that, as a deadline, has reached the step: all earlier ones have too, no later one has."""
    amount = distance(step, repeat)
    if step.unit == OffsetUnit.HOURS:
        # The deadline's 24:00 is the midnight that follows it.
        return clock.local_date(now - amount * ONE_HOUR) - ONE_DAY
    return _last_day(step.unit, clock.local_date(now), amount, calendar)


@dataclass(frozen=True)
class MomentCutoff:
    """Which moments, as deadlines, have reached a step: all before `before`, and of those before `later` the ones whose
    time of day is at most `minute`, in minutes since midnight."""

    before: dt.datetime
    later: dt.datetime
    minute: int

    def includes(self, deadline: dt.datetime) -> bool:
        return deadline < self.before or (deadline < self.later and minute_of_day(deadline) <= self.minute)


def cutoff_moment(step: Step, now: dt.datetime, calendar: Calendar, repeat: int = 0) -> MomentCutoff:
    """The same for deadlines that are moments."""
    amount, today, minute = distance(step, repeat), clock.local_date(now), minute_of_day(now)
    if step.unit == OffsetUnit.WORKDAYS:
        # What is reached today at all may be reached at a later time of day.
        days = (calendar.last_start(day, amount) for day in (today - ONE_DAY, today))
        before, later = (end_of(day) for day in days)
        return MomentCutoff(before, later, minute)
    latest = now - amount * (ONE_HOUR if step.unit == OffsetUnit.HOURS else ONE_DAY)
    before = whole_minute(latest) + ONE_MINUTE
    return MomentCutoff(before, before, minute)


def most_repeats(step: Step, earliest: Deadline, now: dt.datetime, calendar: Calendar) -> int:
    """How often the step has been repeated for the oldest deadline there is: no deadline has more."""
    if isinstance(earliest, dt.datetime):
        # By working days one of a later day, but an earlier time, may be ahead of it.
        earliest = start_of(day_of(earliest))
    return _latest_repeat(step, earliest, now, calendar)


def end_of_deadline(deadline: Deadline) -> dt.datetime:
    """The moment from which on what was due is overdue, if it is a day; the moment itself otherwise."""
    return deadline if isinstance(deadline, dt.datetime) else end_of(deadline)


def day_of(deadline: Deadline) -> dt.date:
    return clock.local_date(deadline) if isinstance(deadline, dt.datetime) else deadline


def whole_minute(moment: dt.datetime) -> dt.datetime:
    """A deadline is exact to the minute: whatever its seconds say does not count."""
    return moment.replace(second=0, microsecond=0)


def minute_of_day(moment: dt.datetime) -> int:
    """In minutes since midnight in Asia/Shanghai."""
    local = timezone.localtime(moment)
    return local.hour * 60 + local.minute


def _time_of(deadline: Deadline) -> dt.timedelta:
    """At what time of day its days begin."""
    return minute_of_day(deadline) * ONE_MINUTE if isinstance(deadline, dt.datetime) else dt.timedelta()


def _day_of(unit: str, day: dt.date, amount: int, calendar: Calendar) -> dt.date:
    return calendar.add_workdays(day, amount) if unit == OffsetUnit.WORKDAYS else day + amount * ONE_DAY


def _last_day(unit: str, today: dt.date, amount: int, calendar: Calendar) -> dt.date:
    return calendar.last_start(today, amount) if unit == OffsetUnit.WORKDAYS else today - amount * ONE_DAY


def _latest_repeat(step: Step, deadline: Deadline, now: dt.datetime, calendar: Calendar) -> int:
    """0 for a step that is not reached or does not repeat."""
    if not step.repeat_every:
        return 0
    return max(0, (_passed(step.unit, deadline, now, calendar) - step.amount) // step.repeat_every)


def _passed(unit: str, deadline: Deadline, now: dt.datetime, calendar: Calendar) -> int:
    """How many of the unit have passed since the deadline; negative before it."""
    if unit == OffsetUnit.HOURS:
        return (now - end_of_deadline(deadline)) // ONE_HOUR
    first, last = day_of(deadline), clock.local_date(now)
    if now < start_of(last) + _time_of(deadline):
        last -= ONE_DAY
    return calendar.workdays_between(first, last) if unit == OffsetUnit.WORKDAYS else (last - first).days
