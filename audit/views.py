"""Who did what, when, from where: for those who keep the accounts."""

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from audit.filters import AuditFilter
from audit.models import AuditEntry
from audit.selectors import change_text, readable_changes, target_name
from audit.tables import AuditTable
from common import clock
from common.htmx import render_page
from common.tables import capped_count

MOST_EXPORTED = 100_000
may_view = permission_required("audit.view_audit", raise_exception=True)


def _filtered(request: HttpRequest) -> AuditFilter:
    return AuditFilter(request.GET, queryset=AuditEntry.objects.visible_to(request.user), request=request)


@may_view
@require_GET
def entry_list(request: HttpRequest) -> HttpResponse:
    filters = _filtered(request)
    table = AuditTable.for_request(request, filters.qs, total=capped_count(filters.qs))
    context = {
        "table": table, "bar": filters.bar, "empty_title": "还没有操作记录",
        "export_url": f"{reverse('audit:export')}?{request.GET.urlencode()}",
    }  # fmt: skip
    return render_page(request, "audit/list.html", context, fragments={"list": "partials/list.html"})


@may_view
@require_GET
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(AuditEntry.objects.visible_to(request.user), pk=pk)
    facts = [
        ("时间", f"{timezone.localtime(row.at):%Y-%m-%d %H:%M:%S}"),
        ("操作", row.action),
        ("操作人", row.actor_name),
        ("单位", row.unit_name),
        ("对象", target_name(row.target_type) if row.target_type else ""),
        ("对象名称", row.target_label),
        ("来源地址", row.ip),
        ("请求编号", row.request_id),
        ("说明", row.note, "wide"),
    ]
    return render(request, "audit/entry.html", {"entry": row, "facts": facts, "changes": readable_changes(row)})


class _Echo:
    """What csv.writer writes to: hands each line back."""

    def write(self, line: str) -> str:
        return line


@may_view
@require_GET
def export(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The current filter as a table, newest first, at most MOST_EXPORTED rows."""
    filters = _filtered(request)
    if filters.bar.errors:
        messages.error(request, "查询条件有误，没有导出：" + "；".join(filters.bar.errors))
        return redirect(f"{reverse('audit:list')}?{request.GET.urlencode()}")
    writer = csv.writer(_Echo())
    response = StreamingHttpResponse(
        (writer.writerow(row) for row in export_rows(filters.qs)), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="audit-{clock.today()}.csv"'
    return response


def export_rows(queryset: QuerySet[Any]) -> Iterator[list[str]]:
    """The head and one line per entry. Text that a spreadsheet would take for a formula stays text."""
    yield ["\ufeff时间", "操作人", "单位", "操作", "对象", "对象名称", "变更", "说明", "来源地址"]
    for row in queryset.order_by("-at", "-pk")[:MOST_EXPORTED].iterator():
        changes = "；".join(change_text(*change) for change in readable_changes(row))
        cells = [
            f"{timezone.localtime(row.at):%Y-%m-%d %H:%M:%S}", row.actor_name, row.unit_name, row.action,
            target_name(row.target_type) if row.target_type else "", row.target_label, changes, row.note, row.ip or "",
        ]  # fmt: skip
        yield [f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t")) else cell for cell in cells]
