"""The daily house-keeping forgets what nobody needs any more, and nothing else."""

import datetime as dt

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session

from common import clock
from heating.tasks import clean_up


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
