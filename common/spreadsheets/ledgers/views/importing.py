"""The import pages: upload a ledger, look at its piles, settle rows, import what is ready."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common.concurrency import Stale
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.heads import NoLedgerFound
from common.spreadsheets.ledgers.importer import RowRefused
from common.spreadsheets.ledgers.kinds import LedgerKind
from common.spreadsheets.ledgers.registering import bring_in, bring_up_to_date, changes_without_conflict
from common.spreadsheets.ledgers.settling import dismiss, recheck, settle
from common.spreadsheets.ledgers.views.access import batch_of, imports, row_of
from common.spreadsheets.ledgers.views.review import review
from common.spreadsheets.models import BatchState, ImportBatch, Pile
from common.spreadsheets.staging import discard, keep_upload, read_upload
from common.spreadsheets.tasks import importer_of, start_reading, start_registering, start_updating

BATCHES_SHOWN = 50
REFUSED_SHOWN = 5


@require_http_methods(["GET", "POST"])
@imports
def import_list(request: HttpRequest, kind: LedgerKind) -> HttpResponse:
    """GET: the upload form and the user's batches. POST: keep a file, read it and go to its piles."""
    form = kind.upload_form(request.POST or None, request.FILES or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        batch = keep_upload(kind=kind.name, owner=request.user, file=file, filename=file.name, context=form.context)
        if file.size > settings.IMPORT_IN_BACKGROUND_ABOVE_KB * 1024:
            return redirect("jobs:detail", pk=start_reading(batch, by=request.user).pk)
        try:
            if said := take_in(batch, by=request.user):
                messages.info(request, said)
            return redirect(kind.url("import_batch", batch.pk))
        except NoLedgerFound as error:
            messages.warning(request, f"{error}；也可以在这里指出表头和各列")
            return redirect(kind.url("import_layout", batch.pk))
        except SpreadsheetError as error:
            discard(batch)
            form.add_error("file", str(error))
    batches = ImportBatch.objects.visible_to(request.user).filter(kind=kind.name)[:BATCHES_SHOWN]
    context = {"kind": kind, "form": form, "batches": [(batch, batch.pile_counts()) for batch in batches]}
    return render(request, "spreadsheets/import_list.html", context)


def take_in(batch: ImportBatch, *, by: Any) -> str:
    """Read a kept upload at once; what is to be said of it, in Chinese. Raises SpreadsheetError."""
    importer = importer_of(batch, by=by)
    read_upload(batch, importer)
    return importer.after_reading(batch)


@require_GET
@imports
def import_batch(request: HttpRequest, kind: LedgerKind, pk: int) -> HttpResponse:
    """The piles of a batch, the rows of one pile, and the editor of the chosen row (?pile=, ?row=)."""
    batch = batch_of(request, kind, pk)
    if batch.state != BatchState.READ:
        return render(request, "spreadsheets/import_unread.html", {"kind": kind, "batch": batch})
    return review(request, kind, batch)


def _back(kind: LedgerKind, pk: int, query: str = "") -> HttpResponse:
    return redirect(f"{kind.url('import_batch', pk)}{query}")


@require_POST
@imports
def import_run(request: HttpRequest, kind: LedgerKind, pk: int) -> HttpResponse:
    """Import every ready row in one transaction. POST: what the kind lets one choose for all rows."""
    batch, choices = batch_of(request, kind, pk), kind.import_choices(request.POST)
    if batch.rows.filter(pile=Pile.READY).count() > settings.IMPORT_IN_BACKGROUND_ABOVE_ROWS:
        return redirect("jobs:detail", pk=start_registering(batch, by=request.user, choices=choices).pk)
    importer = importer_of(batch, by=request.user)
    try:
        created, something_waits = bring_in(batch, importer, **choices)
    except Stale:
        messages.warning(request, "这一批刚刚已经导入过了，没有重复登记。")
    except SpreadsheetError as error:
        messages.error(request, str(error))
    else:
        if not created:
            messages.info(request, "没有可导入的行。")
            return _back(kind, pk)
        messages.success(request, kind.registered(created))
        if something_waits:
            importer.start_rest(batch)
            messages.info(request, "照片较多，正在后台挂上，进度见“我的任务”。")
        pile = Pile.WAITS if batch.rows.filter(pile=Pile.WAITS).exists() else Pile.IMPORTED
        return _back(kind, pk, f"?pile={pile}")
    return _back(kind, pk)


@require_POST
@imports
def import_update(request: HttpRequest, kind: LedgerKind, pk: int) -> HttpResponse:
    """Apply the ticked changes. POST: `row` (repeated), or `all` for every one that meets no newer change."""
    batch = batch_of(request, kind, pk)
    if "all" in request.POST:
        numbers, rows = None, changes_without_conflict(batch)
    else:
        numbers = sorted(
            {int(text) for text in request.POST.getlist("row") if text.isascii() and text.isdigit() and len(text) < 10}
        )
        rows = batch.rows.filter(pile=Pile.UPDATE, row__in=numbers)
    if rows.count() > settings.UPDATE_IN_BACKGROUND_ABOVE_ROWS:
        return redirect("jobs:detail", pk=start_updating(batch, by=request.user, rows=numbers).pk)
    if not rows.exists():
        messages.warning(request, "没有勾选任何一行，请先勾选要更新的行。")
    else:
        done, refused = bring_up_to_date(batch, rows, importer_of(batch, by=request.user))
        if done:
            messages.success(request, f"已按台账更新 {done} {kind.measure}{kind.noun}。")
        if refused:
            more = f"等 {len(refused)} 行" if len(refused) > REFUSED_SHOWN else ""
            messages.warning(request, "没有更新：" + "；".join(refused[:REFUSED_SHOWN]) + more)
    return _back(kind, pk, f"?pile={Pile.UPDATE}")


@require_POST
@imports
def import_recheck(request: HttpRequest, kind: LedgerKind, pk: int) -> HttpResponse:
    """Look again whether what rows wait for is there by now."""
    batch = batch_of(request, kind, pk)
    ready = recheck(batch, importer_of(batch, by=request.user))
    messages.success(request, f"{ready} 行转入可导入。" if ready else "待处理的行里还没有可以导入的。")
    return _back(kind, pk, f"?pile={Pile.WAITS}")


@require_POST
@imports
def import_settle(request: HttpRequest, kind: LedgerKind, pk: int, row: int) -> HttpResponse:
    """Mend one row; then on to the next that waits."""
    item = row_of(request, kind, pk, row)
    importer = importer_of(item.batch, by=request.user)
    form = kind.row_form(request.POST, row=item, importer=importer)
    if not form.is_valid():
        return review(request, kind, item.batch, chosen=item, form=form, status=422)
    try:
        item = settle(item, importer, values=form.cleaned_data)
    except ValidationError as misleading:
        form.add_error(None, misleading.messages)  # type: ignore[arg-type]
        return review(request, kind, item.batch, chosen=item, form=form, status=422)
    except RowRefused as refused:
        messages.error(request, str(refused))
        return _back(kind, pk)
    if item.pile == Pile.READY:
        messages.success(request, f"第 {row} 行已转入可导入。")
        return _back(kind, pk, f"?pile={Pile.WAITS}")
    return _back(kind, pk, f"?row={row}")


@require_POST
@imports
def import_dismiss(request: HttpRequest, kind: LedgerKind, pk: int, row: int) -> HttpResponse:
    """Leave one row out, with a reason."""
    item = row_of(request, kind, pk, row)
    try:
        dismiss(item, reason=request.POST.get("reason", ""))
    except RowRefused as refused:
        messages.error(request, str(refused))
        return _back(kind, pk, f"?row={row}")
    messages.success(request, f"第 {row} 行不导入，已留在“{Pile.DISMISSED.label}”里备查。")
    return _back(kind, pk)
