"""Files are opened by what is in them; what cannot be read is refused with a sentence that says what to do."""

import datetime as dt
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from common.spreadsheets.workbook import Limits, NumberText, SpreadsheetError, column_letter, open_workbook
from tests.workbooks import ods, ods_row, saved, with_sheet_xml, xlsx

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def zipped(**files: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return out.getvalue()


def cell(address: str) -> str:
    return f'<row r="{address.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")}"><c r="{address}"><v>1</v></c></row>'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "文件是空的"),
        (b"PK\x03\x04 cut off", "已损坏"),
        (OLE + b"\0" * 600, "已损坏"),
        (OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "设了打开密码"),
        (OLE + b"\0" * 600 + "WordDocument".encode("utf-16-le"), "这是Word 文档，不是表格"),
        (b"%PDF-1.7 ...", "这是PDF 文件，不是表格"),
        (b"\xff\xd8\xff\xe0 jpeg", "这是图片，不是表格"),
        (zipped(photo_jpg="x"), "这是压缩包，不是表格"),
        (zipped(word__document_xml="<w/>"), "这是Word 文档，不是表格"),
        (zipped(xl__workbook_bin="x"), "暂不支持 .xlsb"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "网页格式"),
        (b"\x00\x01\x02\x03binary", "二进制文件"),
        (b"\x81\x20\xff\xff", "文字编码"),
        (ods("", manifest="<manifest:encryption-data/>"), "设了打开密码"),
        (ods("<table:table-row>"), "已损坏"),
    ],
)
def test_what_cannot_be_read(content, message):
    with pytest.raises(SpreadsheetError, match=message):
        open_workbook(content)


def test_an_empty_text_has_no_rows():
    assert open_workbook("\ufeff,,\r\n".encode()).sheets[0].rows == []


def test_cut_off_in_the_middle():
    whole = xlsx([["甲", "乙"]] * 200)
    with pytest.raises(SpreadsheetError, match="已损坏"):
        open_workbook(whole[: len(whole) // 2])


@pytest.mark.parametrize(
    ("content", "limits", "message"),
    [
        (with_sheet_xml(cell("A1") + cell("A200001")), Limits(), "用到了第 200001 行，最多 100000 行"),
        (with_sheet_xml('<row r="1000000"><c><v>1</v></c></row>'), Limits(), "用到了第 1000000 行"),
        (with_sheet_xml(cell("XFD1")), Limits(), "用到了第 16384 列，最多 256 列"),
        (with_sheet_xml(cell("A1") + cell("IV90000")), Limits(), "个单元格"),
        (ods(ods_row("甲", repeat=300_000)), Limits(), "用到了第 300000 行"),
        (b"a,b\n" * 50, Limits(max_rows=49), "用到了第 50 行"),
        (b"a,b\n" * 50, Limits(max_bytes=100), "超过"),
        (xlsx([["x" * 30000] * 100]), Limits(max_unpacked_bytes=20_000), "解压后超出限额"),
    ],
)
def test_what_is_too_large_is_refused_before_it_is_parsed(content, limits, message):
    with pytest.raises(SpreadsheetError, match=message):
        open_workbook(content, limits=limits)


def test_a_zip_that_lies_about_its_sizes():
    """The directory says that each part is 10 bytes; what counts is what comes out."""
    content = bytearray(xlsx([["x" * 30000]] * 40))
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        content[at + 24 : at + 28] = (10).to_bytes(4, "little")
        at = content.find(b"PK\x01\x02", at + 4)
    with pytest.raises(SpreadsheetError, match="解压后超出限额"):
        open_workbook(bytes(content), limits=Limits(max_unpacked_bytes=20_000))


def test_far_cells_that_are_only_styled_do_not_count():
    content = with_sheet_xml(cell("A1") + '<row r="1048576"><c r="XFD1048576" s="1"/></row>')
    assert [row.own for row in open_workbook(content).sheets[0].rows] == [("1",)]


def test_values_are_kept_as_a_person_sees_them():
    book = Workbook()
    values = [19969571346.0, 300.4, 0.1 + 0.2, 45889, -5, 1e-7, dt.date(2025, 9, 3), dt.datetime(2025, 9, 3, 14, 30),
              dt.time(9, 30), True, " 一般 ", "５", None, 1234567890123456]  # fmt: skip
    book.active.append(values)
    [row] = open_workbook(saved(book)).sheets[0].rows
    assert row.own == (
        "19969571346", "300.4", "0.3", "45889", "-5", "0.0000001", "2025-09-03", "2025-09-03 14:30", "09:30", "是",
        "一般",
        "５", "", "1234567890123456",
    )  # fmt: skip
    assert [isinstance(text, NumberText) for text in row.own[:7]] == [True] * 6 + [False]


def test_merged_cells_stand_everywhere_and_are_told_from_own_ones():
    [first, second, third] = open_workbook(xlsx([["甲", "乙"], ["", "丙"], ["丁", ""]], merge=["A1:A2"])).sheets[0].rows
    assert (second.number, second.own, second.cells) == (2, ("", "丙"), ("甲", "丙"))
    assert first.cells == ("甲", "乙")
    assert third.own is third.cells


def test_a_quote_that_is_never_closed_is_named():
    text = '序号,内容\n1,"没有关上\n' + "2,x\n" * 500
    with pytest.raises(SpreadsheetError, match="第 2 行有一个双引号没有配对"):
        open_workbook(text.encode())


def test_reads_from_a_file_object_and_a_path(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(xlsx([["甲"]]))
    assert open_workbook(path).sheets[0].rows[0].own == ("甲",)
    with path.open("rb") as file:
        assert open_workbook(file).sheets[0].name == "台账"


@pytest.mark.parametrize(("index", "letter"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ")])
def test_column_letters(index, letter):
    assert column_letter(index) == letter


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", OLE, b"\xff\xfe", b"a,b\n"]))
def test_no_bytes_make_it_fail_otherwise(content, start):
    try:
        open_workbook(start + content)
    except SpreadsheetError as error:
        assert str(error)
