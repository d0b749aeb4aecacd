"""One order pasted as text: 【12345】工单编号：LL2025…；来电人王先生 138…；地址锦绣家园3号楼2单元501；反映家里只有15度.

Read are the labels that hotlines' tables have too, in any order, with or without a colon; what has no label is known by
its form. What is not found is left empty: a person looks it over before it is registered.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from common.spreadsheets.cells import looks_like_unit
from complaints.ledger import CATEGORY_WORDS, ORDERS, SOURCE_WORDS, URGENCY_WORDS

READ = (
    "number", "source", "received_at", "caller", "phone", "address", "community", "category", "content", "company",
    "urgency", "asked_by",
)  # fmt: skip
# Heads that are words of any sentence: taken for a label only before a colon.
ONLY_WITH_COLON = frozenset(
    [
        "来源",
        "渠道",
        "平台",
        "日期",
        "姓名",
        "号码",
        "电话",
        "编号",
        "类别",
        "类型",
        "内容",
        "描述",
        "诉求",
        "小区",
        "楼盘",
        "位置",
        "住址",
        "地点",
        "手机号",
        "热线编号",
    ]
)
# Labels that tables do not have.
FURTHER = {
    "content": ("主要诉求", "反映情况", "诉求详情", "来电内容", "事由", "详情", "反映问题是"),
    "caller": ("市民", "群众", "用户", "业主", "来电市民"),
    "phone": ("联系号码", "回电号码", "手机"),
    "address": ("家住", "居住地址", "小区地址", "住在"),
    "company": ("转办单位",),
}
_MOBILE = re.compile(r"(?<!\d)(?:\+?86)?(1[3-9]\d{9}|1[3-9]\d[- ]\d{4}[- ]\d{4}|1[3-9]\d\*{4}\d{4})(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)(0\d{2,3}-\d{7,8})(?!\d)")
_NUMBER = re.compile(r"(?<![A-Za-z0-9])([A-Z]{1,6}[-_]?\d{8,24}|\d{14,24})(?![A-Za-z0-9])")
_MOMENT = re.compile(
    r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}[日号]?\s*(?:凌晨|早上|上午|中午|下午|傍晚|晚上)?\s*"
    r"(?:\d{1,2}(?::\d{1,2}(?::\d{1,2})?|[时点](?:\d{1,2}分?|半|整)?))?"
)
_CALLED = (
    r"(?:[市居村]民|业主|用户|住户|群众|反映|投诉|来电|联系)?"
    r"([\u4e00-\u9fff]{1,3}?(?:先生|女士|小姐|同志|师傅|大爷|大妈|大娘|大姐|大哥|大嫂|大叔|大婶|阿姨|叔叔|奶奶|爷爷|老师))"
)
_CALLER = re.compile(_CALLED)
_BEFORE_PHONE = rf"[\s,，:(（]*(?:联系)?(?:电话|手机)?[:\s]*(?:{_MOBILE.pattern}|{_LANDLINE.pattern})"
_CALLER_BEFORE_PHONE = re.compile(_CALLED + _BEFORE_PHONE)
# 3-2-501, not 2026-11-27.
_HOUSE = re.compile(
    r"(?:[^\s,，;；。:：()（）]+?(?:号楼|栋|幢|座|单元|小区|家园)"
    r"|[^\s,，;；。:：()（）]*?(?<!\d)\d{1,3}-\d{1,2}-\d{2,4}(?!\d))"
    r"(?:[,， ](?=[\dA-Za-z〇零一二三四五六七八九十]{1,3}(?:号楼|栋|幢|座|单元|#)))?"
    r"(?:(?:[#\dA-Za-z〇○零一二三四五六七八九十-]+|[东西南北中左右]\d{0,2}(?=单元))(?:号楼|栋|幢|座|单元|门|层|楼|室|号|户)?)*"
)
_BEFORE_PLACE = re.compile(r"^.*(?:反映|投诉|家住|住在|位于)")
_CALLER_SPEAKS = "(?:来电)?(?:反映|投诉|咨询)(?![人者])"
_SAYS = re.compile(r"(?:来电)?(?:反映|投诉|咨询|称|表示|诉求)[^\n]*")
# Full-width letters, digits and what parts them; the caller's own punctuation stays.
_HALF_WIDTH = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if chr(code - 0xFEE0).isalnum()} | {
    ord(wide): narrow for wide, narrow in zip("：－．／＃＊\u3000", ":-./#* ", strict=True)
}
_CLAUSE = re.compile(r"([^\s,;，；。:【】\[\]()（）]++)(?!\s*:)")
# Who passed it on, in brackets before all else: 【12345转办】.
_IN_BRACKETS = re.compile(r"[【\[]\s*([^【】\[\]\n]{2,20}?)\s*[】\]]")
_PASSED_ON = re.compile(r"(?:转办|交办|转来|转派|转交|派单|督办|来件|工单)(?:单|件|工单)?$")
# What the office asks of the company behind its name.
_ASKS = re.compile(r"请|限(?:期|于|\d)|[于在]\d|务必|尽快|抓紧|予以")
_ASKED = re.compile(rf"^(?:[,，\s]*(?:{_ASKS.pattern})[^,，。;；\n]*)+")
_ENDS = " \t\n,，;；。.、:：-—|【】[]"
_FOLLOWS = "\n;；"
_CLAUSE_ENDS = f"{_FOLLOWS},，。"
# Numbers and words: no comma is part of them.
ENDS_WITH_CLAUSE = frozenset(
    {"number", "received_at", "phone", "source", "category", "urgency", "asked_by", "company", "community"}
)
WORDS: Mapping[str, Mapping[Any, tuple[str, ...]]] = {
    "source": SOURCE_WORDS, "category": CATEGORY_WORDS, "urgency": URGENCY_WORDS,
}  # fmt: skip
Reader = Callable[[str], str]


@cache
def _labels() -> tuple[re.Pattern[str], dict[str, str]]:
    """(finds a label, {label: field})"""
    known = {head: name for name in READ for head in ORDERS.by_name[name].heads} | {
        head: name for name, heads in FURTHER.items() for head in heads
    }
    longest_first = sorted(known, key=len, reverse=True)
    colon = "|".join(map(re.escape, longest_first))
    bare = "|".join(re.escape(head) for head in longest_first if head not in ONLY_WITH_COLON and len(head) > 1)
    # Without a colon a label stands where a clause begins.
    pattern = re.compile(
        rf"(?P<said>{colon})\s*[:]\s*|(?:(?<=[;,；，。\s】\]])|^)(?P<bare>{bare})(?:是|为)?\s*", re.MULTILINE
    )
    return pattern, known


def read_order_text(text: str) -> dict[str, str]:
    """{field: its text as it stands}, only what was found. Fields are named as the order ledger's columns."""
    plain = text.translate(_HALF_WIDTH).replace("\r\n", "\n").strip()
    source, plain = _passed_on_by(plain)
    found, rest = _labelled(plain)
    if source:
        found.setdefault("source", source)
    # The caller's own phone goes before others that stand in the text.
    _part_caller(found)
    for name, read in _BY_FORM.items():
        if name not in found and (value := read(rest if name == "content" else plain)):
            found[name] = value
    # A label within the caller's own words does not end them.
    if (said := _SAYS.search(rest)) and said[0].strip(_ENDS) not in found.get("content", ""):
        found["content"] = f"{found['content']}，{said[0].strip(_ENDS)}"
    _part_caller(found)
    return {name: value for name, value in found.items() if value}


def _passed_on_by(plain: str) -> tuple[str, str]:
    """(the source in brackets before all else, the text behind it)"""
    if match := _IN_BRACKETS.match(plain):
        for said in (match[1], _PASSED_ON.sub("", match[1])):
            word = said.removesuffix("平台").lstrip("省市县")
            if any(each in words for each in (word, said) for words in SOURCE_WORDS.values()):
                return said, plain[match.end() :].strip()
    return "", plain


def _labelled(plain: str) -> tuple[dict[str, str], str]:
    """(what labels say, what stands behind no label)"""
    pattern, known = _labels()
    matches = list(pattern.finditer(plain))
    found: dict[str, str] = {}
    rest = [plain[: matches[0].start()] if matches else plain]
    for place, match in enumerate(matches):
        name = known[match["said"] or match["bare"]]
        end = matches[place + 1].start() if place + 1 < len(matches) else len(plain)
        value, behind = _parted(plain[match.end() : end], name, is_bare=match["said"] is None)
        rest.append(behind)
        if value and name not in found:
            found[name] = value
    return found, "\n".join(filter(None, (part.strip(_ENDS) for part in rest)))


def _parted(text: str, name: str, *, is_bare: bool) -> tuple[str, str]:
    """(the label's value, what comes behind it): content goes on to the next label, an address to the line's end, a
    number or a name to the clause's; without a colon every value but content ends with its clause."""
    if name == "content":
        return text.strip(_ENDS), ""
    if name == "caller":
        end = rf"([{_FOLLOWS}。]|[,，](?!{_BEFORE_PHONE})|\s*(?={_CALLER_SPEAKS}))"
    elif name == "address" and not is_bare:
        end = rf"([{_FOLLOWS}]|[,，。](?=\s*(?:{_CALLER_SPEAKS})))"
    else:
        end = f"([{_CLAUSE_ENDS if is_bare or name in ENDS_WITH_CLAUSE else _FOLLOWS}])"
    parts = re.compile(end).search(text)
    value, behind = (text[: parts.start()], text[parts.start() :]) if parts else (text, "")
    if name == "company":
        value, asked = _company(value.strip())
        behind = _ASKED.sub("", asked + behind)
    elif name in WORDS:
        # 12345热线 王先生来电: a known word ends where the next begins.
        first, _, more = value.strip().partition(" ")
        if more and any(first in words for words in WORDS[name].values()):
            value, behind = first, f"{more}{behind}"
    return value.strip(_ENDS), behind


def _company(value: str) -> tuple[str, str]:
    """(its name, what is asked of it or who else is named): 北苑供热站请于24小时内反馈王小明."""
    asks = _ASKS.search(value, 1)
    end = asks.start() if asks else len(value)
    first = value[:end].split(" ")[0]
    if looks_like_unit(first):
        end = len(first)
    elif match := _MOBILE.search(value, 0, end):
        end = match.start()
    return value[:end], value[end:]


def _part_caller(found: dict[str, str]) -> None:
    """王先生 138…: name and phone in one place; a phone that stands with the address does not belong to it."""
    for name in ("caller", "address", "phone"):
        value = found.get(name, "")
        if match := _MOBILE.search(value) or _LANDLINE.search(value):
            found.setdefault("phone", match[1])
            if name == "phone":
                found["phone"] = match[1]
            else:
                found[name] = (value[: match.start()] + value[match.end() :]).strip(_ENDS + "()（）")
    if caller := found.get("caller"):
        found["caller"] = re.split(r"[,，、\s(（]", caller)[0].strip(_ENDS)


def _first(pattern: re.Pattern[str]) -> Reader:
    def read(plain: str) -> str:
        match = pattern.search(plain)
        return (match[1] if match.groups() else match[0]).strip(_ENDS) if match else ""

    return read


def _phone(plain: str) -> str:
    """The one behind the caller, else the first."""
    if match := _CALLER_BEFORE_PHONE.search(plain):
        return match[2] or match[3]
    match = _MOBILE.search(plain) or _LANDLINE.search(plain)
    return match[1] if match else ""


def _address(plain: str) -> str:
    match = _HOUSE.search(plain)
    return _BEFORE_PLACE.sub("", match[0]).strip(_ENDS) if match else ""


def _caller(plain: str) -> str:
    """Who stands before a phone goes before others who are named."""
    match = _CALLER_BEFORE_PHONE.search(plain) or _CALLER.search(plain)
    return match[1] if match else ""


def _word_of(words: Mapping[Any, tuple[str, ...]]) -> Reader:
    """The first of these words that stands in brackets or alone in a clause: 【12345】, 紧急."""

    def read(plain: str) -> str:
        # What stands before a colon is a label.
        clauses = {match[1].strip() for match in _CLAUSE.finditer(plain)}
        return next((word for each in words.values() for word in each if word in clauses), "")

    return read


def _content(rest: str) -> str:
    """From 反映 on; else the longest piece that nothing else was read of."""
    if match := _SAYS.search(rest):
        return match[0].strip(_ENDS)
    pieces = [piece.strip(_ENDS) for piece in rest.split("\n")]
    longest = max(pieces, key=len, default="")
    return longest if len(longest) >= 6 else ""


_BY_FORM: Mapping[str, Reader] = {
    "phone": _phone, "number": _first(_NUMBER), "received_at": _first(_MOMENT), "caller": _caller,
    "address": _address, "source": _word_of(SOURCE_WORDS), "urgency": _word_of(URGENCY_WORDS),
    "category": _word_of(CATEGORY_WORDS), "content": _content,
}  # fmt: skip
