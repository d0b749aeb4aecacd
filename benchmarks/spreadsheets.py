"""What it costs to write a ledger as an .xlsx in the official look, against floors measured in the same run.

    python benchmarks/spreadsheets.py [--rows 100000]

100 000 rows × 16 styled columns: wanted ≤ 3 × the same rows written with `csv`, ≥ 15 × as fast as bare openpyxl
(write-only, the same styles; measured on fewer rows, per row), and at most 60 MB above the idle process. From the
database wanted ≤ 2 × the same rows from memory. The fastest of several runs counts; memory is measured in a process of
its own. Without DATABASE_URL the database is SQLite in a temporary folder, filled with twice the rows (half of them
of the present season); with it, that database, which is filled if it is empty.
"""

# ruff: noqa: E402 - Django is set up before what needs it is imported

import argparse
import csv
import datetime as dt
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from copy import copy
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
SCRATCH = tempfile.TemporaryDirectory(prefix="spreadsheets-")
os.environ.setdefault("DATABASE_URL", f"sqlite:///{SCRATCH.name}/bench.sqlite3")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heating.settings")

import django

django.setup()

from django.core.management import call_command
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from accounts.models import User
from benchmarks import vocabulary
from benchmarks.seed import seed
from common import clock
from common.spreadsheets.ledgers.exporting import Look, write_chosen
from common.spreadsheets.official import write_official
from common.spreadsheets.styles import DATE_FORMAT, dress
from inspections.export_rows import export_rows
from inspections.exporting import chosen_hazards
from inspections.kind import HazardKind
from inspections.ledger import EXPORT_COLUMNS, HAZARDS
from inspections.models import Hazard

USUAL_ROWS = 100_000
ROUNDS = 3
OPENPYXL_ROWS = 3_000
MOST_CSV, LEAST_OPENPYXL, MOST_MEMORY_MB, MOST_FROM_DATABASE = 3.0, 15.0, 60.0, 2.0
COLUMNS = HAZARDS.shown  # sixteen
MEASURE = "--measure-memory"

Row = tuple[Any, ...]


def made_up_rows(count: int) -> Iterator[Row]:
    """Rows of the sixteen columns in the words of the made-up county: some columns repeat, others hardly."""
    names = vocabulary.communities()
    points = [point for _, point in vocabulary.points(names)]
    findings, people = list(vocabulary.findings()), vocabulary.people()
    first = dt.date(2026, 6, 1)
    for i in range(1, count + 1):
        description, kind, _ = findings[i * 6151 % len(findings)]
        company = vocabulary.COMPANIES[i % len(vocabulary.COMPANIES)]
        yield (
            i, company, kind, points[i * 7919 % len(points)], description, ("general", "serious", "major")[i % 3],
            first + dt.timedelta(i % 100), "更换老化管段，恢复保温，做打压试验", company,
            "万家物业" if i % 6 == 0 else "", people[i * 31 % len(people)], f"138{i * 7907 % 10**8:08d}",
            first + dt.timedelta(60 + i % 90), "打压试验1.5倍工作压力30分钟无渗漏", "否" if i % 3 else "是", None,
        )  # fmt: skip


def write_ours(path: Path, rows: Any, columns: Any = COLUMNS) -> None:
    with path.open("wb") as out:
        write_official(
            out, ledger=HAZARDS, rows=rows, columns=columns, title="2026年临岭县供热“冬病夏治”隐患排查整改台账",
            unit_line="填报单位：临岭县住房和城乡建设局", date_line="填报日期：2026年8月3日",
        )  # fmt: skip


def write_csv(path: Path, rows: list[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8-sig") as out:
        csv.writer(out).writerows(rows)


def write_openpyxl(path: Path, rows: list[Row]) -> None:
    """Bare openpyxl in write-only mode, each cell dressed as ours are."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    columns = HAZARDS.pick(COLUMNS)
    # The looks are made once and shared by all cells.
    looks = [_look(column.is_centred, "General") for column in columns]
    date_look = _look(True, DATE_FORMAT)
    for row in rows:
        cells = []
        for column, value, look in zip(columns, row, looks, strict=True):
            cell = WriteOnlyCell(sheet, column.format(value))
            cell.font, cell.border, cell.alignment, cell.number_format = (
                date_look if isinstance(value, dt.date) else look
            )
            cells.append(cell)
        sheet.append(cells)
    book.save(path)


def _look(is_centred: bool, number_format: str) -> tuple[Any, Any, Any, str]:
    cell = Workbook().active.cell(1, 1)
    dress(cell, is_centred=is_centred, number_format=number_format)
    return copy(cell.font), copy(cell.border), copy(cell.alignment), number_format


def fastest(write: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Seconds."""
    best = float("inf")
    for _ in range(rounds):
        started = time.perf_counter()
        write()
        best = min(best, time.perf_counter() - started)
    return best


# --- memory ---------------------------------------------------------------------------------------------------------


def memory_kb(what: str) -> int:
    """VmRSS, or VmHWM: the most that it has been."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1])
    raise LookupError(what)


def measure_memory(rows: int) -> None:
    """In a process of its own: how much more than when idle the process takes while it writes."""
    path = Path(SCRATCH.name) / "memory.xlsx"
    write_ours(path, made_up_rows(10))  # what is imported and laid out once belongs to the idle process
    idle = memory_kb("VmRSS")
    write_ours(path, made_up_rows(rows))
    print((memory_kb("VmHWM") - idle) / 1024)


def peak_mb(rows: int) -> float | None:
    """None where there is no /proc."""
    if not Path("/proc/self/status").exists():
        return None
    command = [sys.executable, "-m", "benchmarks.spreadsheets", MEASURE, "--rows", str(rows)]
    return float(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


# --- the parts ------------------------------------------------------------------------------------------------------


def export_part(count: int) -> bool:
    """From memory, against `csv` and openpyxl. Whether all is as wanted."""
    folder = Path(SCRATCH.name)
    rows = list(made_up_rows(count))
    ours = fastest(lambda: write_ours(folder / "ours.xlsx", rows))
    floor = fastest(lambda: write_csv(folder / "floor.csv", rows))
    few = min(OPENPYXL_ROWS, count)
    bare = fastest(lambda: write_openpyxl(folder / "bare.xlsx", rows[:few]), 2) / few * count
    peak = peak_mb(count)
    size = (folder / "ours.xlsx").stat().st_size / 2**20
    show("csv", count, floor, "")
    show(f"openpyxl write-only（按 {few} 行推算）", count, bare, "")
    show("上报格式", count, ours, f"{size:.1f} MB")
    results = [
        verdict("÷ csv", ours / floor, MOST_CSV, "≤"),
        verdict("openpyxl ÷ 上报格式", bare / ours, LEAST_OPENPYXL, "≥"),
    ]
    if peak is not None:
        results.append(verdict("内存峰值高出空闲时（MB）", peak, MOST_MEMORY_MB, "≤"))
    return all(results)


def database_part(count: int) -> bool:
    """The export of a ledger in the database, against the same rows from memory."""
    folder = Path(SCRATCH.name)
    call_command("migrate", verbosity=0)
    if not Hazard.objects.exists():
        seed(2 * count)
    user = User.objects.get(username="bureau")
    chosen = chosen_hazards(user)
    rows = list(export_rows(chosen.items, EXPORT_COLUMNS, clock.today()))
    from_memory = fastest(lambda: write_ours(folder / "memory.xlsx", rows, EXPORT_COLUMNS))

    def export() -> None:
        with (folder / "database.xlsx").open("wb") as out:
            write_chosen(out, HazardKind(), chosen, by=user, look=Look.OFFICIAL)

    from_database = fastest(export)
    show(f"从内存（{len(EXPORT_COLUMNS)} 列）", len(rows), from_memory, "")
    show("从数据库", len(rows), from_database, "")
    return verdict("从数据库 ÷ 从内存", from_database / from_memory, MOST_FROM_DATABASE, "≤")


def show(label: str, rows: int, seconds: float, note: str) -> None:
    print(f"{label:<34} {rows:>9} 行 {seconds:>8.2f} 秒 {rows / seconds:>10.0f} 行/秒  {note}", flush=True)


def verdict(label: str, value: float, wanted: float, sign: str) -> bool:
    good = value <= wanted if sign == "≤" else value >= wanted
    print(f"{label:<34} {value:>9.2f}    要求 {sign} {wanted:g}  {'达到' if good else '没有达到'}", flush=True)
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=int(os.environ.get("ROWS") or USUAL_ROWS))
    parser.add_argument(MEASURE, action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure_memory:
        measure_memory(options.rows)
        return 0
    good = export_part(options.rows)
    return 0 if database_part(options.rows) and good else 1


if __name__ == "__main__":
    sys.exit(main())
