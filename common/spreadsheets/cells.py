"""What the cells of a row hold: persons with their phones, units with those that cooperate, done or not, amounts."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TypeVar

from common.spreadsheets.readings import Reading
from common.text import normalise_name

K = TypeVar("K")

# What stands in a cell that was meant to be left empty.
NOTHING = frozenset({"", "/", "\\", "-", "--", "—", "——", "－", "／", "无", "暂无", "空", "n/a", "none"})
_INVISIBLE = re.compile(r"[\u200b-\u200f\u2060\ufeff\u00ad]")


def clean(text: str) -> str:
    """The cell's text, line ends as \\n, each line trimmed, without invisible signs."""
    # As most cells are: what is invisible, line ends too, is not printable.
    if text.isprintable() and "_x000D_" not in text:
        return text.strip()
    plain = _INVISIBLE.sub("", text)
    lines = plain.replace("_x000D_", "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.strip() for line in lines).strip()


def is_nothing(text: str) -> bool:
    """Whether the cell is empty or says so: /, —, 无."""
    if not text:
        return True
    return len(text) < 10 and normalise_name(text) in NOTHING


def one_line(text: str) -> str:
    """Lines joined: Chinese needs nothing between them, other words a space."""
    plain = clean(text)
    if "\n" not in plain:
        return plain
    joined = re.sub(r"(?<=[\u3000-\u9fff\uff00-\uffef])\s*\n\s*|\s*\n\s*(?=[\u3000-\u9fff\uff00-\uffef])", "", plain)
    return re.sub(r"\s*\n\s*", " ", joined)


# --- persons and phones ---------------------------------------------------------------------------------------------

_PHONE = re.compile(
    r"(?<![\d.])(?:"
    r"(?:\+?86[- ]?)?(1[3-9]\d)[- ]?(\d{4})[- ]?(\d{4})"
    r"|((?:\(?0\d{2,3}\)?[- ]?)?[2-9]\d{6,7}(?:(?:-|转)\d{1,5})?)"
    r"|([48]00[- ]?\d{3,4}[- ]?\d{3,4})"
    r"|(1[3-9]\d\*{4}\d{4})"
    r")(?![\d.])"
)
_PERSON_LABEL = re.compile(
    r"^(?:整改|包保|直接|主要|第一|具体)?(?:责任人|负责人|联系人|姓名)(?:及(?:联系)?电话)?[::]\s*|(?:联系)?(?:电话|手机|方式|tel)[::号]*",
    re.IGNORECASE,
)
_BETWEEN_PERSONS = re.compile(r"[、,;/|\n]|(?:\s*[和及与]\s*)(?=[^和及与]{2,3}$)")


@dataclass(frozen=True, slots=True)
class People:
    """`names` and `phones` as they are kept, several joined by 、."""

    names: str = ""
    phones: str = ""


# Cells of a column say the same again and again; a number's text is another argument than the same text.
@lru_cache(maxsize=4096, typed=True)
def read_people(text: str) -> People:
    """高文博/18848255705 · 孙立新：150… · 刘永生 192… · 孙立新138… · 张三、李四 0531-88881234."""
    plain = unicodedata.normalize("NFKC", clean(text)).replace("—", "-").replace("–", "-")
    plain = re.sub(r"[^\S\n]+", " ", plain)
    phones: list[str] = []

    def take(match: re.Match[str]) -> str:
        head, middle, tail, landline, service, masked = match.groups()
        phones.append(head + middle + tail if head else re.sub(r"[()\s]", "", landline or service or masked))
        return "\n"

    rest = _PERSON_LABEL.sub("", _PHONE.sub(take, plain))
    names = []
    for part in _BETWEEN_PERSONS.split(rest):
        name = re.sub(r"[(\[]\s*[)\]]", "", part).strip(" \t:.,;-_")
        name = name.removeprefix("(").strip() if name.startswith("(") and ")" not in name else name
        name = name.removesuffix("(").removeprefix(")").strip(" :").replace("(", "（").replace(")", "）")
        if name and not is_nothing(name):
            names += _names_by_spaces(name)
    return People("、".join(dict.fromkeys(names)), "、".join(dict.fromkeys(phones)))


def _names_by_spaces(text: str) -> list[str]:
    """“张 三” is one name spread out, “张三 李四” are two."""
    parts = text.split()
    if len(parts) == 2 and re.fullmatch(r"[\u4e00-\u9fff]+", "".join(parts)):
        return ["".join(parts)] if min(map(len, parts)) == 1 else parts
    if len(parts) > 2 and all(re.fullmatch(r"[\u4e00-\u9fff]{2,4}", part) for part in parts):
        return parts
    return ["".join(parts)] if all(len(part) == 1 for part in parts) else [" ".join(parts)]


def read_phone(text: str) -> Reading[str]:
    """A phone as text; several joined by 、. What is no phone is kept with a word on what is expected."""
    raw = clean(text)
    if is_nothing(raw):
        return Reading(None, "空")
    phones = read_people(raw).phones
    if phones:
        return Reading(phones, "电话", raw)
    return Reading(raw, "", raw, "这不像电话号码，请填写 11 位手机号或带区号的座机号")


# --- units ----------------------------------------------------------------------------------------------------------

_COOPERATES = r"(?:协同)?(?:配合|协助|协办|协同|协作)(?:单位|部门|整改|实施)?"
_LEADS = r"(?:牵头|主责|主办|主体|责任|负责)(?:单位|部门)?"
_UNIT_LABEL = re.compile(rf"(?P<coop>{_COOPERATES})\s*[:：]|(?P<lead>(?:整改)?{_LEADS})\s*[:：]")
_COOP_MARK = re.compile(rf"[(（\[【]?{_COOPERATES}[)）\]】]?$")
_LEAD_MARK = re.compile(rf"[(（\[【]{_LEADS}[)）\]】]$|(?<=.{{2}})牵头(?:负责|整改|落实)?$")
_IN_BRACKETS = re.compile(rf"[(（]([^()（）]{{2,}}?){_COOPERATES}[)）]")
_COOP_BEFORE = re.compile(rf"[(（]{_COOPERATES}[:：]?([^()（）]{{2,}})[)）]")
_BETWEEN_UNITS = re.compile(r"[、,，;；/|\n]+")
_UNIT_END = (
    r"(?:公司|中心|供热站|热力站|服务站|管理站|供热所|物业|集团|局|办事处|办公室|街道|镇|乡|社区|居委会|村委会|村|学校|医院|"
    r"处|厂|大队|支队|政府|委员会|企业|单位)"
)
_ENDS_LIKE_A_UNIT = re.compile(_UNIT_END + r"(?:[)）]|[（(][^（()）]*[)）])?$")


@dataclass(frozen=True, slots=True)
class Units:
    lead: str = ""
    cooperating: list[str] = field(default_factory=list)


def unit_name(text: str) -> str:
    """A unit's name without white space; brackets stay as they are written."""
    return re.sub(r"\s+", "", clean(text)).strip("。.、,，;；:：")


@lru_cache(maxsize=4096, typed=True)
def read_units(text: str) -> Units:
    """Who leads and who cooperates: A公司、B物业（配合） · A公司⏎B物业配合 · 牵头：A 配合：B · A公司（牵头）、B公司."""
    leads: list[str] = []
    cooperating: list[str] = []
    whole = clean(text)
    bracketed = [*_IN_BRACKETS.findall(whole), *_COOP_BEFORE.findall(whole)]
    for label, part in _labelled(_COOP_BEFORE.sub("", _IN_BRACKETS.sub("", whole))):
        for token in _unit_tokens(part):
            name = unit_name(token)
            cooperates = label == "coop" or bool(_COOP_MARK.search(name))
            name = _LEAD_MARK.sub("", _COOP_MARK.sub("", name)).removeprefix("由")
            if name and not is_nothing(name):
                (cooperating if cooperates else leads).append(name)
    cooperating += [unit_name(name) for names in bracketed for name in _BETWEEN_UNITS.split(names)]
    lead = leads[0] if leads else ""
    others = [name for name in dict.fromkeys([*leads[1:], *cooperating]) if name and name != lead]
    return Units(lead, others)


def _labelled(text: str) -> list[tuple[str, str]]:
    """[(coop, lead or "" for no label, text up to the next label)]."""
    parts = []
    label, start = "", 0
    for match in _UNIT_LABEL.finditer(text):
        if text[start : match.start()].strip(" \n、,，;；"):
            parts.append((label, text[start : match.start()]))
        label, start = ("coop" if match["coop"] else "lead"), match.end()
    return [*parts, (label, text[start:])]


def looks_like_unit(text: str) -> bool:
    """Whether the text ends as units' names do: 公司, 供热站, 物业, 局."""
    return bool(_ENDS_LIKE_A_UNIT.search(unit_name(text)))


def _joined_lines(text: str) -> str:
    """A line that breaks off inside a name goes on in the next one: 城源⏎热力有限公司."""
    lines = text.split("\n")
    joined = lines[:1]
    for line in lines[1:]:
        before = _COOP_MARK.sub("", unit_name(joined[-1]))
        breaks_off = before and not looks_like_unit(before) and not _LEAD_MARK.search(before)
        if breaks_off and looks_like_unit(line) and not joined[-1].endswith(tuple("、,，;；:：")):
            joined[-1] += line
        else:
            joined.append(line)
    return "\n".join(joined)


def _unit_tokens(text: str) -> list[str]:
    tokens: list[str] = []
    for part in _BETWEEN_UNITS.split(_joined_lines(text)):
        words = part.split()
        if any(word.startswith(("有限", "股份", "责任公司")) for word in words[1:]):
            words = ["".join(words)]  # 城源热力 有限公司
        # Spaces part units only where each piece can be one.
        tokens += words if len(words) == 1 or all(len(word) > 3 for word in words) else [part]
    return tokens


# --- done or not ----------------------------------------------------------------------------------------------------

_DONE_WORDS = (
    "是 √ ✓ ✔ ☑ v y yes 1 对 ok 完成 完 已完 完毕 完工 销号 办结 完结 已改 合格 验收合格 已验收 通过 关闭 闭环 已闭环"
)
_NOT_DONE = re.compile(
    r"未|没|不|否|×|✗|✘|^x$|^n$|^no$|待|正在|进行中|整改中|推进|部分|基本|计划|预计|拟|将|力争|尚|逾期|延期|中$"
)
_DONE = re.compile(
    r"已.{0,14}(?:完成|完毕|完工|销号|整改|办结|完结|验收|修复|修好|更换|处理|解决|消除|闭环|到位)"
    r"|^(?:全部|全面)?(?:整改|维修|更换|处理|改造|治理)?(?:完成|完毕|完工|到位|结束|销号)$"
    r"|^(?:是|√|✓|✔)\W|^验收(?:合格|通过)|^销号"
)
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%|百分之(\d{1,3})")


@dataclass(frozen=True, slots=True)
class Progress:
    is_done: bool
    percent: int | None = None


def read_progress(text: str) -> Progress:
    """是 √ 已完成 已销号 100% are done; × 否 整改中 进度60% 未完成 and an empty cell are not."""
    plain = normalise_name(clean(text)).strip("。.;,!")
    if match := _PERCENT.search(plain):
        percent = min(100, int(float(match[1] or match[2])))
        return Progress(percent == 100, percent)
    if re.fullmatch(r"0?\.\d+|0", plain):
        return Progress(False, round(float(plain) * 100))
    if plain in _DONE_WORDS.split():
        return Progress(True, 100)
    if _NOT_DONE.search(plain):
        return Progress(False)
    return Progress(True, 100) if _DONE.search(plain) else Progress(False)


# --- amounts and choices --------------------------------------------------------------------------------------------

LONGEST_AMOUNT = 40
_AMOUNT = re.compile(r"^(?:约|大约|共|计|合计|≈|¥|￥|rmb|人民币)*([+-]?\d+(?:\.\d+)?)\s*((?:[^\d\s.][^\s.]*)?)$")
_GROUPED = re.compile(r"(?<=\d)[,，](?=\d{3}(?:\D|$))")


def read_decimal(text: str, *, units: Mapping[str, Decimal] | None = None, unit: str = "") -> Reading[Decimal]:
    """A number with thousands separators and a unit: with units {"元": 1, "万元": 10000}, 1,234.5万元 is 12345000.

    `unit`: the one that applies where the cell names none (the head's （万元）).
    """
    raw = clean(text)
    if is_nothing(raw):
        return Reading(None, "空")
    factors = {normalise_name(name): factor for name, factor in (units or {}).items()}
    plain = normalise_name(raw)
    match = _AMOUNT.match(_GROUPED.sub("", plain)) if len(plain) <= LONGEST_AMOUNT else None
    written = match[2] if match else ""
    factor = factors.get(written or normalise_name(unit), None if written else Decimal(1))
    if match is None or factor is None:
        allowed = "、".join(units or {})
        return Reading(None, "", raw, "请填写数字" + (f"，单位可用{allowed}" if allowed else ""))
    try:
        return Reading(Decimal(match[1]) * factor, written or "数字", raw)
    except InvalidOperation:
        return Reading(None, "", raw, "请填写数字")


@lru_cache(maxsize=4096)
def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", normalise_name(text))


def read_choice(text: str, words: Mapping[K, Sequence[str]]) -> Reading[K]:
    """One of a list by its words: the whole text first, then the longest word that stands in it.

    `words`: the first word of each is its label, named where none fits.
    """
    raw = clean(text)
    if is_nothing(raw):
        return Reading(None, "空")
    plain = _bare(raw)
    found: tuple[int, K] | None = None
    for key, names in words.items():
        for name in names:
            bare = _bare(name)
            if bare == plain:
                return Reading(key, name, raw)
            if len(bare) > 1 and bare in plain and (found is None or len(bare) > found[0]):
                found = (len(bare), key)
    if found:
        return Reading(found[1], "含关键词", raw)
    labels = "、".join(names[0] for names in words.values())
    return Reading(None, "", raw, f"应为{labels}之一")
