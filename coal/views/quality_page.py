"""Pages of the coal's quality: the batches, one batch with what came of it, and its form."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from coal import quality_services as services
from coal.demand import kcal_per_kg
from coal.forms.figures import plain
from coal.forms.supply import QualityForm
from coal.formulas import figure
from coal.models import Contract, QualityBatch
from coal.quality import RESULTS, unusual_results
from coal.quality_selectors import QualityWarning, arrivals_of, warnings_among, with_arrived
from coal.supply_filters import QualityFilter
from coal.supply_kinds import QUALITY
from coal.supply_tables import QualityTable
from coal.views.access import reads
from coal.views.papers import history, own_company, save
from common.htmx import is_partial, render_page
from common.pending_forms import posted_or_pending
from common.tables import capped_count
from facilities.selectors import current_season

FRAGMENTS = {"list": "partials/list.html"}
HOW_TO_BEGIN = "采样后按批次登记，化验结果出来再补；有了结果，库存折标煤就按化验的热值。"
RELATED = ("company", "county", "entered_by__unit")
records = permission_required("coal.record_quality", raise_exception=True)


@reads
@require_GET
def quality_list(request: HttpRequest) -> HttpResponse:
    """The batches; above them what is worse than the season's contracts ask for. At most 12 queries."""
    filters = QualityFilter(request.GET, queryset=QualityBatch.objects.visible_to(request.user), request=request)
    rows = with_arrived(QualityBatch.objects.all())
    table = QualityTable.for_request(request, filters.qs, total=capped_count(filters.qs), rows=rows)
    season = current_season(request)
    warned = warnings_among(Contract.objects.visible_to(request.user).filter(season=season)) if season else []
    table.faulty = _faulty(warned)
    may_add = request.user.has_perm("coal.record_quality") and own_company(request.user) is not None  # type: ignore[union-attr]
    context: dict[str, Any] = {
        "season": season, "table": table, "bar": filters.bar, "may_add": may_add, "empty_title": "还没有煤质批次",
        "empty_text": HOW_TO_BEGIN if may_add else "煤质由供热企业登记。",
        **QUALITY.list_actions(request.user),
    }  # fmt: skip
    if may_add:
        context |= {"empty_url": reverse("coal:quality_create"), "empty_action": "登记煤质"}
    if not is_partial(request):
        context["warnings"] = warned
    return render_page(request, "coal/quality_list.html", context, fragments=FRAGMENTS)


def _faulty(warned: list[QualityWarning]) -> dict[int, str]:
    """{batch's pk: what is wrong with it, each thing once}"""
    words: dict[int, list[str]] = {}
    for each in warned:
        words.setdefault(each.batch.pk, []).extend("热值低" if fault.is_heat else "全硫高" for fault in each.faults)
    return {pk: "、".join(dict.fromkeys(said)) for pk, said in words.items()}


def _visible(request: HttpRequest, pk: int) -> QualityBatch:
    return get_object_or_404(QualityBatch.objects.visible_to(request.user).select_related(*RELATED), pk=pk)


@reads
@require_GET
def quality_detail(request: HttpRequest, pk: int) -> HttpResponse:
    batch = _visible(request, pk)
    arrived = arrivals_of(batch)
    context = {
        "batch": batch, "facts": _facts(batch), "results": _results(batch), "unusual": unusual_results(batch),
        "arrived": arrived, "arrived_t": sum(each.arrived.quantity_t for each in arrived),
        "scans": batch.scans.all(), "events": history(batch),
    }  # fmt: skip
    return render(request, "coal/quality_detail.html", context)


def _facts(batch: QualityBatch) -> list[tuple[Any, ...]]:
    return [
        ("供热企业", batch.company),
        ("采样", "，".join(filter(None, (batch.sampled_on.isoformat(), batch.sampled_by)))),
        ("化验", "，".join(filter(None, (batch.tested_on.isoformat() if batch.tested_on else "", batch.tested_by)))),
        ("报告编号", batch.report_number),
        ("说明", batch.note, "wide"),
    ]


def _results(batch: QualityBatch) -> list[tuple[str, str, str, str]]:
    """(label, figure with its unit, the same otherwise, what is usual)"""
    rows = []
    for each in RESULTS:
        value = getattr(batch, each.name)
        said = "" if value is None else f"{plain(value)} {each.unit}"
        also = ""
        if value is not None and each.name == "heat_value_mj_per_kg":
            also = f"合 {figure(kcal_per_kg(value), 0)} kcal/kg"
        rows.append((each.label, said, also, f"{each.range_text} {each.unit}"))
    return rows


@records
@require_http_methods(["GET", "POST"])
def quality_create(request: HttpRequest) -> HttpResponse:
    company = own_company(request.user, required=True)
    form = QualityForm(
        posted_or_pending(request), request.FILES or None, initial={"number": request.GET.get("number", "")[:40]}
    )  # fmt: skip

    def write() -> QualityBatch:
        return services.create_batch(
            by=request.user, county=company.region.county, company=company, uploads=form.cleaned_data["scans"],
            **form.values,
        )  # fmt: skip

    return _form_page(request, form, write, None, "登记煤质")


@records
@require_http_methods(["GET", "POST"])
def quality_edit(request: HttpRequest, pk: int) -> HttpResponse:
    batch = _visible(request, pk)
    form = QualityForm(posted_or_pending(request), request.FILES or None, batch=batch)

    def write() -> QualityBatch:
        return services.correct_batch(
            batch, by=request.user, seen=form.seen, reason=form.cleaned_data["reason"],
            uploads=form.cleaned_data["scans"], **form.values,
        )  # fmt: skip

    return _form_page(request, form, write, batch, "更正煤质" if batch.is_tested else "填化验结果")


def _form_page(request: HttpRequest, form: QualityForm, write: Any, batch: Any, word: str) -> HttpResponse:
    saved, status = save(request, form, write, batch)
    if saved is not None:
        _tell(request, saved)
        return redirect(saved.get_absolute_url())
    context = {
        "form": form, "batch": batch, "word": word,
        "back": batch.get_absolute_url() if batch else reverse("coal:quality_list"),
    }  # fmt: skip
    return render(request, "coal/quality_form.html", context, status=status)


def _tell(request: HttpRequest, batch: QualityBatch) -> None:
    """What is done with the result; what is unusual in it, and what is worse than was agreed."""
    arrived = arrivals_of(batch)
    done = "化验结果出来后再来补上。"
    if batch.is_tested and arrived:
        done = "这一批的库存已按化验的热值折标煤。"
    elif batch.is_tested:
        done = "还没有到货写着这个批次号；登记了的，自动按化验的热值折标煤。"
    messages.success(request, f"批次 {batch.number} 已保存，{done}")
    for sentence in unusual_results(batch):
        messages.warning(request, sentence + "。")
    for each in arrived:
        for fault in each.faults:
            said = f"合同 {each.number} 项下 {figure(each.arrived.quantity_t)} t：{fault}。"
            messages.warning(request, said)
