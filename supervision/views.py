"""督办: what has been escalated and the ladder of one item."""

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from common.filters import state_tabs
from common.htmx import is_partial, render_page
from supervision.enums import Measure
from supervision.filters import EscalationFilter
from supervision.kinds import KINDS
from supervision.reach import unreached
from supervision.selectors import ladder_of, measure_counts, stale_since
from supervision.tables import EscalationTable

reads = permission_required("supervision.view_escalation", raise_exception=True)
EMPTY_TEXT = "到期前会提醒，逾期后会逐级催办、督办；达到步骤的事项会列在这里。"


@reads
@require_GET
def escalation_list(request: HttpRequest) -> HttpResponse:
    """At most twelve queries, whatever the number of escalations."""
    filters = EscalationFilter(request.GET, user=request.user)
    counts = {} if filters.bar.errors else measure_counts(filters.untabbed)
    chosen = request.GET.get("step", "")
    table = EscalationTable.with_facts(request, filters.qs, total=counts.get(chosen))
    context = {
        "table": table,
        "bar": filters.bar,
        "tabs": state_tabs(request.GET, "step", [(m.value, m.label, m.colour) for m in Measure], counts),
        "empty_title": "没有需要提醒或督办的事项",
        "empty_text": EMPTY_TEXT,
        "swept_at": stale_since()[1],
        "unreached": None if is_partial(request) else unreached(request.user),
    }
    return render_page(request, "supervision/list.html", context, fragments={"list": "partials/list.html"})


@reads
@require_GET
def ladder(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """An item's ladder, for its page to load; a page of its own without htmx."""
    if kind not in KINDS:
        raise Http404
    item = get_object_or_404(KINDS[kind].visible(request.user), pk=pk)
    context = {"ladder": ladder_of(item, request.user, kind=KINDS[kind]), "item": item, "kind": KINDS[kind]}
    template = "supervision/parts/ladder.html" if is_partial(request) else "supervision/ladder.html"
    return render(request, template, context)
