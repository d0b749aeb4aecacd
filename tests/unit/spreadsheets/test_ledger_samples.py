"""Every row of two real-looking ledgers comes out as a careful reader would get it."""

import json
from pathlib import Path

import pytest

from common.spreadsheets.staging import head_of
from facilities.enums import FacilityKind
from inspections.ledger import HAZARDS
from inspections.reading import read_hazard_rows
from tests.workbooks import SEASON

DATA = Path(__file__).parents[2] / "data"
COUNTY, COMPANY = "全县冬病夏治隐患排查整改台账.xlsx", "惠民供热中心自查问题台账.xls"
FIELDS = {
    "problem_point": "problem_point", "description": "description", "facility_kind": "facility_kind",
    "responsible_unit": "responsible_unit", "responsible_person": "responsible_person", "phone": "phone",
    "found": "found_on", "due": "due_on", "acceptance_standard": "acceptance_standard", "grade": "grade",
    "closed": "claimed_closed",
}  # fmt: skip


def expected(name: str) -> list[dict]:
    return json.loads((DATA / f"{name}.expected.json").read_text("utf-8"))["rows"]


@pytest.mark.parametrize("name", [COUNTY, COMPANY])
def test_every_row_is_read_as_expected(name):
    reading = read_hazard_rows(DATA / name, filename=name, season=SEASON)
    read = {row.row: row for row in reading.rows}
    for want in expected(name):
        got = read[want["row"]]
        assert {mine: got.fields[theirs] for mine, theirs in FIELDS.items()} == {mine: want[mine] for mine in FIELDS}
        assert (got.fields["urgency"] == "immediate") is want["immediate"]
        cooperating = [want["cooperating_unit"]] if want["cooperating_unit"] else []
        assert got.fields["cooperating_units"] == cooperating
        pile = "repeat" if "duplicate" in want["problems"] else "waits" if want["problems"] else "ready"
        assert got.pile == pile, want["row"]
        named = {
            "due": "due_on",
            "acceptance_standard": "acceptance_standard",
            "responsible_person": "responsible_person",
        }
        assert {p["field"] for p in got.problems} == {named[p] for p in want["problems"] if p != "duplicate"}
    rest = {row.row for row in reading.rows} - {want["row"] for want in expected(name)}
    assert all(read[number].pile == "skipped" and read[number].reason for number in rest)


def test_the_county_ledger_row_by_row_reasons():
    reading = read_hazard_rows(DATA / COUNTY, filename=COUNTY, season=SEASON)
    assert [row.row for row in reading.rows] == list(range(4, 64))
    assert {row.row: row.reason for row in reading.rows if row.pile == "skipped"} == {
        19: "小计行", 27: "重复的表头", 28: "空行", 37: "小计行", 48: "小计行", 60: "小计行", 62: "合计行", 63: "表尾",
    }  # fmt: skip
    assert reading.rows[57].repeats == 7
    assert reading.counts() == {"ready": 45, "waits": 6, "repeat": 1, "skipped": 8}
    head = head_of(reading.sheet, HAZARDS) | {"year": reading.year}
    assert (head["sheet"], head["title"], head["unit"]) == (
        "台账", "2025年全县供热“冬病夏治”隐患排查整改台账", "临岭县住房和城乡建设局",
    )  # fmt: skip
    assert (head["written_on"], head["year"], head["head_rows"], head["unread"]) == ("2025-07-20", 2025, [3], [])


def test_a_problem_names_the_cell_and_what_was_read_there():
    reading = read_hazard_rows(DATA / COUNTY, filename=COUNTY, season=SEASON)
    [problem] = reading.rows[21].problems
    assert problem == {
        "field": "due_on", "cell": "L25", "read": "2025/9/31",
        "expected": "没有这一天，请改为具体日期，例如 2025-09-30",
    }  # fmt: skip


def test_the_raw_cells_are_kept_as_a_person_sees_them():
    raw = read_hazard_rows(DATA / COUNTY, filename=COUNTY, season=SEASON).rows[7].raw
    assert raw["供热企业"] == "城源热力有限公司"  # merged down from row 4
    assert (raw["整改时限"], raw["发现日期"], raw["序号"]) == ("45889", "2025-05-24", "8")


def test_the_company_of_a_ledger_without_unit_column_is_in_its_title():
    reading = read_hazard_rows(DATA / COMPANY, filename=COMPANY, season=SEASON)
    assert {row.fields["responsible_unit"] for row in reading.rows} == {"惠民供热中心"}
    assert reading.rows[0].fields["facility_kind"] == FacilityKind.BOILER.label


def test_fields_have_a_fixed_order_and_are_json_ready():
    fields = read_hazard_rows(DATA / COMPANY, filename=COMPANY, season=SEASON).rows[0].fields
    assert list(fields)[:13] == [
        "problem_point", "description", "facility_kind", "responsible_unit", "cooperating_units", "responsible_person",
        "phone", "found_on", "due_on", "urgency", "grade", "acceptance_standard", "claimed_closed",
    ]  # fmt: skip
    assert json.loads(json.dumps(fields)) == fields
