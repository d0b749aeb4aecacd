"""What stands in a zip file, read member by member from an open file; nothing is unpacked to a path.

Sizes in a zip's directory may lie, names may lead anywhere and come in any encoding. Bytes are counted as they are
inflated, and only one member is in memory at a time.
"""

import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

MEBIBYTE = 1024 * 1024
CHUNK = 256 * 1024
LOCAL_HEADER = 30
ENCRYPTED, UTF8 = 0x1, 0x800
UNICODE_PATH = 0x7075
UNIX = 3
# What zipfile raises on bytes that are no zip file, half a one, or one that leads outside of itself.
UNREADABLE = (zipfile.BadZipFile, zipfile.LargeZipFile, ValueError, OSError, NotImplementedError, struct.error,
              EOFError, OverflowError, IndexError, MemoryError)  # fmt: skip


class DirectoryTooLarge(Exception):
    """The list of members alone would fill the memory."""


class BudgetSpent(Exception):
    """More came out of the file than it may hold."""


class MemberUnreadable(Exception):
    """This member cannot be read; the message says why in Chinese. The others may be fine."""


@dataclass(slots=True)
class Budget:
    """How many bytes may still come out of a file."""

    left: int

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise BudgetSpent


class _BoundedReads:
    """A file of which nobody reads more at once than a zip's directory may hold."""

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file, self._most = file, most

    def read(self, size: int = -1) -> bytes:
        if 0 <= size <= self._most:
            return self._file.read(size)
        data = self._file.read(self._most + 1)
        if len(data) > self._most:
            raise DirectoryTooLarge
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def members_of(file: BinaryIO, *, max_directory_bytes: int) -> list[zipfile.ZipInfo]:
    """The zip's directory. Raises one of UNREADABLE, or DirectoryTooLarge before it is loaded."""
    with zipfile.ZipFile(_BoundedReads(file, max_directory_bytes)) as archive:  # type: ignore[arg-type]
        return archive.infolist()


def inflated(file: BinaryIO, member: zipfile.ZipInfo, budget: Budget) -> Iterator[bytes]:
    """The member's bytes in pieces, whatever size the directory claims. Raises BudgetSpent and MemberUnreadable."""
    packed = _packed(file, member)
    if member.compress_type == zipfile.ZIP_STORED:
        pieces = packed
    elif member.compress_type == zipfile.ZIP_DEFLATED:
        pieces = _inflate(packed)
    else:
        raise MemberUnreadable("压缩方式不支持，请用 Windows 自带的“压缩”或 WPS 重新打包")
    checksum = 0
    for piece in pieces:
        budget.spend(len(piece))
        checksum = zlib.crc32(piece, checksum)
        yield piece
    if checksum != member.CRC:
        raise MemberUnreadable("内容已损坏，请重新打包")


def _packed(file: BinaryIO, member: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        file.seek(member.header_offset)
        header = file.read(LOCAL_HEADER)
        if len(header) < LOCAL_HEADER or header[:4] != b"PK\x03\x04":
            raise MemberUnreadable("内容已损坏，请重新打包")
        at = member.header_offset + LOCAL_HEADER + sum(struct.unpack("<HH", header[26:30]))
        left = member.compress_size
        while left > 0:
            # Whoever takes the pieces may read elsewhere in the file between two of them.
            file.seek(at)
            piece = file.read(min(CHUNK, left))
            if not piece:
                raise MemberUnreadable("内容不完整，请重新打包")
            at, left = at + len(piece), left - len(piece)
            yield piece
    except (ValueError, OSError, OverflowError) as error:  # an offset that no file has
        raise MemberUnreadable("内容已损坏，请重新打包") from error


def _inflate(packed: Iterator[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-15)
    try:
        for piece in packed:
            waiting = piece
            while waiting and not inflater.eof:
                if out := inflater.decompress(waiting, CHUNK):
                    yield out
                waiting = inflater.unconsumed_tail
            if inflater.eof:
                return
        while out := inflater.decompress(inflater.unconsumed_tail, CHUNK):
            yield out
    except zlib.error as error:
        raise MemberUnreadable("内容已损坏，请重新打包") from error


def whole(file: BinaryIO, member: zipfile.ZipInfo, budget: Budget, *, most: int) -> bytes | None:
    """The member's bytes; None if there are more than `most` of them (only so many are inflated)."""
    pieces, size = [], 0
    for piece in inflated(file, member, budget):
        pieces.append(piece)
        size += len(piece)
        if size > most:
            return None
    return b"".join(pieces)


def is_link(member: zipfile.ZipInfo) -> bool:
    return member.create_system == UNIX and stat.S_ISLNK(member.external_attr >> 16)


# --- names ----------------------------------------------------------------------------------------------------------


def name_of(member: zipfile.ZipInfo) -> str:
    """The member's path with / between folders: as its UTF-8 flag or Unicode field says, else UTF-8 or GBK by its look.

    zipfile takes unflagged names for code page 437, which keeps every byte.
    """
    if member.flag_bits & UTF8:
        name = member.orig_filename
    else:
        raw = member.orig_filename.encode("cp437", "replace")
        name = _unicode_path(member.extra, raw) or _decoded(raw)
    return name.replace("\\", "/")


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    """The name in UTF-8 that Info-ZIP and its like write beside the one in the local encoding."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        field = extra[at + 4 : at + 4 + size]
        at += 4 + size
        if kind == UNICODE_PATH and len(field) > 5 and field[1:5] == struct.pack("<L", zlib.crc32(raw)):
            try:
                return field[5:].decode("utf-8")
            except UnicodeDecodeError:
                return None
    return None


def _decoded(raw: bytes) -> str:
    """前 in GBK is valid UTF-8 too (ǰ), so an encoding has to give letters that Chinese names are made of."""
    readings = []
    for encoding in ("utf-8", "gb18030"):
        try:
            readings.append(raw.decode(encoding))
        except UnicodeDecodeError:
            continue
    return next(filter(_looks_chinese, readings), readings[0] if readings else raw.decode("cp437"))


def _looks_chinese(text: str) -> bool:
    return all(
        sign.isascii() or "\u3000" <= sign <= "\u9fff" or "\uff00" <= sign <= "\uffef" or sign in "·—–‘’“”…℃№①②③④⑤⑥⑦⑧⑨⑩"
        for sign in unicodedata.normalize("NFC", text)
    )
