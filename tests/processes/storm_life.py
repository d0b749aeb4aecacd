"""Life goes on while processes are killed: hazards are moved and proposals decided, through the public services.

`moves()` plays the companies and the bureau's inspectors on the part of the hazards that the journal begins with,
`decisions()` an officer on the proposals of all of them; each in a process of its own, until it is terminated. Both
have patience with a database that goes away.
"""

import datetime as dt
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any

from django.db import InterfaceError, OperationalError, connection

from accounts.models import User
from common import clock
from common.concurrency import Stale
from inspections import workflow
from inspections.enums import ExtensionStatus
from inspections.models import Attachment, Hazard
from inspections.workflow import MoveRefused
from notifications.models import Outgoing
from supervision import proposals
from supervision.enums import ProposalState
from supervision.models import Proposal
from tests.hazards import add_photo
from tests.processes.storm_items import DECISIONS, MOVES, State, lines, write

PAUSE_SECONDS = 0.05
PATIENCE_SECONDS = 60
AT_ONCE = 12
Act = Callable[[Hazard], Any]


class Life:
    """Goes on until somebody terminates the process: never in the middle of something."""

    def __init__(self) -> None:
        self.over = False
        signal.signal(signal.SIGTERM, self._end)

    def _end(self, number: int, frame: FrameType | None) -> None:
        self.over = True

    def go_on(self, do: Callable[[], None]) -> dict[str, Any]:
        while not self.over:
            do()
            time.sleep(PAUSE_SECONDS)
        return {}


def patiently(ask: Callable[[], Any]) -> Any:
    """The answer, as soon as the database gives one."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return ask()
        except (OperationalError, InterfaceError):
            if time.monotonic() > until:
                raise
            connection.close()
            time.sleep(0.3)


def attempt(act: Callable[[], Any]) -> str:
    """How it came out: done, refused, or cut off (and then it may have been done or not)."""
    try:
        act()
    except (Stale, MoveRefused) as refused:
        return f"refused: {refused}"
    except (OperationalError, InterfaceError):
        return "cut off"
    return "done"


# --- hazards ----------------------------------------------------------------------------------------------------------


def moves() -> dict[str, Any]:
    made: Counter[str] = Counter()
    pool = sorted({line["item"] for line in lines(MOVES)})
    # Those that were moved are mostly moved on: asked for, accepted, opened again.
    lately = [line["item"] for line in lines(MOVES) if line["move"]]

    def move_one() -> None:
        hazard = patiently(lambda: _pick(pool, lately[-15:]))
        lately.append(hazard.pk)
        _move(hazard, made)

    return Life().go_on(move_one)


def _pick(pool: list[int], lately: list[int]) -> Hazard:
    """One of which people are about to be told, one that was moved lately, or any."""
    told = Outgoing.objects.filter(state="waiting", item_id__in=pool).values_list("item_id", flat=True)
    choices = random.choice((lambda: list(told.distinct()[:100]), lambda: lately, lambda: pool))()
    return Hazard.objects.select_related("season", "county", "lead_unit").get(pk=random.choice(choices or pool))


def _move(hazard: Hazard, made: Counter[str]) -> None:
    """Of what is possible what was `made` least often so far."""
    pk, acts = hazard.pk, patiently(lambda: _possible(hazard))
    code = min(acts, key=lambda code: made[code])
    made[code] += 1
    before = clock.now()
    outcome = attempt(lambda: acts[code](hazard))
    state = patiently(lambda: State.of(Hazard.objects.get(pk=pk)))
    write(MOVES, item=pk, move=code, outcome=outcome, before=before, after=clock.now(), state=state)


def _possible(hazard: Hazard) -> dict[str, Act]:
    """What may be done with it as it stands, by the moves' codes."""
    status = hazard.status
    if status == "void":
        return {"nothing": lambda hazard: None}
    if status == "closed":
        return {"reopen": _reopen}
    if status == "awaiting_acceptance":
        return {"accept": _accept, "reject": _reject}
    if hazard.extensions.filter(status=ExtensionStatus.REQUESTED).exists():
        return {"extend": _decide_extension(True), "deny-extension": _decide_extension(False)}
    acts: dict[str, Act] = dict((random.choice((("amend", _amend), ("unit", _amend_unit), ("person", _amend_person))),))
    if random.random() < 0.1:
        acts["void"] = lambda hazard: workflow.void(hazard, by=_bureau(), reason="与另一条重复登记")
    if status == "issued":
        acts["sign"] = lambda hazard: workflow.sign(hazard, by=_company(hazard))
    else:
        acts["request_acceptance"] = _request_acceptance
    if hazard.due_on and hazard.due_on >= clock.today():
        acts["request_extension"] = _request_extension
    return acts


def _bureau() -> User:
    return User.objects.get(username="ll_admin")


def _company(hazard: Hazard) -> User:
    return User.objects.get(unit=hazard.lead_unit_id, username__endswith="_admin")


def _soon() -> dt.date:
    """A day that has steps of the ladder before it or shortly after."""
    return clock.today() + dt.timedelta(days=random.randrange(9))


def _request_acceptance(hazard: Hazard) -> None:
    if not Attachment.objects.filter(hazard=hazard, round=hazard.round).exists():
        add_photo(hazard)
    workflow.request_acceptance(hazard, by=_company(hazard), note="已更换并打压")


def _concluded_by() -> dict[str, Any]:
    return {"inspectors": "杜导", "accepted_on": clock.today()}


def _accept(hazard: Hazard) -> None:
    """A 重大 hazard needs a second one, who comes at once."""
    workflow.accept(hazard, by=_bureau(), opinion="打压合格", **_concluded_by())
    if hazard.status != "closed":
        second = User.objects.get(username="ll_inspector2")
        workflow.accept(hazard, by=second, opinion="复验合格", **_concluded_by())


def _reject(hazard: Hazard) -> None:
    workflow.reject(hazard, by=_bureau(), opinion="仍有渗漏", **_concluded_by())


def _reopen(hazard: Hazard) -> None:
    """With the same deadline if that can be."""
    due_on = hazard.due_on if hazard.due_on and hazard.due_on >= clock.today() else _soon()
    workflow.reopen(hazard, by=_bureau(), reason="再次渗漏", due_on=due_on, late_due_reason="冬季抢修")


def _request_extension(hazard: Hazard) -> None:
    assert hazard.due_on
    new = hazard.due_on + dt.timedelta(days=random.randrange(1, 6))
    workflow.request_extension(
        hazard, by=_company(hazard), new_due_on=new, reason="管材晚到", interim_measures="每日巡检"
    )  # fmt: skip


def _decide_extension(approve: bool) -> Act:
    return lambda hazard: workflow.decide_extension(
        hazard, by=_bureau(), approve=approve, opinion="已核", late_due_reason="冬季抢修"
    )


def _amend(hazard: Hazard) -> None:
    workflow.amend(hazard, by=_bureau(), reason="重新核定时限", due_on=_soon(), late_due_reason="冬季抢修")


def _amend_unit(hazard: Hazard) -> None:
    other = User.objects.exclude(unit=hazard.lead_unit_id).get(username__in=("cy_admin", "by_admin")).unit
    workflow.amend(hazard, by=_bureau(), reason="管段移交", lead_unit=other, responsible_person="李建民")


def _amend_person(hazard: Hazard) -> None:
    person, supervisor = random.choice(("cy_clerk", "by_clerk")), random.choice(("ll_inspector", "ll_inspector2"))
    workflow.amend(
        hazard, by=_bureau(), reason="人员调整", responsible_user=User.objects.get(username=person),
        supervisor=User.objects.get(username=supervisor),
    )  # fmt: skip


# --- proposals --------------------------------------------------------------------------------------------------------


def decisions() -> dict[str, Any]:
    officer = patiently(lambda: User.objects.get(username="ll_admin"))
    return Life().go_on(lambda: _decide(officer))


def _decide(officer: User) -> None:
    """About a handful of those that wait, all in the same way, as from the page."""
    seen = patiently(lambda: dict(proposals.due_for(officer).order_by("?").values_list("pk", "version")[:AT_ONCE]))
    if not seen:
        return
    (move,) = random.choices((proposals.APPROVE, proposals.DECLINE, proposals.HOLD), (6, 2, 2))
    more = {"reason": "已约定复查"} if move != proposals.APPROVE else {}
    until = clock.today() + dt.timedelta(days=1) if move == proposals.HOLD else None
    before = clock.now()
    outcome = attempt(lambda: proposals.decide(seen, by=officer, move=move, until=until, **more))
    found = patiently(lambda: dict(Proposal.objects.filter(pk__in=seen).values_list("pk", "state")))
    decided = {pk: state for pk, state in found.items() if state != ProposalState.OPEN}
    write(DECISIONS, move=move, outcome=outcome, before=before, after=clock.now(), decided=decided)
