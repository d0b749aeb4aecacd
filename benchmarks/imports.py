"""What it costs to import a ledger, against floors measured in the same run.

    python benchmarks/imports.py [--rows 10000]

From the upload to the ready piles wanted ≤ 5 × reading the file alone (its cells as texts); the final transaction ≤ 3 ×
a bare `bulk_create` of as many hazards; and a process that reads 50 000 rows takes at most 300 MB in all. The fastest
of several runs counts; memory is measured in a process of its own. Without DATABASE_URL the database is SQLite in a
temporary folder; with it, that database, which is filled if it is empty. Nothing that is measured stays in it.
"""

# ruff: noqa: E402 - Django is set up before what needs it is imported

import argparse
import datetime as dt
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
SCRATCH = tempfile.TemporaryDirectory(prefix="imports-")
os.environ.setdefault("DATABASE_URL", f"sqlite:///{SCRATCH.name}/bench.sqlite3")
os.environ.setdefault("MEDIA_ROOT", f"{SCRATCH.name}/media")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heating.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import transaction

from accounts.enums import UnitKind
from accounts.models import Unit, User
from benchmarks.seed import seed
from benchmarks.spreadsheets import fastest, show, verdict
from common.spreadsheets.plain import write_plain
from common.spreadsheets.staging import discard_file, read_upload
from common.spreadsheets.workbook import open_workbook
from inspections.importing import Stager
from inspections.ledger import HAZARDS
from inspections.models import Hazard
from tests.hazard_imports import import_ready

USUAL_ROWS, LARGE = 10_000, 50_000
ROUNDS = 3
MOST_READING, MOST_BULK_CREATE, MOST_MEMORY_MB = 5.0, 3.0, 300.0
MEASURE = "--measure-memory"
COLUMNS = (
    "sequence", "facility_kind", "problem_point", "description", "grade", "found_on", "measure", "responsible_unit",
    "responsible_person", "phone", "due_on", "acceptance_standard", "claimed_closed", "remark",
)  # fmt: skip


def ledger(count: int, units: list[str]) -> bytes:
    """An .xlsx of `count` entries that are all ready, none like another."""
    day = dt.date(2026, 6, 1)

    def rows() -> Iterator[tuple[object, ...]]:
        for n in range(count):
            yield (
                n + 1, "station", f"幸福小区{n // 40 + 1}号楼{n % 40 + 1}单元", f"循环泵第{n}处轴封漏水，地面有积水",
                "general", day + dt.timedelta(days=n % 40), "更换轴封并做打压试验", units[n % len(units)], "周德福",
                f"138{n:08d}", dt.date(2026, 9, 30), "打压试验1.5倍工作压力30分钟无渗漏", "否", None,
            )  # fmt: skip

    out = io.BytesIO()
    write_plain(out, ledger=HAZARDS, rows=rows(), columns=COLUMNS)
    return out.getvalue()


def prepared() -> tuple[User, list[str]]:
    call_command("migrate", verbosity=0)
    if not Hazard.objects.exists():
        seed(2_000)
    user = User.objects.select_related("unit__region").get(username="bureau")
    companies = Unit.objects.filter(kind=UnitKind.HEATING_COMPANY, region__code__startswith=user.unit.region.code)  # type: ignore[union-attr]
    return user, list(companies.order_by("pk").values_list("name", flat=True)[:8])


def undone(work: Callable[[], float]) -> float:
    """The fastest of several runs of what gives its own seconds, each rolled back."""
    best = float("inf")
    for _ in range(ROUNDS):
        with transaction.atomic():
            best = min(best, work())
            transaction.set_rollback(True)
    return best


def speed(count: int) -> bool:
    user, units = prepared()
    content = ledger(count, units)
    alone = fastest(lambda: open_workbook(content))

    def stage() -> float:
        started = time.perf_counter()
        batch = Stager(by=user).stage(content, filename="台账.xlsx")
        seconds = time.perf_counter() - started
        assert batch.rows.filter(pile="ready").count() == count
        discard_file(batch)
        return seconds

    hazards: list[Hazard] = []

    def register() -> float:
        batch = Stager(by=user).stage(content, filename="台账.xlsx")
        discard_file(batch)
        started = time.perf_counter()
        registered = import_ready(batch, by=user)
        seconds = time.perf_counter() - started
        hazards[:] = registered
        return seconds

    def bare() -> float:
        for hazard in hazards:
            hazard.pk = None
        started = time.perf_counter()
        Hazard.objects.bulk_create(hazards, batch_size=500)
        return time.perf_counter() - started

    staged, registered, floor = undone(stage), undone(register), undone(bare)
    show("只读文件", count, alone, f"{len(content) / 2**20:.1f} MB")
    show("上传到分好堆", count, staged, "")
    show("bulk_create", count, floor, "")
    show("登记入库", count, registered, "")
    return all(
        [
            verdict("分好堆 ÷ 只读文件", staged / alone, MOST_READING, "≤"),
            verdict("登记入库 ÷ bulk_create", registered / floor, MOST_BULK_CREATE, "≤"),
        ]
    )


def memory(count: int) -> bool:
    if not Path("/proc/self/status").exists():
        return True
    _, units = prepared()
    path = Path(SCRATCH.name) / "large.xlsx"
    path.write_bytes(ledger(count, units))
    command = [sys.executable, "-m", "benchmarks.imports", MEASURE, str(path)]
    environment = {**os.environ, "TMPDIR": SCRATCH.name}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    return verdict(f"读 {count} 行的内存峰值（MB）", float(done.stdout), MOST_MEMORY_MB, "≤")


def measure_memory(path: Path) -> None:
    """Stage the file as a worker does, in parts; print the peak of the whole process in MB."""
    user = User.objects.select_related("unit__region").get(username="bureau")
    with path.open("rb") as file:
        stager = Stager(by=user)
        batch = stager.keep(file, filename="台账.xlsx")
        read_upload(batch, stager, progress=lambda done, total: None)
    discard_file(batch)
    batch.delete()
    status = Path("/proc/self/status").read_text()
    print(next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=int(os.environ.get("ROWS") or USUAL_ROWS))
    parser.add_argument(MEASURE, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure_memory:
        measure_memory(options.measure_memory)
        return 0
    good = speed(options.rows)
    return 0 if memory(LARGE) and good else 1


if __name__ == "__main__":
    sys.exit(main())
