"""Reads for pages. Each docstring states its number of queries."""

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from accounts.scoping import sees_region
from common import clock
from common.due import duration, minutes_past
from common.paging import COUNT_CAP, Total
from common.ui import prose_day
from common.workdays import Calendar, end_of
from supervision.enums import Measure, OffsetUnit, measure_of
from supervision.history import History, history_of
from supervision.kinds import Kind, kind_of
from supervision.ladder import Deadline, day_of, distance, end_of_deadline, moment_of, upcoming
from supervision.models import DEADLINE, Escalation, EscalationQuerySet, PolicyStep, SweepRun
from supervision.past_steps import steps_as_recorded
from supervision.policy import ladder_for
from supervision.proposals import any_open_for, due_for
from supervision.working_days import working_calendar

# So many periods may pass without a sweep before people are told.
PERIODS_ALLOWED = 2
MOST_COUNTED = 99
CACHE_KEY, CACHE_SECONDS = "supervision:last_sweep_at", 30


def last_sweep_at() -> dt.datetime | None:
    """When the last sweep of its own day that succeeded came to its end; None if there was none. One query."""
    done = SweepRun.objects.that_count().order_by("-finished_at")
    return done.values_list("finished_at", flat=True).first()


def allowed_age() -> dt.timedelta:
    return dt.timedelta(seconds=PERIODS_ALLOWED * settings.SWEEP_PERIOD_SECONDS)


def is_stale(now: dt.datetime) -> bool:
    """Whether deadlines have gone unwatched for two periods, or were never checked. One query."""
    return _is_late(last_sweep_at(), now)


def _is_late(swept_at: dt.datetime | None, now: dt.datetime) -> bool:
    return swept_at is None or now - swept_at > allowed_age()


def stale_since() -> tuple[bool, dt.datetime | None]:
    """Whether deadlines go unwatched, and the moment of the last sweep, for every page.

    Mostly no query: the moment is cached. A cached one that has become too old is never believed, so that the warning
    goes with the next sweep; one query then.
    """
    now = clock.now()
    known = cache.get(CACHE_KEY)
    if known is not None and not _is_late(known, now):
        return False, known
    swept_at = last_sweep_at()
    if swept_at is not None:
        cache.set(CACHE_KEY, swept_at, CACHE_SECONDS)
    return _is_late(swept_at, now), swept_at


@dataclass(frozen=True)
class LadderStep:
    """A rung of an item's ladder, as templates/partials/ladder.html shows it. `on`: a day; a moment,
    if the deadline is one. `state`: done, due, next or later."""

    label: str
    on: Deadline
    state: str
    text: str = ""
    reached_at: dt.datetime | None = None
    announced: bool = False


@dataclass(frozen=True)
class Ladder:
    """`pause` says why the item is not watched at present. `earlier`: (deadline, highest step) of former deadlines."""

    steps: list[LadderStep] = field(default_factory=list)
    pause: str = ""
    earlier: list[tuple[Deadline, str]] = field(default_factory=list)


def ladder_of(item: Model, reader: Any = None, *, kind: Kind | None = None) -> Ladder:
    """The steps of an item's present deadline, by date: those reached, the next one, and those still to come; with
    the deadline itself among them. Of those reached what was decided and who was told. As the reader may know it
    (`EscalationQuerySet.open_to`), without one all of it. `kind`: which of its deadlines, if it has several; as
    `kind_of` says if it is not given. Twelve queries at most."""
    kind = kind or kind_of(item)
    found = Escalation.objects.filter(kind=kind.name, item_id=item.pk).order_by(*DEADLINE[2:], "level", "repeat")
    found = found.select_related("run")
    records, is_whole = list(found), reader is None or sees_region(reader)
    told = records if is_whole else list(found.open_to(reader))
    due, pause = kind.deadline_of(item), kind.pause(item)
    round_number = getattr(item, kind.round) if kind.round else 1
    now = [record for record in records if (record.deadline, record.round) == (due, round_number)]
    reached = {record.step: record for record in now if not record.repeat}
    repeated = {record.step: record for record in now if record.repeat}
    steps: list[LadderStep] = []
    if due is not None and (reached or not pause):
        policy, calendar = ladder_for(item, kind), working_calendar()
        shown = _latest([record for record in told if record in now])
        were = steps_as_recorded(kind, shown, policy, calendar)
        history = history_of(item, kind, due, round_number, were.values(), tells_decisions=is_whole)
        for record in shown:
            steps.append(_recorded(record, were.get(record.pk), due, calendar, history))
        state = "done" if end_of_deadline(due) <= clock.now() else "later"
        steps.append(LadderStep(kind.due_label, due, state, _day_off(day_of(due), calendar)))
        if not pause:
            steps += _to_come(policy, due, calendar, reached, repeated)
        steps.sort(key=lambda step: step.on)
        if not pause:
            steps = _with_next(steps, due)
    former = [record for record in told if record not in now]
    earlier = {(record.round, record.deadline): measure_of(record.step).label for record in former}
    return Ladder(steps, pause, [(due, label) for (_, due), label in sorted(earlier.items())])


def _latest(records: list[Escalation]) -> list[Escalation]:
    """Each step with its latest repetition; `records` in their order."""
    return list({(record.step, record.repeat > 0): record for record in records}.values())


def _recorded(
    record: Escalation, step: PolicyStep | None, due: Deadline, calendar: Calendar, history: History
) -> LadderStep:
    """A step that was reached, as it was then; where the calendar has changed so that no version of it fits any more,
    by the day on which it was recorded."""
    became = history.words(record, step) or _what_became(record, step.audience_text if step else "")
    if step is None:
        label, on = f"{measure_of(record.step).label}（{_distance(record)}）", _judged_at(record)
        return LadderStep(label, on, "done", became, record.reached_at, record.announced)
    on = _place(step, due, calendar, record.repeat)
    text = "；".join(filter(None, [became, _counted(step, record.repeat, due, calendar)]))
    return LadderStep(_label(step, record.repeat), on, "done", text, record.reached_at, record.announced)


def _place(step: PolicyStep, due: Deadline, calendar: Calendar, repeat: int) -> Deadline:
    """When the step is reached: the day, or as exactly as the deadline is."""
    at = moment_of(step, due, calendar, repeat)
    return at if isinstance(due, dt.datetime) else clock.local_date(at)


def _judged_at(record: Escalation) -> Deadline:
    """By which day, or moment, the step was found to be reached."""
    if not isinstance(record.deadline, dt.datetime):
        return record.run.as_of
    run = record.run
    is_of_its_day = run.as_of == clock.local_date(record.reached_at)
    return run.as_of_moment or (record.reached_at if is_of_its_day else end_of(run.as_of))


def _distance(record: Escalation) -> str:
    """逾期 4 天: as it was when it was recorded."""
    if record.repeat:
        return f"第 {record.repeat} 次重复"
    due, judged_at = record.deadline, _judged_at(record)
    if isinstance(due, dt.datetime) and isinstance(judged_at, dt.datetime):
        minutes = minutes_past(due, judged_at)
        return f"{'逾期' if minutes > 0 else '到期前'} {duration(abs(minutes))}" if minutes else "到期时"
    days = (record.run.as_of - record.due_on).days
    return f"{'逾期' if days > 0 else '到期前'} {abs(days)} 天" if days else "到期当天"


def _day_off(due_on: dt.date, calendar: Calendar) -> str:
    """That the deadline holds though nobody works that day; empty for a working day."""
    if calendar.is_workday(due_on):
        return ""
    known = calendar.special.get(due_on)
    return f"当天是{(known.name if known else '') or '周末'}，不上班，时限不顺延"


def _to_come(
    policy: tuple[PolicyStep, ...],
    due: Deadline,
    calendar: Calendar,
    reached: dict[str, Escalation],
    repeated: dict[str, Escalation],
) -> list[LadderStep]:
    """What no sweep has recorded yet, its time may have come or not; and the next repetition of what has been."""
    steps = []
    for step in policy:
        if step.code not in reached:
            steps.append(_later(step, 0, due, calendar))
        elif step.repeat_every:
            last = repeated.get(step.code)
            coming = [each.repeat for each in upcoming([step], due, clock.now(), calendar)]
            steps.append(_later(step, max(last.repeat + 1 if last else 1, *coming), due, calendar))
    return steps


def _later(step: PolicyStep, repeat: int, due: Deadline, calendar: Calendar) -> LadderStep:
    on = _place(step, due, calendar, repeat)
    told = f"将通知{step.audience_text}" if step.audience else ""
    if step.is_proposed:
        told = f"将报住建局审批，批准后通知{step.audience_text}"
    counted = _counted(step, repeat, due, calendar)
    return LadderStep(_label(step, repeat), on, "later", "；".join(filter(None, [told, counted])))


def _label(step: PolicyStep, repeat: int) -> str:
    return f"{step.label}（第 {repeat} 次重复）" if repeat else f"{step.label}（{step.when}）"


def _counted(step: PolicyStep, repeat: int, due: Deadline, calendar: Calendar) -> str:
    """跳过10月1日至7日（国庆节）: how working days were counted, those of a repetition since the one before; empty if
    none was skipped, and for days. 按钟点连续计算到 14:00，节假日不停: hours."""
    if step.unit == OffsetUnit.HOURS:
        if not distance(step, repeat):
            return ""
        at = timezone.localtime(moment_of(step, due, calendar, repeat))
        return f"按钟点连续计算到 {at:%H:%M}，节假日不停"
    if step.unit != OffsetUnit.WORKDAYS:
        return ""
    start, count = day_of(due), step.amount
    if repeat:
        start, count = clock.local_date(moment_of(step, due, calendar, repeat - 1)), step.repeat_every
    reckoning = calendar.reckon(start, count)
    skipped = f"跳过{reckoning.skipped_text}" if reckoning.skipped else ""
    return "；".join(filter(None, [skipped, reckoning.warning.rstrip("。")]))


def _what_became(record: Escalation, audience: str) -> str:
    day = prose_day(record.reached_at)
    if not record.announced:
        return f"{day}记录，没有单独通知"
    # What was told stands in the outbox: nobody was there to be told.
    return f"{day}达到，没有发给任何人（{audience or '通知对象'}没有可用的账号）"


def _with_next(steps: list[LadderStep], due: Deadline) -> list[LadderStep]:
    """The last step reached after the deadline is the one in force, the first one not reached is the next."""
    in_force = max((step.on for step in steps if step.reached_at and step.on > due), default=None)
    coming = min((step.on for step in steps if step.state == "later"), default=None)
    return [
        replace(step, state="due")
        if step.reached_at and step.on == in_force
        else replace(step, state="next")
        if step.state == "later" and step.on == coming
        else step
        for step in steps
    ]


def proposals_due(user: Any) -> str:
    """How many proposals wait for the user, as text up to 99+; empty for none. Two queries where some are
    open, one where none is, none while the number is cached."""
    key = _count_key(user)
    known: str | None = cache.get(key)
    if known is None:
        count = due_for(user).order_by()[: MOST_COUNTED + 1].count() if any_open_for(user) else 0
        known = f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count or "")
        cache.set(key, known, CACHE_SECONDS)
    return known


def forget_count(user: Any) -> None:
    """After the user has decided about some."""
    cache.delete(_count_key(user))


def _count_key(user: Any) -> str:
    return f"supervision:proposals_due:{user.pk}"


def measure_counts(records: EscalationQuerySet) -> dict[str, Total]:
    """How many of the records there are of each measure and in all (""), each counted up to COUNT_CAP. One query."""
    parts, params = [], []
    for name, some in {"": records, **{measure.value: records.of_measure(measure) for measure in Measure}}.items():
        sql, some_params = some.order_by().values("pk")[: COUNT_CAP + 1].query.sql_with_params()
        parts.append(f"SELECT %s, COUNT(*) FROM ({sql}) AS counted")
        params += [name, *some_params]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        return {
            name: Total(min(count, COUNT_CAP), capped=count > COUNT_CAP) for name, count in cursor.fetchall()
        }  # fmt: skip


def by_kind(records: list[Any]) -> dict[str, list[int]]:
    """Item pks by kind."""
    found: dict[str, list[int]] = {}
    for record in records:
        found.setdefault(record.kind, []).append(record.item_id)
    return found
