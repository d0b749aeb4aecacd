"""The sweep over deadlines: one in twenty of the open hazards reaches a step, and its people are told.

    python -m benchmarks.sweep [--rows 1000000]

On SQLite in a temporary folder, and on PostgreSQL if there is one on this machine; with DATABASE_URL on that (empty)
database only. Floor: a bare INSERT … SELECT of as many records and messages into the same tables, with nothing looked
up, checked or left out. Ratios: the first sweep, and a second one that finds nothing new, each ÷ the floor.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
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
    from django.core.management import call_command
    from django.db import connection

    from common import clock
    from supervision.models import Escalation, SweepRun

    call_command("migrate", verbosity=0)
    fill(rows)
    reached, times = rows // REACH_ONE_IN, {"floor": [], "first": [], "second": []}
    for _ in range(ROUNDS):
        run = SweepRun.objects.create(as_of=clock.today())
        times["floor"].append(timed(lambda run=run: bare_inserts(run.pk)))
        assert Escalation.objects.count() == reached
        empty()
        for name, expected in (("first", reached), ("second", 0)):
            times[name].append(timed(lambda expected=expected: sweep_finding(expected)))
        empty()
    floor, first, second = (min(times[name]) for name in ("floor", "first", "second"))
    print(f"{connection.vendor}：{rows} 条在办隐患，{reached} 条达到一步，每条通知一人，{ROUNDS} 次中最快")
    print(f"{'':24}{'ms':>9}{'÷ 直接插入':>12}")
    for label, value in (("直接插入同样多的行", floor), ("第一次检查", first), ("再检查一次", second)):
        print(f"{label:<20}{value:>9.0f}{value / floor:>12.2f}")
    return 0


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


def bare_inserts(run: int) -> None:
    from django.db import connection, transaction

    text = "CAST(h.id AS text)"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO supervision_escalation (kind, item_id, due_on, step, level, reached_at, announced, run_id) "
            f"SELECT 'hazard', h.id, h.due_on, 'remind-7', 1, CURRENT_TIMESTAMP, {_true()}, {run} "
            f"FROM inspections_hazard h WHERE h.id % {REACH_ONE_IN} = 0"
        )
        cursor.execute(
            "INSERT INTO notifications_message (recipient_id, key, subject, body, path, created_at) "
            f"SELECT u.id, 'sweep:hazard:' || {text} || ':2026-09-30:remind-7', h.number || ' 距时限还有 7 天', "
            f"h.problem_point || ' 时限 2026-09-30', '/hazards/' || {text} || '/', CURRENT_TIMESTAMP "
            f"FROM inspections_hazard h, accounts_user u WHERE u.username = 'company' AND h.id % {REACH_ONE_IN} = 0"
        )


def _true() -> str:
    from django.db import connection

    return "TRUE" if connection.vendor == "postgresql" else "1"


def empty() -> None:
    from django.db import connection

    from notifications.models import Message
    from supervision.models import Escalation

    for model in (Message, Escalation):
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
