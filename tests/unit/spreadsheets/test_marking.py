"""The marked copy is read again as the file was: the same rows and pictures, no macros, no older marks."""

import io
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill

from common.spreadsheets.cell_pictures import CellPicture, read_pictures
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.marking import Mark, mark_workbook
from common.spreadsheets.workbook import open_workbook
from inspections.reading import LedgerReading
from tests.ledgers import HEAD, ledger_file, ledger_row
from tests.picture_books import part, with_dispimg, with_floating, with_parts, with_rich_values
from tests.pictures import photo
from tests.workbooks import ods, ods_row, read

DATA = Path(__file__).parents[2] / "data"
FIRST, SECOND = photo(1, size=(64, 48)), photo(2, size=(64, 48))
BOOK = ledger_file([ledger_row("甲站", 整改时限="尽快"), ledger_row("乙站", 责任人="相关人员")])
MARKS = [
    Mark(4, "J4", "请写到具体日期", "waits", "整改时限", "尽快"),
    Mark(5, "H5", "请填写具体姓名", "waits", "责任人", "相关人员"),
]
Make = Callable[[bytes, Mapping[str, bytes]], bytes]


def marks_of(reading: LedgerReading) -> list[Mark]:
    return [
        Mark(row.row, problem["cell"], problem["expected"], "waits", problem["field"], problem["read"])
        for row in reading.rows
        for problem in row.problems
    ]


def as_read(reading: LedgerReading) -> list[tuple[object, ...]]:
    return [(row.row, row.pile, row.fields, row.raw, row.problems) for row in reading.rows]


@pytest.mark.parametrize("name", ["全县冬病夏治隐患排查整改台账.xlsx", "惠民供热中心自查问题台账.xls"])
def test_whole_ledgers_are_read_again_as_they_were(name: str) -> None:
    content = (DATA / name).read_bytes()
    before = read(content)
    marks = marks_of(before)
    assert marks
    copy = mark_workbook(content, name, sheet=before.sheet.sheet, marks=marks)
    assert copy.filename == f"{Path(name).stem}-核对.xlsx"
    after = read(copy.content)
    assert as_read(after) == as_read(before)
    assert after.sheet.other_sheets == before.sheet.other_sheets
    sheet = load_workbook(io.BytesIO(copy.content))[before.sheet.sheet]
    assert {mark.cell for mark in marks if mark.cell} <= {
        cell.coordinate for row in sheet.iter_rows() for cell in row if cell.comment
    }


def test_an_ods_is_rebuilt_with_its_values_in_their_places() -> None:
    rows = [["2026年隐患台账"], list(HEAD), ledger_row("甲站", 整改时限="尽快")]
    content = ods("".join(ods_row(*("" if cell is None else str(cell) for cell in row)) for row in rows))
    before = read(content)
    copy = mark_workbook(content, "台账.ods", sheet="台账", marks=[Mark(3, "J3", "请写到具体日期", "waits")])
    assert (copy.filename, as_read(read(copy.content))) == ("台账-核对.xlsx", as_read(before))
    assert "请写到具体日期" in load_workbook(io.BytesIO(copy.content))["台账"]["J3"].comment.text


@pytest.mark.parametrize("make", [with_floating, with_dispimg, with_rich_values])
def test_pictures_stay_at_their_cells(make: Make) -> None:
    content = make(BOOK, {"M4": FIRST, "N5": SECOND})
    copy = mark_workbook(content, "台账.xlsx", sheet="Sheet", marks=MARKS).content
    found = list(read_pictures(io.BytesIO(copy), sheet_name="Sheet"))
    assert [(each.row, each.column, each.content) for each in found if isinstance(each, CellPicture)] == [
        (4, 12, FIRST), (5, 13, SECOND),
    ]  # fmt: skip
    assert as_read(read(copy)) == as_read(read(BOOK))
    sheet = load_workbook(io.BytesIO(copy))["Sheet"]
    assert [sheet["M4"].value, sheet["N5"].value] == [None, None]


def test_what_is_no_picture_leaves_its_cell_as_it_is() -> None:
    copy = mark_workbook(with_dispimg(BOOK, {"M4": b"no picture"}), "台账.xlsx", sheet="Sheet", marks=MARKS).content
    assert "DISPIMG" in load_workbook(io.BytesIO(copy))["Sheet"]["M4"].value
    assert list(read_pictures(io.BytesIO(copy), sheet_name="Sheet")) == []


def cell(address: str, formula: str, value: str, kind: str = "n", style: str = "") -> str:
    return f'<c r="{address}" t="{kind}"{style}><f>{formula}</f><v>{value}</v></c>'


def test_formulas_keep_what_they_came_to() -> None:
    """As an office program saves them: the formula and its value."""
    book = load_workbook(io.BytesIO(BOOK))
    # A date's format, for the style's number.
    book["Sheet"]["J5"].number_format = "yyyy-mm-dd"
    out = io.BytesIO()
    book.save(out)
    xml = part(out.getvalue(), "xl/worksheets/sheet1.xml")
    style = re.search(r'r="J5"( s="\d+")', xml)
    assert style
    for address, new in {
        "A4": cell("A4", "ROW()-3", "1"),
        "C4": cell("C4", 'A4&amp;"号&lt;站"', "1号&lt;站", "str"),
        "J5": cell("J5", "F5+60", "46234", style=style[1]),
        "I5": cell("I5", "NA()", "#N/A", "e"),
        "L5": cell("L5", "1=1", "1", "b"),
    }.items():
        old = re.search(rf'<c r="{address}"[^>]*>.*?</c>', xml)
        assert old
        xml = xml.replace(old[0], new)
    content = with_parts(out.getvalue(), {"xl/worksheets/sheet1.xml": xml})
    before = read(content)
    assert (before.rows[0].fields["problem_point"], before.rows[1].fields["due_on"]) == ("1号<站", "2026-07-31")
    copy = mark_workbook(content, "台账.xlsx", sheet="Sheet", marks=MARKS).content
    assert as_read(read(copy)) == as_read(before)
    sheet = load_workbook(io.BytesIO(copy))["Sheet"]
    assert (sheet["C4"].value, sheet["J5"].value) == ('=A4&"号<站"', "=F5+60")


def test_macros_are_left_out_and_the_name_says_so() -> None:
    content = with_parts(BOOK, {"xl/vbaProject.bin": b"\0" * 100})
    copy = mark_workbook(content, "台账.xlsm", sheet="Sheet", marks=MARKS)
    assert copy.filename == "台账-核对（不含宏）.xlsx"
    assert not open_workbook(copy.content).has_macros


def test_marks_of_before_and_comments_of_others() -> None:
    book = load_workbook(io.BytesIO(BOOK))
    sheet = book["Sheet"]
    sheet["J4"].comment = Comment("老李：已问过", "老李")
    sheet["C4"].comment = Comment("留着", "老李")
    sheet["C4"].fill = PatternFill("solid", fgColor="FF00FF00")
    sheet["C4"].font = Font(bold=True)
    out = io.BytesIO()
    book.save(out)
    once = mark_workbook(out.getvalue(), "台账.xlsx", sheet="Sheet", marks=MARKS)
    twice = mark_workbook(once.content, once.filename, sheet="Sheet", marks=MARKS[:1])
    assert twice.filename == "台账-核对.xlsx"
    sheet = load_workbook(io.BytesIO(twice.content))["Sheet"]
    assert sheet["J4"].comment.text.count("老李：已问过") == sheet["J4"].comment.text.count("请写到具体日期") == 1
    assert sheet["H5"].comment is None and sheet["H5"].fill.fill_type is None
    assert (sheet["C4"].comment.text, sheet["C4"].fill.fgColor.rgb, sheet["C4"].font.bold) == ("留着", "FF00FF00", True)
    assert load_workbook(io.BytesIO(twice.content)).sheetnames == ["Sheet", "核对说明"]


def test_a_mark_in_a_merged_cell_stands_where_it_is_seen() -> None:
    book = load_workbook(io.BytesIO(BOOK))
    book["Sheet"].merge_cells("G4:G5")
    out = io.BytesIO()
    book.save(out)
    marks = [Mark(row, f"G{row}", "请写明由哪一家单位牵头整改", "waits", "责任单位", "各单位") for row in (4, 5)]
    copy = mark_workbook(out.getvalue(), "台账.xlsx", sheet="Sheet", marks=marks).content
    sheet = load_workbook(io.BytesIO(copy))["Sheet"]
    assert "第 5 行" in sheet["G4"].comment.text
    assert [str(each) for each in sheet.merged_cells.ranges] == ["G4:G5"]


def test_what_is_no_table_is_refused() -> None:
    for content in (b"%PDF-1.7", b"PK\x03\x04", b""):
        with pytest.raises(SpreadsheetError):
            mark_workbook(content, "台账.xlsx", sheet="Sheet", marks=MARKS)
