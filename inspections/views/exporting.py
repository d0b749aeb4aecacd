"""The list as a file: what the filters of the page leave, or the rows that were chosen."""

import tempfile

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import FileResponse, HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from common import clock
from inspections.exporting import export_name, write_hazards
from inspections.filters import filtered_hazards
from inspections.models import Hazard

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# A file of this size is still kept in memory; a longer one goes to disk.
IN_MEMORY_BYTES = 5 * 1024 * 1024


@permission_required("inspections.export_hazards", raise_exception=True)
@require_http_methods(["GET", "POST"])
def hazard_export(request: HttpRequest) -> FileResponse | HttpResponseRedirect:
    """GET: the list of the address's filters. POST: of `selected` (pk, repeated), those that the user sees."""
    filters, hazards = filtered_hazards(request, request.GET)
    if request.method == "POST":
        # The rows may be of several seasons: 我的待办 lists them together.
        chosen = [int(pk) for pk in request.POST.getlist("selected") if pk.isascii() and pk.isdigit() and len(pk) < 19]
        hazards = Hazard.objects.visible_to(request.user).filter(pk__in=chosen).in_list_order()
    elif filters.bar.errors:
        messages.error(request, "查询条件有误，没有导出：" + "；".join(filters.bar.errors))
        return redirect(f"{reverse('inspections:hazard_list')}?{request.GET.urlencode()}")
    out = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 (the response closes it)
    write_hazards(out, hazards, by=request.user, season=filters.season)  # type: ignore[arg-type]
    out.seek(0)
    name = export_name(filters.season, clock.today())
    return FileResponse(out, as_attachment=True, filename=name, content_type=XLSX)
