"""What can be done to many hazards at once."""

from collections.abc import Sequence
from typing import Any

from common import bulk, clock
from common.bulk import BulkAction, RowResult
from inspections import services, workflow
from inspections.enums import HazardStatus
from inspections.models import Hazard

ACTIONS = {
    action.code: action
    for action in (
        BulkAction("issue", "下达", "已下达", "等待责任单位签收", "inspections.issue_hazard", workflow.issue),
        BulkAction(
            "remind", "催办", "已催办", "已发消息给责任单位的人员", "inspections.remind_hazard", services.remind
        ),
    )
}


def run(action: BulkAction, chosen: Sequence[str], *, by: Any, **options: Any) -> list[RowResult]:
    """Do it for each of the chosen hazards that the user sees, as common.bulk.run does."""
    seen = Hazard.objects.visible_to(by).select_related(
        "season", "county", "lead_unit", "supervisor", "responsible_user"
    )
    return bulk.run(action, chosen, seen.in_bulk(bulk.numbers(chosen)), by=by, **options)


def overdue_before_issue(chosen: Sequence[str], *, by: Any) -> list[Hazard]:
    """Those of the chosen that would be issued although their deadline has passed, the oldest first. One query."""
    hazards = Hazard.objects.visible_to(by).filter(pk__in=bulk.numbers(chosen), status=HazardStatus.PENDING)
    return list(hazards.overdue(clock.today()).select_related("lead_unit").order_by("due_on", "pk"))
