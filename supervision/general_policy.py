"""The general policy of a kind, with the steps that it begins with: made by a migration, or on the page."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import migrations

from supervision.kinds import KINDS, Kind
from supervision.models import PolicyStep
from supervision.policy import in_order
from supervision.rules import check_step


def first_steps(kind: Kind, grade: str = "") -> list[PolicyStep]:
    """Unsaved, of no policy yet, in order. Those of which the kind knows nobody to be told, or to approve, are left
    out."""
    steps = [PolicyStep(**values) for values in _values(kind, grade).values()]
    return in_order([step for step in steps if _makes_sense(step, kind)], kind)


def _values(kind: Kind, grade: str) -> dict[str, dict[str, Any]]:
    """What each step has, by its code."""
    steps = kind.special_steps[grade] if grade else kind.first_steps
    return {step.code: step.values(kind.recipients) for step in steps}


def _makes_sense(step: PolicyStep, kind: Kind) -> bool:
    try:
        check_step(step, kind)
    except ValidationError:
        return False
    return True


def seed_policy(kind: str) -> migrations.RunPython:
    """A migration operation: the general policy of a kind of KINDS and those of its grades that begin with steps of
    their own, unless there is one. Running it again is harmless.

    For the migration that brings a kind with it, after supervision's 0006_proposals.
    """

    def forwards(apps: Any, editor: Any) -> None:
        policies = apps.get_model("supervision", "Policy").objects.using(editor.connection.alias)
        step_model = apps.get_model("supervision", "PolicyStep")
        for grade in ("", *KINDS[kind].special_steps):
            policy, is_new = policies.get_or_create(kind=kind, grade=grade, urgency="")
            if not is_new:
                continue
            values = _values(KINDS[kind], grade)
            rows = [
                step_model(policy=policy, version=policy.version, level=step.level, **values[step.code])
                for step in first_steps(KINDS[kind], grade)
            ]
            step_model.objects.using(editor.connection.alias).bulk_create(rows)

    return migrations.RunPython(forwards, migrations.RunPython.noop)
