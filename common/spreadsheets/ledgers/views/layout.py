"""Where the head of an uploaded ledger stands and which column is what: shown, and corrected by a person."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.layout_forms import HeadForm, MappingForm, layout_asked_for, preview
from common.spreadsheets.ledgers.kinds import LedgerKind
from common.spreadsheets.ledgers.views.access import batch_of, imports
from common.spreadsheets.ledgers.views.importing import take_in
from common.spreadsheets.models import Pile
from common.spreadsheets.staging import choose_layout, open_upload
from common.spreadsheets.tasks import importer_of, start_reading


@require_http_methods(["GET", "POST"])
@imports
def import_layout(request: HttpRequest, kind: LedgerKind, pk: int) -> HttpResponse:
    """GET: `sheet`, `first`, `count` try another head. POST with the same: the columns; the file is read anew."""
    batch = batch_of(request, kind, pk)
    ledger = importer_of(batch, by=request.user).ledger
    try:
        book = open_upload(batch)
    except SpreadsheetError as error:
        messages.error(request, str(error))
        return redirect(kind.url("import_list"))
    head_form = HeadForm(request.GET, book=book)
    try:
        sheet, layout = layout_asked_for(batch, head_form, book, ledger)
    except SpreadsheetError as error:
        messages.error(request, str(error))
        # Without a question the same again would be asked for ever.
        return redirect(kind.url("import_layout", pk) if request.GET else kind.url("import_list"))
    form = MappingForm(request.POST or None, sheet=sheet, ledger=ledger, layout=layout)
    if request.method == "POST" and form.is_valid():
        try:
            choose_layout(batch, sheet, form.layout, by=request.user, is_remembered=form.cleaned_data["is_remembered"])
            if batch.file.size > settings.IMPORT_IN_BACKGROUND_ABOVE_KB * 1024:
                return redirect("jobs:detail", pk=start_reading(batch, by=request.user).pk)
            take_in(batch, by=request.user)
            messages.success(request, "已按调整后的列重新核对。")
            return redirect(kind.url("import_batch", pk))
        except SpreadsheetError as error:
            form.add_error(None, str(error))
    shown = HeadForm(
        {"sheet": sheet.name, "first": layout.head_rows[0], "count": len(layout.head_rows)}, book=book
    )  # fmt: skip
    context = {
        "kind": kind,
        "batch": batch,
        "head_form": shown,
        "form": form,
        "sheet": sheet,
        "preview": preview(sheet, layout.head_rows),
        "settled": batch.rows.filter(pile=Pile.DISMISSED).count(),
        "query": request.GET.urlencode(),
    }
    return render(request, "spreadsheets/import_layout.html", context, status=422 if form.errors else 200)
