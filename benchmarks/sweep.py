"""The sweep over deadlines: one in twenty of the open hazards reaches a step, and its people are told.

    python -m benchmarks.sweep [--rows 1000000]

On SQLite in a temporary folder, and on PostgreSQL if there is one on this machine; with DATABASE_URL on that (empty)
database only. Floor: one bare INSERT … SELECT of as many records, with nothing looked up, checked or left out. Ratios:
a first sweep whose steps tell nobody ÷ the floor; one after it that finds nothing new ÷ the first; a first sweep that
also puts news for one person into the outbox ÷ the first without. And the overview page while a sweep is at work ÷ at
rest (PostgreSQL), medians.
"""

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heating.settings")
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]
USUAL_ROWS = 100_000
ROUNDS = 3
REACH_ONE_IN = 20
TEXTS = ("CharField", "TextField")


def on_each_database(rows: int) -> int:
    from services import postgres

    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="sweep-"))
        addresses = [f"sqlite:///{folder}/db.sqlite3"]
        try:
            addresses.append(stack.enter_context(postgres()))
        except FileNotFoundError:
            print("没有 PostgreSQL，只测 SQLite")
        command = [sys.executable, "-m", "benchmarks.sweep", "--rows", str(rows)]
        environments = [{**os.environ, "DATABASE_URL": address, "VAR_DIR": folder} for address in addresses]
        return max(subprocess.run(command, cwd=ROOT, env=environment).returncode for environment in environments)


def on_this_database(rows: int) -> int:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from common import clock
    from notifications.models import Outgoing
    from supervision.models import Escalation, SweepRun

    # No manifest, so that the benchmark runs before `collectstatic`.
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    call_command("migrate", verbosity=0)
    fill(rows)
    reached = rows // REACH_ONE_IN
    times: dict[str, list[float]] = {name: [] for name in ("floor", "first", "second", "told", "told_again")}
    pages: dict[str, list[float]] = {"rest": [], "sweep": []}
    for _ in range(ROUNDS):
        run = SweepRun.objects.create(as_of=clock.today())
        times["floor"].append(timed(lambda run=run: bare_insert(run.pk)))
        assert Escalation.objects.count() == reached
        for names, told in ((("first", "second"), False), (("told", "told_again"), True)):
            empty()
            tell(told)
            for name, expected in zip(names, (reached, 0), strict=True):
                times[name].append(timed(lambda expected=expected: sweep_finding(expected)))
            assert Outgoing.objects.count() == told * reached
        empty()
        if connection.vendor == "postgresql":
            pages["rest"] += pages_while(lambda: time.sleep(1))
            pages["sweep"] += pages_while(lambda: sweep_finding(reached))
            empty()
    floor, first, second, told, told_again = (min(times[name]) for name in times)
    print(f"{connection.vendor}：{rows} 条在办隐患，{reached} 条达到一步，{ROUNDS} 次中最快")
    print(f"{'':24}{'ms':>9}{'比率':>8}")
    for label, value, ratio, meant in (
        ("直接插入同样多的记录", floor, 1.0, ""),
        ("第一次检查，不通知", first, first / floor, "÷ 直接插入，≤ 3"),
        ("再检查一次", second, second / first, "÷ 第一次，≤ 0.2"),
        ("第一次检查，各通知一人", told, told / first, "÷ 不通知的，≤ 3"),
        ("再检查一次", told_again, told_again / told, "÷ 第一次，≤ 0.2"),
    ):
        print(f"{label:<20}{value:>9.0f}{ratio:>9.2f}  {meant}")
    if pages["sweep"]:
        rest, during = (statistics.median(pages[name]) for name in ("rest", "sweep"))
        print(f"{'总览页，平时':<20}{rest:>9.0f}")
        print(f"{'总览页，检查期间':<20}{during:>9.0f}{during / rest:>9.2f}  ÷ 平时，≤ 2（{len(pages['sweep'])} 次）")
    return 0


def pages_while(work: Callable[[], object]) -> list[float]:
    """Milliseconds of each overview page that was asked for while the work was done."""
    from django.db import connection
    from django.test import Client

    from accounts.models import User

    client, found = Client(), []
    client.force_login(User.objects.get(username="bureau"))
    if client.get("/", headers={"host": "localhost"}).status_code != 200:
        raise SystemExit("总览页打不开")

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    while thread.is_alive():
        found.append(timed(lambda: client.get("/", headers={"host": "localhost"}).content))
    thread.join()
    return found


def tell(told: bool) -> None:
    """Whether the steps tell the company, or nobody."""
    from supervision.models import AUDIENCE, PolicyStep

    PolicyStep.objects.update(**{name: told and name == "tells_company" for name in AUDIENCE}, is_proposed=False)


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def sweep_finding(expected: int) -> None:
    from common import clock
    from supervision.sweep import sweep

    found = sum(sweep(clock.today()).new["hazard"].values())
    if found != expected:
        raise SystemExit(f"应新达到 {expected} 步，实为 {found} 步")


def bare_insert(run: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO supervision_escalation "
            "(kind, item_id, due_on, step, level, repeat, reached_at, announced, run_id) "
            f"SELECT 'hazard', h.id, h.due_on, 'remind-7', 1, 0, CURRENT_TIMESTAMP, {_true()}, {run} "
            f"FROM inspections_hazard h WHERE h.id % {REACH_ONE_IN} = 0"
        )


def _true() -> str:
    from django.db import connection

    return "TRUE" if connection.vendor == "postgresql" else "1"


def empty() -> None:
    from django.db import connection

    from notifications.models import Outgoing
    from supervision.models import Escalation

    for model in (Outgoing, Escalation):
        model.objects.all()._raw_delete(model.objects.db)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def fill(rows: int) -> None:
    """Open hazards of one company, every twentieth due in seven days, the others in sixty."""
    from django.db import connection, transaction

    from benchmarks.seed import day, indexes_built_afterwards, make_county, moment, rows_sql
    from common import clock
    from inspections.models import Hazard

    county, today = make_county(), clock.today()
    company = county.bureau_users[0]._meta.model.objects.get(username="company").unit
    date = day(today, "0")
    due = day(today, f"CASE WHEN n.i % {REACH_ONE_IN} = 0 THEN 7 ELSE 60 END")
    values = {
        **{field.column: "''" for field in Hazard._meta.concrete_fields if field.get_internal_type() in TEXTS},
        "id": "n.i", "county_id": str(county.region.pk), "season_id": str(county.seasons[1].pk), "sequence": "n.i",
        "number": "'YH-2026-' || n.i", "status": "'rectifying'", "status_since": moment(date), "version": "0",
        "round": "1", "problem_point": "'幸福小区换热站'", "description": "'阀门渗漏'", "grade": "'general'",
        "found_on": date, "lead_unit_id": str(company.pk), "due_on": due, "original_due_on": due,
        "progress_percent": "0", "registered_at": moment(date), "acceptance_attempt": "0", "origin": "'{}'",
    }  # fmt: skip
    with indexes_built_afterwards(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO inspections_hazard ({', '.join(values)}) "
            f"SELECT {', '.join(values.values())} FROM ({rows_sql(rows)}) AS n"
        )
    empty()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=int(os.environ.get("ROWS") or USUAL_ROWS))
    rows = parser.parse_args().rows
    return on_this_database(rows) if os.environ.get("DATABASE_URL") else on_each_database(rows)


if __name__ == "__main__":
    sys.exit(main())
