"""Pages of the contracts: the list with its 兑现率, one contract, and its forms."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from coal import contract_services as services
from coal.forms.figures import plain
from coal.forms.supply import AmendmentForm, ContractForm, VoidForm
from coal.formulas import figure
from coal.models import Contract
from coal.quality_selectors import warnings_among
from coal.supply_filters import ContractFilter
from coal.supply_kinds import CONTRACTS
from coal.supply_selectors import (
    ContractLine,
    by_company,
    lines_of,
    season_contracts,
    standing_lines,
    unknown_contracts,
)
from coal.supply_tables import ContractTable
from coal.views.access import no_season, reads
from coal.views.papers import history, own_company, save
from common.htmx import is_partial, render_page
from common.pending_forms import posted_or_pending
from common.tables import capped_count
from common.ui import quantity
from facilities.models import Season
from facilities.selectors import current_season

FRAGMENTS = {"list": "partials/list.html"}
MOST_UNKNOWN = 5
HOW_TO_BEGIN = "把购煤合同登记进来，才看得到兑现率，“合同签订”节点也才有进展。"
RELATED = ("company", "county", "season", "entered_by__unit")
manages = permission_required("coal.manage_contracts", raise_exception=True)


@reads
@require_GET
def contract_list(request: HttpRequest) -> HttpResponse:
    """The season's contracts, what has come of them, and what came under no known contract. At most 12 queries."""
    season = current_season(request)
    if season is None:
        return no_season(request, "合同")
    visible = Contract.objects.visible_to(request.user).filter(season=season)
    filters = ContractFilter(request.GET, queryset=visible, request=request)
    contracts = season_contracts(season, request.user)
    lines, read = standing_lines(contracts), {each.pk: each for each in contracts}
    table = ContractTable.for_request(request, filters.qs, total=capped_count(filters.qs), read=read)
    filters.offer(each.company for each in contracts)
    table.lines = {line.contract.pk: line.fulfilment for line in lines}
    may_add = request.user.has_perm("coal.manage_contracts") and own_company(request.user) is not None  # type: ignore[union-attr]
    context: dict[str, Any] = {
        "season": season, "table": table, "bar": filters.bar, "may_add": may_add,
        "empty_title": f"{season} 采暖季还没有合同",
        "empty_text": HOW_TO_BEGIN if may_add else "合同由供热企业登记。",
        **CONTRACTS.list_actions(request.user),
    }  # fmt: skip
    if may_add:
        context |= {"empty_url": reverse("coal:contract_create"), "empty_action": "登记合同"}
    if not is_partial(request):
        unknown = unknown_contracts(season, request.user)
        context |= {
            "fulfilled": by_company(lines), "unknown": unknown[:MOST_UNKNOWN],
            "unknown_count": len(unknown), "unknown_t": sum(each.arrived.quantity_t for each in unknown),
        }  # fmt: skip
    return render_page(request, "coal/contract_list.html", context, fragments=FRAGMENTS)


def _visible(request: HttpRequest, pk: int) -> Contract:
    return get_object_or_404(Contract.objects.visible_to(request.user).select_related(*RELATED), pk=pk)


@reads
@require_GET
def contract_detail(request: HttpRequest, pk: int) -> HttpResponse:
    contract = _visible(request, pk)
    [line] = lines_of([contract])
    context = {
        "contract": contract, "line": line, "facts": _facts(contract), "pace": _pace(line),
        "warnings": warnings_among(Contract.objects.filter(pk=contract.pk)), "amendments": contract.amendments.all(),
        "scans": contract.scans.all(), "events": history(contract),
    }  # fmt: skip
    return render(request, "coal/contract_detail.html", context)


def _facts(contract: Contract) -> list[tuple[Any, ...]]:
    price = contract.price_yuan_per_t
    heat, sulphur = contract.heat_value_mj_per_kg, contract.sulphur_percent
    return [
        ("供热企业", contract.company),
        ("供应商", contract.supplier),
        ("采暖季", contract.season),
        ("合同数量", f"{quantity(contract.quantity_t)} t"),
        ("合同价", f"{quantity(price)} 元/t" if price is not None else "按月结算，没有定价"),
        ("合同金额", f"{quantity(price * contract.quantity_t / 10_000)} 万元" if price is not None else ""),
        ("签订日期", contract.signed_on.isoformat()),
        ("供货期", f"{contract.starts_on} 至 {contract.ends_on}"),
        ("约定热值", f"不低于 {figure(heat)} MJ/kg" if heat is not None else "没有约定"),
        ("约定全硫", f"不高于 {plain(sulphur)}%" if sulphur is not None else "没有约定"),
        ("说明", contract.note, "wide"),
    ]


def _pace(line: ContractLine) -> str:
    """按供货期均匀供货，到今天应到 3 000 t，差 260 t。"""
    contract, found = line.contract, line.fulfilment
    if line.day < contract.starts_on:
        return f"供货期 {contract.starts_on} 开始，还没有到。"
    when = "供货期已满" if line.is_over else "按供货期均匀供货，到今天"
    return f"{when}应到 {quantity(found.due_t)} t，" + (
        f"差 {quantity(found.behind_t)} t。" if found.behind_t else "已经跟上。"
    )


@manages
@require_http_methods(["GET", "POST"])
def contract_create(request: HttpRequest) -> HttpResponse:
    company = own_company(request.user, required=True)
    seasons, season = _seasons(company), current_season(request)
    form = ContractForm(
        posted_or_pending(request), request.FILES or None, seasons=seasons, initial={"season": season}
    )  # fmt: skip

    def write() -> Contract:
        return services.create_contract(
            by=request.user, county=company.region.county, company=company, uploads=form.cleaned_data["scans"],
            **form.values,
        )  # fmt: skip

    return _form_page(request, form, write, None, "登记合同")


@manages
@require_http_methods(["GET", "POST"])
def contract_edit(request: HttpRequest, pk: int) -> HttpResponse:
    contract = _visible(request, pk)
    if contract.voided_on:
        return _voided(request, contract)
    seasons = Season.objects.filter(county=contract.county)
    form = ContractForm(posted_or_pending(request), request.FILES or None, seasons=seasons, contract=contract)

    def write() -> Contract:
        return services.correct_contract(
            contract, by=request.user, seen=form.seen, reason=form.cleaned_data["reason"],
            uploads=form.cleaned_data["scans"], **form.values,
        )  # fmt: skip

    return _form_page(request, form, write, contract, "更正合同")


@manages
@require_http_methods(["GET", "POST"])
def contract_amend(request: HttpRequest, pk: int) -> HttpResponse:
    contract = _visible(request, pk)
    if contract.voided_on:
        return _voided(request, contract)
    form = AmendmentForm(posted_or_pending(request), request.FILES or None, contract=contract)

    def write() -> Contract:
        values = {name: value for name, value in form.cleaned_data.items() if name not in ("scans", "version")}
        uploads = form.cleaned_data["scans"]
        return services.amend_contract(contract, by=request.user, seen=form.seen, uploads=uploads, **values)

    return _form_page(request, form, write, contract, "登记变更")


@manages
@require_http_methods(["GET", "POST"])
def contract_void(request: HttpRequest, pk: int) -> HttpResponse:
    """Taken out with a reason; the row stays."""
    contract = _visible(request, pk)
    if contract.voided_on:
        return _voided(request, contract)
    form = VoidForm(posted_or_pending(request), contract=contract)

    def write() -> Contract:
        reason = form.cleaned_data["reason"]
        return services.void_contract(contract, by=request.user, seen=form.seen, reason=reason)

    return _form_page(request, form, write, contract, "作废合同")


def _voided(request: HttpRequest, contract: Contract) -> HttpResponse:
    messages.info(request, f"合同 {contract.number} 已经作废，不能再改。")
    return redirect(contract.get_absolute_url())


def _seasons(company: Any) -> Any:
    return Season.objects.filter(county=company.region.county)


def _form_page(request: HttpRequest, form: Any, write: Any, contract: Contract | None, word: str) -> HttpResponse:
    saved, status = save(request, form, write, contract)
    if saved is not None:
        done = "已作废，不再计入兑现率和合同签订" if saved.voided_on else "已保存，到货里写这个编号的自动计入"
        messages.success(request, f"合同 {saved.number} {done}。")
        return redirect(saved.get_absolute_url())
    context = {
        "form": form, "contract": contract, "word": word,
        "back": contract.get_absolute_url() if contract else reverse("coal:contract_list"),
    }  # fmt: skip
    return render(request, "coal/contract_form.html", context, status=status)
