"""投诉指标, 投诉热点, 投诉日报周报 and the setting of what counts."""

import datetime as dt
from typing import Any, BinaryIO

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from common import clock
from common.fields import read_day
from common.forms import attempt
from common.pending_forms import posted_or_pending
from common.spreadsheets.answering import workbook
from complaints import counting, summary
from complaints.counting_form import CountingForm
from complaints.enums import Category
from complaints.figures import figures
from complaints.hot_spots import hot_spots
from facilities.models import Season
from facilities.selectors import current_season

reads = permission_required("complaints.view_order", raise_exception=True)
exports = permission_required("complaints.export_orders", raise_exception=True)
manages = permission_required("complaints.manage_limits", raise_exception=True)
ONE_DAY = dt.timedelta(days=1)


def _no_season(request: HttpRequest, heading: str) -> HttpResponse:
    return render(request, "complaints/no_season.html", {"heading_text": heading})


@reads
@require_GET
def indicators(request: HttpRequest) -> HttpResponse:
    """`?company=`: one company's beside the total's. Twelve queries with the page's own."""
    season = current_season(request)
    if season is None:
        return _no_season(request, "投诉指标")
    found = figures(request.user, season, clock.now())
    asked = request.GET.get("company", "")
    shown = next((each for each in found.companies if each.company and str(each.company.pk) == asked), found.total)
    context = {
        "season": season, "found": found, "shown": shown, "words": counting.in_words(found.counting),
    }  # fmt: skip
    return render(request, "complaints/indicators.html", context)


@reads
@require_GET
def hot_spot_list(request: HttpRequest) -> HttpResponse:
    season = current_season(request)
    if season is None:
        return _no_season(request, "投诉热点")
    found = hot_spots(request.user, season, clock.now())
    tables = [
        ("小区", "小区还没有投诉", found.communities),
        ("换热站", "没有投诉，或小区还没有登记换热站", found.stations),
    ]
    context = {
        "season": season, "found": found, "tables": tables, "words": counting.in_words(found.counting),
    }  # fmt: skip
    return render(request, "complaints/hot_spots.html", context)


def _asked(request: HttpRequest) -> tuple[summary.Kind, dt.date, str]:
    """The kind and day in the address (yesterday's report by default), and what was wrong with the day."""
    kind = summary.KINDS.get(request.GET.get("kind", "day"))
    if kind is None:
        raise Http404("没有这种汇总")
    usual = clock.today() - ONE_DAY * kind.length
    text = request.GET.get("day", "").strip()
    reading = read_day(text) if text else None
    if reading is not None and reading.value is None:
        return kind, usual, f"日期写的是“{text}”，没有这一天，请改为具体日期"
    day = reading.value if reading and reading.value else usual
    return kind, min(day, clock.today()), ""


def _season_of(request: HttpRequest, day: dt.date) -> Season | None:
    """The season of the county shown that the day belongs to; else the one shown."""
    shown = current_season(request)
    if shown is None:
        return None
    return Season.objects.filter(county=shown.county_id).containing(day).select_related("county").first() or shown


@reads
@require_GET
def summary_page(request: HttpRequest) -> HttpResponse:
    kind, day, problem = _asked(request)
    season = _season_of(request, day)
    if season is None:
        return _no_season(request, "投诉日报")
    found = summary.summary(request.user, season, kind, day)
    first = kind.first_day(day)
    context: dict[str, Any] = {
        "season": season, "found": found, "kinds": summary.KINDS.values(), "kind": kind, "day": first,
        "before": first - ONE_DAY * kind.length, "after": first + ONE_DAY * kind.length, "problem": problem,
        "today": clock.today(), "categories": [label for _, label in Category.choices], "formulas": summary.FORMULAS,
    }  # fmt: skip
    return render(request, "complaints/summary.html", context)


@exports
@require_GET
def summary_sheet(request: HttpRequest) -> HttpResponse | FileResponse:
    kind, day, _ = _asked(request)
    season, by = _season_of(request, day), request.user
    if season is None:
        return _no_season(request, "投诉日报")
    found = summary.summary(by, season, kind, day)

    def write(out: BinaryIO) -> str:
        summary.write_summary(out, found, by=by)
        return summary.summary_name(found, by=by)

    return workbook(write)


@manages
@require_http_methods(["GET", "POST"])
def counting_page(request: HttpRequest) -> HttpResponse:
    season = current_season(request)
    if season is None:
        return _no_season(request, "统计口径")
    form = CountingForm(posted_or_pending(request), instance=counting.counting_of(season.county))
    if request.method == "POST" and form.is_valid():
        changed = attempt(
            form, lambda: counting.set_counting(by=request.user, county=season.county, values=form.values)
        )
        if changed is not None:
            said = f"{season.county} 的统计口径已保存，各期指标都按新口径计算。" if changed else "没有变化。"
            messages.success(request, said)
            return redirect("complaints:indicators")
    status = 422 if request.method == "POST" else 200
    return render(request, "complaints/counting.html", {"form": form, "county": season.county}, status=status)
