"""What the tests of the sweep share: a hazard with everybody who can be told, and the news of a day."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from inspections.models import Hazard
from notifications.models import Message
from notifications.outbox import deliver
from supervision.models import Escalation, PolicyStep, SweepRun
from supervision.sweep import sweep
from tests.cast import Cast
from tests.hazards import hazard_of

DUE = dt.date(2026, 8, 20)
News = set[tuple[str, str]]
# What a run finds of the other kinds where there are hazards only.
NOTHING_ELSE: dict[str, dict[str, int]] = {
    kind: {} for kind in (
        "coal_milestone", "coal_report", "coal_cover", "complaint", "complaint_visit", "complaint_callback",
        "complaint_dispatch",
    )
}  # fmt: skip


def day(offset: int) -> dt.date:
    """So many days after the deadline; before it if negative."""
    return DUE + dt.timedelta(days=offset)


def noon(offset: int) -> dt.datetime:
    """Of that day, in Shanghai."""
    return dt.datetime.combine(day(offset), dt.time(4), tzinfo=dt.UTC)


@pytest.fixture
def by_itself(db: None) -> None:
    """Every step goes out by itself, without the bureau's approval."""
    PolicyStep.objects.update(is_proposed=False)


@pytest.fixture
def hazard(cast: Cast, summer: Any) -> Hazard:
    """Of 城源热力, for which 程员 is responsible; 杜导 supervises it."""
    return hazard_of(
        cast, "rectifying", due_on=DUE, responsible_user=cast.chengyuan_clerk, supervisor=cast.inspector
    )  # fmt: skip


@pytest.fixture
def news() -> Callable[[int], News]:
    """`news(3)` sweeps three days after the deadline: who got which message then."""

    def of_day(offset: int) -> News:
        before = set(Message.objects.values_list("pk", flat=True))
        sweep(day(offset))
        deliver()
        new = Message.objects.exclude(pk__in=before).select_related("recipient")
        told = [(message.recipient.username, message.subject) for message in new]
        assert len(told) == len(set(told)), "nobody is told the same twice"
        return set(told)

    return of_day


def steps_of(hazard: Hazard, due_on: dt.date = DUE) -> dict[str, bool]:
    """Step → was it announced, of one deadline."""
    records = Escalation.objects.filter(kind="hazard", item_id=hazard.pk, due_on=due_on).order_by("level")
    return dict(records.values_list("step", "announced"))


def last_run() -> SweepRun:
    return SweepRun.objects.latest("pk")
