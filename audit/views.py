"""Who did what, when, from where: for those who keep the accounts."""

from tempfile import TemporaryFile
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from audit.filters import AuditFilter
from audit.ledger import LEDGER, MOST_EXPORTED, export_rows
from audit.models import AuditEntry
from audit.selectors import readable_changes, target_name
from audit.services import record
from audit.tables import AuditTable
from common import clock
from common.htmx import render_page
from common.spreadsheets.official import write_official
from common.tables import capped_count

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


@may_view
@require_GET
def export(request: HttpRequest) -> HttpResponse | FileResponse:
    """The current filter as an .xlsx in the official look."""
    filters = _filtered(request)
    if filters.bar.errors:
        messages.error(request, "查询条件有误，没有导出：" + "；".join(filters.bar.errors))
        return redirect(f"{reverse('audit:list')}?{request.GET.urlencode()}")
    user: Any = request.user
    is_cut = capped_count(filters.qs, cap=MOST_EXPORTED).capped
    book = TemporaryFile()  # noqa: SIM115 - the answer closes it
    count = write_official(
        book,
        ledger=LEDGER,
        rows=export_rows(filters.qs),
        title="操作记录",
        unit_line=f"导出单位：{user.unit or ''}    导出人：{user.display_name}",
        date_line=f"导出日期：{clock.today()}",
        notes=[f"本表只含最近 {MOST_EXPORTED} 条；要更早的，请选定日期再导出。"] if is_cut else [],
        signature="",
    )
    record(actor=user, action="导出", note=f"操作记录 {count} 条")
    book.seek(0)
    return FileResponse(book, as_attachment=True, filename=f"操作记录-{clock.today()}.xlsx")
