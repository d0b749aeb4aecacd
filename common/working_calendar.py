"""The calendar by which limits in working days are counted. Whoever keeps one says how it is read; until then only
weekends are known.

keep_calendar(working_calendar)   # in the ready() of the app that keeps it
calendar_in_force().add_workdays(today, 2)
"""

from collections.abc import Callable

from common.workdays import Calendar

_read: Callable[[], Calendar] = Calendar


def keep_calendar(read: Callable[[], Calendar]) -> None:
    global _read
    _read = read


def calendar_in_force() -> Calendar:
    """As it stands now. One query where one is kept."""
    return _read()
