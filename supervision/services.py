"""Changes of the policies, each with its audit entry."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from audit.services import Changes, record
from common.concurrency import change
from common.workdays import Calendar
from supervision import site_wide
from supervision.general_policy import first_steps
from supervision.kinds import KINDS
from supervision.models import Policy, PolicyStep
from supervision.policy import in_order, steps_in_force
from supervision.rules import check_audience, check_order, check_step
from supervision.step_codes import give_codes

CAPABILITY, WHAT = "supervision.manage_policy", "督办规则"


@transaction.atomic
def save_steps(policy: Policy, *, by: Any, version: int, steps: Sequence[PolicyStep], calendar: Calendar) -> bool:
    """Make the steps (unsaved) the policy's next version; whether anything changed. What was recorded stays as it is.

    `version` is the one that was seen: Stale if it has moved on. A step with the code of one in force, and its measure,
    is that step changed, unless it repeats otherwise than ever before; which others are new says `step_codes.py`.
    ValidationError as by `rules.py`.
    """
    site_wide.check(by, CAPABILITY, WHAT)
    for step in steps:
        check_step(step, KINDS[policy.kind])
        check_audience(step, KINDS[policy.kind])
    before = {step.code: step for step in steps_in_force(policy)}
    ordered = drafted(policy, steps, before)
    check_order(ordered, KINDS[policy.kind], calendar)
    changes: Changes = {
        f"{(after or old).label}（{code}）": [old.summary if old else None, after.summary if after else None]  # type: ignore[union-attr]
        for code, old, after in _pairs(before, ordered)
    }
    if not changes:
        return False
    policy.version = version
    change(policy)
    for step in ordered:
        step.pk, step.policy, step.version = None, policy, policy.version
    PolicyStep.objects.bulk_create(ordered)
    record(
        actor=by, action="修改督办规则", target=policy, changes=changes, note=f"第 {policy.version} 版",
    )  # fmt: skip
    return True


def _pairs(
    before: dict[str, PolicyStep], after: Iterable[PolicyStep]
) -> list[tuple[str, PolicyStep | None, PolicyStep | None]]:
    """(code, what it was, what it is) of the steps that differ."""
    now = {step.code: step for step in after}
    codes = [*now, *(code for code in before if code not in now)]
    return [
        (code, before.get(code), now.get(code))
        for code in codes
        if code not in before or code not in now or before[code].summary != now[code].summary
    ]


def drafted(policy: Policy, steps: Sequence[PolicyStep], before: dict[str, PolicyStep]) -> list[PolicyStep]:
    """The steps with their codes and levels, in order; `before`: the steps in force, by code. Two queries."""
    past = list(policy.steps.order_by("-version", "level"))
    give_codes(policy, steps, in_force=before, past=past)
    return in_order(steps, KINDS[policy.kind], past)


@transaction.atomic
def create_policy(*, kind: str, grade: str, urgency: str, by: Any) -> Policy:
    """A policy of its own for a grade, an urgency or both. It begins with the steps that held for them so far, so that
    nothing changes until it is edited. ValidationError if there is one already, or no general one."""
    site_wide.check(by, CAPABILITY, WHAT)
    if not grade and not urgency:
        raise ValidationError(f"请选择{KINDS[kind].grade_label}或{KINDS[kind].urgency_label}")
    policies = {(each.grade, each.urgency): each for each in Policy.objects.filter(kind=kind)}
    if (grade, urgency) in policies:
        raise ValidationError(f"“{policies[grade, urgency].scope}”已经有一套规则，请直接修改")
    wider = [(grade, ""), ("", urgency), ("", "")]
    source = next((policies[key] for key in wider if key in policies and policies[key].is_active), None)
    if source is None:
        raise ValidationError(f"{KINDS[kind].label}还没有通用规则，请先在“督办规则”页按缺省步骤建立")
    note = f"照“{source.scope}”的规则添加"
    return _create(kind, grade, urgency, list(steps_in_force(source)), by=by, note=note)


@transaction.atomic
def create_general_policy(kind: str, *, by: Any) -> Policy:
    """The general policy of a kind that has none, with the steps that the kind begins with. ValidationError if there is
    one already."""
    site_wide.check(by, CAPABILITY, WHAT)
    if Policy.objects.filter(kind=kind, grade="", urgency="").exists():
        raise ValidationError(f"{KINDS[kind].label}已经有通用规则，请直接修改")
    return _create(kind, "", "", first_steps(KINDS[kind]), by=by, note="按缺省步骤建立")


def _create(kind: str, grade: str, urgency: str, steps: list[PolicyStep], *, by: Any, note: str) -> Policy:
    try:
        with transaction.atomic():
            policy = Policy.objects.create(kind=kind, grade=grade, urgency=urgency)
    except IntegrityError:
        raise ValidationError("刚刚有人添加了同样的规则，请返回列表修改") from None
    for step in steps:
        step.pk, step.policy, step.version = None, policy, policy.version
    PolicyStep.objects.bulk_create(steps)
    changes: Changes = {f"{step.label}（{step.code}）": [None, step.summary] for step in steps}
    record(actor=by, action="添加督办规则", target=policy, changes=changes, note=note)
    return policy


@transaction.atomic
def switch_policy(policy: Policy, *, by: Any, version: int, is_active: bool) -> None:
    """Put a special policy out of use, or back; its items then follow the next one that fits. Stale as by `change`."""
    site_wide.check(by, CAPABILITY, WHAT)
    if policy.is_general:
        raise ValidationError(f"{policy.scope}通用的规则不能停用，可以停用其中的步骤")
    if policy.is_active == is_active:
        return
    old = list(steps_in_force(policy))
    policy.version = version
    change(policy, is_active=is_active)
    for step in old:
        step.pk, step.version = None, policy.version
    PolicyStep.objects.bulk_create(old)
    words = ["停用", "启用"] if is_active else ["启用", "停用"]
    record(actor=by, action="修改督办规则", target=policy, changes={"状态": words}, note=f"第 {policy.version} 版")
