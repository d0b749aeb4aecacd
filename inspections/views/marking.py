"""The marked copy of an import: the uploaded file with what needs a person coloured and explained, to be sent again."""

import io
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.models import ImportBatch
from common.uploads.serving import serve
from inspections.exporting import XLSX
from inspections.ledger import HAZARDS
from inspections.marks import marked_copy
from inspections.tasks import start_marking


@permission_required("inspections.import_hazards", raise_exception=True)
@require_http_methods(["GET", "POST"])
def import_marked(request: HttpRequest, pk: int) -> Any:
    """The copy as a download; of a long ledger a job, which needs a POST."""
    batch = get_object_or_404(ImportBatch.objects.visible_to(request.user), pk=pk, kind=HAZARDS.kind)
    count = batch.rows.count()
    if count > settings.IMPORT_IN_BACKGROUND_ABOVE_ROWS:
        if request.method == "GET":
            context = {"batch": batch, "count": count, "kept_days": settings.JOBS_KEPT.days}
            return render(request, "inspections/import_marked.html", context)
        return redirect("jobs:detail", pk=start_marking(batch, by=request.user).pk)
    try:
        copy = marked_copy(batch)
    except SpreadsheetError as error:
        messages.error(request, str(error))
        return redirect("inspections:import_batch", pk=pk)
    response = serve(io.BytesIO(copy.content), download_name=copy.filename, content_type=XLSX, inline=False)
    # Rows settled meanwhile are no longer marked in the next copy.
    response["Cache-Control"] = "private, no-store"
    return response
