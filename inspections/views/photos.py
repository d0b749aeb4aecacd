"""The photos of an imported ledger: sent up as a ZIP, listed by row, settled where their names say too little."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.models import ImportBatch, ImportPhoto, Pile
from common.spreadsheets.photo_archives import check_photo_archive
from common.spreadsheets.zip_members import MEBIBYTE
from common.uploads import UploadRefused, inspect_upload, serve
from inspections.enums import AttachmentStage
from inspections.forms.photos import STAGE_CHOICES, PhotoArchiveForm, PhotoForm
from inspections.ledger import HAZARDS
from inspections.models import Hazard
from inspections.photo_rows import entries_of
from inspections.photos import (
    STAGES,
    attach_photos,
    dismiss_photo,
    hangable,
    open_photos,
    settle_photo,
    settle_stages,
    take_archive,
)
from inspections.tasks import start_photos
from inspections.workflow import MoveRefused

imports = permission_required("inspections.import_hazards", raise_exception=True)
ROWS_PER_PAGE = 50
# Each has its picture and a form; when these are settled the next ones follow.
WAITING_SHOWN = 30
SKIPPED_SHOWN = 500


def _batch(request: HttpRequest, pk: int) -> ImportBatch:
    return get_object_or_404(ImportBatch.objects.visible_to(request.user), pk=pk, kind=HAZARDS.kind)


def _photo(request: HttpRequest, pk: int, photo: int) -> ImportPhoto:
    return get_object_or_404(_batch(request, pk).photos.select_related("batch"), pk=photo)


def _back(pk: int) -> HttpResponse:
    return redirect("inspections:hazard_import_photos", pk=pk)


@imports
@require_http_methods(["GET", "POST"])
def import_photos(request: HttpRequest, pk: int) -> HttpResponse:
    """GET: the batch's photos. POST: `file`, a ZIP of photos, and `stage`, of those whose names say none."""
    batch = _batch(request, pk)
    form = PhotoArchiveForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file, stage = form.cleaned_data["file"], form.cleaned_data["stage"]
        try:
            if file.size > settings.PHOTO_ZIP_IN_BACKGROUND_ABOVE_MB * MEBIBYTE:
                check_photo_archive(file)
                return redirect(
                    "jobs:detail", pk=start_photos(batch, by=request.user, file=file, default_stage=stage).pk
                )
            result = take_archive(batch, file, by=request.user, default_stage=stage)
        except SpreadsheetError as error:
            form.add_error("file", str(error))
        else:
            said = messages.warning if result.waiting or not result.taken else messages.success
            said(request, f"{result}{_hung(batch, request)}")
            return _back(pk)
    return _page(request, batch, form, status=422 if form.errors else 200)


def _hung(batch: ImportBatch, request: HttpRequest) -> str:
    """Hang what can be hung, in the background if that is much; a sentence about it, empty if there was nothing."""
    waiting = sum(len(photos) for _, photos in hangable(batch))
    if waiting > settings.PHOTOS_IN_BACKGROUND_ABOVE:
        start_photos(batch, by=request.user)
        return f"{waiting} 张照片正在后台挂到登记的隐患上，在“我的任务”里看进度。"
    attached = attach_photos(batch, by=request.user)
    return f"{attached} 张照片已挂到登记的隐患上。" if attached else ""


def _page(request: HttpRequest, batch: ImportBatch, form: PhotoArchiveForm, *, status: int = 200) -> HttpResponse:
    photos = batch.photos.filter(is_dismissed=False)
    waiting = open_photos(batch).filter(Q(row__isnull=True) | Q(stage=""), is_dismissed=False)
    skipped = photos.filter(file="", attachment_id__isnull=True)
    placed = photos.filter(row__isnull=False).exclude(stage="")
    rows = Paginator(placed.order_by("row").values_list("row", flat=True).distinct(), ROWS_PER_PAGE)
    page = rows.get_page(request.GET.get("page"))
    entries = {row.row: row for row in entries_of(batch)}
    context = {
        "batch": batch,
        "form": form,
        "waiting": [(photo, _settling_form(photo)) for photo in waiting.order_by("source")[:WAITING_SHOWN]],
        "waits": waiting.count(),
        "without_stage": waiting.filter(row__isnull=False).count(),
        "stages": STAGE_CHOICES,
        "skipped": skipped.order_by("source")[:SKIPPED_SHOWN],
        "skips": skipped.count(),
        "dismissed": batch.photos.filter(is_dismissed=True).order_by("source")[:SKIPPED_SHOWN],
        "page": page,
        "rows": _by_row([row for row in page if row], placed, entries),
        "entries": [(row.row, row.fields.get("problem_point") or "") for row in entries.values()],
    }
    return render(request, "inspections/import_photos.html", context, status=status)


def _settling_form(photo: ImportPhoto) -> PhotoForm:
    return PhotoForm(initial={"row": photo.row, "stage": photo.stage}, prefix=f"photo{photo.pk}")


def _by_row(numbers: Sequence[int], placed: Any, entries: dict[int, Any]) -> list[dict[str, Any]]:
    """For each row its number, point, state, hazard and photos by stage."""
    by_row: dict[int, list[ImportPhoto]] = {number: [] for number in numbers}
    for photo in placed.filter(row__in=by_row).order_by("stage", "source"):
        by_row[photo.row].append(photo)
    items = [entries[number].item_id for number in by_row if number in entries and entries[number].item_id]
    hazards = dict(Hazard.objects.filter(pk__in=items).values_list("pk", "number"))
    listed = []
    for number, photos in by_row.items():
        entry = entries.get(number)
        stages = [(stage.label, [photo for photo in photos if photo.stage == stage]) for stage in STAGES]
        listed.append(
            {
                "row": number,
                "point": entry.fields.get("problem_point") or "" if entry else "",
                "pile": Pile(entry.pile) if entry else None,
                "item": entry.item_id if entry and entry.item_id in hazards else None,
                "hazard": hazards.get(entry.item_id) if entry else None,
                "stages": [(label, of_stage) for label, of_stage in stages if of_stage],
            }
        )
    return listed


@imports
@require_http_methods(["GET", "POST"])
def import_photo(request: HttpRequest, pk: int, photo: int) -> HttpResponse | FileResponse:
    """GET: the kept picture (`?small=1`: a thumbnail). POST: `do` = settle (with row and stage), dismiss or restore."""
    kept = _photo(request, pk, photo)
    if request.method == "GET":
        return _picture(kept, small="small" in request.GET)
    try:
        if request.POST.get("do") in ("dismiss", "restore"):
            dismissed = request.POST["do"] == "dismiss"
            dismiss_photo(kept, is_dismissed=dismissed)
            what = "不用了，可以在本页下方恢复" if dismissed else "已恢复"
            messages.success(request, f"“{kept.original_name}”{what}。{_hung(kept.batch, request)}")
            return _back(pk)
        form = PhotoForm(request.POST, prefix=f"photo{kept.pk}")
        if not form.is_valid():
            raise MoveRefused([str(error) for errors in form.errors.values() for error in errors])
        settle_photo(kept, row=form.cleaned_data["row"], stage=form.cleaned_data["stage"])
        stage = AttachmentStage(form.cleaned_data["stage"]).label
        said = f"“{kept.original_name}”记为第 {form.cleaned_data['row']} 行的{stage}照片。"
        messages.success(request, said + _hung(kept.batch, request))
    except MoveRefused as refused:
        messages.error(request, f"“{kept.original_name}”：{'；'.join(refused.problems)}。")
    return _back(pk)


def _picture(photo: ImportPhoto, *, small: bool) -> FileResponse:
    try:
        with photo.file.open("rb") as file:
            upload = inspect_upload(file, filename=photo.original_name)  # type: ignore[arg-type]
    except (ValueError, FileNotFoundError, UploadRefused) as error:
        raise Http404("照片已经挂到隐患上，或者没有收下") from error
    shown = upload.thumbnail if small else upload.rendition
    if shown:
        return serve(BytesIO(shown), download_name="照片.jpg", content_type="image/jpeg", inline=True)
    return serve(BytesIO(upload.content), download_name=upload.filename, content_type=upload.content_type, inline=True)


@imports
@require_POST
def import_photo_stages(request: HttpRequest, pk: int) -> HttpResponse:
    """POST: `stage`, for every photo of the batch that has its row and lacks this."""
    batch = _batch(request, pk)
    try:
        settled = settle_stages(batch, stage=request.POST.get("stage", ""))
        messages.success(request, f"已给 {settled} 张照片写明阶段。{_hung(batch, request)}")
    except MoveRefused as refused:
        messages.error(request, "；".join(refused.problems))
    return _back(pk)
