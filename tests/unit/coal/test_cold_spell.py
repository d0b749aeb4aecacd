"""How far coal lasts through a cold spell, beside the plan."""

import datetime as dt
from decimal import Decimal

from coal.cold_spell import Burning, Spell, what_if

# 23 K between 18 and −5 take 230 t a day: 10 t for each.
BURNING = Burning(Decimal(230), Decimal(18), Decimal(-5))
FIRST = dt.date(2026, 12, 1)


def test_a_day_burns_by_its_temperature() -> None:
    assert BURNING.at(Decimal(-15)) == 330
    assert BURNING.at(Decimal(-5)) == 230
    assert BURNING.at(Decimal(20)) == 0


def test_a_spell_eats_days_of_the_plan() -> None:
    spell = Spell(dt.date(2026, 12, 3), 5, Decimal(-15))
    found = what_if(Decimal(2300), BURNING, spell, first=FIRST, until=dt.date(2026, 12, 20))
    assert (found.plan.last_day, found.plan.runs_out) == (dt.date(2026, 12, 10), True)
    # 2 · 230 + 5 · 330 = 2110; the eighth day needs 230 of the 190 that are left.
    assert (found.spell.last_day, found.spell.runs_out) == (dt.date(2026, 12, 7), True)
    assert found.spell.stock_t[6] == (dt.date(2026, 12, 7), 190)
    assert found.more_t == 500
    assert (found.plan.lacking_t, found.spell.lacking_t) == (2300, 2800)


def test_to_the_last_tonne_is_enough() -> None:
    spell = Spell(FIRST, 0, Decimal(-15))
    found = what_if(Decimal(460), BURNING, spell, first=FIRST, until=dt.date(2026, 12, 2))
    assert (found.plan.last_day, found.plan.runs_out, found.plan.lacking_t) == (dt.date(2026, 12, 2), False, 0)


def test_without_coal_for_the_first_day_there_is_no_last_day() -> None:
    found = what_if(Decimal(100), BURNING, Spell(FIRST, 1, Decimal(-20)), first=FIRST, until=FIRST)
    assert (found.plan.last_day, found.spell.stock_t) == (None, ((FIRST, Decimal(-280)),))


def test_what_arrives_every_day_counts() -> None:
    found = what_if(
        Decimal(100), BURNING, Spell(FIRST, 0, Decimal(0)), first=FIRST, until=dt.date(2027, 3, 15),
        arrivals_t=Decimal(230),
    )  # fmt: skip
    assert not found.plan.runs_out
    assert found.plan.last_day == dt.date(2027, 3, 15)
