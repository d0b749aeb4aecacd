"""The open hazards that an order may come from: of its community, its station, its company; or found by words."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from complaints.models import Order
from complaints.occasions import OCCASION
from inspections.models import Hazard, HazardOccasion

if TYPE_CHECKING:
    from inspections.querysets import HazardQuerySet

MOST_OFFERED = 20
SAME_COMMUNITY, SAME_STATION, SAME_COMPANY = "同一小区", "同一换热站", "同一企业"


@dataclass(frozen=True, slots=True)
class Offer:
    """`why`: what it has in common with the order; empty: only the words."""

    hazard: Hazard
    why: str


def hazards_offered(order: Order, user: Any, text: str = "") -> list[Offer]:
    """Of the hazards in the order's county that the user sees and that are open and not linked with it yet, those
    nearest to it, the latest first; without `text` only those that have something in common with it. MOST_OFFERED at
    most. Two queries, one more with `text`.

    Raises ValueError for a word of one character.
    """
    linked = HazardOccasion.objects.filter(kind=OCCASION, item_id=order.pk).values("hazard")
    found: HazardQuerySet = Hazard.objects.visible_to(user).open().filter(county=order.county_id)
    found = found.exclude(pk__in=linked)
    near = _nearness(order)
    if text.strip():
        found = found.matching(text)
    elif near:
        found = found.filter(Q(*(condition for condition, _ in near), _connector=Q.OR))
    else:
        return []
    ranked = _ranked(found, near).select_related("lead_unit", "facility")
    reasons = [why for _, why in near]
    return [Offer(each, reasons[each.nearness] if each.nearness < len(reasons) else "") for each in ranked]


def _nearness(order: Order) -> list[tuple[Q, str]]:
    """What a hazard may have in common with the order, the nearest first."""
    found = []
    if order.community:
        of_community = Hazard.communities.through._base_manager.filter(community=order.community_id)
        found.append((Q(pk__in=of_community.values("hazard")), SAME_COMMUNITY))
        if order.community.station_id:
            found.append((Q(facility=order.community.station_id), SAME_STATION))
    if order.company_id:
        found.append((Q(lead_unit=order.company_id), SAME_COMPANY))
    return found


def _ranked(found: "HazardQuerySet", near: list[tuple[Q, str]]) -> "QuerySet[Any]":
    places = [When(condition, then=Value(place)) for place, (condition, _) in enumerate(near)]
    nearness = Case(*places, default=Value(len(near)), output_field=IntegerField())
    return found.annotate(nearness=nearness).order_by("nearness", "-found_on", "-pk")[:MOST_OFFERED]
