"""Zip packages (.xlsx, .xlsm, .ods) looked into before they are parsed.

A reader allocates the whole rectangle up to the last cell, so a file of 1 KB with one cell at XFD1048576 would take
all memory, and a zip's directory may lie about sizes. Both are measured here on the bytes themselves, in a stream.
"""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from common.spreadsheets.errors import SpreadsheetError, broken, encrypted, no_spreadsheet, too_large, unsafe
from common.spreadsheets.extents import Extent, measure
from common.spreadsheets.limits import MEBIBYTE, Limits, check_extent
from common.spreadsheets.ods import Merge, ods_merges

CHUNK = MEBIBYTE


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
    # Readers tell names apart neither by case nor by the slash.
    names = {_plain_name(member) for member in members}
    if len(members) > limits.max_parts:
        raise too_large(f"里面有 {len(members)} 个部件", f"{limits.max_parts} 个")
    budget = _Budget(limits.max_unpacked_bytes)
    if any(member.flag_bits & 1 for member in members) or _is_locked_ods(data, members, budget):
        raise encrypted()
    if odd := next((name for name in names if ".." in name.split("/")), None):
        raise unsafe(f"有一个部件的名称是“{odd[:40]}”，指向文件之外")
    is_ods = "content.xml" in names and not any(name.startswith("xl/") for name in names)
    if not is_ods and not any(name.startswith("xl/workbook") for name in names):
        raise no_spreadsheet("Word 文档" if "word/document.xml" in names else "压缩包")
    if "xl/workbook.bin" in names:
        raise SpreadsheetError("暂不支持 .xlsb 文件。请用 Excel 另存为 .xlsx 后再上传")

    total = Extent()
    cells = 0
    merges: dict[str, list[Merge]] = {}
    for member in members:
        name = _plain_name(member)
        if name == "content.xml":
            content = b"".join(_without_entities(_inflate(data, member, budget)))
            merges = ods_merges(content, limits)
        # A sheet may have any name in its folder.
        elif name.endswith((".xml", ".rels")) or "worksheets/" in name:
            extent = measure(_reading(data, member, budget))
            cells += extent.rows * extent.columns
            check_extent(extent.rows, extent.columns, cells, limits)
            total.elements, total.merged = total.elements + extent.elements, total.merged + extent.merged
        else:
            for _ in _inflate(data, member, budget):
                pass
    has_macros = any(name.endswith("vbaproject.bin") for name in names)
    return Package(is_ods, merges, total.elements, total.merged, has_macros)


def _plain_name(member: zipfile.ZipInfo) -> str:
    return member.filename.replace("\\", "/").lower()


def _is_locked_ods(data: bytes, members: list[zipfile.ZipInfo], budget: "_Budget") -> bool:
    for member in members:
        name = _plain_name(member)
        if name == "encrypted-package":
            return True
        if name == "meta-inf/manifest.xml" and b"encryption-data" in b"".join(_inflate(data, member, budget)):
            return True
    return False


def _reading(data: bytes, member: zipfile.ZipInfo, budget: "_Budget") -> Callable[[], Iterator[bytes]]:
    """Gives the member's XML; read a second time, it does not count again."""
    budgets = iter([budget])
    return lambda: _without_entities(_inflate(data, member, next(budgets, _Budget(budget.limit))))


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
