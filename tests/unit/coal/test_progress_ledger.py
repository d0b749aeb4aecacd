"""Cells of progress tables: heat values in any unit, areas and tonnes by what head or measures name."""

from decimal import Decimal

import pytest

from coal.progress_ledger import PROGRESS, read_area, read_heat_value


@pytest.mark.parametrize(
    ("text", "head", "expected"),
    [
        ("5000", "收到基低位发热量（kcal/kg）", "20.9340"),
        ("5,000", "热值(大卡/千克)", "20.9340"),
        ("5000大卡", "热值", "20.9340"),
        ("20.934", "热值（MJ/kg）", "20.9340"),
        ("20934", "热值（kJ/kg）", "20.9340"),
        ("20934千焦/千克", "热值", "20.9340"),
        ("4733", "热值", "19.8161"),
        ("20.9", "热值", "20.9000"),
        ("20934", "热值", "20.9340"),
    ],
)
def test_heat_values_in_mj_per_kg(text: str, head: str, expected: str) -> None:
    assert read_heat_value(text, head).value == Decimal(expected)


@pytest.mark.parametrize(
    ("text", "head"), [("500", "热值（kcal/kg）"), ("5000", "热值（MJ/kg）"), ("900", "热值"), ("优", "热值")]
)
def test_what_is_no_coal_is_refused(text: str, head: str) -> None:
    reading = read_heat_value(text, head)
    assert reading.value is None
    assert reading.expected


@pytest.mark.parametrize(
    ("column", "text", "head", "expected"),
    [
        ("area_10k_m2", "300.4", "供热面积\n吨、万平方米", "300.4"),
        ("area_10k_m2", "3004000", "供热面积（㎡）", "300.4"),
        ("area_10k_m2", "3004000米2", "供热面积", "300.4"),
        ("target_t", "55,303", "储备目标", "55303"),
        ("target_t", "5.53", "储备目标（万吨）", "55300"),
    ],
)
def test_areas_and_tonnes(column: str, text: str, head: str, expected: str) -> None:
    parse = PROGRESS.by_name[column].parse
    assert parse is not None
    assert parse(text, head).value == Decimal(expected)


def test_an_area_that_must_be_in_square_metres_is_asked_about() -> None:
    reading = read_area("1,205,000", "供热面积")
    assert reading.value is None
    assert reading.expected == "按万㎡读是 1205000，太大；如果写的是㎡，请在表头或单位栏写明，或在这里填万㎡"
    assert read_area("1,205,000", "供热面积（㎡）").value == Decimal("120.5")
