"""The progress tables that were read: all lines, and those of a day beside the book."""

import datetime as dt

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from coal.forms.progress import DifferenceForm
from coal.models import ProgressLine
from coal.progress_filters import ProgressFilter
from coal.progress_selectors import differences, snapshot
from coal.progress_tables import ProgressTable
from common.htmx import render_page
from common.spreadsheets.ledgers.kinds import kind_named
from common.tables import capped_count

reads = permission_required("coal.view_coal", raise_exception=True)


@reads
@require_GET
def progress_list(request: HttpRequest) -> HttpResponse:
    lines = ProgressLine.objects.visible_to(request.user)
    filters = ProgressFilter(request.GET, queryset=lines, request=request)
    table = ProgressTable.for_request(request, filters.qs, total=capped_count(filters.qs))
    context = {
        "table": table,
        "bar": filters.bar,
        "empty_title": "还没有导入储备进度表",
        "empty_text": "各单位报来的“冬煤夏储进展情况统计表”导入后按截止日期列在这里，与系统里的流水对照。",
        **kind_named("coal").list_actions(request.user),
    }
    return render_page(request, "coal/progress_list.html", context, fragments={"list": "partials/list.html"})


@reads
@require_GET
def progress_day(request: HttpRequest, year: int, month: int, day: int) -> HttpResponse:
    """Eleven queries, whatever the number of companies, and two more for each county."""
    try:
        on = dt.date(year, month, day)
    except ValueError:
        raise Http404 from None
    lines = snapshot(request.user, on)
    if not lines:
        raise Http404("这一天没有进度表")
    form = DifferenceForm(request.GET, found=differences(lines))
    context = {
        "on": on, "lines": lines, "different": sum(1 for line in lines if line.differs), "form": form,
        "is_narrowed": len(form.shown) < len(form.found),
    }  # fmt: skip
    return render(request, "coal/progress_day.html", context)
