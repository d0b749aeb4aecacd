"""How far coal lasts through a cold spell, beside the plan."""

import datetime as dt
from decimal import Decimal

import pytest

from coal.cold_spell import Burning, Part, Spell, WhatIf, shares, what_if

# 23 K between 18 and −5 take 230 t a day: 10 t for each.
BURNING = Burning(Decimal(230), Decimal(18), Decimal(-5))
FIRST = dt.date(2026, 12, 1)


def found(stock_t: int, spell: Spell, until: dt.date, arrivals_t: int = 0) -> WhatIf:
    return what_if([Part(Decimal(stock_t), BURNING, Decimal(arrivals_t))], spell, first=FIRST, until=until)


def test_a_day_burns_by_its_temperature() -> None:
    assert BURNING.at(Decimal(-15)) == 330
    assert BURNING.at(Decimal(-5)) == 230
    assert BURNING.at(Decimal(20)) == 0


def test_a_spell_eats_days_of_the_plan() -> None:
    result = found(2300, Spell(dt.date(2026, 12, 3), 5, Decimal(-15)), dt.date(2026, 12, 20))
    assert (result.plan.last_day, result.plan.runs_out) == (dt.date(2026, 12, 10), True)
    # 2 · 230 + 5 · 330 = 2110; the eighth day needs 230 of the 190 that are left.
    assert (result.spell.last_day, result.spell.runs_out) == (dt.date(2026, 12, 7), True)
    assert result.spell.stock_t[6] == (dt.date(2026, 12, 7), 190)
    assert result.more_t == 500
    assert (result.plan.lacking_t, result.spell.lacking_t) == (2300, 2800)


def test_to_the_last_tonne_is_enough() -> None:
    result = found(460, Spell(FIRST, 0, Decimal(-15)), dt.date(2026, 12, 2))
    assert (result.plan.last_day, result.plan.runs_out, result.plan.lacking_t) == (dt.date(2026, 12, 2), False, 0)


def test_a_third_of_the_last_tonne_is_enough_too() -> None:
    """A third has no end: what is less than the book writes down is nothing."""
    [share, _] = shares([Decimal(1), Decimal(2)], [Decimal(0), Decimal(0)])
    part = Part(Decimal("153.33"), BURNING.part(share))
    result = what_if([part], Spell(FIRST, 0, Decimal(-15)), first=FIRST, until=dt.date(2026, 12, 2))
    assert (result.plan.last_day, result.plan.runs_out) == (dt.date(2026, 12, 2), False)


def test_without_coal_for_the_first_day_there_is_no_last_day() -> None:
    result = found(100, Spell(FIRST, 1, Decimal(-20)), FIRST)
    assert (result.plan.last_day, result.spell.stock_t) == (None, ((FIRST, Decimal(-280)),))


def test_what_arrives_every_day_counts() -> None:
    result = found(100, Spell(FIRST, 0, Decimal(0)), dt.date(2027, 3, 15), 230)
    assert not result.plan.runs_out
    assert result.plan.last_day == dt.date(2027, 3, 15)


def test_parts_together_burn_and_have_what_they_burn_and_have_apart() -> None:
    other = Part(Decimal(1000), Burning(Decimal(100), Decimal(18), Decimal(-2)), Decimal(10))
    spell = Spell(dt.date(2026, 12, 2), 1, Decimal(-12))
    result = what_if([Part(Decimal(500), BURNING), other], spell, first=FIRST, until=dt.date(2026, 12, 5))
    # 1 500 − 330 + 10 = 1 180; the cold day takes 300 + 150
    assert [stock_t for _, stock_t in result.spell.stock_t[:2]] == [1180, 740]
    assert (result.plan.last_day, result.spell.last_day) == (dt.date(2026, 12, 4), dt.date(2026, 12, 4))
    assert (result.plan.lacking_t, result.spell.lacking_t) == (100, 220)


@pytest.mark.parametrize(
    ("used_t", "stocks_t", "expected"),
    [((30, 10), (0, 900), ["0.75", "0.25"]), ((0, 0), (300, 100), ["0.75", "0.25"]), ((0, 0), (0, 0), ["0.5", "0.5"])],
)
def test_each_yard_feeds_what_it_fed_lately_else_as_much_as_it_has(
    used_t: tuple[int, int], stocks_t: tuple[int, int], expected: list[str]
) -> None:
    assert shares([*map(Decimal, used_t)], [*map(Decimal, stocks_t)]) == [*map(Decimal, expected)]
