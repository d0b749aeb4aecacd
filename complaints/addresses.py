"""An address as callers give it, taken apart: 临岭县城关镇锦绣家园3号楼2单元501室.

A community that is not known is not guessed: 锦绣家园二期 is not 锦绣家园, and 新锦绣家园 is neither. What the address
calls the place is given back, so that a person can say once which community is meant. Where two are named, or one only
to say what is near by (凤凰城对面), it is for a person as well.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

from complaints.houses import NUMBER, NUMERAL, SIDE, House, house_of

C = TypeVar("C")

# A name is known in the address by its first two characters.
_START = 2
_SUFFIX = "小区"
# What may stand before a community's name: a larger place, a road with its number, or words of a sentence.
_BEFORE = re.compile(
    r"(?:[省市县区镇乡道路街巷村号庄]|[\W\d_]|住|在|是|于|址|为|的|我|们|到|附近|对面|旁边|办事处|居委会)$"
)
# What makes the name before it another community's: 二期, 北区, 东苑.
_GOES_ON = re.compile(
    r"[（(]?(?:(?:[一二三四五六七八九十\d]{1,2}|[A-Za-z])(?:期|区|组团)|[东西南北中新老旧上下前后内外](?:区|苑|院|园|里|村|城|组团|街坊)"
    r"|(?:花园|公寓|名苑|新村|新城|广场|商铺|商业街|家属院|家属楼|小学|中学|幼儿园|换热站|供热站))"
)
# What makes the name before it a landmark.
_NEAR_BY = re.compile(r"(?:斜?对面|对过|附近|旁边|隔壁)")
# Where the name of the place ends and the house begins.
_HOUSE = re.compile(
    rf"{NUMBER}\s*(?:号楼|号栋|\#|栋|幢|座|楼|单元|门洞|号院|号|-\d)|{NUMERAL}{{1,3}}(?:号楼|号栋|\#|栋|幢|座|单元|门洞)"
    rf"|{SIDE}单元|[，,。;；、\s]"
)
_LARGER = re.compile(
    r"^(?:[\u4e00-\u9fff]{2,8}?(?:省|自治区))?(?:[\u4e00-\u9fff]{2,7}?市)?(?:[\u4e00-\u9fff]{1,6}?[县])?"
    r"(?:[\u4e00-\u9fff]{1,6}?(?:镇|乡|街道办事处|街道办|街道))?(?:[\u4e00-\u9fff]{1,8}?(?:路|大街|街|巷|大道)(?:\d+号)?)?"
)
LONGEST_PLACE = 30


@dataclass(frozen=True, slots=True)
class Address(Generic[C]):
    """`community`: None if none of the known ones is named, or which one is meant is not clear: `named` then has the
    names that stand there. `place`: what the address calls it, as it stands there; empty where `named` is not."""

    community: C | None
    place: str
    house: House
    named: tuple[str, ...] = ()


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

    def find(self, text: str) -> list[tuple[C, int, int]]:
        """(a community, where its name begins and ends in `text`), in that order; of names one within the other the
        longest."""
        found: list[tuple[C, int, int]] = []
        known = self._lengths
        for start in [n for n, pair in enumerate(pairwise(text)) if pair in known]:
            for length in known[text[start], text[start + 1]]:
                end = start + length
                name = text[start:end]
                if len(name) < length or name not in self._called or not _stands_alone(text, start, end):
                    continue
                if found and start < found[-1][2]:
                    if length <= found[-1][2] - found[-1][1]:
                        break
                    found.pop()
                found.append((self._called[name], start, end))
                break
        return found


def _stands_alone(text: str, start: int, end: int) -> bool:
    return (start == 0 or bool(_BEFORE.search(text[max(0, start - 3) : start]))) and not _GOES_ON.match(text, end)


def split_address(text: str, communities: Mapping[str, C] | Places[C]) -> Address[C]:
    """`communities`: {name as names are compared (without width, case and white space): community}."""
    written = _plain(text)
    # Of the same length, except where a foreign letter has two signs in lower case.
    plain = written.lower()
    if len(plain) != len(written):
        written = plain
    places = communities if isinstance(communities, Places) else Places(communities)
    found = places.find(plain)
    if not found:
        place = _place_of(written)
        if not place:
            return Address(None, "", house_of(written)._replace(unread=""))
        return Address(None, place, house_of(written[written.find(place) + len(place) :]))
    community, start, end = found[0]
    house = house_of(written[found[-1][2] :])
    if any(other != community for other, _, _ in found) or _NEAR_BY.match(plain, end):
        return Address(None, "", house, tuple(dict.fromkeys(written[start:end] for _, start, end in found)))
    return Address(community, written[start:end], house)


def _plain(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text)
    return "".join(plain.replace("—", "-").replace("–", "-").split())


def _place_of(plain: str) -> str:
    """What an address that names no known community calls the place: 锦绣家园二期 of 城关镇锦绣家园二期3号楼."""
    bare = _LARGER.sub("", plain, count=1)
    house = _HOUSE.search(bare)
    name = (bare[: house.start()] if house else bare)[:LONGEST_PLACE]
    return name if len(name) >= _START else ""
