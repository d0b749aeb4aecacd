"""What has been reached is written down in one statement for a kind, whatever the number of items and steps.

Set-based in the strict sense: no subquery is asked anew for each row. Whether a row is the highest of its item is a
window over what is new, joined with the highest that is on record; so nothing depends on what the database believes
of a table that the same statement fills.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections, router
from django.db.models import BooleanField, Case, Count, F, FloatField, Q, QuerySet, Value, When
from django.db.models.functions import Cast, TruncDate
from django.db.models.lookups import LessThanOrEqual

from common.due import WHOLE_DAY
from common.insert_select import DaysBetween
from supervision.deadlines import minute_in
from supervision.enums import OffsetUnit
from supervision.kinds import Kind
from supervision.models import Escalation, PolicyStep, SweepRun
from supervision.policy import DAYS_PER_UNIT
from supervision.reaching import is_in_time

# A step's level before the number of its repetition, in one number.
RANK = "CAST({0}.level AS bigint) * 4294967296 + {0}.repeat"

MANY = 5_000
LONGEST_HOLIDAY = 10.0
# No year has fewer than 244 working days.
MOST_DAYS_PER_WORKDAY = 1.5


@dataclass(frozen=True)
class Recorded:
    """What a run has written of one step, or of its repetitions: how many records, and how many of them to be told."""

    step: str
    is_repeat: bool
    count: int
    announced: int


def reached_rows(kind: Kind, step: PolicyStep, items: QuerySet[Any], now: dt.datetime) -> QuerySet[Any]:
    """`items` (with `repeat`), which have reached the step, as `record` takes them."""
    tell = is_told(kind, step, now)
    return items.order_by().values_list(
        "pk", kind.due_day, kind.due_minute, Value(step.code), Value(step.level), "repeat", kind.round_number, tell
    )  # fmt: skip


def is_told(kind: Kind, step: PolicyStep, now: dt.datetime) -> Any:
    """Whether the step is to be told of an item (with `repeat`) that has reached it, as far as that depends on it."""
    if step.amount <= 0:
        return Case(When(is_in_time(kind, step, now), then=True), default=False)
    return _since_it_is_watched(kind, step) if kind.since else Value(True)


def _since_it_is_watched(kind: Kind, step: PolicyStep) -> Case:
    """Whether the step, or its repetition, was not yet past when the item was put under watch: of a hazard that was
    issued long after its deadline (from an old ledger) people learn of the next step, not of all that is past."""
    distance = Value(step.amount) + F("repeat") * Value(step.repeat_every)
    if step.unit == OffsetUnit.HOURS:
        distance = distance * Value(DAYS_PER_UNIT[OffsetUnit.HOURS])
        if not kind.is_by_moment:
            # They begin when the day of the deadline ends.
            distance += Value(1)
    elif step.unit == OffsetUnit.WORKDAYS:
        # Rather told once more than not at all: the longest holiday may lie in between.
        distance = distance * Value(MOST_DAYS_PER_WORKDAY) + Value(LONGEST_HOLIDAY)
    past: Any = Cast(DaysBetween(TruncDate(kind.since), kind.due_day), FloatField())
    if kind.is_by_moment:
        minutes = Cast(minute_in(F(kind.since)) - kind.due_minute, FloatField())
        past += minutes / Value(float(WHOLE_DAY))
    unwatched = Q(**{f"{kind.since}__isnull": True})
    return Case(
        When(unwatched, then=Value(True)),
        When(LessThanOrEqual(past, Cast(distance, FloatField())), then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )


def record(kind: Kind, parts: Sequence[QuerySet[Any]], run: SweepRun) -> list[Recorded]:
    """Write down what is not on record yet (`_what_is_new`). Two queries.

    Runs that write at the same time line up: all write in the order of items, and in it from the severest step down.
    """
    alias = router.db_for_write(Escalation)
    connection = connections[alias]
    new, params = _what_is_new(kind, parts, alias)
    if not new:
        return []
    moment = connection.ops.adapt_datetimefield_value(run.started_at)
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO "supervision_escalation" '
            "(kind, item_id, due_on, due_minute, step, level, repeat, round, reached_at, announced, run_id) "
            f"{new} SELECT %s, n.item_id, n.due_on, n.due_minute, n.step, n.level, n.repeat, n.round, %s, n.told, %s "
            "FROM new n "
            "WHERE 1 = 1 ORDER BY n.item_id, n.due_on, n.rank DESC ON CONFLICT DO NOTHING",
            [*params, kind.name, moment, run.pk],
        )
        if not cursor.rowcount:
            return []
        if cursor.rowcount >= MANY and connection.vendor == "postgresql":
            # What tells people joins with these rows, and would be planned as if there were none.
            cursor.execute('ANALYZE "supervision_escalation"')
    written = run.escalations.filter(kind=kind.name).order_by()
    found = written.values_list("step", Case(When(repeat__gt=0, then=True), default=False))
    return [Recorded(*row) for row in found.annotate(Count("pk"), told=Count("pk", filter=Q(announced=True)))]


def preview(kind: Kind, parts: Sequence[QuerySet[Any]]) -> dict[str, tuple[int, int]]:
    """What `record` would write: by the step's code how many records, and how many of them to be told. One query."""
    alias = router.db_for_read(Escalation)
    new, params = _what_is_new(kind, parts, alias)
    if not new:
        return {}
    with connections[alias].cursor() as cursor:
        cursor.execute(
            f"{new} SELECT step, COUNT(*), SUM(CASE WHEN told THEN 1 ELSE 0 END) FROM new GROUP BY step", params
        )
        return {step: (count, told) for step, count, told in cursor.fetchall()}


def _what_is_new(kind: Kind, parts: Sequence[QuerySet[Any]], alias: str) -> tuple[str, list[Any]]:
    """WITH … new (item_id, due_on, due_minute, step, level, repeat, round, rank, told) and its parameters; "" for
    nothing.

    Of what an item reaches at once the highest is to be told, unless a severer step is on record. A repetition is told
    whatever is on record: what goes on and on must not fall silent because a severer step was taken.
    """
    sql, params = _union(parts, alias)
    if not sql:
        return "", []
    statement = f"""
        WITH reached (item_id, due_on, due_minute, step, level, repeat, round, tell) AS ({sql}),
        fresh AS MATERIALIZED (
            SELECT r.*, {RANK.format("r")} AS rank FROM reached r WHERE NOT EXISTS (
                SELECT 1 FROM supervision_escalation e WHERE e.kind = %s AND e.item_id = r.item_id
                AND e.due_on = r.due_on AND e.due_minute = r.due_minute AND e.round = r.round
                AND e.step = r.step AND e.repeat = r.repeat
            )
        ),
        highest AS MATERIALIZED (
            SELECT e.item_id, e.due_on, e.due_minute, e.round, MAX(CAST(e.level AS bigint) * 4294967296) AS rank
            FROM supervision_escalation e JOIN (SELECT DISTINCT item_id, due_on, due_minute, round FROM fresh) f
            ON e.kind = %s AND e.item_id = f.item_id AND e.due_on = f.due_on AND e.due_minute = f.due_minute
            AND e.round = f.round
            GROUP BY e.item_id, e.due_on, e.due_minute, e.round
        ),
        new (item_id, due_on, due_minute, step, level, repeat, round, rank, told) AS (
            SELECT f.item_id, f.due_on, f.due_minute, f.step, f.level, f.repeat, f.round, f.rank,
                f.tell AND (f.repeat > 0 OR f.rank > COALESCE(h.rank, 0))
                    AND f.rank = MAX(f.rank) OVER (PARTITION BY f.item_id, f.due_on)
            FROM fresh f LEFT JOIN highest h ON h.item_id = f.item_id AND h.due_on = f.due_on
            AND h.due_minute = f.due_minute AND h.round = f.round
        )
    """
    return statement, [*params, kind.name, kind.name]


def _union(parts: Sequence[QuerySet[Any]], alias: str) -> tuple[str, list[Any]]:
    statements: list[str] = []
    params: list[Any] = []
    for part in parts:
        try:
            sql, some = part.using(alias).query.sql_with_params()
        except EmptyResultSet:
            continue
        statements.append(sql)
        params += some
    return " UNION ALL ".join(statements), params
