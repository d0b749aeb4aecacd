"""What each company's season rests on: its last estimate, and the targets that are or were in force. One read."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F

from accounts.models import Unit
from coal.cover import DayNeed
from coal.demand_enums import MilestoneKind, TargetStatus
from coal.demand_selectors import BY_TARGET, estimated_need
from coal.models import Estimate, Target, TargetMilestone
from facilities.models import Season

IN_FORCE_ONCE = (TargetStatus.APPROVED, TargetStatus.SUPERSEDED)
TARGET = ("id", "revision", "status", "quantity_t", "quantity_tce", "mean_day_t", "coldest_day_t", "approved_on")
MILESTONE = ("id", "kind", "due_on", "share_percent", "quantity_t", "cover_days")

ORDER = ("company_id", "number", "targets__revision", "targets__milestones__due_on", "targets__milestones__pk")


@dataclass(frozen=True, slots=True)
class Agreed:
    """A revision that is or was in force, as far as TARGET goes, with its milestones by date."""

    target: Target
    milestones: list[TargetMilestone] = field(default_factory=list)

    def of_kind(self, kind: MilestoneKind) -> list[TargetMilestone]:
        return [each for each in self.milestones if each.kind == kind]


@dataclass(slots=True)
class Basis:
    """`estimated`: by the last estimate; `agreed`: the revisions, the earliest first."""

    estimated: DayNeed = field(default_factory=DayNeed)
    agreed: list[Agreed] = field(default_factory=list)

    @property
    def in_force(self) -> Agreed | None:
        return next((each for each in self.agreed if each.target.status == TargetStatus.APPROVED), None)

    def in_force_on(self, day: dt.date) -> Agreed | None:
        """The revision that was in force on an earlier day; of one without a date it is taken that it always was."""
        approved = [each for each in self.agreed if (each.target.approved_on or dt.date.min) <= day]
        return approved[-1] if approved else None

    @property
    def day_need(self) -> DayNeed:
        """Of the target in force, else of the last estimate by the design load."""
        return self.day_need_by(self.in_force)

    def day_need_by(self, agreed: Agreed | None) -> DayNeed:
        """Of that revision, else of the last estimate by the design load."""
        if agreed is None:
            return self.estimated
        return DayNeed(agreed.target.mean_day_t, agreed.target.coldest_day_t, BY_TARGET)


def bases(season: Season, companies: Sequence[Unit]) -> dict[int, Basis]:
    """By the company's pk. One query: a target rests on an estimate, so all are found from the estimates."""
    known, found = {company.pk: company for company in companies}, {company.pk: Basis() for company in companies}
    revisions: dict[int, Agreed] = {}
    last = None
    for row in _rows(season, known):
        basis = found[row.company_id]
        if row.pk != last:
            last, basis.estimated = row.pk, estimated_need(row)
        if row.target_status not in IN_FORCE_ONCE:
            continue
        if (agreed := revisions.get(row.target_id)) is None:
            target = Target(company=known[row.company_id], season=season, **_named(row, "target", TARGET))
            agreed = revisions[row.target_id] = Agreed(target)
            basis.agreed.append(agreed)
        if row.milestone_id is not None:
            agreed.milestones.append(TargetMilestone(target=agreed.target, **_named(row, "milestone", MILESTONE)))
    for basis in found.values():
        basis.agreed.sort(key=lambda each: each.target.revision)
    return found


def _rows(season: Season, companies: Iterable[int]) -> Iterable[Any]:
    """An estimate for each of its targets' milestones, with both beside it; the last estimate of a company last."""
    beside = {f"target_{name}": F(f"targets__{name}") for name in TARGET}
    beside |= {f"milestone_{name}": F(f"targets__milestones__{name}") for name in MILESTONE}
    estimates = Estimate.objects.filter(season=season, company__in=list(companies)).annotate(**beside)
    return estimates.order_by(*ORDER)


def _named(row: Any, of: str, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, f"{of}_{name}") for name in names}
