"""The room temperature that a caller states: 家里只有15.0度, 室温14℃, 才十五六度.

Read is what is said of a room. What somebody only asks for or refers to is not: the standard (标准18度, 达不到18度),
what is outside or in the pipe (室外-5度, 回水40度), what is set (空调开到26度).
"""

import re
import unicodedata
from decimal import Decimal

from common.text import without_space

_SPOKEN_OF = re.compile("[度℃°温]")
_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"两": 2}
_ONES = "零一二三四五六七八九"
_CHINESE = re.compile(
    rf"(?P<tens>[{_ONES}两]?)十(?P<first>[{_ONES}]?)(?P<second>[{_ONES}]?)(?:点(?P<tenth>[{_ONES}]))?(?=多?度|来度|℃|摄氏度)"
    rf"|(?<![{_ONES}十])(?P<one>[{_ONES}])(?P<next>[{_ONES}]?)(?:点(?P<tenth_of_one>[{_ONES}]))?(?=多?度|℃|摄氏度)"
)
_DEGREES = re.compile(
    r"(?<![\d.\-])(?P<low>\d{1,2}(?:\.\d{1,2})?)(?:\s*(?:-|~|、|至|到)\s*(?P<high>\d{1,2}(?:\.\d{1,2})?))?"
    r"\s*(?:多|左右|来)?\s*(?:度|℃|°c|°|摄氏度)(?!电|角)",
    re.IGNORECASE,
)
# 室温14, without a measure.
_BARE = re.compile(
    r"(?:室温|室内温度|屋内温度|家中温度|家里温度|房间温度|客厅温度|卧室温度|测温|实测)(?:只有|仅有|仅为|仅|才|为|是|约|在|大概|:)*"
    r"(?P<low>\d{1,2}(?:\.\d{1,2})?)(?![\d.年月日时点:户号栋层%度℃°])"
)
# Right before the figure, within the same clause.
_NOT_A_ROOM = re.compile(
    r"(?:零下|室外|外面|户外|外边|天气|气温|气温为|最低气温|水温|供水|回水|进水|出水|管道|管子|锅炉|空调|设定|设置|设为|调到|开到|发烧|体温|相差|温差|下降了?|升高了?|提高了?|降低了?|降了|差了?)"
    r"[^，,。;；!?\d]{0,6}$"
)
_ASKED_FOR = re.compile(
    r"(?:标准|规定|要求|承诺|应当?|应该|至少|保证|确保|达标|合同|国家|政策|法规|条例|达到|不低于|达不到|没达到|未达到?|不达|没有达到|没到国标|最低)"
    r"[^，,。;；!?\d]{0,8}$"
)
_BOUND = re.compile(r"(?:不足|不到|低于|没到|未到|没有)[^，,。;；!?\d]{0,4}$")
_STANDARD_AFTER = re.compile(r"^(?:以上)?(?:的)?(?:标准|国标|要求|规定|以上才|才达标|才合格|才算)|^以上")
# What the ordinances promise: a bound at these is the standard, not what was measured.
STANDARDS = (Decimal(18), Decimal(20))
# A room that people live in; 39度 is a fever, 45度 the pipe.
LOWEST, HIGHEST = Decimal(0), Decimal(32)
LOOKED_BACK = 16


def stated_temperature(text: str) -> Decimal | None:
    """In ℃ with one decimal; of several the lowest, of a range the middle; None if the text states none."""
    if not _SPOKEN_OF.search(text):
        return None
    plain = without_space(unicodedata.normalize("NFKC", text))
    plain = _CHINESE.sub(_arabic, plain)
    found = [value for match in _DEGREES.finditer(plain) if (value := _of_a_room(plain, match)) is not None]
    if not found:
        found = [value for match in _BARE.finditer(plain) if (value := _middle(match["low"], None)) is not None]
    return min(found) if found else None


def _of_a_room(plain: str, match: re.Match[str]) -> Decimal | None:
    before = plain[max(0, match.start() - LOOKED_BACK) : match.start()]
    value = _middle(match["low"], match["high"])
    if value is None or before.endswith(("零下", "-", "负")) or _NOT_A_ROOM.search(before):
        return None
    if _STANDARD_AFTER.match(plain[match.end() :]):
        return None
    if _ASKED_FOR.search(before) or (value in STANDARDS and _BOUND.search(before)):
        return None
    return value


def _middle(low: str, high: str | None) -> Decimal | None:
    first, last = Decimal(low), Decimal(high or low)
    value = ((first + last) / 2).quantize(Decimal("0.1"))
    return value if LOWEST <= value <= HIGHEST and first <= last else None


def _arabic(match: re.Match[str]) -> str:
    """十五 → 15, 十五六 → 15-16, 十五点五 → 15.5, 二十 → 20."""
    parts = match.groupdict()
    if parts["one"]:
        low, following, tenth = _DIGITS[parts["one"]], parts["next"], parts["tenth_of_one"]
        high = _DIGITS[following] if following else None
    else:
        tens = _DIGITS[parts["tens"]] if parts["tens"] else 1
        low = tens * 10 + (_DIGITS[parts["first"]] if parts["first"] else 0)
        high = tens * 10 + _DIGITS[parts["second"]] if parts["second"] else None
        tenth = parts["tenth"]
    return f"{low}.{_DIGITS[tenth]}" if tenth else f"{low}-{high}" if high else str(low)
