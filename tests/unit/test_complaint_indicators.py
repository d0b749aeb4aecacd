"""The formulas of the indicators, and what is said where there is nothing to divide by."""

import dataclasses
from decimal import Decimal

import pytest

from complaints.hot_spots import Spot, ranking
from complaints.indicators import INDICATORS, Tally, Volume
from complaints.models import Counting
from complaints.sizes import Size
from facilities.models import Community

BY_NAME = {each.name: each for each in INDICATORS}
TALLY = Tally(
    Volume(received=120, withdrawn=9, received_and_withdrawn=7), valid=100, repeats=15, answerable=80, in_time=72,
    called_back=50, asked_contact=50, contacted=45, solved=40, asked_satisfaction=50, satisfied=30, fairly_satisfied=10,
    measured=8, warm_enough=6,
)  # fmt: skip
SIZE = Size(households=25_000, area_m2=Decimal(2_000_000))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("received", "120"), ("withdrawn", "9"), ("net", "113"),
        ("per_10k_households", "40.00"),  # 100 / 25 000 × 10 000
        ("per_10k_m2", "0.565"),  # 113 / 200
        ("contacted", "90.0"), ("solved", "80.0"),
        ("satisfied", "78.0"),  # (30 + 0.9 × 10) / 50
        ("in_time", "90.0"), ("warm_enough", "75.0"), ("repeated", "15.0"),
    ],
)  # fmt: skip
def test_the_values(name: str, value: str) -> None:
    assert str(BY_NAME[name].figure(TALLY, SIZE, Counting()).value) == value


def test_repeats_that_do_not_count_are_taken_out_of_the_rate() -> None:
    counting = Counting(with_repeats=False)
    assert BY_NAME["per_10k_households"].figure(TALLY, SIZE, counting).value == Decimal("34.00")
    assert BY_NAME["repeated"].figure(TALLY, SIZE, counting).value == Decimal("15.0")


def test_the_weights_are_settings() -> None:
    counting = Counting(fairly_weight=Decimal("0.5"))
    assert BY_NAME["satisfied"].figure(TALLY, SIZE, counting).value == Decimal("70.0")


def test_a_question_left_open_is_in_neither_part_of_its_rate() -> None:
    fewer = dataclasses.replace(TALLY, asked_contact=46, asked_satisfaction=40)
    assert str(BY_NAME["contacted"].figure(fewer, SIZE, Counting()).value) == "97.8"  # 45 / 46
    assert str(BY_NAME["satisfied"].figure(fewer, SIZE, Counting()).value) == "97.5"  # 39 / 40


def test_nothing_to_divide_by_is_said_and_never_a_nought() -> None:
    for name, indicator in BY_NAME.items():
        figure = indicator.figure(Tally(), Size(), Counting())
        if indicator.count:
            assert figure.value == 0
        else:
            assert figure.value is None, name
            assert figure.why, name


def test_hot_spots_rank_by_the_rate_and_leave_out_what_says_nothing() -> None:
    counting = Counting(least_households=100)
    spots = [
        Spot(Community(name="甲"), 1, 5, 1000),
        Spot(Community(name="乙"), 1, 4, 100),
        Spot(Community(name="丙"), 1, 9, 99),
        Spot(Community(name="丁"), 1, 2, None),
        Spot(Community(name="戊"), 1, 0, 500),
        Spot(Community(name="己"), 3, 1, None),
    ]
    found = ranking(spots, counting)
    assert [(str(spot.place), spot.per_1000) for spot in found.ranked] == [
        ("乙", Decimal("40.0")),
        ("甲", Decimal("5.0")),
    ]
    assert [(str(spot.place), why) for spot, why in found.apart] == [
        ("丙", "只有 99 户，少于 100 户"), ("丁", "没有登记户数"), ("己", "有小区没有登记户数"),
    ]  # fmt: skip
