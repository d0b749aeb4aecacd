"""The sweep over deadlines: one in twenty of the open hazards, or complaints, reaches a step, and its people are told.

    python -m benchmarks.sweep [--rows 1000000] [--kind complaint]

On SQLite in a temporary folder, and on PostgreSQL if there is one on this machine; with DATABASE_URL on that (empty)
database only. Floor: one bare INSERT … SELECT of as many records, with nothing looked up, checked or left out. Ratios:
a first sweep whose steps tell nobody ÷ the floor, at most 3; one after it that finds nothing new ÷ the first, at most
0.2; a first sweep that also puts news for one person into the outbox ÷ the first without, at most 3. And the overview
page while a sweep is at work ÷ at rest (PostgreSQL), medians, at most 2. The exit code is 1 if a ratio is above its
limit. The limits are for a long ledger: with fewer than a million rows what a sweep costs whatever it finds weighs too
much beside what is measured, and the ratios are only shown.
"""

import argparse
import contextlib
import datetime as dt
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heating.settings")
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]
USUAL_ROWS = 100_000
ROUNDS = 3
REACH_ONE_IN = 20
JUDGED_FROM = 1_000_000
FIRST_MOST, AGAIN_MOST, TOLD_MOST, PAGE_MOST = 3, 0.2, 3, 2
TEXTS = ("CharField", "TextField")
TABLES = {"hazard": "inspections_hazard", "complaint": "complaints_order"}


def on_each_database(rows: int, kind: str) -> int:
    from services import postgres

    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="sweep-"))
        addresses = [f"sqlite:///{folder}/db.sqlite3"]
        try:
            addresses.append(stack.enter_context(postgres()))
        except FileNotFoundError:
            print("没有 PostgreSQL，只测 SQLite")
        command = [sys.executable, "-m", "benchmarks.sweep", "--rows", str(rows), "--kind", kind]
        environments = [{**os.environ, "DATABASE_URL": address, "VAR_DIR": folder} for address in addresses]
        return max(subprocess.run(command, cwd=ROOT, env=environment).returncode for environment in environments)


def on_this_database(rows: int, kind: str) -> int:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from common import clock
    from notifications.models import Outgoing
    from supervision.kinds import KINDS
    from supervision.models import Escalation, SweepRun

    # No manifest, so that the benchmark runs before `collectstatic`.
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    call_command("migrate", verbosity=0)
    fill(rows, kind)
    reached = rows // REACH_ONE_IN
    times: dict[str, list[float]] = {name: [] for name in ("floor", "first", "second", "told", "told_again")}
    pages: dict[str, list[float]] = {"rest": [], "sweep": []}
    for _ in range(ROUNDS):
        run = SweepRun.objects.create(as_of=clock.today())
        times["floor"].append(timed(lambda run=run: bare_insert(run.pk, kind)))
        assert Escalation.objects.count() == reached
        for names, told in ((("first", "second"), False), (("told", "told_again"), True)):
            empty()
            tell(told)
            for name, expected in zip(names, (reached, 0), strict=True):
                times[name].append(timed(lambda expected=expected: sweep_finding(expected, kind)))
            assert Outgoing.objects.count() == told * reached
        empty()
        if connection.vendor == "postgresql":
            pages["rest"] += pages_while(lambda: time.sleep(1))
            pages["sweep"] += pages_while(lambda: sweep_finding(reached, kind))
            empty()
    floor, first, second, told, told_again = (min(times[name]) for name in times)
    ratios = [
        Ratio("直接插入同样多的记录", floor),
        Ratio("第一次检查，不通知", first, floor, "直接插入", FIRST_MOST),
        Ratio("再检查一次", second, first, "第一次", AGAIN_MOST),
        Ratio("第一次检查，各通知一人", told, first, "不通知的", TOLD_MOST),
        Ratio("再检查一次", told_again, told, "第一次", AGAIN_MOST),
    ]
    if pages["sweep"]:
        rest, during = (statistics.median(pages[name]) for name in ("rest", "sweep"))
        ratios += [Ratio("总览页，平时", rest), Ratio("总览页，检查期间", during, rest, "平时", PAGE_MOST)]
    print(f"{connection.vendor}：{rows} 件在办{KINDS[kind].label}，{reached} 件达到一步，{ROUNDS} 次中最快")
    print(f"{'':24}{'ms':>9}{'比率':>8}")
    for ratio in ratios:
        print(ratio)
    if rows < JUDGED_FROM:
        print(f"不足 {JUDGED_FROM} 条，只看不判")
        return 0
    broken = [ratio for ratio in ratios if ratio.is_broken]
    for ratio in broken:
        print(f"超出限度：{ratio.label}是{ratio.of}的 {ratio.value:.2f} 倍，应不超过 {ratio.most} 倍")
    return 1 if broken else 0


@dataclass(frozen=True)
class Ratio:
    """`ms` beside `floor_ms` of the same run, which `of` names; `most`: the limit, None for a figure without one."""

    label: str
    ms: float
    floor_ms: float | None = None
    of: str = ""
    most: float | None = None

    @property
    def value(self) -> float:
        return self.ms / self.floor_ms if self.floor_ms else 1.0

    @property
    def is_broken(self) -> bool:
        return self.most is not None and self.value > self.most

    def __str__(self) -> str:
        meant = f"{self.value:>9.2f}  ÷ {self.of}，≤ {self.most}" if self.most is not None else ""
        return f"{self.label:<20}{self.ms:>9.0f}{meant}"


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


def sweep_finding(expected: int, kind: str) -> None:
    from common import clock
    from supervision.sweep import sweep

    found = sum(sweep(clock.today()).new[kind].values())
    if found != expected:
        raise SystemExit(f"应新达到 {expected} 步，实为 {found} 步")


def bare_insert(run: int, kind: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO supervision_escalation "
            "(kind, item_id, due_on, step, level, repeat, reached_at, announced, run_id) "
            f"SELECT '{kind}', h.id, {_due_day(kind)}, 'remind-7', 1, 0, CURRENT_TIMESTAMP, {_true()}, {run} "
            f"FROM {TABLES[kind]} h WHERE h.id % {REACH_ONE_IN} = 0"
        )


def _due_day(kind: str) -> str:
    from django.db import connection

    if kind == "hazard":
        return "h.due_on"
    if connection.vendor == "postgresql":
        return "(h.due_at AT TIME ZONE 'Asia/Shanghai')::date"
    return "date(h.due_at, '+8 hours')"


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


def fill(rows: int, kind: str) -> None:
    """Open items of one company, every twentieth about to be due, the others in sixty days."""
    from django.db import connection, transaction

    from benchmarks.seed import indexes_built_afterwards, make_county, rows_sql

    county = make_county()
    company = county.bureau_users[0]._meta.model.objects.get(username="company").unit
    owned = {"county_id": str(county.region.pk), "season_id": str(county.seasons[1].pk)}
    values = hazard(owned, company.pk) if kind == "hazard" else order(owned, company.pk)
    with indexes_built_afterwards(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLES[kind]} ({', '.join(values)}) "
            f"SELECT {', '.join(values.values())} FROM ({rows_sql(rows)}) AS n"
        )
    empty()


def hazard(owned: dict[str, str], company: int) -> dict[str, str]:
    """SQL by column."""
    from benchmarks.seed import day, moment
    from common import clock
    from inspections.models import Hazard

    today = clock.today()
    date = day(today, "0")
    due = day(today, f"CASE WHEN n.i % {REACH_ONE_IN} = 0 THEN 7 ELSE 60 END")
    return {
        **_no_texts(Hazard), **owned, "id": "n.i", "sequence": "n.i",
        "number": "'YH-2026-' || n.i", "status": "'rectifying'", "status_since": moment(date), "version": "0",
        "round": "1", "problem_point": "'幸福小区换热站'", "description": "'阀门渗漏'", "grade": "'general'",
        "found_on": date, "lead_unit_id": str(company), "due_on": due, "original_due_on": due,
        "progress_percent": "0", "registered_at": moment(date), "acceptance_attempt": "0", "origin": "'{}'",
    }  # fmt: skip


def order(owned: dict[str, str], company: int) -> dict[str, str]:
    """SQL by column. About to be due is in three hours."""
    from common import clock
    from complaints.models import Order

    now, soon, late = (
        f"'{clock.now() + dt.timedelta(hours=hours):%Y-%m-%d %H:%M:%S}{_utc()}'" for hours in (0, 3, 60 * 24)
    )
    cast = "::timestamptz" if _utc() else ""
    due = f"CASE WHEN n.i % {REACH_ONE_IN} = 0 THEN {soon}{cast} ELSE {late}{cast} END"
    return {
        **_no_texts(Order), **owned, "id": "n.i", "sequence": "n.i",
        "number": "'TS-2026-' || n.i", "status": "'handling'", "status_since": f"{now}{cast}", "version": "0",
        "round": "1", "category": "'late_heating'", "urgency": "'ordinary'", "content": "'家里不热'",
        "address": "'幸福小区3号楼501室'", "company_id": str(company), "dispatched_at": f"{now}{cast}", "due_at": due,
        "original_due_at": due, "received_at": f"{now}{cast}", "registered_at": f"{now}{cast}", "origin": "'{}'",
    }  # fmt: skip


def _utc() -> str:
    from django.db import connection

    return "+00" if connection.vendor == "postgresql" else ""


def _no_texts(model: Any) -> dict[str, str]:
    return {field.column: "''" for field in model._meta.concrete_fields if field.get_internal_type() in TEXTS}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=int(os.environ.get("ROWS") or USUAL_ROWS))
    parser.add_argument("--kind", choices=TABLES, default="hazard")
    asked = parser.parse_args()
    run = on_this_database if os.environ.get("DATABASE_URL") else on_each_database
    return run(asked.rows, asked.kind)


if __name__ == "__main__":
    sys.exit(main())
