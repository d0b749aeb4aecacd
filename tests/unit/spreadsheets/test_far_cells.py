"""A reader takes the whole rectangle up to the last cell: no spelling of a far one gets past the measuring before it.

Each of these files is small; read unmeasured it would take all memory and the process with it.
"""

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.limits import Limits
from common.spreadsheets.packages import inspect_package
from common.spreadsheets.workbook import open_workbook
from tests.workbooks import ods, with_sheet_xml, xlsx

NEAR = '<row r="1"><c r="A1"><v>1</v></c></row>'
FAR_COLUMN, FAR_ROW = "用到了第 16384 列", "用到了第 900000 行"
OLD_LEDGER = next((Path(__file__).parents[2] / "data").glob("*.xls")).read_bytes()
UTF16 = "utf-16-le"


def far(cell: str) -> bytes:
    return with_sheet_xml(f'{NEAR}<row r="90000">{cell}</row>')


def renamed(content: bytes, old: str, new: str) -> bytes:
    """The package, a part of it under another name wherever it is named."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name.replace(old, new), before.read(name).replace(old.encode(), new.encode()))
    return out.getvalue()


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="xfd90000"><v>1</v></c>',
        '<c r = "XFD90000"><v>1</v></c>',
        "<c r='XFD90000'><v>1</v></c>",
        '<c\nr="XFD90000"\n><v>1</v></c>',
        '<c x="/&gt;" r="XFD90000"><v>1</v></c>',
        '<c r="XFD90000" s="/>"><v>1</v></c>',
        '<x:c xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" r="XFD90000"><x:v>1</x:v></x:c>',
        '<c xmlns:x="x" x:r="A1" r="XFD90000"><v>1</v></c>',
        f'<c s="{"1" * 3_000_000}" r="XFD90000"><v>1</v></c>',
        f'<c r="A90000"><v>{"1" * 3_000_000}</v></c><c r="XFD90000"><v>1</v></c>',
        '<c r="XFC90000"/><c><v>1</v></c>',
        '<c r="XFD90000"><!-- 1 --><v>1</v></c>',
    ],
)
def test_a_far_cell_in_any_spelling(cell: str) -> None:
    with pytest.raises(SpreadsheetError, match=FAR_COLUMN):
        open_workbook(far(cell))


def test_cells_and_rows_without_an_address() -> None:
    wide = f"<row>{'<c><v>1</v></c>' * 300}</row>"
    with pytest.raises(SpreadsheetError, match="用到了第 300 列"):
        open_workbook(with_sheet_xml(wide))
    with pytest.raises(SpreadsheetError, match="用到了第 120000 行"):
        open_workbook(with_sheet_xml("<row><c><v>1</v></c></row>" * 120_000))
    with pytest.raises(SpreadsheetError, match=FAR_ROW):
        open_workbook(with_sheet_xml(f'{NEAR}<row r="900000"><c><v>1</v></c></row>'))


def test_unusual_spelling_that_is_not_far_is_read() -> None:
    book = open_workbook(with_sheet_xml("<row><c><v>1</v></c><c r='C1'><v>2</v></c><c s='1'/></row>"))
    assert [row.own for row in book.sheets[0].rows] == [("1", "", "2")]


@pytest.mark.parametrize("name", ["worksheets/sheet1.dat", "WORKSHEETS/sheet1.png", "worksheets/a.bin"])
def test_a_sheet_by_another_name(name: str) -> None:
    with pytest.raises(SpreadsheetError, match=FAR_COLUMN):
        open_workbook(renamed(far('<c r="XFD90000"><v>1</v></c>'), "worksheets/sheet1.xml", name))


def test_a_package_of_two_kinds_is_measured_as_both() -> None:
    row = '<table:table-row table:number-rows-repeated="900000"><table:table-cell office:value="1"/></table:table-row>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as both:
        for content in (xlsx([["甲"]]), ods(row)):
            with zipfile.ZipFile(io.BytesIO(content)) as one:
                for name in one.namelist():
                    both.writestr(name, b"<x/>" if name == "xl/workbook.xml" else one.read(name))
    with pytest.raises(SpreadsheetError, match=FAR_ROW):
        open_workbook(out.getvalue())
    upper = renamed(far('<c r="XFD90000"><v>1</v></c>'), "xl/", "XL/")
    with pytest.raises(SpreadsheetError, match=FAR_COLUMN):
        open_workbook(upper)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('<table:table-cell office:value="1" table:number-columns-repeated="300"/>', "用到了第 300 列"),
        ('<table:table-cell office:value="1" table:number-columns-repeated="99999999999"/>', "列，最多 256 列"),
        ('<table:table-cell office:value="1" table:number-columns-repeated=" +300 "/>', "用到了第 300 列"),
    ],
)
def test_far_cells_of_an_ods(row: str, message: str) -> None:
    with pytest.raises(SpreadsheetError, match=message):
        open_workbook(ods(f"<table:table-row>{row}</table:table-row>"))


def test_an_ods_whose_prefixes_mean_something_else() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(ods(""))) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b":xmlns:table:1.0", b":xmlns:chart:1.0"))
    with pytest.raises(SpreadsheetError, match="命名空间"):
        open_workbook(out.getvalue())


def test_merged_ranges_in_any_spelling_are_measured() -> None:
    """By this it is decided whether openpyxl may make a cell of each of them."""
    for spelling in ('ref="A1:ZZ9999"', "ref='A1:ZZ9999'", 'ref = "a1:zz9999"', 'ref="$A$1:$ZZ$9999"'):
        content = with_sheet_xml(f"{NEAR}</sheetData><mergeCells><mergeCell {spelling}/></mergeCells><sheetData>")
        assert inspect_package(content, Limits()).merged_cells == 702 * 9999, spelling


# --- .xls -----------------------------------------------------------------------------------------------------------


def patched(change: Callable[[bytearray], None]) -> bytes:
    content = bytearray(OLD_LEDGER)
    change(content)
    return bytes(content)


def _put(at: int, form: str, *values: int) -> Callable[[bytearray], None]:
    return lambda content: struct.pack_into(form, content, at, *values)


LAST_TEXT = OLD_LEDGER.rfind(b"\xfd\x00\x0a\x00") + 4
EXTENT = OLD_LEDGER.find(b"\x00\x02\x0e\x00") + 4
STREAM = OLD_LEDGER.find("Workbook".encode(UTF16))
SECTOR_TABLE = 512 * (1 + struct.unpack_from("<I", OLD_LEDGER, 76)[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_put(LAST_TEXT, "<HH", 65_535, 65_535), "用到了第 65536 列，最多 256 列"),
        (_put(EXTENT, "<IIHH", 0, 0xFFFFFFFF, 0, 0xFFFF), "行列范围不对"),
        (_put(EXTENT, "<IIHH", 0, 20, 0, 0xFFFF), "行列范围不对"),
        (_put(STREAM + 120, "<I", 0xFFFFFFF0), "内容不完整"),
        (_put(44, "<I", 0xFFFFFFF0), "内容不完整"),
        (_put(64, "<I", 0xFFFFFFF0), "内容不完整"),
        # A chain of sectors that comes round again.
        (_put(SECTOR_TABLE + 4 * struct.unpack_from("<I", OLD_LEDGER, STREAM + 116)[0], "<I",
              struct.unpack_from("<I", OLD_LEDGER, STREAM + 116)[0]), "内容不完整"),
    ],
)  # fmt: skip
def test_an_xls_that_lies_about_its_size(change: Callable[[bytearray], None], message: str) -> None:
    with pytest.raises(SpreadsheetError, match=message):
        open_workbook(patched(change))


def test_an_xls_as_it_is() -> None:
    book = open_workbook(OLD_LEDGER)
    assert len(book.sheets[0].rows) == 27
    assert not book.has_macros


def test_an_xls_with_a_password() -> None:
    """The record after the first one says so; what comes behind it cannot be read."""
    at = OLD_LEDGER.find(b"\x09\x08\x10\x00") + 20
    size = struct.unpack_from("<H", OLD_LEDGER, at + 2)[0]
    assert size >= 2
    locked = patched(lambda content: struct.pack_into("<HHH", content, at, 0x2F, size, 1))
    with pytest.raises(SpreadsheetError, match="设了打开密码"):
        open_workbook(locked)


def test_a_workbook_behind_an_xls_is_not_read_instead() -> None:
    spoilt = bytearray(OLD_LEDGER)
    spoilt[LAST_TEXT - 2 : LAST_TEXT] = b"\xff\xff"
    for old in (bytes(spoilt), OLD_LEDGER[:2048]):
        with pytest.raises(SpreadsheetError, match="嵌有另一个表格文件"):
            open_workbook(old + far('<c r="XFD90000"><v>1</v></c>'))


def test_a_word_document_inside_a_workbook_does_not_make_it_one() -> None:
    assert len(open_workbook(OLD_LEDGER + "WordDocument".encode(UTF16)).sheets[0].rows) == 27


def test_an_ods_locked_as_a_whole() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("encrypted-package", b"\x01\x02\x03")
    with pytest.raises(SpreadsheetError, match="设了打开密码"):
        open_workbook(out.getvalue())


def record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def compound(stream: bytes) -> bytes:
    """An MS-CFB file of one table sector, one of names, and the stream Workbook."""
    sectors = -(-max(len(stream), 4096) // 512)
    table = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, sectors + 2), 0xFFFFFFFE]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<5H", 62, 3, 0xFFFE, 9, 6)
    header = header.ljust(44, b"\0") + struct.pack("<8I", 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    names = b""
    for name, start, length in (("Root Entry", 0xFFFFFFFE, 0), ("Workbook", 2, sectors * 512)):
        entry = name.encode(UTF16).ljust(64, b"\0") + struct.pack("<H", 2 * len(name) + 2)
        names += entry.ljust(116, b"\0") + struct.pack("<III", start, length, 0)
    parts = (header + struct.pack("<I", 0), b"".join(struct.pack("<I", each) for each in table), names)
    padded = [part.ljust(512, b"\xff" if part is not names else b"\0") for part in parts]
    return b"".join(padded) + stream.ljust(sectors * 512, b"\0")


def bound_sheet(at: int) -> bytes:
    return record(0x85, struct.pack("<IBBBB", at, 0, 0, 1, 0) + b"A")


END = record(0x0A, b"")
START = record(0x0809, struct.pack("<HH12x", 0x0600, 5))


def test_a_far_cell_hidden_in_the_data_of_another_record() -> None:
    """A sheet begins where its entry says, and be it inside a remark."""
    far_cell = record(0x0203, struct.pack("<HHHd", 9, 40_000, 0, 1.0)) + END
    front = START + bound_sheet(0) + END
    at = len(front) + 4
    stream = START + bound_sheet(at) + END + record(0x1C, far_cell)
    with pytest.raises(SpreadsheetError, match="用到了第 40001 列"):
        open_workbook(compound(stream))


def test_a_run_of_numbers_that_ends_far_away() -> None:
    front = START + bound_sheet(0) + END
    run = record(0xBD, struct.pack("<HH", 1, 299) + b"\0" * 12 + struct.pack("<H", 300)) + END
    with pytest.raises(SpreadsheetError, match="用到了第 301 列"):
        open_workbook(compound(START + bound_sheet(len(front)) + END + run))


def test_sheets_that_are_one_and_the_same_a_hundred_times() -> None:
    front = START + bound_sheet(0) * 100 + END
    cell = record(0x0203, struct.pack("<HHHd", 1, 1, 0, 1.0))
    stream = START + bound_sheet(len(front)) * 100 + END + cell * 150 + END
    with pytest.raises(SpreadsheetError, match="互相重叠"):
        open_workbook(compound(stream))
