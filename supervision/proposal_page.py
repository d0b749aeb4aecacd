"""The pages of the proposals: the list, and deciding about one or many."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from common import clock
from common.fields import LedgerDateField
from common.filters import state_tabs
from common.htmx import render_page
from common.pending_forms import posted_or_pending
from common.tables import capped_count
from common.ui import day
from common.views import safe_next
from supervision.enums import ProposalState
from supervision.filters import PROPOSAL_TABS, ProposalFilter
from supervision.models import Proposal
from supervision.proposals import APPROVE, DECLINE, HOLD, MOST_ROWS, VERBS, Outcome, decide, needed
from supervision.selectors import forget_count
from supervision.tables import ProposalTable, give_facts, proposal_words

decides = permission_required("supervision.decide_proposal", raise_exception=True)
COLOURS = {"held": "grey", "approved": "green", "declined": "grey", "gone": "grey"}
MOVES = [
    {"name": APPROVE, "label": "批准", "primary": True},
    {"name": DECLINE, "label": "不同意"},
    {"name": HOLD, "label": "暂缓"},
]
LONGEST_HOLD = 366
# Of so many one can still go over to another move from the page.
MOST_IN_ADDRESS = 20
CONSEQUENCES = {
    APPROVE: "批准后，按督办规则通知责任单位和有关人员，并记入办理过程。发出前会再核对一次，已办结、改期或移交的不发。",
    DECLINE: "不同意的这一步不再发出，理由记入办理过程。同一事项较轻的一步如以前报过、还没有审批，会重新列入待审批。",
    HOLD: "暂缓期间不通知责任单位，也不列入待审批，这一步此后的重复一并暂缓；到您写的那一天重新列入。更重的一步到了"
    "照样报审批，期间办结、改期或移交的自动不再需要。",
}


class DecisionForm(forms.Form):
    """`reason` has to be given for declining, `until` is asked for holding."""

    until = LedgerDateField(label="暂缓到", help_text="那一天起重新列入待审批，可写 9.30")
    reason = forms.CharField(label="理由", max_length=300, widget=forms.Textarea(attrs={"rows": 3}), required=False)

    def __init__(self, *args: Any, move: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = move == DECLINE
        if move != HOLD:
            del self.fields["until"]
        if move == APPROVE:
            self.fields["reason"].label = "批示意见"

    def clean_until(self) -> dt.date:
        until, today = self.cleaned_data["until"], clock.today()
        if not today < until <= today + dt.timedelta(days=LONGEST_HOLD):
            raise forms.ValidationError(f"读到的是 {until}，应晚于今天，且在一年以内")
        return until


@decides
@require_GET
def proposal_list(request: HttpRequest) -> HttpResponse:
    """The same number of queries whatever the number of proposals."""
    filters = ProposalFilter(request.GET, user=request.user)
    chosen = request.GET.get("state", "") if not filters.bar.errors else ""
    tabbed = filters.tabbed
    counts = {} if filters.bar.errors else {name: capped_count(some) for name, some in tabbed.items()}
    shown = tabbed[chosen].select_related("decided_by")
    table = ProposalTable.with_facts(request, shown, total=counts.get(chosen), gone=chosen == "gone")
    tabs = [(name, label, COLOURS[name]) for name, label in PROPOSAL_TABS]
    context = {
        "table": table,
        "bar": filters.bar,
        "tabs": state_tabs(request.GET, "state", tabs, counts, all_label="待审批"),
        "bulk_url": reverse("supervision:proposal_decide"),
        "bulk_moves": MOVES if chosen in ("", "held") else [],
        "empty_title": "没有等您审批的督办" if not chosen else "没有这样的督办审批",
        "empty_text": "督办规则中“报审批”的步骤达到后，会列在这里，由住建局批准后通知有关人员。",
        "list_id": "list",
    }
    return render_page(request, "supervision/proposals.html", context, fragments={"list": "partials/list.html"})


@decides
@require_http_methods(["GET", "POST"])
def proposal_decide(request: HttpRequest) -> HttpResponse:
    """`move`; `selected` (pk, repeated) and `seen` (pk-version, of any rows); `sure` once the page was answered."""
    data = posted_or_pending(request) or request.GET
    move, back = data.get("move", ""), safe_next(request, reverse("supervision:proposal_list"))
    if move not in VERBS:
        raise Http404("没有这种办理方式")
    chosen = [int(text) for text in dict.fromkeys(data.getlist("selected")) if text.isdecimal() and len(text) < 19]
    if not chosen or len(chosen) > MOST_ROWS:
        problem = f"一次最多办理 {MOST_ROWS} 条，没有办理任何一条。" if chosen else "没有选择任何一条，请先勾选。"
        messages.error(request, problem)
        return redirect(back)
    visible = Proposal.objects.visible_to(request.user)
    if not visible.filter(pk__in=chosen).exists():
        raise Http404
    asked = request.method == "POST" and "sure" in data
    form = DecisionForm(data if asked else None, move=move)
    status = 200
    if asked and form.is_valid():
        outcome = decide(
            _seen(data, chosen), by=request.user, move=move,
            reason=form.cleaned_data["reason"], until=form.cleaned_data.get("until"),
        )  # fmt: skip
        forget_count(request.user)
        _say(request, move, outcome, form.cleaned_data.get("until"))
        if not outcome.stale:
            return redirect(back)
        # What somebody else has done is shown; sent once more, what is still open is decided.
        status, chosen = 409, [proposal.pk for proposal in outcome.stale]
        form = DecisionForm(data, move=move)
    elif asked:
        status = 422
    proposals = list(visible.filter(pk__in=chosen).select_related("decided_by"))
    open_ones = visible.filter(needed({each.kind for each in proposals}), pk__in=chosen, state=ProposalState.OPEN)
    wanted = set(open_ones.order_by().values_list("pk", flat=True))
    give_facts(proposals)
    rows = [
        (each, proposal_words(each, each.state == ProposalState.OPEN and each.pk not in wanted), each.pk in wanted)
        for each in sorted(proposals, key=lambda each: (-each.level, each.due_on, each.due_minute, each.pk))
    ]
    context = {
        "move": move, "verb": VERBS[move], "rows": rows, "count": sum(row[2] for row in rows), "form": form,
        "back": back, "is_stale": status == 409, "consequence": CONSEQUENCES[move],
        "others": _others(move, chosen, back) if len(chosen) <= MOST_IN_ADDRESS else [],
    }  # fmt: skip
    return render(request, "supervision/proposal_decide.html", context, status=status)


def _others(move: str, chosen: list[int], back: str) -> list[tuple[str, str]]:
    """The other moves for the same proposals: (label, address)."""
    query = urlencode([*(("selected", pk) for pk in chosen), ("next", back)])
    address = reverse("supervision:proposal_decide")
    return [(verb, f"{address}?move={name}&{query}") for name, verb in VERBS.items() if name != move]


def _seen(data: Any, chosen: list[int]) -> dict[int, int]:
    """By pk the version that was on the page; −1, which never holds, for what was not on it."""
    versions: dict[int, int] = {}
    for text in data.getlist("seen"):
        pk, _, version = text.partition("-")
        if pk.isdecimal() and version.isdecimal():
            versions[int(pk)] = int(version)
    return {pk: versions.get(pk, -1) for pk in chosen}


def _say(request: HttpRequest, move: str, outcome: Outcome, until: dt.date | None) -> None:
    if outcome.done:
        after = {
            APPROVE: "有关人员将收到通知",
            DECLINE: "不再通知责任单位",
            HOLD: f"{day(until)} 起重新列入待审批",
        }[move]
        messages.success(request, f"已{VERBS[move]} {len(outcome.done)} 条督办，{after}。")
    if outcome.gone:
        messages.warning(request, f"{len(outcome.gone)} 条已办结、改期或移交，不再需要审批，没有办理。")
    if outcome.stale:
        messages.error(request, f"{len(outcome.stale)} 条刚刚被别人办理过，您的操作没有保存，请核对下面的最新情况。")
