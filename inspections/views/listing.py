"""The ledger's list, its counts, and what is done to many rows at once."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.scoping import sees_region
from common.bulk import MOST_ROWS
from common.counting import COUNT_CAP, CappedCount
from common.filters import Tab, state_tabs
from common.htmx import render_page
from common.paging import Total
from common.spreadsheets.ledgers.kinds import kind_named
from common.views import safe_next
from inspections import bulk
from inspections.filters import COUNTED, TABS, HazardFilter, filtered_hazards
from inspections.ledger import HAZARDS
from inspections.models import Hazard
from inspections.selectors import tab_counts
from inspections.tables import UNREAD, HazardTable
from inspections.wording import ANNOUNCE_PAST, PAST_HELP

FRAGMENTS = {"list": "partials/list.html"}
KEEP = "keep"
reads = permission_required("inspections.view_hazard", raise_exception=True)


@reads
@require_GET
def hazard_list(request: HttpRequest) -> HttpResponse:
    filters, _ = filtered_hazards(request, request.GET)
    counts = _counts_at_once(request, filters)
    table = HazardTable.for_request(
        request, filters.listed, total=_total(filters, counts), rows=Hazard.objects.defer(*UNREAD), user=request.user
    )
    context = {
        "table": table,
        "bar": filters.bar,
        "tabs": _tabs(request, counts),
        "counts_url": "" if counts is not None else f"{reverse('inspections:hazard_counts')}?{request.GET.urlencode()}",
        "bulk_url": reverse("inspections:hazard_bulk"),
        "bulk_moves": _bulk_moves(request.user),
        **kind_named(HAZARDS.kind).list_actions(request.user),
        "season": filters.season,
        **_empty(request.user, filters),
    }
    return render_page(request, "inspections/hazard_list.html", context, fragments=FRAGMENTS)


@reads
@require_GET
def hazard_counts(request: HttpRequest) -> HttpResponse:
    """The tabs with their counts, and the pager's total, for a list whose counting takes longer than its page."""
    filters, _ = filtered_hazards(request, request.GET)
    counts = _count(filters)
    context = {"tabs": _tabs(request, counts), "total": _total(filters, counts)}
    return render(request, "inspections/counts.html", context)


@reads
@require_POST
def hazard_bulk(request: HttpRequest) -> HttpResponse:
    """POST: `move` (issue or remind), `selected` (repeated), `next`. Each row is judged by itself.

    Before hazards are issued whose deadline has passed, a page asks what people are to be told of it: `asked`, and
    `announce_past` if that; KEEP for each as it was asked for when it was imported.
    """
    action = bulk.ACTIONS.get(request.POST.get("move", ""))
    if action is None:
        raise Http404("没有这种批量操作")
    if not request.user.has_perm(action.permission):
        raise PermissionDenied(f"您没有{action.label}的权限")
    chosen = request.POST.getlist("selected")
    context: dict[str, Any] = {"action": action, "back": safe_next(request, reverse("inspections:hazard_list"))}
    if len(chosen) > MOST_ROWS:
        context["too_many"] = len(chosen)
        context["most"] = MOST_ROWS
        return render(request, "inspections/bulk_result.html", context, status=400)
    options = {}
    if action.code == "issue":
        if "asked" not in request.POST and (past := bulk.overdue_before_issue(chosen, by=request.user)):
            return _ask_about_past(request, context, chosen, past)
        options["announce_past"] = _answer_about_past(request)
    results = bulk.run(action, chosen, by=request.user, **options)
    context |= {"results": results, "done": sum(result.done for result in results)}
    return render(request, "inspections/bulk_result.html", context)


def _answer_about_past(request: HttpRequest) -> bool | None:
    """None: each as it was asked for."""
    answer = request.POST.get("announce_past", "")
    return None if "asked" not in request.POST or answer == KEEP else bool(answer)


def _ask_about_past(
    request: HttpRequest, context: dict[str, Any], chosen: list[str], past: list[Hazard]
) -> HttpResponse:
    context |= {
        "chosen": list(dict.fromkeys(chosen)),
        "past": past,
        "label": ANNOUNCE_PAST,
        "help": PAST_HELP,
        # As it was asked for when they were imported.
        "asked_for": sum(hazard.watched_since is None for hazard in past),
        "keep": KEEP,
    }
    return render(request, "inspections/bulk_past.html", context)


def _counts_at_once(request: HttpRequest, filters: HazardFilter) -> dict[str, CappedCount] | None:
    """The counts, unless taking them would keep the page waiting: those of a filtered list in a long ledger."""
    if not filters.form.is_valid():
        return _count(filters)
    is_long = filters.season is not None and filters.season.last_sequence > COUNT_CAP
    if is_long and filters.is_narrowed:
        return None
    return tab_counts(*filters.untabbed_parts, many=is_long and sees_region(request.user))


def _count(filters: HazardFilter) -> dict[str, CappedCount]:
    return tab_counts(*filters.untabbed_parts)


def _total(filters: HazardFilter, counts: dict[str, CappedCount] | None) -> Total | None:
    if counts is None:
        return None
    count = counts[filters.form.cleaned_data.get("tab", "")]
    return Total(COUNT_CAP, capped=True) if count.is_capped else Total(count.value)


def _tabs(request: HttpRequest, counts: dict[str, CappedCount] | None) -> list[Tab]:
    """With no counts (they come later) the tabs stand without numbers."""
    states = [*TABS, COUNTED] if request.GET.get("tab") == COUNTED[0] else list(TABS)
    shown: dict[str, Any] = {value: "" for value, *_ in [("",), *states]} if counts is None else dict(counts)
    return state_tabs(request.GET, "tab", states, shown)


def _bulk_moves(user: Any) -> list[dict[str, Any]]:
    moves = [
        {"name": action.code, "label": action.label, "primary": action.code == "issue"}
        for action in bulk.ACTIONS.values()
        if user.has_perm(action.permission)
    ]
    if user.has_perm("inspections.export_hazards"):
        url = reverse("inspections:hazard_export")
        moves.append({"name": "export", "label": "导出所选", "url": url, "icon": "export"})
        moves.append({"name": "export_plain", "label": "导出所选（可改后导回）", "url": url, "icon": "export"})
    return moves


def _empty(user: Any, filters: HazardFilter) -> dict[str, Any]:
    """What an empty list tells its reader to do."""
    if filters.season is None:
        return {"empty_title": "还没有采暖季", "empty_text": "隐患登记在采暖季下，请住建管理员先建采暖季。"}
    season = f"{filters.season.name} 采暖季"
    nothing = {"nothing_text": f"只查了 {season}；可以去掉一些条件，或在页面上方换一个采暖季再看。"}
    if filters.form.is_valid() and filters.form.cleaned_data["tab"]:
        url = reverse("inspections:hazard_list")
        return nothing | {"empty_title": "这一状态下没有隐患", "empty_url": url, "empty_action": "看全部"}
    title = nothing | {"empty_title": f"{season}还没有隐患"}
    if user.has_perm("inspections.import_hazards"):
        text, url, action = (
            "把现有的 Excel 台账导入进来，或逐条登记。",
            reverse("inspections:hazard_import_list"),
            "导入台账",
        )
    elif user.has_perm("inspections.register_hazard"):
        text, url, action = "发现隐患后在这里登记。", reverse("inspections:hazard_create"), "登记隐患"
    elif filters.is_scattered:
        return title | {"empty_text": "与您单位有关的隐患会出现在这里。"}
    else:
        return title | {"empty_text": "登记或导入的隐患会出现在这里。"}
    return title | {"empty_text": text, "empty_url": url, "empty_action": action}
