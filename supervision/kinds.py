"""What has deadlines that the sweep watches: one declaration per kind. A new kind is one more entry in KINDS."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import (
    CharField,
    Choices,
    DateTimeField,
    Exists,
    Expression,
    F,
    IntegerField,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Cast, Concat

from accounts.enums import UnitKind
from accounts.models import User
from accounts.roles import ADMIN, BUREAU_ROLES, COMPANY_ADMIN, COMPANY_ROLES
from common.due import WHOLE_DAY
from common.insert_select import Literal
from inspections.enums import UNDER_WAY_STATUSES, Grade, Urgency
from inspections.models import Hazard
from inspections.services import record_first_overdue
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
    """Those of a county's housing bureau whom an audience flag means: who has one of the roles. `of`: takes items,
    gives those of which nobody else is told instead."""

    roles: tuple[str, ...]
    of: Callable[[QuerySet[Any]], QuerySet[Any]] = _all


def _nothing_to_keep(as_of: Any) -> int:
    return 0


def _nothing_in_the_way(item: Any) -> str:
    return ""


@dataclass(frozen=True)
class Kind:
    """`watched`: the items with a deadline that somebody has to meet; `visible`: those a user sees, in any state.
    `due`: the field with the deadline, a DateField; a DateTimeField if it is a moment (`ladder.py`).

    `recipients`: who is meant by each audience flag of PolicyStep. `facts` are what lists say about items, by pk, in
    one query. `first_steps`: of its general policy, until a bureau changes it. `grades`, `urgencies`: None for a kind
    that knows none. `round`: the field with the number of the round, if what was settled can come back: each has a
    ladder of its own, be the deadline the same. `since`: the field that says from when on an item has been watched;
    what was past by then is recorded and not announced, unless the field is null. `record_overdue(today)`, of a kind by
    moments `record_overdue(now)`, keeps what must not be forgotten of the past; how many rows it wrote. `pause`: why an
    item is not watched now, in Chinese.

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
    grade: str = ""
    grades: type[Choices] | None = None
    urgency: str = ""
    urgencies: type[Choices] | None = None
    round: str = ""
    since: str = ""
    unit_roles: tuple[str, ...] = ()
    county: str = ""
    bureau: dict[str, BureauPeople] = field(default_factory=dict)
    record_overdue: Callable[[Any], int] = _nothing_to_keep
    pause: Callable[[Any], str] = _nothing_in_the_way

    @property
    def has_classes(self) -> bool:
        """Whether some of its items may have a policy of their own."""
        return bool(self.grades or self.urgencies)

    @property
    def round_number(self) -> Expression | F:
        return F(self.round) if self.round else Value(1, output_field=IntegerField())

    @property
    def is_by_moment(self) -> bool:
        return isinstance(self.watched().model._meta.get_field(self.due), DateTimeField)

    @property
    def due_label(self) -> str:
        """整改时限"""
        return str(self.watched().model._meta.get_field(self.due).verbose_name)  # type: ignore[union-attr]

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


def _watched_hazards() -> QuerySet[Hazard]:
    # As the condition of the index `hazard_sweep` has it.
    return Hazard.objects.filter(status__in=[Literal(status.value) for status in UNDER_WAY_STATUSES])


def _hazard_facts(ids: Iterable[int]) -> dict[int, Facts]:
    hazards = Hazard.objects.filter(pk__in=list(ids)).select_related("lead_unit")
    hazards = hazards.only(
        "number", "problem_point", "status", "due_on", "round", "lead_unit__name", "lead_unit__short_name"
    )
    return {
        hazard.pk: Facts(
            title=hazard.number,
            text=hazard.problem_point,
            unit=hazard.lead_unit.label if hazard.lead_unit else "",
            status=hazard.state.label,
            colour=hazard.state.colour,
            path=hazard.get_absolute_url(),
            due_on=hazard.due_on if hazard.state.is_under_way else None,
            round=hazard.round,
        )
        for hazard in hazards
    }


def _why_hazard_is_not_watched(hazard: Hazard) -> str:
    """Empty while it is watched."""
    if hazard.state.is_under_way:
        return "" if hazard.due_on else "还没有整改时限，不提醒也不督办。"
    return f"现在是“{hazard.state.label}”，不提醒也不督办。"


def _people_of_lead_unit(items: QuerySet[Hazard], *roles: str) -> QuerySet[Hazard]:
    people = items.filter(lead_unit__users__is_active=True, lead_unit__users__groups__name__in=roles)
    return people.annotate(recipient=F("lead_unit__users"))


def _company(items: QuerySet[Hazard]) -> list[QuerySet[Any]]:
    return [_people_of_lead_unit(items, *COMPANY_ROLES)]


def _company_head(items: QuerySet[Hazard]) -> list[QuerySet[Any]]:
    """The company's administrators; of a company that has none, all its people."""
    head = Exists(
        User.objects.filter(unit=OuterRef("lead_unit"), is_active=True, groups__name=COMPANY_ADMIN).order_by()
    )
    return [_people_of_lead_unit(items.filter(head), COMPANY_ADMIN), *_company(items.filter(~head))]


def _responsible_person(items: QuerySet[Hazard]) -> list[QuerySet[Any]]:
    """The person's account, as long as it is the lead unit's; for a person without one, all people of the unit."""
    account = Exists(User.objects.filter(pk=OuterRef("responsible_user"), is_active=True, unit=OuterRef("lead_unit")))
    named = items.filter(account).annotate(recipient=F("responsible_user"))
    return [named, *_company(items.filter(~account))]


def _people_of_bureau(items: QuerySet[Hazard], *roles: str) -> QuerySet[Hazard]:
    people = items.filter(
        county__units__kind=UnitKind.HOUSING_BUREAU,
        county__units__users__is_active=True,
        county__units__users__groups__name__in=roles,
    )
    return people.annotate(recipient=F("county__units__users"))


def _supervisor() -> Exists:
    """Whether there is one, of a housing bureau that looks after the county."""
    of_the_county = Q(unit__region=OuterRef("county")) | Q(unit__region=OuterRef("county__parent"))
    return Exists(
        User.objects.filter(
            of_the_county, pk=OuterRef("supervisor"), is_active=True, unit__kind=UnitKind.HOUSING_BUREAU
        )
    )


def _without_supervisor(items: QuerySet[Hazard]) -> QuerySet[Hazard]:
    return items.filter(~_supervisor())


def _bureau(items: QuerySet[Hazard]) -> list[QuerySet[Any]]:
    """The supervisor; of a hazard that has none, the bureau's inspectors and administrators."""
    supervised = items.filter(_supervisor()).annotate(recipient=F("supervisor"))
    return [supervised, _people_of_bureau(_without_supervisor(items), *BUREAU_ROLES)]


def _bureau_leader(items: QuerySet[Hazard]) -> list[QuerySet[Any]]:
    return [_people_of_bureau(items, ADMIN)]


HAZARD = Kind(
    name="hazard",
    label="隐患",
    watched=_watched_hazards,
    visible=Hazard.objects.visible_to,
    due="due_on",
    unit="lead_unit",
    grade="grade",
    grades=Grade,
    round="round",
    since="watched_since",
    unit_roles=COMPANY_ROLES,
    county="county",
    bureau={
        "tells_bureau": BureauPeople(BUREAU_ROLES, of=_without_supervisor),
        "tells_bureau_leader": BureauPeople((ADMIN,)),
    },
    urgency="urgency",
    urgencies=Urgency,
    title=F("number"),
    text=F("problem_point"),
    path=Concat(Value("/hazards/"), Cast("pk", CharField()), Value("/")),
    recipients={
        "tells_responsible": _responsible_person,
        "tells_company": _company,
        "tells_company_head": _company_head,
        "tells_bureau": _bureau,
        "tells_bureau_leader": _bureau_leader,
    },
    record_overdue=record_first_overdue,
    facts=_hazard_facts,
    pause=_why_hazard_is_not_watched,
)
KINDS: dict[str, Kind] = {kind.name: kind for kind in (HAZARD,)}


def kind_of(item: Model) -> Kind:
    """The kind that an item is of, by its model."""
    return next(kind for kind in KINDS.values() if kind.watched().model is type(item))
