"""What a step, and the steps of a policy together, have to be like."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from django.core.exceptions import ValidationError

from common import clock
from common.workdays import ONE_DAY, Calendar, start_of
from supervision.enums import Measure, OffsetUnit
from supervision.kinds import Kind
from supervision.ladder import Deadline, moment_of
from supervision.models import BUREAU_AUDIENCE, PolicyStep

MOST_DAYS, MOST_HOURS, LEAST_HOURS_BETWEEN = 366, 999, 24
NOON = dt.timedelta(hours=12)
# In which order steps of different units come depends on where weekends and holidays fall.
DEADLINES_TRIED = 366


def check_step(step: PolicyStep, kind: Kind) -> None:
    """ValidationError, by field, for what makes no sense in a step by itself."""
    errors: dict[str, str] = {}
    is_reminder, hours = step.measure == Measure.REMIND, step.unit == OffsetUnit.HOURS
    most = MOST_HOURS if hours else MOST_DAYS
    # On the day of the deadline, or at its moment.
    least = 0 if is_reminder and step.unit == (OffsetUnit.HOURS if kind.is_by_moment else OffsetUnit.DAYS) else 1
    least_between = LEAST_HOURS_BETWEEN if hours and not kind.is_by_moment else 1
    if not least <= abs(step.amount) <= most or ((step.amount > 0) == is_reminder and step.amount):
        errors["amount"] = f"应在 {least} 到 {most} 之间"
        if kind.is_by_moment and is_reminder and not step.amount:
            errors["amount"] = "到期时提醒请写 0 小时"
    if step.repeat_every and is_reminder:
        errors["repeat_every"] = "到期前的提醒不能重复，请另加一步"
    elif step.repeat_every and not least_between <= step.repeat_every <= most:
        errors["repeat_every"] = f"重复间隔应在 {least_between} 到 {most} 之间，不重复的留空"
    if step.is_proposed and is_reminder:
        errors["is_proposed"] = "提醒不用审批，请选择自动发出"
    if step.is_active and not step.audience:
        errors["audience"] = "请至少选择一类通知对象；不再使用这一步时请取消“启用”"
    elif step.is_active and step.is_proposed and not set(step.audience) & set(BUREAU_AUDIENCE):
        errors["audience"] = "报审批的步骤要通知住建局督办人或负责人，否则没有人审批"
    if errors:
        raise ValidationError(errors)


def check_audience(step: PolicyStep, kind: Kind) -> None:
    """ValidationError for people whom the kind does not know."""
    if unknown := [name for name in step.audience if name not in kind.recipients]:
        words = "、".join(str(PolicyStep._meta.get_field(name).verbose_name) for name in unknown)  # type: ignore[union-attr]
        raise ValidationError({"audience": f"{kind.label}没有“{words}”，请选择其他通知对象"})


def check_order(steps: Sequence[PolicyStep], kind: Kind, calendar: Calendar) -> None:
    """ValidationError for a severer step that always comes before a milder one, and for two of one measure that always
    come together: of those only one would ever be sent."""
    if not any(step.is_active for step in steps):
        raise ValidationError("请至少启用一步；整套规则不再使用时，请停用这套规则")
    for pair in _pairs(steps, kind, calendar):
        if pair.measures_differ and len(pair.early) == DEADLINES_TRIED:
            raise ValidationError(f"“{pair.severer}”早于较轻的“{pair.milder}”，请改晚，较重的措施不能先到")
        if not pair.measures_differ and len(pair.together) == DEADLINES_TRIED:
            same = f"“{pair.milder}”有两步" if pair.said_alike else f"“{pair.milder}”和“{pair.severer}”总是"
            raise ValidationError(f"{same}同时到，只会发出其中一步，请合并为一步，把通知对象勾在一起")


class Silenced(NamedTuple):
    """A step that is recorded and not sent for some deadline, the first of which is `due_on`."""

    milder: PolicyStep
    severer: PolicyStep
    due_on: dt.date

    @property
    def sentence(self) -> str:
        return (
            f"“{self.severer}”会早于“{self.milder}”，或与它同时到，如时限是 {self.due_on} 时；"
            "届时只按较重的一步通知，较轻的只记录、不发。"
        )


def silenced(steps: Sequence[PolicyStep], kind: Kind, calendar: Calendar) -> list[Silenced]:
    """Where the severer of two steps comes first or at the same moment, be it by weekends and holidays only."""
    found = ((pair, sorted([*pair.early, *pair.together])) for pair in _pairs(steps, kind, calendar))
    return [Silenced(pair.milder, pair.severer, days[0]) for pair, days in found if days]


@dataclass(frozen=True)
class _Pair:
    """Two steps in use, with the deadlines of the coming year for which the severer comes first, and those for which
    both come at one moment."""

    milder: PolicyStep
    severer: PolicyStep
    early: list[dt.date]
    together: list[dt.date]

    @property
    def measures_differ(self) -> bool:
        return self.milder.measure != self.severer.measure

    @property
    def said_alike(self) -> bool:
        return str(self.milder) == str(self.severer)


def _pairs(steps: Sequence[PolicyStep], kind: Kind, calendar: Calendar) -> Iterator[_Pair]:
    days = [clock.today() + ONE_DAY * i for i in range(DEADLINES_TRIED)]
    active = [step for step in steps if step.is_active]
    if len({step.unit for step in active}) == 1:
        # Then it is the same for all of them.
        reached = [[float(step.amount)] * DEADLINES_TRIED for step in active]
    else:
        # All steps from a moment keep its time of day: whichever it is, their order is the same.
        deadlines: list[Deadline] = [start_of(day) + NOON for day in days] if kind.is_by_moment else list(days)
        reached = [[moment_of(step, due, calendar).timestamp() for due in deadlines] for step in active]
    for (milder, ones), (severer, others) in combinations(zip(active, reached, strict=True), 2):
        moments = list(zip(days, ones, others, strict=True))
        early = [day for day, one, other in moments if other < one]
        yield _Pair(milder, severer, early, [day for day, one, other in moments if other == one])
