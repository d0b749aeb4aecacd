"""Pages of the yard checks: all of them, one, the form, the correction, the photos, and a county's values."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from coal import check_selectors as selectors
from coal import check_services as services
from coal.check_enums import CheckLevel
from coal.check_filters import CheckFilter
from coal.check_tables import CheckTable
from coal.forms.check import CheckForm, RulesForm
from coal.models import CheckPhoto, Yard, YardCheck
from coal.views.access import reads
from common.forms import attempt
from common.htmx import is_partial, render_page
from common.occasions import outcomes_of, query_of
from common.pending_forms import posted_or_pending
from common.spreadsheets.errors import SpreadsheetError
from common.tables import capped_count
from common.ui import moment, quantity
from common.uploads import serve
from facilities.ledger_kinds import county_of

FRAGMENTS = {"list": "partials/list.html"}
records = permission_required("coal.record_check", raise_exception=True)
manages = permission_required("coal.manage_parameters", raise_exception=True)
RELATED = ("yard__company", "yard__county", "entered_by__unit", "corrects", "correction")


@reads
@require_GET
def check_list(request: HttpRequest) -> HttpResponse:
    """Every check the user sees, and which yards nobody has checked for too long. At most 12 queries."""
    visible = YardCheck.objects.visible_to(request.user)
    filters = CheckFilter(request.GET, queryset=visible, request=request)
    table = CheckTable.for_request(request, filters.qs, total=capped_count(filters.qs))
    may_record = request.user.has_perm("coal.record_check")  # type: ignore[union-attr]
    context: dict[str, Any] = {
        "table": table, "bar": filters.bar, "may_record": may_record, "empty_title": "还没有煤场检查",
        "empty_text": "在煤场的页面上登记检查；手机在现场就可以填。", "empty_url": reverse("coal:yard_list"),
        "empty_action": "到煤场列表",
    }  # fmt: skip
    if not is_partial(request):
        context["overdue"] = selectors.overdue_yards(filters.yards)
    return render_page(request, "coal/check_list.html", context, fragments=FRAGMENTS)


def _visible(request: HttpRequest, pk: int) -> YardCheck:
    return get_object_or_404(YardCheck.objects.visible_to(request.user).select_related(*RELATED), pk=pk)


@reads
@require_GET
def check_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What was found, what has come of it, and the checks that it corrects or that correct it."""
    check, user = _visible(request, pk), request.user
    replaced_by = getattr(check, "correction", None)
    context = {
        "check": check, "state": check.state, "facts": _facts(check), "points": check.points.all(),
        "photos": [_photo(photo) for photo in check.photos.all()], "replaced_by": replaced_by,
        "history": selectors.history_of(check), "outcomes": outcomes_of(user, selectors.OCCASION, check.pk),
        "may_correct": replaced_by is None and services.may_correct(user, check),
        "is_serious": check.level >= CheckLevel.ACT,
        "hazard_url": _hazard_url(check) if user.has_perm("inspections.register_hazard") else "",  # type: ignore[union-attr]
    }  # fmt: skip
    return render(request, "coal/check_detail.html", context)


def _hazard_url(check: YardCheck) -> str:
    """Where a hazard is registered from it."""
    return f"{reverse('inspections:hazard_create')}?{query_of(selectors.OCCASION, check.pk)}"


def _facts(check: YardCheck) -> list[tuple[Any, ...]]:
    return [
        ("供热企业", check.yard.company),
        ("检查时间", moment(check.checked_at)),
        ("检查人", check.checked_by),
        ("堆高（m）", quantity(check.pile_height_m)),
        ("最高煤温（℃）", quantity(check.hottest_c)),
        ("一氧化碳（ppm）", quantity(check.co_ppm)),
        ("冒烟", "有" if check.smoke_seen else "没有"),
        ("苫盖", check.get_cover_display()),
        ("消防器材", "齐全完好" if check.fire_equipment_in_order else "缺少或失效"),
        ("登记", f"{check.entered_by.display_name}，{moment(check.entered_at)}"),
        ("情况说明", check.note, "wide"),
    ]  # fmt: skip


def _photo(photo: CheckPhoto) -> dict[str, Any]:
    taken = f"拍摄 {moment(photo.taken_at)}" if photo.taken_at else "没有拍摄时间"
    return {
        "url": reverse("coal:check_photo", args=[photo.pk]),
        "thumbnail_url": reverse("coal:check_thumbnail", args=[photo.pk]), "caption": taken, "flags": [],
    }  # fmt: skip


@records
@require_http_methods(["GET", "POST"])
def check_record(request: HttpRequest, pk: int) -> HttpResponse:
    yard = get_object_or_404(Yard.objects.visible_to(request.user).select_related("company", "county"), pk=pk)
    like = yard.checks.current().first()
    return _form_page(request, yard, like=like)


@records
@require_http_methods(["GET", "POST"])
def check_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """A further check in the place of this one, which stays readable."""
    check = _visible(request, pk)
    if (later := getattr(check, "correction", None)) is not None:
        messages.info(request, "这次检查已经更正过，下面是更正后的。")
        return redirect(later)
    if not services.may_correct(request.user, check):
        messages.warning(request, "煤场检查由登记它的单位更正，住建局也可以更正。")
        return redirect(check)
    return _form_page(request, check.yard, corrects=check)


def _form_page(
    request: HttpRequest, yard: Yard, *, corrects: YardCheck | None = None, like: YardCheck | None = None
) -> HttpResponse:
    """`do`: more adds lines for points; anything else records."""
    data = posted_or_pending(request)
    is_more = bool(data and data.get("do") == "more")
    if data is not None and is_more:
        data = CheckForm.with_more_rows(data)
    form = CheckForm(data, request.FILES or None, yard=yard, by=request.user, corrects=corrects, like=like)
    status = 200
    if request.method == "POST" and not is_more:
        status = 422
        if form.is_valid() and (check := attempt(form, form.save)) is not None:
            _tell(request, check)
            return redirect(check)
    context = {
        "yard": yard, "form": form, "corrects": corrects, "like": like, "show_errors": status == 422,
        "is_more": is_more,
    }  # fmt: skip
    return render(request, "coal/check_form.html", context, status=status)


def _tell(request: HttpRequest, check: YardCheck) -> None:
    """Where it went, and what comes next."""
    state = check.state
    done = f"{check.yard} 的检查已{'更正' if check.corrects else '登记'}，结论：{state.label}。"
    if state is CheckLevel.EMERGENCY:
        messages.warning(request, f"{done}已同时告知住建局、发改局和企业管理员，请立即处置，并登记隐患。")
    elif state is CheckLevel.ACT:
        messages.warning(request, f"{done}请处理，需要限期整改的登记隐患。")
    else:
        messages.success(request, done)


@reads
@require_GET
def check_photo(request: HttpRequest, pk: int) -> FileResponse:
    """The photo; of one that browsers cannot show (HEIC) the JPEG made from it."""
    photo = get_object_or_404(CheckPhoto.objects.visible_to(request.user), pk=pk)
    if photo.rendition:
        return _serve(photo.rendition, f"{photo.original_name.rpartition('.')[0]}.jpg", "image/jpeg")
    return _serve(photo.file, photo.original_name, photo.content_type)


@reads
@require_GET
def check_thumbnail(request: HttpRequest, pk: int) -> FileResponse:
    photo = get_object_or_404(CheckPhoto.objects.visible_to(request.user), pk=pk)
    return _serve(photo.thumbnail or photo.file, "thumbnail.jpg", "image/jpeg")


def _serve(file: Any, name: str, content_type: str) -> FileResponse:
    try:
        opened = file.open("rb")
    except FileNotFoundError as error:
        raise Http404("文件不在存储中，请联系系统维护人员") from error
    return serve(opened, download_name=name, content_type=content_type, inline=True)


@manages
@require_http_methods(["GET", "POST"])
def check_rules(request: HttpRequest) -> HttpResponse:
    """From which values on the county takes what a check finds for more than normal."""
    try:
        county = county_of(request.user)
    except SpreadsheetError:
        messages.error(request, "煤场检查标准按县设定，您的单位不在某个县内，请由县里的发改局或住建局设定。")
        return redirect("coal:check_list")
    form = RulesForm(posted_or_pending(request), instance=services.rules_of(county))
    if request.method == "POST" and form.is_valid():
        changed = services.save_rules(by=request.user, county=county, values=form.values)
        said = f"{county} 的煤场检查标准已保存，以后的检查按新的标准；以前的检查结论不变。" if changed else "没有变化。"
        messages.success(request, said)
        return redirect("coal:check_rules")
    status = 422 if request.method == "POST" else 200
    return render(request, "coal/check_rules.html", {"form": form, "county": county}, status=status)
