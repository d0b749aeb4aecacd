"""Hazards of old ledgers: what was past before the bureau issued them is on record, and nobody is alarmed by it."""

import datetime as dt
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from common import clock
from inspections.models import Hazard
from notifications.models import Message, Outgoing
from notifications.outbox import deliver
from supervision.models import Escalation
from supervision.selectors import ladder_of
from supervision.sweep import sweep
from tests.cast import Cast
from tests.hazards import hazard_of
from tests.integration.supervision.conftest import day, noon
from tests.integration.supervision.policies import change, general

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("by_itself")]


def issued(cast: Cast, *, days_after: int) -> Hazard:
    """Issued so many days after its deadline."""
    hazard = hazard_of(cast, "rectifying", due_on=day(0))
    at = dt.datetime.combine(day(days_after), dt.time(4), tzinfo=dt.UTC)
    Hazard.objects.filter(pk=hazard.pk).update(watched_since=at)
    return hazard


def test_what_was_past_before_it_was_issued_is_recorded_and_told_nobody(cast: Cast, summer: Any) -> None:
    hazard = issued(cast, days_after=90)
    summer.move_to(noon(90))
    run = sweep(day(90))
    steps = Escalation.objects.filter(item_id=hazard.pk)
    assert set(steps.values_list("announced", flat=True)) == {False}
    assert {"urge", "notice", "talk", "circular"} <= set(steps.values_list("step", flat=True))
    assert run.announced == 0
    assert not Outgoing.objects.exists()
    hazard.refresh_from_db()
    assert hazard.first_overdue_on == day(1)


def test_from_then_on_the_ladder_goes_on(cast: Cast, summer: Any) -> None:
    issued(cast, days_after=90)
    sweep(day(90))
    # Day 92 is the eleventh repetition of day 15.
    assert sweep(day(91)).announced == 0
    assert sweep(day(92)).announced == 1
    deliver()
    assert Message.objects.filter(subject__contains="逾期 92 天").exists()


def test_a_step_reached_on_the_day_of_issuing_is_told(cast: Cast, summer: Any) -> None:
    issued(cast, days_after=3)
    run = sweep(day(3))
    assert run.announced == 1
    assert Escalation.objects.get(announced=True).step == "notice"
    assert clock.today() < day(3)


def test_where_nobody_could_be_told_the_ladder_does_not_say_that_somebody_was(cast: Cast, summer: Any) -> None:
    hazard = hazard_of(cast, "rectifying", due_on=day(-3))
    hazard.lead_unit.users.update(is_active=False)
    sweep(day(-6))
    deliver()
    assert not Outgoing.objects.exists()
    told = [step.text for step in ladder_of(hazard).steps if step.announced]
    assert told == ["8月3日达到，没有发给任何人（责任人没有可用的账号）"] * len(told) and told


def test_what_was_registered_before_there_was_this_moment_keeps_what_held_for_it(cast: Cast, summer: Any) -> None:
    """Since it was issued; what has not been, since it was registered."""
    issued_one, pending = hazard_of(cast, "issued"), hazard_of(cast)
    Hazard.objects.update(watched_since=None)
    migration = import_module("inspections.migrations.0004_watched_since")
    migration.since_issued(apps, SimpleNamespace(connection=connection))
    issued_one.refresh_from_db()
    pending.refresh_from_db()
    assert (issued_one.watched_since, pending.watched_since) == (issued_one.issued_at, pending.registered_at)
    assert issued_one.issued_at and pending.registered_at


def test_an_hour_that_had_not_come_when_it_was_issued_is_told(cast: Cast, summer: Any) -> None:
    change(general(), cast.city_admin, urge={"unit": "hours", "amount": 12})
    hazard = issued(cast, days_after=1)  # at noon: 04:00 UTC
    Hazard.objects.filter(pk=hazard.pk).update(watched_since=dt.datetime.combine(day(1), dt.time(2), dt.UTC))
    summer.move_to(dt.datetime.combine(day(1), dt.time(5), dt.UTC))
    sweep(day(1))
    assert Escalation.objects.get(item_id=hazard.pk, step__startswith="urge").announced
