"""The whole book: the movements of all yards that the user sees."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from coal.heat_values import counted_values
from coal.models import Movement, Yard
from coal.supply_filters import BookFilter
from coal.supply_kinds import BOOK
from coal.supply_tables import BookTable
from coal.views.access import reads
from common.htmx import render_page
from common.tables import capped_count


@reads
@require_GET
def movement_list(request: HttpRequest) -> HttpResponse:
    """As many queries for a million movements as for three."""
    filters = BookFilter(request.GET, queryset=Movement.objects.visible_to(request.user), request=request)
    table = BookTable.for_request(request, filters.qs, total=capped_count(filters.qs))
    shown = table.page.object_list
    table.gone = Movement.objects.reversed_among(movement.pk for movement in shown)
    yards = Yard.objects.filter(pk__in={movement.yard_id for movement in shown})
    table.counted = counted_values(shown, dict(yards.values_list("pk", "company")))
    context = {
        "table": table, "bar": filters.bar, "empty_title": "还没有流水",
        "empty_text": "到货、耗用、盘点在各煤场的页面上登记。", **BOOK.list_actions(request.user),
    }  # fmt: skip
    return render_page(request, "coal/movement_list.html", context, fragments={"list": "partials/list.html"})
