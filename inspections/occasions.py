"""A hazard and what gave occasion to it: a check, a complaint. Neither side knows the other (`common/occasions.py`)."""

from typing import TYPE_CHECKING, Any

from common.occasions import Occasion, Outcome, Settled, occasion, tell_settled
from inspections.models import Hazard, HazardOccasion

if TYPE_CHECKING:
    from audit.models import AuditEntry

LABEL = "来自"
MOST_SHOWN = 5


def keep_occasion(hazard: Hazard, found: Occasion) -> HazardOccasion:
    """In the transaction of the registration."""
    return HazardOccasion.objects.create(
        hazard=hazard, kind=found.kind, item_id=found.item_id, label=found.label[:200]
    )  # fmt: skip


def hazards_from(user: Any, kind: str, item_id: int) -> list[Outcome]:
    """The hazards registered from it; of those that the user does not see only that they are. Two queries."""
    rows = HazardOccasion.objects.filter(kind=kind, item_id=item_id).select_related("hazard").order_by("pk")
    kept = list(rows)
    if not kept:
        return []
    keys = [row.hazard_id for row in kept]
    seen = set(Hazard.objects.visible_to(user).filter(pk__in=keys).values_list("pk", flat=True))
    hazards = [row.hazard for row in kept]
    return [
        Outcome(each.number, each.state, each.get_absolute_url() if each.pk in seen else "", each.pk)
        for each in hazards
    ]


def where_from(hazard: Hazard, user: Any) -> list[dict[str, str]]:
    """For the hazard's page: what it came from, each with its address if the user sees it there; MOST_SHOWN of them,
    and in words how many more there are.

    One query, and those of each occasion's own app.
    """
    kept = list(hazard.occasions.order_by("pk"))
    shown = [(each, occasion(user, each.kind, each.item_id)) for each in kept[:MOST_SHOWN]]
    more = [{"label": f"等 {len(kept)} 件", "path": ""}] if kept[MOST_SHOWN:] else []
    return [{"label": each.label, "path": found.path if found else ""} for each, found in shown] + more


def tell_struck_off(hazard: Hazard, entry: "AuditEntry", by: Any) -> None:
    """To what it came from that it is done with, in the transaction of the acceptance. One query without an
    occasion."""
    by_kind: dict[str, list[int]] = {}
    for kind, item_id in hazard.occasions.order_by("pk").values_list("kind", "item_id"):
        by_kind.setdefault(kind, []).append(item_id)
    for kind, item_ids in by_kind.items():
        tell_settled(kind, item_ids, Settled(hazard.pk, hazard.number, by, f"hazard:{hazard.pk}:entry:{entry.pk}"))
