"""Orders that belong together: of the same household, or from the same phone."""

from django.db.models import Q

from complaints.models import Order
from complaints.querysets import OrderQuerySet

MOST_EARLIER = 20


def earlier_orders(order: Order) -> OrderQuerySet:
    """What the household or the phone has complained of before, newest first; `order` may be unsaved. One query when
    read, by the indexes of household and phone."""
    same = Q()
    if order.household:
        same |= Q(household=order.household)
    if len(order.phone_reversed) >= 7:
        same |= Q(phone_reversed=order.phone_reversed)
    found = Order.objects.filter(county_id=order.county_id).filter(same) if same else Order.objects.none()
    return found.exclude(pk=order.pk).order_by("-received_at", "-pk")
