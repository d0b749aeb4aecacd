"""What became of the steps that an item has reached: what the bureau decided, who was told and when."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import CharField, Model, Value

from accounts.enums import UnitKind
from accounts.models import User
from common.ui import moment, prose_day
from notifications.models import Outgoing, OutgoingState
from supervision.deadlines import parts_of
from supervision.enums import ProposalState
from supervision.kinds import Kind
from supervision.ladder import Deadline
from supervision.models import BUREAU_AUDIENCE, COMPANY_AUDIENCE, Escalation, PolicyStep, Proposal
from supervision.proposals import needed

MOST_NAMED = 6
Key = tuple[str, int]  # step, repetition


@dataclass
class History:
    proposals: dict[Key, Proposal] = field(default_factory=dict)
    needed: set[int] = field(default_factory=set)
    tells_decisions: bool = True
    news: dict[Key, list[Outgoing]] = field(default_factory=dict)
    unreached: set[str] = field(default_factory=set)

    def words(self, record: Escalation, step: PolicyStep | None) -> str:
        """8月23日报住建局审批，周管 2026-08-24 10:05 批准；已发给杜导（2026-08-24 10:06）；责任单位现在没有可用账号

        Empty if unknown. Who is not to know how the bureau decides reads who was told. `step`: as it was."""
        key = record.step, record.repeat
        proposal = self.proposals.get(key)
        said = [self._decision(proposal)] if proposal and self.tells_decisions else []
        rows = self.news.get(key, [])
        approved = proposal is not None and proposal.state == ProposalState.APPROVED
        missing = self._missing(step, rows) if step and (rows or approved) else []
        return "；".join([*said, *_sent(rows), *missing])

    def _missing(self, step: PolicyStep, rows: Iterable[Outgoing]) -> list[str]:
        """Of whom the step tells those for whom nobody could be told now. Rows don't say for which of the audience
        somebody was told: that nobody was is said where nobody on that side was."""
        told = {_side_of_person(row.recipient) for row in rows}
        flags = [name for name in step.audience if name in self.unreached]
        nobody = dict.fromkeys(_called(name) for name in flags if _side(name) not in told)
        others = [_called(name) for name in flags if name in BUREAU_AUDIENCE and _side(name) in told]
        said = [f"{'、'.join(nobody)}现在没有可用账号，没有人收到"] if nobody else []
        return [*said, f"{'、'.join(others)}现在没有可用账号"] if others else said

    def _decision(self, proposal: Proposal) -> str:
        proposed = f"{prose_day(proposal.proposed_at)}报住建局审批"
        reason = f"（{proposal.reason}）" if proposal.reason else ""
        who = f"{proposal.decided_by.display_name} {moment(proposal.decided_at)} " if proposal.decided_by else ""
        if proposal.state != ProposalState.OPEN:
            verb = "批准" if proposal.state == ProposalState.APPROVED else "不同意"
            return f"{proposed}，{who}{verb}{reason}"
        if proposal.pk not in self.needed:
            return f"{proposed}，不再需要"
        if proposal.held_until:
            return f"{proposed}，{who}暂缓到{prose_day(proposal.held_until)}{reason}"
        return f"{proposed}，等待审批"


def history_of(
    item: Model,
    kind: Kind,
    due: Deadline,
    round_number: int,
    steps: Iterable[PolicyStep],
    *,
    tells_decisions: bool,
) -> History:
    """Of one deadline of an item, in one round, and the `steps` reached. Six queries at most."""
    found = History(tells_decisions=tells_decisions)
    found.unreached = _unreached(item, kind, {flag for step in steps for flag in step.audience})
    due_on, due_minute = parts_of(due)
    same = {"item_id": item.pk, "due_on": due_on, "due_minute": due_minute, "round": round_number}
    proposals = Proposal.objects.filter(kind=kind.name, **same).select_related("decided_by")
    found.proposals = {(each.step, each.repeat): each for each in proposals}
    if tells_decisions and any(each.state == ProposalState.OPEN for each in found.proposals.values()):
        pks = [each.pk for each in found.proposals.values()]
        found.needed = set(Proposal.objects.filter(needed([kind.name]), pk__in=pks).values_list("pk", flat=True))
    # That something waits for approval is a matter of its own, and not what people were told.
    news = Outgoing.objects.filter(matter=kind.name, **same)
    for row in news.select_related("recipient__unit").order_by("recipient_id"):
        found.news.setdefault((row.step, row.repeat), []).append(row)
    return found


def _unreached(item: Model, kind: Kind, flags: Iterable[str]) -> set[str]:
    """The audience flags for which nobody has a usable account now. One query."""
    wanted = {flag for flag in flags if flag in kind.recipients}
    items = type(item)._default_manager.filter(pk=item.pk).order_by()
    parts = [
        part.annotate(flag=Value(flag, output_field=CharField())).values_list("flag", flat=True)
        for flag in sorted(wanted)
        for part in kind.recipients[flag](items)
    ]
    return wanted - set(parts[0].union(*parts[1:])) if parts else set()


def _side(flag: str) -> UnitKind | None:
    """The bureau whose people the flag means; None for those who are responsible."""
    if flag in COMPANY_AUDIENCE:
        return None
    return UnitKind.DEVELOPMENT_BUREAU if flag == "tells_development" else UnitKind.HOUSING_BUREAU


def _side_of_person(person: User) -> UnitKind | None:
    kind = person.unit.kind if person.unit else ""
    return next((side for side in (UnitKind.HOUSING_BUREAU, UnitKind.DEVELOPMENT_BUREAU) if side == kind), None)


def _called(flag: str) -> str:
    """责任单位, whoever of it is meant; 住建局负责人."""
    if flag in COMPANY_AUDIENCE:
        return "责任单位"
    return str(PolicyStep._meta.get_field(flag).verbose_name)  # type: ignore[union-attr]


def _sent(rows: Iterable[Outgoing]) -> list[str]:
    by_state: dict[str, list[Outgoing]] = {}
    for row in rows:
        by_state.setdefault(row.state, []).append(row)
    said = []
    if sent := by_state.get(OutgoingState.SENT):
        said.append(f"已发给{_names(sent)}（{moment(max(row.done_at for row in sent if row.done_at))}）")
    if waiting := by_state.get(OutgoingState.WAITING):
        said.append(f"正在发给{_names(waiting)}")
    if failed := by_state.get(OutgoingState.FAILED):
        said.append(f"没能发给{_names(failed)}")
    if dropped := by_state.get(OutgoingState.DROPPED):
        said.append(f"情况已变，没有再发给{_names(dropped)}")
    return said


def _names(rows: list[Outgoing]) -> str:
    names = [row.recipient.display_name for row in rows]
    more = f"等 {len(names)} 人" if len(names) > MOST_NAMED else ""
    return "、".join(names[:MOST_NAMED]) + more
