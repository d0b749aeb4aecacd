"""What it costs to import a hotline's export, against floors measured in the same run.

    python benchmarks/orders_import.py [--rows 10000]

From the upload of an .xlsx to the ready piles wanted ≤ 5 × reading the file alone. A CSV is read so fast that its ratio
is told, not judged: only to write down its rows, once they are judged, takes longer than five times its reading. The
final transaction, which registers the orders and hands out all of them, ≤ 5 × a bare `bulk_create` of as many orders.
The fastest of several runs counts. Without DATABASE_URL the database is SQLite in a temporary folder; nothing that is
measured stays in it.
"""

# ruff: noqa: E402 - Django is set up before what needs it is imported

import argparse
import csv
import datetime as dt
import io
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from openpyxl import Workbook

from benchmarks.imports import USUAL_ROWS, prepared, undone
from benchmarks.spreadsheets import fastest, show, verdict
from common import clock
from common.spreadsheets.ledgers.registering import import_ready
from common.spreadsheets.models import ImportBatch
from common.spreadsheets.staging import discard_file, insert_rows, keep_upload, read_upload
from common.spreadsheets.tasks import importer_of
from common.spreadsheets.workbook import open_workbook
from complaints.models import Order
from facilities.models import Community, Season

MOST_READING, MOST_BULK_CREATE = 5.0, 5.0
HEAD = (
    "工单编号", "来电时间", "来源", "诉求人", "联系电话", "诉求地址", "诉求类型", "诉求内容", "承办单位", "紧急程度",
    "办结时限",
)  # fmt: skip
KINDS = (("温度不达标", "反映家中温度只有{}度，老人孩子受不了，要求尽快处理"), ("管线漏水", "反映楼道暖气管道漏水{}天"))


def orders(count: int, communities: list[tuple[str, str]], first: dt.datetime) -> Iterator[tuple[str, ...]]:
    """The lines of `count` orders that are all ready, none like another."""
    for n in range(count):
        community, company = communities[n % len(communities)]
        category, content = KINDS[n % 2]
        moment = first + dt.timedelta(minutes=n)
        house = f"{n % 30 + 1}号楼{n % 5 + 1}单元{n % 20 + 1}02室"
        yield (
            f"LL{n:012d}", f"{moment:%Y-%m-%d %H:%M}", "12345热线", "王先生", f"138{n:08d}", f"{community}{house}",
            category, content.format(n % 9 + 10), company, "一般", f"{moment + dt.timedelta(days=2):%Y-%m-%d %H:%M}",
        )  # fmt: skip


def as_csv(lines: Iterable[tuple[str, ...]]) -> bytes:
    """As most hotlines export: GB18030."""
    out = io.StringIO()
    csv.writer(out).writerows([HEAD, *lines])
    return out.getvalue().encode("gb18030")


def as_xlsx(lines: Iterable[tuple[str, ...]]) -> bytes:
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet()
    for line in (HEAD, *lines):
        sheet.append(line)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def staged(user: object, content: bytes) -> ImportBatch:
    batch = keep_upload(kind="complaints", owner=user, file=content, filename="12345.csv", context={})
    read_upload(batch, importer_of(batch, by=user))
    discard_file(batch)
    return batch


def exported(count: int, county: Any) -> tuple[bytes, bytes]:
    """The same orders as .xlsx and as CSV."""
    places = Community.objects.filter(county=county, company__isnull=False)
    communities = list(places.order_by("pk").values_list("name", "company__name")[:40])
    # The season that begins a year and more before today holds as many minutes as there are rows.
    season = Season.objects.filter(county=county, summer_start_on__lt=clock.today()).order_by("-name")[0]
    lines = list(orders(count, communities, dt.datetime.combine(season.summer_start_on, dt.time(8))))
    return as_xlsx(lines), as_csv(lines)


def speed(count: int) -> bool:
    user, _ = prepared()
    content, as_text = exported(count, user.unit.region.county)  # type: ignore[union-attr]
    alone, text_alone = fastest(lambda: open_workbook(content)), fastest(lambda: open_workbook(as_text))

    def stage(file: bytes) -> float:
        started = time.perf_counter()
        batch = staged(user, file)
        seconds = time.perf_counter() - started
        assert batch.rows.filter(pile="ready").count() == count, batch.rows.exclude(pile="ready").first()
        return seconds

    made: list[Order] = []

    def register() -> float:
        batch = staged(user, content)
        started = time.perf_counter()
        pks = import_ready(batch, importer_of(batch, by=user), dispatch=True)
        seconds = time.perf_counter() - started
        made[:] = Order.objects.filter(pk__gte=min(pks))
        assert all(order.dispatched_at for order in made) and len(made) == count
        return seconds

    def bare() -> float:
        for order in made:
            order.pk = None
        started = time.perf_counter()
        Order.objects.bulk_create(made, batch_size=500)
        return time.perf_counter() - started

    def write() -> float:
        batch = staged(user, as_text)
        rows = list(batch.rows.all())
        batch.rows.all().delete()
        started = time.perf_counter()
        insert_rows(rows)
        return time.perf_counter() - started

    writing = undone(write)
    staging, text_staging = undone(lambda: stage(content)), undone(lambda: stage(as_text))
    registering, floor = undone(register), undone(bare)
    show("只读 xlsx", count, alone, f"{len(content) / 2**20:.1f} MB")
    show("xlsx 上传到分好堆", count, staging, "")
    show("只读 csv", count, text_alone, f"{len(as_text) / 2**20:.1f} MB")
    show("csv 上传到分好堆", count, text_staging, f"÷ 只读 csv = {text_staging / text_alone:.1f}")
    show("其中只写入 csv 的各行", count, writing, f"÷ 只读 csv = {writing / text_alone:.1f}")
    show("bulk_create", count, floor, "")
    show("登记并派单", count, registering, "")
    return all(
        [
            verdict("分好堆 ÷ 只读 xlsx", staging / alone, MOST_READING, "≤"),
            verdict("登记并派单 ÷ bulk_create", registering / floor, MOST_BULK_CREATE, "≤"),
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=int(os.environ.get("ROWS") or USUAL_ROWS))
    return 0 if speed(parser.parse_args().rows) else 1


if __name__ == "__main__":
    sys.exit(main())
