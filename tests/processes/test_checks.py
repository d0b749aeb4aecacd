"""A production that is set up half is refused, by the checks and by every process that would serve."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import run_checks

ROOT = Path(__file__).resolve().parents[2]
COMPLETE = {
    "PRODUCTION": "true",
    "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLM",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "ALLOWED_HOSTS": "heating.example.org",
}
BREAK = {
    "E001": {"DEBUG": "true"},
    "E002": {"SECRET_KEY": ""},
    "E003": {"DATABASE_URL": "sqlite:////nowhere/db.sqlite3"},
    "E004": {"REDIS_URL": ""},
    "E005": {"ALLOWED_HOSTS": "*"},
    "E006": {"DEMO": "true"},
    "E007": {"TRUSTED_PROXIES": "127.0.0.1,nginx"},
}


def start(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    ours = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "VAR_DIR")}
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env={**ours, **environment}, capture_output=True, text=True, timeout=60
    )


def test_complete_production_settings_pass_the_deployment_check_silently():
    done = start("manage.py", "check", "--deploy", "--fail-level", "DEBUG", **COMPLETE)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "System check identified no issues (0 silenced).\n"


@pytest.mark.parametrize("code", BREAK)
def test_each_thing_that_is_missing_is_named(code):
    done = start("manage.py", "check", **{**COMPLETE, **BREAK[code]})

    assert done.returncode == 1
    assert f"(heating.{code})" in done.stderr
    assert done.stderr.count("(heating.E") == 1


@pytest.mark.parametrize("key", ["short-but-Various-123", "a" * 60, "ab" * 30])
def test_a_short_or_simple_key_is_refused(settings, key):
    settings.PRODUCTION, settings.SECRET_KEY = True, key

    assert "heating.E002" in {error.id for error in run_checks()}


@pytest.mark.parametrize(
    "command",
    [
        ["-c", "import heating.wsgi"],
        ["-m", "celery", "-A", "heating", "worker"],
        ["-m", "celery", "-A", "heating", "beat"],
    ],
)
def test_web_worker_and_beat_do_not_start_half_set_up(command):
    done = start(*command, **{**COMPLETE, **BREAK["E003"], **BREAK["E006"]})

    assert done.returncode == 1
    assert "heating.E003: 生产环境须用 PostgreSQL。" in done.stderr
    assert "heating.E006: 生产环境不能打开演示模式。" in done.stderr


def test_the_embedded_profile_needs_nothing(tmp_path):
    done = start("manage.py", "check", VAR_DIR=str(tmp_path))

    assert (done.returncode, done.stderr) == (0, "")
    assert len((tmp_path / "secret_key").read_text()) >= 50
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
