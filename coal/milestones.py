"""The milestones that a target begins with: which day each falls on in a season, and the share that a county expects.

They are a default that each target may differ from; the shares stand in `coal.inputs` and a county may change them.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Protocol

from coal.demand import rounded
from coal.demand_enums import MilestoneKind
from coal.inputs import Input
from common.ui import prose_day


class SeasonDates(Protocol):
    @property
    def heating_start_on(self) -> dt.date: ...
    @property
    def year(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Planned:
    """`amount`: percent of the target, or, of COVER, days."""

    kind: MilestoneKind
    due_on: dt.date
    amount: Decimal

    def quantity_t(self, target_t: Decimal) -> Decimal | None:
        """The tonnes that a share of the target is; None for days of cover."""
        return None if self.kind is MilestoneKind.COVER else rounded(target_t * self.amount / 100)


def usual_milestones(season: SeasonDates, inputs: Mapping[str, Input]) -> list[Planned]:
    """Contracts by the end of June; arrivals by the ends of August and September and the day before heating starts;
    the least cover from the first day of heating on."""
    year, start = season.year, season.heating_start_on
    rows = (
        (MilestoneKind.CONTRACTED, dt.date(year, 6, 30), "contracted_percent"),
        (MilestoneKind.ARRIVED, dt.date(year, 8, 31), "august_percent"),
        (MilestoneKind.ARRIVED, dt.date(year, 9, 30), "september_percent"),
        (MilestoneKind.ARRIVED, start - dt.timedelta(days=1), "start_percent"),
        (MilestoneKind.COVER, start, "cover_days"),
    )
    return [Planned(kind, day, inputs[name].typical or Decimal(0)) for kind, day, name in rows]


def problems_of(planned: list[Planned]) -> list[str]:
    """What is wrong with them taken together, in Chinese: two on one day, arrivals that go down again."""
    found = []
    seen: set[tuple[MilestoneKind, dt.date]] = set()
    for each in planned:
        if (each.kind, each.due_on) in seen:
            found.append(f"{each.kind.label}在 {each.due_on} 有两个节点，请只留一个")
        seen.add((each.kind, each.due_on))
    for kind in (MilestoneKind.CONTRACTED, MilestoneKind.ARRIVED):
        ordered = sorted((each for each in planned if each.kind is kind), key=lambda each: each.due_on)
        for before, after in pairwise(ordered):
            if after.amount < before.amount:
                found.append(
                    f"{kind.label}：{after.due_on} 的 {after.amount.normalize():f}% 低于此前 {before.due_on} 的 "
                    f"{before.amount.normalize():f}%，累计比例不能倒退"
                )
    return found


def departures(planned: list[Planned], season: SeasonDates, inputs: Mapping[str, Input]) -> list[str]:
    """Where a plan asks for less than the county usually does by the same day, in Chinese: contracts, arrivals and the
    least cover. Empty where it does not, and of a plan without arrivals, which is not taken at all. A plan that says
    nothing of cover is bound by the county's days."""
    own = {kind: [each for each in planned if each.kind is kind] for kind in MilestoneKind}
    if not own[MilestoneKind.ARRIVED]:
        return []
    found = []
    for usual in usual_milestones(season, inputs):
        if usual.kind is MilestoneKind.COVER:
            asked = _least_asked(own[usual.kind], usual.due_on) if own[usual.kind] else usual.amount
        else:
            asked = max((each.amount for each in own[usual.kind] if each.due_on <= usual.due_on), default=Decimal(0))
        if asked < usual.amount:
            found.append(_departure(usual, asked, season))
    return found


def _least_asked(covers: list[Planned], first: dt.date) -> Decimal:
    """The fewest days of cover that a plan is content with from that day on."""
    ordered = sorted(covers, key=lambda each: each.due_on)
    before = [each.amount for each in ordered if each.due_on <= first]
    return min([before[-1] if before else Decimal(0), *(each.amount for each in ordered if each.due_on > first)])


def _departure(usual: Planned, asked: Decimal, season: SeasonDates) -> str:
    """8月31日前的到货节点只到 20%，低于本县常用的 40%"""
    heating, amount = f"供暖（{prose_day(season.heating_start_on)}）", f"{usual.amount.normalize():f}"
    if usual.kind is MilestoneKind.COVER:
        if not asked:
            return f"{heating}起没有要求最低可用天数，本县常用的是 {amount} 天"
        return f"供暖期最低可用天数只要 {asked.normalize():f} 天，低于本县常用的 {amount} 天"
    is_last = usual.due_on == season.heating_start_on - dt.timedelta(days=1)
    when = f"{heating}前" if is_last else f"{prose_day(usual.due_on)}前"
    what = "到货" if usual.kind is MilestoneKind.ARRIVED else "合同"
    if not asked:
        return f"{when}没有{what}节点，本县常用的是{'到货' if what == '到货' else '签订合同'} {amount}%"
    return f"{when}的{what}节点只到 {asked.normalize():f}%，低于本县常用的 {amount}%"
