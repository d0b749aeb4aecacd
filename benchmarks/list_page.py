"""The hazard list at a thousand rows and at a million: the whole page, through the test client and every middleware.

    DATABASE_URL=… python benchmarks/list_page.py [--rows 1000000] [--keep]

Without DATABASE_URL on SQLite, in a temporary folder, with 200 000 rows. On PostgreSQL two databases are made beside
the one named. `--keep` leaves them, and takes them as they are the next time. Each case is asked of both sizes in turn,
and the fastest of several answers counts. Ratio: many rows ÷ few rows, wanted ≤ 2. Every query on the ledger is
explained: none may read the whole table.
"""

# ruff: noqa: E402 - Django is set up before what needs it is imported

import argparse
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
SCRATCH = tempfile.TemporaryDirectory(prefix="list-page-")
os.environ.setdefault("DATABASE_URL", f"sqlite:///{SCRATCH.name}/bench.sqlite3")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heating.settings")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.template import engines
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from benchmarks.seed import seed
from common import clock
from inspections.models import Hazard
from inspections.selectors import next_step
from inspections.tables import HazardTable

FEW = 1_000
ROUNDS = 15
ANSWERS = 3
MOST_TURNS = 20
MOST_QUERIES = 12
MOST_RATIO = 2.0
COLUMNS = [
    "number", "status", "problem_point", "description", "facility_kind", "grade", "lead_unit", "responsible_person",
    "township", "found_on", "due_on", "progress_percent", "urgency", "next_step",
]  # fmt: skip
LAST_PAGE = "last"


@dataclass(frozen=True)
class Case:
    label: str
    params: dict[str, str]


CASES = (
    Case("第 1 页", {}),
    Case("第 1000 页（较小时为末页）", {"page": LAST_PAGE}),
    Case("已逾期、较大", {"tab": "overdue", "grade": "serious"}),
    Case(
        "换热站、9 月发现、限期",
        {"kind": "station", "found_from": "2026-09-01", "found_to": "2026-09-30", "urgency": "limited"},
    ),
    Case("牵头或配合：北苑供热站", {"unit": "北苑供热站"}),
    Case("少见的组合", {"source": "third_party_test", "urgency": "engineering", "category": "electric"}),
    Case("按时限排序", {"sort": "due_on"}),
    Case("两个字，常见：管道", {"q": "管道"}),
    Case("两个字，少见：膨胀", {"q": "膨胀"}),
    Case("五个字，常见：供水管道外", {"q": "供水管道外"}),
    Case("五个字，少见：膨胀水箱溢", {"q": "膨胀水箱溢"}),
    Case("五个字，没有：管道膨胀裂", {"q": "管道膨胀裂"}),
)


# The same 50 rows and 14 columns as a person would write them in a template.
PLAIN_LOOP = """<table><tbody>{% for row in rows %}<tr><td><a href="/hazards/{{ row.pk }}/">{{ row.number }}</a></td>
<td><span class="state">{{ row.get_status_display }}</span></td>
<td title="{{ row.problem_point }}">{{ row.problem_point }}</td>
<td title="{{ row.description }}">{{ row.description }}</td><td>{{ row.get_facility_kind_display }}</td>
<td><span class="state">{{ row.get_grade_display }}</span></td><td>{{ row.lead_unit.label }}</td>
<td>{{ row.responsible_person }}</td><td>{{ row.township.name }}</td><td>{{ row.found_on|date:"Y-m-d" }}</td>
<td class="{% if row.due_on < today %}late{% endif %}">{{ row.due_on|date:"Y-m-d" }}</td>
<td>{{ row.progress_percent }}</td><td>{{ row.get_urgency_display }}</td><td>{{ row.next_step }}</td></tr>
{% endfor %}</tbody></table>"""


class Ledger:
    """One of the two databases: made, filled, and asked through signed-in browsers."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        base = str(connection.settings_dict["NAME"])
        self.name = f"{base}_list_{rows}" if connection.vendor == "postgresql" else f"{base}.{rows}"

    def prepare(self) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.name])
                if not cursor.fetchone():
                    cursor.execute(f'CREATE DATABASE "{self.name}"')
        with self.open():
            call_command("migrate", verbosity=0)
            if Hazard.objects.count() != self.rows:
                seed(self.rows)
            User.objects.update(list_columns={"hazards": COLUMNS})
            self.clients = {name: Client() for name in ("bureau", "company")}
            for name, client in self.clients.items():
                client.force_login(User.objects.get(username=name), backend="accounts.backends.UnitBackend")
            units = User._meta.get_field("unit").related_model.objects
            self.unit_pks = dict(units.values_list("name", "pk"))

    @contextmanager
    def open(self) -> Iterator[None]:
        before = connection.settings_dict["NAME"]
        connection.close()
        connection.settings_dict["NAME"] = self.name
        yield
        connection.close()
        connection.settings_dict["NAME"] = before

    def url(self, case: Case, user: str) -> str:
        params = dict(case.params)
        if params.get("page") == LAST_PAGE:
            own = min(5_000, max(self.rows // 8, 1)) if user == "company" else self.rows - self.rows // 2
            params["page"] = str(min(1_000, -(-own // 50)))
        if "unit" in params:
            params["unit"] = str(self.unit_pks[params["unit"] if user == "bureau" else "惠民供热中心"])
        return f"/hazards/?{urlencode(params)}"

    def drop(self) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f'DROP DATABASE "{self.name}"')


def answer_ms(client: Client, url: str) -> float:
    started = time.perf_counter()
    response = client.get(url)
    spent = (time.perf_counter() - started) * 1000
    if response.status_code != 200:
        raise SystemExit(f"{url}：{response.status_code}")
    return spent


def queries_of(client: Client, url: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    return [query["sql"] for query in captured]


def full_scans(queries: list[str]) -> list[str]:
    """Steps of the plans that read the whole ledger."""
    found = []
    for sql in queries:
        if "inspections_hazard" not in sql or not sql.lstrip("( ").startswith("SELECT"):
            continue
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(f"EXPLAIN {sql}")
                steps = [row[0] for row in cursor.fetchall()]
                found += [step.strip() for step in steps if re.search(r"Seq Scan on inspections_hazard\b", step)]
            else:
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
                steps = [row[3] for row in cursor.fetchall()]
                found += [step for step in steps if re.match(r"SCAN (inspections_hazard|U\d)\b(?!.*USING)", step)]
    return found


def rendering_is_lean() -> bool:
    """Print what the list's table costs beside a plain loop over the same rows; whether it is at most twice as much."""
    request = RequestFactory().get("/hazards/")
    request.user = User.objects.select_related("unit").get(username="bureau")
    rows = Hazard.objects.select_related("lead_unit", "township")
    table = HazardTable.for_request(request, rows, user=request.user)
    for row in table.page.object_list:
        row.next_step = next_step(row)
    lean, plain = engines["django"].get_template("partials/table.html"), engines["django"].from_string(PLAIN_LOOP)
    spent: dict[str, list[float]] = {"列表的表格": [], "模板循环": []}
    for _ in range(ROUNDS):
        started = time.perf_counter()
        lean.render({"table": table})
        between = time.perf_counter()
        plain.render({"rows": table.page.object_list, "today": clock.today()})
        spent["列表的表格"].append((between - started) * 1000)
        spent["模板循环"].append((time.perf_counter() - between) * 1000)
    lean_ms, plain_ms = min(spent["列表的表格"]), min(spent["模板循环"])
    sys.stdout.write(
        f"渲染 50 行 × 14 列：列表 {lean_ms:.1f}，模板循环 {plain_ms:.1f}，倍数 {lean_ms / plain_ms:.2f}\n"
    )
    return lean_ms <= MOST_RATIO * plain_ms


def measure(few: Ledger, many: Ledger, user: str, case: Case) -> bool:
    """Print one line; whether it is as wanted."""
    spent: dict[int, list[float]] = {few.rows: [], many.rows: []}
    for ledger in (few, many):
        with ledger.open():
            url = ledger.url(case, user)
            answer_ms(ledger.clients[user], url)
            queries = queries_of(ledger.clients[user], url)
            scans = full_scans(queries) if ledger is many else []
    for turn in range(MOST_TURNS):  # in turn, so that both meet the same weather
        for ledger in (few, many):
            with ledger.open():
                url = ledger.url(case, user)
                answer_ms(ledger.clients[user], url)
                spent[ledger.rows] += [answer_ms(ledger.clients[user], url) for _ in range(ANSWERS)]
        # On a busy machine it is asked again before it is called slow.
        if turn >= 3 and min(spent[many.rows]) <= MOST_RATIO * min(spent[few.rows]):
            break
    best_few, best_many = min(spent[few.rows]), min(spent[many.rows])
    ratio = best_many / best_few
    good = ratio <= MOST_RATIO and len(queries) <= MOST_QUERIES and not scans
    sys.stdout.write(
        f"{user:8} {best_few:7.1f} {best_many:7.1f} {ratio:6.2f} {len(queries):4}  {'' if good else '✗ '}{case.label}"
        f"{'  全表扫描：' + '；'.join(scans) if scans else ''}\n"
    )
    sys.stdout.flush()
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    usual = 1_000_000 if connection.vendor == "postgresql" else 200_000
    parser.add_argument("--rows", type=int, default=int(os.environ.get("ROWS", usual)))
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    # Hashed file names need a build of the front end, which is not what is measured.
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    few, many = Ledger(FEW), Ledger(options.rows)
    for ledger in (few, many):
        ledger.prepare()
    sys.stdout.write(f"{connection.vendor}，{FEW} 条与 {options.rows} 条，整页毫秒数\n")
    sys.stdout.write(f"{'身份':6} {'少':>6} {'多':>6} {'倍数':>5} 查询  情形\n")
    results = [measure(few, many, user, case) for user in ("bureau", "company") for case in CASES]
    with few.open():
        results.append(rendering_is_lean())
    if not options.keep:
        for ledger in (few, many):
            ledger.drop()
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
