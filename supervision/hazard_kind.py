"""Hazards as the sweep watches them."""

from collections.abc import Iterable

from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Cast, Concat

from accounts.roles import ADMIN, BUREAU_ROLES, COMPANY_ROLES
from common.insert_select import Literal
from inspections.enums import UNDER_WAY_STATUSES, Grade, Urgency
from inspections.models import Hazard
from inspections.services import record_first_overdue
from supervision import people
from supervision.kind import BureauPeople, Facts, Kind


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
        "tells_bureau": BureauPeople(BUREAU_ROLES, of=people.without("supervisor", "county")),
        "tells_bureau_leader": BureauPeople((ADMIN,)),
    },
    urgency="urgency",
    urgencies=Urgency,
    title=F("number"),
    text=F("problem_point"),
    path=Concat(Value("/hazards/"), Cast("pk", CharField()), Value("/")),
    recipients={
        "tells_responsible": people.person_or_unit("responsible_user", "lead_unit", *COMPANY_ROLES),
        "tells_company": people.of_unit("lead_unit", *COMPANY_ROLES),
        "tells_company_head": people.head_of_unit("lead_unit"),
        "tells_bureau": people.supervisor_or_bureau("supervisor", "county", *BUREAU_ROLES),
        "tells_bureau_leader": people.of_bureau("county", ADMIN),
    },
    record_overdue=record_first_overdue,
    facts=_hazard_facts,
    pause=_why_hazard_is_not_watched,
)
