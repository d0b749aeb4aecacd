"""What the pages say about a move: before it, what will happen; after it, where the hazard went and who is next."""

from common import clock
from inspections import rules
from inspections.enums import ExtensionStatus, HazardStatus
from inspections.models import Hazard
from inspections.selectors import acceptance_progress, next_actor

_DONE = {
    "issue": "已下达", "sign": "已签收", "return": "已退回住建局", "plan": "整改方案已提交", "reject": "已退回整改",
    "request_acceptance": "已申请验收", "amend": "已调整", "reopen": "已重开",
}  # fmt: skip

# Beside the box that asks for it, when hazards are imported or issued.
ANNOUNCE_PAST = "已过时限的也发提醒和督办"
PAST_HELP = (
    "不勾选的，已经过去的各步只记录、不通知，从下一步起照常。"
    "勾选的，下次检查时按已到的最重一步通知；须审批的先列入“督办审批”。"
)


def done(move: str, hazard: Hazard) -> str:
    """YH-2026-0001 已下达，等待 城源热力 签收。 For the message after a move; two queries at most."""
    return f"{hazard.number} {_result(move, hazard)}。"


def _result(move: str, hazard: Hazard) -> str:
    actor = next_actor(hazard)
    match move:
        case "report":
            return f"进度已填报，{hazard.progress_percent}%，{actor}"
        case "accept" if hazard.status == HazardStatus.CLOSED:
            return "验收合格，已销号"
        case "accept":
            passed, needed = acceptance_progress(hazard)
            return f"验收意见已签（{passed}/{needed}），等待 住建局另一人 验收"
        case "request_extension":
            return "延期申请已提交，等待 住建局 审批"
        case "decide_extension":
            last = hazard.extensions.exclude(decided_at=None).order_by("-decided_at").first()
            if last is not None and last.status == ExtensionStatus.APPROVED:
                return f"已同意延期，新时限 {hazard.due_on}，{actor}"
            return f"未同意延期，时限仍为 {hazard.due_on}，{actor}"
        case "void":
            return "已作废，这个编号不再使用"
    return f"{_DONE[move]}，{actor}"


def consequence(move: str, hazard: Hazard) -> str:
    """One sentence above the form: what the button will do."""
    unit = hazard.lead_unit.label if hazard.lead_unit else "责任单位"
    match move:
        case "issue" if hazard.is_overdue(clock.today()):
            return f"时限 {hazard.due_on} 已过，下达后即为逾期；要给新的时限，请先“调整责任或时限”。"
        case "issue":
            return f"下达后，{unit} 的人员会收到消息，须签收并在 {hazard.due_on or '时限'} 前完成整改。"
        case "sign":
            return f"签收后由 {unit} 负责整改，须先提交整改方案；时限 {hazard.due_on}。"
        case "return":
            return "退回后，这条隐患回到“待下达”，由住建局改派或重新下达；退回理由会留在记录里。"
        case "plan":
            return f"节点从整改时限 {hazard.due_on} 往前倒排；提交后仍可以再改，已完成的节点保留。"
        case "report":
            return "填报后，住建局能看到最新进度；照片记为“整改中”。"
        case "request_acceptance":
            return "提交后转为“待验收”，住建局的督办人员会收到消息；验收之前不能再改进度。"
        case "accept" if rules.acceptors_needed(hazard) > 1:
            return "重大隐患须两人验收：第一人签意见后仍为“待验收”，第二人验收合格后销号。"
        case "accept":
            return "验收合格后，这条隐患销号，不再计入在办。"
        case "reject":
            return f"验收不合格，退回 {unit} 继续整改，时限不变（{hazard.due_on}）。"
        case "request_extension":
            return "批准之前，时限不变；原定时限和延长后的时限都会留在记录里。"
        case "decide_extension":
            return f"不同意的，时限仍为 {hazard.due_on}；同意的，从新时限起重新计算到期提醒和督办。"
        case "amend":
            return "调整前后的责任单位、责任人、时限都留在记录里，有关单位会收到消息。"
        case "reopen":
            return (
                f"重开后进入第 {hazard.round + 1} 轮，{unit} 须重新签收、整改、申请验收；"
                f"第 {hazard.round} 轮的记录原样保留。"
            )
        case "void":
            return (
                f"作废后，{hazard.number} 不再整改、不再督办、不计入统计，编号不再使用，也不能恢复；"
                f"{'有关单位会收到消息，' if hazard.state.is_issued else ''}记录仍可查看。"
            )
    return ""
