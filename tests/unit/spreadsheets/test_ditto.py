"""同上 in a cell means what the entry above says there."""

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


def test_where_nothing_is_above_it_is_what_it_says() -> None:
    [row] = entries(read(xlsx([HEAD, entry(1, 整改时限="同上")])))
    assert row.pile == "waits"
    assert [(each["field"], each["read"]) for each in row.problems] == [("due_on", "同上")]
