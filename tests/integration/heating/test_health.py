"""/healthz says that the process lives, /readyz whether it can do its work."""

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client

from heating import health

ROOT = Path(__file__).resolve().parents[3]
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


@pytest.mark.parametrize(
    ("environment", "problems"),
    [
        ({"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}, {"database": "OperationalError"}),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, {"broker": "OperationalError"}),
    ],
)
def test_a_lost_service_is_named(tmp_path, environment, problems):
    code = (
        "import django; django.setup()\n"
        "from django.core.management import call_command\n"
        "from django.test import Client\n"
        "from django.db import connection\n"
        "if connection.vendor == 'sqlite': call_command('migrate', verbosity=0)\n"
        "response = Client().get('/readyz')\n"
        "print(response.status_code, response.content.decode())"
    )
    unset = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**unset, "DJANGO_SETTINGS_MODULE": "heating.settings", "VAR_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    status, body = done.stdout.split(" ", 1)

    assert status == "503"
    assert json.loads(body)["problems"] == problems
