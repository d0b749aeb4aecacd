"""A yard's book: one more movement, the stock of a day and the coal pages, in a short history and in a long one.

    python -m benchmarks.coal_book [--rows 1000000]

On SQLite in a temporary folder, and on PostgreSQL if there is one on this machine; with DATABASE_URL on that (empty)
database only. Ten yards of one county over a thousand days; the short history has one movement for each yard and day,
the long one as many more as `--rows` asks for. Medians; each ratio is the long history ÷ the short one in the same run.
"""

import argparse
import contextlib
import datetime as dt
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heating.settings")
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]
YARDS, DAYS = 10, 1000
SHORT_ROWS = YARDS * DAYS
USUAL_ROWS = 200_000
REPEATS = 21
CONTRACTS, BATCHES = 12, 60  # a company's; the arrivals go round both
BACK_DAYS = 30


def on_each_database(rows: int) -> int:
    from services import postgres

    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="coal-"))
        addresses = [f"sqlite:///{folder}/db.sqlite3"]
        try:
            addresses.append(stack.enter_context(postgres()))
        except FileNotFoundError:
            print("没有 PostgreSQL，只测 SQLite")
        command = [sys.executable, "-m", "benchmarks.coal_book", "--rows", str(rows)]
        environments = [{**os.environ, "DATABASE_URL": address, "VAR_DIR": folder} for address in addresses]
        return max(subprocess.run(command, cwd=ROOT, env=environment).returncode for environment in environments)


def on_this_database(rows: int) -> int:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    # No manifest, so that the benchmark runs before `collectstatic`.
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    call_command("migrate", verbosity=0)
    book = Book()
    book.fill(SHORT_ROWS)
    short = book.measured()
    book.fill(max(rows, SHORT_ROWS) - SHORT_ROWS)
    long = book.measured()
    print(
        f"{connection.vendor}：{YARDS} 个煤场、{DAYS} 天，{SHORT_ROWS} 条流水和 {max(rows, SHORT_ROWS)} 条流水，中位数"
    )
    print(f"{'':24}{'短 ms':>9}{'长 ms':>9}{'比率':>8}{'查询':>6}")
    for label, (value, queries) in long.items():
        before, _ = short[label]
        print(f"{label:<20}{before:>9.1f}{value:>9.1f}{value / before:>9.2f}{queries:>7}")
    return 0


class Book:
    """Ten yards of a county, what is written into them and what is asked of them."""

    def __init__(self) -> None:
        from django.test import Client

        from accounts.models import User
        from benchmarks.seed import make_county
        from coal.models import Yard
        from common import clock

        self.today, county = clock.today(), make_county()
        self.by = User.objects.get(username="company")
        companies = [self.by.unit, *(company for company in county.companies if company != self.by.unit)]
        self.yards = [
            Yard.objects.create(
                county=county.region, company=companies[n % 4], name=f"{n} 号煤场", capacity_t=Decimal(10_000_000)
            )
            for n in range(YARDS)
        ]
        self.buy(companies[:4], county.seasons[-1])
        self.client, self.numbers = Client(), iter(range(10**9))
        self.client.force_login(User.objects.get(username="bureau"), backend="accounts.backends.UnitBackend")

    def buy(self, companies: list[Any], season: Any) -> None:
        """What the arrivals name: contracts of the season, and batches that the laboratory has tested."""
        from coal.models import Contract, QualityBatch

        common = {"county": season.county, "entered_by": self.by}
        first, heat = season.summer_start_on, Decimal("20.934")
        Contract.objects.bulk_create(
            Contract(
                **common, company=company, season=season, number=f"HT-{n}", supplier="晋北煤业", kind="long_term",
                quantity_t=Decimal(100_000), signed_on=first, starts_on=first, ends_on=season.heating_end_on,
                heat_value_mj_per_kg=heat, sulphur_percent=Decimal(1),
            )
            for company in companies for n in range(CONTRACTS)
        )  # fmt: skip
        QualityBatch.objects.bulk_create(
            QualityBatch(
                **common, company=company, number=f"P-{n}", sampled_on=first, tested_on=first,
                # One in twenty is worse than agreed.
                heat_value_mj_per_kg=heat, sulphur_percent=Decimal("1.2" if n % 20 == 0 else "0.8"),
            )
            for company in companies for n in range(BATCHES)
        )  # fmt: skip

    def fill(self, rows: int) -> None:
        """So many more movements, as many on each day of each yard, and the balances that they give."""
        from django.db import connection, transaction

        from benchmarks.seed import day, moment, rows_sql

        first, last = self.yards[0].pk, self.today - dt.timedelta(DAYS + 1)
        date = day(last, f"1 + (n.i / {YARDS}) % {DAYS}")
        # 4 t come on every other day, 2 t go on the days between: the stock grows.
        comes = f"n.i / {YARDS} % {DAYS} % 2 = 0"
        values = {
            "yard_id": f"{first} + n.i % {YARDS}", "day": date, "entered_by_id": str(self.by.pk), "key": _uuid(),
            "kind": f"CASE WHEN {comes} THEN 'arrival' ELSE 'use' END", "entered_at": moment(date),
            "quantity_t": f"CASE WHEN {comes} THEN 4 ELSE 2 END", "heat_value_mj_per_kg": "20.934",
            "unit_price_yuan_per_t": f"CASE WHEN {comes} THEN 705.5 END",
            "stored_since": date, **dict.fromkeys(("transport", "note"), "''"),
            "contract": f"CASE WHEN {comes} THEN 'HT-' || (n.i / {2 * YARDS} % {CONTRACTS}) ELSE '' END",
            "batch": f"CASE WHEN {comes} THEN 'P-' || (n.i / {2 * YARDS} % {BATCHES}) ELSE '' END",
        }  # fmt: skip
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO coal_movement ({', '.join(values)}) "
                f"SELECT {', '.join(values.values())} FROM ({rows_sql(rows)}) AS n"
            )
            cursor.execute("DELETE FROM coal_stockday")
            cursor.execute(BALANCES)
            cursor.execute("DELETE FROM coal_arrivalday")
            cursor.execute(import_module("coal.migrations.0019_fill_arrival_days").FILL)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")

    def measured(self) -> dict[str, tuple[float, int]]:
        """{what: (milliseconds, queries)}"""
        from coal.balances import stock_at
        from coal.selectors import stock_by_yard

        def some_day() -> dt.date:
            return self.today - dt.timedelta(next(self.numbers) * 37 % DAYS)

        return {
            "登记一条到货": measure(lambda: self.arrive(self.today)),
            f"补记 {BACK_DAYS} 天前的到货": measure(lambda: self.arrive(self.today - dt.timedelta(BACK_DAYS))),
            "某煤场某日库存": measure(lambda: stock_at(self.yards[3], some_day())),
            "全部煤场某日库存": measure(lambda: stock_by_yard(self.yards, some_day())),
            "煤炭储备页": measure(lambda: self.page("/coal/")),
            "企业煤炭页": measure(lambda: self.page(f"/coal/companies/{self.by.unit_id}/")),
            "流水列表": measure(lambda: self.page("/coal/movements/")),
            "合同列表": measure(lambda: self.page("/coal/contracts/")),
            "煤质列表": measure(lambda: self.page("/coal/quality/")),
            "资金页": measure(lambda: self.page("/coal/funds/")),
            "煤场列表": measure(lambda: self.page("/coal/yards/")),
            "煤场页": measure(lambda: self.page(f"/coal/yards/{self.yards[3].pk}/")),
            "日报页": measure(lambda: self.page("/coal/reports/")),
        }

    def arrive(self, day: dt.date) -> None:
        from coal.bookkeeping import record_movement
        from coal.enums import MovementKind

        record_movement(
            self.yards[3], by=self.by, day=day, kind=MovementKind.ARRIVAL, quantity_t=Decimal("32.5"), contract="HT-1",
            batch="P-1",
        )  # fmt: skip

    def page(self, address: str) -> None:
        if self.client.get(address, headers={"host": "localhost"}).status_code != 200:
            raise SystemExit(f"{address} 打不开")


def measure(work: Callable[[], Any]) -> tuple[float, int]:
    """The median of the milliseconds, and the queries of one time more."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1000)
    with CaptureQueriesContext(connection) as queries:
        work()
    return statistics.median(times), len(queries)


def _uuid() -> str:
    from django.db import connection

    return "gen_random_uuid()" if connection.vendor == "postgresql" else "lower(hex(randomblob(16)))"


# The days as `coal.balances` would have carried them: no counts, no transfers, no losses.
BALANCES = """
INSERT INTO coal_stockday (yard_id, day, arrived_t, used_t, transferred_in_t, lost_t, transferred_out_t, close_t,
                           came_gj, received_t, received_gj, opens)
SELECT yard_id, day, arrived, used, 0, 0, 0,
       SUM(arrived - used) OVER book, arrived * 20.934, SUM(arrived) OVER book, SUM(arrived * 20.934) OVER book, FALSE
FROM (SELECT yard_id, day,
             SUM(CASE WHEN kind = 'arrival' THEN quantity_t ELSE 0 END) AS arrived,
             SUM(CASE WHEN kind = 'use' THEN quantity_t ELSE 0 END) AS used
      FROM coal_movement GROUP BY yard_id, day) AS days
WINDOW book AS (PARTITION BY yard_id ORDER BY day)
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=int(os.environ.get("ROWS") or USUAL_ROWS))
    rows = parser.parse_args().rows
    return on_this_database(rows) if os.environ.get("DATABASE_URL") else on_each_database(rows)


if __name__ == "__main__":
    sys.exit(main())
