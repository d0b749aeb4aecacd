"""Pictures inside an .xlsx: floating over a cell, in a cell by WPS (DISPIMG), in a cell by Excel (rich values).

for picture in read_pictures(file, sheet_name="台账"):
    CellPicture: picture.row, picture.column, picture.name, picture.content
    UnreadPictures: picture.reason

The parts are read from the file one at a time, XML without entities and network, all of it on one budget. A broken
drawing costs its own pictures only.
"""

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import unquote

from lxml import etree

from common.spreadsheets.errors import broken
from common.spreadsheets.extents import column_number
from common.spreadsheets.zip_members import (
    MEBIBYTE,
    UNREADABLE,
    Budget,
    BudgetSpent,
    DirectoryTooLarge,
    MemberUnreadable,
    inflated,
    members_of,
    whole,
)

R_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
R_EMBED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed"
DRAWING, IMAGE = "drawing", "image"
WORKBOOK, CELL_IMAGES, METADATA = "xl/workbook.xml", "xl/cellimages.xml", "xl/metadata.xml"
RICH_RELATIONS, RICH_VALUES = "xl/richData/richValueRel.xml", "xl/richData/rdrichvalue.xml"
RICH_STRUCTURES = "xl/richData/rdrichvaluestructure.xml"
RICH_TYPE, RICH_KEY = "XLRICHVALUE", "_rvRel:LocalImageIdentifier"

_DISPIMG = re.compile(r"DISPIMG\(\s*\"([^\"]{1,100})\"", re.IGNORECASE)
_ADDRESS = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


@dataclass(frozen=True, slots=True)
class PictureLimits:
    max_picture_bytes: int = 20 * MEBIBYTE
    max_part_bytes: int = 20 * MEBIBYTE
    # The sheet's cells and all pictures together.
    max_unpacked_bytes: int = 600 * MEBIBYTE
    max_pictures: int = 3000
    max_directory_bytes: int = 4 * MEBIBYTE


LIMITS = PictureLimits()


@dataclass(frozen=True, slots=True)
class CellPicture:
    """`row` as Excel counts, `column` from 0: the cell it is in, or in which its top left corner lies."""

    row: int
    column: int
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class UnreadPictures:
    """Pictures that the workbook seems to hold and that could not be read, and why, in Chinese."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Placed:
    row: int
    column: int
    name: str
    part: str


class _Unreadable(Exception):
    """A part is missing or broken."""


def read_pictures(
    file: BinaryIO, *, sheet_name: str, limits: PictureLimits = LIMITS
) -> Iterator[CellPicture | UnreadPictures]:
    """The pictures of one sheet, from the top down. Raises SpreadsheetError only for what is no zip at all."""
    package = _Package(file, limits)
    placed: list[_Placed] = []
    try:
        sheet = _sheet_part(package, sheet_name)
    except _Unreadable:
        yield UnreadPictures("工作簿的目录读不出来，其中的图片没有读取")
        return
    for kind, find in (("浮动图片", _floating), ("单元格内的图片", _in_cells)):
        try:
            placed += find(package, sheet)
        except (_Unreadable, etree.XMLSyntaxError):
            yield UnreadPictures(f"工作表“{sheet_name}”的{kind}已损坏，没有读取；表格内容不受影响")
    if len(placed) > limits.max_pictures:
        yield UnreadPictures(f"工作表里有 {len(placed)} 张图片，最多读取 {limits.max_pictures} 张，其余没有读取")
    for picture in sorted(placed[: limits.max_pictures], key=lambda each: (each.row, each.column)):
        yield _loaded(package, picture)


def _loaded(package: "_Package", picture: _Placed) -> CellPicture | UnreadPictures:
    where = f"第 {picture.row} 行的图片“{picture.name}”"
    member = package.members.get(picture.part)
    if member is None:
        return UnreadPictures(f"{where}不在文件里")
    try:
        content = whole(package.file, member, package.budget, most=package.limits.max_picture_bytes)
    except MemberUnreadable:
        return UnreadPictures(f"{where}已损坏")
    except BudgetSpent:
        return UnreadPictures(f"{where}没有读取：工作簿里的图片太多，请改用照片压缩包上传")
    if content is None:
        return UnreadPictures(f"{where}超过 {package.limits.max_picture_bytes // MEBIBYTE} MB")
    return CellPicture(picture.row, picture.column, picture.name, content)


class _Package:
    """The workbook's parts by name."""

    def __init__(self, file: BinaryIO, limits: PictureLimits) -> None:
        self.file, self.limits = file, limits
        self.budget = Budget(limits.max_unpacked_bytes)
        try:
            members = members_of(file, max_directory_bytes=limits.max_directory_bytes)
        except (*UNREADABLE, DirectoryTooLarge) as error:
            raise broken("压缩包不完整") from error
        self.members: Mapping[str, zipfile.ZipInfo] = {member.filename: member for member in members}

    def xml(self, part: str) -> etree._Element:
        """The part's root. Raises _Unreadable."""
        member = self.members.get(part)
        if member is None:
            raise _Unreadable
        try:
            content = whole(self.file, member, self.budget, most=self.limits.max_part_bytes)
            if content is None:
                raise _Unreadable
            parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
            return etree.fromstring(content, parser)
        except (MemberUnreadable, BudgetSpent, etree.XMLSyntaxError, ValueError) as error:
            raise _Unreadable from error

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """{id: (last word of its type, part)} of what the part refers to inside the file; {} if to nothing."""
        folder, name = posixpath.split(part)
        rels = f"{folder}/_rels/{name}.rels"
        if rels not in self.members:
            return {}
        found = {}
        for relation in self.xml(rels).iterchildren("{*}Relationship"):
            if relation.get("TargetMode") != "External":
                target = unquote(relation.get("Target", ""))
                path = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
                found[relation.get("Id", "")] = (relation.get("Type", "").rpartition("/")[2], path)
        return found

    def stream(self, part: str) -> "_Stream":
        member = self.members.get(part)
        if member is None:
            raise _Unreadable
        return _Stream(inflated(self.file, member, self.budget))


class _Stream:
    """Pieces as a file that can be read once, for a parser that takes the tree down again as it goes."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""

    def read(self, size: int) -> bytes:
        if not self._rest:
            try:
                self._rest = next(self._pieces, b"")
            except (MemberUnreadable, BudgetSpent) as error:
                raise _Unreadable from error
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece


def sheet_part(file: BinaryIO, sheet_name: str) -> str | None:
    """The part that holds the sheet; None if the workbook's directory cannot be read."""
    try:
        return _sheet_part(_Package(file, LIMITS), sheet_name)
    except _Unreadable:
        return None


def _sheet_part(package: _Package, sheet_name: str) -> str:
    relations = package.relations(WORKBOOK)
    for sheet in package.xml(WORKBOOK).iter("{*}sheet"):
        if sheet.get("name") == sheet_name and sheet.get(R_ID, "") in relations:
            return relations[sheet.get(R_ID, "")][1]
    raise _Unreadable


def _index(text: str | None) -> int | None:
    """A number as the parts write it, from 0; None for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 8 else None


def _at(items: list[Any], text: str | None) -> Any:
    """The item with the number that the text says; None if there is none."""
    index = _index(text)
    return items[index] if index is not None and index < len(items) else None


# --- floating over cells --------------------------------------------------------------------------------------------


def _floating(package: _Package, sheet: str) -> list[_Placed]:
    placed = []
    for kind, drawing in package.relations(sheet).values():
        if kind == DRAWING:
            images = package.relations(drawing)
            for anchor in package.xml(drawing).iterchildren("{*}twoCellAnchor", "{*}oneCellAnchor"):
                placed += _anchored(anchor, images)
    return placed


def _anchored(anchor: etree._Element, images: Mapping[str, tuple[str, str]]) -> list[_Placed]:
    """The pictures of one anchor, those of a group too; what stands there again for older programs counts once."""
    row, column = (_index((anchor.findtext(f"{{*}}from/{{*}}{name}") or "").strip()) for name in ("row", "col"))
    if row is None or column is None:
        return []
    placed = (_Placed(row + 1, column, name, part) for name, part in _pictures_below(anchor, images))
    return list(dict.fromkeys(placed))


def _pictures_below(element: etree._Element, images: Mapping[str, tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """(name, part) of every picture below an element."""
    for picture in element.iter("{*}pic"):
        blip = next(picture.iter("{*}blip"), None)
        kind, part = images.get(blip.get(R_EMBED, "") if blip is not None else "", ("", ""))
        if kind == IMAGE:
            yield _called(picture, part), part


def _called(picture: etree._Element, part: str) -> str:
    """The name for people, with the suffix of the part."""
    properties = next(picture.iter("{*}cNvPr"), None)
    name = (properties.get("descr") or properties.get("name") or "") if properties is not None else ""
    stem, suffix = posixpath.splitext(posixpath.basename(part))
    return f"{(' '.join(name.split())[:80] or stem).removesuffix(suffix)}{suffix}"


# --- in cells -------------------------------------------------------------------------------------------------------


def _in_cells(package: _Package, sheet: str) -> list[_Placed]:
    """Of WPS: a formula names the picture. Of Excel: the cell's value metadata lead to it."""
    by_id = _wps_pictures(package) if CELL_IMAGES in package.members else {}
    by_metadata = _rich_pictures(package) if RICH_RELATIONS in package.members else {}
    if not by_id and not by_metadata:
        return []
    placed = []
    for row, column, cell in _cells(package, sheet):
        found = by_metadata.get(cell.get("vm", ""))
        if found is None and (match := _DISPIMG.search("\n".join(cell.itertext()))):
            found = by_id.get(match[1])
        if found:
            placed.append(_Placed(row, column, *found))
    return placed


def _cells(package: _Package, sheet: str) -> Iterator[tuple[int, int, etree._Element]]:
    """Every cell of the sheet with its row and column; cells without an address are counted on."""
    stream: Any = package.stream(sheet)
    events = etree.iterparse(
        stream, events=("start", "end"), tag=("{*}row", "{*}c"), resolve_entities=False, no_network=True,
        load_dtd=False, huge_tree=False,
    )  # fmt: skip
    row, column = 0, -1
    for event, element in events:
        if etree.QName(element).localname == "c":
            if event == "end":
                address = _ADDRESS.fullmatch(element.get("r", ""))
                column = column_number(address[1]) - 1 if address else column + 1
                yield int(address[2]) if address else row, column, element
        elif event == "start":
            row, column = _index(element.get("r")) or row + 1, -1
        else:
            _forget(element)


def _forget(row: etree._Element) -> None:
    """Take the row that was read, and those before it, out of memory."""
    row.clear()
    parent = row.getparent()
    while parent is not None and (before := row.getprevious()) is not None:
        parent.remove(before)


def _wps_pictures(package: _Package) -> dict[str, tuple[str, str]]:
    """{ID_…: (name, part)}"""
    images = package.relations(CELL_IMAGES)
    found = {}
    for image in package.xml(CELL_IMAGES).iterchildren("{*}cellImage"):
        properties = next(image.iter("{*}cNvPr"), None)
        for name, part in _pictures_below(image, images):
            if properties is not None:
                found[properties.get("name", "")] = (name, part)
    return found


def _rich_pictures(package: _Package) -> dict[str, tuple[str, str]]:
    """{value of the attribute vm: (name, part)}: cell → value metadata → rich value → relation → picture."""
    relations = package.relations(RICH_RELATIONS)
    parts = [relations.get(each.get(R_ID, ""), ("", ""))[1] for each in package.xml(RICH_RELATIONS).iter("{*}rel")]
    positions = [_position(structure) for structure in package.xml(RICH_STRUCTURES).iter("{*}s")]
    pictures: dict[int, str] = {}
    for index, value in enumerate(package.xml(RICH_VALUES).iterchildren("{*}rv")):
        position = _at(positions, value.get("s"))
        values = [each.text for each in value.iterchildren("{*}v")]
        if position is not None and position < len(values) and (part := _at(parts, values[position])):
            pictures[index] = part
    return {
        str(number): (posixpath.basename(pictures[index]), pictures[index])
        for number, index in enumerate(_values_by_metadata(package.xml(METADATA)), 1)
        if index is not None and index in pictures
    }


def _position(structure: etree._Element) -> int | None:
    """Which of the structure's values names the picture."""
    keys = [key.get("n") for key in structure.iterchildren("{*}k")]
    return keys.index(RICH_KEY) if RICH_KEY in keys else None


def _values_by_metadata(metadata: etree._Element) -> Iterator[int | None]:
    """For each block of value metadata, in order, the index of its rich value; None if it is about something else."""
    types = ["", *(each.get("name") for each in metadata.iterfind("{*}metadataTypes/{*}metadataType"))]
    indexes: list[int | None] = []
    for future in metadata.iterfind("{*}futureMetadata"):
        if future.get("name") == RICH_TYPE:
            for block in future.iterchildren("{*}bk"):
                value = next(block.iter("{*}rvb"), None)
                indexes.append(_index(value.get("i")) if value is not None else None)
    for block in metadata.iterfind("{*}valueMetadata/{*}bk"):
        record = block.find("{*}rc")
        if record is not None and _at(types, record.get("t")) == RICH_TYPE:
            yield _at(indexes, record.get("v"))
        else:
            yield None
