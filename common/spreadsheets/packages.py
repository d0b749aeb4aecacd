"""Zip packages (.xlsx, .xlsm, .ods) looked into before they are parsed.

A reader allocates the whole rectangle up to the last cell, so a file of 1 KB with one cell at XFD1048576 would take
all memory, and a zip's directory may lie about sizes. Both are measured here on the bytes themselves, in a stream.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from common.spreadsheets.errors import SpreadsheetError, broken, encrypted, no_spreadsheet, too_large, unsafe

MEBIBYTE = 1024 * 1024
CHUNK = MEBIBYTE
# Longer than any one tag of a cell; tags are never cut between two chunks.
TAIL = 512


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may at most hold. Cells: of the rectangles up to the last used cell, all sheets together."""

    max_bytes: int = 30 * MEBIBYTE
    max_unpacked_bytes: int = 300 * MEBIBYTE
    max_parts: int = 10_000
    max_rows: int = 100_000
    max_columns: int = 256
    max_cells: int = 8_000_000


# (first row, first column, last row, last column), from 0, both ends included.
Merge = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Package:
    is_ods: bool
    # Of .ods only: the merged ranges by sheet name. python-calamine gives those of the other formats itself.
    merges: dict[str, list[Merge]]
    # Of the others: cell elements, empty ones included, and the area of the merged ranges; all sheets together.
    cells: int = 0
    merged_cells: int = 0
    # Macros are never run or kept; people are told that they were there.
    has_macros: bool = False


def inspect_package(data: bytes, limits: Limits) -> Package:
    """Check a zip file's size, kind and extent before anything parses it."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise broken("压缩包不完整") from error
    names = {member.filename for member in members}
    if len(members) > limits.max_parts:
        raise too_large(f"里面有 {len(members)} 个部件", f"{limits.max_parts} 个")
    if any(member.flag_bits & 1 for member in members):
        raise encrypted()
    if odd := next((name for name in names if ".." in name.replace("\\", "/").split("/")), None):
        raise unsafe(f"有一个部件的名称是“{odd[:40]}”，指向文件之外")
    is_ods = "content.xml" in names and not any(name.startswith("xl/") for name in names)
    if not is_ods and not any(name.startswith("xl/workbook") for name in names):
        raise no_spreadsheet("Word 文档" if "word/document.xml" in names else "压缩包")
    if "xl/workbook.bin" in names:
        raise SpreadsheetError("暂不支持 .xlsb 文件。请用 Excel 另存为 .xlsx 后再上传")

    budget = _Budget(limits.max_unpacked_bytes)
    extent = _Extent(limits)
    merges: dict[str, list[Merge]] = {}
    for member in members:
        chunks = _inflate(data, member, budget)
        is_xml = member.filename.lower().endswith((".xml", ".rels"))
        if is_xml:
            chunks = _without_entities(chunks)
        if not is_ods and is_xml:
            extent.measure(chunks)
        elif member.filename == "content.xml":
            merges = _ods_merges(b"".join(chunks), limits)
        elif member.filename == "META-INF/manifest.xml":
            if b"encryption-data" in b"".join(chunks):
                raise encrypted()
        else:
            for _ in chunks:
                pass
    has_macros = any(name.endswith("vbaProject.bin") for name in names)
    return Package(is_ods, merges, extent.elements, extent.merged, has_macros)


class _Budget:
    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.spent = 0

    def spend(self, size: int) -> None:
        self.spent += size
        if self.spent > self.limit:
            raise too_large("解压后超出限额", f"{self.limit // MEBIBYTE} MB")


def _inflate(data: bytes, member: zipfile.ZipInfo, budget: _Budget) -> Iterator[bytes]:
    """The member's bytes, whatever size the directory claims."""
    name_and_extra = data[member.header_offset + 26 : member.header_offset + 30]
    if len(name_and_extra) < 4:
        raise broken("压缩包不完整")
    start = member.header_offset + 30
    start += int.from_bytes(name_and_extra[:2], "little") + int.from_bytes(name_and_extra[2:], "little")
    packed = data[start : start + member.compress_size]
    if member.compress_type == zipfile.ZIP_STORED:
        budget.spend(len(packed))
        yield packed
        return
    if member.compress_type != zipfile.ZIP_DEFLATED:
        raise broken("压缩方式不支持")
    inflater = zlib.decompressobj(-15)
    try:
        while not inflater.eof:
            chunk = inflater.decompress(packed, CHUNK)
            if not chunk and not inflater.unconsumed_tail:
                break
            budget.spend(len(chunk))
            yield chunk
            packed = inflater.unconsumed_tail
    except zlib.error as error:
        raise broken("压缩包不完整") from error


_ENTITY = b"<!ENTITY"


def _without_entities(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Refuse XML that defines entities: no office program writes them, and nested ones grow without end."""
    tail = b""
    for chunk in chunks:
        # In UTF-16 every other byte is zero.
        if _ENTITY in (tail + chunk).replace(b"\0", b""):
            raise unsafe("里面有自定义的 XML 实体")
        tail = chunk[-2 * len(_ENTITY) :]
        yield chunk


# A cell with something in it: `<c r="B7" s="3"><v>`; not `<c r="B7" s="3"/>` and not `<c r="B7"></c>`.
_CELL = re.compile(rb"""\br=["']([A-Z]{1,4})([0-9]{1,9})["'][^<>]*(?<!/)>(?!</)""")
_FAR_ROW = re.compile(rb"""<(?:\w+:)?row\s[^<>]*?\br=["']([0-9]{5,})["'][^<>]*(?<!/)>""")
_CELL_WITHOUT_ADDRESS = re.compile(rb"""<(?:\w+:)?c(?=[\s>])(?![^<>]*\sr=)[^<>]*(?<!/)>(?!</)""")


LONGEST_WITHOUT_TAG = 2 * MEBIBYTE
_ELEMENT = re.compile(rb"<(?:\w+:)?c[\s/>]")
_MERGE = re.compile(rb"""<(?:\w+:)?mergeCell\s[^<>]*?\bref=["']([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})["']""")


class _Extent:
    """How far the used cells of an .xlsx's sheets reach; how many cells and merged cells its XML names."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.cells = self.elements = self.merged = 0

    def measure(self, chunks: Iterator[bytes]) -> None:
        rows = columns = 0
        buffer = b""
        for chunk in chunks:
            buffer += chunk
            cut = buffer.rfind(b"<", 0, len(buffer) - TAIL)
            if cut < 0:
                # Longer than any tag or text of a sheet: no part of one.
                buffer = buffer if len(buffer) < LONGEST_WITHOUT_TAG else b""
                continue
            # The first two bytes after the cut show whether the last tag before it is closed at once.
            rows, columns = self._grow(buffer[: cut + 2], rows, columns)
            buffer = buffer[cut:]
        rows, columns = self._grow(buffer, rows, columns)
        self.cells += rows * columns
        check_extent(rows, columns, self.cells, self.limits)

    def _grow(self, xml: bytes, rows: int, columns: int) -> tuple[int, int]:
        found = _CELL.findall(xml)
        if found:
            rows = max(rows, max(int(row) for _, row in found))
            columns = max(columns, max(map(column_number, {letters for letters, _ in found})))
        self.elements += len(_ELEMENT.findall(xml))
        for left, top, right, bottom in _MERGE.findall(xml):
            across = column_number(right) - column_number(left) + 1
            self.merged += max(0, int(bottom) - int(top) + 1) * max(0, across)
        far = [int(row) for row in _FAR_ROW.findall(xml)]
        if far and max(far) > rows and _CELL_WITHOUT_ADDRESS.search(xml):
            rows = max(far)
        return rows, columns


def column_number(letters: bytes | str) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in letters if isinstance(letters, bytes) else letters.encode():
        number = number * 26 + letter - 64
    return number


def check_extent(rows: int, columns: int, cells: int, limits: Limits) -> None:
    """Refuse a sheet whose last used cell is at `rows` and `columns`, with `cells` in all sheets so far."""
    if rows > limits.max_rows:
        raise too_large(f"用到了第 {rows} 行", f"{limits.max_rows} 行")
    if columns > limits.max_columns:
        raise too_large(f"用到了第 {columns} 列", f"{limits.max_columns} 列")
    if cells > limits.max_cells:
        raise too_large(f"共 {cells} 个单元格", f"{limits.max_cells} 个")


_TABLE_NS = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE_NS = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE, _ROW = f"{_TABLE_NS}table", f"{_TABLE_NS}table-row"
_ODS_CELL, _COVERED = f"{_TABLE_NS}table-cell", f"{_TABLE_NS}covered-table-cell"


def _repeat(element: etree._Element, what: str) -> int:
    text = element.get(f"{_TABLE_NS}number-{what}-repeated", "1")
    return max(1, int(text)) if text.isdigit() and len(text) < 10 else 1


def _span(element: etree._Element, what: str) -> int:
    text = element.get(f"{_TABLE_NS}number-{what}-spanned", "1")
    return max(1, int(text)) if text.isdigit() and len(text) < 10 else 1


def _ods_merges(content: bytes, limits: Limits) -> dict[str, list[Merge]]:
    merges: dict[str, list[Merge]] = {}
    here: list[Merge] = []
    row = cells = rows = columns = 0
    events = etree.iterparse(
        io.BytesIO(content), events=("start", "end"), tag=[_TABLE, _ROW], resolve_entities=False, no_network=True
    )
    try:
        for event, element in events:
            if element.tag == _TABLE and event == "start":
                here = merges.setdefault(element.get(f"{_TABLE_NS}name", ""), [])
                row = rows = columns = 0
            elif element.tag == _TABLE:
                cells += rows * columns
                check_extent(rows, columns, cells, limits)
                element.clear()
            elif event == "end":
                used = _ods_row(element, row, here)
                row += _repeat(element, "rows")
                if used:
                    rows, columns = row, max(columns, used)
                element.clear()
    except etree.XMLSyntaxError as error:
        raise broken("内容不完整") from error
    return merges


def _ods_row(element: etree._Element, row: int, merges: list[Merge]) -> int:
    """Note the row's merged ranges; return how many columns are in use."""
    column = used = 0
    for cell in element.iterchildren(_ODS_CELL, _COVERED):
        rows, columns = _span(cell, "rows"), _span(cell, "columns")
        if rows * columns > 1:
            merges.append((row, column, row + rows - 1, column + columns - 1))
        column += _repeat(cell, "columns")
        if len(cell) or cell.get(f"{_OFFICE_NS}value-type"):
            used = column
    return used
