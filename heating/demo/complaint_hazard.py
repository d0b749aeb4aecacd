"""A hazard of the demo county that calls had led to, struck off by now: the desk has its callers to call back."""

from typing import Any

from common import clock
from complaints.enums import HEATING_CATEGORIES, OrderStatus
from complaints.hazards import link_hazard
from complaints.models import Order
from facilities.models import Season
from heating.demo.people import People
from inspections import workflow
from inspections.enums import Grade, HazardStatus
from inspections.models import Hazard

CALLERS = 2
# So many hazards are left to be accepted by whoever tries the county out.
LEFT_TO_ACCEPT = 1


def tell(people: People, season: Season) -> None:
    """Nothing if the dice have left no company with both."""
    waiting = Hazard.objects.filter(season=season, status=HazardStatus.AWAITING_ACCEPTANCE).exclude(grade=Grade.MAJOR)
    for hazard in waiting.order_by("pk")[LEFT_TO_ACCEPT:]:
        orders = Order.objects.filter(
            season=season, company=hazard.lead_unit, status=OrderStatus.CLOSED, category__in=HEATING_CATEGORIES
        )
        callers = list(orders.order_by("-received_at")[:CALLERS])
        if callers:
            _strike_off(hazard, callers, people.users)
            return


def _strike_off(hazard: Hazard, callers: list[Order], users: dict[str, Any]) -> None:
    for order in callers:
        link_hazard(order, by=users["rexian"], number=hazard.number)
    hazard.refresh_from_db()
    inspector = users["dudao"]
    workflow.accept(
        hazard, by=inspector, opinion=f"现场核查，{hazard.acceptance_standard}，符合标准",
        inspectors=inspector.full_name, accepted_on=clock.today(),
    )  # fmt: skip
