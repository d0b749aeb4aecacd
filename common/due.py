"""How a deadline is put into words. Due today is not overdue."""

import datetime as dt
from dataclasses import dataclass

SOON_DAYS = 7


@dataclass(frozen=True, slots=True)
class Due:
    """`colour` is red (overdue), amber (due within the warning days), grey (later or done), muted (no deadline)."""

    text: str
    colour: str
    days_left: int | None


def describe_due(due_on: dt.date | None, today: dt.date, *, done: bool = False, soon_days: int = SOON_DAYS) -> Due:
    """Say how the deadline stands on that day. Something done is neither overdue nor due: only its date is shown."""
    if due_on is None:
        return Due("未定期限", "muted", None)
    days = (due_on - today).days
    if done:
        return Due(due_on.isoformat(), "grey", days)
    if days < 0:
        return Due(f"逾期 {-days} 天", "red", days)
    if days == 0:
        return Due("今天到期", "amber", 0)
    if days <= soon_days:
        return Due(f"剩 {days} 天", "amber", days)
    return Due(due_on.isoformat(), "grey", days)


MINUTE, HOUR, DAY = 60, 3600, 86_400
# A limit that runs by the clock is near when so many hours are left.
SOON_HOURS = 24


def describe_moment(due_at: dt.datetime | None, now: dt.datetime, *, soon_hours: int = SOON_HOURS) -> Due:
    """The same for a limit that runs by the clock: 剩 3 小时, 逾期 40 分钟. At the limit it is overdue.

    Up to an hour in minutes, up to two days in hours, then in days; what is left is rounded down, so that nobody is
    told of time that they don't have.
    """
    if due_at is None:
        return Due("未定时限", "muted", None)
    left = (due_at - now).total_seconds()
    days = int(left // DAY)
    if left <= 0:
        return Due(f"逾期 {span_words(-left)}", "red", days)
    return Due(f"剩 {span_words(left)}", "amber" if left <= soon_hours * HOUR else "grey", days)


def span_words(seconds: float) -> str:
    """40 分钟, 3 小时, 5 天."""
    if seconds < HOUR:
        return f"{int(seconds // MINUTE)} 分钟"
    return f"{int(seconds // HOUR)} 小时" if seconds < 2 * DAY else f"{int(seconds // DAY)} 天"
