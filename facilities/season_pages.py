"""Which company heats which community in a season: the page of a season, and the form of one community."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.enums import UnitKind
from accounts.models import Unit
from common.spreadsheets.ledgers.kinds import kind_named
from common.views import safe_next
from facilities.models import Community, Season, SeasonCompany
from facilities.season_companies import assign_company, communities_called

COMMUNITIES_ON_A_PAGE = 100


class AssignForm(forms.Form):
    """Without a company what was said for the season is taken back."""

    company = forms.ModelChoiceField(
        label="本季供热企业", queryset=Unit.objects.none(), required=False, empty_label="按小区登记的企业"
    )  # fmt: skip

    def __init__(self, *args: Any, by: Any, season: Season, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        companies = Unit.objects.visible_to(by).filter(kind=UnitKind.HEATING_COMPANY, is_active=True)
        in_county = companies.filter(region__code__startswith=season.county.scope_prefix)
        self.fields["company"].queryset = in_county.order_by("name")  # type: ignore[attr-defined]


@permission_required("facilities.assign_company", raise_exception=True)
@require_http_methods(["GET", "POST"])
def season_companies(request: HttpRequest, pk: int) -> HttpResponse:
    """GET: the season's communities with their companies (?q=). POST: `community` (pk, repeated) and `company`."""
    season = get_object_or_404(Season.objects.visible_to(request.user).select_related("county"), pk=pk)
    form = AssignForm(request.POST or None, by=request.user, season=season)
    if request.method == "POST" and form.is_valid():
        pks = [int(text) for text in request.POST.getlist("community") if text.isascii() and text.isdigit()]
        _assign(
            request,
            season,
            list(communities_called(season, request.user).filter(pk__in=pks)),
            form.cleaned_data["company"],
        )
        return redirect(safe_next(request, request.path))
    text = request.GET.get("q", "").strip()
    found = communities_called(season, request.user, text)
    page = Paginator(found.select_related("company", "township"), COMMUNITIES_ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    context = {"season": season, "form": form, "rows": _with_companies(season, list(page)), "page": page, "q": text}
    context |= kind_named("season_companies").list_actions(request.user)
    return render(request, "facilities/season_companies.html", context)


def _assign(request: HttpRequest, season: Season, communities: Sequence[Community], company: Unit | None) -> None:
    if not communities:
        messages.warning(request, "没有勾选任何小区，请先勾选。")
        return
    try:
        count = assign_company(season, communities, company, by=request.user)
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
        return
    what = f"由 {company} 供热" if company else "按小区登记的企业"
    messages.success(request, f"{season} 采暖季：{count} 个小区改为{what}。" if count else "没有变化。")


def _with_companies(season: Season, communities: Sequence[Community]) -> list[tuple[Community, Unit | None]]:
    """Each with what is said for the season. One query."""
    said = SeasonCompany.objects.filter(season=season, community__in=communities).select_related("company")
    by_community = {row.community_id: row.company for row in said}
    return [(community, by_community.get(community.pk)) for community in communities]


def companies_by_season(community: Community, user: Any) -> list[tuple[Season, Unit | None, bool]]:
    """(season, its company, whether that is said for the season), the newest first. Two queries."""
    said = {row.season_id: row.company for row in community.season_companies.select_related("company")}
    seasons = Season.objects.visible_to(user).filter(county=community.county_id)
    return [(season, said.get(season.pk, community.company), season.pk in said) for season in seasons]
