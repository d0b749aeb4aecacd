"""Old Excel files (.xls) looked into before they are parsed: where their cells stand, and whether they are locked.

Such a file is a small file system of sectors (MS-CFB) with a stream of records (MS-XLS) in it. Its reader follows every
chain of sectors and takes the whole rectangle up to the last cell, whatever the file claims: both are checked here.
"""

import struct
from collections.abc import Iterator

from common.spreadsheets.errors import broken, encrypted, unsafe
from common.spreadsheets.extents import Extent
from common.spreadsheets.limits import Limits, check_extent

HEADER = 512
END_OF_CHAIN, FREE = 0xFFFFFFFE, 0xFFFFFFFF
SMALL_STREAM, SMALL_SECTOR = 4096, 64
ENTRY = 128
WORKBOOKS = ("Workbook", "Book")
MOST_ROWS, MOST_COLUMNS = 65_536, 256

EOF, FORMULA, FILE_PASS, BOUND_SHEET, STRING, DIMENSIONS, MUL_RK = 0x0A, 0x06, 0x2F, 0x85, 0x0207, 0x0200, 0xBD
# Records that put something into the cell with whose row and column they begin.
CELLS = frozenset({FORMULA, 0x0203, 0x0204, 0x0205, 0x00D6, 0x00FD, 0x027E, MUL_RK})


def inspect_xls(data: bytes, limits: Limits) -> bool:
    """Check the extent of every sheet; whether there are macros. Raises SpreadsheetError."""
    lowered = data.lower() if b"PK\x05\x06" in data else b""
    if b"xl/workbook" in lowered or b"content.xml" in lowered:
        # The reader takes a file that it cannot read as one kind for the next.
        raise unsafe("里面嵌有另一个表格文件")
    try:
        names, stream = _workbook(data)
        _check_sheets(stream, limits)
    except (struct.error, IndexError, OverflowError) as error:
        raise broken("内容不完整") from error
    return any(name.startswith("_VBA_PROJECT") for name in names)


def _check_sheets(stream: bytes, limits: Limits) -> None:
    starts = []
    for kind, at, size in _records(stream, 0):
        if kind == FILE_PASS and size >= 2:
            raise encrypted()
        if kind == BOUND_SHEET:
            starts.append(struct.unpack_from("<I", stream, at)[0])
    cells = 0
    # Sheets may overlap: what stands once could be read a thousand times.
    budget = 2 * len(stream) + HEADER
    for start in starts:
        extent = Extent()
        for kind, at, size in _records(stream, start):
            budget -= size + 4
            if budget < 0:
                raise broken("工作表互相重叠")
            _measure(stream, kind, at, size, extent)
        cells += extent.rows * extent.columns
        check_extent(extent.rows, extent.columns, cells, limits)


def _measure(stream: bytes, kind: int, at: int, size: int, extent: Extent) -> None:
    if kind in CELLS:
        row, column = struct.unpack_from("<HH", stream, at)
        if kind == MUL_RK:
            column = max(column, struct.unpack_from("<H", stream, at + size - 2)[0])
        extent.reach(row + 1, column + 1)
    elif kind == DIMENSIONS:
        # Room is made for what is claimed here.
        wide = size == 14
        top, bottom, left, right = struct.unpack_from("<IIHH" if wide else "<HHHH", stream, at)
        if not (top <= bottom <= MOST_ROWS and left <= right <= MOST_COLUMNS):
            raise broken("行列范围不对")


def _records(stream: bytes, start: int) -> Iterator[tuple[int, int, int]]:
    """(kind, where its data begin, their size) of the records from `start` to the end of their part."""
    at = start
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        if kind == EOF:
            return
        yield kind, at + 4, size
        at += 4 + size


# --- sectors --------------------------------------------------------------------------------------------------------


def _workbook(data: bytes) -> tuple[list[str], bytes]:
    """The names of all streams, and the one with the workbook."""
    shift = struct.unpack_from("<H", data, 30)[0]
    if shift not in (9, 12):
        raise broken("内容不完整")
    size = 1 << shift
    directory_start, small_start = struct.unpack_from("<I", data, 48)[0], struct.unpack_from("<I", data, 60)[0]
    lengths = [struct.unpack_from("<I", data, at)[0] for at in (40, 44, 64, 72)]
    table = _table(data, size)
    streams = list(_entries(_chain(data, size, table, directory_start, offset=size), size))
    found = next((stream for wanted in WORKBOOKS for stream in streams if stream[0] == wanted), None)
    if found is None:
        raise broken("里面没有工作簿")
    _, start, length = found
    _, small_streams, small_length = streams[0]
    # Room is made for what is claimed here.
    if max(length, small_length, *(count * size for count in lengths)) > len(data) + size:
        raise broken("内容不完整")
    if length >= SMALL_STREAM:
        content = _chain(data, size, table, start, offset=size)
    else:
        small = _chain(data, size, table, small_streams, offset=size)
        small_table = _numbers(_chain(data, size, table, small_start, offset=size))
        content = _chain(small, SMALL_SECTOR, small_table, start, offset=0)
    return [name for name, _, _ in streams], content[:length]


def _table(data: bytes, size: int) -> tuple[int, ...]:
    """Which sector follows which."""
    sectors = list(struct.unpack_from("<109I", data, 76))
    further, seen = struct.unpack_from("<I", data, 68)[0], set()
    while further not in (END_OF_CHAIN, FREE):
        if further in seen:
            raise broken("内容不完整")
        seen.add(further)
        *more, further = _numbers(_sector(data, size, further, size))
        sectors += more
    return _numbers(b"".join(_sector(data, size, sector, size) for sector in sectors if sector != FREE))


def _numbers(content: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4])


def _sector(data: bytes, size: int, number: int, offset: int) -> bytes:
    start = offset + number * size
    if start >= len(data):
        raise broken("内容不完整")
    return data[start : start + size].ljust(size, b"\0")


def _chain(data: bytes, size: int, table: tuple[int, ...], start: int, *, offset: int) -> bytes:
    """The sectors from `start` on; one that comes round again, or that is not there, is damage."""
    parts, seen, number = [], set(), start
    while number not in (END_OF_CHAIN, FREE):
        if number in seen:
            raise broken("内容不完整")
        seen.add(number)
        parts.append(_sector(data, size, number, offset))
        number = table[number]
    return b"".join(parts)


def _entries(directory: bytes, size: int) -> Iterator[tuple[str, int, int]]:
    """(name, first sector, length) of each stream; the first one holds the small ones."""
    for at in range(0, len(directory) - ENTRY + 1, ENTRY):
        name = directory[at : at + 64].decode("utf-16-le", "ignore").partition("\0")[0]
        start, low, high = struct.unpack_from("<III", directory, at + 116)
        yield name, start, low if size == HEADER else low | high << 32
