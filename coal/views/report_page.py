"""Pages of the daily reports: a day of all companies, one company's days, one report, and the form."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_date

from accounts.models import Unit
from coal.demand_selectors import visible_companies
from coal.filters import ReportFilter
from coal.forms.report import ReportForm
from coal.models import DailyReport, Yard
from coal.reporting import REPORTED
from coal.reports import (
    Book,
    a_year_before,
    books_of,
    companies_on,
    differences,
    due_at,
    first_days,
    is_due_of,
    last_due,
    latest_of,
    missing_days,
    owed_days,
    reporting_companies,
    reports_of,
)
from coal.selectors import with_opening
from coal.tables import ReportTable
from common import clock
from common.forms import attempt
from common.htmx import render_page
from common.pending_forms import posted_or_pending
from common.tables import capped_count
from common.ui import quantity
from facilities.selectors import seasons_of

FRAGMENTS = {"list": "partials/list.html"}
reads = permission_required("coal.view_coal", raise_exception=True)
files = permission_required("coal.file_report", raise_exception=True)
RELATED = ("company", "county", "filed_by__unit")
# Of no older day does anybody keep reports.
FIRST_YEAR = 2000
# What can be added up over companies.
ADDED = ("arrived_t", "used_t", "stock_yard_t", "stock_port_t", "stock_transit_t", "heat_gj", "boilers_running")


def _day(request: HttpRequest) -> dt.date:
    """The day that the address asks for; yesterday without one, for what is no day, not yet over, or of no season."""
    yesterday = clock.today() - dt.timedelta(1)
    try:
        asked = parse_date(request.GET.get("day", ""))
    except ValueError:
        asked = None
    return min(asked, yesterday) if asked and asked.year >= FIRST_YEAR else yesterday


def _days_around(day: dt.date) -> dict[str, Any]:
    """For the links to the day before and the day after; there is none after yesterday."""
    after = day + dt.timedelta(1)
    return {"day": day, "day_before": day - dt.timedelta(1), "day_after": after if after < clock.today() else None}


def _yards(companies: list[Unit]) -> list[Any]:
    """With the day since which each has a book."""
    return list(with_opening(Yard.objects.filter(company__in=companies)))


@reads
def report_list(request: HttpRequest) -> HttpResponse:
    """A day of all the companies the user sees; whoever sees their own only is led to its page. At most 12 queries."""
    user, day = request.user, _day(request)
    companies = list(companies_on(user, day))
    if len(companies) == 1 and companies[0].pk == user.unit_id:  # type: ignore[union-attr]
        return redirect("coal:report_company", pk=companies[0].pk)
    reports = reports_of([company.pk for company in companies], day)
    yards = _yards(companies)
    books, opened = books_of(yards, day), first_days(yard for yard in yards if yard.is_active)
    season = next((each for each in seasons_of(request) if each.summer_start_on <= day <= each.heating_end_on), None)
    rows = [
        _row(company, reports.get(company.pk), books.get(company.pk, Book()))
        | {"is_owed": season is not None and bool(owed_days(season, opened.get(company.pk), day, day))}
        for company in companies
    ]
    missing = [row["company"].label for row in rows if row["is_owed"] and row["report"] is None]
    context = {
        **_days_around(day), "rows": sorted(rows, key=lambda row: (row["report"] is not None, row["company"].pk)),
        "sums": _sums(list(reports.values())), "missing": missing, "is_owed": is_due_of(season, day),
        "is_late": clock.now() > due_at(day), "due_at": due_at(day),
    }  # fmt: skip
    return render(request, "coal/report_list.html", context)


def _row(company: Unit, report: DailyReport | None, book: Book) -> dict[str, Any]:
    return {
        "company": company, "report": report, "book": book,
        "differences": differences(report, book) if report else [],
    }  # fmt: skip


def _sums(reports: list[DailyReport]) -> dict[str, Any] | None:
    if not reports:
        return None
    return {name: sum(getattr(report, name) for report in reports) for name in ADDED}


@reads
def report_company(request: HttpRequest, pk: int) -> HttpResponse:
    """One company's reports, the latest revision of each day, and the days of the last fortnight that are missing."""
    company = get_object_or_404(visible_companies(request.user).select_related("region__parent"), pk=pk)
    reports = DailyReport.objects.visible_to(request.user).filter(company=company).current()
    filters = ReportFilter(request.GET, queryset=reports, request=request)
    table = ReportTable.for_request(request, filters.qs, total=capped_count(filters.qs))
    context = {
        "company": company, "table": table, "bar": filters.bar, "empty_title": "还没有日报",
        "may_file": _may_file(request, company), **_yesterday(company), "missing": _missing(company),
    }  # fmt: skip
    return render_page(request, "coal/report_company.html", context, fragments=FRAGMENTS)


def _may_file(request: HttpRequest, company: Unit) -> bool:
    user = request.user
    return bool(user.has_perm("coal.file_report") and user.unit_id == company.pk)  # type: ignore[union-attr]


def _yesterday(company: Unit) -> dict[str, Any]:
    """The day that is to be reported now, and whether it is."""
    yesterday = clock.today() - dt.timedelta(1)
    return {"yesterday": yesterday, "is_filed": latest_of(company, yesterday) is not None}


def _missing(company: Unit) -> list[dt.date]:
    """The days of the last fortnight of which the company's report is due and not filed, newest first."""
    last = last_due(clock.today())
    return missing_days(company, last - dt.timedelta(13), last)[::-1]


@reads
def report_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A revision beside the same day last season, with what the book says and the other revisions. 12 queries."""
    report = get_object_or_404(DailyReport.objects.visible_to(request.user).select_related(*RELATED), pk=pk)
    revisions = list(
        DailyReport.objects.filter(company=report.company, day=report.day).order_by("-revision").select_related(
            "filed_by"
        )
    )  # fmt: skip
    book = books_of(_yards([report.company]), report.day).get(report.company_id, Book())
    context = {
        "report": report, "revisions": revisions, "latest": revisions[0], "is_latest": revisions[0].pk == report.pk,
        "lines": _lines(report, latest_of(report.company, a_year_before(report.day))),
        "year_ago": a_year_before(report.day), "differences": differences(report, book), "book": book,
        "may_file": _may_file(request, report.company),
    }  # fmt: skip
    return render(request, "coal/report_detail.html", context)


def _lines(report: DailyReport, year_ago: DailyReport | None) -> list[dict[str, Any]]:
    """Each figure with last season's and by how much it is more."""
    lines = []
    for name in REPORTED:
        if name == "events":
            continue
        now, then = getattr(report, name), getattr(year_ago, name) if year_ago else None
        more = "" if now is None or then is None else _more(now - then)
        label = DailyReport._meta.get_field(name).verbose_name  # type: ignore[union-attr]
        lines.append({"label": label, "now": now, "then": then, "more": more})
    return lines


def _more(difference: Any) -> str:
    sign = "+" if difference > 0 else "−" if difference < 0 else ""
    return f"{sign}{quantity(abs(difference))}"


@files
def report_file(request: HttpRequest) -> HttpResponse:
    """The form for the day of the address, yesterday by default: a first report, or a correction."""
    day = _day(request)
    own: Any = request.user.unit_id  # type: ignore[union-attr]
    company = reporting_companies(request.user).filter(pk=own).first()
    if company is None:
        return render(request, "coal/report_nowhere.html", {})
    form = _form(request, company, day)
    if request.method == "POST" and form.is_valid():
        report = attempt(form, form.save)
        if report is not None:
            _tell(request, report)
            return redirect(report.get_absolute_url())
    context = {**_days_around(day), "company": company, "form": form, "last": latest_of(company, day)}
    return render(request, "coal/report_form.html", context)


def _form(request: HttpRequest, company: Unit, day: dt.date) -> ReportForm:
    before = DailyReport.objects.filter(company=company, day__lt=day).order_by("-day", "-revision").first()
    return ReportForm(
        posted_or_pending(request), company=company, day=day, by=request.user, last=latest_of(company, day),
        book=books_of(_yards([company]), day).get(company.pk, Book()), before=before,
        year_ago=latest_of(company, a_year_before(day)),
    )  # fmt: skip


def _tell(request: HttpRequest, report: DailyReport) -> None:
    done = "已更正" if report.revision > 1 else "已报"
    messages.success(request, f"{report.day} 的日报{done}，住建局、发改局现在就能看到。")
