"""Files that go out: the list as the filters leave it, the blank ledger, and the marked copy of an import."""

import io
import tempfile
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.ledgers.exporting import XLSX, Chosen, Look, export_name, refusal, write_chosen
from common.spreadsheets.ledgers.forms import ExportForm
from common.spreadsheets.ledgers.kinds import ExportKind, LedgerKind
from common.spreadsheets.ledgers.marks import marked_copy
from common.spreadsheets.ledgers.views.access import batch_of, exports, imports
from common.spreadsheets.tasks import start_export, start_marking
from common.uploads.serving import content_disposition, serve
from common.views import safe_next

# A file of this size is still kept in memory; a longer one goes to disk.
IN_MEMORY_BYTES = 5 * 1024 * 1024


@require_http_methods(["GET", "POST"])
@exports
def export(request: HttpRequest, kind: ExportKind) -> Any:
    """GET and POST: the list of the address's filters. POST with `move` or `selected` (pk, repeated): those rows that
    the user sees. Both: `look`, `subtotals`. What takes long becomes a job, which needs a POST."""
    pks, back = _selected(request), _back(request, kind)
    form = ExportForm(_options(request))
    if not form.is_valid() or form.cleaned_data["look"] not in kind.looks:
        return _refused(request, back, f"没有“{form.data['look']}”这种导出格式，请重新选择")
    if pks is not None and not pks:
        return _refused(request, back, f"没有勾选任何一{kind.measure}，请先在列表左侧勾选要导出的{kind.noun}")
    look, subtotals = form.cleaned_data["look"], form.cleaned_data["subtotals"]
    query = request.GET.urlencode()
    chosen = kind.chosen(request, query=query, pks=pks)
    if chosen.errors:
        return _refused(request, back, "查询条件有误，没有导出：" + "；".join(chosen.errors))
    count = chosen.count()
    if why := refusal(kind, count, look):
        return _refused(request, back, why)
    if count > settings.EXPORT_IN_BACKGROUND_ABOVE:
        if request.method == "GET":
            return _ask(request, kind, count, look, subtotals, back)
        job = start_export(request.user, kind, chosen, query=query, pks=pks, look=look, subtotals=subtotals)
        return redirect("jobs:detail", pk=job.pk)
    return _written(request, kind, chosen, look, subtotals, back)


def _ask(
    request: HttpRequest, kind: ExportKind, count: int, look: Look, subtotals: bool, back: str
) -> HttpResponse:  # fmt: skip
    context = {
        "kind": kind, "count": count, "look": look, "subtotals": subtotals, "back": back,
        "kept_days": settings.JOBS_KEPT.days,
    }  # fmt: skip
    return render(request, "spreadsheets/export_long.html", context)


def _written(
    request: HttpRequest, kind: ExportKind, chosen: Chosen, look: Look, subtotals: bool, back: str
) -> HttpResponse | FileResponse:
    out = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 (the response closes it)
    try:
        write_chosen(out, kind, chosen, by=request.user, look=look, subtotals=subtotals)  # type: ignore[arg-type]
    except SpreadsheetError as error:
        out.close()
        return _refused(request, back, str(error))
    return _file(out, export_name(kind, chosen, look))


def _options(request: HttpRequest) -> Any:
    """What the form of the export is given; a button of the selection bar names the look."""
    given = request.POST if request.method == "POST" else request.GET
    _, sign, look = request.POST.get("move", "").partition("export_")
    return {"look": look if sign else given.get("look", ""), "subtotals": given.get("subtotals", "")}


def _selected(request: HttpRequest) -> list[int] | None:
    """The rows that were chosen; None if it is the whole list that is asked for."""
    if "move" not in request.POST and "selected" not in request.POST:
        return None
    return [int(pk) for pk in request.POST.getlist("selected") if pk.isascii() and pk.isdigit() and len(pk) < 19]


def _back(request: HttpRequest, kind: ExportKind) -> str:
    params = request.GET.copy()
    for name in ("look", "subtotals"):
        params.pop(name, None)
    return safe_next(request, f"{kind.list_url()}?{params.urlencode()}")


def _refused(request: HttpRequest, back: str, why: str) -> HttpResponse:
    messages.error(request, why)
    return redirect(back)


def _file(out: Any, name: str) -> FileResponse:
    out.seek(0)
    response = FileResponse(out, content_type=XLSX)
    response["Content-Disposition"] = content_disposition(name, inline=False)
    response["X-Content-Type-Options"] = "nosniff"
    # The same address gives another file tomorrow.
    response["Cache-Control"] = "private, no-cache"
    return response


@require_GET
@imports
def template(request: HttpRequest, kind: LedgerKind) -> HttpResponse | FileResponse:
    """The blank ledger, with what its cells may hold."""
    out = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 (the response closes it)
    try:
        name = kind.write_blank(out, source=request)  # type: ignore[arg-type]
    except SpreadsheetError as error:
        out.close()
        return _refused(request, kind.url("import_list"), str(error))
    return _file(out, name)


@require_http_methods(["GET", "POST"])
@imports
def import_marked(request: HttpRequest, kind: LedgerKind, pk: int) -> Any:
    """The marked copy as a download; of a long ledger a job, which needs a POST."""
    batch = batch_of(request, kind, pk)
    count = batch.rows.count()
    if count > settings.IMPORT_IN_BACKGROUND_ABOVE_ROWS:
        if request.method == "GET":
            context = {"kind": kind, "batch": batch, "count": count, "kept_days": settings.JOBS_KEPT.days}
            return render(request, "spreadsheets/import_marked.html", context)
        with transaction.atomic():
            job = start_marking(batch, by=request.user)
            kind.copy_taken(batch, by=request.user)
        return redirect("jobs:detail", pk=job.pk)
    try:
        copy = marked_copy(batch)
    except SpreadsheetError as error:
        return _refused(request, kind.url("import_batch", pk), str(error))
    kind.copy_taken(batch, by=request.user)
    response = serve(io.BytesIO(copy.content), download_name=copy.filename, content_type=XLSX, inline=False)
    # Rows settled meanwhile are no longer marked in the next copy.
    response["Cache-Control"] = "private, no-store"
    return response
