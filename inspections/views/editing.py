"""Registering hazards and correcting them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html

from common.concurrency import Stale
from common.occasions import PARAMETER, Occasion, named_occasion, outcomes_of
from common.pending_forms import posted_or_pending
from common.views import safe_next
from facilities.models import Season
from facilities.selectors import current_season
from inspections import rules, services
from inspections.enums import HazardStatus
from inspections.forms.hazard import Difference, EditForm, RegisterForm, merged
from inspections.models import Hazard
from inspections.selectors import next_actor
from inspections.views.detail import RELATED, visible_hazard
from inspections.views.seen import Seen
from inspections.workflow import MoveRefused


@permission_required("inspections.register_hazard", raise_exception=True)
def hazard_create(request: HttpRequest) -> HttpResponse:
    """Register into the season that the page is about. The button `again` goes on to the next one (`?like=pk`).

    `?from=yard_check-12` names what gives occasion to it: the form begins with what that says, and the two pages lead
    to each other afterwards. One that the user does not see is none.
    """
    season = current_season(request)
    if season is None:
        return render(request, "inspections/no_season.html")
    data = posted_or_pending(request)
    found = named_occasion(request.user, request.GET.get(PARAMETER, ""))
    form = RegisterForm(
        data, request.FILES or None, by=request.user, season=season, like=_like(request), occasion=found
    )
    if request.method == "POST" and form.is_valid():
        hazard = _register(request, form, season, found)
        if hazard is not None:
            messages.success(request, _registered(hazard))
            if "again" in request.POST:
                return redirect(f"{reverse('inspections:hazard_create')}?like={hazard.pk}")
            return redirect(hazard)
    context = {
        "form": form, "season": season, "restored": data is not None and request.method != "POST", "occasion": found,
        "outcomes": outcomes_of(request.user, found.kind, found.item_id) if found else [],
    }  # fmt: skip
    return render(request, "inspections/hazard_form.html", context)


def _like(request: HttpRequest) -> Hazard | None:
    """The hazard registered just before, whose unit, person and source the next one takes over."""
    pk = request.GET.get("like", "")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return None
    return Hazard.objects.visible_to(request.user).select_related(*RELATED).filter(pk=pk).first()


def _register(
    request: HttpRequest, form: RegisterForm, season: Season, found: Occasion | None
) -> Hazard | None:  # fmt: skip
    try:
        return services.register(
            by=request.user, season=season, uploads=form.cleaned_data.get("photos", []), occasion=found,
            **form.relations, **form.values,
        )  # fmt: skip
    except MoveRefused as refused:
        for problem in refused.problems:
            form.add_error(None, problem)
        return None


def _registered(hazard: Hazard) -> str:
    """Where it went and what comes next, with what still keeps it from being issued."""
    missing = len(rules.problems_before_issue(hazard))
    rest = f"下达前还有 {missing} 项要补全" if missing else next_actor(hazard)
    return format_html('已登记 <a href="{}">{}</a>，{}。', hazard.get_absolute_url(), hazard.number, rest)


@permission_required("inspections.edit_hazard", raise_exception=True)
def hazard_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """409 with both values where somebody else has changed the same fields meanwhile."""
    hazard, data = visible_hazard(request, pk), posted_or_pending(request)
    if not hazard.state.is_open:
        return _settled(request, hazard, data)
    if data is None:
        return _page(request, EditForm(hazard=hazard, by=request.user), Seen.now(hazard))
    form, seen = EditForm(data, hazard=hazard, by=request.user), Seen.posted(data)
    if request.method != "POST":
        return _page(request, form, seen, restored=True)
    if seen.version != hazard.version:
        # Before anything is judged: the fields themselves may be others now.
        return _conflict(request, form, seen)
    if not form.is_valid():
        return _page(request, form, seen)
    try:
        entry = services.edit(hazard, by=request.user, version=seen.version, values=form.values, **form.relations)
    except MoveRefused as refused:
        for problem in refused.problems:
            form.add_error(None, problem)
        return _page(request, form, seen)
    except Stale:
        return _conflict(request, form, seen)
    if entry is None:
        messages.info(request, "内容没有变化，没有保存。")
    else:
        messages.success(request, _saved(hazard))
    return redirect(safe_next(request, hazard.get_absolute_url()))


def _saved(hazard: Hazard) -> str:
    missing = rules.problems_before_issue(hazard) if hazard.status == HazardStatus.PENDING else []
    rest = f"下达前还有 {len(missing)} 项要补全" if missing else next_actor(hazard)
    return f"{hazard.number} 的修改已保存，{rest}。"


def _conflict(request: HttpRequest, form: EditForm, seen: Seen) -> HttpResponse:
    fresh = visible_hazard(request, form.instance.pk)
    if not fresh.state.is_open:
        return _settled(request, fresh, form.data)
    again, differences = merged(form, fresh)
    meanwhile = seen.meanwhile(fresh, request.user)
    return _page(request, again, Seen.now(fresh), meanwhile=meanwhile, differences=differences, status=409)


def _settled(request: HttpRequest, hazard: Hazard, data: Any) -> HttpResponse:
    """Nothing can be corrected any more: why, since when, and what was typed so that it can be copied."""
    context: dict[str, Any] = {
        "hazard": hazard, "state": hazard.state, "back": hazard.get_absolute_url(),
        "problems": [f"{hazard.number} 现在是“{hazard.state.label}”，内容不能再修改"],
    }  # fmt: skip
    if data is not None:
        context["meanwhile"] = Seen.posted(data).meanwhile(hazard, request.user)
        context["typed"] = EditForm(data, hazard=hazard, by=request.user).typed
    return render(request, "inspections/move_impossible.html", context, status=409)


def _page(
    request: HttpRequest, form: EditForm, seen: Seen, *, meanwhile: list[dict[str, Any]] | None = None,
    differences: list[Difference] | None = None, restored: bool = False, status: int = 200,
) -> HttpResponse:  # fmt: skip
    hazard = form.hazard
    context = {
        "form": form, "hazard": hazard, "season": form.season, "seen": seen, "meanwhile": meanwhile or [],
        "differences": differences or [], "is_stale": status == 409, "restored": restored,
        "next": safe_next(request, ""),
    }  # fmt: skip
    return render(request, "inspections/hazard_form.html", context, status=status)
