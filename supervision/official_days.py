"""The State Council's arrangement of public holidays, as the library chinesecalendar has it."""

import datetime as dt
from collections.abc import Iterator

from chinese_calendar.constants import Holiday, holidays, workdays

from common.workdays import SpecialDay

# Deadlines of earlier years are not reckoned any more.
FIRST_YEAR = 2020
NAMES = {holiday.value: holiday.chinese for holiday in Holiday}
# A year is arranged once each of these has days off. 中秋 may fall into another one and bear its name.
FESTIVALS = ("元旦", "春节", "清明", "劳动", "端午", "国庆")


def official_days(year: int | None = None) -> dict[dt.date, SpecialDay]:
    """The days off and their make-up days, of that year or of all from FIRST_YEAR on; empty for a year that the
    library does not know yet."""
    return {
        day: special
        for day, special in _all_days()
        if (day.year == year if year is not None else day.year >= FIRST_YEAR)
    }


def _all_days() -> Iterator[tuple[dt.date, SpecialDay]]:
    for is_workday, days in ((False, holidays), (True, workdays)):
        for day, name in days.items():
            yield day, SpecialDay(is_workday, NAMES[name])
