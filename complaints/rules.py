"""What each move demands: checks that return sentences in Chinese saying what is wrong, where and what to do."""

import datetime as dt
import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils import timezone

from common import clock
from common.text import bigram_stream, normalise, normalise_name
from complaints.counting import counting_of, plain
from complaints.enums import Category, MeasuringPlace
from complaints.follow_up import MINUTES_BETWEEN_CALLS, attempts, is_heard
from complaints.houses import house_in_fields
from complaints.masking import masked_text
from complaints.models import Callback, Counting, Order, Visit
from complaints.querysets import OrderQuerySet

# Neither the caller nor what of them stands in the texts: who reads names masked must not find out by searching.
_NOUNS = "号楼栋幢单元室座"
FREE_TEXTS = ("address", "content")
SEARCHED_FIELDS = ("number", "outside_number", *FREE_TEXTS)
# Nobody holds a thermometer to the centimetre. What else is asked of a measurement is the bureau's setting.
HEIGHT_TOLERANCE_M = Decimal("0.1")
LIVING_ROOMS = (MeasuringPlace.BEDROOM, MeasuringPlace.LIVING_ROOM)


_BETWEEN_PHONES = re.compile(r"[、,;/|或]+|\s+(?=1[3-9]\d{9}|0\d{2,3}-)")
_IN_PHONES = re.compile(r"(?<=\d{7})-\d{1,5}$|[-\s()]")
# 未留, 无电话, 来电人拒绝提供.
_NO_PHONE = re.compile(
    r"(?:来电人|诉求人|投诉人|反映人|市民|群众|用户|业主|对方|本人)?(?:暂|均|都)?"
    r"(?:保密|匿名|隐藏|不详|未知|不明|(?:未|没有?|无|不|不愿意?|不肯|不便|不方便|拒绝?)"
    r"(?:有|提供|留下?|填写?|登记|显示|透露|告知|公开|预留)*(?:联系|手机|来电)?(?:电话|号码|方式|手机|号)*)[了。]?"
)
_PHONE = re.compile(r"(?<![\d*])(?:(?:\+|00)?86(?=1[3-9]\d{9}(?!\d)))?(\d{7,12})(?![\d*])")


def label(field: str) -> str:
    return str(Order._meta.get_field(field).verbose_name)  # type: ignore[union-attr]


def missing(value: str | None, message: str) -> list[str]:
    return [] if value and value.strip() else [message]


def digits_reversed(phone: str) -> str:
    """The digits of the first number that a caller can be reached at, backwards; empty where there is none: 12345 and
    138****1234 are many people's."""
    for part in _BETWEEN_PHONES.split(normalise(phone)):
        if match := _PHONE.search(_IN_PHONES.sub("", part.strip())):
            return match[1][::-1]
    return ""


def says_no_phone(text: str) -> bool:
    """Whether it says that nobody gave one, which is no mistake to look at."""
    return bool(_NO_PHONE.fullmatch(normalise_name(text).strip("()[]")))


def phone_of(text: str) -> str:
    """A phone as it is kept; 未提供 and other words are none."""
    return text if any(char.isdigit() for char in text) else ""


# A row's number is asked for again and again, in passes over the whole file.
@lru_cache(maxsize=20_000)
def outside_number(text: str) -> str:
    """As numbers of other systems are kept and compared: ＬＬ9 and ll9 are LL9."""
    return normalise_name(text).upper()


def written_address(place: str, building: str, unit: str, room: str) -> str:
    """幸福小区3号楼2单元501室, of what stands in fields of its own."""
    parts = ((building, "号楼"), (unit, "单元"), (room, "室"))
    return place + "".join(text if text[-1] in _NOUNS else f"{text}{noun}" for text, noun in parts if text)


def household_of(order: Order) -> str:
    """The household as one word, however its house was written down; empty while community or room is not known."""
    if not order.community_id or not order.room.strip():
        return ""
    house = house_in_fields(order.building, order.building_unit, order.room)
    return ":".join([str(order.community_id), house.building, house.unit, house.room])[:80]


def search_terms(order: Order) -> str:
    """The bigrams of everything that free text search looks at, as stored in `Order.search_terms`."""
    said = {name: masked_text(getattr(order, name), order.caller, phone=lambda _: " ") for name in FREE_TEXTS}
    return bigram_stream(*(said.get(name) or str(getattr(order, name) or "") for name in SEARCHED_FIELDS))


def problems_before_dispatch(order: Order, company: Any) -> list[str]:
    problems = []
    if company is None:
        problems.append("没有承办企业：按小区查不到供热企业的，请选定一家，不会自动派给任何单位")
    elif not company.is_rectifier or not company.is_active:
        problems.append(f"{company.name} 不能承办投诉，请改为供热企业或物业等单位")
    return problems + missing(order.content, "没有诉求内容，请补填后再派单")


def problems_of_visit(visit: Visit, order: Order) -> list[str]:
    problems = missing(visit.visitor, "请填写入户人员姓名") + missing(visit.found, "请填写现场情况")
    if visit.visited_at > clock.now():
        problems.append("到场时间还没有到，请核对")
    elif visit.visited_at < _minute_of(order.received_at):
        problems.append(f"到场时间早于受理时间 {_text(order.received_at)}，请核对")
    elif order.dispatched_at:
        problems += _problems_of_going_early(visit.visited_at, order.dispatched_at, order.round)
    if visit.temperature_c is not None and not visit.place:
        problems.append("填写了实测室温，请选择测温房间")
    return problems


def _problems_of_going_early(visited_at: dt.datetime, dispatched_at: dt.datetime, round_: int) -> list[str]:
    """A company that was called itself may have been there before the desk handed the order out. A round that begins
    because it was not solved wants a visit of its own."""
    if round_ == 1:
        return ["到场时间比派单早了一天以上，请核对"] if visited_at < dispatched_at - dt.timedelta(hours=24) else []
    if visited_at < _minute_of(dispatched_at):
        return [f"到场时间早于第 {round_} 轮的重办时间 {_text(dispatched_at)}，重办后须再上门"]
    return []


def _minute_of(moment: dt.datetime) -> dt.datetime:
    """Forms know minutes only."""
    return moment.replace(second=0, microsecond=0)


def shortcomings_of_measuring(visit: Visit, counting: Counting) -> list[str]:
    """Where a temperature was not taken by the rules, in words; empty: it stands up to a dispute."""
    if visit.temperature_c is None:
        return []
    found = []
    if (visit.shut_minutes or 0) < counting.shut_minutes:
        found.append(f"门窗关闭 {visit.shut_minutes or 0} 分钟，应不少于 {counting.shut_minutes} 分钟")
    if not visit.is_centre:
        found.append("没有在房间中央测")
    if visit.height_m is None or abs(visit.height_m - counting.height_m) > HEIGHT_TOLERANCE_M:
        height = "未填" if visit.height_m is None else visit.height_m
        found.append(f"测点高度 {height}，应为 {plain(counting.height_m)} m")
    if not visit.device.strip():
        found.append("没有填写测温仪器编号")
    if visit.calibrated_until is None or visit.calibrated_until < clock.local_date(visit.visited_at):
        found.append("测温仪器不在检定有效期内")
    if not (visit.signed_by_visitor and visit.signed_by_user):
        found.append("缺测温人员或用户签字")
    return found


def is_warm_enough(visit: Visit, counting: Counting) -> bool | None:
    """Whether a living room reaches the floor; None where none was measured by the rules."""
    if visit.temperature_c is None or visit.place not in LIVING_ROOMS or shortcomings_of_measuring(visit, counting):
        return None
    return visit.temperature_c >= counting.room_floor_c


def problems_before_report(order: Order, result: str, cause: str) -> list[str]:
    problems = missing(result, "请填写办理结果：做了什么，现在怎样") + missing(cause, "请选择责任归因")
    if not Category(order.category).is_about_heating:
        return problems
    visits = list(order.visits.filter(round=order.round, company=order.company_id))
    if not visits:
        problems.append(f"“{order.get_category_display()}”须先上门，请先填写上门记录")
    elif order.category == Category.LOW_TEMPERATURE and all(visit.temperature_c is None for visit in visits):
        problems.append("“温度不达标”须有实测室温，请在上门记录里填写")
    return problems


def problems_of_callback(
    since: dt.datetime | None, *, is_reached: bool, is_solved: bool | None, called_at: dt.datetime
) -> list[str]:
    """`since`: when that happened which the caller is asked about."""
    problems = []
    if is_reached and is_solved is None:
        problems.append("联系上了诉求人，请选择问题是否已解决")
    if called_at > clock.now():
        problems.append("回访时间还没有到，请核对")
    elif since and called_at < since:
        problems.append(f"回访时间早于企业反馈（或隐患销号）的时间 {_text(since)}，请核对")
    return problems


def problems_before_withdrawing(order: Order) -> list[str]:
    """What nobody has handled in any round cannot be withdrawn after it was handled. Two queries."""
    if order.reported_at or order.visits.exists() or order.past_rounds.exists():  # each ended with a report
        return []
    return ["还没有上门或反馈，不能撤件：撤件是办理后由平台正式撤回的"]


def problems_before_close(order: Order) -> list[str]:
    """Callbacks since the report decide: the last that reached somebody says it is solved, or nobody could be reached.
    So for the callers of the orders merged into it, unless it is the same phone. Four queries."""
    enough = counting_of(order.county_id).calls_before_giving_up
    problems = _problems_of_hearing(order, order, enough)
    for other in order.merged.prefetch_related("callbacks").order_by("pk"):
        if not other.phone_reversed or other.phone_reversed != order.phone_reversed:
            problems += [f"并入的 {other.number}：{problem}" for problem in _problems_of_hearing(other, order, enough)]
    return problems


def problems_before_redo(order: Order) -> list[str]:
    """Callbacks decide: the last that reached its caller, or one whose order was merged into it, says it is not
    solved. Three queries."""
    for each in (order, *order.merged.prefetch_related("callbacks").order_by("pk")):
        heard = [call for call in calls_about(each, order) if call.is_reached]
        if heard and not heard[-1].is_solved:
            return []
    return ["还没有回访说没有解决，请先记录回访，再选“重办”"]


def calls_about(order: Order, reported: Order) -> list[Callback]:
    """To the caller of the order, since the company reported on the other, which it was merged into (or is)."""
    since = reported.reported_at
    return [call for call in order.callbacks.all() if since and call.called_at >= since]


def _problems_of_hearing(order: Order, reported: Order, enough: int) -> list[str]:
    calls = calls_about(order, reported)
    heard = [call for call in calls if call.is_reached]
    if heard:
        return [] if heard[-1].is_solved else ["最近一次回访诉求人说没有解决，请选“重办”"]
    if is_heard(calls, enough=enough) or is_beyond_calling(order, calls):
        return []
    needed = f"联系上并确认解决，或打满 {enough} 次（两次至少相隔 {MINUTES_BETWEEN_CALLS} 分钟）都没有联系上，才能办结"
    return [f"还没有回访到诉求人（已打 {attempts(calls)} 次）。{needed}"]


def is_beyond_calling(order: Order, calls: list[Callback]) -> bool:
    """Nobody left a phone, nor was the caller reached otherwise."""
    return not calls and not order.phone


def problems_of_leaving(order: Order, others: OrderQuerySet, what: str, instead: str) -> list[str]:
    """Why it cannot be given up: callers of `others`, merged into it, would be called by nobody."""
    numbers = list(others.order_by("pk").values_list("number", flat=True))
    if not numbers:
        return []
    return [f"{'、'.join(numbers)} 已并入 {order.number}，{what}会丢下这些诉求人；{instead}"]


def field_differences(order: Order, values: dict[str, Any]) -> dict[str, list[Any]]:
    """What `values` would change on the order, with the fields' labels; choices as people read them."""
    changes = {}
    for name, new in values.items():
        choices = dict(getattr(Order._meta.get_field(name), "flatchoices", None) or [])
        old = getattr(order, name)
        before, after = (_text(choices.get(value, value)) for value in (old, new))
        if before != after:
            changes[label(name)] = [before, after]
    return changes


def _text(value: Any) -> str | None:
    if isinstance(value, dt.datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    return None if value in (None, "") else str(value)
