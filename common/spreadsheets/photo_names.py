"""Which entry of a ledger a photo is of, and whether before or after the work, told by its path.

place_of("整改前/03 (2).jpg", {"1", "2", "3"}) is PhotoPlace(serial="3", stage="before", …). What is written in a
name is a serial only as far as the ledger has it: "5-1" is the second-level entry 5-1 if there is one, else the first
photo of entry 5.
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

BEFORE, DURING, AFTER = "before", "during", "after"

_WORK = "(?:整改|治理|维修|处理|修复|改造|施工|更换|整治|完成|完工|维护)"
# A bare 前 or 后 counts where it stands alone: 前进小区 and 屋后 say nothing about the work.
_ALONE = r"(?<![\u4e00-\u9fff]){}(?![\u4e00-\u9fff])|(?<![\u4e00-\u9fff]){}(?=照|图)"
_STAGES = {
    BEFORE: re.compile(rf"{_WORK}之?前|未整改|{_ALONE.format('前', '前')}|(?<![a-z])before(?![a-z])"),
    DURING: re.compile(rf"{_WORK}(?:过程)?中|过程|(?<![a-z])during(?![a-z])"),
    AFTER: re.compile(rf"{_WORK}之?后|已整改|整改完成|已完成|{_ALONE.format('后', '后')}|(?<![a-z])after(?![a-z])"),
}
_BOTH = re.compile(rf"{_WORK}?前、?和?与?{_WORK}?后|对比|对照")
_PICTURE_WORDS = re.compile(r"照片|图片|相片|照|图|photo|pic")

# Words before a number that make it a serial, and signs after which it is none (3号楼, 6月, 2026年, 300mm).
_ORDINAL = r"(?:第|no\.?|n0\.?|#|序号|编号|隐患|问题|台账|照片|图片)?\s*[:_-]?\s*"
_COUNTED = r"(?!\s*号?\s*(?:楼|栋|幢|单元|室|层|座|站|炉|机|泵|阀|井|年|月|日|米|m|℃|度|[:点时]\d))"
_NUMBER = rf"0*(\d{{1,6}}){_COUNTED}(?!\d)"
_UNIT = r"\s*(?:条|号|项|行|#)?"
_WHOLE = re.compile(rf"{_ORDINAL}{_NUMBER}{_UNIT}")
_LEADING = re.compile(rf"{_ORDINAL}{_NUMBER}{_UNIT}(?![\d、,])")
_LEVELS = re.compile(rf"{_ORDINAL}(\d+(?:[-.]\d+)+)(?!\d)")
_ANYWHERE = re.compile(rf"(?<![0-9a-z.:-])(?:第|no\.?)?{_NUMBER}")
_CAMERA = re.compile(
    r"^(?:img|dsc|dcim|pxl|mvimg|mmexport|wx_camera|screenshot|微信图片|微信|qq图片|photo|image)[_\- ]?\d{4,}"
)
_BORDERS = " _-.()[]+~,;:"


@dataclass(frozen=True, slots=True)
class PhotoPlace:
    """`serial`: a key of the ledger, else the number that the name begins with, else None. `folders`: outer first."""

    serial: str | None
    stage: str
    folders: tuple[str, ...]


def serial_key(text: str) -> str:
    """A serial or number as it is compared: half-width, lower case, no spaces, no zeros in front, no “.0” behind."""
    key = re.sub(r"\s+", "", unicodedata.normalize("NFKC", str(text))).lower()
    if re.fullmatch(r"\d+(?:\.0+)?", key):
        return key.split(".")[0].lstrip("0") or "0"
    return key


def place_of(path: str, known: Collection[str]) -> PhotoPlace:
    """`known`: the keys (`serial_key`) that the ledger has."""
    parts = [unicodedata.normalize("NFKC", part).strip().lower() for part in path.replace("\\", "/").split("/")]
    parts = [part for part in parts if part]
    if not parts:
        return PhotoPlace(None, "", ())
    *folders, name = parts
    stem = name.rpartition(".")[0] or name
    inner_first = [stem, *reversed(folders)]
    bare = [_without_words(part) for part in inner_first]
    return PhotoPlace(_serial(bare, known), _stage(inner_first), tuple(folders))


def stage_in(text: str) -> str:
    """before, during, after, or nothing if the text names none of them or both: “整改后照片” → after."""
    text = unicodedata.normalize("NFKC", text).lower()
    found = {stage for stage, pattern in _STAGES.items() if pattern.search(text)}
    if _BOTH.search(text) and not found - {BEFORE, AFTER}:
        return ""
    return found.pop() if len(found) == 1 else ""


def _stage(parts: list[str]) -> str:
    for part in parts:
        if any(pattern.search(part) for pattern in _STAGES.values()) or _BOTH.search(part):
            return stage_in(part)
    return ""


def _without_words(part: str) -> str:
    for pattern in (_BOTH, *_STAGES.values(), _PICTURE_WORDS):
        # The words before a number (照片3) are no more needed either.
        part = pattern.sub(" ", part)
    return part.strip(_BORDERS)


def _serial(parts: list[str], known: Collection[str]) -> str | None:
    stem, folders = parts[0], parts[1:]
    for part in parts:
        if key := _named_key(part, known):
            return key
    for folder in folders:
        if (match := _WHOLE.fullmatch(folder)) and match[1] in known:
            return match[1]
    if _CAMERA.match(stem):
        stem = ""
    leading = _leading(stem, known)
    if leading in known:
        return leading
    for folder in folders:
        if (found := _leading(folder, known)) in known:
            return found
    elsewhere = {match[1] for match in _ANYWHERE.finditer(stem)} if leading is None else set()
    if len(elsewhere) == 1 and elsewhere <= set(known):
        return elsewhere.pop()
    return leading


def _named_key(part: str, known: Collection[str]) -> str | None:
    """A key with letters or levels (yh-2026-0007, 5-1) that stands in the part on its own."""
    levels = _LEVELS.match(part)
    if levels and levels[1] in known:
        return levels[1]
    packed = re.sub(r"\s+", "", part)
    found = [key for key in known if not key.isdigit() and not _LEVELS.fullmatch(key) and key in packed]
    whole = [key for key in found if re.search(rf"(?<![0-9a-z]){re.escape(key)}(?![0-9a-z])", packed)]
    return max(whole, key=len, default=None)


def _leading(part: str, known: Collection[str]) -> str | None:
    match = _LEADING.match(part)
    return match[1] if match else None
