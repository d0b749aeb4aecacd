"""Making versions of a policy in tests."""

from typing import Any

from supervision.models import Policy, PolicyStep
from supervision.policy import steps_in_force
from supervision.services import save_steps
from supervision.working_days import working_calendar


def general() -> Policy:
    return Policy.objects.get(kind="hazard", grade="", urgency="")


def steps(policy: Policy, **changes: dict[str, Any]) -> list[PolicyStep]:
    """The policy's steps with changes by code; None leaves a step out; a code that is none adds one."""
    found = []
    for step in steps_in_force(policy):
        change = changes.pop(step.code.replace("-", "_"), {})
        if change is None:
            continue
        for name, value in change.items():
            setattr(step, name, value)
        found.append(step)
    return [*found, *(PolicyStep(code="", **added) for added in changes.values())]


def change(policy: Policy, by: Any, **changes: Any) -> bool:
    return save_steps(
        policy, by=by, version=policy.version, steps=steps(policy, **changes), calendar=working_calendar()
    )
