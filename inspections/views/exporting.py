"""The list as a file: what the filters of the page leave, or the rows that were chosen."""

import tempfile

from django.contrib.auth.decorators import permission_required
from django.http import FileResponse, HttpRequest
from django.views.decorators.http import require_http_methods

from common import clock
from inspections.exporting import export_name, write_hazards
from inspections.filters import filtered_hazards

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# A file of this size is still kept in memory; a longer one goes to disk.
IN_MEMORY_BYTES = 5 * 1024 * 1024


@permission_required("inspections.export_hazards", raise_exception=True)
@require_http_methods(["GET", "POST"])
def hazard_export(request: HttpRequest) -> FileResponse:
    """GET: the list of the address's filters. POST: of `selected` (pk, repeated), those that the user sees."""
    filters, hazards = filtered_hazards(request, request.GET)
    if request.method == "POST":
        chosen = [int(pk) for pk in request.POST.getlist("selected") if pk.isascii() and pk.isdigit() and len(pk) < 19]
        hazards = hazards.filter(pk__in=chosen)
    out = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 (the response closes it)
    write_hazards(out, hazards, by=request.user, season=filters.season)  # type: ignore[arg-type]
    out.seek(0)
    name = export_name(filters.season, clock.today())
    return FileResponse(out, as_attachment=True, filename=name, content_type=XLSX)
