"""Which moves there are on a work order, and who may make which of them when. What each does is in workflow.py."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.core.exceptions import PermissionDenied

from common.moves import MoveRefused
from complaints.enums import UNDER_WAY_STATUSES, ExtensionStatus, OrderStatus
from complaints.follow_up import to_call_since
from complaints.models import Order

S = OrderStatus
WITH_COMPANY = UNDER_WAY_STATUSES


class Party(Enum):
    """On which side of the table the one who makes a move must stand."""

    DESK = "热线坐席或住建局"
    BUREAU = "住建局"
    COMPANY = "承办企业"


@dataclass(frozen=True)
class Move:
    """`target` None: the status stays. `demands`: in words, for the manual."""

    code: str
    label: str
    sources: tuple[OrderStatus, ...]
    target: OrderStatus | None
    permission: str
    party: Party
    demands: str
    dangerous: bool = False

    def allowed_for(self, user: Any, order: Order) -> bool:
        """Whether this user may make this move on this order as far as role, side and state go."""
        return S(order.status) in self.sources and self.is_for(user, order)

    def is_for(self, user: Any, order: Order) -> bool:
        return user.has_perm(f"complaints.{self.permission}") and _stands_on(self.party, user, order)


def _stands_on(party: Party, user: Any, order: Order) -> bool:
    if user.is_superuser:
        return True
    if not user.unit_id:
        return False
    if party is Party.COMPANY:
        return bool(user.unit_id == order.company_id)
    return bool(user.unit.is_bureau) if party is Party.BUREAU else True  # the permission is the desk's own


MOVES: dict[str, Move] = {
    move.code: move
    for move in (
        Move("accept", "受理", (S.NEW,), S.ACCEPTED, "dispatch_order", Party.DESK, "—"),
        Move("dispatch", "派单", (S.NEW, S.ACCEPTED), S.DISPATCHED, "dispatch_order", Party.DESK,
             "承办企业、诉求内容；按类别和紧急程度起算时限"),
        Move("sign", "签收", (S.DISPATCHED,), S.HANDLING, "handle_order", Party.COMPANY, "—"),
        Move("send_back", "退单", WITH_COMPANY, S.ACCEPTED, "handle_order", Party.COMPANY,
             "退单理由；时限照算"),
        Move("visit", "上门", (S.HANDLING,), None, "handle_order", Party.COMPANY,
             "到场时间（不早于受理）、人员、现场情况；测温按规程"),
        Move("report", "反馈", (S.HANDLING,), S.REPORTED, "handle_order", Party.COMPANY,
             "办理结果、责任归因；供热类须有上门记录，温度不达标须有实测室温"),
        Move("request_extension", "申请延期", WITH_COMPANY, None, "handle_order", Party.COMPANY,
             "时限届满前提出；新时限、理由"),
        Move("decide_extension", "审批延期", WITH_COMPANY, None, "decide_order_extension", Party.BUREAU,
             "同意或不同意，意见"),
        Move("call_back", "回访", tuple(status for status in S if status != S.INVALID), None, "call_back_order",
             Party.DESK, "是否联系上、是否解决、是否满意；企业反馈后（办结了也可以），"
             "并入的工单随那一件，引出的隐患销号后不论状态"),
        Move("close", "办结", (S.REPORTED,), S.CLOSED, "call_back_order", Party.DESK,
             "最近一次联系上的回访说已解决，或打满规定的次数都没有联系上；没有留电话的无法回访，可以办结；并入的工单同样"),
        Move("redo", "重办", (S.REPORTED, S.CLOSED), S.DISPATCHED, "call_back_order", Party.DESK,
             "最近一次联系上的回访（并入的工单也算）说没有解决，重办理由；开始新一轮，时限重新起算，旧一轮保留"),
        Move("reclassify", "调整类别", (S.NEW, S.ACCEPTED, *WITH_COMPANY), None, "dispatch_order", Party.DESK,
             "理由；时限从原派单时间按新类别重算"),
        Move("withdraw", "撤件", (S.HANDLING, S.REPORTED, S.CLOSED), S.CLOSED, "dispatch_order", Party.DESK,
             "有上门或反馈；来源平台的撤件依据", dangerous=True),
        Move("merge", "并单", (S.NEW, S.ACCEPTED, *WITH_COMPANY), S.MERGED, "dispatch_order", Party.DESK,
             "并入的工单；不是同一户、也不是同一电话的要说明；不能并入不如它急的，时限取两件里更早的", dangerous=True),
        Move("invalidate", "作无效处理", (S.NEW, S.ACCEPTED, *WITH_COMPANY), S.INVALID, "dispatch_order", Party.DESK,
             "理由", dangerous=True),
    )
}  # fmt: skip


def moves_for(user: Any, order: Order) -> list[Move]:
    """The moves this user may make on this order now, in the order of the flow. One query while it is under way,
    three for who may call back."""
    hidden = set()
    if order.state.is_under_way:
        hidden.add("request_extension" if _extension_requested(order) else "decide_extension")
    if order.withdrawn_at:
        hidden |= {"withdraw", "redo"}
    possible = [move for move in MOVES.values() if move.code not in hidden and move.allowed_for(user, order)]
    # Asked last: only of who may call at all.
    return [move for move in possible if move.code != "call_back" or to_call_since(order)]


def _extension_requested(order: Order) -> bool:
    return order.extensions.filter(status=ExtensionStatus.REQUESTED).exists()


def check(code: str, user: Any, order: Order) -> Move:
    """The move, if this user can make it on this order as things stand.

    Raises PermissionDenied for who may never make it, MoveRefused for when it is not possible now.
    """
    move = MOVES[code]
    if not move.is_for(user, order):
        raise PermissionDenied(f"{move.label}须由{move.party.value}有相应权限的人员办理")
    if S(order.status) not in move.sources:
        allowed = "、".join(status.label for status in move.sources)
        raise MoveRefused([f"{order.number} 现在是“{order.state.label}”，只有{allowed}的工单才能{move.label}"])
    if code == "call_back" and to_call_since(order) is None:
        raise MoveRefused(
            [
                f"{order.number} 现在是“{order.state.label}”，还不用回访：企业反馈后（并入别的工单的，那一件反馈后）、"
                "引出的隐患销号后才回访"
            ]
        )
    if code in ("withdraw", "redo") and order.withdrawn_at:
        raise MoveRefused([f"{order.number} 已经撤件"])
    return move
