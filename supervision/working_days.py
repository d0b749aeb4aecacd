"""The calendar of working days: one for the whole site, as the State Council's notice is one for the whole country.

What the own unit arranges holds before the notice. A change holds for what is reckoned from now on.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from audit.services import Changes, record
from common.workdays import LONGEST_REST, NAMES_OF_WEEKDAYS, ONE_DAY, Calendar, SpecialDay, named
from supervision import site_wide
from supervision.enums import DaySource
from supervision.models import CalendarDay
from supervision.official_days import FESTIVALS, festivals_in, official_days

CAPABILITY, WHAT = "supervision.manage_calendar", "工作日历"
EARLIEST, LATEST = dt.date(2000, 1, 1), dt.date(2099, 12, 31)
# A notice's longest holiday has nine days.
MOST_DAYS_AT_ONCE = 31


def working_calendar() -> Calendar:
    """As it stands now. One query."""
    return calendar_of(CalendarDay.objects.all())


def calendar_of(rows: Iterable[CalendarDay]) -> Calendar:
    special: dict[dt.date, SpecialDay] = {}
    names: dict[int, list[str]] = {}
    for row in sorted(rows, key=lambda row: row.source == DaySource.OWN):
        made_up = row.is_workday and row.source == DaySource.STATE and row.name
        special[row.day] = SpecialDay(row.is_workday, f"{row.name}调休" if made_up else row.name)
        if row.source == DaySource.STATE and not row.is_workday:
            names.setdefault(row.day.year, []).append(row.name)
    whole = (year for year, off in names.items() if len(festivals_in(off)) == len(FESTIVALS))
    return Calendar(special, frozenset(whole))


def missing_festivals(rows: Iterable[CalendarDay], year: int) -> list[str]:
    """Those for which the notice's days off are not there; [] for a year that is whole."""
    names = [row.name for row in rows if row.day.year == year and row.source == DaySource.STATE and not row.is_workday]
    found = festivals_in(names)
    return [festival for festival in FESTIVALS if festival not in found]


@transaction.atomic
def set_days(
    first: dt.date, last: dt.date, *, is_workday: bool, name: str, source: str = DaySource.OWN, by: Any
) -> int:
    """Arrange the days from first to last; how many are arranged otherwise than before.

    ValidationError for days in the wrong order, too many, out of the calendar, or a day off without a name.
    """
    site_wide.check(by, CAPABILITY, WHAT)
    name = " ".join(name.split())
    _check_range(first, last)
    if not is_workday and not name:
        raise ValidationError({"name": "请填写为什么放假，如“国庆节”“县运动会”，时限的说明里要写明"})
    if not is_workday:
        _check_rest(first, last)
    days = [first + ONE_DAY * i for i in range((last - first).days + 1)]
    before = {row.day: row for row in CalendarDay.objects.select_for_update().filter(day__in=days, source=source)}
    wanted = [CalendarDay(day=day, source=source, is_workday=is_workday, name=name) for day in days]
    new = [row for row in wanted if row.day not in before or before[row.day].words != row.words]
    if not new:
        return 0
    CalendarDay.objects.bulk_create(
        new, update_conflicts=True, unique_fields=["day", "source"], update_fields=["is_workday", "name"]
    )
    _record(by, "修改工作日历", source, {row.day: (before.get(row.day), row) for row in new})
    return len(new)


def _check_rest(first: dt.date, last: dt.date) -> None:
    """Nobody rests so long, and deadlines could not be counted any more."""
    calendar, start, end = working_calendar(), first, last
    while start > EARLIEST and not calendar.is_workday(start - ONE_DAY):
        start -= ONE_DAY
    while end < LATEST and not calendar.is_workday(end + ONE_DAY):
        end += ONE_DAY
    if (rest := (end - start).days + 1) > LONGEST_REST:
        raise ValidationError({"last": f"这样一来 {start} 至 {end} 连续 {rest} 天没有工作日，请核对"})


def _check_range(first: dt.date, last: dt.date) -> None:
    if last < first:
        raise ValidationError({"last": f"{last} 早于开始的 {first}，请改为同一天或以后"})
    if not (first >= EARLIEST and last <= LATEST):
        raise ValidationError({"first": f"工作日历从 {EARLIEST.year} 年到 {LATEST.year} 年，请核对年份"})
    if (last - first).days >= MOST_DAYS_AT_ONCE:
        raise ValidationError(
            {"last": f"一次最多 {MOST_DAYS_AT_ONCE} 天，这里是 {(last - first).days + 1} 天，请核对日期"}
        )


@transaction.atomic
def fill_year(year: int, *, by: Any) -> int:
    """Take over the State Council's arrangement of the year as the program knows it; how many days were new or other.

    What was entered by hand for other days of that year stays.
    """
    site_wide.check(by, CAPABILITY, WHAT)
    known = official_days(year)
    there = CalendarDay.objects.select_for_update().filter(day__in=list(known), source=DaySource.STATE)
    before = {row.day: row for row in there}
    wanted = [
        CalendarDay(day=day, source=DaySource.STATE, is_workday=special.is_workday, name=special.name)
        for day, special in sorted(known.items())
    ]
    new = [row for row in wanted if row.day not in before or before[row.day].words != row.words]
    if new:
        CalendarDay.objects.bulk_create(
            new, update_conflicts=True, unique_fields=["day", "source"], update_fields=["is_workday", "name"]
        )
        _record(by, f"录入 {year} 年放假安排", DaySource.STATE, {row.day: (before.get(row.day), row) for row in new})
    return len(new)


def can_be_taken_back(row: CalendarDay) -> bool:
    """Whatever people have entered, but not what the program knows of the notices."""
    return row.source == DaySource.OWN or row.day not in official_days(row.day.year)


@transaction.atomic
def take_back(row: CalendarDay, *, by: Any) -> None:
    """The day is again what the notice says, or else its weekday."""
    site_wide.check(by, CAPABILITY, WHAT)
    if not can_be_taken_back(row):
        raise ValidationError(f"{row.day} 是国务院通知的安排，不能删除；本单位另有安排的，请另行录入")
    _record(by, "撤销工作日历改动", row.source, {row.day: (row, None)})
    row.delete()


Pairs = Mapping[dt.date, tuple[CalendarDay | None, CalendarDay | None]]


def _record(by: Any, action: str, source: str, pairs: Pairs) -> None:
    changes: Changes = {
        str(day): [before.words if before else None, after.words if after else None]
        for day, (before, after) in pairs.items()
    }
    target = next(after or before for before, after in pairs.values())
    record(actor=by, action=action, target=target, changes=changes, note=f"依据：{DaySource(source).label}")


@dataclass(frozen=True)
class Holiday:
    """One holiday of a year in words: 10月1日至7日放假；9月20日（周日）、10月10日（周六）上班."""

    name: str
    text: str


def holidays_of(rows: Iterable[CalendarDay], year: int) -> list[Holiday]:
    """The notice's arrangement of that year, holiday by holiday, by its first day off."""
    by_name: dict[str, list[CalendarDay]] = {}
    for row in sorted(rows, key=lambda row: (row.is_workday, row.day)):
        if row.day.year == year and row.source == DaySource.STATE:
            by_name.setdefault(row.name, []).append(row)
    return [Holiday(name or "未写名称", _in_words(days)) for name, days in by_name.items()]


def _in_words(rows: list[CalendarDay]) -> str:
    off = [row.day for row in rows if not row.is_workday]
    made_up = [f"{named(row.day, beside=row.day)}（周{weekday(row.day)}）" for row in rows if row.is_workday]
    parts = [f"{ranges(off)}放假"] if off else []
    return "；".join([*parts, f"{'、'.join(made_up)}上班"] if made_up else parts)


def weekday(day: dt.date) -> str:
    return NAMES_OF_WEEKDAYS[day.weekday()]


def ranges(days: list[dt.date]) -> str:
    """10月1日至7日、10月10日; days in order."""
    runs = [[day for _, day in run] for _, run in groupby(enumerate(days), key=lambda e: e[1].toordinal() - e[0])]
    return "、".join(_range(run[0], run[-1]) for run in runs)


def _range(first: dt.date, last: dt.date) -> str:
    if first == last:
        return named(first, beside=first)
    same_month = (first.year, first.month) == (last.year, last.month)
    return f"{named(first, beside=first)}至{f'{last.day}日' if same_month else named(last, beside=first)}"
