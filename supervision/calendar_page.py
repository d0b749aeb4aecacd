"""The page 工作日历: a year at a glance, for everybody to read and for the bureau's administrators to change."""

import calendar as grids
import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from common import clock
from common.forms import attempt
from common.pending_forms import posted_or_pending
from common.workdays import Calendar
from supervision import site_wide, working_days
from supervision.calendar_forms import OFF, WORKED, DaysForm, ReckonForm
from supervision.enums import DaySource
from supervision.models import CalendarDay
from supervision.official_days import official_days
from supervision.working_days import EARLIEST, LATEST, weekday

reads = permission_required("supervision.view_escalation", raise_exception=True)
changes = site_wide.changes(working_days.CAPABILITY, working_days.WHAT)


@dataclass(frozen=True)
class Cell:
    """A day of the grid. `mark`: 休 or 班 where a rule holds; `look`: work, rest (weekend), off or made-up."""

    day: dt.date
    look: str
    mark: str
    words: str
    is_own: bool
    is_today: bool


@reads
@require_http_methods(["GET", "POST"])
def year_page(request: HttpRequest) -> HttpResponse:
    """`year`: this one by default. `start` and `count`: a deadline to reckon. `day`: the one to fill the form with."""
    year = _year(request)
    user = request.user
    if request.method == "POST":
        site_wide.check(user, working_days.CAPABILITY, working_days.WHAT)
    form = DaysForm(posted_or_pending(request), year=year, initial=_initial(request))
    if request.method == "POST" and form.is_valid():
        values = form.values
        changed = attempt(form, lambda: working_days.set_days(**values, by=request.user))
        if changed is not None:
            messages.success(request, _what_was_done(values, changed))
            return _to_year(values["first"].year)
    rows = list(CalendarDay.objects.all())
    calendar = working_days.calendar_of(rows)
    reckon = ReckonForm(request.GET if "count" in request.GET else None)
    own_days = {row.day for row in rows if row.source == DaySource.OWN}
    context = {
        "year": year,
        "years": [each for each in (year - 1, year, year + 1) if EARLIEST.year <= each <= LATEST.year],
        "months": [(month, _month(calendar, year, month, own_days)) for month in range(1, 13)],
        "holidays": working_days.holidays_of(rows, year),
        "entered": [row for row in rows if row.day.year == year and working_days.can_be_taken_back(row)],
        "workdays": calendar.workdays_between(dt.date(year - 1, 12, 31), dt.date(year, 12, 31)),
        "missing": working_days.missing_festivals(rows, year),
        "next_missing": year == clock.today().year and bool(working_days.missing_festivals(rows, year + 1)),
        "is_known": bool(official_days(year)),
        **site_wide.standing(user, working_days.CAPABILITY, working_days.WHAT),
        "form": form,
        "reckon": reckon,
        "sentence": reckon.sentence(calendar),
    }
    status = 422 if form.errors or reckon.errors else 200
    return render(request, "supervision/calendar.html", context, status=status)


def _year(request: HttpRequest) -> int:
    text = request.GET.get("year", "")
    year = int(text) if text.isascii() and text.isdigit() and len(text) == 4 else 0
    return year if EARLIEST.year <= year <= LATEST.year else clock.today().year


def _initial(request: HttpRequest) -> dict[str, Any]:
    """A click on a day proposes what it is not."""
    try:
        day = dt.date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return {}
    works = working_days.working_calendar().is_workday(day)
    return {"first": day, "arranged": OFF if works else WORKED}


def _what_was_done(values: dict[str, Any], changed: int) -> str:
    first, last = values["first"], values["last"]
    days = working_days.ranges([first + dt.timedelta(days=i) for i in range((last - first).days + 1)])
    if not changed:
        return f"{days}本来就是这样安排的，没有变化。"
    arranged = "上班" if values["is_workday"] else "放假"
    return f"{days}已改为{arranged}，下一次检查起按新的日历推算。"


def _month(calendar: Calendar, year: int, month: int, own_days: set[dt.date]) -> list[list[Cell | None]]:
    """Weeks from Monday on; None for the days of other months."""
    weeks = grids.Calendar().monthdatescalendar(year, month)
    return [[_cell(calendar, day, own_days) if day.month == month else None for day in week] for week in weeks]


def _cell(calendar: Calendar, day: dt.date, own_days: set[dt.date]) -> Cell:
    works, special = calendar.is_workday(day), calendar.special.get(day)
    is_weekend = day.weekday() >= 5
    look = ("made-up" if is_weekend else "work") if works else ("off" if special else "rest")
    mark = "班" if look == "made-up" or (special and works) else "休" if look == "off" else ""
    name = special.name if special else ""
    words = f"{day.month}月{day.day}日（周{weekday(day)}）{'上班' if works else '休息'}{f'，{name}' if name else ''}"
    return Cell(day, look, mark, words, day in own_days, day == clock.today())


def _to_year(year: int) -> HttpResponseRedirect:
    return redirect(f"{reverse('supervision:calendar')}?year={year}")


@changes
@require_POST
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(CalendarDay, pk=pk)
    try:
        working_days.take_back(row, by=request.user)
        messages.success(request, f"{row.day} 的改动已撤销，恢复为原来的安排。")
    except ValidationError as error:
        messages.error(request, error.message)
    return _to_year(row.day.year)


@changes
@require_POST
def fill(request: HttpRequest, year: int) -> HttpResponse:
    count = working_days.fill_year(year, by=request.user) if EARLIEST.year <= year <= LATEST.year else 0
    done = f"已录入 {year} 年国务院放假安排，共 {count} 天。"
    messages.success(request, done if count else f"程序里没有 {year} 年新的放假安排，请按通知逐个节日录入。")
    return _to_year(year if EARLIEST.year <= year <= LATEST.year else clock.today().year)
