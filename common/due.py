"""How a deadline is put into words. Due today is not overdue; a deadline that is a moment is exact to the minute."""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from common import clock

SOON_DAYS = 7
SOON = dt.timedelta(hours=24)
ONE_MINUTE, MINUTES_PER_HOUR, WHOLE_DAY = dt.timedelta(minutes=1), 60, 24 * 60


@dataclass(frozen=True, slots=True)
class Due:
    """`colour` is red (overdue), amber (due within the warning days, a moment within 24 hours), grey (later or done),
    muted (no deadline)."""

    text: str
    colour: str
    days_left: int | None


def describe(deadline: dt.date | None, now: dt.datetime, *, done: bool = False) -> Due:
    """Say how a deadline, a day or a moment, stands now."""
    if isinstance(deadline, dt.datetime):
        return describe_moment(deadline, now, done=done)
    return describe_due(deadline, clock.local_date(now), done=done)


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


def describe_moment(due_at: dt.datetime, now: dt.datetime, *, done: bool = False) -> Due:
    """剩 3 小时 / 逾期 40 分钟 / 现在到期; done, 10月2日 14:30; long before, 10月2日 14:30 到期."""
    minutes = minutes_past(due_at, now)
    days = -(minutes // WHOLE_DAY)
    if done:
        return Due(named_moment(due_at, now), "grey", days)
    if minutes > 0:
        return Due(f"逾期 {duration(minutes)}", "red", days)
    if not minutes:
        return Due("现在到期", "red", days)
    if -minutes * ONE_MINUTE <= SOON:
        return Due(f"剩 {duration(-minutes)}", "amber", days)
    return Due(f"{named_moment(due_at, now)} 到期", "grey", days)


def overdue(deadline: dt.date, now: dt.datetime) -> str:
    """逾期 3 天, also for a day that has not come; of a moment 逾期 40 分钟."""
    if isinstance(deadline, dt.datetime):
        return f"逾期 {duration(minutes_past(deadline, now))}"
    return f"逾期 {(clock.local_date(now) - deadline).days} 天"


def minutes_past(due_at: dt.datetime, now: dt.datetime) -> int:
    """Whole minutes since the deadline, whose seconds don't count; negative before it."""
    return (now - due_at.replace(second=0, microsecond=0)) // ONE_MINUTE


def duration(minutes: int) -> str:
    """40 分钟 / 3 小时 / 3 小时 5 分钟 / 2 天 5 小时: from a day on without the minutes."""
    days, rest = divmod(minutes, WHOLE_DAY)
    hours, rest = divmod(rest, MINUTES_PER_HOUR)
    parts = [(days, "天"), (hours, "小时"), (0 if days else rest, "分钟")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 分钟"


def named_moment(moment: dt.datetime, now: dt.datetime) -> str:
    """10月2日 14:30; with its year if that is another one than now."""
    local = timezone.localtime(moment)
    year = "" if local.year == timezone.localtime(now).year else f"{local.year}年"
    return f"{year}{local.month}月{local.day}日 {local:%H:%M}"
