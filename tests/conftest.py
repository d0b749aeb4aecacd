"""What all tests share: the cast, a scratch place for files, and real services where `make test` provides them."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

pytest_plugins = ["tests.cast"]

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _scratch_settings(settings, tmp_path, worker_id):  # type: ignore[no-untyped-def]
    """Uploads go to a scratch folder, passwords hash fast, and no cache entry reaches the next test."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": str(tmp_path)}}
    settings.DEMO = False


@pytest.fixture(scope="session")
def redis_url() -> str:
    """A real Redis, started by `make test`."""
    url = os.environ.get("TEST_REDIS_URL")
    if not url:
        pytest.skip("no Redis: run the suite with `make test`")
    return url


@pytest.fixture
def on_postgresql() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("races mean something on PostgreSQL only")


@pytest.fixture
def test_database_url(transactional_db: None) -> str:
    """The address of the test database, for processes of their own. Only what is committed can be seen there."""
    values = connection.settings_dict
    if connection.vendor != "postgresql":
        pytest.skip("a process of its own needs a database server")
    return f"postgres://{quote(values['USER'])}@{values['HOST']}:{values['PORT']}/{values['NAME']}"


@pytest.fixture
def celery_worker_process(redis_url: str, test_database_url: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """A real worker on the real broker and the test database; yields the environment it runs in."""
    environment = {
        **os.environ,
        "REDIS_URL": redis_url,
        "DATABASE_URL": test_database_url,
        "VAR_DIR": str(tmp_path / "var"),
        "SECRET_KEY": settings.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "heating.settings",
        "LOG_LEVEL": "INFO",
    }
    log = open(tmp_path / "worker.log", "w+")
    command = [sys.executable, "-m", "celery", "-A", "heating", "worker", "-P", "threads", "-c", "2", "-l", "INFO"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 30
        while " ready." not in (tmp_path / "worker.log").read_text():
            assert process.poll() is None, (tmp_path / "worker.log").read_text()
            assert time.monotonic() < deadline, "the worker did not start"
            time.sleep(0.2)
        yield environment
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
        log.close()
