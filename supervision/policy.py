"""The policy resolved: which steps hold for which items."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from supervision.kinds import Kind
from supervision.models import PolicyStep


@dataclass(frozen=True)
class Rung:
    """A step and the grades it is not for, since they have a row of their own."""

    step: PolicyStep
    not_for: tuple[str, ...] = ()

    def holds_for(self, grade: str) -> bool:
        return grade == self.step.grade if self.step.grade else grade not in self.not_for

    def among(self, kind: Kind, items: QuerySet[Any]) -> QuerySet[Any]:
        """Those of the items that the step is for. No query."""
        if self.step.grade:
            return items.filter(**{kind.grade: self.step.grade})
        return items.exclude(**{f"{kind.grade}__in": self.not_for}) if self.not_for else items


def rungs(kind: Kind) -> list[Rung]:
    """The kind's steps in use, from the mildest to the severest. One query."""
    return resolve(PolicyStep.objects.filter(kind=kind.name, is_active=True).order_by("level", "grade"))


def resolve(steps: Iterable[PolicyStep]) -> list[Rung]:
    """A step that is switched off is as if it were not there: the general one holds again for its grade."""
    steps = list(steps)
    return [
        Rung(step, tuple(other.grade for other in steps if other.code == step.code and other.grade))
        if not step.grade
        else Rung(step)
        for step in steps
    ]
