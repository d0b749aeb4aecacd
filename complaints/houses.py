"""Building, unit and room in the ways people write them, and the household as one word, the same for all of these ways:
3号楼2单元501室 · 3号楼2-501 · 3-2-501 · 3栋2门501 · 三号楼二单元五〇一, in one piece or in fields of their own.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

_NUMERALS = {sign: value for value, sign in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0}
NUMERAL = "[〇○零一二三四五六七八九十]"
# 三号楼, 二单元, 三-二-五〇一.
_CHINESE = re.compile(
    rf"(?<!{NUMERAL})({NUMERAL}{{1,4}})(?=号|\#|栋|幢|座|单元|门|层|楼|-)|(?<=-)({NUMERAL}{{1,4}})(?!{NUMERAL})"
)
# A room is said digit by digit, behind a measure word or before its own: 五〇一, 一二〇一室.
_DIGITS = "[〇○零一二三四五六七八九]{3,4}"
_CHINESE_ROOM = re.compile(
    rf"(?<!{NUMERAL})(?:(?<=[号#楼栋幢座元门洞层])({_DIGITS})(?!{NUMERAL}|[百千万几多点来岁年月日])"
    rf"|({_DIGITS})(?=室|房|户))"
)
_ALL_CHINESE = re.compile(rf"({NUMERAL}{{1,4}})")
# 东单元, 西2单元.
SIDE = r"[东西南北中左右]\d{0,2}"
NUMBER = r"(?:\d{1,4}[A-Za-z]?|[A-Za-z]\d{0,3}|[东西南北中]\d{0,2})"
# 3号2单元 and 3楼2-501 name a building; 12号 of a road and 3楼 of a building do not.
_BUILDING = re.compile(
    rf"(?P<building>{NUMBER})\s*(?:号楼|号栋|\#楼|楼栋|栋楼|栋|幢|座|\#"
    rf"|号(?=\s*(?:(?:[\dA-Za-z]+|{SIDE})\s*单元|[\dA-Za-z]+\s*门|-?\d{{1,2}}-\d{{3,4}})))"
)
_STOREY = re.compile(
    rf"(?P<building>\d{{1,3}})楼(?=\s*(?:{SIDE}单元|\d{{1,2}}\s*(?:单元|门)|\d{{3,4}}|-?\d{{1,2}}-\d{{3,4}}))"
)
_UNIT = re.compile(rf"(?P<side>{SIDE})\s*(?:单元|门洞)|(?P<unit>\d{{1,2}}|[A-Za-z])\s*(?:单元|门洞|门(?!面)|单(?=\d))")
_ROOM = re.compile(r"(?<!\d)(?P<room>\d{3,4}[A-Za-z]?|[A-Za-z]\d{3,4})(?!\d)\s*(?:室|号房|房|户|号(?!楼|栋))?")
_ROOM_SAID = re.compile(r"(?P<room>\d{1,5}[A-Za-z]?)\s*(?:室|号房)")
_DASHED = re.compile(
    rf"(?<![\dA-Za-z-])(?P<building>{NUMBER})\s*(?:号楼|栋|幢|座|楼|\#|号)?-(?P<unit>\d{{1,2}}|[A-Za-z]|{SIDE})\s*"
    r"(?:单元|门)?-(?:\d{1,2}层?-)?(?P<room>\d{2,5}[A-Za-z]?)(?![\d-])"
)
_DASHED_TWO = re.compile(
    rf"(?<![\dA-Za-z-])(?P<building>{NUMBER})\s*(?:号楼|栋|幢|座|楼|\#|号)?-(?P<room>\d{{3,4}})(?![\d-])"
)
# Behind a building that is named as such: unit and room, the storey between them or not.
_BEHIND = re.compile(
    rf"\s*-?(?P<unit>\d{{1,2}}|[A-Za-z]|{SIDE})-(?:(?P<storey>\d{{1,2}})层?-)?(?P<room>\d{{3,4}}[A-Za-z]?)(?![\d-])"
)
_NUMBERS_BEHIND = re.compile(rf"\s*-?(?:[\dA-Za-z]{{1,5}}|{SIDE})-[\dA-Za-z]")
# What speaks of a building, unit or room, and the numbers that speak of something else.
_SPEAKS_OF_A_HOUSE = re.compile(
    rf"\d|{NUMERAL}+(?:室|号|层|楼|户)|[A-Za-z甲乙丙丁戊](?:号|栋|幢|座|单元|门|室)|(?<![全整各每本该此个])[间侧头边]单元"
)
_PHONES = re.compile(r"(?:\+?86)?1[3-9][\d*]{9}|0\d{2,3}-?\d{7,8}")
_OTHER_NUMBERS = re.compile(
    r"[（(][^（()）]*[)）]|[\d.]+[多余来]?(?:户(?:居民|人家|业主)|家|人|度|℃|年|月|日|天|点|时|次|元|平)|\d+号门(?!洞)"
)
_NO_HOUSE = re.compile(
    r"商铺|商户|门面|门市|门头|底商|店|超市|商场|银行|诊所|药房|学校|幼儿园|车库|地下室|储藏室|办公室|换热站|大厅|大堂|门卫|物业"
)
_STOREYS = re.compile(r"\d{1,2}(?:层|楼|-)")
LONGEST_UNREAD = 20
_SIGNS = " -,，.。;；、:：()（）"
_MEASURE = re.compile(r"(?:号楼|号栋|#楼|楼栋|栋楼|栋|幢|座|楼|单元|门洞|门|号房|室|房|户|号|#)$")
# A field that says more than its own part.
_COMPOUND = re.compile(r"[-#号栋幢座]|单元|[门楼](?=\d)")
_NUMBERS_MEET = re.compile(r"(?<=[\dA-Za-z])\n(?=[\dA-Za-z])")


class House(NamedTuple):
    """Without measure words: 3, 2, 501; empty where they are not said. `is_unclear`: there are numbers of which it
    cannot be known what they are (5号楼4-2-301), and which are therefore left out. `unread`: what speaks of a house
    and is in none of the three (丙单元)."""

    building: str = ""
    unit: str = ""
    room: str = ""
    is_unclear: bool = False
    unread: str = ""


@lru_cache(maxsize=4096)
def house_of(text: str) -> House:
    """What stands behind a community's name, half-width and without white space."""
    plain = _in_digits(text)
    building = _BUILDING.search(plain) or _STOREY.search(plain)
    for pattern in (_DASHED, _DASHED_TWO):
        match = pattern.search(plain)
        # 3号楼2-501 is no building 2.
        if match and (building is None or match.start() <= building.start()):
            parts = match.groupdict()
            return House(_number(parts["building"]), _number(parts.get("unit") or ""), parts["room"].upper())
    if building and _NUMBERS_BEHIND.match(plain, building.end()):
        return _behind(_number(building["building"]), plain[building.end() :])
    after = building.end() if building else 0
    unit = _UNIT.search(plain, after)
    behind = unit.end() if unit else after
    room = (_ROOM.search(plain, behind) if building or unit else None) or _ROOM_SAID.search(plain, behind)
    return House(
        _number(building["building"]) if building else "",
        _number(unit["side"] or unit["unit"]) if unit else "",
        room["room"].upper() if room else "",
        unread=_unread(plain, after, unit, room),
    )


def _unread(plain: str, after: int, unit: re.Match[str] | None, room: re.Match[str] | None) -> str:
    """Of what stands between the parts, and behind the last one if no room was found."""
    pieces = [plain[after : unit.start()]] if unit else []
    pieces.append(plain[unit.end() if unit else after : room.start() if room else len(plain)])
    for piece in (_PHONES.sub("", each) for each in pieces):
        numbers = _OTHER_NUMBERS.sub("", piece)
        if room:
            numbers = _STOREYS.sub("", numbers)
        if _SPEAKS_OF_A_HOUSE.search(numbers) and not _NO_HOUSE.search(piece):
            return piece.strip(_SIGNS)[:LONGEST_UNREAD]
    return ""


def _behind(building: str, text: str) -> House:
    """2-501 is unit 2, room 501; of 2-5-501 the 5 is the storey, as the room's own number shows."""
    match = _BEHIND.match(text)
    storey = match["storey"] if match else None
    if match is None or (storey and match["room"].rstrip("ABCDEFabcdef")[:-2].lstrip("0") != storey.lstrip("0")):
        return House(building, is_unclear=True)
    return House(building, _number(match["unit"]), match["room"].upper())


def house_in_fields(building: str, unit: str, room: str) -> House:
    """The same of fields of their own: 3号楼 / 2单元 / 501室, 3 / 2 / 501, 3# / – / 2-501."""
    bare = House(bare_part(building), bare_part(unit), bare_part(room))
    if not any(map(_COMPOUND.search, bare[:3])):
        return bare
    whole = house_of(_plain(room))
    if whole.unit and whole.room and whole.building and bare.building in ("", whole.building):
        return whole
    # 3 and 2-501 is 3-2-501; 3号楼 and 2-501 is 3号楼2-501.
    texts = "\n".join(filter(None, map(_plain, (building, unit, room))))
    found = house_of(_NUMBERS_MEET.sub("-", texts).replace("\n", ""))
    if found.room and not found.building and not _COMPOUND.search(bare.building):
        found = found._replace(building=bare.building)  # 6 and 2单元501
    return found if found.room else bare


@lru_cache(maxsize=8192)
def bare_part(text: str) -> str:
    """3 of 3号楼, 三号楼, 03#."""
    plain = _in_digits(_plain(text))
    bare = _MEASURE.sub("", plain) or plain
    return _number(_arabic(said) if (said := _ALL_CHINESE.fullmatch(bare)) else bare)


def _plain(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text)
    return "".join(plain.replace("—", "-").replace("–", "-").split())


def _number(text: str) -> str:
    """03 is 3; a is A."""
    return text.upper().lstrip("0") or text


def _in_digits(text: str) -> str:
    """三号楼二单元五〇一 as 3号楼2单元501."""
    return _CHINESE.sub(_arabic, _CHINESE_ROOM.sub(_arabic, text))


def _arabic(match: re.Match[str]) -> str:
    """三 → 3, 十二 → 12, 二十 → 20, 五〇一 → 501."""
    text = match[match.lastindex or 0]
    if "十" not in text:
        return "".join(str(_NUMERALS[sign]) for sign in text)
    tens, _, ones = text.partition("十")
    return str(_NUMERALS.get(tens, 1) * 10 + _NUMERALS.get(ones, 0))
