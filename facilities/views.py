"""Pages of seasons, communities and facilities."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from common.forms import attempt
from common.htmx import render_page
from common.pending_forms import posted_or_pending
from common.spreadsheets.ledgers.kinds import kind_named
from common.tables import capped_count
from common.views import safe_next
from facilities import services
from facilities.filters import CommunityFilter, FacilityFilter
from facilities.forms import CommunityForm, FacilityForm, SeasonForm
from facilities.models import Community, Facility, Season
from facilities.season_pages import companies_by_season
from facilities.selectors import SESSION_SEASON, facilities_of, seasons_of
from facilities.tables import CommunityTable, FacilityTable, SeasonTable

FRAGMENTS = {"list": "partials/list.html"}
reads = permission_required("facilities.view_facility", raise_exception=True)
manages = permission_required("facilities.manage_facilities", raise_exception=True)
manages_seasons = permission_required("facilities.manage_seasons", raise_exception=True)


def _point(row: Community | Facility) -> list[dict[str, Any]]:
    """The row's place for the map; empty if it has none."""
    if row.latitude is None or row.longitude is None:
        return []
    return [{"lat": float(row.latitude), "lon": float(row.longitude), "label": row.name}]


def _place(row: Community | Facility) -> str | None:
    return None if row.latitude is None else f"北纬 {row.latitude}，东经 {row.longitude}"


# --- seasons


@require_POST
def season_switch(request: HttpRequest) -> HttpResponse:
    """Choose the season that this session's pages are about, and go back."""
    chosen = request.POST.get("season", "")
    season = next((season for season in seasons_of(request) if str(season.pk) == chosen), None)
    if season is None:
        raise Http404("没有这个采暖季")
    request.session[SESSION_SEASON] = season.pk
    return redirect(safe_next(request))


@manages_seasons
def season_list(request: HttpRequest) -> HttpResponse:
    seasons = Season.objects.visible_to(request.user)
    table = SeasonTable.for_request(request, seasons, total=capped_count(seasons))
    context = {
        "table": table, "empty_title": "还没有采暖季", "empty_text": "隐患都登记在某个采暖季下，先建一个。",
        "empty_url": reverse("facilities:season_create"), "empty_action": "新建采暖季",
    }  # fmt: skip
    return render_page(request, "facilities/season_list.html", context, fragments=FRAGMENTS)


@manages_seasons
def season_create(request: HttpRequest) -> HttpResponse:
    form = SeasonForm(posted_or_pending(request), by=request.user)
    if request.method == "POST" and form.is_valid():
        season = attempt(form, lambda: services.create_season(by=request.user, **form.values))
        if season is not None:
            messages.success(request, f"已新建 {season} 采暖季，供暖 {season.heating_start_on} 开始。")
            return redirect("facilities:season_list")
    return render(request, "facilities/season_form.html", {"form": form})


@manages_seasons
def season_edit(request: HttpRequest, pk: int) -> HttpResponse:
    season = get_object_or_404(Season.objects.visible_to(request.user).select_related("county"), pk=pk)
    form = SeasonForm(posted_or_pending(request), instance=season, by=request.user)
    if request.method == "POST" and form.is_valid():
        changed = attempt(form, lambda: services.change_season(season, by=request.user, **form.values))
        if changed is not None:
            messages.success(request, f"{season} 采暖季的日期已保存。" if changed else "没有变化。")
            return redirect("facilities:season_list")
    return render(request, "facilities/season_form.html", {"form": form, "season": season})


# --- communities


@reads
def community_list(request: HttpRequest) -> HttpResponse:
    filters = CommunityFilter(request.GET, queryset=Community.objects.visible_to(request.user), request=request)
    table = CommunityTable.for_request(request, filters.qs, total=capped_count(filters.qs))
    context = {"table": table, "bar": filters.bar, "empty_title": "还没有小区"}
    context |= kind_named("communities").list_actions(request.user)
    if request.user.has_perm("facilities.manage_facilities"):  # type: ignore[union-attr]
        context |= {"empty_text": "把现有的小区名单导入进来，或逐个新建。", "empty_action": "导入小区台账"}
        context |= {"empty_url": reverse("facilities:community_import_list")}
    return render_page(request, "facilities/community_list.html", context, fragments=FRAGMENTS)


@reads
def community_detail(request: HttpRequest, pk: int) -> HttpResponse:
    visible = Community.objects.visible_to(request.user).select_related("county", "township", "company", "station")
    community = get_object_or_404(visible, pk=pk)
    facts = [
        ("供热企业", community.company),
        ("乡镇、街道", community.township),
        ("换热站", community.station),
        ("户数", community.households),
        ("供热面积（㎡）", community.heated_area_m2),
        ("建成年份", community.built_year),
        ("地址", community.address),
        ("位置", _place(community), "wide"),
    ]
    context = {
        "community": community, "facts": facts, "points": _point(community),
        "facilities": facilities_of(community, request.user)[:200],
        "companies": companies_by_season(community, request.user),
    }  # fmt: skip
    return render(request, "facilities/community_detail.html", context)


@manages
def community_create(request: HttpRequest) -> HttpResponse:
    form = CommunityForm(posted_or_pending(request), by=request.user)
    if request.method == "POST" and form.is_valid():
        community = attempt(form, lambda: services.create_community(by=request.user, **form.values))
        if community is not None:
            messages.success(request, f"已新建小区 {community}。")
            return redirect("facilities:community_detail", pk=community.pk)
    return render(request, "facilities/community_form.html", {"form": form})


@manages
def community_edit(request: HttpRequest, pk: int) -> HttpResponse:
    community = get_object_or_404(Community.objects.visible_to(request.user).select_related("county"), pk=pk)
    form = CommunityForm(posted_or_pending(request), instance=community, by=request.user)
    if request.method == "POST" and form.is_valid():
        changed = attempt(form, lambda: services.change_community(community, by=request.user, **form.values))
        if changed is not None:
            messages.success(request, f"{community} 的信息已保存。" if changed else "没有变化。")
            return redirect("facilities:community_detail", pk=pk)
    return render(request, "facilities/community_form.html", {"form": form, "community": community})


# --- facilities


@reads
def facility_list(request: HttpRequest) -> HttpResponse:
    filters = FacilityFilter(request.GET, queryset=Facility.objects.visible_to(request.user), request=request)
    table = FacilityTable.for_request(request, filters.qs, total=capped_count(filters.qs))
    context = {"table": table, "bar": filters.bar, "empty_title": "还没有设施"}
    context |= kind_named("facilities").list_actions(request.user)
    if request.user.has_perm("facilities.manage_facilities"):  # type: ignore[union-attr]
        context |= {"empty_text": "把现有的设施名单导入进来，或逐处新建。", "empty_action": "导入设施台账"}
        context |= {"empty_url": reverse("facilities:facility_import_list")}
    return render_page(request, "facilities/facility_list.html", context, fragments=FRAGMENTS)


@reads
def facility_detail(request: HttpRequest, pk: int) -> HttpResponse:
    visible = Facility.objects.visible_to(request.user).select_related("county", "township", "company", "community")
    facility = get_object_or_404(visible, pk=pk)
    facts = [
        ("类别", facility.get_kind_display()),
        ("供热企业", facility.company),
        ("小区", facility.community),
        ("乡镇、街道", facility.township),
        ("投用年份", facility.installed_year),
        ("材质", facility.material),
        ("状态", "在用" if facility.is_active else "停用"),
        ("位置", _place(facility), "wide"),
    ]
    context = {"facility": facility, "facts": facts, "points": _point(facility)}
    return render(request, "facilities/facility_detail.html", context)


@manages
def facility_create(request: HttpRequest) -> HttpResponse:
    form = FacilityForm(posted_or_pending(request), by=request.user)
    if request.method == "POST" and form.is_valid():
        facility = attempt(form, lambda: services.create_facility(by=request.user, **form.values))
        if facility is not None:
            messages.success(request, f"已新建设施 {facility}。")
            return redirect("facilities:facility_detail", pk=facility.pk)
    return render(request, "facilities/facility_form.html", {"form": form})


@manages
def facility_edit(request: HttpRequest, pk: int) -> HttpResponse:
    facility = get_object_or_404(Facility.objects.visible_to(request.user).select_related("county"), pk=pk)
    form = FacilityForm(posted_or_pending(request), instance=facility, by=request.user)
    if request.method == "POST" and form.is_valid():
        changed = attempt(form, lambda: services.change_facility(facility, by=request.user, **form.values))
        if changed is not None:
            messages.success(request, f"{facility} 的信息已保存。" if changed else "没有变化。")
            return redirect("facilities:facility_detail", pk=pk)
    return render(request, "facilities/facility_form.html", {"form": form, "facility": facility})


@manages
def facility_switch(request: HttpRequest, pk: int) -> HttpResponse:
    facility = get_object_or_404(Facility.objects.visible_to(request.user), pk=pk)
    back, active = reverse("facilities:facility_detail", args=[pk]), not facility.is_active
    word = "启用" if active else "停用"
    if request.method == "POST":
        services.change_facility(facility, by=request.user, is_active=active)
        messages.success(request, f"{facility} 已{word}。")
        return redirect(back)
    context = {
        "heading_text": f"{word}设施",
        "sentence": f"启用后，登记隐患时又可以选 {facility}。"
        if active
        else f"停用后，登记隐患时不再列出 {facility}；它已有的隐患和资料都保留，以后可以重新启用。",
        "submit_label": f"{word} {facility}",
        "back_url": back,
    }
    return render(request, "confirm.html", context)
