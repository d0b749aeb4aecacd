"""What it costs to render a list page: 50 rows × 14 columns, four ways, in one run.

    python benchmarks/table_rendering.py [ROWS]

Printed per way: the best of several runs in ms, and its ratio to the same rows in a plain template loop.
"""

import datetime as dt
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heating.settings")

import django

django.setup()

import django_tables2  # noqa: E402
from django.http import QueryDict  # noqa: E402
from django.template import engines  # noqa: E402
from django.test import RequestFactory, override_settings  # noqa: E402

from common import tables  # noqa: E402
from common.clock import today  # noqa: E402
from common.paging import LedgerPage, Pager, Total  # noqa: E402
from facilities.enums import FacilityKind  # noqa: E402
from inspections.enums import Grade, HazardStatus, Source, Urgency  # noqa: E402

ROUNDS = 15
# No manifest, so that the benchmark runs before `collectstatic`.
PLAIN_STATIC = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
FIELDS = (
    "number", "problem_point", "status", "lead_unit", "due_on", "grade", "kind",
    "urgency", "source", "person", "found_on", "cost_yuan", "township", "updated_at",
)  # fmt: skip

LOOP = """<table><thead><tr>{% for name in names %}
<th><a href="?sort={{ name }}">{{ name }}</a></th>{% endfor %}</tr></thead>
<tbody>{% for row in rows %}<tr>
<td><a href="/hazards/{{ row.pk }}/">{{ row.number }}</a></td>
<td title="{{ row.problem_point }}">{{ row.problem_point }}</td>
<td><span class="state">{{ row.get_status_display }}</span></td><td>{{ row.lead_unit }}</td>
<td class="{% if row.due_on < today %}late{% endif %}">{{ row.due_on|date:"Y-m-d" }}</td>
<td>{{ row.get_grade_display }}</td>
<td>{{ row.get_kind_display }}</td><td>{{ row.get_urgency_display }}</td><td>{{ row.get_source_display }}</td>
<td>{{ row.person }}</td><td>{{ row.found_on|date:"Y-m-d" }}</td><td>{{ row.cost_yuan|floatformat:0 }}</td>
<td>{{ row.township }}</td><td>{{ row.updated_at|date:"Y-m-d H:i" }}</td></tr>{% endfor %}</tbody></table>"""


class Row:
    """A record as a list page has it; the displays as model instances offer them."""

    def __init__(self, number: int, chance: random.Random) -> None:
        day = today()
        self.pk = number
        self.number = f"YH-2026-{number:04d}"
        self.problem_point = "北苑小区 3 号换热站二次网回水阀门关闭不严，停机后仍有渗漏"
        self.status = chance.choice(HazardStatus.values)
        self.lead_unit = chance.choice(["城源热力有限公司", "兴隆热力有限责任公司", "惠民供热中心"])
        self.due_on = day + dt.timedelta(days=chance.randint(-20, 30))
        self.grade = chance.choice(Grade.values)
        self.kind = chance.choice(FacilityKind.values)
        self.urgency = chance.choice(Urgency.values)
        self.source = chance.choice(Source.values)
        self.person = chance.choice(["张建国", "李雪梅", "王强"])
        self.found_on = day - dt.timedelta(days=chance.randint(20, 90))
        self.cost_yuan = chance.randint(1000, 200000)
        self.township = chance.choice(["城关镇", "东河乡"])
        self.updated_at = dt.datetime.now(dt.UTC) - dt.timedelta(hours=chance.randint(1, 900))

    def get_absolute_url(self) -> str:
        return f"/hazards/{self.pk}/"

    def get_status_display(self) -> str:
        return str(HazardStatus(self.status).label)

    def get_grade_display(self) -> str:
        return str(Grade(self.grade).label)

    def get_kind_display(self) -> str:
        return str(FacilityKind(self.kind).label)

    def get_urgency_display(self) -> str:
        return str(Urgency(self.urgency).label)

    def get_source_display(self) -> str:
        return str(Source(self.source).label)


class StockTable(django_tables2.Table):
    """The same columns with what django-tables2 brings."""

    number = django_tables2.Column(linkify=lambda record: record.get_absolute_url())
    problem_point = django_tables2.Column()
    status = django_tables2.Column(accessor="get_status_display")
    lead_unit = django_tables2.Column()
    due_on = django_tables2.DateColumn()
    grade = django_tables2.Column(accessor="get_grade_display")
    kind = django_tables2.Column(accessor="get_kind_display")
    urgency = django_tables2.Column(accessor="get_urgency_display")
    source = django_tables2.Column(accessor="get_source_display")
    person = django_tables2.Column()
    found_on = django_tables2.DateColumn()
    cost_yuan = django_tables2.Column()
    township = django_tables2.Column()
    updated_at = django_tables2.DateTimeColumn()

    class Meta:
        template_name = "django_tables2/table.html"


class OurTable(tables.LedgerTable):
    selectable = True
    card = ("number", "problem_point", "status", "lead_unit", "due_on")

    number = tables.LinkColumn()
    problem_point = tables.TextColumn()
    status = tables.StatusColumn(enum=HazardStatus)
    lead_unit = tables.TextColumn()
    due_on = tables.DueColumn(done=lambda row: row.status in ("closed", "void"))
    grade = tables.StatusColumn(enum=Grade)
    kind = tables.ChoiceColumn(enum=FacilityKind)
    urgency = tables.ChoiceColumn(enum=Urgency)
    source = tables.ChoiceColumn(enum=Source)
    person = tables.LedgerColumn()
    found_on = tables.DateColumn()
    cost_yuan = tables.NumberColumn(unit="元")
    township = tables.LedgerColumn()
    updated_at = tables.DateColumn(time=True)

    def row_label(self, record: Any) -> str:
        return record.number


def best(render: Callable[[], str]) -> float:
    """The best of ROUNDS runs, in ms, after a first one that fills the caches."""
    render()
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        render()
        times.append(time.perf_counter() - started)
    return min(times) * 1000


def ways(rows: list[Row]) -> dict[str, Callable[[], str]]:
    engine = engines["django"]
    constant, loop, ours = (
        engine.from_string(text)
        for text in (
            "<p>{{ today }}</p>",
            LOOP,
            '{% include "partials/table.html" %}{% include "partials/pager.html" %}',
        )
    )
    request = RequestFactory().get("/hazards/?unit=3&sort=due_on")

    def our_page() -> str:
        table = OurTable(rows, params=QueryDict("unit=3&sort=due_on"))
        table.page = LedgerPage(rows, 1, len(rows), True, Total(12384))
        pager = Pager(table.page, request.GET)
        return ours.render({"table": table, "pager": pager}, request)

    return {
        "constant page": lambda: constant.render({"today": today()}, request),
        "plain template loop": lambda: loop.render({"rows": rows, "names": FIELDS, "today": today()}, request),
        "stock django-tables2": lambda: StockTable(rows).as_html(request),
        "LedgerTable with pager": our_page,
    }


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    chance = random.Random(1)
    rows = [Row(number, chance) for number in range(1, count + 1)]
    with override_settings(STORAGES=PLAIN_STATIC):
        timed = {name: best(render) for name, render in ways(rows).items()}
    floor = timed["plain template loop"]
    print(f"{count} rows × {len(FIELDS)} columns, best of {ROUNDS}")
    print(f"{'':<24}{'ms':>8}{'ratio to the plain loop':>26}")
    for name, value in timed.items():
        print(f"{name:<24}{value:>8.2f}{value / floor:>26.2f}")


if __name__ == "__main__":
    main()
