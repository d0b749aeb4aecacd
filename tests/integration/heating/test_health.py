"""/healthz says that the process lives, /readyz whether it can do its work."""

import datetime as dt

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client

from heating import health

TWO_PERIODS = 1200


@pytest.fixture(autouse=True)
def _ten_minutes(settings):
    settings.SWEEP_PERIOD_SECONDS = TWO_PERIODS // 2


def ready(after_seconds: float) -> tuple[int, dict]:
    """The answer so long after the process started."""
    with time_machine.travel(health.STARTED + dt.timedelta(seconds=after_seconds), tick=False):
        response = Client().get("/readyz")
    return response.status_code, response.json()


def sweep(after_seconds: float) -> None:
    with time_machine.travel(health.STARTED + dt.timedelta(seconds=after_seconds), tick=False):
        call_command("sweep")


def test_the_process_answers_without_login_or_database():
    response = Client().get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok")


@pytest.mark.django_db
def test_well_until_two_periods_have_gone_by_without_a_sweep():
    sweep(5000)

    assert ready(5000) == (200, {"ready": True, "sweep_age_seconds": 0, "problems": {}})
    assert ready(5000 + TWO_PERIODS) == (200, {"ready": True, "sweep_age_seconds": 1200, "problems": {}})
    assert ready(5000 + TWO_PERIODS + 1) == (
        503,
        {"ready": False, "sweep_age_seconds": 1201, "problems": {"sweep": "more than 1200 s ago"}},
    )


@pytest.mark.django_db
def test_a_site_just_started_has_two_periods_for_its_first_sweep():
    assert ready(TWO_PERIODS) == (200, {"ready": True, "sweep_age_seconds": None, "problems": {}})
    assert ready(TWO_PERIODS + 1) == (
        503,
        {"ready": False, "sweep_age_seconds": None, "problems": {"sweep": "never ran"}},
    )


@pytest.mark.django_db
def test_after_a_long_pause_too():
    sweep(-86_400)

    assert ready(TWO_PERIODS)[0] == 200
    assert ready(TWO_PERIODS + 1)[1]["problems"] == {"sweep": "more than 1200 s ago"}
