"""What the pages of estimates and targets have in common: who may, and which company's season an address names."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.models import Unit
from coal.demand_selectors import coal_companies
from facilities.models import Season

reads = permission_required("coal.view_coal", raise_exception=True)


def company_and_season(request: HttpRequest, company: int, season: int) -> tuple[Unit, Season]:
    """Both as far as the user sees them and of one county, or 404. Two queries."""
    found = get_object_or_404(Season.objects.visible_to(request.user).select_related("county"), pk=season)
    unit = get_object_or_404(coal_companies(request.user, found.county).select_related("region__parent"), pk=company)
    return unit, found


def no_season(request: HttpRequest, heading: str) -> HttpResponse:
    """What stands where there is no season yet."""
    return render(request, "coal/no_season.html", {"heading_text": heading})
