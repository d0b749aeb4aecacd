"""Complaints at ten thousand orders and at two million over five seasons: what pages ask, how often and how fast.

    python -m benchmarks.orders [--rows 2000000]

On PostgreSQL, started by the script; with DATABASE_URL on that server. Two databases of 400 communities are filled by
INSERT … SELECT. Ratio: many ÷ few, wanted ≤ 2; apart from it stand what counts a whole season and the county-wide check
by the clock, which looks at all orders of three days. Every query on orders is explained: of the first group none may
read the whole table.
"""

import argparse
import contextlib
import datetime as dt
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heating.settings")
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]
FEW, SEASONS, COMMUNITIES, STATIONS = 10_000, 5, 400, 100
REPEATS, MOST_RATIO, MOST_QUERIES = 7, 2.0, 12


def _connected(url: str) -> Any:
    """A server that has just been started may not answer yet."""
    import psycopg

    for _ in range(60):
        try:
            return psycopg.connect(url.replace("postgres://", "postgresql://"), autocommit=True)
        except psycopg.OperationalError:
            time.sleep(0.5)
    raise SystemExit("PostgreSQL 没有应答")


def on_two_databases(rows: int) -> int:
    from services import postgres

    with contextlib.ExitStack() as stack:
        url = os.environ.get("DATABASE_URL") or stack.enter_context(postgres())
        found = []
        for count in (FEW, rows):
            name = f"orders_{count}"
            with _connected(url) as server:
                server.execute(f'DROP DATABASE IF EXISTS "{name}"')
                server.execute(f'CREATE DATABASE "{name}"')
            environment = {**os.environ, "DATABASE_URL": f"{url.rsplit('/', 1)[0]}/{name}"}
            command = [sys.executable, "-m", "benchmarks.orders", "--here", "--rows", str(count)]
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
            sys.stderr.write(done.stderr)
            if done.returncode:
                return done.returncode
            print(done.stdout.split("----\n")[0], end="")
            found.append([line.split("\t") for line in done.stdout.split("----\n")[1].splitlines()])
    print(f"{'':30}{'少 ms':>9}{'多 ms':>9}{'比率':>7}{'查询':>5}  全表扫描")
    worst = 0.0
    for (label, few, _, _, group), (_, many, queries, scans, _) in zip(*found, strict=True):
        ratio = float(many) / float(few)
        print(f"{label:<24}{float(few):>9.1f}{float(many):>9.1f}{ratio:>7.2f}{queries:>5}  {scans}")
        if group == "row":
            worst = max(worst, ratio)
    return int(worst > MOST_RATIO)


def on_this_database(rows: int) -> int:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    call_command("migrate", verbosity=0)
    from benchmarks.orders_seed import seed_orders

    started = time.perf_counter()
    county = seed_orders(rows, seasons=SEASONS, communities=COMMUNITIES, stations=STATIONS)
    print(f"{rows} 件工单，{time.perf_counter() - started:.0f} 秒")
    print("----")
    for group, label, ask in cases(county):
        milliseconds, queries, scans = measured(ask)
        print(f"{label}\t{milliseconds}\t{queries}\t{scans or '无'}\t{group}")
    return 0


def cases(county: Any) -> list[tuple[str, str, Callable[[], Any]]]:
    """(row or season, label, what to do); only those of `row` are wanted at twice the time at most."""
    from django.test import Client

    from accounts.models import User
    from common import clock
    from complaints.clusters import check
    from complaints.figures import figures
    from complaints.hot_spots import hot_spots
    from complaints.models import Order
    from complaints.repeats import earlier_orders
    from complaints.summary import KINDS, summary
    from dashboard.complaints import open_orders, season_orders

    by, season, now = User.objects.get(username="bureau"), county.seasons[-1], clock.now()
    visible = Order.objects.visible_to(by)
    orders = visible.filter(county=season.county_id, season=season)
    latest = Order.objects.filter(season=season).order_by("-received_at")[:1000]
    order = next(order for order in latest if len(earlier_orders(order)) > 1)
    client = Client()
    client.force_login(by, backend="accounts.backends.UnitBackend")

    def searched(text: str) -> list[Order]:
        found = orders.filter(visible.search_condition(text))
        return list(found.select_related("company", "community").in_list_order()[:50])

    def page(address: str) -> None:
        assert client.get(address, headers={"host": "localhost"}).status_code == 200

    return [
        ("row", "列表第一页", lambda: list(orders.select_related("company").in_list_order()[:50])),
        ("row", "某企业的列表", lambda: list(orders.filter(company=order.company_id).in_list_order()[:50])),
        ("row", "电话后四位", lambda: list(visible.phone_ends_with(order.phone[-6:])[:50])),
        ("row", "地址一段：3号楼2单元", lambda: searched("3号楼2单元")),
        ("row", "重复投诉检查", lambda: earlier_orders(order)),
        ("row", "集中投诉检查（一个小区）", lambda: check(county.region.pk, [order.community_id])),
        ("season", "集中投诉检查（全县）", lambda: check(county.region.pk)),
        ("row", "总览：未办结", lambda: open_orders(season_orders(by, season), now)),
        ("row", "集中投诉页", lambda: page("/complaints/clusters/")),
        ("season", "投诉日报", lambda: summary(by, season, KINDS["day"], clock.today() - dt.timedelta(1))),
        ("season", "投诉指标（两季）", lambda: figures(by, season, now)),
        ("season", "投诉热点", lambda: hot_spots(by, season, now)),
    ]


def measured(ask: Callable[[], Any]) -> tuple[float, int, str]:
    """(median milliseconds, queries, tables of orders read from end to end)."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    ask()
    with CaptureQueriesContext(connection) as context:
        ask()
    scans = {scan for query in context.captured_queries for scan in _scans(query["sql"])}
    spent = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        ask()
        spent.append((time.perf_counter() - started) * 1000)
    return statistics.median(spent), len(context), "、".join(sorted(scans))


def _scans(sql: str) -> set[str]:
    from django.db import connection

    if not sql.lstrip("( ").startswith("SELECT") or "complaints_" not in sql:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    return {
        table for table in ("complaints_order", "complaints_callback", "complaints_visit")
        if f"Seq Scan on {table}" in plan
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    return on_this_database(options.rows) if options.here else on_two_databases(options.rows)


if __name__ == "__main__":
    sys.exit(main())
