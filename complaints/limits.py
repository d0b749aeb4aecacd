"""By when an order has to be seen to: the rule that holds for it, the moment that follows, and why, in a sentence."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.scoping import oversees_every_county
from audit.services import record
from common.workdays import Calendar, HoursReckoning, named, workdays_from
from common.working_calendar import calendar_in_force
from complaints.enums import LimitStage, LimitUnit
from complaints.models import Limit


@dataclass(frozen=True)
class Reckoned:
    """`due_at`: aware; `sentence`: by which rule and from when it is so."""

    due_at: dt.datetime
    sentence: str


class Limits:
    """The rules as they stand, read once. One query."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self._rules = {(rule.stage, rule.urgency, rule.category): rule for rule in Limit.objects.all()}

    def rule(self, stage: str, *, category: str, urgency: str) -> Limit | None:
        """For urgency and category both, else for the urgency, else for the category, else for all; None: no limit."""
        keys = ((urgency, category), (urgency, ""), ("", category), ("", ""))
        return next((rule for key in keys if (rule := self._rules.get((stage, *key)))), None)

    def reckon(self, stage: str, *, category: str, urgency: str, start: dt.datetime) -> Reckoned | None:
        """None where the bureau sets no such limit."""
        rule = self.rule(stage, category=category, urgency=urgency)
        return reckon(rule, start, self.calendar) if rule else None


class Moments:
    """The limits of many orders that all run from the same moment, each reckoned once. Two queries."""

    def __init__(self, start: dt.datetime) -> None:
        self.start, self._limits = start, Limits(calendar_in_force())
        self._known: dict[tuple[str, str, str], dt.datetime | None] = {}

    def of(self, stage: str, *, category: str, urgency: str) -> dt.datetime | None:
        key = (stage, category, urgency)
        if key not in self._known:
            found = self._limits.reckon(stage, category=category, urgency=urgency, start=self.start)
            self._known[key] = found.due_at if found else None
        return self._known[key]


def reckon(rule: Limit, start: dt.datetime, calendar: Calendar) -> Reckoned:
    """`start`: aware. Hours and days run through nights and holidays; a working day lasts until its end."""
    said = f"{rule.get_stage_display()}按“{rule.for_what}”{rule.amount} {rule.get_unit_display()}："
    if rule.unit == LimitUnit.WORKDAYS:
        reckoning = workdays_from(start, rule.amount, calendar)
        return Reckoned(reckoning.ends_at, said + reckoning.sentence)
    if rule.unit == LimitUnit.HOURS:
        by_hours = HoursReckoning(start, rule.amount)
        return Reckoned(by_hours.ends_at, said + by_hours.sentence)
    due_at = start + dt.timedelta(days=rule.amount)
    first, last = timezone.localtime(start), timezone.localtime(due_at)
    text = (
        f"{named(first.date(), beside=first.date())} {first:%H:%M} 之后 {rule.amount} 天是"
        f"{named(last.date(), beside=first.date())} {last:%H:%M}。按自然日连续计算，节假日不停。"
    )
    return Reckoned(due_at, said + text)


@transaction.atomic
def set_limit(*, by: Any, stage: str, category: str, urgency: str, amount: int, unit: str) -> Limit:
    """Make or change the rule. It holds for what is dispatched (or called back about) from now on."""
    check_may_set(by)
    rule = Limit.objects.select_for_update().filter(stage=stage, category=category, urgency=urgency).first()
    before = str(rule) if rule else None
    rule = rule or Limit(stage=stage, category=category, urgency=urgency)
    rule.amount, rule.unit = amount, unit
    rule.full_clean(validate_unique=False)
    rule.save()
    if before != str(rule):
        record(actor=by, action="设置办理时限", target=rule, changes={rule.for_what: [before, str(rule)]})
    return rule


@transaction.atomic
def remove_limit(rule: Limit, *, by: Any) -> None:
    """Refused for the rule that holds where no other does: without it an order could wait for ever."""
    check_may_set(by)
    if rule.stage != LimitStage.VISIT and not rule.category and not rule.urgency:
        what = f"“{rule.for_what}”的{rule.get_stage_display()}"
        raise ValidationError(f"{what}不能删除，否则没有时限的工单会被忘记；可以改数值")
    record(actor=by, action="删除办理时限", target=rule, changes={rule.for_what: [str(rule), None]})
    rule.delete()


def check_may_set(by: Any) -> None:
    if not by.has_perm("complaints.manage_limits"):
        raise PermissionDenied("您没有设置投诉时限的权限")
    if not oversees_every_county(by):
        raise PermissionDenied("投诉时限由本系统各县共用，由市住建部门统一制定；需要调整的，请向其提出")
