"""One page per move: GET shows its form, POST makes it. Whatever refuses it, what was typed is kept."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from common.concurrency import Stale
from common.moves import MoveRefused
from common.pending_forms import posted_or_pending
from common.views import safe_next
from complaints.forms import MOVE_FORMS, MoveForm
from complaints.models import Order
from complaints.moves import MOVES, check
from complaints.standing import next_step, running_limit
from complaints.timeline import Seen
from complaints.views.detail import caller_context, visible_order
from complaints.wording import consequence, done

TEMPLATES = {"decide_extension": "complaints/move_decide.html"}


@permission_required("complaints.view_order", raise_exception=True)
def order_move(request: HttpRequest, pk: int, move: str) -> HttpResponse:
    """403 for who may not make the move, 409 for a state (or a version) in which it cannot be made."""
    if move not in MOVE_FORMS:
        raise Http404("没有这种操作")
    order = visible_order(request, pk)
    data = posted_or_pending(request)
    try:
        check(move, request.user, order)
    except MoveRefused as refused:
        return _impossible(request, order, move, refused.problems, data)
    if data is None:
        return _page(request, move, MOVE_FORMS[move](order=order, by=request.user))
    form = MOVE_FORMS[move](data, request.FILES, order=order, by=request.user)
    if request.method != "POST":
        seen = Seen.posted(data)
        meanwhile = seen.meanwhile(order, request.user) if seen.version != order.version else []
        return _page(request, move, form, restored=True, meanwhile=meanwhile)
    return _make(request, move, form, data)


def _make(request: HttpRequest, move: str, form: MoveForm, data: QueryDict) -> HttpResponse:
    order, seen = form.order, Seen.posted(data)
    if not form.is_valid():
        return _page(request, move, form, seen=seen)
    # The version that was seen: the conditional UPDATE judges whether it still holds.
    order.version = seen.version
    try:
        form.make()
    except MoveRefused as refused:
        for problem in refused.problems:
            form.add_error(None, problem)
        return _page(request, move, form, seen=seen)
    except Stale:
        return _stale(request, move, data, order.pk)
    messages.success(request, done(move, order))
    # What an order was taken off a company's hands by, the company does not see any more.
    default = order.get_absolute_url() if move != "send_back" else "/complaints/"
    return redirect(safe_next(request, default))


def _stale(request: HttpRequest, move: str, data: QueryDict, pk: int) -> HttpResponse:
    """Somebody was faster: what they did, and the form with what was typed, now on what is true today."""
    order = visible_order(request, pk)
    meanwhile = Seen.posted(data).meanwhile(order, request.user)
    try:
        check(move, request.user, order)
    except MoveRefused as refused:
        return _impossible(request, order, move, refused.problems, data)
    form = MOVE_FORMS[move](data, request.FILES, order=order, by=request.user)
    return _page(request, move, form, meanwhile=meanwhile, status=409)


def _page(
    request: HttpRequest, move: str, form: MoveForm, *, seen: Seen | None = None, restored: bool = False,
    meanwhile: list[dict[str, Any]] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    """`seen`: what the form goes on being about; None: what the order is now."""
    order = form.order
    context = {
        "order": order,
        "state": order.state,
        "limit": running_limit(order),
        "move": MOVES[move],
        "form": form,
        "seen": seen or Seen.now(order),
        "meanwhile": meanwhile or [],
        "is_stale": status == 409 or bool(meanwhile),
        "restored": restored,
        "consequence": consequence(move, order),
        "next": safe_next(request, ""),
        "back": safe_next(request, order.get_absolute_url()),
        **caller_context(order, request.user),
    }
    return render(request, TEMPLATES.get(move, "complaints/move.html"), context, status=status)


def _impossible(
    request: HttpRequest, order: Order, move: str, problems: list[str], data: QueryDict | None
) -> HttpResponse:
    """The move has no place here now: why, what has happened, and what was typed so that it can be copied."""
    context: dict[str, Any] = {
        "order": order, "state": order.state, "move": MOVES[move], "problems": problems,
        "waiting": next_step(order), "back": safe_next(request, order.get_absolute_url()),
    }  # fmt: skip
    if data is not None:
        context["meanwhile"] = Seen.posted(data).meanwhile(order, request.user)
        context["typed"] = MOVE_FORMS[move](data, order=order, by=request.user).typed
    return render(request, "complaints/move_impossible.html", context, status=409)
