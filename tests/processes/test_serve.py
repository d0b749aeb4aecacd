"""`scripts/serve.py`, which `make run` ends in: one command starts all, and leaves nothing behind."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tables import migrate_site

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120
END_SECONDS = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(folder: Path, port: int) -> dict[str, str]:
    unset = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    return {**unset, "VAR_DIR": str(folder), "PORT": str(port), "DEMO": "false"}


def running() -> dict[int, int]:
    """Process → parent, zombies left out."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text().rsplit(")", 1)[1].split()[:2]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if state != "Z":
                found[int(entry.name)] = int(parent)
    return found


def family(root: int) -> set[int]:
    parents = running()
    members = {root}
    while more := {pid for pid, parent in parents.items() if parent in members} - members:
        members |= more
    return members


def gone(pids: set[int], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while pids & running().keys():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a site that has been started before."""
    folder = tmp_path_factory.mktemp("prepared")
    values = environment(folder, 0)
    migrate_site(values)
    subprocess.run([sys.executable, "manage.py", "collectstatic", "--noinput"], cwd=ROOT, env=values, check=True)
    return folder


@pytest.fixture
def site(tmp_path: Path, prepared: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    port = free_port()
    shutil.copytree(prepared, tmp_path / "var")
    with open(tmp_path / "log", "w") as log:
        process = subprocess.Popen(
            [sys.executable, "scripts/serve.py"],
            cwd=ROOT,
            env=environment(tmp_path / "var", port),
            stdout=log,
            stderr=log,
            text=True,
        )
    members = {process.pid}
    try:
        deadline = time.monotonic() + START_SECONDS
        while "网站已启动" not in (tmp_path / "log").read_text():
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.2)
        while len([pid for pid in family(process.pid) if "celery" in cmdline(pid)]) < 2:
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.2)
        members = family(process.pid)
        yield process, port
    finally:
        for pid in members & running().keys():
            os.kill(pid, signal.SIGKILL)
        process.wait()


def answer(port: int, path: str) -> tuple[int, str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
        return response.status, response.read().decode()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_is_ready_at_once_and_ends_with_all_its_children(site, number):
    process, port = site
    members = family(process.pid)

    assert answer(port, "/healthz") == (200, "ok")
    assert answer(port, "/readyz")[1].startswith('{"ready": true, "sweep_age_seconds": ')
    assert "供热保障" in answer(port, "/accounts/login/")[1]
    assert len(members) >= 5  # this one, gunicorn and a process of its own, the Celery worker and beat

    process.send_signal(number)

    assert process.wait(END_SECONDS) == 0
    assert gone(members, 1)


def test_a_killed_supervisor_takes_its_children_with_it(site):
    process, _ = site
    members = family(process.pid)

    process.kill()
    process.wait()

    assert gone(members, END_SECONDS)


def test_a_site_that_cannot_serve_says_so_and_ends(site):
    process, _ = site
    members = family(process.pid)
    (web,) = [pid for pid in members if "gunicorn" in cmdline(pid) and running().get(pid) == process.pid]

    os.kill(web, signal.SIGTERM)

    assert process.wait(END_SECONDS) == 1
    assert gone(members, 1)


def test_a_lost_worker_is_started_again(site):
    process, _ = site
    (worker,) = [pid for pid in family(process.pid) if "celery" in cmdline(pid) and running().get(pid) == process.pid]

    os.kill(worker, signal.SIGKILL)

    deadline = time.monotonic() + END_SECONDS
    while not [pid for pid in family(process.pid) - {worker} if "celery" in cmdline(pid)]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    assert process.wait(END_SECONDS) == 0


def cmdline(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


@pytest.mark.parametrize(("port", "said"), [("", "请换一个端口：make run PORT=8001"), ("80x", "PORT=80x 不是端口号")])
def test_a_port_that_cannot_be_had_is_named(tmp_path, port, said):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        values = environment(tmp_path, taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "scripts/serve.py"],
            cwd=ROOT,
            env={**values, "PORT": port or values["PORT"]},
            capture_output=True,
            text=True,
            timeout=60,
        )

    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
