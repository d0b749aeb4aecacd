"""Every write to the ledger that is not a move: registration, edits, attachments, reminders."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import DateField, ExpressionWrapper, F

from accounts.enums import UnitKind
from accounts.models import Unit, User
from audit.models import AuditEntry
from audit.services import build, record, record_many
from common import clock
from common.concurrency import change
from common.occasions import Occasion
from common.uploads import InspectedUpload, bands, discard_files, keep_files
from facilities.models import Community, Season
from inspections import messages, rules
from inspections.enums import UNDER_WAY_STATUSES, AttachmentStage, HazardStatus, Urgency
from inspections.models import Attachment, Hazard
from inspections.occasions import LABEL, keep_occasion
from inspections.workflow import MoveRefused

# A deadline, unit or person changes by a move with a reason once the hazard has been issued.
MOVED_FIELDS = ("lead_unit", "responsible_person", "responsible_phone", "responsible_user", "supervisor", "due_on")
# What may be corrected by an edit at any time before striking off.
EDITABLE_FIELDS = (
    "problem_point", "description", "facility_kind", "facility", "township", "category", "grade", "urgency", "source",
    "cause", "found_on", "acceptance_standard", "measure", "estimated_cost_yuan", "funding_source", "remark",
    "late_due_reason", *rules.FIVE_FIELDS,
)  # fmt: skip


# The label under which an entry names the files that came with it.
ATTACHED = "附件"


def take_numbers(season: Season, count: int = 1) -> range:
    """The next `count` sequence numbers of the season's ledger.

    The counter row is locked by the UPDATE until the caller's transaction ends, so that numbers are neither given out
    twice nor skipped: a registration that fails gives its number back by rolling back.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("take_numbers must run in the transaction of the registration")
    Season.objects.filter(pk=season.pk).update(last_sequence=F("last_sequence") + count)
    last = Season.objects.values_list("last_sequence", flat=True).get(pk=season.pk)
    return range(last - count + 1, last + 1)


def number_text(season: Season, sequence: int) -> str:
    """YH-2026-0001."""
    return f"YH-{season.year}-{sequence:04d}"


@transaction.atomic
def register(
    *, by: Any, season: Season, communities: Sequence[Community] = (), cooperating_units: Sequence[Unit] = (),
    uploads: Sequence[InspectedUpload] = (), occasion: Occasion | None = None, **fields: Any,
) -> Hazard:  # fmt: skip
    """Enter a new hazard as 待下达 under the next number, with its photos (整改前). `fields` are those of the model.
    `occasion`: what it was registered from; the one who registers sees that.

    A company registers what it has to mend itself, a township what lies in its area; else PermissionDenied.
    """
    _check_registrant(by, fields)
    if problems := rules.problems_of_dates(fields["found_on"], fields.get("due_on")):
        raise MoveRefused(problems)
    hazard = build_hazard(season=season, sequence=take_numbers(season)[0], by=by, **fields)
    hazard.save(force_insert=True)
    hazard.communities.set(communities)
    hazard.cooperating_units.set([unit for unit in cooperating_units if unit != hazard.lead_unit])

    if occasion is not None:
        keep_occasion(hazard, occasion)

    def write() -> AuditEntry:
        return record(
            actor=by, action="登记", target=hazard, to_status=HazardStatus.PENDING, region_code=season.county.code,
            note=hazard.description, changes={LABEL: [None, occasion.label]} if occasion else None,
        )  # fmt: skip

    with_attachments(hazard, write, by=by, uploads=uploads, stage=AttachmentStage.BEFORE)
    return hazard


def _check_registrant(by: Any, fields: dict[str, Any]) -> None:
    if not by.has_perm("inspections.register_hazard"):
        raise PermissionDenied("您没有登记隐患的权限")
    if not by.unit_id:
        return
    lead_unit, township = fields.get("lead_unit"), fields.get("township")
    if by.unit.is_rectifier and (lead_unit is None or lead_unit.pk != by.unit_id):
        raise PermissionDenied("企业只能登记由本单位负责整改的隐患")
    if by.unit.kind == UnitKind.TOWNSHIP and (township is None or township.pk != by.unit.region_id):
        raise PermissionDenied("乡镇、街道只能登记本辖区的隐患")


def build_hazard(*, season: Season, sequence: int, by: Any, **fields: Any) -> Hazard:
    """An unsaved hazard with its number and search terms; for `register` and for imports that write many at once."""
    fields.setdefault("watched_since", clock.now())
    hazard = Hazard(
        season=season, county=season.county, sequence=sequence, number=number_text(season, sequence), registered_by=by,
        **fields,
    )  # fmt: skip
    if hazard.urgency == Urgency.IMMEDIATE and hazard.due_on is None:
        hazard.due_on = hazard.found_on
    hazard.search_terms = rules.search_terms(hazard)
    return hazard


@transaction.atomic
def edit(
    hazard: Hazard, *, by: Any, version: int, values: dict[str, Any], communities: Iterable[Community] | None = None,
    cooperating_units: Iterable[Unit] | None = None,
) -> AuditEntry | None:  # fmt: skip
    """Correct what the ledger says. `version` is the one that was seen; raises Stale if it has moved on.

    Before the hazard is issued the fields of MOVED_FIELDS may be edited too. Nothing changed: None.
    Raises MoveRefused for a hazard that is settled, and for what would leave an issued one vague.
    """
    if not by.has_perm("inspections.edit_hazard"):
        raise PermissionDenied("您没有修改隐患信息的权限")
    if not hazard.state.is_open:
        raise MoveRefused([f"{hazard.number} 现在是“{hazard.state.label}”，内容不能再修改"])
    allowed = EDITABLE_FIELDS + (MOVED_FIELDS if hazard.status == HazardStatus.PENDING else ())
    values = {name: value for name, value in values.items() if name in allowed and getattr(hazard, name) != value}
    if problems := rules.problems_of_edit(hazard, values):
        raise MoveRefused(problems)
    changes = rules.field_differences(hazard, values)
    if cooperating_units is not None:
        cooperating_units = [unit for unit in cooperating_units if unit != values.get("lead_unit", hazard.lead_unit)]
    for label, relation, wanted in (
        ("涉及小区", hazard.communities, communities),
        ("配合单位", hazard.cooperating_units, cooperating_units),
    ):
        if wanted is not None:
            old, new = set(relation.all()), set(wanted)
            if old != new:
                changes[label] = ["、".join(sorted(map(str, side))) or None for side in (old, new)]
    if not changes:
        return None
    values["search_terms"] = rules.search_terms(hazard, **values)
    hazard.version = version
    change(hazard, expect={"status": hazard.status}, **values)
    if communities is not None:
        hazard.communities.set(communities)
    if cooperating_units is not None:
        hazard.cooperating_units.set(cooperating_units)
    return record(actor=by, action="修改", target=hazard, changes=changes, region_code=hazard.county.code)


@transaction.atomic
def remind(hazard: Hazard, *, by: Any, note: str = "") -> AuditEntry:
    """Tell the lead unit's people to get on with it; on record in the timeline. Refused for what is not with them."""
    if not by.has_perm("inspections.remind_hazard"):
        raise PermissionDenied("您没有催办的权限")
    if hazard.status not in UNDER_WAY_STATUSES:
        raise MoveRefused([f"{hazard.number} 现在是“{hazard.state.label}”，只有待签收、整改中的隐患才需要催办"])
    entry = record(actor=by, action="催办", target=hazard, note=note, region_code=hazard.county.code)
    messages.reminded(hazard, entry)
    return entry


def account_of(unit: Unit | None, person: str) -> User | None:
    """The account of the responsible person: the one active user of the unit with that name, if there is one."""
    if unit is None or not person.strip():
        return None
    found = list(User.objects.active().filter(unit=unit, full_name=person.strip())[:2])
    return found[0] if len(found) == 1 else None


def may_attach(user: Any, hazard: Hazard) -> bool:
    """People of the units that rectify, and of the bureau; after striking off the bureau only, after voiding nobody."""
    if hazard.status == HazardStatus.VOID or not user.unit_id:
        return False
    if user.unit.is_bureau:
        return user.has_perm("inspections.edit_hazard") or user.has_perm("inspections.accept_hazard")
    entitled = user.has_perm("inspections.rectify_hazard") or user.has_perm("inspections.register_hazard")
    return entitled and hazard.state.is_open and user.unit_id in rules.rectifying_unit_ids(hazard)


def require_may_attach(user: Any, hazard: Hazard) -> None:
    """Raise PermissionDenied for who may not."""
    if not may_attach(user, hazard):
        raise PermissionDenied("只有整改单位和住建局的人员可以给这条隐患上传照片和文件")


def attach(
    hazard: Hazard, *, by: Any, upload: InspectedUpload, stage: str, entry: AuditEntry | None = None
) -> Attachment:
    """Store an inspected upload with the hazard's current round. The caller holds the transaction."""
    attachment = Attachment(
        hazard=hazard, round=hazard.round, stage=stage, original_name=upload.filename[-200:],
        content_type=upload.content_type, is_photo=upload.is_photo, size_bytes=upload.size_bytes,
        sha256=upload.sha256, width_px=upload.width_px, height_px=upload.height_px, taken_at=upload.taken_at,
        latitude=upload.latitude, longitude=upload.longitude, phash=upload.phash or "", uploaded_by=by,
        entry_id=entry.pk if entry else None,
    )  # fmt: skip
    if upload.phash:
        attachment.band_0, attachment.band_1, attachment.band_2, attachment.band_3 = bands(upload.phash)
    keep_files(attachment, upload)
    try:
        attachment.save(force_insert=True)
    except BaseException:
        discard_files([attachment])
        raise
    return attachment


def with_attachments(
    hazard: Hazard, write: Callable[[], AuditEntry], *, by: Any, uploads: Sequence[InspectedUpload], stage: str
) -> AuditEntry:
    """Store the uploads, make the move that they belong to, and tie them to its entry: all of it or nothing.

    The photos are there before the move is judged. Files that are no photos go to 其他材料.
    """
    staged = [(upload, stage if upload.is_photo else AttachmentStage.DOCUMENT) for upload in uploads]
    return _with_staged(hazard, write, by=by, staged=staged)[0]


def _with_staged(
    hazard: Hazard, write: Callable[[], AuditEntry], *, by: Any, staged: Sequence[tuple[InspectedUpload, str]]
) -> tuple[AuditEntry, list[Attachment]]:
    stored: list[Attachment] = []
    try:
        with transaction.atomic():
            for upload, stage in staged:
                stored.append(attach(hazard, by=by, upload=upload, stage=stage))
            entry = write()
            Attachment.objects.filter(pk__in=[attachment.pk for attachment in stored]).update(entry_id=entry.pk)
    except BaseException:
        discard_files(stored)
        raise
    return entry, stored


def add_attachments(
    hazard: Hazard, *, by: Any, uploads: Sequence[InspectedUpload], stage: str, note: str = ""
) -> AuditEntry:
    """Add photos or files on their own, as one entry of the timeline."""
    require_may_attach(by, hazard)
    return with_attachments(hazard, _added(hazard, uploads, by=by, note=note), by=by, uploads=uploads, stage=stage)


def add_photos(
    hazard: Hazard, *, by: Any, photos: Sequence[tuple[InspectedUpload, str]], note: str = ""
) -> list[Attachment]:
    """Add photos of several stages, as (photo, stage), in one entry of the timeline; in the order given."""
    require_may_attach(by, hazard)
    write = _added(hazard, [photo for photo, _ in photos], by=by, note=note)
    return _with_staged(hazard, write, by=by, staged=photos)[1]


def _added(hazard: Hazard, uploads: Sequence[InspectedUpload], *, by: Any, note: str) -> Callable[[], AuditEntry]:
    names = "、".join(upload.filename for upload in uploads)
    return lambda: record(
        actor=by, action="上传附件", target=hazard, note=note, changes={ATTACHED: [None, names]},
        region_code=hazard.county.code,
    )  # fmt: skip


def record_first_overdue(today: dt.date) -> int:
    """Set `first_overdue_on` on every open hazard whose deadline has passed; how many. One UPDATE, safe to repeat."""
    return (
        Hazard.objects.overdue(today)
        .filter(first_overdue_on__isnull=True)
        .update(first_overdue_on=ExpressionWrapper(F("due_on") + dt.timedelta(days=1), output_field=DateField()))
    )


def audit_bulk(hazards: Iterable[Hazard], *, by: Any, action: str, note: str = "") -> None:
    """One entry per hazard in one statement, for imports."""
    record_many(
        build(
            actor=by, action=action, target=hazard, note=note, to_status=hazard.status, region_code=hazard.county.code
        )
        for hazard in hazards
    )
