"""What messages say of a deadline, in SQL: the words of `common/due.py` for any number of items at once."""

import datetime as dt
from typing import Any

from django.db.models import Case, CharField, ExpressionWrapper, F, Func, IntegerField, Q, Value, When
from django.db.models.functions import Cast, ExtractDay, ExtractMonth, LPad
from django.db.models.lookups import LessThan

from common import clock
from common.due import MINUTES_PER_HOUR, WHOLE_DAY
from common.insert_select import DaysBetween
from supervision.kinds import Kind
from supervision.ladder import Step, minute_of_day


def said_deadline(kind: Kind) -> Any:
    """2026-10-02, or 2026-10-02 14:30."""
    day = Cast(kind.due_day, CharField())
    return _joined(day, " ", _time(kind)) if kind.is_by_moment else day


def said_overdue(kind: Kind, now: dt.datetime) -> Any:
    """How long the deadlines have been past: 3 天; of moments 40 分钟, 3 小时 5 分钟."""
    if kind.is_by_moment:
        return _duration(_minutes_past(kind, now))
    return _joined(_text(DaysBetween(clock.local_date(now), F(kind.due))), " 天")


def said_to_come(kind: Kind, step: Step, now: dt.datetime) -> Any:
    """How long there is left: 距时限还有 3 天 / 今天到期; of moments 剩 3 小时，10月2日 14:30 到期."""
    if kind.is_by_moment:
        at = _joined(_text(ExtractMonth(kind.due)), "月", _text(ExtractDay(kind.due)), "日 ", _time(kind))
        due = _joined(at, " 到期")
        return _joined("剩 ", _duration(0 - _minutes_past(kind, now)), "，", due) if step.amount else due
    today = clock.local_date(now)
    left = _joined("距时限还有 ", _text(DaysBetween(F(kind.due), today)), " 天")
    return Case(When(**{kind.due: today}, then=Value("今天到期")), default=left)


def _minutes_past(kind: Kind, now: dt.datetime) -> Any:
    days = DaysBetween(clock.local_date(now), kind.due_day)
    return days * WHOLE_DAY + Value(minute_of_day(now)) - kind.due_minute


def _duration(minutes: Any) -> Any:
    """40 分钟 / 3 小时 / 3 小时 5 分钟 / 2 天 / 2 天 5 小时."""
    days, hours, rest = minutes / WHOLE_DAY, minutes % WHOLE_DAY / MINUTES_PER_HOUR, minutes % MINUTES_PER_HOUR
    d, h, m = (_joined(_text(number), unit) for number, unit in ((days, " 天"), (hours, " 小时"), (rest, " 分钟")))
    return Case(
        When(_less(minutes, MINUTES_PER_HOUR), then=m),
        When(_less(minutes, WHOLE_DAY) & _less(rest, 1), then=h),
        When(_less(minutes, WHOLE_DAY), then=_joined(h, " ", m)),
        When(_less(hours, 1), then=d),
        default=_joined(d, " ", h),
        output_field=CharField(),
    )


def _less(number: Any, than: int) -> Q:
    return Q(LessThan(ExpressionWrapper(number, output_field=IntegerField()), than))


def _time(kind: Kind) -> Any:
    """14:30"""
    hour, minute = kind.due_minute / MINUTES_PER_HOUR, kind.due_minute % MINUTES_PER_HOUR
    return _joined(_two_digits(hour), ":", _two_digits(minute))


def _two_digits(number: Any) -> Any:
    return LPad(_text(number), 2, Value("0"))


def _text(number: Any) -> Any:
    return Cast(ExpressionWrapper(number, output_field=IntegerField()), CharField())


def _joined(*parts: Any) -> Func:
    """Texts one after the other, none of them null: `Concat` puts one into the other, deeper than SQLite can read."""
    texts = [Value(part) if isinstance(part, str) else part for part in parts]
    return Func(*texts, template="(%(expressions)s)", arg_joiner=" || ", output_field=CharField())
