"""What a step was when an item reached it: a policy may have been changed since, its former versions stay."""

import datetime as dt
from collections.abc import Iterable, Sequence

from common import clock
from common.workdays import Calendar
from supervision.kinds import Kind
from supervision.ladder import moment_of
from supervision.models import Escalation, PolicyStep


def steps_as_recorded(
    kind: Kind, records: Sequence[Escalation], in_force: Iterable[PolicyStep], calendar: Calendar
) -> dict[int, PolicyStep]:
    """By the record's pk; without those for which no version fits. The records come with their `run`. One query."""
    codes = {record.step for record in records}
    past = PolicyStep.objects.filter(policy__kind=kind.name, code__in=codes).order_by("-version", "pk")
    versions = [*in_force, *past]
    found = ((record, _as_recorded(record, versions, calendar)) for record in records)
    return {record.pk: step for record, step in found if step is not None}


def _as_recorded(record: Escalation, versions: Iterable[PolicyStep], calendar: Calendar) -> PolicyStep | None:
    """Under one code a level means one distance from the deadline, but for two units that come to the same in days of
    seven: of these one that had been reached by then."""
    fitting = (
        step
        for step in versions
        if (step.code, step.level) == (record.step, record.level) and (step.repeat_every or not record.repeat)
    )
    return next((step for step in fitting if _day(step, record, calendar) <= record.run.as_of), None)


def _day(step: PolicyStep, record: Escalation, calendar: Calendar) -> dt.date:
    return clock.local_date(moment_of(step, record.deadline, calendar, record.repeat))
