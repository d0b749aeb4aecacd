"""What has deadlines that the sweep watches: one declaration per kind. A new kind is one more entry in KINDS."""

from django.db.models import Model

from supervision.coal_kinds import COAL_COVER, COAL_MILESTONE, COAL_REPORT
from supervision.complaint_kinds import COMPLAINT, COMPLAINT_CALLBACK, COMPLAINT_DISPATCH, COMPLAINT_VISIT
from supervision.hazard_kind import HAZARD
from supervision.kind import BureauPeople, Facts, Kind, Recipients
from supervision.ladder import end_of_deadline

__all__ = ["HAZARD", "KINDS", "BureauPeople", "Facts", "Kind", "Recipients", "kind_of", "kinds_of"]

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        HAZARD, COAL_MILESTONE, COAL_REPORT, COAL_COVER, COMPLAINT, COMPLAINT_VISIT, COMPLAINT_CALLBACK,
        COMPLAINT_DISPATCH,
    )
}  # fmt: skip


def kind_of(item: Model) -> Kind:
    """The kind that an item is of, by its model. Of several: that of the deadline which comes first among those that
    run now; the first kind of all if none does."""
    kinds = kinds_of(item)
    if len(kinds) == 1:
        return kinds[0]
    running = [
        (end_of_deadline(due), kind) for kind in kinds if (due := kind.deadline_of(item)) and not kind.pause(item)
    ]
    return min(running, key=lambda each: each[0])[1] if running else kinds[0]


def kinds_of(item: Model) -> list[Kind]:
    """Those that watch items of its model: an order has three limits."""
    return [kind for kind in KINDS.values() if kind.watched().model is type(item)]
