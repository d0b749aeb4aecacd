"""What the pages say about a move: before it, what will happen; after it, where the order went and who is next."""

from complaints.counting import counting_of, plain
from complaints.enums import ExtensionStatus, OrderStatus
from complaints.models import Order
from complaints.rules import calls_about, is_beyond_calling
from complaints.standing import next_actor
from complaints.workflow import in_words

_DONE = {
    "accept": "已受理", "dispatch": "已派单", "sign": "已签收", "send_back": "已退单，时限照算",
    "visit": "上门记录已保存",
    "report": "已反馈", "call_back": "回访已记录", "redo": "已重办，时限重新起算", "reclassify": "类别已调整",
    "request_extension": "延期申请已提交，等待 住建局 审批",
}  # fmt: skip
_FINAL = {
    "close": "已办结", "withdraw": "已撤件", "merge": "已并单", "invalidate": "已作无效处理，这个编号不再使用",
}  # fmt: skip


def done(move: str, order: Order) -> str:
    """TS-2026-00001 已派单，等待 城源热力 签收。 For the message after a move."""
    if move in _FINAL:
        return f"{order.number} {_FINAL[move]}。"
    if move == "decide_extension":
        return f"{order.number} 的延期已审批，时限 {in_words(order.due_at)}，{next_actor(order)}。"
    if move == "request_extension":
        return f"{order.number} {_DONE[move]}。"
    return "，".join(filter(None, [f"{order.number} {_DONE[move]}", next_actor(order)])) + "。"


def consequence(move: str, order: Order) -> str:
    """One sentence above the form: what the button will do."""
    company = order.company.label if order.company else "承办企业"
    due = in_words(order.due_at)
    match move:
        case "accept":
            return "受理后转为“待派单”，派单时限照算；知道承办企业的，可以直接派单。"
        case "dispatch" if order.dispatched_at:
            return f"这件工单派过、又退了回来，时限照算，仍是 {due}。"
        case "dispatch":
            return "派单后企业的人员会收到消息，时限从现在起算。"
        case "sign":
            return f"签收后由 {company} 办理；时限 {due}。"
        case "send_back":
            return "退单后工单回到热线改派，时限不停；退单理由会留在记录里。"
        case "visit":
            rules = counting_of(order.county_id)
            return (
                f"温度按规程测的才作数：门窗关闭 {rules.shut_minutes} 分钟、房间中央、高 {plain(rules.height_m)} 米、"
                "仪器在检定期内、双方签字。没做到的也能存，会注明。"
            )
        case "report":
            return "反馈后转为“待回访”，由热线回访诉求人，以回访的结果为准。"
        case "request_extension":
            return f"批准之前时限不变（{due}）；原时限和延长后的时限都会留在记录里。"
        case "decide_extension":
            return f"不同意的，时限仍为 {due}。"
        case "call_back" if order.status == OrderStatus.CLOSED:
            return "记下诉求人怎么说，工单仍是“已办结”；说没有解决的，接着选“重办”。"
        case "call_back" if not order.is_reported:
            return "记下诉求人怎么说，工单的状态不变；说没有解决的，请把这件（已并单的，把并入的那件）重办。"
        case "call_back":
            return "联系上的，记下是否解决、是否满意；没有解决的接着选“重办”，解决了的接着选“办结”。"
        case "close" if is_beyond_calling(order, calls_about(order, order)):
            return "没有留电话，无法回访：可以直接办结。并入的工单留了电话的，仍要回访。"
        case "close":
            return "办结的依据是回访：最近一次联系上时说已解决，或打满规定的次数都没有联系上；并入的工单也要回访。"
        case "redo":
            return (
                "重办的依据是回访：最近一次联系上时诉求人说没有解决。"
                f"重办后进入第 {order.round + 1} 轮，时限从现在重新起算；第 {order.round} 轮的记录原样保留。"
            )
        case "reclassify" if order.dispatched_at:
            lapses = order.extensions.filter(round=order.round, status=ExtensionStatus.APPROVED).exists()
            said = "时限从原来的派单时间按新的类别重算，可能因此已经逾期。"
            return f"{said}已批准的延期随之失效，仍需要的由企业重新申请。" if lapses else said
        case "reclassify":
            return "派单时按新的类别起算时限。"
        case "withdraw":
            return "撤件是办理后由来源平台正式撤回；撤件后这件工单结束，单独计数，不能再重办。"
        case "merge":
            return (
                f"并单后 {order.number} 不再单独办理，不再计数；诉求人随并入的工单一起回访。"
                "时限不停：并入的工单取两件里更早的时限。"
            )
        case "invalidate":
            return f"作无效处理后，{order.number} 不再办理、不计入统计，编号不再使用，也不能恢复。"
    return ""
