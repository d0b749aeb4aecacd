"""Complaints at ten thousand orders and at two million over five seasons: what pages ask, how often and how fast.

    python -m benchmarks.orders [--rows 2000000]

On PostgreSQL, started by the script; with DATABASE_URL on that server. Two databases of 400 communities are filled by
INSERT … SELECT. Ratio: many ÷ few, wanted ≤ 2, lists and checks in at most 12 queries, none of which reads a whole
table of orders (each is explained); the exit code is 1 if one of these is not kept. Apart from that stand what counts a
whole season and the county-wide check by the clock, which looks at all orders of three days: here 5 000 at 400 places,
each of which has enough of them to be held against its history.
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
REPEATS, MOST_RATIO, MOST_QUERIES, NO_SCANS = 7, 2.0, 12, "无"


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
    kept = True
    for (label, few, _, _, group), (_, many, queries, scans, _) in zip(*found, strict=True):
        ratio = float(many) / float(few)
        print(f"{label:<24}{float(few):>9.1f}{float(many):>9.1f}{ratio:>7.2f}{queries:>5}  {scans}")
        if group in ("list", "page"):
            kept = kept and ratio <= MOST_RATIO and scans == NO_SCANS
        if group == "list":
            kept = kept and int(queries) <= MOST_QUERIES
    return 0 if kept else 1


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
        print(f"{label}\t{milliseconds}\t{queries}\t{scans or NO_SCANS}\t{group}")
    return 0


def cases(county: Any) -> list[tuple[str, str, Callable[[], Any]]]:
    """(list, page or season, label, what to do); of `season` nothing is wanted, of `page` no number of queries."""
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
    latest = Order.objects.filter(season=season, company__isnull=False).order_by("-received_at")[:1000]
    order = next(order for order in latest if len(earlier_orders(order)) > 1)
    client = Client()
    client.force_login(by, backend="accounts.backends.UnitBackend")

    def page(address: str) -> None:
        assert client.get(address, headers={"host": "localhost"}).status_code == 200

    listed = [
        (group, label, lambda address=address: page(address))  # type: ignore[misc]
        for group, label, address in pages(order)
    ]
    return [
        *listed,
        ("list", "重复投诉检查", lambda: earlier_orders(order)),
        ("list", "集中投诉检查（一个小区）", lambda: check(county.region.pk, [order.community_id])),
        ("season", "集中投诉检查（全县）", lambda: check(county.region.pk)),
        ("list", "总览：未办结", lambda: open_orders(season_orders(by, season), now)),
        ("season", "投诉日报", lambda: summary(by, season, KINDS["day"], clock.today() - dt.timedelta(1))),
        ("season", "投诉指标（两季）", lambda: figures(by, season, now)),
        ("season", "投诉热点", lambda: hot_spots(by, season, now)),
    ]


def pages(order: Any) -> list[tuple[str, str, str]]:
    """(group, label, address) of what people open: the list as they narrow it, an order, the queue, the overview."""
    house = f"{order.building}号楼{order.building_unit}单元{order.room}室"
    narrowed = {
        "列表页": "",
        "某企业的": f"company={order.company_id}",
        "某企业的未办结": f"company={order.company_id}&tab=open",
        "某企业的某类": f"company={order.company_id}&category={order.category}",
        "某小区的": f"community={order.community.name}",
        "一天的": f"received_from={order.received_at:%Y-%m-%d}&received_to={order.received_at:%Y-%m-%d}",
        "已逾期": "tab=overdue",
        "电话后四位": f"phone={order.phone[-4:]}",
        "电话后六位": f"phone={order.phone[-6:]}",
        "地址：3号楼2单元": "q=3号楼2单元",
        "地址：小区和门牌": f"q={order.community.name} {house}",
        "内容：停暖": "q=停暖",
        "内容：没有的词": "q=锅炉房爆炸",
        "编号": f"q={order.number}",
    }
    return [
        *(("list", label, f"/complaints/?{query}") for label, query in narrowed.items()),
        ("list", "第二十页", "/complaints/?page=20"),
        ("list", "集中投诉页", "/complaints/clusters/"),
        ("page", "有重复的工单", order.get_absolute_url()),
        ("page", "待定企业", "/complaints/queue/"),
        # Its chart counts thirty days.
        ("season", "总览页", "/"),
    ]


def measured(ask: Callable[[], Any]) -> tuple[float, int, str]:
    """(median milliseconds, queries, tables of orders read from end to end)."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    ask()
    with CaptureQueriesContext(connection) as context:
        ask()
    # What is asked later takes the place of what was captured.
    asked = [query["sql"] for query in context.captured_queries]
    scans = {scan for sql in asked for scan in _scans(sql)}
    spent = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        ask()
        spent.append((time.perf_counter() - started) * 1000)
    return statistics.median(spent), len(asked), "、".join(sorted(scans))


def _scans(sql: str) -> set[str]:
    from django.db import connection

    if not sql.lstrip("( ").startswith("SELECT") or "complaints_" not in sql:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    return {
        table for table in ("complaints_order", "complaints_callback", "complaints_visit")
        if f"Seq Scan on {table} " in plan
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    return on_this_database(options.rows) if options.here else on_two_databases(options.rows)


if __name__ == "__main__":
    sys.exit(main())
