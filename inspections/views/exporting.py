"""The list as a file: what the filters of the page leave, or the rows that were chosen; and the blank ledger."""

import tempfile
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from common import clock
from common.spreadsheets.errors import SpreadsheetError
from common.uploads.serving import content_disposition
from common.views import safe_next
from facilities.selectors import current_season
from inspections.blank_ledger import blank_name, write_blank
from inspections.exporting import XLSX, chosen_hazards, export_name, refusal, write_hazards
from inspections.forms.exporting import EXPORT_LOOKS, ExportForm
from inspections.tasks import start_export

# A file of this size is still kept in memory; a longer one goes to disk.
IN_MEMORY_BYTES = 5 * 1024 * 1024


@permission_required("inspections.export_hazards", raise_exception=True)
@require_http_methods(["GET", "POST"])
def hazard_export(request: HttpRequest) -> Any:
    """GET and POST: the list of the address's filters. POST with `move` or `selected` (pk, repeated): those rows that
    the user sees. Both: `look`, `subtotals`. What takes long becomes a job, which needs a POST."""
    pks, back = _selected(request), _back(request)
    form = ExportForm(_options(request))
    if not form.is_valid():
        return _refused(request, back, "；".join(str(error) for errors in form.errors.values() for error in errors))
    if pks is not None and not pks:
        return _refused(request, back, "没有勾选任何一条，请先在列表左侧勾选要导出的隐患")
    look, subtotals = form.cleaned_data["look"], form.cleaned_data["subtotals"]
    query = request.GET.urlencode()
    chosen = chosen_hazards(request, query=query, pks=pks)
    if chosen.errors:
        return _refused(request, back, "查询条件有误，没有导出：" + "；".join(chosen.errors))
    count = chosen.count()
    if why := refusal(count, look):
        return _refused(request, back, why)
    if count > settings.EXPORT_IN_BACKGROUND_ABOVE:
        if request.method == "GET":
            context = {
                "count": count,
                "export_looks": EXPORT_LOOKS,
                "look": look,
                "subtotals": subtotals,
                "back": back,
                "kept_days": settings.JOBS_KEPT.days,
            }
            return render(request, "inspections/export_long.html", context)
        job = start_export(request.user, chosen, query=query, pks=pks, look=look, subtotals=subtotals)
        return redirect("jobs:detail", pk=job.pk)
    out = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 (the response closes it)
    try:
        write_hazards(out, chosen, by=request.user, look=look, subtotals=subtotals)  # type: ignore[arg-type]
    except SpreadsheetError as error:
        out.close()
        return _refused(request, back, str(error))
    return _file(out, export_name(chosen.season, clock.today(), look))


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


def _back(request: HttpRequest) -> str:
    params = request.GET.copy()
    for name in ("look", "subtotals"):
        params.pop(name, None)
    return safe_next(request, f"{reverse('inspections:hazard_list')}?{params.urlencode()}")


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


@permission_required("inspections.import_hazards", raise_exception=True)
@require_GET
def hazard_template(request: HttpRequest) -> HttpResponse | FileResponse:
    """The blank ledger of the season, with what its cells may hold."""
    season = current_season(request)
    if season is None:
        messages.error(request, "还没有采暖季，请住建管理员先建立采暖季，再下载模板")
        return redirect("inspections:import_list")
    out = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 (the response closes it)
    write_blank(out, season=season, by=request.user)  # type: ignore[arg-type]
    return _file(out, blank_name(season))
