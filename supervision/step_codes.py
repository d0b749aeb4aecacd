"""Which code a step of a draft bears: what is on record, waits for approval or is not sent yet knows its step by it.

So a step keeps its code for as long as it is the same step, has it back when it comes back, and no code ever means two
things.
"""

from collections.abc import Iterable, Mapping, Sequence

from supervision.models import Policy, PolicyStep


def give_codes(
    policy: Policy, steps: Sequence[PolicyStep], *, in_force: Mapping[str, PolicyStep], past: Sequence[PolicyStep]
) -> None:
    """A step in force (by code) keeps its code; one that comes at the same time as a step of any version before
    (`past`, latest first) takes that one's; any other gets one that the kind never had. One query."""
    taken: set[str] = set()
    for step in steps:
        known = in_force.get(step.code)
        is_the_same = known is not None and known.measure == step.measure and _counts_as_ever(step, step.code, past)
        if not is_the_same or step.code in taken:
            step.code = ""
        taken.add(step.code)
    used = set(PolicyStep.objects.filter(policy__kind=policy.kind).values_list("code", flat=True))
    for step in steps:
        step.code = step.code or _code_of_old(step, past, taken) or _new_code(step, used)
        taken.add(step.code)
        used.add(step.code)


def _code_of_old(step: PolicyStep, past: Iterable[PolicyStep], taken: set[str]) -> str:
    """Of the latest version that had it; empty if there is none, or another step of the draft has it."""
    return next(
        (
            old.code
            for old in past
            if (old.measure, *_timing(old)) == (step.measure, *_timing(step))
            and old.code not in taken
            and _counts_as_ever(step, old.code, past)
        ),
        "",
    )


def _counts_as_ever(step: PolicyStep, code: str, past: Iterable[PolicyStep]) -> bool:
    """Whether its repetitions have the numbers that they always had under the code: on record under others, new ones
    would seem to be told."""
    if not step.repeat_every:
        return True
    return all(_timing(old) == _timing(step) for old in past if old.code == code and old.repeat_every)


def _timing(step: PolicyStep) -> tuple[str, int, int]:
    return step.unit, step.amount, step.repeat_every


def _new_code(step: PolicyStep, used: set[str]) -> str:
    return next(code for n in range(1, 10**6) if (code := f"{step.measure}-n{n}") not in used)
