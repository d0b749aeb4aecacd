"""The page 寒潮推演: how long a company's coal lasts if it gets so cold, beside the plan."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from coal.burning import present_burn
from coal.cold_spell import Burning, Course, Spell, WhatIf, what_if
from coal.forms.cold_spell import ColdSpellForm
from coal.forms.figures import plain
from coal.formulas import difference, figure
from coal.models import Yard
from coal.selectors import stock_by_yard
from coal.views.access import company_and_season, reads
from common import clock
from facilities.models import Season

# A table of every day would be long: the first days, then each week.
DAYS_SHOWN, STEP = 14, 7


@reads
@require_GET
def cold_spell(request: HttpRequest, season: int, company: int) -> HttpResponse:
    """Nothing is written: the figures stand in the address, so that a link to them can be sent."""
    unit, found = company_and_season(request, company, season)
    burn = present_burn(unit, found, request.user, clock.today())
    if burn is None:
        messages.info(request, "还没有测算，不知道一天烧多少煤；请先测算本季用煤。")
        return redirect("coal:estimate", season=found.pk, company=unit.pk)
    begins_on = max(clock.today(), found.heating_start_on)
    if begins_on > found.heating_end_on:
        begins_on = found.heating_start_on
    yards = list(Yard.objects.visible_to(request.user).filter(company=unit, is_active=True))
    stocks = stock_by_yard(yards, clock.today())
    initial = {
        "stock_t": plain(sum((stocks[yard.pk].stock_t for yard in yards), Decimal(0))),
        "first": begins_on, "days": 5, "mean_c": plain(burn.coldest_c), "arrivals_t": 0,
    }  # fmt: skip
    data = request.GET if "stock_t" in request.GET else None
    form = ColdSpellForm(data, season=found, begins_on=begins_on, initial=initial)
    form.fields["stock_t"].help_text = "、".join(f"{yard} {figure(stocks[yard.pk].stock_t)} t" for yard in yards)
    context: dict[str, Any] = {
        "company": unit, "season": found, "form": form, "burn": burn, "begins_on": begins_on,
        "mean_day": figure(burn.burning.mean_day_t),
    }  # fmt: skip
    if form.is_valid():
        context |= _shown(form, burn.burning, found)
        context["yards"] = _yards(form, burn.burning, found, {str(yard): stocks[yard.pk].stock_t for yard in yards})
    return render(request, "coal/cold_spell.html", context, status=422 if form.errors else 200)


def _shown(form: ColdSpellForm, burning: Burning, season: Season) -> dict[str, Any]:
    given = form.cleaned_data
    spell = Spell(given["first"], given["days"], given["mean_c"])
    result = what_if(
        given["stock_t"], burning, spell, first=form.begins_on, until=season.heating_end_on,
        arrivals_t=given["arrivals_t"],
    )  # fmt: skip
    return {
        "result": result, "chart": _chart(result), "spell_day": figure(burning.at(spell.mean_c), 1),
        "ratio": f"{difference(burning.indoor_c, spell.mean_c)} ÷ {difference(burning.indoor_c, burning.mean_c)}",
        "more": figure(result.more_t), "plan": _in_words(result.plan, season),
        "cold": _in_words(result.spell, season),
    }  # fmt: skip


def _yards(
    form: ColdSpellForm, burning: Burning, season: Season, stocks: Mapping[str, Decimal]
) -> list[dict[str, str]]:
    """Of several yards, how far each would last if it alone had to feed the boilers and nothing arrived."""
    if len(stocks) < 2:
        return []
    given = form.cleaned_data
    spell = Spell(given["first"], given["days"], given["mean_c"])
    rows = []
    for name, stock_t in stocks.items():
        found = what_if(stock_t, burning, spell, first=form.begins_on, until=season.heating_end_on)
        plan, cold = _in_words(found.plan, season), _in_words(found.spell, season)
        rows.append({"name": name, "stock": figure(stock_t), "plan": plan["lasts"], "cold": cold["lasts"]})
    return rows


def _in_words(course: Course, season: Season) -> dict[str, str]:
    """How far it lasts, and what is lacking until the end of heating."""
    if not course.runs_out:
        return {"lasts": f"能烧到供暖结束（{season.heating_end_on}）", "lacking": "不缺"}
    lasts = f"烧到 {course.last_day}" if course.last_day else "第一天就不够"
    return {"lasts": lasts, "lacking": f"缺 {figure(course.lacking_t)} t"}


def _chart(result: WhatIf) -> dict[str, Any]:
    days = [day for day, _ in result.plan.stock_t]
    plan = [float(max(stock, Decimal(0))) for _, stock in result.plan.stock_t]
    cold = [float(max(stock, Decimal(0))) for _, stock in result.spell.stock_t]
    picked = [n for n in range(len(days)) if n < DAYS_SHOWN or n % STEP == 0 or n == len(days) - 1]
    return {
        "id": "cold-spell", "title": "存煤还剩多少", "unit": "t",
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
