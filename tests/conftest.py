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

from heating.celery import app
from tests.tables import begin_with_template

pytest_plugins = ["tests.cast"]

ROOT = Path(__file__).resolve().parent.parent
PROCESSES = ROOT / "tests" / "processes"
WORKER_START_SECONDS = 30


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    begin_with_template()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What `make test` runs on the other database is not chosen here rather than skipped: on SQLite what needs
    PostgreSQL, on PostgreSQL what is the same on either (`either_database`).

    Processes first, which take longest: a storm that begins last leaves the other processors idle, which meanwhile
    take over what is behind it (`--dist worksteal`)."""
    items.sort(key=lambda item: PROCESSES not in item.path.parents)
    if settings.DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
        left = [item for item in items if item.get_closest_marker("either_database")]
    else:
        left = [item for item in items if "on_postgresql" in getattr(item, "fixturenames", ())]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


@pytest.fixture(autouse=True)
def _scratch_settings(settings, tmp_path):  # type: ignore[no-untyped-def]
    """Uploads go to a scratch folder, passwords hash fast, and no cache entry reaches the next test."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    locmem = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": locmem, "LOCATION": str(tmp_path)}}
    settings.DEMO = False


def _redis_of(worker_id: str) -> str:
    """Each process of pytest-xdist has a database of the Redis for itself; "" without Redis."""
    url = os.environ.get("TEST_REDIS_URL", "")
    number = worker_id.removeprefix("gw") if worker_id != "master" else "0"
    return url and f"{url.rsplit('/', 1)[0]}/{number}"


@pytest.fixture(scope="session", autouse=True)
def _scratch_broker(worker_id: str) -> None:
    """Tasks that tests send never reach the worker of a site that runs on this machine."""
    app.conf.broker_url = _redis_of(worker_id) or "memory://"
    app.conf.broker_transport_options = {}


@pytest.fixture(scope="session")
def redis_url(worker_id: str) -> str:
    """A real Redis, started by `make test`."""
    url = _redis_of(worker_id)
    if not url:
        pytest.skip("no Redis: run the suite with `make test`")
    return url


@pytest.fixture
def on_postgresql() -> None:
    """For tests of races and of processes of their own, which mean something on a database server only."""


@pytest.fixture
def test_database_url(on_postgresql: None, django_db_serialized_rollback: None, transactional_db: None) -> str:
    """The address of the test database, for processes of their own. Only what is committed can be seen there."""
    values = connection.settings_dict
    return f"postgres://{quote(values['USER'])}@{values['HOST']}:{values['PORT']}/{values['NAME']}"


@pytest.fixture
def celery_worker_process(redis_url: str, test_database_url: str, tmp_path: Path) -> Iterator[Path]:
    """A real worker on the real broker and the test database; what tests send with `.delay()` gets there.

    Yields the file with the worker's log, one JSON object a line.
    """
    environment = {
        **os.environ,
        "REDIS_URL": redis_url,
        "DATABASE_URL": test_database_url,
        "VAR_DIR": str(tmp_path / "var"),
        "MEDIA_ROOT": str(tmp_path / "media"),
        "SECRET_KEY": settings.SECRET_KEY,
        "LOG_LEVEL": "INFO",
        "LOG_JSON": "true",
    }
    path = tmp_path / "worker.log"
    options = ["-P", "threads", "-c", "2", "--purge", "--without-mingle", "--without-gossip"]
    with open(path, "w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-q", "-A", "heating", "worker", *options],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        deadline = time.monotonic() + WORKER_START_SECONDS
        while " ready." not in path.read_text():
            assert process.poll() is None, path.read_text()
            assert time.monotonic() < deadline, f"the worker did not start:\n{path.read_text()}"
            time.sleep(0.2)
        yield path
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
