"""同上 in a cell means what the entry above says there."""

from common.spreadsheets.heads import find_ledger
from common.spreadsheets.rows import RowKind
from common.spreadsheets.workbook import open_workbook
from inspections.ledger import HAZARDS
from tests.workbooks import HEAD, entries, entry, read, xlsx

SAME = {"责任单位": "同上", "责任人": "〃", "联系电话": "同上", "整改时限": "（同上）"}


def test_it_means_what_the_entry_above_says_however_far_above() -> None:
    reading = read(xlsx([HEAD, entry(1), entry(2, **SAME), entry(3, **SAME, 问题点位="同上")]))
    _, second, third = entries(reading)
    names = ("responsible_unit", "responsible_person", "phone", "due_on")
    wanted = ["城源热力有限公司", "周德福", "15577156893", "2025-08-12"]
    for row in (second, third):
        assert (row.pile, row.problems) == ("ready", [])
        assert [row.fields[name] for name in names] == wanted
    assert third.fields["problem_point"] == "幸福里换热站"
    assert second.raw["责任单位"] == "同上", "what was written stays"


def test_a_sum_between_is_no_entry() -> None:
    rows = [HEAD, entry(1), ["", "小计", "1 条"], entry(2, **SAME)]
    assert entries(read(xlsx(rows)))[1].fields["responsible_person"] == "周德福"


def test_in_a_column_that_is_written_once_for_several_rows() -> None:
    above = ["城源热力有限公司", "", "", "同上", "", ""]
    rows = [entry(n, 供热企业=company, 责任单位="") for n, company in enumerate(above, 1)]
    assert {row.fields["responsible_unit"] for row in entries(read(xlsx([HEAD, *rows])))} == {"城源热力有限公司"}


def test_of_an_empty_cell_it_means_nothing() -> None:
    _, row = entries(read(xlsx([HEAD, entry(1, 责任人="", 联系电话=""), entry(2, 责任人="同 上", 联系电话="同上，")])))
    assert (row.fields["responsible_person"], row.fields["phone"]) == (None, None)


def test_it_does_not_reach_above_the_heading_of_a_part() -> None:
    first, second = entry(1, 责任单位="北苑供热站"), entry(2, 责任单位="同上")
    rows = [HEAD, ["一、北苑供热站"], first, ["二、城源热力有限公司"], second]
    found = find_ledger(open_workbook(xlsx(rows)), HAZARDS)
    below = [row for row in found.rows if row.kind is RowKind.DATA][1]
    assert (below.text("responsible_unit"), below.dangling) == ("", [("responsible_unit", "同上")])
