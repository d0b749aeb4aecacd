"""Hazards registered from a cluster stand behind each of its orders, as if each had been linked with it.

Nothing is written down for that: a cluster grows, and its orders are whatever `orders_of` says now. What comes in after
the hazard was struck off is not of it: its caller has seen the repair.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from common.occasions import Outcome, outcomes_of
from complaints.cluster_notices import OCCASION
from complaints.clusters import clusters_of, orders_of
from complaints.counting import counting_of
from complaints.models import Cluster, Order
from inspections.models import Hazard, HazardOccasion


@dataclass(frozen=True, slots=True)
class FromCluster:
    """A hazard, and the cluster that it came from; `path` is empty for who does not see that."""

    outcome: Outcome
    label: str
    path: str


def members_behind(hazard_id: int) -> list[int]:
    """The keys of the orders of the clusters that the hazard came from. One query without a cluster, else two and two
    for each."""
    kept = HazardOccasion.objects.filter(kind=OCCASION, hazard=hazard_id).values("item_id")
    clusters = list(Cluster.objects.filter(pk__in=kept))
    if not clusters:
        return []
    struck_off = Hazard.objects.values_list("closed_at", flat=True).get(pk=hazard_id)
    in_time = Q(received_at__lte=struck_off) if struck_off else Q()
    return [pk for cluster in clusters for pk in orders_of(cluster).filter(in_time).values_list("pk", flat=True)]


def occasions_by_cluster(order: Order) -> list[HazardOccasion]:
    """As `members_behind`, the other way round: what hazards keep of the clusters that it is one of. One query
    without such a hazard, else two."""
    kept = HazardOccasion.objects.filter(
        Q(hazard__closed_at__isnull=True) | Q(hazard__closed_at__gte=order.received_at),
        kind=OCCASION, item_id__in=clusters_of(order).values("pk"),
    )  # fmt: skip
    found = list(kept.order_by("pk"))
    return found if found and order.category in counting_of(order.county_id).categories else []


def outcomes_by_cluster(user: Any, order: Order) -> list[FromCluster]:
    """For the order's page. As `occasions_by_cluster`, and one query besides and two for each cluster."""
    labels: dict[int, str] = {}
    hazards = set()
    for kept in occasions_by_cluster(order):
        labels[kept.item_id] = kept.label
        hazards.add(kept.hazard_id)
    if not labels:
        return []
    seen = {cluster.pk: cluster for cluster in Cluster.objects.visible_to(user).filter(pk__in=labels)}
    return [
        FromCluster(outcome, label, seen[pk].get_absolute_url() if pk in seen else "")
        for pk, label in labels.items()
        for outcome in outcomes_of(user, OCCASION, pk)
        if outcome.item_id in hazards
    ]
