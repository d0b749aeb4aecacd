"""What each column of an export holds, read from the database in large bites of plain values."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any

from common.spreadsheets.pictures import Photo
from inspections.enums import OPEN_STATUSES, AttachmentStage, HazardStatus
from inspections.models import Attachment, Hazard
from inspections.querysets import HazardQuerySet

CHUNK = 2000
# Keys that lie further apart than this, on average, are asked for one by one.
SCATTERED = 3
# Of every hazard, whatever columns are wanted; the places below depend on the order.
BASE = ("pk", "round", "status", "due_on")
PK, ROUND, STATUS, DUE_ON = range(4)
# Columns that are a field as it stands, under another name where they have one.
FIELDS = {
    "number": "number", "facility_kind": "facility_kind", "problem_point": "problem_point",
    "description": "description", "grade": "grade", "category": "category", "source": "source",
    "township": "township__name", "found_on": "found_on", "cause": "cause", "measure": "measure",
    "urgency": "urgency", "responsible_unit": "lead_unit__name", "responsible_person": "responsible_person",
    "phone": "responsible_phone", "due_on": "due_on", "acceptance_standard": "acceptance_standard",
    "progress_percent": "progress_percent", "estimated_cost_yuan": "estimated_cost_yuan",
    "funding_source": "funding_source", "status": "status", "remark": "remark", "version": "version",
}  # fmt: skip
COOPERATING = Hazard.cooperating_units.through
TOUCHED = Hazard.communities.through

Found = dict[int, list[Any]]


def export_rows(hazards: HazardQuerySet, columns: Sequence[str], today: dt.date) -> Iterator[list[Any]]:
    """The columns' values of each hazard, in the queryset's order. For every 2 000 rows one query more for each of
    cooperating units, communities and photos, if they are among the columns."""
    fields = list(dict.fromkeys([*BASE, *(FIELDS[name] for name in columns if name in FIELDS)]))
    # What is no field is put in its place afterwards.
    pick = itemgetter(*(fields.index(FIELDS.get(name, "pk")) for name in columns))
    derived = [(index, _DERIVED[name](today)) for index, name in enumerate(columns) if name in _DERIVED]
    several = [(index, _SEVERAL[name]) for index, name in enumerate(columns) if name in _SEVERAL]
    numbered = columns.index("sequence") if "sequence" in columns else None
    records = hazards.values_list(*fields).iterator(chunk_size=CHUNK)
    count = 0
    while chunk := list(islice(records, CHUNK)):
        found = [(index, read(chunk)) for index, read in several]
        for record in chunk:
            row = list(pick(record))
            count += 1
            if numbered is not None:
                row[numbered] = count
            for index, derive in derived:
                row[index] = derive(record)
            for index, of_hazard in found:
                row[index] = tuple(of_hazard.get(record[PK], ()))
            yield row


def _overdue_days(today: dt.date) -> Callable[[Sequence[Any]], int | None]:
    def days(record: Sequence[Any]) -> int | None:
        due_on = record[DUE_ON]
        return (today - due_on).days if due_on and due_on < today and record[STATUS] in OPEN_STATUSES else None

    return days


def _is_closed(today: dt.date) -> Callable[[Sequence[Any]], str]:
    return lambda record: "是" if record[STATUS] == HazardStatus.CLOSED else "否"


_DERIVED: dict[str, Callable[[dt.date], Callable[[Sequence[Any]], Any]]] = {
    "overdue_days": _overdue_days,
    "claimed_closed": _is_closed,
}


def _grouped(pairs: Any) -> Found:
    found: Found = {}
    for pk, value in pairs:
        found.setdefault(pk, []).append(value)
    return found


def _of(chunk: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """A filter for what belongs to these hazards; it may find what belongs to others too."""
    pks = [record[PK] for record in chunk]
    first, last = min(pks), max(pks)
    # Of a ledger in its own order the keys lie close together, and two bounds are found faster than 2 000 keys.
    if last - first < SCATTERED * len(pks):
        return {"hazard_id__gte": first, "hazard_id__lte": last}
    return {"hazard_id__in": pks}


def _cooperating(chunk: Sequence[Sequence[Any]]) -> Found:
    rows = COOPERATING._base_manager.filter(**_of(chunk))
    return _grouped(rows.order_by("unit_id").values_list("hazard_id", "unit__name"))


def _communities(chunk: Sequence[Sequence[Any]]) -> Found:
    rows = TOUCHED._base_manager.filter(**_of(chunk))
    return _grouped(rows.order_by("community_id").values_list("hazard_id", "community__name"))


def _photos(*stages: AttachmentStage, any_round: bool = False) -> Callable[[Sequence[Sequence[Any]]], Found]:
    """Those of the hazard's present round, or of any."""

    def read(chunk: Sequence[Sequence[Any]]) -> Found:
        rounds = {record[PK]: record[ROUND] for record in chunk}
        photos = Attachment.objects.filter(hazard_id__in=rounds, is_photo=True, stage__in=stages).exclude(thumbnail="")
        kept = photos.order_by("pk").only("hazard_id", "round", "thumbnail", "width_px", "height_px")
        mine = [photo for photo in kept if any_round or photo.round == rounds[photo.hazard_id]]
        return _grouped((photo.hazard_id, _photo(photo)) for photo in mine)

    return read


def _photo(attachment: Attachment) -> Photo:
    def read() -> bytes | None:
        try:
            with attachment.thumbnail.open("rb") as file:
                return bytes(file.read())
        except OSError:
            return None

    return Photo(read, attachment.width_px or 4, attachment.height_px or 3)


_SEVERAL: dict[str, Callable[[Sequence[Sequence[Any]]], Found]] = {
    "cooperating_units": _cooperating,
    "community": _communities,
    "photo_before": _photos(AttachmentStage.BEFORE, any_round=True),
    "photo_after": _photos(AttachmentStage.AFTER, AttachmentStage.ACCEPTANCE),
}
