"""Pages of the money for coal: the county's list, a company's page, and the forms."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import Unit
from accounts.scoping import sees_region
from coal import fund_services as services
from coal.forms.funds import EntryForm, FundReversalForm, NeedForm
from coal.fund_enums import FundKind
from coal.fund_filters import FundFilter
from coal.fund_sheet import write_fund_sheet
from coal.fund_tables import FundTable
from coal.funds import arrivals_of, county_funds, funds_of, latest_need, reckoned_quantity, sums_of
from coal.models import FundEntry, FundNeed
from coal.models.funds import IN_10K
from coal.views.access import company_and_season, no_season, reads
from coal.views.workbook import workbook
from common.forms import attempt
from common.htmx import render_page
from common.pending_forms import posted_or_pending
from common.tables import capped_count
from common.ui import quantity
from facilities.models import Season
from facilities.selectors import current_season

FRAGMENTS = {"list": "partials/list.html"}
records = permission_required("coal.record_funds", raise_exception=True)


@reads
@require_GET
def fund_list(request: HttpRequest) -> HttpResponse:
    """Every company that the user sees with the county's sums; a company's own people are led to their page."""
    season = current_season(request)
    if season is None:
        return no_season(request, "购煤资金")
    rows = county_funds(season, request.user)
    if len(rows) == 1 and request.user.unit_id == rows[0].company.pk:  # type: ignore[union-attr]
        return redirect("coal:fund_company", season=season.pk, company=rows[0].company.pk)
    context = {"season": season, "rows": rows, "sums": sums_of(rows), "is_all": sees_region(request.user)}
    return render(request, "coal/fund_list.html", context)


@reads
@require_GET
def fund_sheet(request: HttpRequest) -> HttpResponse | FileResponse:
    season = current_season(request)
    if season is None:
        return no_season(request, "购煤资金")
    return workbook(lambda out: write_fund_sheet(out, season, by=request.user))


@reads
@require_GET
def fund_company(request: HttpRequest, season: int, company: int) -> HttpResponse:
    """How the company stands, every revision of its need, and its entries with those that were undone."""
    unit, found = company_and_season(request, company, season)
    entries = FundEntry.objects.visible_to(request.user).filter(season=found, company=unit)
    filters = FundFilter(request.GET, queryset=entries, request=request)
    table = FundTable.for_request(request, filters.qs, total=capped_count(filters.qs))
    shown = [entry.pk for entry in table.page.object_list]
    table.gone = set(FundEntry.objects.filter(reverses__in=shown).values_list("reverses", flat=True))
    table.may_record = services.may_record(request.user, unit)
    needs = FundNeed.objects.visible_to(request.user).filter(season=found, company=unit).select_related("entered_by")
    context = {
        "season": found, "company": unit, "funds": funds_of(unit, found), "needs": needs, "table": table,
        "bar": filters.bar, "may_record": table.may_record, "kinds": FundKind, "is_all": sees_region(request.user),
        "empty_title": "还没有登记资金", "empty_text": "落实一笔登记一笔，付款也逐笔登记。" if table.may_record else "",
    }  # fmt: skip
    return render_page(request, "coal/fund_company.html", context, fragments=FRAGMENTS)


def _writable(request: HttpRequest, company: int, season: int) -> tuple[Unit, Season]:
    unit, found = company_and_season(request, company, season)
    if not services.may_record(request.user, unit):
        raise PermissionDenied("购煤资金由供热企业自己或发改局登记")
    return unit, found


@records
@require_http_methods(["GET", "POST"])
def fund_need(request: HttpRequest, season: int, company: int) -> HttpResponse:
    unit, found = _writable(request, company, season)
    last = latest_need(unit, found)
    arrivals = arrivals_of(found, [unit.pk]).get(unit.pk)
    form = NeedForm(
        posted_or_pending(request), company=unit, season=found, by=request.user, last=last,
        quantity=reckoned_quantity(unit, found), usual_price=arrivals.mean_price_yuan_per_t if arrivals else None,
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        need = attempt(form, form.save)
        if need is not None:
            amount = quantity(need.amount_yuan / IN_10K)
            messages.success(request, f"{unit.label} {found} 所需资金登记为 {amount} 万元，原来的各版保留可查。")
            return redirect("coal:fund_company", season=found.pk, company=unit.pk)
    context = {"season": found, "company": unit, "form": form, "last": last, "heading_text": "登记所需资金"}
    status = 422 if request.method == "POST" else 200
    return render(request, "coal/fund_form.html", context | {"submit_label": "保存"}, status=status)


@records
@require_http_methods(["GET", "POST"])
def fund_enter(request: HttpRequest, season: int, company: int, kind: str) -> HttpResponse:
    unit, found = _writable(request, company, season)
    if kind not in FundKind.values:
        raise Http404("没有这种资金")
    member = FundKind(kind)
    form = EntryForm(posted_or_pending(request), company=unit, season=found, kind=member, by=request.user)
    if request.method == "POST" and form.is_valid():
        entry = attempt(form, form.save)
        if entry is not None:
            _tell(request, entry)
            return redirect("coal:fund_company", season=found.pk, company=unit.pk)
    context = {"season": found, "company": unit, "form": form, "heading_text": f"登记{member.verb}"}
    status = 422 if request.method == "POST" else 200
    return render(request, "coal/fund_form.html", context | {"submit_label": f"登记{member.verb}"}, status=status)


def _tell(request: HttpRequest, entry: FundEntry) -> None:
    funds = funds_of(entry.company, entry.season)
    amount = quantity(entry.amount_10k_yuan)
    secured, paid = quantity(funds.secured_yuan / IN_10K), quantity(funds.paid_yuan / IN_10K)
    done = f"已登记{entry.get_kind_display()} {amount} 万元，共落实 {secured} 万元、已付 {paid} 万元。"
    messages.success(request, done)
    if funds.is_overpaid:
        messages.warning(request, f"已付 {paid} 万元多于已落实的 {secured} 万元，请核对是否有资金没有登记。")


@records
@require_http_methods(["GET", "POST"])
def fund_reverse(request: HttpRequest, pk: int) -> HttpResponse:
    """After a page that says what it means."""
    visible = FundEntry.objects.visible_to(request.user).select_related("company", "season", "county", "reversal")
    entry = get_object_or_404(visible, pk=pk)
    if not services.may_record(request.user, entry.company):
        raise PermissionDenied("购煤资金由供热企业自己或发改局登记")
    if entry.reverses_id or hasattr(entry, "reversal"):
        messages.info(request, "这一条已经冲正，或者本身就是冲正，不用再冲正。")
        return redirect(entry)
    form = FundReversalForm(posted_or_pending(request))
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        if attempt(form, lambda: services.reverse(entry, by=request.user, reason=reason)) is not None:
            messages.success(request, "已冲正，原记录保留，注明已冲正。")
            return redirect(entry)
    what = f"{entry.day} 的{entry.get_kind_display()} {quantity(entry.amount_10k_yuan)} 万元"
    context: dict[str, Any] = {
        "season": entry.season, "company": entry.company, "form": form, "heading_text": "冲正",
        "sentence": f"冲正后，{what} 不再作数，合计随之改变；原记录保留。", "submit_label": "冲正这一条",
    }  # fmt: skip
    return render(request, "coal/fund_form.html", context)
