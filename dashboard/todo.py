"""我的待办, by kind of work: the hazards that wait for a user, and what coal owes. Reads only."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet
from django.urls import reverse

from coal import workflow
from coal.duties.waiting import owed_to
from common import clock
from complaints.models import Order
from complaints.moves import MOVES as ORDER_MOVES
from complaints.selectors import WAITING_LABELS as ORDER_LABELS
from complaints.selectors import waiting_orders
from complaints.standing import running_limit, waits_words
from complaints.tables import main_move
from inspections.selectors import WAITING_LABELS, waiting_for
from supervision.coal_kinds import REPORT_TEXT

# The first of each kind are shown; the rest is one click away.
TODO_ROWS = 10
# The page that each kind of work is done on, and what its button says.
HAZARD_MOVES = {
    "decide_extension": ("decide_extension", "审批"),
    "accept": ("accept", "验收"),
    "issue": ("issue", "下达"),
    "sign": ("sign", "签收"),
    "plan": ("plan", "制定方案"),
    "rectify": ("report", "填报进度"),
}


def hazards_to_do(user: Any) -> list[dict[str, Any]]:
    """A section for each kind of work that there is. A query for each, one more where there are more than are shown."""
    sections, today = [], clock.today()
    for kind, hazards in waiting_for(user).items():
        first, count = _first(hazards.select_related("lead_unit", "season").order_by("due_on", "pk"))
        if first:
            rows = [(hazard, (today - clock.local_date(hazard.status_since)).days) for hazard in first]
            move, verb = HAZARD_MOVES[kind]
            sections.append(
                {"kind": kind, "label": WAITING_LABELS[kind], "rows": rows, "count": count, "move": move, "verb": verb}
            )
    return sections


def _first(items: QuerySet[Any]) -> tuple[list[Any], int]:
    """Those that are shown, and how many there are."""
    first = list(items[: TODO_ROWS + 1])
    return first[:TODO_ROWS], items.count() if len(first) > TODO_ROWS else len(first)


@dataclass(frozen=True, slots=True)
class Task:
    """`url`: where it is done, or looked at by who has nothing to do with it themselves; `verb`: what the button says.
    `deadline`: a day or a moment, None for what has none."""

    title: str
    path: str
    text: str
    deadline: dt.date | None
    url: str
    verb: str


@dataclass(frozen=True, slots=True)
class Section:
    """`all_url`: the list with the rest."""

    label: str
    tasks: list[Task]
    count: int
    all_url: str


def coal_to_do(user: Any) -> list[Section]:
    """What coal owes (`owed_to`) and the targets that wait for the user. Four queries, one more for each section of
    which not all is shown."""
    owed = owed_to(user, clock.now())
    shown: list[tuple[str, QuerySet[Any], Callable[[Any, Any], Task], str]] = [
        ("存煤不足", owed.gaps, _gap, "coal:overview"),
        ("日报未报", owed.reports, _report, "coal:report_list"),
        ("储备节点未达到", owed.milestones, _milestone, "coal:overview"),
        ("储备目标", workflow.waiting_for(user).select_related("season").order_by("pk"), _target, "coal:target_list"),
    ]
    sections = []
    for label, items, task_of, all_page in shown:
        first, count = _first(items.select_related("company"))
        if first:
            tasks = [task_of(each, user) for each in first]
            sections.append(Section(label, tasks, count, reverse(all_page)))
    return sections


def _gap(gap: Any, user: Any) -> Task:
    stock = reverse("coal:company", args=[gap.company_id])
    return Task(str(gap), gap.get_absolute_url(), gap.standing, gap.due_on, stock, "看存煤")


def _report(duty: Any, user: Any) -> Task:
    url, verb = duty.get_absolute_url(), "查看"
    if user.unit_id == duty.company_id and user.has_perm("coal.file_report"):
        url, verb = f"{reverse('coal:report_file')}?day={duty.day}", "填报"
    return Task(str(duty), duty.get_absolute_url(), REPORT_TEXT, duty.due_at, url, verb)


def _milestone(duty: Any, user: Any) -> Task:
    progress = reverse("coal:company", args=[duty.company_id])
    return Task(str(duty), duty.get_absolute_url(), duty.standing, duty.due_on, progress, "看进度")


def _target(target: Any, user: Any) -> Task:
    """Its page has what speaks for each move and against it."""
    url, onward = target.get_absolute_url(), [move for move in workflow.moves_for(user, target) if move.is_onward]
    verb = {"file": "报送", "check": "审核", "approve": "审批"}[onward[0].code] if onward else "查看"
    return Task(str(target), url, target.state.label, None, url, verb)


def orders_to_do(user: Any) -> list[dict[str, Any]]:
    """The complaints that wait for the user, the nearest limit first; kinds with nothing left out."""
    sections = []
    for kind, orders in waiting_orders(user).items():
        first = list(
            orders.select_related("company").order_by(F("due_at").asc(nulls_first=True), "pk")[: TODO_ROWS + 1]
        )
        if first:
            rows = [
                {"order": order, "limit": running_limit(order), "waits": waits_words(order), **_order_move(kind, order)}
                for order in first[:TODO_ROWS]
            ]
            count = orders.count() if len(first) > TODO_ROWS else len(first)
            sections.append({"kind": kind, "label": ORDER_LABELS[kind], "rows": rows, "count": count})
    return sections


def _order_move(kind: str, order: Order) -> dict[str, str]:
    code = main_move(order) if kind == "handle" else kind
    return {"move": code, "verb": ORDER_MOVES[code].label}
