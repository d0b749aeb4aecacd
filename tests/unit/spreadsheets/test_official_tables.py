"""What is exported: the official look, text that stays text, and rows that are read back as they were."""

import datetime as dt
import io
import tracemalloc
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from common.spreadsheets.columns import Column, Ledger
from common.spreadsheets.official import SIGNATURE, write_official
from common.spreadsheets.template import write_template
from common.spreadsheets.workbook import open_workbook
from inspections.ledger import HAZARDS, TEMPLATE_COLUMNS
from tests.workbooks import entries, read

PLAIN = Ledger(
    kind="plain",
    title="名单",
    content=frozenset({"text"}),
    columns=(Column("text", "内容", width=20), Column("value", "值", is_centred=True), Column("note", "备注")),
)


def written(rows, *, ledger=PLAIN, **options) -> bytes:
    out = io.BytesIO()
    write_official(out, ledger=ledger, rows=rows, title="2025年名单", **options)
    return out.getvalue()


def sheet_of(content: bytes):
    return load_workbook(io.BytesIO(content)).active


def test_the_official_look():
    rows = [{"text": "甲" * 60, "value": dt.date(2025, 9, 30), "note": None}, ["乙", 5, "x"]]
    sheet = sheet_of(
        written(rows, unit_line="填报单位：某局", date_line="填报日期：2025年7月20日", notes=["注：每周五报送。"])
    )
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["2025年名单", None, None],
        ["填报单位：某局", "填报日期：2025年7月20日", None],
        ["内容", "值", "备注"],
        ["甲" * 60, dt.datetime(2025, 9, 30), None],
        ["乙", 5, "x"],
        ["注：每周五报送。", None, None],
        [SIGNATURE, None, None],
    ]
    assert {str(merged) for merged in sheet.merged_cells.ranges} == {"A1:C1", "B2:C2", "A6:C6", "A7:C7"}
    assert (sheet.print_title_rows, sheet.freeze_panes) == ("$3:$3", "A4")
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_setup.fitToHeight) == (
        "landscape",
        9,
        0,
    )
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.oddFooter.center.text == "第 &P 页，共 &N 页"
    assert sheet["A4"].alignment.wrap_text and sheet["A4"].border.left.style == "thin"
    assert sheet["B4"].number_format == "yyyy-mm-dd"
    assert sheet.column_dimensions["A"].width == 20
    # 60 characters of double width do not fit in one line of 20.
    assert sheet.row_dimensions[4].height > 3 * sheet.row_dimensions[5].height


def test_a_wide_table_is_printed_on_a3():
    wide = Ledger("w", "宽表", tuple(Column(f"c{n}", f"列{n}", width=25) for n in range(10)), frozenset())
    assert sheet_of(written([range(10)], ledger=wide)).page_setup.paperSize == 8


@pytest.mark.parametrize("text", ["=1+1", "+8613812345678", "-已作废", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")'])
def test_text_that_begins_like_a_formula_stays_text(text):
    cell = sheet_of(written([[text, None, None]]))["A3"]
    assert (cell.value, cell.data_type) == (text, "s" if cell.data_type == "s" else "inlineStr")
    assert cell.quotePrefix


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("19969571346", "19969571346"),
        ("0012", "0012"),
        (12345678901234567890, "12345678901234567890"),
        (Decimal("1234.50"), "1234.5"),
        (float("nan"), "nan"),
        (True, "是"),
        (["佳和物业", "万家物业"], "佳和物业、万家物业"),
        (dt.datetime(2025, 9, 30, 16, 30, tzinfo=dt.UTC), "2025-10-01 00:30"),
        (dt.date(1899, 1, 1), "1899-01-01"),
        ("a\x00\x0bb\ud800\uffff", "ab"),
        ("甲\r\n乙", "甲\n乙"),
        ("<b>&\"'</b>", "<b>&\"'</b>"),
        ("_x0041_", "_x0041_"),
        ("", ""),
        (None, ""),
    ],
)
def test_values_as_they_are_shown(value, shown):
    row = open_workbook(written([["x", value, "y"]])).sheets[0].rows[2]
    assert row.own[1] == shown


def test_too_long_a_text_is_cut_where_the_office_program_would_refuse_the_file():
    text = open_workbook(written([["字" * 40000, 1, 2]])).sheets[0].rows[2].own[0]
    assert len(text) <= 32767 and text.endswith("…（已截断）")


def test_no_rows_at_all():
    assert [row.own[0] for row in open_workbook(written([])).sheets[0].rows] == [
        "2025年名单",
        "内容",
        SIGNATURE.strip(),
    ]


def test_a_stream_that_cannot_seek_will_do():
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.parts: list[bytes] = []

        def writable(self) -> bool:
            return True

        def write(self, part) -> int:  # type: ignore[no-untyped-def]
            self.parts.append(bytes(part))
            return len(part)

    pipe = Pipe()
    write_official(pipe, ledger=PLAIN, rows=[["甲", 1, 2]], title="t")
    assert open_workbook(b"".join(pipe.parts)).sheets[0].rows[2].own == ("甲", "1", "2")


def test_memory_does_not_grow_with_the_rows(tmp_path):
    def peak(count: int) -> int:
        tracemalloc.start()
        with (tmp_path / "out.xlsx").open("wb") as out:
            write_official(out, ledger=PLAIN, rows=((f"第{n}行", n, "备注") for n in range(count)), title="t")
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(12000) < peak(1500) + 300_000


def test_a_template_is_read_by_the_same_declaration():
    out = io.BytesIO()
    write_template(out, ledger=HAZARDS, columns=TEMPLATE_COLUMNS)
    book = load_workbook(out)
    sheet = book.worksheets[0]
    for column, name in enumerate(TEMPLATE_COLUMNS, 1):
        sheet.cell(4, column, {"problem_point": "幸福里换热站", "description": "漏水", "due_on": "9.30"}.get(name))
    filled = io.BytesIO()
    book.save(filled)
    reading = read(filled.getvalue())
    assert set(reading.sheet.mapping) == set(TEMPLATE_COLUMNS)
    [row] = entries(reading)
    assert (row.row, row.fields["due_on"]) == (4, "2025-09-30")
    assert sheet.cell(3, TEMPLATE_COLUMNS.index("due_on") + 1).value == "整改时限*"
    lists = [v.formula1 for v in sheet.data_validations.dataValidation if v.type == "list"]
    assert lists[:2] == ['"热源厂锅炉,换热站,主管网,庭院管网,楼栋立管,户内设施"', '"一般,较大,重大"']
    assert [row[0].value for row in book["填表说明"].iter_rows(min_row=2, max_row=len(TEMPLATE_COLUMNS) + 1)] == [
        HAZARDS.by_name[n].title for n in TEMPLATE_COLUMNS
    ]


_CHARACTERS = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)
_TEXT = st.text(st.one_of(_CHARACTERS, st.sampled_from("ABCabc019=+-@#℃%，。（）<>&\"'\n ")), min_size=3, max_size=80)
_NAME = st.text(st.sampled_from("张王李赵国庆建军德福永生志强文博"), min_size=2, max_size=3)
_KINDS = ("boiler", "station", "main_pipe", "yard_pipe", "riser", "indoor")
_UNIT = st.sampled_from(["城源热力有限公司", "北苑供热站", "兴隆热力有限责任公司", "惠民供热中心"])
_DAY = st.dates(dt.date(2025, 3, 16), dt.date(2026, 3, 15))
_ENTRY = st.fixed_dictionaries(
    {
        "problem_point": _CHARACTERS.map(lambda c: f"{c}{c}小区换热站"),
        "description": _TEXT.map(lambda text: f"漏水：{text.strip()}。"),
        "facility_kind": st.sampled_from(_KINDS),
        "grade": st.sampled_from(["general", "serious", "major"]),
        "responsible_unit": _UNIT,
        "cooperating_units": st.lists(st.sampled_from(["佳和物业", "万家物业"]), unique=True),
        "responsible_person": _NAME,
        "phone": st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
        "found_on": _DAY,
        "due_on": _DAY,
        "acceptance_standard": _TEXT.map(lambda text: f"打压{text.strip()}无渗漏"),
        "claimed_closed": st.booleans(),
    }
)


def _lines_trimmed(text: str) -> str:
    return "\n".join(line.strip() for line in text.split("\n"))


@settings(max_examples=60, deadline=None)
@given(st.lists(_ENTRY, min_size=1, max_size=5, unique_by=lambda e: (e["problem_point"], e["description"])))
def test_what_is_exported_is_read_back_the_same(rows):
    kinds = dict(zip(_KINDS, HAZARDS.by_name["facility_kind"].choices, strict=True))
    numbered = [{"sequence": number, **row} for number, row in enumerate(rows, 1)]
    read_back = entries(read(written(numbered, ledger=HAZARDS, date_line="填报日期：2025年7月20日")))
    assert len(read_back) == len(rows)
    for row, got in zip(rows, read_back, strict=True):
        want = row | {
            "description": _lines_trimmed(row["description"]),
            "acceptance_standard": _lines_trimmed(row["acceptance_standard"]),
            "facility_kind": kinds[row["facility_kind"]],
            "found_on": row["found_on"].isoformat(),
            "due_on": row["due_on"].isoformat(),
        }  # fmt: skip
        assert {name: got.fields[name] for name in want} == want
        assert got.pile == "ready"
