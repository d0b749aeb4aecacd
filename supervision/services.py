"""Changes of the policy, each with its audit entry."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from audit.services import Changes, record
from audit.writing import label, shown
from common.concurrency import change
from supervision.kinds import KINDS
from supervision.models import AUDIENCE, DAYS_EXPECTED, MOST_DAYS, PolicyStep
from supervision.policy import Rung, resolve

FIELDS = ("offset_days", *AUDIENCE, "is_active")


@transaction.atomic
def change_step(step: PolicyStep, *, by: Any, version: int, values: dict[str, Any]) -> bool:
    """Set those of FIELDS that are in `values`; whether anything changed. What was recorded so far stays as it is.

    `version` is the one that was seen: Stale if it has moved on. ValidationError for days on the wrong side of the
    deadline or out of the ladder's order, and for a step in use of which nobody would learn.
    """
    if not by.has_perm("supervision.manage_policy"):
        raise PermissionDenied("您没有修改督办规则的权限")
    wanted = PolicyStep(**{field.attname: getattr(step, field.attname) for field in PolicyStep._meta.concrete_fields})
    for name in FIELDS:
        setattr(wanted, name, values.get(name, getattr(step, name)))
    _check(wanted)
    differing = {name: getattr(wanted, name) for name in FIELDS if getattr(wanted, name) != getattr(step, name)}
    if not differing:
        return False
    changes: Changes = {label(step, name): [shown(step, name), shown(wanted, name)] for name in differing}
    step.version = version
    change(step, **differing)
    record(actor=by, action="修改督办规则", target=step, changes=changes)
    return True


def _check(step: PolicyStep) -> None:
    if not 1 <= abs(step.offset_days) <= MOST_DAYS:
        raise ValidationError({"days": DAYS_EXPECTED})
    if not step.is_active:
        return
    if not step.audience:
        raise ValidationError("请至少选择一类通知对象；不再使用这一步时请取消“启用”")
    others = PolicyStep.objects.filter(kind=step.kind, is_active=True).exclude(pk=step.pk)
    ladder = resolve([*others, step])
    for grade in KINDS[step.kind].grades.values:
        _check_order([rung for rung in ladder if rung.holds_for(grade)], step)


def _check_order(ladder: list[Rung], changed: PolicyStep) -> None:
    """A severer step never comes before a milder one."""
    for step in (rung.step for rung in ladder):
        if step.level < changed.level and step.offset_days > changed.offset_days:
            raise ValidationError({"days": f"不能早于较轻的一步：{step}"})
        if step.level > changed.level and step.offset_days < changed.offset_days:
            raise ValidationError({"days": f"不能晚于较重的一步：{step}"})
