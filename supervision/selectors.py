"""Reads for pages. Each docstring states its number of queries."""

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models import Model, QuerySet

from common import clock
from common.paging import COUNT_CAP, Total
from common.ui import prose_day
from supervision.enums import Measure
from supervision.kinds import Kind, kind_of
from supervision.models import Escalation, PolicyStep, SweepRun
from supervision.policy import rungs

# So many periods may pass without a sweep before people are told.
PERIODS_ALLOWED = 2
CACHE_KEY, CACHE_SECONDS = "supervision:last_sweep_at", 30


def last_sweep_at() -> dt.datetime | None:
    """When the last sweep that succeeded came to its end; None if there was none. One query."""
    done = SweepRun.objects.filter(error="", finished_at__isnull=False).order_by("-finished_at")
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
    """A rung of an item's ladder, as templates/partials/ladder.html shows it. `state`: done, due, next or later."""

    label: str
    on: dt.date
    state: str
    text: str = ""
    reached_at: dt.datetime | None = None
    announced: bool = False


@dataclass(frozen=True)
class Ladder:
    """`pause` says why the item is not watched at present. `earlier`: (deadline, highest step) of former deadlines."""

    steps: list[LadderStep] = field(default_factory=list)
    pause: str = ""
    earlier: list[tuple[dt.date, str]] = field(default_factory=list)


def ladder_of(item: Model) -> Ladder:
    """The steps of an item's present deadline, by date: those reached, the next one, and those still to come; with
    the deadline itself among them. Three queries at most."""
    kind = kind_of(item)
    records = list(Escalation.objects.filter(kind=kind.name, item_id=item.pk).order_by("due_on", "level"))
    due_on, pause = getattr(item, kind.due), kind.pause(item)
    reached = {record.step: record for record in records if record.due_on == due_on}
    policy = [rung.step for rung in rungs(kind) if rung.holds_for(getattr(item, kind.grade))]
    names = _names(kind) if records else {}
    steps = []
    if due_on is not None and (reached or not pause):
        steps = [_rung(step, due_on, reached.get(step.code)) for step in policy if not pause or step.code in reached]
        steps += [_former(record, names) for code, record in reached.items() if code not in {s.code for s in policy}]
        steps.append(LadderStep("整改时限", due_on, "done" if due_on < clock.today() else "later"))
        steps.sort(key=lambda step: step.on)
        if not pause:
            steps = _with_next(steps, due_on)
    earlier = {record.due_on: names[record.step] for record in records if record.due_on != due_on}
    return Ladder(steps, pause, sorted(earlier.items()))


def _names(kind: Kind) -> dict[str, str]:
    return {step.code: step.label for step in PolicyStep.objects.filter(kind=kind.name)}


def _rung(step: PolicyStep, due_on: dt.date, record: Escalation | None) -> LadderStep:
    label = f"{step.label}（{step.when}）"
    on = due_on + dt.timedelta(days=step.offset_days)
    if record is None:
        told = f"将通知{step.audience_text}" if step.audience else ""
        return LadderStep(label, on, "later", told)
    return LadderStep(label, on, "done", _what_became(record, step.audience_text), record.reached_at, record.announced)


def _former(record: Escalation, names: dict[str, str]) -> LadderStep:
    """A step that was reached, and for which the policy has no rung for this item any more."""
    on = clock.local_date(record.reached_at)
    return LadderStep(
        names[record.step], on, "done", _what_became(record, ""), record.reached_at, record.announced
    )  # fmt: skip


def _what_became(record: Escalation, audience: str) -> str:
    day = prose_day(record.reached_at)
    return f"{day}已通知{audience}" if record.announced else f"{day}记录，没有单独通知"


def _with_next(steps: list[LadderStep], due_on: dt.date) -> list[LadderStep]:
    """The last step reached after the deadline is the one in force, the first one not reached is the next."""
    in_force = max((step.on for step in steps if step.reached_at and step.on > due_on), default=None)
    coming = min((step.on for step in steps if step.state == "later"), default=None)
    return [
        replace(step, state="due")
        if step.reached_at and step.on == in_force
        else replace(step, state="next")
        if step.state == "later" and step.on == coming
        else step
        for step in steps
    ]


def measures_of() -> dict[tuple[str, str], Measure]:
    """(kind, step code) → measure, for lists. One query."""
    return {(step.kind, step.code): Measure(step.measure) for step in PolicyStep.objects.all()}


def measure_counts(records: QuerySet[Any], codes: dict[str, list[str]]) -> dict[str, Total]:
    """How many of the records there are of each measure (`codes`: measure → step codes) and in all (""), each counted
    up to COUNT_CAP. One query."""
    parts, params = [], []
    for name, wanted in {"": None, **codes}.items():
        some = records if wanted is None else records.filter(step__in=wanted)
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
