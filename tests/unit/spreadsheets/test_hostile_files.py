"""Files that mean harm, by intent or by accident: each is refused with its own sentence, quickly and without damage.

What is too long, too wide, too large, broken, locked or of another kind: test_opening_workbooks.
"""

import io
import zipfile
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.heads import find_ledger
from common.spreadsheets.plain import write_plain
from common.spreadsheets.workbook import open_workbook
from inspections.ledger import HAZARDS
from inspections.reading import read_hazard_rows
from tests.ledgers import ledger_file, ledger_row
from tests.workbooks import SEASON, ods, ods_row, xlsx

FINE = ledger_file([ledger_row("甲站")])


def with_member(content: bytes, name: str, data: bytes) -> bytes:
    """The package with one more member, or with that member replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.namelist():
            if each != name:
                new.writestr(each, old.read(each))
        new.writestr(name, data)
    return out.getvalue()


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>"""


def test_entities_that_grow_without_end_are_refused() -> None:
    for name in ("xl/sharedStrings.xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"):
        with pytest.raises(SpreadsheetError, match="自定义的 XML 实体"):
            open_workbook(with_member(FINE, name, LAUGHS + b"<x>&c;</x>"))
    utf16 = LAUGHS.replace(b'<?xml version="1.0"?>', b"").decode().encode("utf-16")
    with pytest.raises(SpreadsheetError, match="自定义的 XML 实体"):
        open_workbook(with_member(FINE, "xl/styles.xml", utf16))


def test_an_ods_with_entities_is_refused() -> None:
    with pytest.raises(SpreadsheetError):
        open_workbook(with_member(ods(ods_row("甲")), "content.xml", LAUGHS + b"<x>&c;</x>"))


@pytest.mark.parametrize("name", ["../../etc/passwd", "xl/../../x.xml", "..\\..\\x.xml"])
def test_names_that_lead_out_of_the_package_are_refused(name: str) -> None:
    with pytest.raises(SpreadsheetError, match="指向文件之外"):
        open_workbook(with_member(FINE, name, b"x"))


def test_dots_in_an_ordinary_name_are_no_trick() -> None:
    book = open_workbook(with_member(FINE, "xl/media/照片..1.png", b"x"))
    assert find_ledger(book, HAZARDS).rows[0].text("problem_point") == "甲站"


def test_macros_are_named_and_never_kept() -> None:
    book = open_workbook(with_member(FINE, "xl/vbaProject.bin", b"\0" * 100))
    assert book.has_macros
    assert not open_workbook(FINE).has_macros


def test_a_bomb_of_a_gigabyte_is_refused() -> None:
    with pytest.raises(SpreadsheetError, match="解压后超出限额"):
        open_workbook(with_member(FINE, "xl/media/image1.png", b"\0" * (400 * 1024 * 1024)))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400))
@example(b"PK\x05\x06" + b"\0" * 18)
@example(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 80)
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    try:
        find_ledger(open_workbook(content), HAZARDS)
    except SpreadsheetError as error:
        assert str(error)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, len(FINE) - 1), st.binary(min_size=1, max_size=20))
def test_no_damage_to_a_ledger_raises_anything_else(at: int, junk: bytes) -> None:
    damaged = FINE[:at] + junk + FINE[at + len(junk) :]
    try:
        read_hazard_rows(damaged, filename="a.xlsx", season=SEASON)
    except SpreadsheetError as error:
        assert str(error)


CELLS = st.one_of(
    st.none(), st.text(max_size=12), st.integers(-(10**18), 10**18), st.floats(allow_nan=False, allow_infinity=False),
    st.dates(), st.datetimes(), st.booleans(),
    st.sampled_from(["小计", "合计", "2026/9/31", "9月底前", "立行立改", "1234567890123456789", "√", "=1+1"]),
    st.sampled_from(["A公司、B物业（配合）", "张三 13812345678", "整改中", "/"]),
)  # fmt: skip
WORDS = st.sampled_from([column.title for column in HAZARDS.columns] + ["", "备注", "其他", "整改责任"])


def _writable(value: Any) -> Any:
    """What openpyxl takes: no control characters, no years before 1900."""
    if isinstance(value, str):
        return "".join(c for c in value if c >= " " and c not in "\ufffe\uffff" and not "\ud800" <= c <= "\udfff")
    if hasattr(value, "year") and value.year < 1900:
        return value.replace(year=2026, day=1)
    return value


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(WORDS, min_size=3, max_size=10),
    st.lists(st.lists(CELLS, max_size=12), max_size=8),
    st.lists(st.lists(CELLS, max_size=6), max_size=3),
)
def test_no_table_raises_anything_else(head: list[str], rows: list[list[Any]], above: list[list[Any]]) -> None:
    lines = [[_writable(value) for value in line] for line in (*above, head, *rows)]
    texts = [",".join(str(value).replace(",", "") for value in line) for line in lines]
    for content in (xlsx(lines), "\n".join(texts).encode()):
        try:
            reading = read_hazard_rows(content, filename="a.xlsx", season=SEASON)
        except SpreadsheetError as error:
            assert str(error)
        else:
            assert all(row.pile in ("ready", "waits", "repeat", "skipped") for row in reading.rows)
            assert all(row.reason for row in reading.rows if row.pile == "skipped"), "nothing is left out silently"


# Every row that goes out comes back: any words in the texts, whatever they begin with.
TEXT = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Cf", "Cn", "Co", "Zl", "Zp")), min_size=1, max_size=30
).map(str.strip).filter(bool)  # fmt: skip
NAME = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=6)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "problem_point": TEXT.map(lambda text: f"3号楼{text}"),
                "description": TEXT.map(lambda text: f"阀门漏水{text}"),
                "measure": TEXT.map(lambda text: f"更换{text}"),
                "responsible_unit": NAME.map(lambda name: f"{name}热力有限公司"),
                "responsible_person": st.sampled_from(["周德福", "欧阳建国", "买买提·艾力"]),
                "phone": st.sampled_from(["13812345678", "0311-8765432"]),
                "grade": st.sampled_from(["general", "major"]),
                "found_on": st.dates(min_value=SEASON.summer_start_on, max_value=SEASON.trial_run_on),
                "due_on": st.dates(min_value=SEASON.summer_start_on, max_value=SEASON.trial_run_on),
                "remark": TEXT.map(lambda text: f"注{text}"),
            }
        ),
        min_size=1,
        max_size=5,
    )
)
def test_what_goes_out_comes_back(rows: list[dict[str, Any]]) -> None:
    out = io.BytesIO()
    columns = ["number", "facility_kind", *rows[0], "acceptance_standard", "claimed_closed", "version"]
    fixed = {"facility_kind": "station", "acceptance_standard": "打压1.6MPa，30分钟无渗漏", "claimed_closed": "否",
             "version": 3}  # fmt: skip
    full = [{**row, **fixed, "number": f"YH-2026-{n:04d}"} for n, row in enumerate(rows, 1)]
    write_plain(out, ledger=HAZARDS, rows=full, columns=columns)
    read = read_hazard_rows(out.getvalue(), filename="a.xlsx", season=SEASON).rows
    assert [row.fields["number"] for row in read] == [row["number"] for row in full]
    for back, row in zip(read, full, strict=True):
        for name in ("found_on", "due_on"):
            assert back.fields[name] == row[name].isoformat()
        for name in ("description", "measure", "remark"):
            assert "".join(back.fields[name].split()) == "".join(row[name].split()), name
        assert "".join(back.fields["problem_point"].split()) == "".join(row["problem_point"].split())
        for name in ("responsible_unit", "responsible_person", "phone", "grade"):
            assert back.fields[name] == row[name], name
