"""A site of real processes on PostgreSQL and Redis, or on the embedded profile, in which anything may be killed.

Runs as a module too: `python -m tests.processes.storm_site seed|sweep|moves|decisions|quiet|facts` works on the site's
database and prints JSON; `moves` and `decisions` go on until they are terminated.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

from tests.processes.storm_items import FOLDER, ITEMS, MOVED, MOVES
from tests.tables import migrate_site

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 240
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
    """`workers` and `beats` as processes of their own, each in a session of its own, so that it dies whole; and
    `people` who move items and decide about proposals meanwhile."""

    def __init__(self, folder: Path, environment: dict[str, str], *, options: tuple[str, ...] = ()) -> None:
        self.folder, self.options = folder, options
        clock = folder / "clock"
        clock.mkdir()
        (clock / "sitecustomize.py").write_text(CLOCK)
        unset = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
        self.environment = {
            **unset, "VAR_DIR": str(folder / "var"), "SWEEP_PERIOD_SECONDS": "2", "OUTBOX_LEASE_SECONDS": "5",
            "DEMO": "false", FOLDER: str(folder / "journal"),
            "PYTHONPATH": os.pathsep.join([str(clock), str(ROOT)]), **environment,
        }  # fmt: skip
        for name in ("var", "journal"):
            (folder / name).mkdir()
        self.workers: list[subprocess.Popen[bytes]] = []
        self.beats: list[subprocess.Popen[bytes]] = []
        self.people: list[subprocess.Popen[bytes]] = []

    def ask(self, what: str) -> Any:
        command = self._module(what)
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout)

    def _module(self, what: str) -> list[str]:
        return [sys.executable, "-m", "tests.processes.storm_site", what]

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
        return self._run([sys.executable, "-m", "celery", "-q", "-A", "heating", *command])

    def _run(self, command: list[str]) -> subprocess.Popen[bytes]:
        with open(self.folder / "log", "ab") as log:
            return subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def kill_a_worker(self) -> None:
        """SIGKILL for one of them, another in its place."""
        victim = self.workers.pop(random.randrange(len(self.workers)))
        _kill(victim)
        self.workers.append(self._worker())

    def live(self) -> None:
        """People begin to work."""
        self.people += [self._run(self._module(what)) for what in ("moves", "decisions")]

    def rest(self) -> None:
        """They finish what they are at, and stop."""
        for process in self.people:
            process.terminate()
        ended = [process.wait(timeout=60) for process in self.people]
        self.people = []
        assert not any(ended), (self.folder / "log").read_text()[-3000:]

    def stop(self) -> None:
        for process in (*self.workers, *self.beats):
            _kill(process)
        self.workers, self.beats = [], []

    def oversleep(self, days: int, moves: int) -> None:
        """Once there was a sweep all stop; so many days later somebody sweeps by hand, and people make so many moves
        and go on before any process comes up again that could send what is to be told."""
        self._wait_for(lambda: self.ask("quiet")["last_sweep"])
        workers, beats = len(self.workers), len(self.beats)
        self.stop()
        self.rest()
        self.environment[AHEAD] = str(days)
        self.ask("sweep")
        enough = self._written() + moves
        self.live()
        self._wait_for(lambda: self._written() >= enough)
        self.start(workers=workers, beats=beats)

    def wait_for_moves(self, moves: int, kinds: Collection[str] = ()) -> None:
        """Until people have made so many in all, and each of these at least once: on a fast machine it takes longer."""
        self._wait_for(lambda: self._written() >= moves + ITEMS // MOVED and set(kinds) <= self._made())

    def _made(self) -> set[str]:
        """The kinds of moves that came to pass; a line that is being written counts with the next look."""
        text = (self.folder / "journal" / MOVES).read_text()
        found = [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
        return {line["move"] for line in found if line.get("move") and line["outcome"] == "done"}

    def _written(self) -> int:
        return (self.folder / "journal" / MOVES).read_text().count("\n")

    def _wait_for(self, what: Callable[[], Any]) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while not what():
            assert time.monotonic() < until, (self.folder / "log").read_text()[-3000:]
            time.sleep(0.5)

    def wait_until_quiet(self, seconds: float) -> dict[str, Any]:
        """The facts once everything that has been reached is recorded and sent, or so many seconds have passed."""
        until = time.monotonic() + seconds
        since = self.ask("quiet")["now"]
        while time.monotonic() < until:
            time.sleep(2)
            found = self.ask("quiet")
            if found["waiting"]:
                since = found["now"]
            elif found["found_nothing"] > since:
                break
        facts: dict[str, Any] = self.ask("facts")
        return facts

    def wait_until_wrong(self, kinds: Collection[str], seconds: float) -> dict[str, Any]:
        """The facts as soon as one of these is wrong, or so many seconds have passed."""
        until = time.monotonic() + seconds
        facts: dict[str, Any] = self.ask("facts")
        while not set(kinds) & set(facts["wrong"]) and time.monotonic() < until:
            time.sleep(2)
            facts = self.ask("facts")
        return facts


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextlib.contextmanager
def site(folder: Path, environment: dict[str, str], *, options: tuple[str, ...] = ()) -> Iterator[Site]:
    """With its tables and hazards in it."""
    made = Site(folder, environment, options=options)
    try:
        migrate_site(made.environment)
        made.ask("seed")
        yield made
    finally:
        for process in made.people:
            _kill(process)
        made.stop()
        shutil.rmtree(folder / "var", ignore_errors=True)


# --- on the site's database -------------------------------------------------------------------------------------------


def sweep() -> dict[str, Any]:
    """By hand, and nothing is sent."""
    from common import clock
    from supervision.sweep import sweep as sweep_deadlines

    return {"new": sweep_deadlines(clock.today()).new}


def quiet() -> dict[str, Any]:
    """How much waits to be sent; when the last sweep of today began that came to its end, and the last of these that
    found nothing new (ISO, empty if there was none)."""
    from common import clock
    from notifications.models import Outgoing
    from supervision.models import SweepRun

    runs = SweepRun.objects.filter(error="", finished_at__isnull=False, as_of=clock.today()).order_by("started_at")
    swept, idle = runs.last(), runs.filter(escalations=None).last()
    return {
        "now": clock.now().isoformat(),
        "last_sweep": swept.started_at.isoformat() if swept else "",
        "found_nothing": idle.started_at.isoformat() if idle else "",
        # Counted at the end: what these have written is in it.
        "waiting": Outgoing.objects.filter(state="waiting").count(),
    }


def main(what: str) -> dict[str, Any]:
    from tests.processes import storm_facts, storm_items, storm_life

    known: dict[str, Callable[[], dict[str, Any]]] = {
        "seed": storm_items.seed, "sweep": sweep, "moves": storm_life.moves, "decisions": storm_life.decisions,
        "quiet": quiet, "facts": storm_facts.facts,
    }  # fmt: skip
    return known[what]()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heating.settings")
    import django

    django.setup()
    sys.stdout.write(json.dumps(main(sys.argv[1]), ensure_ascii=False))
