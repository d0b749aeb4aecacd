"""What a row of a ledger says otherwise than the hazard that it is about, and bringing the hazard up to it.

See `common.spreadsheets.ledgers.differences` for when a cell says anything.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.utils import timezone

from audit.models import AuditEntry
from common.spreadsheets.ledgers.differences import VERSION, Difference, Said, is_same_text
from facilities.directory import Directory, community_names
from facilities.enums import FacilityKind
from inspections.enums import Category, FundingSource, Grade, HazardStatus, Source, Urgency
from inspections.ledger import HAZARDS
from inspections.models import Hazard

UNIT_COLUMNS = ("responsible_unit", "unit_and_person", "company")
PERSON_COLUMNS = ("responsible_person", "unit_and_person")
# Which columns say something about a field, where it is not just the one of its own name.
COLUMNS_OF: Mapping[str, tuple[str, ...]] = {
    "responsible_unit": UNIT_COLUMNS,
    "responsible_person": PERSON_COLUMNS,
    "phone": ("phone", *PERSON_COLUMNS),
    "cooperating_units": ("cooperating_units", "responsible_unit"),
    "progress_percent": ("progress_percent", "claimed_closed"),
}
# Ledger field → field of the model, where the names differ.
MODEL_FIELDS = {"responsible_unit": "lead_unit", "phone": "responsible_phone"}
PLAIN = (
    "problem_point", "description", "cause", "measure", "responsible_person", "phone", "acceptance_standard", "remark",
)  # fmt: skip
CHOICES: Mapping[str, Any] = {
    "grade": Grade, "category": Category, "source": Source, "urgency": Urgency, "funding_source": FundingSource,
}  # fmt: skip
# An empty cell of a ledger that went out from here empties these.
MAY_BE_EMPTY = frozenset(
    {
        "category", "cause", "measure", "phone", "estimated_cost_yuan", "funding_source", "remark", "community",
        "cooperating_units",
    }
)  # fmt: skip
CARRIED = frozenset({"responsible_unit"})
BY_MOVE = ("responsible_unit", "responsible_person", "phone", "due_on")
BY_REPORT = ("progress_percent", "claimed_closed")
_ORDER = {column.name: place for place, column in enumerate(HAZARDS.columns)}
MAY_CLAIM = (HazardStatus.PENDING, HazardStatus.ISSUED, HazardStatus.RECTIFYING)


def said_by(fields: Mapping[str, Any], raw: Mapping[str, str], head: Mapping[str, Any]) -> Said:
    """What the cells of a row say; `head` is the batch's."""
    # A unit carried down from above stands in no cell of the row.
    return Said(fields, raw, head, may_be_empty=MAY_BE_EMPTY, columns_of=COLUMNS_OF, carried=CARRIED)


def version_of(said: Said) -> int | None:
    text = said.cell(VERSION)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def differences(said: Said, hazard: Hazard, directory: Directory) -> list[Difference]:
    """In the order of the ledger's columns. Units and communities that nobody knows are left out."""
    readers = [read for name, read in _READERS.items() if said.says(name)]
    found = [each for read in readers for each in read(said, hazard, directory)] + _claims(said, hazard)
    return sorted(found, key=lambda each: _ORDER[each.field])


def _plain(name: str) -> Callable[[Said, Hazard, Directory], list[Difference]]:
    def read(said: Said, hazard: Hazard, _: Directory) -> list[Difference]:
        old, new = getattr(hazard, MODEL_FIELDS.get(name, name)) or "", said.fields.get(name) or ""
        return [] if is_same_text(old, new) else [Difference(name, old, new, new)]

    return read


def _choice(name: str) -> Callable[[Said, Hazard, Directory], list[Difference]]:
    def read(said: Said, hazard: Hazard, _: Directory) -> list[Difference]:
        old, new = getattr(hazard, name) or "", said.fields.get(name) or ""
        labels = dict(CHOICES[name].choices)
        return [] if old == new else [Difference(name, labels.get(old, old), labels.get(new, new), new)]

    return read


def _day(name: str) -> Callable[[Said, Hazard, Directory], list[Difference]]:
    def read(said: Said, hazard: Hazard, _: Directory) -> list[Difference]:
        old, new = getattr(hazard, name), dt.date.fromisoformat(said.fields[name])
        return [] if old == new else [Difference(name, str(old or ""), str(new), new)]

    return read


def _kind(said: Said, hazard: Hazard, _: Directory) -> list[Difference]:
    labels = {label: value for value, label in FacilityKind.choices}
    old, new = FacilityKind(hazard.facility_kind), labels[said.fields["facility_kind"]]
    return [] if old == new else [Difference("facility_kind", str(old.label), said.fields["facility_kind"], new)]


def _cost(said: Said, hazard: Hazard, _: Directory) -> list[Difference]:
    text = said.fields.get("estimated_cost_yuan")
    old, new = hazard.estimated_cost_yuan, Decimal(text) if text else None
    return [] if old == new else [Difference("estimated_cost_yuan", f"{old or ''}", f"{new or ''}", new)]


def _lead(said: Said, hazard: Hazard, directory: Directory) -> list[Difference]:
    unit = directory.unit(said.fields["responsible_unit"])
    if unit is None or unit.pk == hazard.lead_unit_id:
        return []
    return [Difference("responsible_unit", hazard.lead_unit.name if hazard.lead_unit else "", unit.name, unit)]


def _helpers(said: Said, hazard: Hazard, directory: Directory) -> list[Difference]:
    names = said.fields.get("cooperating_units") or []
    units = [directory.unit(name) for name in names]
    if None in units:
        return []
    new = {unit.pk: unit for unit in units if unit and unit.pk != hazard.lead_unit_id}
    old = {unit.pk: unit for unit in hazard.cooperating_units.all()}
    if old.keys() == new.keys():
        return []
    return [Difference("cooperating_units", _names(old.values()), _names(new.values()), list(new.values()))]


def _places(said: Said, hazard: Hazard, directory: Directory) -> list[Difference]:
    places, unknown = directory.communities_of(community_names(said.fields), "")
    old = {place.pk: place for place in hazard.communities.all()}
    new = {place.pk: place for place in places}
    if unknown or old.keys() == new.keys():
        return []
    return [Difference("community", _names(old.values()), _names(new.values()), list(new.values()))]


def _township(said: Said, hazard: Hazard, directory: Directory) -> list[Difference]:
    new = directory.township(said.fields["township"])
    if new is None or new.pk == hazard.township_id:
        return []
    return [Difference("township", hazard.township.name if hazard.township else "", new.name, new)]


def _names(items: Any) -> str:
    return "、".join(sorted(str(item) for item in items))


_READERS: dict[str, Callable[[Said, Hazard, Directory], list[Difference]]] = {
    "facility_kind": _kind,
    **{name: _plain(name) for name in PLAIN},
    **{name: _choice(name) for name in CHOICES},
    "community": _places,
    "township": _township,
    "found_on": _day("found_on"),
    "responsible_unit": _lead,
    "cooperating_units": _helpers,
    "due_on": _day("due_on"),
    "estimated_cost_yuan": _cost,
}


def _claims(said: Said, hazard: Hazard) -> list[Difference]:
    """Progress of what is being mended; what is said to be done goes to acceptance, never past it."""
    status = HazardStatus(hazard.status)
    if said.says("claimed_closed") and said.fields.get("claimed_closed") and status in MAY_CLAIM:
        return [Difference("claimed_closed", str(status.label), str(HazardStatus.AWAITING_ACCEPTANCE.label), True)]
    percent = said.fields.get("progress_percent")
    if status is HazardStatus.RECTIFYING and said.says("progress_percent") and percent != hazard.progress_percent:
        return [Difference("progress_percent", f"{hazard.progress_percent}%", f"{percent}%", percent)]
    return []


def conflict_of(said: Said, hazard: Hazard) -> str:
    """What the site changed since the ledger went out, in Chinese; empty if nothing or if the ledger does not say."""
    version = version_of(said)
    if version is None or version >= hazard.version:
        return ""
    entries = AuditEntry.objects.of(hazard).without_deliberation().order_by("-pk")[: hazard.version - version]
    told = [
        f"{timezone.localtime(entry.at):%m-%d %H:%M} {entry.actor_name or '系统'}{entry.action}"
        + (f"（{'、'.join(entry.changes)}）" if entry.changes else "")
        for entry in entries[:3]
    ]
    return f"导出以后系统里又有改动：{'；'.join(told)}。请核对后再决定是否用表里的内容"[:500]
