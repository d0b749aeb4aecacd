"""A cold spell at companies and their yards, beside the plan, from what they burn now. No query, no clock."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from accounts.models import Unit
from coal.burning import Burn, CompanyNow, Span, YardNow
from coal.cold_spell import Part, Spell, WhatIf, shares, what_if
from coal.cover import Stock
from coal.demand import rounded, tce

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class YardSpell:
    """`share`: which part of the company's coal it feeds; `found`: how far its own coal lasts for that."""

    now: YardNow
    part: Part
    share: Decimal
    cold_day_t: Decimal
    found: WhatIf

    @property
    def share_percent(self) -> Decimal:
        return rounded(self.share * 100, 1)


@dataclass(frozen=True, slots=True)
class CompanySpell:
    """`found`: of all its coal together, as if it were carried from yard to yard in time."""

    now: CompanyNow
    burn: Burn
    part: Part
    cold_day_t: Decimal
    found: WhatIf
    yards: list[YardSpell]

    @property
    def company(self) -> Unit:
        return self.now.company

    @property
    def stock(self) -> Stock:
        """By the book, with its heat."""
        return sum((each.stock for each in self.now.yards), Stock())

    @property
    def is_by_use(self) -> bool:
        """Whether the shares are those of the last days' use; else they are those of the stocks."""
        return any(each.used_t for each in self.now.yards)

    @property
    def lacking_tce(self) -> Decimal:
        """In the spell, at the heat value for which the company's need was reckoned."""
        return rounded(tce(self.found.spell.lacking_t, self.burn.heat_value_mj_per_kg), 0)


def company_spell(
    now: CompanyNow, burn: Burn, spell: Spell, span: Span, given: Mapping[int, tuple[Decimal, Decimal]] | None = None
) -> CompanySpell:
    """`given`: {yard's pk: its stock, what arrives for it every day}, with 0 for a company without a yard; by the book
    and without arrivals if None."""
    piles = given if given is not None else {each.yard.pk: (each.stock.stock_t, NOTHING) for each in now.yards}
    own = [(each, *piles[each.yard.pk]) for each in now.yards]
    whole = Part(
        sum((stock_t for stock_t, _ in piles.values()), NOTHING), burn.burning,
        sum((arrivals_t for _, arrivals_t in piles.values()), NOTHING),
    )  # fmt: skip
    fed = shares([each.used_t for each, _, _ in own], [stock_t for _, stock_t, _ in own])
    yards = []
    for (each, stock_t, arrivals_t), share in zip(own, fed, strict=True):
        part = Part(stock_t, burn.burning.part(share), arrivals_t)
        alone = what_if([part], spell, first=span.first, until=span.last)
        yards.append(YardSpell(each, part, share, part.burning.at(spell.mean_c), alone))
    found = what_if([whole], spell, first=span.first, until=span.last)
    return CompanySpell(now, burn, whole, burn.burning.at(spell.mean_c), found, yards)


class CountySpell:
    """Every company of which it is known what it burns, worst first, and all of them; `unknown`: the others."""

    def __init__(self, now: Sequence[CompanyNow], spell: Spell, span: Span) -> None:
        self.unknown = [each.company for each in now if each.burn is None]
        self.spell, self.span = spell, span
        known = [company_spell(each, each.burn, spell, span) for each in now if each.burn]
        self.rows = sorted(known, key=_worst_first)

    @cached_property
    def stock(self) -> Stock:
        return sum((row.stock for row in self.rows), Stock())

    @property
    def mean_day_t(self) -> Decimal:
        return sum((row.burn.burning.mean_day_t for row in self.rows), NOTHING)

    @property
    def cold_day_t(self) -> Decimal:
        return sum((row.cold_day_t for row in self.rows), NOTHING)

    @property
    def mean_days(self) -> Decimal | None:
        """The sum of the stocks ÷ the sum of the mean days."""
        return rounded(self.stock.stock_t / self.mean_day_t, 1) if self.mean_day_t else None

    @cached_property
    def found(self) -> WhatIf:
        """Sums held against sums: until when all the coal would last if every company could burn it."""
        return what_if([row.part for row in self.rows], self.spell, first=self.span.first, until=self.span.last)

    @property
    def lacking_in_plan_t(self) -> Decimal:
        """What the companies lack, added up: what one has over is not another's."""
        return sum((row.found.plan.lacking_t for row in self.rows), NOTHING)

    @property
    def lacking_in_spell_t(self) -> Decimal:
        return sum((row.found.spell.lacking_t for row in self.rows), NOTHING)

    @property
    def lacking_tce(self) -> Decimal:
        return sum((row.lacking_tce for row in self.rows), NOTHING)


def _worst_first(row: CompanySpell) -> tuple[bool, dt.date, Decimal, dt.date, int]:
    """Who is without coal first, then who lacks most; of those that have enough, the one with a yard that has not."""
    found, empty = row.found.spell, [each.found.spell for each in row.yards if each.found.spell.runs_out]
    first_yard = min((each.last_day or dt.date.min for each in empty), default=dt.date.max)
    last_day = (found.last_day or dt.date.min) if found.runs_out else dt.date.max
    return not found.runs_out, last_day, -found.lacking_t, first_yard, row.company.pk
