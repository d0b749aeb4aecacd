"""The daily house-keeping forgets what nobody needs any more, and nothing else."""

import datetime as dt

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session

from common import clock
from heating.tasks import clean_up
from inspections.models import Hazard
from supervision.models import SweepRun
from supervision.selectors import last_sweep_at
from supervision.sweep import sweep
from tests.hazards import hazard_of


@pytest.mark.django_db
def test_ended_sessions_and_old_failures_are_forgotten(settings, summer):
    settings.AXES_COOLOFF_TIME = dt.timedelta(minutes=15)
    now = clock.now()
    for key, ends in (("ended", now - dt.timedelta(seconds=1)), ("open", now + dt.timedelta(seconds=1))):
        Session.objects.create(session_key=key, session_data="", expire_date=ends)
    for username, minutes in (("long-ago", 30), ("locked", 14)):
        with time_machine.travel(now - dt.timedelta(minutes=minutes), tick=False):
            AccessAttempt.objects.create(username=username, ip_address="10.0.0.1", failures_since_start=5)

    clean_up()

    assert list(Session.objects.values_list("session_key", flat=True)) == ["open"]
    assert list(AccessAttempt.objects.values_list("username", flat=True)) == ["locked"]


@pytest.mark.django_db
def test_sweeps_that_found_nothing_are_forgotten_after_ninety_days(cast, summer):
    now = clock.now()

    def swept(days_ago, **fields):
        with time_machine.travel(now - dt.timedelta(days=days_ago), tick=False):
            run = sweep(clock.today())
        SweepRun.objects.filter(pk=run.pk).update(**fields)
        return run.pk

    swept(100)
    hazard = hazard_of(cast, "rectifying", due_on=clock.today() - dt.timedelta(days=93), found_on=dt.date(2026, 1, 5))
    with_records = swept(99)
    Hazard.objects.filter(pk=hazard.pk).update(status="closed")
    newest_good = swept(98)
    swept(97, error="坏了")
    swept(91, as_of=dt.date(2020, 1, 1))  # a look back
    failed_lately = swept(90, error="坏了")

    clean_up()

    assert list(SweepRun.objects.order_by("pk").values_list("pk", flat=True)) == [
        with_records, newest_good, failed_lately,
    ]  # fmt: skip
    assert last_sweep_at() == now - dt.timedelta(days=98)
