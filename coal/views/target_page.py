"""The pages of targets: the county's sheet, a company's target with its milestones and history, and its form."""

from decimal import Decimal
from typing import Any, BinaryIO

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from audit.models import AuditEntry
from coal import demand_selectors as selectors
from coal import demand_services as services
from coal import workflow
from coal.coal_free import may_declare
from coal.demand_enums import Method, MilestoneKind, TargetRule, TargetStatus
from coal.forms.figures import plain
from coal.forms.target import TargetForm
from coal.formulas import figure
from coal.milestones import usual_milestones
from coal.models import Estimate, MilestoneDuty, Target, Yard
from coal.results import shown
from coal.target_sheet import rule_in_words, sheet_name, state_in_words, write_sheet
from coal.timeline import events, filing_reason
from coal.views.access import company_and_season, no_season, reads
from coal.views.workbook import workbook
from common import clock
from common.concurrency import Stale
from common.forms import attempt
from common.pending_forms import posted_or_pending
from facilities.models import Season
from facilities.selectors import current_season

RELATED = ("company", "season__county", "county", "estimate__company", "estimate__season")
USUAL_SHARE = 100
STALE = "您填写期间，这个目标刚刚被别人改动过，您的修改还没有保存。下面是您填写的，核对后再保存即以此为准。"
ANOTHER_ESTIMATE = (
    "您填写期间，本季的测算刚刚改过，目标还没有保存：现在是第 {} 次测算，全季需求 {} t。"
    "下面是您填写的，右边是新的测算，核对后再保存即以此为准。"
)


def visible_target(request: HttpRequest, pk: int) -> Target:
    """The target with what its pages need, or 404. One query."""
    return get_object_or_404(Target.objects.visible_to(request.user).select_related(*RELATED), pk=pk)


@reads
@require_GET
def target_list(request: HttpRequest) -> HttpResponse:
    """Every company's target, share and state, with the county's total. Six queries."""
    season = current_season(request)
    if season is None:
        return no_season(request, "储备目标")
    sheet = selectors.county_sheet(season, request.user)
    rows = [
        {"row": row, "target": row.counted, "state": state_in_words(row),
         "rule": rule_in_words(row.counted) if row.counted else "",
         "may_propose": _may_propose(request.user, row.company.pk),
         "may_except": sheet.is_whole and row.counted is None and may_declare(request.user)}
        for row in sheet.rows
    ]  # fmt: skip
    return render(request, "coal/target_list.html", {"season": season, "sheet": sheet, "rows": rows})


def _may_propose(user: Any, company: int) -> bool:
    return bool(user.has_perm("coal.propose_target") and user.unit_id == company)


@reads
@require_GET
def target_sheet(request: HttpRequest) -> HttpResponse | FileResponse:
    """The county's sheet as a workbook."""
    season = current_season(request)
    if season is None:
        return no_season(request, "储备目标")
    by = request.user

    def write(out: BinaryIO) -> str:
        return sheet_name(season, write_sheet(out, season, by=by), by=by)

    return workbook(write)


@reads
@require_GET
def target_detail(request: HttpRequest, pk: int) -> HttpResponse:
    target, user = visible_target(request, pk), request.user
    moves = workflow.moves_for(user, target)
    editable = target.status in (TargetStatus.DRAFT, TargetStatus.RETURNED)
    context = {
        "target": target, "state": target.state, "moves": moves, "waiting": _waiting(target),
        "may_edit": editable and _may_propose(user, target.company_id),
        "departures": services.departures_of(target), "reason": filing_reason(target),
        "duties": _duties(target), "facts": _facts(target), "milestones": _milestones(target),
        "results": shown(target.estimate),
        "events": events(AuditEntry.objects.of(target).reverse()),
        "newer_estimate": _newer_estimate(target) if editable else None,
        "revisions": Target.objects.filter(company=target.company_id, season=target.season_id).exclude(pk=pk),
    }  # fmt: skip
    return render(request, "coal/target_detail.html", context)


def _duties(target: Target) -> list[MilestoneDuty]:
    """What is not reached yet: all that is due, and the next one. One query."""
    today, found = clock.today(), []
    for duty in MilestoneDuty.objects.watched().filter(milestone__target=target).order_by("due_on"):
        found.append(duty)
        if duty.due_on >= today:
            break
    return found


def _milestones(target: Target) -> list[dict[str, Any]]:
    """Each with how it stands, if it is for contracts or arrivals and the target is in force. Seven queries."""
    today = clock.today()
    counts = target.status == TargetStatus.APPROVED and target.season.summer_start_on <= today
    until = min(today, target.season.heating_end_on)
    known = selectors.supplies_by_kind(target.season, [target.company], until) if counts else {}
    found = []
    for step in target.milestones.all():
        supply = known.get(MilestoneKind(step.kind))
        reach = None if supply is None else selectors.reach_of(step, supply.get(target.company_id), today)
        found.append({"step": step, "reach": reach})
    return found


def _waiting(target: Target) -> str:
    """Who can do the next step."""
    party = workflow.WAITING_FOR.get(target.state)
    if party is None:
        return ""
    verb = {"draft": "报送", "returned": "修改后重新报送", "filed": "审核", "checked": "审批"}[target.status]
    name = target.company.label if party is workflow.Party.COMPANY else party.value
    return f"等待 {name} {verb}"


def _newer_estimate(target: Target) -> Estimate | None:
    latest = selectors.latest_estimate(target.company, target.season)
    return latest if latest and latest.pk != target.estimate_id else None


def _facts(target: Target) -> list[tuple[Any, ...]]:
    mean_days, coldest_days = _days(target, target.mean_day_t), _days(target, target.coldest_day_t)
    return [
        ("储备目标", f"{figure(target.quantity_t)} t，折标准煤 {figure(target.quantity_tce)} tce"),
        ("全季需求", f"{figure(target.need_t)} t（{target.get_method_display()}）"),
        ("目标怎么定", _rule(target)),
        ("煤的热值", f"{figure(target.heat_value_mj_per_kg)} MJ/kg"),
        ("可用天数", f"平均日 {mean_days}，极寒日 {coldest_days}"),
        ("日耗煤", f"平均日 {figure(target.mean_day_t)} t/d，极寒日 {figure(target.coldest_day_t)} t/d"),
        ("煤场库容", _capacity(target)),
        ("批准日期", target.approved_on and target.approved_on.isoformat()),
        ("依据的测算", f"第 {target.estimate.number} 次测算，{target.estimate.get_winter_display()}"),
        ("说明", target.note, "wide"),
    ]


def _days(target: Target, day_t: Decimal) -> str:
    """How long the target lasts at that burn."""
    return f"{figure(target.quantity_t / day_t, 1)} 天" if day_t else "—（日耗煤是 0）"


def _capacity(target: Target) -> str:
    """Whether the yards could hold it all at once. One query."""
    yards = Yard.objects.filter(company=target.company_id, is_active=True)
    total_t = sum(yards.values_list("capacity_t", flat=True), Decimal(0))
    if not total_t:
        return "还没有登记煤场"
    return f"在用煤场共 {figure(total_t)} t" + ("，一次放不下全部目标" if total_t < target.quantity_t else "")


def _rule(target: Target) -> str:
    """With the numbers put in: 全季需求的 80%：53 936 × 80% = 43 149 t."""
    amount = plain(target.amount)
    if target.rule == TargetRule.SHARE:
        sum_ = f"{figure(target.need_t)} × {amount}%"
    else:
        day_t = target.mean_day_t if target.rule == TargetRule.MEAN_DAYS else target.coldest_day_t
        sum_ = f"{figure(day_t)} × {amount}"
    return f"{rule_in_words(target)}：{sum_} = {figure(target.quantity_t)} t"


# --- the form


@reads
@require_http_methods(["GET", "POST"])
def target_create(request: HttpRequest, season: int, company: int) -> HttpResponse:
    """A company's first target of a season, on its last estimate."""
    unit, found = company_and_season(request, company, season)
    if not _may_propose(request.user, unit.pk):
        raise PermissionDenied("储备目标由供热企业自己填报")
    existing = Target.objects.filter(company=unit, season=found).order_by("-revision").first()
    if existing:
        return redirect(existing.get_absolute_url())
    estimate = selectors.latest_estimate(unit, found)
    if estimate is None:
        messages.info(request, "还没有测算，请先测算本季用煤，再填写储备目标。")
        return redirect("coal:estimate", season=found.pk, company=unit.pk)
    return _form_page(request, estimate, found, None)


@reads
@require_http_methods(["GET", "POST"])
def target_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft or a returned one, anew on the company's last estimate."""
    target = visible_target(request, pk)
    if not _may_propose(request.user, target.company_id):
        raise PermissionDenied("储备目标由供热企业自己填报")
    if target.status not in (TargetStatus.DRAFT, TargetStatus.RETURNED):
        messages.error(request, f"第 {target.revision} 版现在是“{target.state.label}”，不能再改。")
        return redirect(target.get_absolute_url())
    estimate = selectors.latest_estimate(target.company, target.season) or target.estimate
    return _form_page(request, estimate, target.season, target)


def _form_page(request: HttpRequest, estimate: Estimate, season: Season, target: Target | None) -> HttpResponse:
    """`do`: more adds rows; anything else saves, if the figures are still those of the estimate that stood there."""
    data, seal = posted_or_pending(request), services.seal(estimate)
    is_another = bool(data and data.get("estimate") != seal)
    if data and is_another:
        data = TargetForm.on_estimate(data, seal)
    is_more = bool(data and data.get("do") == "more")
    if data and is_more:
        data = TargetForm.with_more_rows(data)
    if target:
        planned = services.planned_of(target)
        initial: dict[str, Any] = {name: getattr(target, name) for name in ("method", "rule", "note", "version")}
        initial["amount"] = plain(target.amount)
    else:
        planned = usual_milestones(season, selectors.inputs_of(season.county))
        initial = {"method": Method.DESIGN_LOAD.value, "rule": TargetRule.SHARE.value, "amount": USUAL_SHARE}
    initial["estimate"] = seal
    form = TargetForm(data, season=season, demands=estimate.demands, initial=initial, milestones=planned)
    status, stale = 409 if is_another else 200, _said_of(estimate) if is_another else ""
    if request.method == "POST" and not is_more and not is_another:
        status = 422
        if form.is_valid():
            try:
                saved = attempt(form, lambda: _save(request, form, estimate, target))
                if saved is not None:
                    messages.success(request, f"{saved} 已保存为 {figure(saved.quantity_t)} t，核对后请报送。")
                    return redirect(saved.get_absolute_url())
            except Stale:
                latest = selectors.latest_estimate(estimate.company, season)
                if latest and services.seal(latest) != seal:
                    return _form_page(request, latest, season, target)
                stale, status = STALE, 409
                if target:
                    target.refresh_from_db()
                    form.seen_anew(target.version)
    context = {
        "form": form, "company": estimate.company, "season": season, "target": target, "estimate": estimate,
        "results": shown(estimate), "show_errors": status == 422, "stale": stale,
        "back": target.get_absolute_url() if target else reverse("coal:target_list"),
    }  # fmt: skip
    return render(request, "coal/target_form.html", context, status=status)


def _said_of(estimate: Estimate) -> str:
    need = " 或 ".join(figure(demand.coal_t) for demand in estimate.demands.values())
    return ANOTHER_ESTIMATE.format(estimate.number, need)


def _save(request: HttpRequest, form: TargetForm, estimate: Estimate, target: Target | None) -> Target:
    cleaned = form.cleaned_data
    return services.save_target(
        target, by=request.user, estimate=estimate, method=Method(cleaned["method"]),
        rule=TargetRule(cleaned["rule"]), amount=cleaned["amount"], milestones=form.planned, note=cleaned["note"],
        seen=-1 if cleaned["version"] is None else cleaned["version"],
    )  # fmt: skip
