"""The page 寒潮推演 of a company: how long its coal lasts if it gets so cold, yard by yard, beside the plan."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from accounts.scoping import sees_region
from coal.burning import Burn, CompanyNow, companies_now, span_of
from coal.cold_spell import Course, WhatIf
from coal.demand import rounded
from coal.forms.cold_spell import ColdSpellForm
from coal.forms.figures import plain
from coal.formulas import difference, figure
from coal.spells import CompanySpell, company_spell
from coal.views.access import company_and_season, reads
from common import clock
from facilities.models import Season

# What a company without a yard has, and the first line of one that has several.
WHOLE = "全企业"
USUAL_DAYS = 5
# A table of every day would be long: the first days, then each week.
DAYS_SHOWN, STEP = 14, 7


@reads
@require_GET
def cold_spell(request: HttpRequest, season: int, company: int) -> HttpResponse:
    """Nothing is written: the figures stand in the address, so that a link to them can be sent. What the address does
    not say is as the book has it."""
    unit, found = company_and_season(request, company, season)
    span = span_of(found, clock.today())
    [now] = companies_now(found, [unit], clock.today())
    if now.burn is None:
        messages.info(request, "还没有测算，不知道一天烧多少煤；请先测算本季用煤。")
        return redirect("coal:estimate", season=found.pk, company=unit.pk)
    yards = {each.yard.pk: str(each.yard) for each in now.yards} or {0: WHOLE}
    asked = _as_booked(now, now.burn, span.first) | request.GET.dict()
    form = ColdSpellForm(asked, season=found, span=span, yards=yards)
    context: dict[str, Any] = {
        "company": unit, "season": found, "form": form, "burn": now.burn, "span": span,
        "mean_day": figure(now.burn.burning.mean_day_t), "sees_county": sees_region(request.user),
        "spell_query": form.spell_query,
    }  # fmt: skip
    if form.is_valid():
        context |= _shown(company_spell(now, now.burn, form.spell, span, form.given), form, found)
    return render(request, "coal/cold_spell.html", context, status=422 if form.errors else 200)


def _as_booked(now: CompanyNow, burn: Burn, first: dt.date) -> dict[str, str]:
    """What the form begins with: five days as cold as the estimate's coldest, what lies in the yards, no arrivals."""
    stocks = {each.yard.pk: each.stock.stock_t for each in now.yards} or {0: Decimal(0)}
    typed = {"first": first.isoformat(), "days": str(USUAL_DAYS), "mean_c": str(plain(burn.coldest_c))}
    for key, stock_t in stocks.items():
        typed |= {f"stock_{key}": str(plain(stock_t)), f"arrivals_{key}": "0"}
    return typed


def _shown(found: CompanySpell, form: ColdSpellForm, season: Season) -> dict[str, Any]:
    burning, mean_c = found.burn.burning, form.spell.mean_c
    several = found.yards if len(found.yards) > 1 else []
    rows = [_row(str(each.now.yard), each.part.stock_t, each.part.arrivals_t, each.found, season, each.share)
            for each in several]  # fmt: skip
    whole = _row(WHOLE, found.part.stock_t, found.part.arrivals_t, found.found, season)
    charts = [_chart("cold-spell", WHOLE if several else "", found.found)]
    charts += [_chart(f"cold-spell-{each.now.yard.pk}", str(each.now.yard), each.found) for each in several]
    return {
        "found": found, "whole": whole, "rows": rows, "charts": charts,
        "spell_day": figure(found.cold_day_t, 1), "more": figure(found.found.more_t),
        "ratio": f"{difference(burning.indoor_c, mean_c)} ÷ {difference(burning.indoor_c, burning.mean_c)}",
    }  # fmt: skip


def _row(
    name: str, stock_t: Decimal, arrivals_t: Decimal, found: WhatIf, season: Season, share: Decimal = Decimal(1)
) -> dict[str, Any]:
    return {
        "name": name, "stock": figure(stock_t), "arrivals": figure(arrivals_t),
        "share": f"{figure(rounded(share * 100, 1))}%",
        "plan": in_words(found.plan, season), "cold": in_words(found.spell, season),
    }  # fmt: skip


def in_words(course: Course, season: Season) -> dict[str, str]:
    """How far it lasts, and what is lacking until the end of heating."""
    if not course.runs_out:
        return {"lasts": f"到供暖结束（{season.heating_end_on}）", "lacking": "不缺"}
    lasts = f"烧到 {course.last_day}" if course.last_day else "第一天就不够"
    return {"lasts": lasts, "lacking": f"缺 {figure(course.lacking_t)} t"}


def _chart(key: str, whose: str, result: WhatIf) -> dict[str, Any]:
    days = [day for day, _ in result.plan.stock_t]
    plan = [float(max(stock, Decimal(0))) for _, stock in result.plan.stock_t]
    cold = [float(max(stock, Decimal(0))) for _, stock in result.spell.stock_t]
    picked = [n for n in range(len(days)) if n < DAYS_SHOWN or n % STEP == 0 or n == len(days) - 1]
    return {
        "id": key, "title": f"{whose}存煤还剩多少", "unit": "t",
        "head": ["日期", "按平均日", "遇寒潮"],
        "rows": [[days[n].isoformat(), figure(result.plan.stock_t[n][1]), figure(result.spell.stock_t[n][1])]
                 for n in picked],
        "data": {
            "kind": "lines", "unit": "t", "labels": [_label(day) for day in days],
            "series": [{"name": "按平均日", "values": plan, "colour": "grey", "dashed": True},
                       {"name": "遇寒潮", "values": cold, "colour": "accent"}],
        },
    }  # fmt: skip


def _label(day: dt.date) -> str:
    return f"{day.month}月{day.day}日"
