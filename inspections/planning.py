"""倒排工期: the steps of a rectification spread backwards from its deadline."""

import datetime as dt
from collections.abc import Sequence

from django.conf import settings

from inspections.workflow import PlannedStep


def default_steps() -> list[tuple[str, int]]:
    """(title, share of the time in percent by which it is done), as settings.PLAN_STEPS has it."""
    return [(str(title), int(share)) for title, share in settings.PLAN_STEPS]


def evenly(titles: Sequence[str]) -> list[tuple[str, int]]:
    """The same for titles of one's own: each takes as long as the others."""
    return [(title, 100 * (n + 1) // len(titles)) for n, title in enumerate(titles)]


def backwards(steps: Sequence[tuple[str, int]], *, today: dt.date, due_on: dt.date) -> list[PlannedStep]:
    """Dates for the steps: the last on the deadline, each other as far before it as its share leaves of the time from
    today. With the deadline passed there is no time to divide: ValueError."""
    room = (due_on - today).days
    if room < 0:
        raise ValueError(f"时限 {due_on} 已过，不能倒排，请自行填写各节点的日期")
    return [PlannedStep(title, due_on - dt.timedelta(days=room * (100 - share) // 100)) for title, share in steps]
