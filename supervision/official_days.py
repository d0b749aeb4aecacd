"""The State Council's arrangement of public holidays, as the library chinesecalendar has it."""

import datetime as dt
from collections.abc import Iterable, Iterator

from chinese_calendar.constants import Holiday, holidays, workdays

from common.workdays import SpecialDay

# Deadlines of earlier years are not reckoned any more.
FIRST_YEAR = 2020
NAMES = {holiday.value: holiday.chinese for holiday in Holiday}
# A year is arranged once each of these has days off.
FESTIVALS = ("元旦", "春节", "清明", "劳动", "端午", "中秋", "国庆")
# 国庆 by itself has seven days off; with 中秋 in it (2020, 2028) it has more, which may all bear its name.
NATIONAL_DAY, MID_AUTUMN, JOINED_DAYS = "国庆", "中秋", 8


def official_days(year: int | None = None) -> dict[dt.date, SpecialDay]:
    """The days off and their make-up days, of that year or of all from FIRST_YEAR on; empty for a year that the
    library does not know yet."""
    return {
        day: special
        for day, special in _all_days()
        if (day.year == year if year is not None else day.year >= FIRST_YEAR)
    }


def festivals_in(names: Iterable[str]) -> list[str]:
    """Those that have days off, by the names of a year's days off, one for each day."""
    names = list(names)
    found = {festival for festival in FESTIVALS if any(festival in name for name in names)}
    if sum(NATIONAL_DAY in name for name in names) >= JOINED_DAYS:
        found.add(MID_AUTUMN)
    return [festival for festival in FESTIVALS if festival in found]


def _all_days() -> Iterator[tuple[dt.date, SpecialDay]]:
    for is_workday, days in ((False, holidays), (True, workdays)):
        for day, name in days.items():
            yield day, SpecialDay(is_workday, NAMES[name])
