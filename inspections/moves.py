"""Which moves there are on a hazard, and who may make which of them when. What each does is in workflow.py."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.core.exceptions import PermissionDenied

from common.moves import MoveRefused
from inspections import rules
from inspections.enums import OPEN_STATUSES, ExtensionStatus, HazardStatus
from inspections.models import Hazard

S = HazardStatus
CONCLUDED = "您已对这次验收申请签过意见；重大隐患须由另一人再验收一次"
EXTENSION_REQUESTED = "已有一份延期申请在等待审批，请等审批后再申请"


class Party(Enum):
    """On which side of the table the one who makes a move must stand."""

    BUREAU = "住建局"
    LEAD = "责任单位"


@dataclass(frozen=True)
class Move:
    code: str
    label: str
    sources: tuple[HazardStatus, ...]
    target: HazardStatus | None  # None: the status stays
    permission: str
    party: Party
    demands: str  # in words, for the diagram and the manual
    dangerous: bool = False

    def allowed_for(self, user: Any, hazard: Hazard) -> bool:
        """Whether this user may make this move on this hazard as far as role, side and state go."""
        return S(hazard.status) in self.sources and self.is_for(user, hazard)

    def is_for(self, user: Any, hazard: Hazard) -> bool:
        return user.has_perm(f"inspections.{self.permission}") and _stands_on(self.party, user, hazard)


def _stands_on(party: Party, user: Any, hazard: Hazard) -> bool:
    if user.is_superuser:
        return True
    if not user.unit_id:
        return False
    if party is Party.LEAD:
        return user.unit_id == hazard.lead_unit_id
    return user.unit.is_bureau


MOVES: dict[str, Move] = {
    move.code: move
    for move in (
        Move("issue", "下达", (S.PENDING,), S.ISSUED, "issue_hazard", Party.BUREAU,
             "问题点位、责任单位、责任人、整改时限、验收标准五项齐全且具体；时限晚于试运行须有理由"),
        Move("sign", "签收", (S.ISSUED,), S.RECTIFYING, "sign_hazard", Party.LEAD, "—"),
        Move("return", "退回住建局", (S.ISSUED,), S.PENDING, "sign_hazard", Party.LEAD, "退回理由"),
        Move("plan", "制定方案", (S.RECTIFYING,), None, "rectify_hazard", Party.LEAD,
             "整改措施、不晚于时限的节点；重大隐患须填五落实"),
        Move("report", "填报进度", (S.RECTIFYING,), None, "rectify_hazard", Party.LEAD,
             "进度、情况说明；进度倒退须有理由"),
        Move("request_acceptance", "申请验收", (S.RECTIFYING,), S.AWAITING_ACCEPTANCE, "rectify_hazard", Party.LEAD,
             "整改后照片；重大隐患五落实齐全"),
        Move("accept", "验收合格", (S.AWAITING_ACCEPTANCE,), S.CLOSED, "accept_hazard", Party.BUREAU,
             "对照验收标准的意见、验收人员、日期；不得由整改单位自己验收；重大隐患须两人"),
        Move("reject", "验收不合格", (S.AWAITING_ACCEPTANCE,), S.RECTIFYING, "accept_hazard", Party.BUREAU,
             "不合格之处、验收人员、日期"),
        Move("request_extension", "申请延期", (S.ISSUED, S.RECTIFYING), None, "rectify_hazard",
             Party.LEAD, "时限届满前提出；新时限、理由、延期期间的安全措施"),
        Move("decide_extension", "审批延期", OPEN_STATUSES, None, "decide_extension", Party.BUREAU,
             "同意或不同意，意见"),
        Move("amend", "调整责任或时限", (S.PENDING, S.ISSUED, S.RECTIFYING, S.AWAITING_ACCEPTANCE), None,
             "amend_hazard", Party.BUREAU, "理由；换责任单位时重新签收"),
        Move("reopen", "复发重开", (S.CLOSED,), S.ISSUED, "reopen_hazard", Party.BUREAU,
             "复发情况、新时限；开始新一轮，旧一轮保留"),
        Move("void", "作废", OPEN_STATUSES, S.VOID, "void_hazard", Party.BUREAU,
             "作废理由；编号不再使用", dangerous=True),
    )
}  # fmt: skip


def moves_for(user: Any, hazard: Hazard) -> list[Move]:
    """The moves this user may make on this hazard now, in the order of the flow. One query, two more at acceptance."""
    hidden: set[str] = set()
    if S(hazard.status).is_open:
        hidden.add("request_extension" if _extension_requested(hazard) else "decide_extension")
    if hazard.status == S.AWAITING_ACCEPTANCE and (_rectifies(user, hazard) or _has_concluded(user, hazard)):
        hidden |= {"accept", "reject"}
    return [move for move in MOVES.values() if move.code not in hidden and move.allowed_for(user, hazard)]


def _extension_requested(hazard: Hazard) -> bool:
    return hazard.extensions.filter(status=ExtensionStatus.REQUESTED).exists()


def _rectifies(user: Any, hazard: Hazard) -> bool:
    return user.unit_id in rules.rectifying_unit_ids(hazard)


def _has_concluded(user: Any, hazard: Hazard) -> bool:
    """Whether this person has given an opinion on the present request for acceptance."""
    return hazard.acceptances.filter(round=hazard.round, attempt=hazard.acceptance_attempt, by=user).exists()


def check(code: str, user: Any, hazard: Hazard) -> Move:
    """The move, if this user can make it on this hazard as things stand.

    Raises PermissionDenied for who may never make it, MoveRefused for when it is not possible now.
    """
    move = MOVES[code]
    if not move.is_for(user, hazard):
        raise PermissionDenied(f"{move.label}须由{move.party.value}有相应权限的人员办理")
    if code in ("accept", "reject") and _rectifies(user, hazard):
        raise PermissionDenied("整改单位不能验收自己的整改，请由其他单位的人员验收")
    if S(hazard.status) not in move.sources:
        allowed = "、".join(status.label for status in move.sources)
        raise MoveRefused([f"{hazard.number} 现在是“{S(hazard.status).label}”，只有{allowed}的隐患才能{move.label}"])
    if code in ("accept", "reject") and _has_concluded(user, hazard):
        raise MoveRefused([CONCLUDED])
    if code == "request_extension" and _extension_requested(hazard):
        raise MoveRefused([EXTENSION_REQUESTED])
    if code == "decide_extension" and not _extension_requested(hazard):
        raise MoveRefused([f"{hazard.number} 没有待审批的延期申请"])
    return move
