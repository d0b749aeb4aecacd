"""A hazard and what gave occasion to it: a check, a complaint. Neither side knows the other (`common/occasions.py`)."""

from typing import Any

from common.occasions import Occasion, Outcome, occasion
from inspections.models import Hazard, HazardOccasion

LABEL = "来自"


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
    return [
        Outcome(row.hazard.number, row.hazard.state, row.hazard.get_absolute_url() if row.hazard_id in seen else "")
        for row in kept
    ]


def where_from(hazard: Hazard, user: Any) -> dict[str, str] | None:
    """For the hazard's page: what it came from, with its address if the user sees it there. None without an occasion.

    One query, and those of the occasion's own app.
    """
    kept = HazardOccasion.objects.filter(hazard=hazard).first()
    if kept is None:
        return None
    found = occasion(user, kept.kind, kept.item_id)
    return {"label": kept.label, "path": found.path if found else ""}
