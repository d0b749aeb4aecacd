"""What a check's figures mean by a county's values."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from coal.check_enums import CheckLevel as Level
from coal.check_enums import CoverState
from coal.judging import judge, level_of, worst

BOUNDS = (Decimal(50), Decimal(60), Decimal(80))
RULES: Any = SimpleNamespace(
    of={
        "temperature": BOUNDS, "pile_height": (Decimal(6), Decimal(8), Decimal(12)),
        "co": (Decimal(24), Decimal(50), Decimal(100)),
    }.__getitem__,
    smoke_level=Level.EMERGENCY, cover_level=Level.NOTICE, fire_level=Level.ACT,
)  # fmt: skip


def checked(**values: Any) -> Any:
    usual = {"pile_height_m": Decimal(4), "co_ppm": None, "smoke_seen": False, "cover": CoverState.GOOD}
    return SimpleNamespace(**{**usual, "fire_equipment_in_order": True, **values})


@pytest.mark.parametrize(
    ("celsius", "level"),
    [
        ("-5", Level.NORMAL), ("49.9", Level.NORMAL), ("50", Level.NOTICE), ("59.9", Level.NOTICE),
        ("60", Level.ACT), ("80", Level.ACT), ("80.1", Level.EMERGENCY),
    ],
)  # fmt: skip
def test_normal_below_50_act_from_60_emergency_above_80(celsius: str, level: Level) -> None:
    assert level_of(Decimal(celsius), BOUNDS) is level


def test_everything_in_order_is_normal() -> None:
    found = judge(checked(), [("1号", None, Decimal(32))], RULES)
    assert (found, worst(found)) == ([], Level.NORMAL)


def test_the_worst_stands_first_and_says_where_and_by_which_value() -> None:
    check = checked(pile_height_m=Decimal("6.5"), co_ppm=Decimal(24), cover=CoverState.BAD, smoke_seen=True)
    points = [("1号", Decimal("1.5"), Decimal("66.0")), ("2号", None, Decimal(45)), ("3号", None, Decimal("86.5"))]
    found = judge(check, points, RULES)
    assert found == [
        (Level.EMERGENCY, "3号煤温 86.5 ℃，超过紧急的 80 ℃"),
        (Level.EMERGENCY, "煤堆冒烟"),
        (Level.ACT, "1号（深 1.5 m）煤温 66 ℃，达到需处理的 60 ℃"),
        (Level.NOTICE, "堆高 6.5 m，达到关注的 6 m"),
        (Level.NOTICE, "一氧化碳 24 ppm，达到关注的 24 ppm"),
        (Level.NOTICE, "苫盖有破损或没盖"),
    ]
    assert worst(found) is Level.EMERGENCY


def test_what_a_county_takes_for_normal_is_no_finding() -> None:
    rules: Any = SimpleNamespace(**{**vars(RULES), "cover_level": Level.NORMAL})
    assert judge(checked(cover=CoverState.BAD), [], rules) == []
    assert judge(checked(fire_equipment_in_order=False), [], rules) == [(Level.ACT, "消防器材不齐全或不完好")]
    assert judge(checked(cover=CoverState.NONE), [], RULES) == []
