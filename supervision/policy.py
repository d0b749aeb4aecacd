"""The policies resolved: which ladder holds for which items, and where on it a step has its place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Prefetch, Q, QuerySet

from supervision.enums import LEVEL_OF_DEADLINE, Measure, OffsetUnit
from supervision.kinds import Kind
from supervision.models import Policy, PolicyStep

# A working week has five days of seven.
HOURS_APART = 20 * 24
DAYS_PER_UNIT = {OffsetUnit.DAYS: 1.0, OffsetUnit.WORKDAYS: 1.4, OffsetUnit.HOURS: 1 / 24}


@dataclass(frozen=True)
class Ladder:
    """The steps in use of one policy, from the mildest to the severest; `before_it`: the policies in use that are more
    special, whose items it is not for."""

    policy: Policy
    steps: tuple[PolicyStep, ...]
    before_it: tuple[Policy, ...] = ()

    def holds_for(self, item: Any, kind: Kind) -> bool:
        return _fits(self.policy, item, kind) and not any(_fits(policy, item, kind) for policy in self.before_it)

    def among(self, kind: Kind, items: QuerySet[Any]) -> QuerySet[Any]:
        """Those of the items that it holds for. No query."""
        found = items.filter(_condition(self.policy, kind))
        for policy in self.before_it:
            found = found.exclude(_condition(policy, kind))
        return found


def ladders(kind: Kind) -> list[Ladder]:
    """Those in use, which share the kind's items among them. Two queries."""
    return resolve(with_steps(Policy.objects.filter(kind=kind.name, is_active=True)))


def ladders_by_kind() -> dict[str, list[Ladder]]:
    """Those in use of every kind, by its name. Two queries, however many kinds there are."""
    by_kind: dict[str, list[Policy]] = {}
    for policy in with_steps(Policy.objects.filter(is_active=True)):
        by_kind.setdefault(policy.kind, []).append(policy)
    return {name: resolve(policies) for name, policies in by_kind.items()}


def with_steps(policies: QuerySet[Policy]) -> QuerySet[Policy]:
    """With the steps of the version in force as `steps.all()`, by level. One query more."""
    in_force = PolicyStep.objects.filter(version=F("policy__version")).order_by("level", "pk")
    return policies.prefetch_related(Prefetch("steps", queryset=in_force))


def steps_in_force(policy: Policy) -> QuerySet[PolicyStep]:
    """Of the version that the database has. One query."""
    return policy.steps.filter(version=F("policy__version")).order_by("level", "pk")


def resolve(policies: Iterable[Policy]) -> list[Ladder]:
    policies = list(policies)
    return [
        ladder_from(policy, [step for step in policy.steps.all() if step.is_active], policies) for policy in policies
    ]


def ladder_from(policy: Policy, steps: Iterable[PolicyStep], policies: Iterable[Policy]) -> Ladder:
    """`policies`: all of the kind that are in use."""
    before_it = [other for other in policies if _rank(other) > _rank(policy) and _overlap(other, policy)]
    return Ladder(policy, tuple(sorted(steps, key=lambda step: step.level)), tuple(before_it))


def ladder_for(item: Any, kind: Kind) -> tuple[PolicyStep, ...]:
    """The steps that hold for the item. Two queries."""
    return next((ladder.steps for ladder in ladders(kind) if ladder.holds_for(item, kind)), ())


def _rank(policy: Policy) -> tuple[bool, bool]:
    return bool(policy.grade), bool(policy.urgency)


def _overlap(one: Policy, other: Policy) -> bool:
    return all(
        not (a and b) or a == b for a, b in ((one.grade, other.grade), (one.urgency, other.urgency))
    )  # fmt: skip


def _fits(policy: Policy, item: Any, kind: Kind) -> bool:
    return all(
        not wanted or getattr(item, name) == wanted
        for name, wanted in ((kind.grade, policy.grade), (kind.urgency, policy.urgency))
    )


def _condition(policy: Policy, kind: Kind) -> Q:
    wanted = ((kind.grade, policy.grade), (kind.urgency, policy.urgency))
    return Q(**{name: value for name, value in wanted if value})


def in_order(steps: Sequence[PolicyStep], kind: Kind, past: Iterable[PolicyStep] = ()) -> list[PolicyStep]:
    """The steps from the mildest to the severest, each with its `level`. `past`: those of all versions, latest first.

    A step keeps its level for as long as its measure and its distance are the same, whatever comes to stand beside it
    or goes: so the levels of what was recorded under an earlier version can be compared with it. Two that are as far
    from the deadline, in days of seven, cannot both have the level of that distance: the later comer has the next free
    one.
    """
    had: dict[tuple[str, str, str, int], int] = {}
    for old in past:
        had.setdefault(_place(old), old.level)
    natural = _level_by_hours if kind.is_by_moment else _level_by_days
    ordered = sorted(steps, key=lambda step: (_place(step) not in had, natural(step), step.amount))
    taken: set[int] = set()
    for step in ordered:
        step.level = had.get(_place(step), natural(step))
        while step.level in taken:
            step.level += 1
        taken.add(step.level)
    return sorted(steps, key=lambda step: step.level)


def _place(step: PolicyStep) -> tuple[str, str, str, int]:
    return step.code, step.measure, step.unit, step.amount


def _level_by_days(step: PolicyStep) -> int:
    days = round(step.amount * DAYS_PER_UNIT[OffsetUnit(step.unit)])
    return Measure(step.measure).first_level + LEVEL_OF_DEADLINE + days


def _level_by_hours(step: PolicyStep) -> int:
    """An hour is a level as far as HOURS_APART, a day beyond it: so all distances have room in a measure's levels."""
    hours = round(step.amount * DAYS_PER_UNIT[OffsetUnit(step.unit)] * 24)
    beyond = max(abs(hours) - HOURS_APART, 0)
    distance = min(abs(hours), HOURS_APART) + beyond // 24
    return Measure(step.measure).first_level + LEVEL_OF_DEADLINE + (distance if hours > 0 else -distance)
