"""What an export may have beside its rows: subtotals, a sheet 口径, pictures; and the plain look."""

import datetime as dt
import io
import zipfile
from typing import Any

import pytest
from lxml import etree
from openpyxl import load_workbook
from PIL import Image

from common.spreadsheets.columns import Column, Ledger
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.official import SIGNATURE, write_official
from common.spreadsheets.pictures import Photo
from common.spreadsheets.plain import write_plain
from common.spreadsheets.streaming import SheetRows
from common.spreadsheets.styles import MOST_ROWS, Styles
from common.spreadsheets.subtotals import Count, Subtotals
from common.spreadsheets.template import write_template
from common.spreadsheets.workbook import open_workbook
from inspections.ledger import EXPORT_COLUMNS, HAZARDS, PHOTO_COLUMNS, PLAIN_COLUMNS
from inspections.models import Hazard
from tests.workbooks import entries, read, skipped

STOCK = Ledger(
    kind="stock",
    title="存煤",
    content=frozenset({"company"}),
    columns=(
        Column("company", "企业", width=20),
        Column("yard", "煤场", width=16),
        Column("stock_t", "存煤（吨）", kind="number"),
        Column("is_short", "不足", is_centred=True),
    ),
)
# As a worksheet's parts have to follow one another; office programs offer to repair any other order.
ORDER = (
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
    "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells",
    "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup",
    "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags",
    "drawing", "legacyDrawing", "legacyDrawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts",
    "extLst",
)  # fmt: skip


def hazard(number: int, unit: str = "城源热力有限公司", **changed: Any) -> dict[str, Any]:
    return {
        "sequence": number, "number": f"LL2025-{number:04d}", "facility_kind": "station",
        "problem_point": f"幸福里{number}号换热站", "description": f"循环泵{number}轴封漏水", "grade": "serious",
        "category": "electric", "source": "self_check", "community": ("幸福里", "阳光花园"), "township": "城关镇",
        "found_on": dt.date(2025, 6, 1), "cause": "老化", "measure": "更换轴封", "urgency": "engineering",
        "responsible_unit": unit, "cooperating_units": ("佳和物业", "万家物业"), "responsible_person": "周德福",
        "phone": "13812345678", "due_on": dt.date(2025, 9, 30), "acceptance_standard": "运行24小时无渗漏",
        "progress_percent": 40, "estimated_cost_yuan": 15300, "funding_source": "maintenance_fund",
        "claimed_closed": "否", "status": "rectifying", "overdue_days": None, "remark": "", "version": 7,
    } | changed  # fmt: skip


def official(rows: Any, *, ledger: Ledger = HAZARDS, columns: Any = EXPORT_COLUMNS, **options: Any) -> bytes:
    out = io.BytesIO()
    write_official(out, ledger=ledger, rows=rows, columns=columns, title="2025年隐患台账", **options)
    return out.getvalue()


def plain(rows: Any, *, ledger: Ledger = HAZARDS, columns: Any = PLAIN_COLUMNS) -> bytes:
    out = io.BytesIO()
    write_plain(out, ledger=ledger, rows=rows, columns=columns)
    return out.getvalue()


def photo(width: int = 60, height: int = 40) -> Photo:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(out, "JPEG")
    return Photo(out.getvalue, width, height)


def values(content: bytes, sheet: int = 0) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in load_workbook(io.BytesIO(content)).worksheets[sheet].iter_rows()]


# --- subtotals ------------------------------------------------------------------------------------------------------


def test_subtotals_after_each_group_and_the_total_below() -> None:
    rows = [["甲", "东场", 100, True], ["甲", "西场", 20, False], ["乙", "北场", 3, True], [None, "无主", None, False]]
    content = official(
        rows, ledger=STOCK, columns=None,
        subtotals=Subtotals("company", (Count("共"), Count("不足", "is_short")), sums=("stock_t",), unit="处"),
    )  # fmt: skip
    assert values(content)[1:] == [
        ["企业", "煤场", "存煤（吨）", "不足"],
        ["甲", "东场", 100, "是"],
        ["甲", "西场", 20, "否"],
        ["小计", "甲：共 2 处，不足 1 处", 120, None],
        ["乙", "北场", 3, "是"],
        ["小计", "乙：共 1 处，不足 1 处", 3, None],
        [None, "无主", None, "否"],
        ["小计", "未填写：共 1 处，不足 0 处", 0, None],
        ["合计", "共 4 处，不足 2 处", 123, None],
        [SIGNATURE, None, None, None],
    ]


def test_without_rows_there_is_a_total_of_none() -> None:
    content = official([], ledger=STOCK, columns=None, subtotals=Subtotals("company"))
    assert values(content)[2] == ["合计", "共 0 条", None, None]
    assert {str(merged) for merged in load_workbook(io.BytesIO(content)).active.merged_cells.ranges} == {
        "A1:D1", "B3:D3", "A4:D4",
    }  # fmt: skip


def test_the_importer_reads_past_the_subtotals() -> None:
    rows = [hazard(1), hazard(2), hazard(3, "北苑供热站")]
    subtotals = Subtotals("responsible_unit", (Count("共"), Count("逾期", "overdue_days", lambda d: d is not None)))
    with_them = read(official(rows, subtotals=subtotals, about=lambda count: [("行数", f"{count} 条")]))
    without = read(official(rows))
    assert [row.fields for row in entries(with_them)] == [row.fields for row in entries(without)]
    assert [row.pile for row in entries(with_them)] == ["ready"] * 3
    assert skipped(with_them) == {5: "小计行", 7: "小计行", 8: "合计行", 9: "表尾"}


# --- 口径 -----------------------------------------------------------------------------------------------------------


def test_the_sheet_that_says_what_counts_knows_the_number_of_rows() -> None:
    content = official(
        (hazard(number) for number in range(1, 4)), about=lambda count: [("行数", f"共 {count} 条"), ("筛选", "=全部")]
    )
    book = load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["隐患排查整改台账", "口径"]
    assert values(content, 1) == [["本表口径", None], ["项目", "说明"], ["行数", "共 3 条"], ["筛选", "=全部"]]
    assert book["口径"]["B4"].data_type == "s" and book["口径"]["B3"].alignment.wrap_text


# --- plain ----------------------------------------------------------------------------------------------------------


def test_the_plain_look_has_one_head_and_a_filter() -> None:
    sheet = load_workbook(io.BytesIO(plain([hazard(1), hazard(2)]))).active
    assert [cell.value for cell in sheet[1]] == [HAZARDS.by_name[name].title for name in PLAIN_COLUMNS]
    assert sheet.max_row == 3 and not sheet.merged_cells.ranges
    assert (sheet.auto_filter.ref, sheet.freeze_panes, sheet.print_title_rows) == ("A1:AA3", "A2", "$1:$1")
    with zipfile.ZipFile(io.BytesIO(plain([hazard(1), hazard(2)]))) as archive:
        assert "$A$1:$AA$3" in archive.read("xl/workbook.xml").decode()


def test_what_is_edited_in_the_plain_look_is_read_back_exactly() -> None:
    [row] = entries(read(plain([hazard(12)])))
    assert row.pile == "ready" and not row.problems
    assert {name: row.fields[name] for name in row.fields if name != "version"} == {
        "problem_point": "幸福里12号换热站", "description": "循环泵12轴封漏水", "facility_kind": "换热站",
        "responsible_unit": "城源热力有限公司", "cooperating_units": ["佳和物业", "万家物业"],
        "responsible_person": "周德福", "phone": "13812345678", "found_on": "2025-06-01", "due_on": "2025-09-30",
        "urgency": "engineering", "grade": "serious", "acceptance_standard": "运行24小时无渗漏",
        "claimed_closed": False, "number": "LL2025-0012", "category": "electric", "source": "self_check",
        "community": "幸福里、阳光花园", "township": "城关镇", "cause": "老化", "measure": "更换轴封",
        "estimated_cost_yuan": "15300", "funding_source": "maintenance_fund", "remark": None, "progress_percent": 40,
    }  # fmt: skip
    sheet = read(plain([hazard(12)])).sheet
    assert set(sheet.mapping) == set(PLAIN_COLUMNS)
    assert sheet.rows[0].text("version") == "7"


@pytest.mark.parametrize("name", ["category", "source", "urgency", "grade", "facility_kind", "funding_source"])
def test_every_choice_is_read_back_as_itself(name: str) -> None:
    choices = dict(Hazard._meta.get_field(name).choices)
    wanted = list(choices)
    read_back = entries(read(plain([hazard(number, **{name: value}) for number, value in enumerate(wanted, 1)])))
    got = [row.fields[name] for row in read_back]
    assert got == ([choices[value] for value in wanted] if name == "facility_kind" else wanted)


# --- pictures -------------------------------------------------------------------------------------------------------


def test_pictures_stand_in_their_cells() -> None:
    lost = Photo(lambda: None, 4, 3)
    rows = [
        hazard(1, photo_before=[photo(), photo(40, 60)], photo_after=[]),
        hazard(2, photo_before=[photo()] * 5, photo_after=[lost]),
        hazard(3),
    ]
    sheet = load_workbook(io.BytesIO(official(rows, columns=PHOTO_COLUMNS))).active
    before, after = PHOTO_COLUMNS.index("photo_before"), PHOTO_COLUMNS.index("photo_after")
    placed = [(image.anchor._from.row + 1, image.anchor._from.col) for image in sheet._images]
    assert placed == [(3, before), (3, before), (4, before), (4, before)]
    assert sheet.cell(4, before + 1).value == "共 5 张" and sheet.cell(4, after + 1).value == "1 张缺失"
    tall, usual = sheet.row_dimensions[3].height, sheet.row_dimensions[5].height
    upright = sheet._images[1].anchor
    assert upright.ext.height * 2 == pytest.approx(upright.ext.width * 3, rel=0.03), "a picture keeps its shape"
    assert upright.ext.height / 12700 < tall and usual < tall / 2


def test_pictures_are_packed_once_and_as_they_are() -> None:
    content = official([hazard(n, photo_before=[photo()]) for n in range(1, 4)], columns=PHOTO_COLUMNS)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        media = [entry for entry in archive.infolist() if entry.filename.startswith("xl/media/")]
        assert [entry.filename for entry in media] == [f"xl/media/image{n}.jpeg" for n in (1, 2, 3)]
        assert archive.read(media[0]) == photo().read()
        assert len({entry.filename for entry in archive.infolist()}) == len(archive.infolist()), "no part twice"


# --- every look -----------------------------------------------------------------------------------------------------


def template() -> bytes:
    out = io.BytesIO()
    write_template(out, ledger=HAZARDS, columns=EXPORT_COLUMNS)
    return out.getvalue()


LOOKS = {
    "official": lambda: official([hazard(1)], subtotals=Subtotals("responsible_unit"), about=lambda n: [("a", "b")]),
    "plain": lambda: plain([hazard(1)]),
    "photos": lambda: official(
        [hazard(1, photo_before=[photo()])], columns=PHOTO_COLUMNS, about=lambda n: [("a", "b")]
    ),
    "photos without any": lambda: official([hazard(1)], columns=PHOTO_COLUMNS),
    "template": template,
}


@pytest.mark.parametrize("look", LOOKS)
def test_the_parts_of_every_sheet_stand_in_the_order_that_office_programs_want(look: str) -> None:
    content = LOOKS[look]()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        for name in sheets:
            root = etree.fromstring(archive.read(name))
            places = [ORDER.index(etree.QName(child).localname) for child in root]
            assert places == sorted(set(places)), name
            rows = [int(row.get("r")) for row in root.iter("{*}row")]
            assert rows == sorted(set(rows))
            addresses = [cell.get("r") for cell in root.iter("{*}c")]
            assert len(addresses) == len(set(addresses))
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                etree.fromstring(archive.read(name))
    assert load_workbook(io.BytesIO(content)).worksheets and open_workbook(content).sheets


@pytest.mark.parametrize("text", ["=1+1", "+86138", "-已作废", "@x", "\t=1", "甲\x07乙", "007", "13800001111", "1-2"])
def test_texts_are_the_same_in_every_look(text: str) -> None:
    wanted = text.replace("\x07", "").strip()
    for content in (official([hazard(1, problem_point=text)]), plain([hazard(1, problem_point=text)])):
        rows = open_workbook(content).sheets[0].rows
        assert wanted in rows[-1].own or wanted in rows[-2].own
        cells = [cell for row in load_workbook(io.BytesIO(content)).active.iter_rows() for cell in row]
        assert not [cell for cell in cells if cell.data_type == "f"], "no formula anywhere"


@pytest.mark.parametrize("kept", [True, 1, 1.0, "1", dt.date(2025, 1, 1), dt.datetime(2025, 1, 1), ("1",), ["1"]])
def test_values_that_are_equal_are_not_taken_for_one_another(kept: Any) -> None:
    """What a column has written lately is kept, and True == 1 == 1.0."""
    others = [True, 1, 1.0, "1", dt.date(2025, 1, 1), dt.datetime(2025, 1, 1), ("1",), None]
    alone = {repr(value): values(official([["x", "y", value, ""]], ledger=STOCK, columns=None))[2] for value in others}
    for value in others:
        rows = [["x", "y", kept, ""], ["x", "y", value, ""]]
        assert values(official(rows, ledger=STOCK, columns=None))[3] == alone[repr(value)]


def test_more_rows_than_a_sheet_holds_are_refused_in_words() -> None:
    out = io.BytesIO()
    write_official(out, ledger=STOCK, rows=[], title="t")
    sheet = load_workbook(out).active
    table = SheetRows(STOCK.columns, Styles.of(sheet), first=MOST_ROWS - 101)
    with pytest.raises(SpreadsheetError, match="缩小筛选范围"):
        list(table.stream([["甲", "乙", 1, None]] * 5))


def test_a_row_of_the_wrong_length_is_no_row() -> None:
    with pytest.raises(ValueError, match="3 values for 4 columns"):
        official([["甲", "乙", 1]], ledger=STOCK, columns=None)


def test_a_file_that_office_programs_would_offer_to_repair_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.spreadsheets.streaming.LONGEST_PART", 100_000)
    with pytest.raises(SpreadsheetError, match="内容太多，一张工作表放不下"):
        plain(hazard(number) for number in range(1000))
