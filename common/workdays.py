"""Working days: weekends, public holidays and the weekend days on which they are made up for (调休). Pure.

A deadline in working days lasts until the end of its last day; one in hours runs through nights and holidays. Each can
say in a sentence how it came about.
"""

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, groupby

from django.utils import timezone

from common import clock

ONE_DAY = dt.timedelta(days=1)
SATURDAY = 5
WEEKEND = "周末"
NAMES_OF_WEEKDAYS = "一二三四五六日"
# No holiday is that long: a calendar that has no working day within it is a mistake.
LONGEST_REST = 60


def weekdays_through(ordinal: int) -> int:
    """How many days from Monday to Friday there are from 1 January of the year 1, a Monday and day 1, to that day."""
    weeks, rest = divmod(ordinal, 7)
    return weeks * SATURDAY + min(rest, SATURDAY)


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day that is not what its weekday says, or a holiday on a weekend. `name`: 国庆节, 国庆节调休; may be empty."""

    is_workday: bool
    name: str


@dataclass(frozen=True)
class Calendar:
    """`special`: the days with a rule of their own. `announced`: the years whose arrangement is known; in any other
    year only what `special` says and the weekends count."""

    special: Mapping[dt.date, SpecialDay] = field(default_factory=dict)
    announced: frozenset[int] = frozenset()

    def is_workday(self, day: dt.date) -> bool:
        known = self.special.get(day)
        return known.is_workday if known else day.weekday() < SATURDAY

    def add_workdays(self, start: dt.date, n: int) -> dt.date:
        """The n-th working day after `start`, or before it if n is negative; `start` itself if n is 0.

        ValueError for a calendar without working days.
        """
        return max(self._steps(start, n), default=start) if n > 0 else min(self._steps(start, n), default=start)

    def workdays_between(self, start: dt.date, end: dt.date) -> int:
        """How many working days follow `start` up to and including `end`; negative if `end` comes first, then counted
        from `end` up to the day before `start`."""
        if end < start:
            return self._worked_through(end.toordinal() - 1) - self._worked_through(start.toordinal() - 1)
        return self._worked_through(end.toordinal()) - self._worked_through(start.toordinal())

    def shifts(self, start: dt.date, end: dt.date) -> list[tuple[dt.date, int]]:
        """Where the working days after `start`, up to `end`, differ from the weekdays: from each such day on, by how
        many there have been more of them (on weekends) or fewer (holidays). In order."""
        found: list[tuple[dt.date, int]] = []
        for ordinal, total in zip(*self._shifts, strict=True):
            if start.toordinal() < ordinal <= end.toordinal():
                found.append((dt.date.fromordinal(ordinal), total - self._shifted_through(start.toordinal())))
        return found

    def _worked_through(self, ordinal: int) -> int:
        return weekdays_through(ordinal) + self._shifted_through(ordinal)

    def _shifted_through(self, ordinal: int) -> int:
        days, totals = self._shifts
        passed = bisect_right(days, ordinal)
        return totals[passed - 1] if passed else 0

    @cached_property
    def _shifts(self) -> tuple[list[int], list[int]]:
        """The ordinals of the days that are not what their weekday says, and the sum of what they change."""
        days = [day for day, known in sorted(self.special.items()) if known.is_workday != (day.weekday() < SATURDAY)]
        totals = accumulate(1 if self.special[day].is_workday else -1 for day in days)
        return [day.toordinal() for day in days], list(totals)

    def last_start(self, on: dt.date, n: int) -> dt.date:
        """The latest day from which the n-th working day is `on` or earlier: `add_workdays(day, n) <= on`."""
        if n < 0:
            return self.add_workdays(on, -n)
        return self.add_workdays(on + ONE_DAY, -n) - ONE_DAY if n else on

    def reckon(self, start: dt.date, n: int) -> "Reckoning":
        """The n-th working day from `start` with how it was found."""
        passed = tuple(self._steps(start, n))
        return Reckoning(
            start=start,
            on=passed[-1] if passed else start,
            n=n,
            counted=tuple(self._passed(day) for day in sorted(passed) if self.is_workday(day)),
            skipped=tuple(self._passed(day) for day in sorted(passed) if not self.is_workday(day)),
            unannounced=tuple(sorted({day.year for day in passed} - self.announced)),
        )

    def _steps(self, start: dt.date, n: int) -> Iterator[dt.date]:
        """The days one after the other, up to the n-th working day."""
        step, left, rest, day = (ONE_DAY if n > 0 else -ONE_DAY), abs(n), 0, start
        while left:
            day += step
            works = self.is_workday(day)
            left, rest = (left - 1, 0) if works else (left, rest + 1)
            if rest > LONGEST_REST:
                raise ValueError(f"{day} 前后连续 {rest} 天没有工作日，请检查工作日历")
            yield day

    def _passed(self, day: dt.date) -> "PassedDay":
        known = self.special.get(day)
        if self.is_workday(day):
            return PassedDay(day, known.name if known else "", is_made_up=known is not None)
        return PassedDay(day, known.name if known else WEEKEND)


@dataclass(frozen=True, slots=True)
class PassedDay:
    """`name`: why it was skipped, or why it is worked against its weekday."""

    day: dt.date
    name: str
    is_made_up: bool = False


@dataclass(frozen=True)
class Reckoning:
    """How the n-th working day from `start` came to be `on`. Days are in the order of the calendar; `unannounced`:
    years for which only weekends were known."""

    start: dt.date
    on: dt.date
    n: int
    counted: tuple[PassedDay, ...]
    skipped: tuple[PassedDay, ...]
    unannounced: tuple[int, ...]

    @property
    def ends_at(self) -> dt.datetime:
        return end_of(self.on)

    @property
    def skipped_text(self) -> str:
        """10月1日至7日（国庆节）、10月11日（周末）; empty if no day was skipped."""
        return self._listed(self.skipped)

    @property
    def warning(self) -> str:
        """Empty if every year that was passed is known."""
        if not self.unannounced:
            return ""
        years = "、".join(f"{year} 年" for year in self.unannounced)
        return f"{years}的放假安排还没有录入，只按周末推算，公布后可能变动。"

    @property
    def sentence(self) -> str:
        if not self.n:
            return f"就是{self._named(self.start)}当天。"
        side = "之后" if self.n > 0 else "之前"
        said = f"{self._named(self.start)}{side}第 {abs(self.n)} 个工作日是{self._named(self.on)}。"
        said += f"计入：{self._listed(self.counted)}；"
        said += f"跳过：{self.skipped_text}。" if self.skipped else "没有跳过的日子。"
        return said + self.warning

    def _named(self, day: dt.date) -> str:
        return named(day, beside=self.start)

    def _listed(self, days: Iterable[PassedDay]) -> str:
        """Neighbouring days with the same name as one: 10月1日至7日（国庆节）."""
        runs = groupby(enumerate(days), key=lambda each: (each[1].day.toordinal() - each[0], _why(each[1])))
        return "、".join(self._run([passed.day for _, passed in run]) + why for (_, why), run in runs)

    def _run(self, days: list[dt.date]) -> str:
        first, last = days[0], days[-1]
        if first == last:
            return self._named(first)
        same_month = (first.year, first.month) == (last.year, last.month)
        return f"{self._named(first)}至{f'{last.day}日' if same_month else named(last, beside=first)}"


def _why(passed: PassedDay) -> str:
    if passed.is_made_up:
        return f"（周{NAMES_OF_WEEKDAYS[passed.day.weekday()]}，{passed.name}上班）"
    return f"（{passed.name}）" if passed.name else ""


def named(day: dt.date, *, beside: dt.date) -> str:
    """10月9日; with its year if that is another than that of the day which it stands beside."""
    year = "" if day.year == beside.year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日"


def start_of(day: dt.date) -> dt.datetime:
    """Midnight at the day's beginning in Asia/Shanghai, aware."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


def end_of(day: dt.date) -> dt.datetime:
    """24:00 of the day, aware: the first moment at which what was due on that day is overdue."""
    return start_of(day + ONE_DAY)


def workdays_from(moment: dt.datetime, n: int, calendar: Calendar) -> Reckoning:
    """A time limit of n working days from an aware moment: the day of the moment does not count, whatever the hour."""
    return calendar.reckon(clock.local_date(moment), n)


@dataclass(frozen=True)
class HoursReckoning:
    """So many hours from an aware moment, by the clock."""

    start: dt.datetime
    hours: int

    @property
    def ends_at(self) -> dt.datetime:
        return self.start + dt.timedelta(hours=self.hours)

    @property
    def sentence(self) -> str:
        first, last = timezone.localtime(self.start), timezone.localtime(self.ends_at)
        side = "之后" if self.hours >= 0 else "之前"
        return (
            f"{named(first.date(), beside=first.date())} {first:%H:%M} {side} {abs(self.hours)} 小时是"
            f"{named(last.date(), beside=first.date())} {last:%H:%M}。按钟点连续计算，夜间和节假日不停。"
        )
