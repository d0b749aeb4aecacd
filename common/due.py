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
