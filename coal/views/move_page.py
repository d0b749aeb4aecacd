"""One page per move of a target: GET says what will happen, POST makes it. What was typed is kept."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from coal import workflow
from coal.demand_services import departures_of
from coal.forms.target import MoveForm
from coal.models import Target
from coal.timeline import filing_reason, last_entry_pk, since
from coal.views.access import reads
from coal.views.target_page import visible_target
from common.concurrency import Stale
from common.pending_forms import posted_or_pending

REASON = "节点低于常用的理由"
# What will happen, and what has happened.
CONSEQUENCES = {
    "file": "报送后由住建局审核，审核前可以撤回，不能再修改。",
    "withdraw": "撤回后回到“未报送”，可以修改后重新报送。",
    "check": "审核通过后转发改局审批。",
    "send_back": "退回后由企业修改，再重新报送；退回理由企业会看到。",
    "approve": "批准后即为本采暖季的储备目标，按节点考核；以后要改，由企业另报一版。",
    "decline": "退回后由企业修改，重新经住建局审核；退回理由企业和住建局会看到。",
    "revise": "将另开一版供修改，报送、审核、批准后才代替现在这一版；在那以前仍按现在这一版执行。",
    "drop": "这一版不再办理，留着可查；已批准的那一版照旧执行，以后还可以另开一版。",
}
DONE = {
    "file": "已报送，等待住建局审核。", "withdraw": "已撤回，可以修改后重新报送。",
    "check": "已审核通过，等待发改局审批。", "send_back": "已退回企业修改。", "approve": "已批准。",
    "decline": "已退回企业修改。", "revise": "已开始新的一版，请修改后报送。",
    "drop": "已放弃，仍按已批准的那一版执行。",
}  # fmt: skip


@reads
@require_http_methods(["GET", "POST"])
def target_move(request: HttpRequest, pk: int, move: str) -> HttpResponse:
    """403 for who may not make the move, 409 for a state or a version in which it cannot be made."""
    if move not in workflow.MOVES:
        raise Http404("没有这种操作")
    target = visible_target(request, pk)
    data = posted_or_pending(request)
    try:
        kind = workflow.check(move, request.user, target)
    except workflow.MoveRefused as refused:
        return _page(request, target, move, MoveForm(data, needs_note=""), problems=refused.problems, status=409)
    form = MoveForm(data, needs_note=_needs_note(kind, target), initial={"version": target.version})
    if request.method != "POST":
        return _page(request, target, move, form)
    if not form.is_valid():
        return _page(request, target, move, form, status=422)
    # The version that was seen: the conditional UPDATE judges whether it still holds.
    target.version = form.cleaned_data["version"]
    try:
        workflow.MAKE[move](target, by=request.user, note=form.cleaned_data["note"].strip())
    except workflow.MoveRefused as refused:
        for problem in refused.problems:
            form.add_error(None, problem)
        return _page(request, target, move, form, status=422)
    except Stale:
        return _stale(request, pk, move, form)
    workflow.forget_count(request.user)
    messages.success(request, f"{target} {DONE[move]}")
    return redirect(_next(target, move))


def _needs_note(move: workflow.Move, target: Target) -> str:
    """What the note has to say: of a plan that departs from what is usual, when it is filed, why."""
    return move.needs_note or (REASON if move.code == "file" and departures_of(target) else "")


def _next(target: Target, move: str) -> str:
    if move != "revise":
        return target.get_absolute_url()
    newest = Target.objects.filter(company=target.company_id, season=target.season_id).order_by("-revision")[0]
    return newest.get_absolute_url()


def _stale(request: HttpRequest, pk: int, move: str, typed: MoveForm) -> HttpResponse:
    """Somebody was faster: what they did; and the form with what was typed, if the move is still possible."""
    target, problems = visible_target(request, pk), []
    try:
        workflow.check(move, request.user, target)
    except workflow.MoveRefused as refused:
        problems = refused.problems
    data = {**typed.data.dict(), "version": str(target.version)}  # type: ignore[attr-defined]
    form = MoveForm(data, needs_note=_needs_note(workflow.MOVES[move], target))
    return _page(request, target, move, form, problems=problems, is_stale=True, status=409)


def _page(
    request: HttpRequest, target: Target, move: str, form: MoveForm, *, problems: list[str] | None = None,
    is_stale: bool = False, status: int = 200,
) -> HttpResponse:  # fmt: skip
    seen = request.POST.get("entry", "")
    is_known = seen.isascii() and seen.isdigit() and len(seen) < 19
    context = {
        "target": target, "state": target.state, "move": workflow.MOVES[move], "form": form,
        "departures": departures_of(target) if move in ("file", "check", "approve") else [],
        "reason": filing_reason(target), "consequence": CONSEQUENCES[move],
        "problems": problems or [], "is_stale": is_stale,
        "entry": last_entry_pk(target),
        "meanwhile": since(target, int(seen)) if status == 409 and is_known else [],
        "show_errors": status == 422,
    }  # fmt: skip
    return render(request, "coal/target_move.html", context, status=status)
