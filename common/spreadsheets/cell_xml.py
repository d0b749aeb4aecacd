"""Values as the cells of a worksheet's XML.

A row is written as its number joined with what stands between the numbers of its cells' addresses:

    b"4".join([b'<row r="', b'" ht="20"><c r="A', b'" s="1"/><c r="B', b'" s="1"/></row>'])

so a value that comes again costs one look-up. What a column has written lately is kept; how much is bounded.
"""

import datetime as dt
import math
import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from common.spreadsheets.columns import Column, as_it_is
from common.spreadsheets.styles import Styles

LONGEST_TEXT = 32_767
LONGEST_NUMBER = 15
LEAST_LONG = 10**LONGEST_NUMBER
SHANGHAI = ZoneInfo("Asia/Shanghai")
# Spreadsheets count 1900 as a leap year; before March 1900 their numbers mean other days.
FIRST_DATE = dt.date(1900, 3, 1)
EPOCH = dt.date(1899, 12, 30)
# What a column keeps: so many values, and none whose XML is longer.
KEPT, LONGEST_KEPT = 2048, 600
MOSTLY = 0.8

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_LONG_DIGITS = re.compile(r"\+?[\d\-]{8,}")


class Tall(bytes):
    """The XML of a cell that takes several lines."""

    __slots__ = ()
    lines = 1


@lru_cache(maxsize=LONGEST_TEXT)
def _tall(lines: int) -> type[Tall]:
    """The class of cells that take so many lines: an attribute of each cell would take longer to make than its XML."""
    return type("Tall", (Tall,), {"__slots__": (), "lines": lines})


def plain_text(text: str) -> str:
    """What XML and a cell can hold: no control characters, line ends as \\n, not longer than a cell takes."""
    plain = _ILLEGAL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    # Excel counts characters beyond the basic plane twice.
    if len(plain) > LONGEST_TEXT // 2 and len(plain.encode("utf-16-le")) // 2 > LONGEST_TEXT:
        plain = plain.encode("utf-16-le")[: (LONGEST_TEXT - 8) * 2].decode("utf-16-le", "ignore") + "…（已截断）"
    return plain


def lines_of(text: str, width: float) -> int:
    """How many lines a text takes in a column of so many characters."""
    room = max(2.0, width - 1)
    # In UTF-8 a Chinese character has three bytes, and it is two wide; a letter has one and is one wide.
    return sum(max(1, math.ceil((len(line) + len(line.encode())) / 2 / room)) for line in text.split("\n"))


def most_lines(texts: Iterable[tuple[str, float]]) -> int:
    """Of a row with these texts in columns of these widths."""
    return max((lines_of(text, width) for text, width in texts), default=1)


def inline(text: str) -> str:
    """The inside of a cell of type inlineStr, which is text whatever it begins with: = starts no formula."""
    written = escape(_LOOKS_ESCAPED.sub("_x005F_", text))
    space = ' xml:space="preserve"' if text != text.strip() or "\n" in text else ""
    return f'" t="inlineStr"><is><t{space}>{written}</t></is></c>'


class Cells(dict[Any, bytes]):
    """Of one column: value → its cell from behind the row's number up to the next cell's (`Tall` if of several lines).

    `wrapping` gets the column's index as soon as there is a text in it that takes several lines.
    """

    def __init__(self, column: Column, index: int, styles: Styles, after: bytes, wrapping: list[int]) -> None:
        super().__init__()
        self.index, self.wrapping = index, wrapping
        self.format = None if column.format is as_it_is else column.format
        self.width = column.width
        self.room = max(2.0, column.width - 1)
        self.after = after
        self.is_centred = column.is_centred
        self.styles = styles
        self.keeps, self.missed = True, 0
        style = styles.picture if column.kind == "photos" else styles.of_kind[column.is_centred, "text"]
        self.of_text = f'" s="{style}'
        self.begin = f'{self.of_text}" t="inlineStr"><is><t>'.encode()
        self.begin_digits = f'" s="{styles.of_kind[column.is_centred, "digits"]}" t="inlineStr"><is><t>'.encode()
        self.end = b"</t></is></c>" + after
        self.begin_number = f'" s="{styles.of_kind[column.is_centred, "number"]}"><v>'.encode()
        self.end_number = b"</v></c>" + after
        self.empty = f'{self.of_text}"/>'.encode() + after

    def __missing__(self, value: Any) -> bytes:
        shown = self.format(value) if self.format else value
        kind = type(shown)
        if kind is int and -LEAST_LONG < shown < LEAST_LONG:
            return self.begin_number + b"%d" % shown + self.end_number
        # The text that most cells hold; each of these conditions takes less time than a look at every character.
        if (
            kind is str
            and shown[:1] > "@"
            and shown[-1] != " "
            and shown.isprintable()
            and "&" not in shown
            and "<" not in shown
            and ">" not in shown
            and "_x" not in shown
            and len(shown) <= LONGEST_TEXT // 2
        ):
            written = shown.encode()
            made = self.begin + written + self.end
            wide = (len(shown) + len(written)) / 2
            if wide > self.room:
                made = self._several(made, math.ceil(wide / self.room))
        elif kind is str and 8 <= len(shown) <= self.room and shown.isascii() and shown.isdigit():
            made = self.begin_digits + shown.encode() + self.end
        else:
            made = self._made(shown)
        if self.keeps:
            self._keep(value, made)
        return made

    def _keep(self, value: Any, made: bytes) -> None:
        self.missed += 1
        # Numbers are not kept: True, 1 and 1.0 would be one entry.
        if not (value is None or isinstance(value, (str, dt.date, tuple))) or len(made) > LONGEST_KEPT:
            return
        if len(self) >= KEPT:
            self.clear()
        self[value] = made

    def review(self, rows: int) -> None:
        """Keep no more of a column of which hardly a value came again in the last rows."""
        if self.missed > rows * MOSTLY:
            self.keeps = False
            self.clear()
        self.missed = 0

    def _several(self, made: bytes, lines: int) -> bytes:
        if self.index not in self.wrapping:
            self.wrapping.append(self.index)
        return _tall(lines)(made)

    def _made(self, value: Any) -> bytes:
        if value is None or value == "":
            return self.empty
        if isinstance(value, bool):
            value = "是" if value else "否"
        elif isinstance(value, (dt.date, int, float, Decimal)):
            number = self._number(value)
            if number:
                return f'" s="{number}</v></c>'.encode() + self.after
            value = _spelled(value)
        elif isinstance(value, (list, tuple)):
            value = "、".join(str(part) for part in value)
        text = plain_text(str(value))
        if not text:
            return self.empty
        made = (self._opening(text) + inline(text)).encode() + self.after
        lines = lines_of(text, self.width)
        return self._several(made, lines) if lines > 1 else made

    def _opening(self, text: str) -> str:
        """The cell's style: in which a text is no formula and a long number keeps its digits."""
        kind = "quoted" if text[0] in "=+-@\t" else "digits" if _LONG_DIGITS.fullmatch(text) else ""
        return f'" s="{self.styles.of_kind[self.is_centred, kind]}' if kind else self.of_text

    def _number(self, value: dt.date | int | float | Decimal) -> str:
        """Style and value of what a spreadsheet counts with; empty for what it cannot hold."""
        if isinstance(value, dt.datetime):
            local = _local(value)
            days = (local - dt.datetime.combine(EPOCH, dt.time())) / dt.timedelta(days=1)
            return f'{self.styles.moment}"><v>{days:.10f}' if local.date() >= FIRST_DATE else ""
        if isinstance(value, dt.date):
            return f'{self.styles.date}"><v>{(value - EPOCH).days}' if value >= FIRST_DATE else ""
        written = f"{value:f}" if isinstance(value, Decimal) else str(value)
        if not math.isfinite(value) or len(written.strip("-").split(".")[0]) > LONGEST_NUMBER:
            return ""
        return f'{self.styles.of_kind[self.is_centred, "number"]}"><v>{written}'


def _local(value: dt.datetime) -> dt.datetime:
    return value.astimezone(SHANGHAI).replace(tzinfo=None) if value.tzinfo else value


def _spelled(value: dt.date | int | float | Decimal) -> str:
    if isinstance(value, dt.datetime):
        return _local(value).isoformat(sep=" ", timespec="minutes")
    if isinstance(value, dt.date):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
