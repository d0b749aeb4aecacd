"""/readyz names the service that is gone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tables import migrate_site

ROOT = Path(__file__).resolve().parents[2]


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
        "from django.test import Client\n"
        "response = Client().get('/readyz')\n"
        "print(response.status_code, response.content.decode())"
    )
    unset = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    environment = {**unset, "DJANGO_SETTINGS_MODULE": "heating.settings", "VAR_DIR": str(tmp_path), **environment}
    if "DATABASE_URL" not in environment:
        migrate_site(environment)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    status, body = done.stdout.split(" ", 1)

    assert status == "503"
    assert json.loads(body)["problems"] == problems
