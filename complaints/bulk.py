"""What can be done to many orders at once."""

from collections.abc import Sequence
from typing import Any

from common import bulk
from common.bulk import BulkAction, RowResult
from common.moves import MoveRefused
from complaints import workflow
from complaints.models import Order
from complaints.send_backs import refusals_by, said
from facilities.season_companies import company_of


def _dispatch(order: Order, *, by: Any) -> Any:
    """To the company that is known by now; where none is, the move says so. Never back to one that has sent it back,
    unless a person has decided so."""
    company = order.company or company_of(order.community, order.season)
    if order.company is None and company and (refusal := refusals_by(order).get(company.pk)):
        raise MoveRefused([f"{said(refusal)}，请打开工单另选一家"])
    return workflow.dispatch(order, by=by, company=company)


ACTIONS = {
    action.code: action
    for action in (
        BulkAction("accept", "受理", "已受理", "等待派单", "complaints.dispatch_order", workflow.accept),
        BulkAction("dispatch", "派单", "已派单", "等待承办企业签收", "complaints.dispatch_order", _dispatch),
        BulkAction("sign", "签收", "已签收", "请上门办理", "complaints.handle_order", workflow.sign),
    )
}


def run(action: BulkAction, chosen: Sequence[str], *, by: Any) -> list[RowResult]:
    """Do it for each of the chosen orders that the user sees, as common.bulk.run does."""
    seen = Order.objects.visible_to(by).select_related("season", "county", "company", "community__company")
    return bulk.run(action, chosen, seen.in_bulk(bulk.numbers(chosen)), by=by)
