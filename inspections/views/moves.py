"""One page per move: GET shows its form, POST makes it. Whatever refuses it, what was typed is kept."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from common import clock
from common.concurrency import Stale
from common.pending_forms import posted_or_pending
from common.views import safe_next
from inspections import rules, selectors, services
from inspections.forms import MOVE_FORMS, MoveForm
from inspections.models import Hazard
from inspections.moves import MOVES, check
from inspections.views.detail import photo_context, visible_hazard
from inspections.views.seen import Seen
from inspections.wording import consequence, done
from inspections.workflow import MoveRefused

reads = permission_required("inspections.view_hazard", raise_exception=True)
TEMPLATES = {
    "plan": "inspections/move_plan.html",
    "decide_extension": "inspections/move_decide.html",
    "accept": "inspections/move_judge.html",
    "reject": "inspections/move_judge.html",
}
# Moves for which the photos are looked at before deciding.
JUDGING = ("accept", "reject")


@reads
def hazard_move(request: HttpRequest, pk: int, move: str) -> HttpResponse:
    """403 for who may not make the move, 409 for a state (or a version) in which it cannot be made."""
    if move not in MOVE_FORMS:
        raise Http404("没有这种操作")
    hazard = visible_hazard(request, pk)
    data = posted_or_pending(request)
    form_class = MOVE_FORMS[move]
    try:
        check(move, request.user, hazard)
    except MoveRefused as refused:
        return _impossible(request, hazard, move, refused.problems, data)
    if data is None:
        return _page(request, move, form_class(hazard=hazard, by=request.user))
    if any(name in data for name in form_class.assistants):
        form = form_class.assisted(data, hazard=hazard, by=request.user)
        return _page(request, move, form, seen=Seen.posted(data))
    form = form_class(data, request.FILES, hazard=hazard, by=request.user)
    if request.method != "POST":
        return _page(request, move, form, restored=True, meanwhile=_meanwhile(hazard, data, request.user))
    return _make(request, move, form, data)


def _make(request: HttpRequest, move: str, form: MoveForm, data: QueryDict) -> HttpResponse:
    hazard, seen = form.hazard, Seen.posted(data)
    if not form.is_valid():
        return _page(request, move, form, seen=seen)
    # The version that was seen: the conditional UPDATE judges whether it still holds.
    hazard.version = seen.version
    try:
        form.perform()
    except MoveRefused as refused:
        for problem in refused.problems:
            form.add_error(None, problem)
        return _page(request, move, form, seen=seen)
    except Stale:
        return _stale(request, move, data, hazard.pk)
    messages.success(request, done(move, hazard))
    return redirect(safe_next(request, hazard.get_absolute_url()))


def _stale(request: HttpRequest, move: str, data: QueryDict, pk: int) -> HttpResponse:
    """Somebody was faster: what they did, and the form with what was typed, now on what is true today."""
    hazard = visible_hazard(request, pk)
    meanwhile = Seen.posted(data).meanwhile(hazard, request.user)
    try:
        check(move, request.user, hazard)
    except MoveRefused as refused:
        return _impossible(request, hazard, move, refused.problems, data)
    form = MOVE_FORMS[move](data, request.FILES, hazard=hazard, by=request.user)
    return _page(request, move, form, meanwhile=meanwhile, status=409)


def _meanwhile(hazard: Hazard, data: QueryDict, user: Any) -> list[dict[str, Any]]:
    seen = Seen.posted(data)
    return seen.meanwhile(hazard, user) if seen.version != hazard.version else []


def _page(
    request: HttpRequest, move: str, form: MoveForm, *, seen: Seen | None = None, restored: bool = False,
    meanwhile: list[dict[str, Any]] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    """`seen`: what the form goes on being about; None: what the hazard is now."""
    hazard = form.hazard
    kind = MOVES[move]
    problems = rules.problems_before_issue(hazard) if move == "issue" and not form.is_bound else []
    context = {
        "hazard": hazard,
        "state": hazard.state,
        "is_overdue": hazard.is_overdue(clock.today()),
        "move": kind,
        "form": form,
        "seen": seen or Seen.now(hazard),
        "meanwhile": meanwhile or [],
        "is_stale": status == 409 or bool(meanwhile),
        "restored": restored,
        "consequence": consequence(move, hazard),
        "problems": problems,
        "next": safe_next(request, ""),
        "back": safe_next(request, hazard.get_absolute_url()),
        "can_edit": request.user.has_perm("inspections.edit_hazard"),  # type: ignore[union-attr]
    }
    if move in JUDGING:
        context |= photo_context(hazard, flagged=True)
        context["passed"], context["needed"] = selectors.acceptance_progress(hazard)
    return render(request, TEMPLATES.get(move, "inspections/move.html"), context, status=status)


def _impossible(
    request: HttpRequest, hazard: Hazard, move: str, problems: list[str], data: QueryDict | None
) -> HttpResponse:
    """The move has no place here now: why, what has happened, and what was typed so that it can be copied."""
    context: dict[str, Any] = {
        "hazard": hazard,
        "state": hazard.state,
        "move": MOVES[move],
        "problems": problems,
        "waiting": selectors.next_step(hazard, signed=selectors.acceptance_progress(hazard)[0]),
        "back": safe_next(request, hazard.get_absolute_url()),
    }
    if data is not None:
        context["meanwhile"] = Seen.posted(data).meanwhile(hazard, request.user)
        context["typed"] = MOVE_FORMS[move](data, hazard=hazard, by=request.user).typed
    return render(request, "inspections/move_impossible.html", context, status=409)


@require_POST
@permission_required("inspections.remind_hazard", raise_exception=True)
def hazard_remind(request: HttpRequest, pk: int) -> HttpResponse:
    """催办: no form, one button on the hazard's page."""
    hazard = visible_hazard(request, pk)
    try:
        services.remind(hazard, by=request.user)
    except MoveRefused as refused:
        messages.error(request, "；".join(refused.problems))
    else:
        unit = hazard.lead_unit.label if hazard.lead_unit else "责任单位"
        messages.success(request, f"已催办，{unit} 的人员会在消息里看到。")
    return redirect(safe_next(request, reverse("inspections:hazard_detail", args=[pk])))
