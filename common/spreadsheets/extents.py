"""How far the used cells of an .xlsx's sheets reach, measured as the bytes stream by.

Parts in which every cell is written as office programs write it (<c r="B7" s="3"><v>) are searched for these; in any
other part each element is followed as the reader follows it, so that no spelling hides a far cell.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from common.spreadsheets.errors import broken

# Longer than any tag of a cell that an office program writes; tags are never cut between two chunks.
TAIL = 512
LONGEST_WITHOUT_TAG = 2 * 1024 * 1024
FAR = 10**9

# Every cell, and those of the usual spelling: column, row, "/" if closed at once, "</" if nothing is in it.
_ANY_CELL = re.compile(rb"<(?:[^<>\s/\"'=]*:)?c[\s/>]")
_CELL = re.compile(rb"""<c r="([A-Z]{1,3})([0-9]{1,7})"(?: [a-z]+="[^"<>]*")*(?:(/)>|>(</)?)""")
_ANY_MERGE = re.compile(rb"<[^<>\s/\"'=]*mergeCell[\s/>]")
_MERGE = re.compile(rb"""<mergeCell ref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"\s*/?>""")
_ADDRESS = re.compile(r"([A-Za-z]+)([0-9]+)")


@dataclass(slots=True)
class Extent:
    """`elements`: cells, empty ones included; `merged`: the area of the merged ranges."""

    rows: int = 0
    columns: int = 0
    elements: int = 0
    merged: int = 0

    def reach(self, row: int, column: int) -> None:
        self.rows, self.columns = max(self.rows, row), max(self.columns, column)

    def merge(self, left: str, top: int, right: str, bottom: int) -> None:
        self.merged += max(0, bottom - top + 1) * max(0, column_number(right) - column_number(left) + 1)


class _Unusual(Exception):
    """The part has a cell or a merged range of another spelling."""


def measure(read: Callable[[], Iterator[bytes]]) -> Extent:
    """The extent of a part; `read` gives its bytes anew each time. Raises SpreadsheetError for what is no XML."""
    try:
        return _searched(read())
    except _Unusual:
        return _followed(read())


def _searched(chunks: Iterator[bytes]) -> Extent:
    extent = Extent()
    buffer = b""
    for chunk in chunks:
        buffer += chunk
        cut = buffer.rfind(b"<", 0, len(buffer) - TAIL)
        if cut <= 0 and len(buffer) > LONGEST_WITHOUT_TAG:
            raise _Unusual
        # The first two bytes after the cut show whether the last tag before it is closed at once.
        if cut > 0:
            _search(buffer[: cut + 2], extent)
            buffer = buffer[cut:]
    _search(buffer, extent)
    return extent


def _search(xml: bytes, extent: Extent) -> None:
    cells = _CELL.findall(xml)
    merges = _MERGE.findall(xml)
    # The cut leaves "<c" of the next cell, which is counted with the next piece.
    if len(cells) != len(_ANY_CELL.findall(xml)) or len(merges) != len(_ANY_MERGE.findall(xml)):
        raise _Unusual
    extent.elements += len(cells)
    used = [(letters, row) for letters, row, closed, nothing in cells if not closed and not nothing]
    if used:
        extent.reach(max(int(row) for _, row in used), max(map(column_number, {letters for letters, _ in used})))
    for left, top, right, bottom in merges:
        extent.merge(left.decode(), int(top), right.decode(), int(bottom))


def _followed(chunks: Iterator[bytes]) -> Extent:
    walk = _Walk()
    parser = expat.ParserCreate()
    parser.StartElementHandler = walk.start
    parser.EndElementHandler = walk.end
    try:
        for chunk in chunks:
            parser.Parse(chunk)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise broken("内容不完整") from error
    return walk.extent


@dataclass(slots=True)
class _Walk:
    """A cell without an address follows the one before it. Rows and columns from 0."""

    extent: Extent = field(default_factory=Extent)
    row: int = 0
    column: int = 0
    cell: tuple[int, int] | None = None

    def start(self, name: str, attributes: dict[str, Any]) -> None:
        if self.cell:
            # Whatever stands in a cell: it counts.
            self.extent.reach(self.cell[0] + 1, self.cell[1] + 1)
        match name.rpartition(":")[2]:
            case "row":
                number = attributes.get("r", "").strip().lstrip("+")
                self.row = _number(number) - 1 if number.isdigit() else self.row
            case "c":
                self.extent.elements += 1
                if place := _ADDRESS.fullmatch(attributes.get("r", "")):
                    self.column = column_number(place[1].upper()) - 1
                    self.cell = (_number(place[2]) - 1, self.column)
                else:
                    self.cell = (self.row, self.column)
            case "mergeCell":
                first, _, last = attributes.get("ref", "").partition(":")
                ends = [_ADDRESS.fullmatch(end.replace("$", "")) for end in (first, last or first)]
                if ends[0] and ends[1]:
                    self.extent.merge(ends[0][1].upper(), _number(ends[0][2]), ends[1][1].upper(), _number(ends[1][2]))

    def end(self, name: str) -> None:
        match name.rpartition(":")[2]:
            case "c":
                self.cell = None
                self.column += 1
            case "row":
                self.row, self.column = self.row + 1, 0


def _number(digits: str) -> int:
    return int(digits) if len(digits) < 10 else FAR


def column_number(letters: bytes | str) -> int:
    """1 for A, 27 for AA; all beyond six letters are equally far."""
    number = 0
    for letter in (letters if isinstance(letters, bytes) else letters.encode())[:6]:
        number = number * 26 + letter - 64
    return number
