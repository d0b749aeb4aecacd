"""What can be done to many hazards at once: each is judged by itself, in a transaction of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied

from common import clock
from common.concurrency import Stale
from inspections import services, workflow
from inspections.enums import HazardStatus
from inspections.models import Hazard

MOST_ROWS = 200


@dataclass(frozen=True)
class BulkAction:
    code: str
    label: str
    done: str  # what a row's result says
    afterwards: str  # where it went
    permission: str
    perform: Callable[..., Any]


ACTIONS = {
    action.code: action
    for action in (
        BulkAction("issue", "下达", "已下达", "等待责任单位签收", "inspections.issue_hazard", workflow.issue),
        BulkAction(
            "remind", "催办", "已催办", "已发消息给责任单位的人员", "inspections.remind_hazard", services.remind
        ),
    )
}


@dataclass(frozen=True)
class RowResult:
    """One chosen row: `hazard` is None where the user sees no such row. `problems` says why it was not done."""

    asked: str
    hazard: Hazard | None
    problems: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        return not self.problems


def run(action: BulkAction, chosen: Sequence[str], *, by: Any, **options: Any) -> list[RowResult]:
    """Do it for each of the chosen (primary keys as they were posted), in their order; a failure keeps nothing back.

    `options`: what else `action.perform` takes, the same for all of them.
    """
    asked = list(dict.fromkeys(chosen))
    seen = Hazard.objects.visible_to(by).select_related(
        "season", "county", "lead_unit", "supervisor", "responsible_user"
    )
    hazards = {str(pk): hazard for pk, hazard in seen.in_bulk(_numbers(asked)).items()}
    return [_judge(action, text, hazards.get(text), by, options) for text in asked]


def overdue_before_issue(chosen: Sequence[str], *, by: Any) -> list[Hazard]:
    """Those of the chosen that would be issued although their deadline has passed, the oldest first. One query."""
    hazards = Hazard.objects.visible_to(by).filter(pk__in=_numbers(chosen), status=HazardStatus.PENDING)
    return list(hazards.overdue(clock.today()).select_related("lead_unit").order_by("due_on", "pk"))


def _numbers(posted: Sequence[str]) -> list[int]:
    return [int(text) for text in posted if text.isascii() and text.isdigit() and len(text) < 19]


def _judge(
    action: BulkAction, asked: str, hazard: Hazard | None, by: Any, options: dict[str, Any]
) -> RowResult:  # fmt: skip
    if hazard is None:
        return RowResult(asked, None, ("不存在，或不在您可查看的范围内",))
    try:
        action.perform(hazard, by=by, **options)
    except workflow.MoveRefused as refused:
        return RowResult(asked, hazard, tuple(refused.problems))
    except (Stale, PermissionDenied) as error:
        return RowResult(asked, hazard, (str(error),))
    return RowResult(asked, hazard)
