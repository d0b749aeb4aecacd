"""Milestones of targets in force: which there are, and which are reached."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from accounts.models import Unit
from coal.demand_enums import MilestoneKind, TargetStatus
from coal.demand_selectors import supplies
from coal.models import MilestoneDuty, TargetMilestone
from coal.progress import Supply
from coal.supply_selectors import contracted_supplies
from common import clock
from common.ui import quantity
from facilities.models import Season

# How much of what a kind of milestone asks for there is, by company: (season, companies, until) → {company's pk: …}.
Measure = Callable[[Season, Iterable[Unit], dt.date], Mapping[int, Supply]]
MEASURED: dict[MilestoneKind, Measure] = {
    MilestoneKind.CONTRACTED: contracted_supplies,
    MilestoneKind.ARRIVED: supplies,
}
ASKED = {MilestoneKind.CONTRACTED: "应签合同", MilestoneKind.ARRIVED: "应到货"}
Key = tuple[int, int, str, dt.date]


def note(as_of: dt.date) -> None:
    """By today's book, whatever day is tried: what is reached is reached.

    Two queries, and four for each county whose targets have milestones; one for each milestone that has changed. What a
    milestone asks for that was missed before it came under watch, because its target was approved late, people are not
    told of; of one that is no longer reached they are.
    """
    today = clock.today()
    found = TargetMilestone.objects.filter(
        kind__in=list(MEASURED), target__status=TargetStatus.APPROVED,
        target__season__summer_start_on__lte=today, target__season__heating_end_on__gte=today,
    )  # fmt: skip
    milestones = {_key(each): each for each in found.select_related("target__company", "target__season").order_by("pk")}
    duties = _duties(milestones)
    if missing := [key for key in milestones if key not in duties]:
        MilestoneDuty.objects.bulk_create((_new(milestones[key]) for key in missing), ignore_conflicts=True)
        duties = _duties(milestones)
    stands = _stands(milestones, today)
    for key in sorted(duties, key=lambda key: duties[key].pk):
        _keep(duties[key], stands[key])


def _key(milestone: TargetMilestone) -> Key:
    target = milestone.target
    return target.company_id, target.season_id, milestone.kind, milestone.due_on


def _duties(milestones: Mapping[Key, TargetMilestone]) -> dict[Key, MilestoneDuty]:
    seasons = {season for _, season, _, _ in milestones}
    found = MilestoneDuty.objects.filter(season__in=seasons)
    by_key = {(each.company_id, each.season_id, each.kind, each.due_on): each for each in found}
    return {key: duty for key, duty in by_key.items() if key in milestones}


def _new(milestone: TargetMilestone) -> MilestoneDuty:
    target = milestone.target
    return MilestoneDuty(
        county_id=target.county_id, company_id=target.company_id, season_id=target.season_id, kind=milestone.kind,
        due_on=milestone.due_on, milestone=milestone, watched_since=clock.now(),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Stand:
    milestone_id: int
    reached_on: dt.date | None
    standing: str


def _stands(milestones: Mapping[Key, TargetMilestone], today: dt.date) -> dict[Key, _Stand]:
    groups: dict[tuple[int, str], list[Key]] = {}
    for key in milestones:
        groups.setdefault((key[1], key[2]), []).append(key)
    found = {}
    for (_, kind), keys in groups.items():
        targets = [milestones[key].target for key in keys]
        known = MEASURED[MilestoneKind(kind)](targets[0].season, {each.company for each in targets}, today)
        for key in keys:
            found[key] = _stand(milestones[key], known.get(key[0]), today)
    return found


def _stand(milestone: TargetMilestone, supply: Supply | None, today: dt.date) -> _Stand:
    """应到货 4 800 t（40%），已到位 3 120 t，还差 1 680 t"""
    wanted_t = milestone.quantity_t or Decimal(0)
    supply = supply or Supply(milestone.due_on, Decimal(0), {})
    there_t = supply.in_place_t(today)
    kind, lacking_t = MilestoneKind(milestone.kind), max(Decimal(0), wanted_t - there_t)
    share = quantity(milestone.share_percent)
    standing = f"{ASKED[kind]} {quantity(wanted_t)} t（{share}%），已有 {quantity(there_t)} t"
    if lacking_t:
        standing += f"，还差 {quantity(lacking_t)} t"
    return _Stand(milestone.pk, supply.reached_on(wanted_t), standing)


def _keep(duty: MilestoneDuty, stand: _Stand) -> None:
    """Write what differs, unless somebody else has meanwhile begun another round."""
    values: dict[str, Any] = {
        "milestone_id": stand.milestone_id, "reached_on": stand.reached_on, "standing": stand.standing,
    }  # fmt: skip
    if all(getattr(duty, name) == value for name, value in values.items()):
        return
    seen = MilestoneDuty.objects.filter(pk=duty.pk, round=duty.round)
    if duty.reached_on and not stand.reached_on:
        seen, values = seen.filter(reached_on__isnull=False), values | {"round": duty.round + 1, "watched_since": None}
    seen.update(**values)
