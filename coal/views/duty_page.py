"""The pages of what is owed and not there: a day's report of a company, coal for the least days."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_GET

from coal.demand_selectors import visible_companies
from coal.models import CoverGap, ReportDuty
from coal.reports import due_at, latest_of
from coal.views.access import reads
from common import clock
from common.ui import day as written


@reads
@require_GET
def report_day(request: HttpRequest, pk: int, day: str) -> HttpResponse:
    """A day of one company: its report, if it has come; else until when it was owed and who was told. Four queries."""
    company = get_object_or_404(visible_companies(request.user).select_related("region__parent"), pk=pk)
    try:
        wanted = parse_date(day)
    except ValueError:
        wanted = None
    if wanted is None or wanted >= clock.today():
        raise Http404
    if report := latest_of(company, wanted):
        return redirect(report.get_absolute_url())
    user: Any = request.user
    context = {
        "company": company, "day": wanted, "is_late": clock.now() > due_at(wanted), "due_at": due_at(wanted),
        "may_file": user.has_perm("coal.file_report") and user.unit_id == company.pk,
        "duty": ReportDuty.objects.visible_to(user).filter(company=company, day=wanted).first(),
    }  # fmt: skip
    return render(request, "coal/report_day.html", context)


@reads
@require_GET
def cover_gap(request: HttpRequest, pk: int) -> HttpResponse:
    """Two queries."""
    related = ("company", "season", "county")
    gap = get_object_or_404(CoverGap.objects.visible_to(request.user).select_related(*related), pk=pk)
    others = CoverGap.objects.filter(company=gap.company_id, season=gap.season_id).exclude(pk=pk)
    facts = [
        ("供热企业", gap.company.name), ("采暖季", f"{gap.season}"), ("低于最低天数之日", written(gap.began_on)),
        ("补足期限", written(gap.due_on)), ("补足日期", written(gap.ended_on) if gap.ended_on else "还没有补足"),
        ("最近一次检查", gap.standing, "wide"),
    ]  # fmt: skip
    return render(request, "coal/cover_gap.html", {"gap": gap, "facts": facts, "others": others})
