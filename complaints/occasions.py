"""A complaint and the hazards it has led to: what a hazard registered from it begins with, and whom to call when it is
struck off (`common/occasions.py`). Several complaints may have led to one hazard, a cluster's all at once."""

from typing import TYPE_CHECKING, Any

from django.db.models import Q

from audit.services import build, record_many
from common import clock
from common.occasions import Occasion, Settled
from complaints import messages
from complaints.cluster_hazards import members_behind, occasions_by_cluster
from complaints.enums import OrderStatus
from complaints.enums import Source as OrderSource
from complaints.masking import masked_text
from complaints.models import Order
from inspections.enums import Source
from inspections.models import Hazard, HazardOccasion

if TYPE_CHECKING:
    from complaints.querysets import OrderQuerySet
    from inspections.querysets import HazardQuerySet

OCCASION = "order"


def order_occasion(user: Any, pk: int) -> Occasion | None:
    """An order as what a hazard may be registered from; None for what the user does not see. One query."""
    if not user.has_perm("complaints.view_order"):
        return None
    order = Order.objects.visible_to(user).select_related("community").filter(pk=pk).first()
    if order is None or order.status in (OrderStatus.INVALID, OrderStatus.MERGED):
        return None
    where = order.address or str(order.community or "")
    initial = {
        "problem_point": where, "description": f"{order.get_category_display()}：{_without_caller(order)}",
        "source": Source.HOTLINE if order.source == OrderSource.HOTLINE else Source.COMPLAINT_ANALYSIS,
        "communities": [order.community_id] if order.community_id else [], "township": order.township_id,
        "lead_unit": order.company_id, "found_on": clock.today(),
    }  # fmt: skip
    return Occasion(OCCASION, order.pk, label_of(order), order.get_absolute_url(), initial)


def label_of(order: Order) -> str:
    """投诉 TS-2026-00001（管线漏水，幸福小区）: also for those who see the hazard and not the order, so neither whose
    nor which flat."""
    said = [order.get_category_display(), order.community.name if order.community else ""]
    return f"投诉 {order.number}（{'，'.join(filter(None, said))}）"


def _without_caller(order: Order) -> str:
    """What was said, without the name and the phone: more people read hazards."""
    return masked_text(order.content.replace(order.caller, "诉求人") if len(order.caller) > 1 else order.content)


def orders_behind(hazard_id: int) -> "OrderQuerySet":
    """The orders whose callers the hazard concerns: those that it came from or were linked with it, those of a cluster
    that it came from, and those merged into any of them; not those found to be invalid. Two queries to find them, more
    with a cluster (`members_behind`)."""
    linked = HazardOccasion.objects.filter(kind=OCCASION, hazard=hazard_id).values_list("item_id", flat=True)
    # As keys: of subqueries joined by OR no index is entered.
    kept = {*linked, *members_behind(hazard_id)}
    return Order.objects.filter(Q(pk__in=kept) | Q(merged_into__in=kept)).exclude(status=OrderStatus.INVALID)


def hazards_behind(order: Order) -> "HazardQuerySet":
    """The hazards that its caller is to be called about: as `orders_behind`, the other way round. Three queries at
    most to find them, and that of the order it is merged into."""
    keys = [key for key in (order.pk, order.merged_into_id) if key]
    linked = HazardOccasion.objects.filter(kind=OCCASION, item_id__in=keys).values_list("hazard", flat=True)
    by_cluster = occasions_by_cluster(order.merged_into or order)
    return Hazard.objects.filter(pk__in={*linked, *(each.hazard_id for each in by_cluster)})


def call_callers(settled: Settled, order_ids: list[int]) -> None:
    """The hazard is struck off: the desk gets the list of those to call, each order an entry. In the transaction of the
    acceptance; six queries, more with a cluster."""
    orders = list(orders_behind(settled.item_id).select_related("county").order_by("pk"))
    if not orders:
        return
    note = f"{settled.label} 已验收销号，请回访诉求人"
    record_many(
        build(actor=settled.by, action="隐患已销号", target=order, note=note, region_code=order.county.code)
        for order in orders
    )
    messages.hazard_settled(orders, settled, callers_path(settled.item_id))


def call_callers_of_cluster(settled: Settled, cluster_ids: list[int]) -> None:
    """Where orders were linked with the hazard besides, `call_callers` tells of all that are behind it."""
    if not HazardOccasion.objects.filter(kind=OCCASION, hazard=settled.item_id).exists():
        call_callers(settled, [])


def callers_path(hazard_id: int) -> str:
    return f"/complaints/hazards/{hazard_id}/callers/"
