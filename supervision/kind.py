"""What is said of a kind of item that has deadlines, so that the sweep can watch it. The kinds: `kinds.py`."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Choices, DateTimeField, Exists, Expression, F, IntegerField, OuterRef, Q, QuerySet, Value

from accounts.enums import UnitKind
from common.due import WHOLE_DAY
from common.workdays import end_of, start_of
from supervision.deadlines import day_in, minute_in
from supervision.first_steps import USUAL_STEPS, FirstStep
from supervision.ladder import Deadline, whole_minute

# Takes items, gives the same with their people as `recipient` (a user's pk), in one or more parts.
Recipients = Callable[[QuerySet[Any]], list[QuerySet[Any]]]


@dataclass(frozen=True)
class Facts:
    """What a list says about an item. `due_on`: the deadline that is watched now, None if none is; of a kind by moments
    `due_at`."""

    title: str
    text: str = ""
    unit: str = ""
    status: str = ""
    colour: str = "muted"
    path: str = ""
    due_on: dt.date | None = None
    round: int = 1
    due_at: dt.datetime | None = None

    @property
    def deadline(self) -> Deadline | None:
        return whole_minute(self.due_at) if self.due_at else self.due_on


def _all(items: QuerySet[Any]) -> QuerySet[Any]:
    return items


@dataclass(frozen=True)
class BureauPeople:
    """Those of a bureau of the county whom an audience flag means: who has one of the roles. `unit_kind`: None for any
    unit. `of`: takes items, gives those of which nobody else is told instead."""

    roles: tuple[str, ...]
    unit_kind: UnitKind | None = UnitKind.HOUSING_BUREAU
    of: Callable[[QuerySet[Any]], QuerySet[Any]] = _all


def _nothing_to_prepare(as_of: dt.date) -> None:
    return None


def _nothing_to_keep(as_of: Any) -> int:
    return 0


def _nothing_in_the_way(item: Any) -> str:
    return ""


@dataclass(frozen=True)
class Kind:
    """`watched`: the items with a deadline that somebody has to meet; `visible`: those a user sees, in any state.
    `due`: the field with the deadline, a DateField; a DateTimeField if it is a moment (`ladder.py`).

    `recipients`: who is meant by each audience flag of PolicyStep. `facts` are what lists say about items, by pk, in
    one query. `first_steps`: of its general policy, until a bureau changes it; `special_steps`: of that of a grade, by
    grade. `grades`, `urgencies`: None for a kind that knows none; they may be any two fields that policies are chosen
    by, first the grade, called `grade_label` and `urgency_label`. `round`: the field with the number of the round, if
    what was settled can come back: each has a ladder of its own, be the deadline the same. `since`: the field that says
    from when on an item has been watched; what was past by then is recorded and not announced, unless the field is
    null. `record_overdue(today)`, of a kind by moments `record_overdue(now)`, keeps what must not be forgotten of the
    past; how many rows it wrote. `pause`: why an item is not watched now, in Chinese; empty while it is.
    `prepare(as_of)`: what has to be written down before the items can be watched, at the start of every sweep of the
    kind and in its transaction; it may run twice, late, and several times at once. `due_label`: what the deadline is
    called; `urge`: what is asked of those who are late.

    Whose accounts must not be missing: `unit_roles`, of the unit's people; `bureau`, by audience flag, of the people of
    the bureau of `county`.
    """

    name: str
    label: str
    watched: Callable[[], QuerySet[Any]]
    visible: Callable[[Any], QuerySet[Any]]
    due: str
    unit: str
    title: Expression | F
    text: Expression | F
    path: Expression
    recipients: dict[str, Recipients]
    facts: Callable[[Iterable[int]], dict[int, Facts]]
    first_steps: tuple[FirstStep, ...] = USUAL_STEPS
    special_steps: Mapping[str, tuple[FirstStep, ...]] = field(default_factory=dict)
    grade: str = ""
    grades: type[Choices] | None = None
    grade_label: str = "等级"
    urgency: str = ""
    urgencies: type[Choices] | None = None
    urgency_label: str = "整改类型"
    round: str = ""
    since: str = ""
    unit_roles: tuple[str, ...] = ()
    county: str = ""
    bureau: dict[str, BureauPeople] = field(default_factory=dict)
    prepare: Callable[[dt.date], None] = _nothing_to_prepare
    record_overdue: Callable[[Any], int] = _nothing_to_keep
    pause: Callable[[Any], str] = _nothing_in_the_way
    due_label: str = "整改时限"
    urge: str = "请抓紧整改"

    @property
    def has_classes(self) -> bool:
        """Whether some of its items may have a policy of their own."""
        return bool(self.grades or self.urgencies)

    @property
    def general_scope(self) -> str:
        """What its general policy is for: 各等级; 全部 of a kind without grades."""
        return f"各{self.grade_label}" if self.grades else "全部"

    @property
    def round_number(self) -> Expression | F:
        return F(self.round) if self.round else Value(1, output_field=IntegerField())

    @cached_property
    def is_by_moment(self) -> bool:
        return isinstance(self.watched().model._meta.get_field(self.due), DateTimeField)

    @property
    def due_day(self) -> Any:
        """Of items the day that a record has, as `due_minute` is the minute of it (`deadlines.py`)."""
        return day_in(F(self.due)) if self.is_by_moment else F(self.due)

    @property
    def due_minute(self) -> Any:
        return minute_in(F(self.due)) if self.is_by_moment else Value(WHOLE_DAY, output_field=IntegerField())

    def deadline_of(self, item: Any) -> Deadline | None:
        due: Deadline | None = getattr(item, self.due)
        return whole_minute(due) if isinstance(due, dt.datetime) else due

    def is_due_within(self, first: dt.date, last: dt.date) -> Q:
        """Of items those with a deadline on one of these days, as an index is entered by it."""
        if not self.is_by_moment:
            return Q(**{f"{self.due}__gte": first, f"{self.due}__lte": last})
        return Q(**{f"{self.due}__gte": start_of(first), f"{self.due}__lt": end_of(last)})

    @property
    def same_deadline(self) -> dict[str, Any]:
        """Of the items the one that a record (the outer query) is about, if its deadline and round are the same."""
        same: dict[str, Any] = {"pk": OuterRef("item_id"), self.due: OuterRef("due_on")}
        if self.is_by_moment:
            hour, minute = OuterRef("due_minute") / 60, OuterRef("due_minute") % 60
            on = {"date": OuterRef("due_on"), "hour": hour, "minute": minute}
            same = {"pk": same["pk"]} | {f"{self.due}__{part}": value for part, value in on.items()}
        return same | {self.round: OuterRef("round")} if self.round else same

    def recorded_in(self, records: QuerySet[Any]) -> Exists:
        """Of items (the outer query) those of the records whose deadline and round are still the same: of an item that
        is moved after it was recorded people do not hear as if it had been recorded so."""
        same: dict[str, Any] = {"item_id": OuterRef("pk"), "due_on": OuterRef(self.due)}
        if self.is_by_moment:
            same |= {"due_on": day_in(OuterRef(self.due)), "due_minute": minute_in(OuterRef(self.due))}
        same |= {"round": OuterRef(self.round)} if self.round else {}
        return Exists(records.filter(**same).order_by())
