"""A site of real processes on PostgreSQL and Redis, or on the embedded profile, in which anything may be killed.

Runs as a module too: `python -m tests.processes.storm_site seed|facts` works on the site's database and prints JSON.
"""

import contextlib
import datetime as dt
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ITEMS = 2_000
# Days between the first and the last deadline, around today.
SPREAD = 60
AHEAD = "CLOCK_AHEAD_DAYS"
# Read by every Python process of the site: the clock stands so many days ahead.
CLOCK = f"""
import os
if days := int(os.environ.get("{AHEAD}", "0")):
    import datetime as dt
    import time_machine
    time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=days), tick=True).start()
"""


class Site:
    """`workers` and `beats` as processes of their own, each in a session of its own, so that it dies whole."""

    def __init__(self, folder: Path, environment: dict[str, str], *, options: tuple[str, ...] = ()) -> None:
        self.folder, self.options = folder, options
        clock = folder / "clock"
        clock.mkdir()
        (clock / "sitecustomize.py").write_text(CLOCK)
        unset = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
        self.environment = {
            **unset, "VAR_DIR": str(folder / "var"), "SWEEP_PERIOD_SECONDS": "2", "OUTBOX_LEASE_SECONDS": "5",
            "DEMO": "false",
            "PYTHONPATH": os.pathsep.join([str(clock), str(ROOT)]), **environment,
        }  # fmt: skip
        (folder / "var").mkdir()
        self.workers: list[subprocess.Popen[bytes]] = []
        self.beats: list[subprocess.Popen[bytes]] = []

    def manage(self, *command: str) -> None:
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=self.environment, check=True)

    def ask(self, what: str) -> Any:
        command = [sys.executable, "-m", "tests.processes.storm_site", what]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout)

    def start(self, *, workers: int, beats: int) -> None:
        self.workers += [self._worker() for _ in range(workers)]
        self.beats += [self._beat(n) for n in range(beats)]

    def _worker(self) -> subprocess.Popen[bytes]:
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
        return self._celery("worker", "-P", "threads", "-c", "2", *quiet, *self.options)

    def _beat(self, number: int) -> subprocess.Popen[bytes]:
        schedule = self.folder / f"schedule-{number}-{time.monotonic_ns()}"
        return self._celery("beat", "--schedule", str(schedule), "--pidfile", "", "--max-interval", "1")

    def _celery(self, *command: str) -> subprocess.Popen[bytes]:
        with open(self.folder / "log", "ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "celery", "-q", "-A", "heating", *command], cwd=ROOT, env=self.environment,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def kill_a_worker(self) -> None:
        """SIGKILL for one of them, another in its place."""
        victim = self.workers.pop(random.randrange(len(self.workers)))
        _kill(victim)
        self.workers.append(self._worker())

    def stop(self) -> None:
        for process in (*self.workers, *self.beats):
            _kill(process)
        self.workers, self.beats = [], []

    def move_clock(self, days: int) -> None:
        """All are stopped and come up again with a clock that is so many days ahead."""
        workers, beats = len(self.workers), len(self.beats)
        self.stop()
        self.environment[AHEAD] = str(days)
        self.start(workers=workers, beats=beats)

    def wait_until_quiet(self, seconds: float) -> dict[str, Any]:
        """Until everything that has been reached is recorded and sent; the facts then, or those of the last look."""
        until = time.monotonic() + seconds
        while True:
            facts: dict[str, Any] = self.ask("facts")
            if (not facts["missing"] and not facts["waiting"]) or time.monotonic() > until:
                return facts
            time.sleep(3)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextlib.contextmanager
def site(folder: Path, environment: dict[str, str], *, options: tuple[str, ...] = ()) -> Iterator[Site]:
    """With its tables and ITEMS hazards in it."""
    made = Site(folder, environment, options=options)
    try:
        made.manage("migrate", "-v0")
        made.ask("seed")
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder / "var", ignore_errors=True)


# --- on the site's database -------------------------------------------------------------------------------------------


def seed() -> dict[str, int]:
    """Hazards with deadlines around today; one in ten is closed, and one in ten has none."""
    from common import clock
    from tests.cast import build_cast
    from tests.factories import HazardFactory

    cast, today = build_cast(), clock.today()
    for n in range(ITEMS):
        HazardFactory(
            season=cast.season, lead_unit=(cast.chengyuan, cast.beiyuan)[n % 2],
            status="closed" if n % 10 == 0 else "rectifying",
            due_on=None if n % 10 == 1 else today + dt.timedelta(days=n % SPREAD - SPREAD // 2),
        )  # fmt: skip
    return {"items": ITEMS}


def facts() -> dict[str, Any]:
    """What there is against what a loop over all hazards, one by one, says there must be."""
    from django.db.models import Count

    from common import clock
    from inspections.models import Hazard
    from notifications.models import Message, Outgoing
    from supervision.kinds import HAZARD
    from supervision.ladder import reached
    from supervision.models import Escalation
    from supervision.policy import ladders
    from supervision.working_days import working_calendar

    calendar, now, shares = working_calendar(), clock.now(), ladders(HAZARD)
    wanted = set()
    for hazard in Hazard.objects.filter(status="rectifying", due_on__isnull=False):
        steps = next(each.steps for each in shares if each.holds_for(hazard, HAZARD))
        # A repetition that passed while nobody looked is not made up for: only the steps themselves are certain.
        due_on = hazard.due_on
        wanted |= {(hazard.pk, str(due_on), each.step.code) for each in reached(steps, due_on, now, calendar)}
    records = list(Escalation.objects.values_list("item_id", "due_on", "step", "repeat"))
    there = {(pk, str(due_on), step) for pk, due_on, step, _ in records}
    states = dict(Outgoing.objects.values_list("state").annotate(Count("pk")))
    told = Message.objects.values("recipient", "key").annotate(messages=Count("pk"))
    return {
        "wanted": len(wanted),
        "missing": len(wanted - there),
        "unwanted": len(there - wanted),
        "records": len(records),
        "doubled": len(records) - len(set(records)),
        "waiting": states.get("waiting", 0),
        "sent": states.get("sent", 0),
        "failed": states.get("failed", 0),
        "unsent_messages": Outgoing.objects.filter(state="sent", message__isnull=True).count(),
        "messages": Message.objects.count(),
        "told_twice": told.filter(messages__gt=1).count(),
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heating.settings")
    import django

    django.setup()
    sys.stdout.write(json.dumps({"seed": seed, "facts": facts}[sys.argv[1]]()))
