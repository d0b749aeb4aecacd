"""Changes of the policies, each with its audit entry."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from audit.services import Changes, record
from common import clock
from common.concurrency import change
from common.workdays import ONE_DAY, Calendar
from supervision import site_wide
from supervision.enums import Measure, OffsetUnit
from supervision.ladder import moment_of
from supervision.models import BUREAU_AUDIENCE, Policy, PolicyStep
from supervision.policy import in_order, steps_in_force
from supervision.step_codes import give_codes

MOST_DAYS, MOST_HOURS, LEAST_HOURS_BETWEEN = 366, 999, 24
# In which order steps of different units come depends on where weekends and holidays fall.
DEADLINES_TRIED = 366


CAPABILITY, WHAT = "supervision.manage_policy", "督办规则"


@transaction.atomic
def save_steps(policy: Policy, *, by: Any, version: int, steps: Sequence[PolicyStep], calendar: Calendar) -> bool:
    """Make the steps (unsaved) the policy's next version; whether anything changed. What was recorded stays as it is.

    `version` is the one that was seen: Stale if it has moved on. A step with the code of one in force, and its measure,
    is that step changed, unless it repeats otherwise than ever before; which others are new says `step_codes.py`.
    ValidationError as by `check_step` and `check_order`.
    """
    site_wide.check(by, CAPABILITY, WHAT)
    for step in steps:
        check_step(step)
    before = {step.code: step for step in steps_in_force(policy)}
    ordered = drafted(policy, steps, before)
    check_order(ordered, calendar)
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
    give_codes(policy, steps, before)
    return in_order(steps)


def check_step(step: PolicyStep) -> None:
    """ValidationError, by field, for what makes no sense in a step by itself."""
    errors: dict[str, str] = {}
    is_reminder, hours = step.measure == Measure.REMIND, step.unit == OffsetUnit.HOURS
    most = MOST_HOURS if hours else MOST_DAYS
    least = 0 if is_reminder and step.unit == OffsetUnit.DAYS else 1
    if not least <= abs(step.amount) <= most or ((step.amount > 0) == is_reminder and step.amount):
        errors["amount"] = f"应在 {least} 到 {most} 之间"
    if step.repeat_every and is_reminder:
        errors["repeat_every"] = "到期前的提醒不能重复，请另加一步"
    elif step.repeat_every and not (LEAST_HOURS_BETWEEN if hours else 1) <= step.repeat_every <= most:
        errors["repeat_every"] = f"重复间隔应在 {LEAST_HOURS_BETWEEN if hours else 1} 到 {most} 之间，不重复的留空"
    if step.is_proposed and is_reminder:
        errors["is_proposed"] = "提醒不用审批，请选择自动发出"
    if step.is_active and not step.audience:
        errors["audience"] = "请至少选择一类通知对象；不再使用这一步时请取消“启用”"
    elif step.is_active and step.is_proposed and not set(step.audience) & set(BUREAU_AUDIENCE):
        errors["audience"] = "报审批的步骤要通知住建局督办人或负责人，否则没有人审批"
    if errors:
        raise ValidationError(errors)


def check_order(steps: Sequence[PolicyStep], calendar: Calendar) -> None:
    """ValidationError for a severer step that always comes before a milder one."""
    if not any(step.is_active for step in steps):
        raise ValidationError("请至少启用一步；整套规则不再使用时，请停用这套规则")
    for milder, severer, days in _out_of_order(steps, calendar):
        if len(days) == DEADLINES_TRIED:
            raise ValidationError(f"“{severer}”早于较轻的“{milder}”，请改晚，较重的措施不能先到")


def sometimes_early(steps: Sequence[PolicyStep], calendar: Calendar) -> list[tuple[PolicyStep, PolicyStep, dt.date]]:
    """(milder, severer, deadline): where weekends and holidays make the severer step come first, as for that deadline.
    The milder one is then recorded and not sent."""
    return [(milder, severer, days[0]) for milder, severer, days in _out_of_order(steps, calendar)]


def _out_of_order(
    steps: Sequence[PolicyStep], calendar: Calendar
) -> Iterator[tuple[PolicyStep, PolicyStep, list[dt.date]]]:
    """Pairs of different measures in use, with the deadlines of the coming year for which the severer comes first."""
    days = [clock.today() + ONE_DAY * i for i in range(DEADLINES_TRIED)]
    active = [step for step in steps if step.is_active]
    if len({step.unit for step in active}) == 1:
        # Then it is the same for all of them.
        reached = [[float(step.amount)] * DEADLINES_TRIED for step in active]
    else:
        reached = [[moment_of(step, day, calendar).timestamp() for day in days] for step in active]
    for (milder, earlier), (severer, later) in combinations(zip(active, reached, strict=True), 2):
        if milder.measure != severer.measure:
            early = [day for day, one, other in zip(days, earlier, later, strict=True) if other < one]
            if early:
                yield milder, severer, early


@transaction.atomic
def create_policy(*, kind: str, grade: str, urgency: str, by: Any) -> Policy:
    """A policy of its own for a grade, an urgency or both. It begins with the steps that held for them so far, so that
    nothing changes until it is edited. ValidationError if there is one already."""
    site_wide.check(by, CAPABILITY, WHAT)
    if not grade and not urgency:
        raise ValidationError("请选择等级或整改类型")
    policies = {(each.grade, each.urgency): each for each in Policy.objects.filter(kind=kind)}
    if (grade, urgency) in policies:
        raise ValidationError(f"“{policies[grade, urgency].scope}”已经有一套规则，请直接修改")
    wider = [(grade, ""), ("", urgency), ("", "")]
    source = next(policies[key] for key in wider if key in policies and policies[key].is_active)
    try:
        with transaction.atomic():
            policy = Policy.objects.create(kind=kind, grade=grade, urgency=urgency)
    except IntegrityError:
        raise ValidationError("刚刚有人添加了同样的规则，请返回列表修改") from None
    steps = list(steps_in_force(source))
    for step in steps:
        step.pk, step.policy, step.version = None, policy, policy.version
    PolicyStep.objects.bulk_create(steps)
    changes: Changes = {f"{step.label}（{step.code}）": [None, step.summary] for step in steps}
    record(actor=by, action="添加督办规则", target=policy, changes=changes, note=f"照“{source.scope}”的规则添加")
    return policy


@transaction.atomic
def switch_policy(policy: Policy, *, by: Any, version: int, is_active: bool) -> None:
    """Put a special policy out of use, or back; its items then follow the next one that fits. Stale as by `change`."""
    site_wide.check(by, CAPABILITY, WHAT)
    if policy.is_general:
        raise ValidationError("各等级通用的规则不能停用，可以停用其中的步骤")
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
