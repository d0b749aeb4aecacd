"""The pages of estimates: the county's list, a company's form with both methods side by side, and past estimates."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import Unit
from accounts.scoping import sees_region
from audit.models import AuditEntry
from coal import demand_selectors as selectors
from coal import demand_services as services
from coal import results
from coal.forms.estimate import EstimateForm
from coal.inputs import INPUTS, of_size
from coal.models import Estimate
from coal.timeline import events
from coal.views.access import company_and_season, no_season, reads
from common.concurrency import Stale
from common.pending_forms import posted_or_pending
from facilities.models import Season
from facilities.selectors import current_season


@reads
@require_GET
def estimate_list(request: HttpRequest) -> HttpResponse:
    """Every company of the county with its last estimate; a company's own people are led to theirs. Four queries."""
    season = current_season(request)
    if season is None:
        return no_season(request, "用煤测算")
    companies = selectors.companies_of(request.user, season.county)
    if len(companies) == 1 and request.user.unit_id == companies[0].pk:  # type: ignore[union-attr]
        return redirect("coal:estimate", season=season.pk, company=companies[0].pk)
    estimates = selectors.latest_estimates(season, companies)
    rows = [_listed(company, estimates.get(company.pk)) for company in companies]
    return render(
        request, "coal/estimate_list.html", {"season": season, "rows": rows, "is_all": sees_region(request.user)}
    )


def _listed(company: Unit, estimate: Estimate | None) -> dict[str, Any]:
    row: dict[str, Any] = {"company": company, "estimate": estimate}
    if estimate:
        demands = estimate.demands
        row |= {"coal": results.coal_row(demands), "difference": results.difference_in_percent(demands)}
    return row


@reads
@require_http_methods(["GET", "POST"])
def estimate(request: HttpRequest, season: int, company: int) -> HttpResponse:
    """POST with `do`: try (only reckons, open to all who read) or save. 409 if somebody else has saved meanwhile."""
    unit, found = company_and_season(request, company, season)
    may_save = services.may_estimate(request.user, unit)
    weather = selectors.weather_of(found)
    inputs = of_size(selectors.inputs_of(found.county), selectors.heated_area_m2(unit, found.county))
    latest = selectors.latest_estimate(unit, found)
    data = posted_or_pending(request)
    do = data.get("do", "") if data else ""
    if do == "save" and not may_save:
        raise PermissionDenied("测算由供热企业自己或发改局保存")
    initial = _initial(latest, unit, found, inputs, weather)
    form = EstimateForm(data, inputs=inputs, weather=weather, initial=initial, strict=do == "save")
    status, shown, is_stale = 200, None, False
    if data is not None and form.can_be_reckoned:
        shown = results.shown(form.estimate)
    elif data is None and latest:
        shown = results.shown(latest)
    if request.method == "POST" and not form.is_valid():
        status = 422
    elif request.method == "POST" and do == "save":
        try:
            return _save(request, form, unit, found, latest)
        except Stale:
            latest, is_stale, status = selectors.latest_estimate(unit, found), True, 409
            # Sent once more, it replaces what the other one saved, now that this is said.
            form.seen_anew(services.seal(latest))
    context = {
        "company": unit, "season": found, "form": form, "latest": latest, "may_save": may_save, "results": shown,
        "is_trial": data is not None, "is_stale": is_stale, "show_errors": status == 422,
        "events": events(AuditEntry.objects.of(latest).reverse()[:20]) if latest else [],
        "others": Estimate.objects.filter(company=unit, season=found).exclude(pk=latest.pk if latest else 0),
    }  # fmt: skip
    return render(request, "coal/estimate.html", context, status=status)


def _initial(latest: Estimate | None, company: Unit, season: Season, inputs: Any, weather: Any) -> dict[str, Any]:
    seen = {"seen": services.seal(latest)}
    if latest is None:
        return seen | selectors.starting_values(company, season, inputs=inputs, weather=weather)
    values = {name: getattr(latest, name) for name in services.ESTIMATE_FIELDS}
    return seen | values | {f"reason_{name}": reason for name, reason in latest.reasons.items()}


def _save(
    request: HttpRequest, form: EstimateForm, company: Unit, season: Season, latest: Estimate | None
) -> HttpResponse:
    saved = services.save_estimate(
        by=request.user, company=company, season=season, values=form.values, reasons=form.reasons,
        seen=form.cleaned_data["seen"],
    )  # fmt: skip
    if latest and latest.is_frozen and saved.pk != latest.pk:
        messages.success(request, f"第 {latest.number} 次测算已用于目标，保持不变；已另存为第 {saved.number} 次测算。")
    else:
        messages.success(request, f"{company.label} {season} 的测算已保存，可以据此填写储备目标。")
    return redirect("coal:estimate", season=season.pk, company=company.pk)


@reads
@require_GET
def estimate_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """An estimate as it stands, to be read: also one that has been followed by another."""
    visible = Estimate.objects.visible_to(request.user)
    found = get_object_or_404(visible.select_related("company", "season", "county", "saved_by__unit"), pk=pk)
    facts = [(f"{each.label}（{each.unit}）" if each.unit else each.label, _value(found, name))
             for name, each in INPUTS.items() if name in services.ESTIMATE_FIELDS]  # fmt: skip
    reasons = [(INPUTS[name].label, reason, "wide") for name, reason in found.reasons.items() if name in INPUTS]
    context = {
        "estimate": found, "facts": facts, "reasons": reasons, "results": results.shown(found),
        "targets": found.targets.order_by("revision"),
        "events": events(AuditEntry.objects.of(found).reverse()),
    }  # fmt: skip
    return render(request, "coal/estimate_detail.html", context)


def _value(estimate: Estimate, name: str) -> str | None:
    value = getattr(estimate, name)
    return None if value is None else results.figure(value)
