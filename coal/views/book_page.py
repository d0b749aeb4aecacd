"""The whole book: the movements of all yards that the user sees."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from coal.heat_values import counted_values
from coal.models import Movement
from coal.supply_filters import BookFilter
from coal.supply_kinds import BOOK
from coal.supply_tables import BookTable
from coal.views.access import reads
from common.htmx import render_page
from common.tables import capped_count


@reads
@require_GET
def movement_list(request: HttpRequest) -> HttpResponse:
    """As many queries for a million movements as for three, at most 12."""
    filters = BookFilter(request.GET, queryset=Movement.objects.visible_to(request.user), request=request)
    rows = Movement.objects.with_reversed()
    table = BookTable.for_request(request, filters.qs, total=capped_count(filters.qs), rows=rows)
    shown = table.page.object_list
    table.counted = counted_values(shown, {yard.pk: yard.company_id for yard in filters.yards})
    context = {
        "table": table, "bar": filters.bar, "empty_title": "还没有流水",
        "empty_text": "到货、耗用、盘点在各煤场的页面上登记。", **BOOK.list_actions(request.user),
    }  # fmt: skip
    return render_page(request, "coal/movement_list.html", context, fragments={"list": "partials/list.html"})
