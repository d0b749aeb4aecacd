"""The pages 气温资料 (winters, their degree-days, and the days) and 测算参数."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import Region
from coal import demand_selectors as selectors
from coal import weather_services
from coal.degree_days import KNOWN_SHARE
from coal.demand_filters import TemperatureFilter
from coal.demand_tables import TemperatureTable
from coal.forms.weather import ParameterForm, TemperatureForm
from coal.models import DailyTemperature
from coal.views.access import no_season, reads
from common.forms import attempt
from common.htmx import render_page
from common.pending_forms import posted_or_pending
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.ledgers.kinds import kind_named
from common.tables import capped_count
from facilities.ledger_kinds import county_of
from facilities.selectors import current_season

manages_weather = permission_required("coal.manage_weather", raise_exception=True)
manages_parameters = permission_required("coal.manage_parameters", raise_exception=True)
FRAGMENTS = {"list": "partials/list.html"}


@reads
@require_GET
def weather(request: HttpRequest) -> HttpResponse:
    season = current_season(request)
    if season is None:
        return no_season(request, "气温资料")
    visible = DailyTemperature.objects.visible_to(request.user).filter(county=season.county)
    filters = TemperatureFilter(request.GET, queryset=visible, request=request)
    table = TemperatureTable.for_request(request, filters.qs, total=capped_count(filters.qs))
    found = selectors.weather_of(season)
    context: dict[str, Any] = {
        "season": season, "weather": found, "known_percent": int(KNOWN_SHARE * 100),
        "marks": _marks(found), "table": table, "bar": filters.bar, "empty_title": "还没有气温资料",
        "empty_text": "没有历年气温时按设计值测算；导入几个冬天的日平均气温后，可以按一般冬天或冷冬定目标。",
    }  # fmt: skip
    context |= kind_named("temperatures").list_actions(request.user)
    if request.user.has_perm("coal.manage_weather"):  # type: ignore[union-attr]
        context |= {"empty_url": kind_named("temperatures").url("import_list"), "empty_action": "导入气温"}
    return render_page(request, "coal/weather.html", context, fragments=FRAGMENTS)


def _marks(weather: selectors.Weather) -> dict[int, str]:
    """{winter's year: what it stands for}"""
    found, marks = weather.climate, {}
    if found:
        marks[found.median.start_year] = "P50 一般冬天"
        cold = found.cold.start_year
        marks[cold] = "P50 和 P90" if cold in marks else "P90 冷冬"
    return marks


def _county(request: HttpRequest) -> Region | None:
    """The county for which the user enters figures; the page of who has none says why."""
    try:
        return county_of(request.user)
    except SpreadsheetError as error:
        messages.error(request, str(error).replace("名单按县登记", "气温和参数按县登记").replace("导入", "办理"))
        return None


@manages_weather
@require_http_methods(["GET", "POST"])
def temperature_day(request: HttpRequest) -> HttpResponse:
    """Enter or correct one day."""
    county = _county(request)
    if county is None:
        return redirect("coal:weather")
    form = TemperatureForm(posted_or_pending(request))
    if request.method == "POST" and form.is_valid():
        day, mean_c = form.cleaned_data["day"], form.cleaned_data["mean_c"]
        done = attempt(
            form, lambda: weather_services.set_temperature(by=request.user, county=county, day=day, mean_c=mean_c)
        )
        if done is not None:
            changed, before_c = done
            if changed and before_c is not None:
                messages.warning(request, f"{day} 原来登记的是 {before_c} ℃，已改为 {mean_c} ℃；不该改的，请再改回去。")
            elif changed:
                messages.success(request, f"{day} 的日平均气温记为 {mean_c} ℃。")
            else:
                messages.success(request, f"{day} 本来就是 {mean_c} ℃，没有变化。")
            return redirect("coal:temperature_day")
    status = 422 if request.method == "POST" else 200
    return render(request, "coal/temperature_form.html", {"form": form}, status=status)


@manages_parameters
@require_http_methods(["GET", "POST"])
def parameters(request: HttpRequest) -> HttpResponse:
    """What the county takes for usual."""
    county = _county(request)
    if county is None:
        return redirect("coal:estimate_list")
    form = ParameterForm(posted_or_pending(request), inputs=selectors.inputs_of(county))
    if request.method == "POST" and form.is_valid():
        changed = weather_services.save_parameters(by=request.user, county=county, values=form.values)
        said = f"{county} 的测算参数已保存，以后的测算和目标按新的参数；已保存的不变。" if changed else "没有变化。"
        messages.success(request, said)
        return redirect("coal:parameters")
    status = 422 if request.method == "POST" else 200
    return render(request, "coal/parameters.html", {"form": form, "county": county}, status=status)
