"""Pages of the coal yards."""

import datetime as dt
from decimal import Decimal
from itertools import islice
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date

from accounts.enums import UnitKind
from coal import services
from coal.check_selectors import last_checks, trend
from coal.check_services import rules_of
from coal.cover import Cover, DayNeed
from coal.demand_selectors import burns_of, with_burn
from coal.filters import MovementFilter, YardFilter
from coal.forms.yard import YardForm
from coal.heat_values import counted_values
from coal.layers import layers
from coal.models import Movement, Yard
from coal.selectors import closing_of, identity_of, stock_by_yard
from coal.tables import MovementTable, YardTable
from common import clock
from common.forms import attempt
from common.htmx import is_partial, render_page
from common.pending_forms import posted_or_pending
from common.tables import capped_count
from common.ui import quantity
from facilities.models import Season
from facilities.selectors import current_season, seasons_of

FRAGMENTS = {"list": "partials/list.html"}
# Of the batches that are newer only the tonnes are told: an open yard has a lorry's load in each.
MOST_LAYERS = 8
# What can be entered, in the order of use; the first is the page's main button.
ENTRIES = (("arrival", "登记到货"), ("use", "耗用"), ("count", "盘点"), ("transfer", "调拨"), ("loss", "损耗"))
reads = permission_required("coal.view_coal", raise_exception=True)
manages = permission_required("coal.manage_yards", raise_exception=True)


def asked_day(request: HttpRequest) -> dt.date:
    """The day that the address asks for; today without one, for what is no day and what is still to come."""
    today = clock.today()
    try:
        asked = parse_date(request.GET.get("day", ""))
    except ValueError:
        asked = None
    return min(asked, today) if asked else today


@reads
def yard_list(request: HttpRequest) -> HttpResponse:
    filters = YardFilter(request.GET, queryset=Yard.objects.visible_to(request.user), request=request)
    day = asked_day(request)
    seasons = [each for each in seasons_of(request) if each.summer_start_on <= day <= each.heating_end_on]
    rows = with_burn(Yard.objects.all(), seasons, day)
    table = YardTable.for_request(request, filters.qs, total=capped_count(filters.qs), rows=rows)
    stocks = stock_by_yard(table.page.object_list, day)
    burns = burns_of(table.page.object_list, seasons, day)
    for yard in table.page.object_list:
        yard.stock = stocks[yard.pk]
        yard.cover = Cover(yard.stock.stock_t, burns.get(yard.company_id, DayNeed()))
    context: dict[str, Any] = {"table": table, "bar": filters.bar, "empty_title": "还没有煤场", "day": day}
    if request.user.has_perm("coal.manage_yards"):  # type: ignore[union-attr]
        context |= {
            "empty_text": "先把存煤的煤场登记进来，再记到货和耗用。",
            "empty_url": reverse("coal:yard_create"), "empty_action": "新建煤场",
        }  # fmt: skip
    return render_page(request, "coal/yard_list.html", context, fragments=FRAGMENTS)


@reads
def yard_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What lies in the yard, since when, and the book of it. As many queries for a long history as for a short one."""
    yard = get_object_or_404(Yard.objects.visible_to(request.user).select_related("company", "county"), pk=pk)
    filters = MovementFilter(request.GET, queryset=yard.movements.all(), request=request)
    rows = Movement.objects.with_reversed()
    table = MovementTable.for_request(request, filters.qs, total=capped_count(filters.qs), rows=rows)
    table.closing = closing_of(yard, [movement.day for movement in table.page.object_list])
    table.counted = counted_values(table.page.object_list, {yard.pk: yard.company_id})
    may_enter = request.user.has_perm("coal.record_movement") and yard.is_active  # type: ignore[union-attr]
    context = {
        "yard": yard, "table": table, "bar": filters.bar, "may_enter": may_enter, "entries": ENTRIES,
        "empty_title": "还没有流水",
        "empty_text": "先盘点一次，把现有的存煤作为期初记进来，以后再记到货和耗用。" if may_enter else "",
        "empty_url": reverse("coal:movement_enter", args=[pk, "count"]) if may_enter else "",
        "empty_action": "登记盘点",
    }  # fmt: skip
    if not is_partial(request):
        context |= _state(yard, current_season(request)) | _checks(yard)
    return render_page(request, "coal/yard_detail.html", context, fragments=FRAGMENTS)


def _state(yard: Yard, season: Season | None) -> dict[str, Any]:
    """What lies there today: figures, layers, and how the season's opening became it."""
    today = clock.today()
    stock = stock_by_yard([yard], today)[yard.pk]
    lying = list(islice(layers(yard, today), MOST_LAYERS))
    listed_t = sum((layer.quantity_t for layer in lying), Decimal(0))
    identity = None
    if season and season.summer_start_on <= today:
        identity = identity_of(yard, season.summer_start_on, min(today, season.heating_end_on))
    return {
        "facts": [
            ("供热企业", yard.company),
            ("设计库容（t）", quantity(yard.capacity_t)),
            ("形式", "封闭" if yard.is_covered else "露天"),
            ("位置", yard.place),
        ],
        "stock": stock, "today": today, "fill_percent": stock.stock_t * 100 / yard.capacity_t,
        "layers": [{"layer": layer, "age": layer.age_days(today)} for layer in lying],
        "newer_t": stock.stock_t - listed_t, "usual_heat_value": settings.COAL_USUAL_HEAT_VALUE_MJ_PER_KG,
        "has_untold": any(layer.heat_value_mj_per_kg is None for layer in lying),
        "oldest_age": (today - stock.oldest_on).days if stock.oldest_on else None,
        "identity": identity, "season": season,
    }  # fmt: skip


def _checks(yard: Yard) -> dict[str, Any]:
    """The last check, and how hot the hottest point was at the last ones. Four queries."""
    rules = rules_of(yard.county)
    return {"checks": last_checks([yard], rules), "trend": trend(yard, rules), "is_yard_page": True}


@manages
def yard_create(request: HttpRequest) -> HttpResponse:
    # Whoever may manage yards by role but works for a company that burns no coal has nowhere to put one.
    unit = request.user.unit  # type: ignore[union-attr]
    if unit and unit.kind == UnitKind.OTHER:
        raise PermissionDenied
    form = YardForm(posted_or_pending(request), by=request.user)
    if request.method == "POST" and form.is_valid():
        yard = attempt(form, lambda: services.create_yard(by=request.user, **form.values))
        if yard is not None:
            messages.success(request, f"已新建煤场 {yard}。")
            return redirect("coal:yard_detail", pk=yard.pk)
    return render(request, "coal/yard_form.html", {"form": form})


@manages
def yard_edit(request: HttpRequest, pk: int) -> HttpResponse:
    yard = get_object_or_404(Yard.objects.visible_to(request.user).select_related("county", "company"), pk=pk)
    form = YardForm(posted_or_pending(request), instance=yard, by=request.user)
    if request.method == "POST" and form.is_valid():
        changed = attempt(form, lambda: services.change_yard(yard, by=request.user, **form.values))
        if changed is not None:
            messages.success(request, f"{yard} 的信息已保存。" if changed else "没有变化。")
            return redirect("coal:yard_detail", pk=pk)
    return render(request, "coal/yard_form.html", {"form": form, "yard": yard})


@manages
def yard_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a yard out of use, or back into use, after a page that says what that means."""
    yard = get_object_or_404(Yard.objects.visible_to(request.user), pk=pk)
    back, active = reverse("coal:yard_detail", args=[pk]), not yard.is_active
    word = "启用" if active else "停用"
    if not active and (problem := services.why_in_use(yard)):
        messages.error(request, f"{problem}。")
        return redirect(back)
    if request.method == "POST":
        try:
            services.change_yard(yard, by=request.user, is_active=active)
        except ValidationError as refused:
            messages.error(request, f"{refused.messages[0]}。")
        else:
            messages.success(request, f"{yard} 已{word}。")
        return redirect(back)
    context = {
        "heading_text": f"{word}煤场",
        "sentence": f"启用后，{yard} 又可以记到货和耗用。"
        if active
        else f"停用后，{yard} 不能再记到货和耗用；它的流水和库存都保留，以后可以重新启用。",
        "submit_label": f"{word} {yard}",
        "back_url": back,
    }
    return render(request, "confirm.html", context)
