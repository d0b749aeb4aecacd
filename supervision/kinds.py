"""What has deadlines that the sweep watches: one declaration per kind. A new kind is one more entry in KINDS."""

from django.db.models import Model

from supervision.coal_kinds import COAL_COVER, COAL_MILESTONE, COAL_REPORT
from supervision.hazard_kind import HAZARD
from supervision.kind import BureauPeople, Facts, Kind, Recipients

__all__ = ["HAZARD", "KINDS", "BureauPeople", "Facts", "Kind", "Recipients", "kind_of"]

KINDS: dict[str, Kind] = {kind.name: kind for kind in (HAZARD, COAL_MILESTONE, COAL_REPORT, COAL_COVER)}


def kind_of(item: Model) -> Kind:
    """The kind that an item is of, by its model."""
    return next(kind for kind in KINDS.values() if kind.watched().model is type(item))
