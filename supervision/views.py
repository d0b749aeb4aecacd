"""督办: what has been escalated, the ladder of one item, and the policy."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from common.concurrency import Stale
from common.filters import state_tabs
from common.forms import attempt
from common.htmx import is_partial, render_page
from common.pending_forms import posted_or_pending
from supervision import services
from supervision.enums import Measure
from supervision.filters import EscalationFilter
from supervision.forms import StepForm
from supervision.kinds import KINDS
from supervision.models import PolicyStep
from supervision.selectors import ladder_of, measure_counts, measures_of, stale_since
from supervision.tables import EscalationTable

reads = permission_required("supervision.view_escalation", raise_exception=True)
EMPTY_TEXT = "到期前会提醒，逾期后会逐级催办、督办；达到步骤的隐患会列在这里。"


@reads
@require_GET
def escalation_list(request: HttpRequest) -> HttpResponse:
    """At most ten queries, whatever the number of escalations."""
    measures = measures_of()
    codes: dict[str, list[str]] = {measure.value: [] for measure in Measure}
    for (_, code), measure in measures.items():
        codes[measure].append(code)
    filters = EscalationFilter(request.GET, user=request.user, codes=codes)
    counts = {} if filters.bar.errors else measure_counts(filters.untabbed, codes)
    chosen = request.GET.get("step", "")
    table = EscalationTable.with_facts(request, filters.qs, measures=measures, total=counts.get(chosen))
    context = {
        "table": table,
        "bar": filters.bar,
        "tabs": state_tabs(request.GET, "step", [(m.value, m.label, m.colour) for m in Measure], counts),
        "empty_title": "没有需要提醒或督办的事项",
        "empty_text": EMPTY_TEXT,
        "swept_at": stale_since()[1],
    }
    return render_page(request, "supervision/list.html", context, fragments={"list": "partials/list.html"})


@reads
@require_GET
def ladder(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """An item's ladder, for its page to load; a page of its own without htmx."""
    item = get_object_or_404(KINDS[kind].visible(request.user), pk=pk)
    context = {"ladder": ladder_of(item), "item": item}
    template = "supervision/parts/ladder.html" if is_partial(request) else "supervision/ladder.html"
    return render(request, template, context)


@reads
@require_GET
def policy(request: HttpRequest) -> HttpResponse:
    steps = PolicyStep.objects.order_by("kind", "level", "grade")
    context = {"kinds": [(kind.label, [step for step in steps if step.kind == kind.name]) for kind in KINDS.values()]}
    return render(request, "supervision/policy.html", context)


@permission_required("supervision.manage_policy", raise_exception=True)
def policy_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """409 if somebody else has changed the step since the form was opened; what was typed stays."""
    step = get_object_or_404(PolicyStep, pk=pk)
    data = posted_or_pending(request)
    form, status = StepForm(data, step=step), 200
    if request.method == "POST" and data is not None and form.is_valid():
        version = form.cleaned_data["version"]
        try:
            changed = attempt(
                form, lambda: services.change_step(step, by=request.user, version=version, values=form.values)
            )
            if changed is not None:
                messages.success(request, f"“{step}”已保存，下一次检查起生效。" if changed else "没有变化。")
                return redirect(reverse("supervision:policy"))
        except Stale:
            step.refresh_from_db()
            # Sent once more, it replaces what the other one wrote, now that both are on the page.
            form.data = data = data.copy()
            data["version"] = str(step.version)
            status = 409
    return render(
        request, "supervision/policy_form.html", {"form": form, "step": step, "is_stale": status == 409}, status=status
    )
