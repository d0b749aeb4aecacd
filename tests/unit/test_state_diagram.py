"""The diagram in docs/architecture.md is made from the table of moves, and is that of today."""

import pytest

from inspections.diagram import BEGIN, END, diagram, table, written_into
from inspections.management.commands.state_diagram import DOCUMENT


def test_the_document_is_up_to_date():
    text = DOCUMENT.read_text(encoding="utf-8")
    assert written_into(text) == text, "run `manage.py state_diagram`"


def test_every_move_from_every_state_is_drawn():
    lines = [line.strip() for line in diagram().splitlines()]
    for line in (
        "pending --> issued : 下达",
        "issued --> pending : 退回住建局",
        "awaiting_acceptance --> closed : 验收合格",
        "rectifying --> rectifying : 制定方案、填报进度、申请延期、审批延期、调整责任或时限",
        "closed --> issued : 复发重开",
        "awaiting_acceptance --> void : 作废",
        "void --> [*]",
    ):
        assert line in lines
    assert len([line for line in lines if "-->" in line]) == 1 + 11 + 4 + 2


def test_the_table_says_who_from_where_and_what_it_demands():
    assert "| 退回住建局 | 待签收 | 待下达 | 责任单位 | `sign_hazard` | 退回理由 |" in table().splitlines()


def test_what_stands_around_the_markers_stays():
    new = written_into(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    assert new.startswith(f"before\n{BEGIN}\n```mermaid")
    assert new.endswith(f"{END}\nafter\n")
    assert "old" not in new
    with pytest.raises(ValueError, match="lacks the markers"):
        written_into("no markers")
