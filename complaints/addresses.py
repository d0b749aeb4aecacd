"""An address as callers give it, taken apart: 临岭县城关镇锦绣家园3号楼2单元501室.

A community that is not known is not guessed: 锦绣家园二期 is not 锦绣家园, and 新锦绣家园 is neither. What the address
calls the place is given back, so that a person can say once which community is meant.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Generic, TypeVar

C = TypeVar("C")

# A name is known in the address by its first two characters.
_START = 2
_SUFFIX = "小区"
_NUMERALS = {sign: value for value, sign in enumerate("〇一二三四五六七八九")} | {"零": 0}
_CHINESE = re.compile(r"([〇零一二三四五六七八九十]{1,3})(?=号楼|号栋|栋|幢|座|单元|门洞|门|层|楼)")
# What may stand before a community's name: a larger place, a road with its number, or words of a sentence.
_BEFORE = re.compile(
    r"(?:[省市县区镇乡道路街巷村号庄]|[\W\d_]|住|在|是|于|址|为|的|我|们|到|附近|对面|旁边|办事处|居委会)$"
)
# What makes the name before it another community's: 二期, 北区, 东苑.
_GOES_ON = re.compile(
    r"[（(]?(?:(?:[一二三四五六七八九十\d]{1,2}|[A-Za-z])(?:期|区|组团)|[东西南北中新老旧上下前后内外](?:区|苑|院|园|里|村|城|组团|街坊)"
    r"|(?:花园|公寓|名苑|新村|新城|广场|商铺|商业街|家属院|家属楼|小学|中学|幼儿园|换热站|供热站))"
)
_NUMBER = r"(?:\d{1,4}[A-Za-z]?|[A-Za-z]\d{0,3}|[东西南北中]\d{0,2})"
_BUILDING = re.compile(
    rf"(?P<building>{_NUMBER})\s*(?:号楼|号栋|\#楼|楼栋|栋楼|栋|幢|座|\#|号(?=\s*[\dA-Za-z]+\s*(?:单元|门)))"
)
_STOREY = re.compile(r"(?P<building>\d{1,3})楼(?=\s*(?:\d{1,2}\s*(?:单元|门)|\d{3,4}))")
_UNIT = re.compile(r"(?P<unit>\d{1,2}|[A-Za-z])\s*(?:单元|门洞|门(?!面)|单(?=\d))")
_ROOM = re.compile(r"(?P<room>\d{3,4}[A-Za-z]?|[A-Za-z]\d{3,4})(?!\d)\s*(?:室|号房|房|户|号(?!楼|栋))?")
_ROOM_SAID = re.compile(r"(?P<room>\d{1,5}[A-Za-z]?)\s*(?:室|号房)")
_DASHED = re.compile(
    rf"(?<![\dA-Za-z-])(?P<building>{_NUMBER})\s*(?:号楼|栋|幢|座|楼|\#|号)?-(?P<unit>\d{{1,2}}|[A-Za-z])\s*(?:单元|门)?"
    r"-(?:\d{1,2}层?-)?(?P<room>\d{2,5}[A-Za-z]?)(?![\d-])"
)
_DASHED_TWO = re.compile(
    rf"(?<![\dA-Za-z-])(?P<building>{_NUMBER})\s*(?:号楼|栋|幢|座|楼|\#|号)?-(?P<room>\d{{3,4}})(?![\d-])"
)
# Where the name of the place ends and the house begins.
_HOUSE = re.compile(rf"{_NUMBER}\s*(?:号楼|号栋|\#|栋|幢|座|楼|单元|门洞|号院|号|-\d)|[，,。;；、\s]")
_LARGER = re.compile(
    r"^(?:[\u4e00-\u9fff]{2,8}?(?:省|自治区))?(?:[\u4e00-\u9fff]{2,7}?市)?(?:[\u4e00-\u9fff]{1,6}?[县])?"
    r"(?:[\u4e00-\u9fff]{1,6}?(?:镇|乡|街道办事处|街道办|街道))?(?:[\u4e00-\u9fff]{1,8}?(?:路|大街|街|巷|大道)(?:\d+号)?)?"
)
LONGEST_PLACE = 30


@dataclass(frozen=True, slots=True)
class Address(Generic[C]):
    """`community`: None if none of the known ones is named. `place`: what the address calls it, as it stands there.

    `building`, `unit`, `room` without their measure words: 3, 2, 501; empty where they are not said.
    """

    community: C | None
    place: str
    building: str = ""
    unit: str = ""
    room: str = ""


class Places(Generic[C]):
    """The known communities, to be looked for in many addresses. `names`: {name as names are compared: community}."""

    def __init__(self, names: Mapping[str, C]) -> None:
        # How long the names are that begin so, the longest first.
        self._lengths: dict[tuple[str, str], list[int]] = {}
        called = dict(names)
        for name, community in names.items():
            # 和平里 is 和平里小区, and the other way round, unless there are both.
            other = name.removesuffix(_SUFFIX) if name.endswith(_SUFFIX) else f"{name}{_SUFFIX}"
            if len(other) > _START:
                called.setdefault(other, community)
        self._called = {name: community for name, community in called.items() if len(name) >= _START}
        for name in sorted(self._called, key=len, reverse=True):
            lengths = self._lengths.setdefault((name[0], name[1]), [])
            if len(name) not in lengths:
                lengths.append(len(name))

    def find(self, text: str) -> tuple[C, int, int] | None:
        """(the community, where its name begins and ends in `text`): of several the longest name, else the first."""
        found: tuple[C, int, int] | None = None
        known = self._lengths
        for start in [n for n, pair in enumerate(pairwise(text)) if pair in known]:
            for length in known[text[start], text[start + 1]]:
                end = start + length
                if found and length <= found[2] - found[1]:
                    break
                name = text[start:end]
                if len(name) == length and name in self._called and _stands_alone(text, start, end):
                    found = (self._called[name], start, end)
                    break
        return found


def _stands_alone(text: str, start: int, end: int) -> bool:
    return (start == 0 or bool(_BEFORE.search(text[max(0, start - 3) : start]))) and not _GOES_ON.match(text, end)


def split_address(text: str, communities: Mapping[str, C] | Places[C]) -> Address[C]:
    """`communities`: {name as names are compared (without width, case and white space): community}."""
    plain = _plain(text)
    places = communities if isinstance(communities, Places) else Places(communities)
    found = places.find(plain)
    if found:
        community, start, end = found
        house = plain[end:]
        return Address(community, plain[start:end], *house_of(house))
    place = _place_of(plain)
    return Address(None, place, *house_of(plain[plain.find(place) + len(place) :] if place else plain))


@lru_cache(maxsize=4096)
def house_of(text: str) -> tuple[str, str, str]:
    """(building, unit, room) of what stands behind the name: 3号楼2单元501室, 3-2-501, 3栋2门501, A座1203."""
    plain = _CHINESE.sub(_arabic, text)
    for pattern in (_DASHED, _DASHED_TWO):
        if match := pattern.search(plain):
            parts = match.groupdict()
            return _number(parts["building"]), _number(parts.get("unit") or ""), parts["room"].upper()
    building = _BUILDING.search(plain) or _STOREY.search(plain)
    after = building.end() if building else 0
    unit = _UNIT.search(plain, after)
    after = unit.end() if unit else after
    room = (_ROOM.search(plain, after) if building or unit else None) or _ROOM_SAID.search(plain, after)
    return (
        _number(building["building"]) if building else "",
        _number(unit["unit"]) if unit else "",
        room["room"].upper() if room else "",
    )


def _number(text: str) -> str:
    """03 is 3; a is A."""
    return text.upper().lstrip("0") or text


def _plain(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text)
    return "".join(plain.replace("—", "-").replace("–", "-").split()).lower()


def _arabic(match: re.Match[str]) -> str:
    """三 → 3, 十二 → 12, 二十 → 20."""
    text = match[1]
    if "十" not in text:
        return "".join(str(_NUMERALS[sign]) for sign in text)
    tens, _, ones = text.partition("十")
    return str(_NUMERALS.get(tens, 1) * 10 + _NUMERALS.get(ones, 0))


def _place_of(plain: str) -> str:
    """What an address that names no known community calls the place: 锦绣家园二期 of 城关镇锦绣家园二期3号楼."""
    bare = _LARGER.sub("", plain, count=1)
    house = _HOUSE.search(bare)
    name = (bare[: house.start()] if house else bare)[:LONGEST_PLACE]
    return name if len(name) >= _START else ""


def spoken(building: str, unit: str, room: str) -> str:
    """3号楼2单元501室, as far as it is known."""
    parts: list[tuple[str, str]] = [(building, "号楼"), (unit, "单元"), (room, "室")]
    return "".join(f"{value}{measure}" for value, measure in parts if value)
