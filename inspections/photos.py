"""Photos that come with an imported ledger: taken from a ZIP or from its cells, settled, hung at the hazards.

take_archive(batch, file, by=user); take_pictures(batch, by=user); attach_photos(batch, by=user)

Each may run again or be killed half-way: a photo is kept once per batch, row, stage and content, and once per file
that it came from; what hangs at a hazard already is not hung there a second time.
"""

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, BinaryIO

from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from common.spreadsheets.cell_pictures import CellPicture, read_pictures
from common.spreadsheets.models import ImportBatch, ImportPhoto, Pile
from common.spreadsheets.photo_archives import ArchivedPhoto, read_photo_archive
from common.spreadsheets.photo_names import stage_in
from common.spreadsheets.workbook import column_letter
from common.uploads import InspectedUpload, UploadRefused, inspect_upload, random_name
from inspections.enums import AttachmentStage
from inspections.models import Attachment, Hazard
from inspections.photo_rows import RowFinder, RowPlace
from inspections.services import add_photos
from inspections.workflow import MoveRefused

STAGES = (AttachmentStage.BEFORE, AttachmentStage.DURING, AttachmentStage.AFTER)
WITH_PICTURES = (".xlsx", ".xlsm")
LONGEST_SOURCE, LONGEST_PROBLEM = 300, 200
# Photos of one hazard that are in memory together.
AT_ONCE = 8
CLAIMED = 0
NO_STAGE = "没有写明是整改前还是整改后，请选择"
# (files done so far)
Progress = Callable[[int], None]


@dataclass(slots=True)
class PhotoResult:
    """What became of the files: `taken` (row, stage) of those kept for a row; (name, why) of the others.

    `waiting`: kept until a person says what they are of. `skipped`: not kept. `known`: came before.
    """

    taken: list[tuple[int, str]] = field(default_factory=list)
    waiting: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    known: int = 0

    def __str__(self) -> str:
        rows = len({row for row, _ in self.taken})
        no_photos = sum(reason.startswith("不是照片") for _, reason in self.skipped)
        refused = len(self.skipped) - no_photos
        parts = [
            f"{len(self.taken)} 张照片对上 {rows} 行" if self.taken else "",
            f"{len(self.waiting)} 张照片要您选择对应的行或阶段" if self.waiting else "",
            f"{self.known} 张照片以前已经收下，没有重复" if self.known else "",
            f"{no_photos} 个文件不是照片已跳过" if no_photos else "",
            f"{refused} 个文件没有收下（原因在下面逐个写明）" if refused else "",
        ]
        return ("，".join(filter(None, parts)) or "没有找到照片") + "。"


@dataclass(frozen=True, slots=True)
class _Found:
    """A picture before it is judged."""

    place: RowPlace
    stage: str
    source: str
    name: str
    content: bytes


def take_archive(
    batch: ImportBatch, file: BinaryIO, *, by: Any, default_stage: str = "", progress: Progress | None = None
) -> PhotoResult:
    """Keep the photos of a ZIP, read one at a time. Raises SpreadsheetError (PhotoArchiveError) before any is kept.

    `default_stage`: of the photos whose names say none.
    """
    _check_owner(batch, by)
    keeper, finder = _Keeper(batch), RowFinder(batch)
    for done, member in enumerate(read_photo_archive(file, known=finder.known), 1):
        if isinstance(member, ArchivedPhoto):
            place = finder.find(member.serial, member.folders)
            stage = member.stage or default_stage
            keeper.keep(_Found(place, stage, member.name, member.name.rpartition("/")[2], member.content))
        else:
            keeper.skip(member.name, member.reason)
        if progress:
            progress(done)
    return keeper.result


def take_pictures(batch: ImportBatch, *, by: Any, progress: Progress | None = None) -> PhotoResult:
    """Keep the pictures inside the kept workbook (.xlsx, .xlsm); nothing of other files. Harmless to repeat."""
    _check_owner(batch, by)
    keeper = _Keeper(batch)
    sheet = batch.head.get("sheet", "")
    if not batch.file or not batch.filename.lower().endswith(WITH_PICTURES):
        return keeper.result
    rows = set(batch.rows.exclude(pile=Pile.SKIPPED).values_list("row", flat=True))
    stages = dict(enumerate(map(stage_in, batch.head.get("heads", []))))
    first = max(batch.head.get("head_rows") or [0]) + 1
    with batch.file.open("rb") as file:
        pictures = read_pictures(file, sheet_name=sheet)  # type: ignore[arg-type]
        for done, picture in enumerate(pictures, 1):
            if not isinstance(picture, CellPicture):
                keeper.skip(f"工作表“{sheet}”", picture.reason)
            else:
                source = f"{sheet} {column_letter(picture.column)}{picture.row} {picture.name}"
                if picture.row < first:
                    keeper.skip(source, "在表头以上，可能是公章或标志，没有当作照片")
                else:
                    place = _place_of_cell(picture.row, rows)
                    keeper.keep(_Found(place, stages.get(picture.column, ""), source, picture.name, picture.content))
            if progress:
                progress(done)
    return keeper.result


def _place_of_cell(row: int, rows: set[int]) -> RowPlace:
    return RowPlace(row) if row in rows else RowPlace(None, f"图片在第 {row} 行，那一行不是隐患，请选择对应的行")


def _check_owner(batch: ImportBatch, by: Any) -> None:
    if batch.owner_id != by.pk or not by.has_perm("inspections.import_hazards"):
        raise PermissionDenied("只能给自己导入的台账上传照片")


class _Keeper:
    """Writes photos of a batch, each in a transaction of its own, and counts what became of them."""

    def __init__(self, batch: ImportBatch) -> None:
        self.batch = batch
        self.result = PhotoResult()
        # Only spares the work: what makes a photo one is the unique keys.
        self._seen = set(batch.photos.values_list("source", "sha256"))

    def keep(self, found: _Found) -> None:
        sha256 = hashlib.sha256(found.content).hexdigest()
        source = found.source[-LONGEST_SOURCE:]
        if (source, sha256) in self._seen:
            self.result.known += 1
            return
        try:
            upload = inspect_upload(io.BytesIO(found.content), filename=found.name)
        except UploadRefused as refused:
            self.skip(found.source, str(refused), sha256=sha256)
            return
        if not upload.is_photo:
            self.skip(found.source, "不是照片", sha256=sha256)
            return
        self._write(found, source, upload)

    def _write(self, found: _Found, source: str, upload: InspectedUpload) -> None:
        row, problem = found.place.row, found.place.problem or ("" if found.stage else NO_STAGE)
        photo = ImportPhoto(
            batch=self.batch, row=row, stage=found.stage, source=source, original_name=upload.filename,
            size_bytes=upload.size_bytes, sha256=upload.sha256, problem=problem,
        )  # fmt: skip
        photo.file.save(random_name(upload.extension), ContentFile(upload.content), save=False)
        try:
            with transaction.atomic():
                photo.save(force_insert=True)
        except IntegrityError:  # the same picture for the same row and stage, or sent twice at once
            photo.file.delete(save=False)
            self.result.known += 1
        except BaseException:
            photo.file.delete(save=False)
            raise
        else:
            if row is None or not found.stage:
                self.result.waiting.append((source, problem))
            else:
                self.result.taken.append((row, found.stage))

    def skip(self, source: str, reason: str, *, sha256: str = "") -> None:
        """Nothing is dropped silently: the file's name and why it was not kept stay with the batch."""
        source = source[-LONGEST_SOURCE:]
        self.result.skipped.append((source, reason))
        photo = ImportPhoto(
            batch=self.batch, source=source, original_name=source.rpartition("/")[2][-200:], sha256=sha256,
            problem=reason[:LONGEST_PROBLEM],
        )  # fmt: skip
        ImportPhoto.objects.bulk_create([photo], ignore_conflicts=True)


# --- what a person decides ------------------------------------------------------------------------------------------


def settle_photo(photo: ImportPhoto, *, row: int, stage: str) -> None:
    """Say which row and stage a kept photo is of. Raises MoveRefused with what is wrong."""
    if not photo.batch.rows.exclude(pile=Pile.SKIPPED).filter(row=row).exists():
        raise MoveRefused([f"第 {row} 行不是台账里的隐患，请填写表格左侧的行号"])
    if stage not in STAGES:
        raise MoveRefused(["请选择照片是整改前、整改中还是整改后"])
    _decide(photo, row=row, stage=stage, is_dismissed=False, problem="")


def dismiss_photo(photo: ImportPhoto, *, is_dismissed: bool = True) -> None:
    """Leave the photo out, or take it in again. Raises MoveRefused if it hangs at a hazard already."""
    _decide(photo, is_dismissed=is_dismissed)


def _decide(photo: ImportPhoto, **values: Any) -> None:
    try:
        with transaction.atomic():
            kept = ImportPhoto.objects.filter(pk=photo.pk, attachment_id__isnull=True).exclude(file="")
            changed = kept.update(**values)
    except IntegrityError as error:
        raise MoveRefused([f"第 {values['row']} 行这个阶段已有同一张照片，可以选“不用”"]) from error
    if not changed:
        raise MoveRefused([f"“{photo.original_name}”已经挂到隐患上，请到隐患页面处理"])


def settle_stages(batch: ImportBatch, *, stage: str) -> int:
    """Give every photo that has a row and no stage this one; how many. One that is there already keeps none."""
    if stage not in STAGES:
        raise MoveRefused(["请选择照片是整改前、整改中还是整改后"])
    settled = 0
    for photo in open_photos(batch).filter(row__isnull=False, stage="", is_dismissed=False):
        try:
            settle_photo(photo, row=photo.row or 0, stage=stage)
            settled += 1
        except MoveRefused:
            continue
    return settled


def open_photos(batch: ImportBatch) -> QuerySet[ImportPhoto]:
    """Those that are kept and hang nowhere yet."""
    return ImportPhoto.objects.filter(batch=batch, attachment_id__isnull=True).exclude(file="")


# --- at the hazards -------------------------------------------------------------------------------------------------


def attach_photos(batch: ImportBatch, *, by: Any, progress: Progress | None = None) -> int:
    """Hang the photos at the hazards that their rows repeat, changed or became; how many hang now that did not.

    A few at a time, each lot with its audit entry in one transaction. Where `by` may not attach, the photo keeps the
    reason. Run it after every import and upload.
    """
    _check_owner(batch, by)
    attached = 0
    for hazard_id, photos in hangable(batch):
        attached += _hang(hazard_id, photos, by=by)
        if progress:
            progress(attached)
    transaction.on_commit(partial(_forget_files, batch.pk))
    return attached


def hangable(batch: ImportBatch) -> Iterator[tuple[int, list[ImportPhoto]]]:
    """What can be hung now, in lots: (hazard's pk, a few of its photos). Two queries."""
    done = (Pile.IMPORTED, Pile.UPDATED, Pile.REPEAT)
    items = dict(batch.rows.filter(pile__in=done, item_id__isnull=False).values_list("row", "item_id"))
    by_hazard: dict[int, list[ImportPhoto]] = {}
    photos = open_photos(batch).filter(row__isnull=False, is_dismissed=False).exclude(stage="").order_by("pk")
    for photo in photos:
        if photo.row and (hazard_id := items.get(photo.row)):
            by_hazard.setdefault(hazard_id, []).append(photo)
    for hazard_id in sorted(by_hazard):
        for start in range(0, len(by_hazard[hazard_id]), AT_ONCE):
            yield hazard_id, by_hazard[hazard_id][start : start + AT_ONCE]


def _hang(hazard_id: int, photos: list[ImportPhoto], *, by: Any) -> int:
    uploads = {photo.pk: upload for photo in photos if (upload := _reinspected(photo))}
    if not uploads:
        return 0
    try:
        with transaction.atomic():
            # Whoever else hangs photos at this hazard waits here, so that the same picture is seen.
            hazard = Hazard.objects.visible_to(by).select_for_update(of=("self",)).filter(pk=hazard_id).first()
            if hazard is None:
                raise PermissionDenied("这一行对应的隐患不归您管，照片没有挂上")
            claimed = [photo for photo in photos if photo.pk in uploads and _claim(photo)]
            _hang_claimed(hazard, [(photo, uploads[photo.pk]) for photo in claimed], by=by)
    except PermissionDenied as denied:
        why = str(denied)[:LONGEST_PROBLEM]
        ImportPhoto.objects.filter(pk__in=uploads, attachment_id__isnull=True).update(problem=why)
        return 0
    return len(claimed)


def _reinspected(photo: ImportPhoto) -> InspectedUpload | None:
    """The kept file, judged again on its way to the hazard."""
    try:
        with photo.file.open("rb") as file:
            return inspect_upload(file, filename=photo.original_name)  # type: ignore[arg-type]
    except (FileNotFoundError, UploadRefused):
        why = "照片文件已不在系统的存储中，请重新上传"
        ImportPhoto.objects.filter(pk=photo.pk, attachment_id__isnull=True).update(problem=why)
        return None


def _claim(photo: ImportPhoto) -> bool:
    """Whether it is ours to hang: as it was read, and by nobody hung meanwhile."""
    as_read = ImportPhoto.objects.filter(
        pk=photo.pk, attachment_id__isnull=True, is_dismissed=False, row=photo.row, stage=photo.stage
    )
    return as_read.update(attachment_id=CLAIMED, problem="") == 1


def _hang_claimed(hazard: Hazard, photos: list[tuple[ImportPhoto, InspectedUpload]], *, by: Any) -> None:
    there = {
        (sha256, stage): pk
        for pk, sha256, stage in Attachment.objects.filter(hazard=hazard).values_list("pk", "sha256", "stage")
    }
    new = {(photo.sha256, photo.stage): (upload, photo.stage) for photo, upload in photos}
    new = {key: each for key, each in new.items() if key not in there}
    if new:
        note = f"随台账“{photos[0][0].batch.filename}”导入"
        for key, attachment in zip(new, add_photos(hazard, by=by, photos=[*new.values()], note=note), strict=True):
            there[key] = attachment.pk
    for photo, _ in photos:
        ImportPhoto.objects.filter(pk=photo.pk).update(attachment_id=there[(photo.sha256, photo.stage)])


def _forget_files(batch_id: int) -> None:
    """The kept copies of what hangs at a hazard are not needed any more; also those of a run that was killed here."""
    for photo in ImportPhoto.objects.filter(batch_id=batch_id, attachment_id__isnull=False).exclude(file=""):
        photo.file.delete(save=False)
        ImportPhoto.objects.filter(pk=photo.pk).update(file="")
