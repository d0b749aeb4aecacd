"""Pictures inside workbooks: over cells, in cells by WPS and by Excel; what is broken costs no more than itself."""

import io
import re
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.spreadsheets.cell_pictures import CellPicture, PictureLimits, UnreadPictures, read_pictures
from common.spreadsheets.errors import SpreadsheetError
from tests.ledgers import ledger_file, ledger_row
from tests.picture_books import part, with_dispimg, with_floating, with_parts, with_rich_values
from tests.pictures import photo

BOOK = ledger_file([ledger_row("幸福换热站"), ledger_row("老站")])
FIRST, SECOND = photo(1, size=(64, 48)), photo(2, size=(64, 48))
DRAWING = "xl/drawings/drawing1.xml"
Make = Callable[[bytes, Mapping[str, bytes]], bytes]


def read(content: bytes, sheet: str = "Sheet", **limits: int) -> list[CellPicture | UnreadPictures]:
    return list(read_pictures(io.BytesIO(content), sheet_name=sheet, limits=PictureLimits(**limits)))


def cells(found: list[CellPicture | UnreadPictures]) -> list[tuple[int, int, bytes]]:
    assert all(isinstance(each, CellPicture) for each in found), found
    return [(each.row, each.column, each.content) for each in found if isinstance(each, CellPicture)]


@pytest.mark.parametrize("make", [with_floating, with_dispimg, with_rich_values])
def test_each_picture_is_of_the_cell_it_is_in(make: Make) -> None:
    assert cells(read(make(BOOK, {"M4": FIRST, "N5": SECOND}))) == [(4, 12, FIRST), (5, 13, SECOND)]


def test_floating_pictures_and_those_in_cells_are_read_together() -> None:
    both = with_dispimg(with_floating(BOOK, {"M5": FIRST}), {"M4": SECOND})
    # The part of the same name is the second one's: both makers number from 1.
    assert [(row, column) for row, column, _ in cells(read(both))] == [(4, 12), (5, 12)]


def test_the_names_that_wps_gives_are_kept() -> None:
    [found] = read(with_dispimg(BOOK, {"M4": FIRST}))
    assert isinstance(found, CellPicture) and found.name == "现场1.jpeg"


def test_pictures_of_a_group_and_of_one_cell_anchors() -> None:
    content = with_floating(BOOK, {"M4": FIRST})
    drawing = part(content, DRAWING)
    assert "oneCellAnchor" in drawing
    picture = re.search(r"<(?:\w+:)?pic>.*</(?:\w+:)?pic>", drawing, re.DOTALL)
    assert picture
    prefix = "xdr:" if "<xdr:pic" in drawing else ""
    grouped = drawing.replace(picture[0], f"<{prefix}grpSp>{picture[0]}{picture[0]}</{prefix}grpSp>")
    two_cells = grouped.replace("oneCellAnchor", "twoCellAnchor")
    # The same picture twice at the same cell is one.
    assert cells(read(with_parts(content, {DRAWING: two_cells}))) == [(4, 12, FIRST)]


def test_only_the_sheet_that_was_asked_for() -> None:
    found = read(with_floating(BOOK, {"M4": FIRST}), sheet="另一张")
    assert found == [UnreadPictures("工作簿的目录读不出来，其中的图片没有读取")]


def test_a_workbook_without_pictures_has_none() -> None:
    assert read(BOOK) == []


@pytest.mark.parametrize(
    ("make", "name", "kind"),
    [
        (with_floating, DRAWING, "浮动图片"),
        (with_dispimg, "xl/cellimages.xml", "单元格内的图片"),
        (with_rich_values, "xl/metadata.xml", "单元格内的图片"),
        (with_rich_values, "xl/richData/rdrichvalue.xml", "单元格内的图片"),
    ],
)
@pytest.mark.parametrize(
    "broken",
    [
        b"<a><b></a>",
        b"",
        b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;">]><a>&c;',
    ],
)
def test_a_broken_part_yields_a_note_and_no_error(make: Make, name: str, kind: str, broken: bytes) -> None:
    found = read(with_parts(make(BOOK, {"M4": FIRST}), {name: broken}))
    assert found == [UnreadPictures(f"工作表“Sheet”的{kind}已损坏，没有读取；表格内容不受影响")]


def test_a_file_of_the_machine_does_not_come_in_as_an_entity() -> None:
    content = with_dispimg(BOOK, {"M4": FIRST})
    entity = part(content, "xl/cellimages.xml").replace('descr="现场1"', 'descr="&x;"')
    hostile = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + entity
    found = read(with_parts(content, {"xl/cellimages.xml": hostile}))
    assert len(found) == 1
    assert isinstance(found[0], UnreadPictures) or found[0].name == "image1.jpeg"


def test_a_picture_that_is_missing_too_large_or_one_too_many_is_named() -> None:
    content = with_dispimg(BOOK, {"M4": FIRST, "M5": SECOND})
    outside = part(content, "xl/_rels/cellimages.xml.rels").replace("media/image1.jpeg", "../../../etc/passwd")
    missing, there = read(with_parts(content, {"xl/_rels/cellimages.xml.rels": outside}))
    assert missing == UnreadPictures("第 4 行的图片“现场1”不在文件里")
    assert isinstance(there, CellPicture)
    large = read(with_parts(content, {"xl/media/image1.jpeg": b"\0" * 3_000_000}), max_picture_bytes=2 * 1024 * 1024)
    assert large[0] == UnreadPictures("第 4 行的图片“现场1.jpeg”超过 2 MB")
    note, kept = read(content, max_pictures=1)
    assert note == UnreadPictures("工作表里有 2 张图片，最多读取 1 张，其余没有读取")
    assert isinstance(kept, CellPicture) and kept.row == 4


def test_what_unpacks_to_too_much_stops() -> None:
    content = with_parts(with_dispimg(BOOK, {"M4": FIRST}), {"xl/media/image1.jpeg": b"\0" * 3_000_000})
    found = read(content, max_unpacked_bytes=1_000_000)
    assert found == [UnreadPictures("第 4 行的图片“现场1.jpeg”没有读取：工作簿里的图片太多，请改用照片压缩包上传")]


WHOLE = with_rich_values(with_floating(BOOK, {"M4": FIRST}), {"M5": SECOND})


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=20))
def test_no_broken_workbook_raises_anything_but_the_clear_error(changes: list[tuple[int, int]]) -> None:
    content = bytearray(WHOLE)
    for at, byte in changes:
        content[at] = byte
    try:
        read(bytes(content))
    except SpreadsheetError as error:
        assert "请" in str(error)
