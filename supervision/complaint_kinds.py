"""What complaints have that the sweep watches: the limits for handing out, being there, reporting, and calling back.

Limits are moments, and a round has its own. Whoever has the order in hand is responsible: its company, or the hotline
desk while it is back there as another's; that it bounces stops no limit.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Concat

from accounts.roles import ADMIN, BUREAU_ROLES, COMPANY_ROLES, HOTLINE
from complaints.deadlines import record_first_overdue
from complaints.enums import UNDER_WAY_STATUSES, Category, Urgency
from complaints.models import Order
from supervision import people
from supervision.enums import OffsetUnit
from supervision.first_steps import FirstStep
from supervision.kind import BureauPeople, Facts, Kind, Recipients

HOURS = OffsetUnit.HOURS
# Before it is handed out its company is only who is likely to get it.
WITH_COMPANY = Q(status__in=UNDER_WAY_STATUSES)
COMPANY, DESK = people.of_unit("company", *COMPANY_ROLES), people.of_desk("county")
RECIPIENTS: dict[str, Recipients] = {
    "tells_responsible": people.either(WITH_COMPANY, COMPANY, DESK),
    "tells_company": people.only(WITH_COMPANY, COMPANY),
    "tells_company_head": people.only(WITH_COMPANY, people.head_of_unit("company")),
    "tells_bureau": people.of_bureau("county", *BUREAU_ROLES),
    "tells_bureau_leader": people.of_bureau("county", ADMIN),
    "tells_desk": DESK,
}
BUREAU = {
    "tells_bureau": BureauPeople(BUREAU_ROLES),
    "tells_bureau_leader": BureauPeople((ADMIN,)),
    # Where there is no desk the bureau does its work, in whatever unit it sits.
    "tells_desk": BureauPeople((HOTLINE, *BUREAU_ROLES), unit_kind=None),
}
TEXT = Concat(
    Case(*(When(category=each.value, then=Value(each.label)) for each in Category), output_field=CharField()),
    Value(" "),
    F("address"),
)
EVERYBODY = ("responsible", "company_head", "desk", "bureau", "bureau_leader")


def _number(stage: str) -> Any:
    return Concat(F("number"), Value(f" {stage}"))


def _facts(due: str, stage: str, why: Callable[[Order], str]) -> Callable[[Iterable[int]], dict[int, Facts]]:
    """By the field with the limit. One query."""

    def facts(ids: Iterable[int]) -> dict[int, Facts]:
        orders = Order.objects.filter(pk__in=list(ids)).select_related("company").defer("content", "search_terms")
        return {
            order.pk: Facts(
                title=f"{order.number} {stage}".rstrip(), text=f"{order.get_category_display()} {order.address}",
                unit=order.company.label if order.company else "", status=order.state.label,
                colour=order.state.colour, path=order.get_absolute_url(), round=order.round,
                due_at=None if why(order) else getattr(order, due),
            )
            for order in orders
        }  # fmt: skip

    return facts


OF_ORDERS: dict[str, Any] = {
    "visible": Order.objects.visible_to,
    "unit": "company",
    "county": "county",
    "round": "round",
    "since": "watched_since",
    # What is more urgent goes before what it is about.
    "grade": "urgency",
    "grades": Urgency,
    "grade_label": "紧急程度",
    "urgency": "category",
    "urgencies": Category,
    "urgency_label": "诉求类别",
    "text": TEXT,
    "path": Concat(Value("/complaints/"), Cast("pk", CharField()), Value("/")),
    "recipients": RECIPIENTS,
}  # fmt: skip


# --- handing out


def _at_desk() -> QuerySet[Order]:
    return Order.objects.dispatch_limit_runs()


def _why_no_dispatch_limit(order: Order) -> str:
    if order.dispatched_at:
        return "已经派单，派单时限不再提醒和督办。"
    if not order.state.is_open:
        return f"现在是“{order.state.label}”，不用再派单。"
    return "" if order.dispatch_due_at else "没有派单时限，不提醒也不督办。"


COMPLAINT_DISPATCH = Kind(
    name="complaint_dispatch",
    label="投诉派单",
    watched=_at_desk,
    due="dispatch_due_at",
    title=_number("派单"),
    first_steps=(
        FirstStep("remind-0h", 0, ("desk",), unit=HOURS),
        FirstStep("urge-2h", 2, ("desk", "bureau"), unit=HOURS),
        FirstStep("urge-24h", 24, ("desk", "bureau", "bureau_leader"), unit=HOURS, repeat_every=24),
    ),
    special_steps={
        Urgency.DANGER: (
            FirstStep("remind-0h", 0, ("desk", "bureau"), unit=HOURS),
            FirstStep("urge-1h", 1, ("desk", "bureau", "bureau_leader"), unit=HOURS, repeat_every=2),
        )
    },
    facts=_facts("dispatch_due_at", "派单", _why_no_dispatch_limit),
    pause=_why_no_dispatch_limit,
    due_label="派单时限",
    urge="请立即派单",
    bureau=BUREAU,
    **OF_ORDERS | {"recipients": {flag: RECIPIENTS[flag] for flag in BUREAU}},
)


# --- reporting


def _handled() -> QuerySet[Order]:
    return Order.objects.handling_limit_runs()


def _why_no_handling_limit(order: Order) -> str:
    """Empty while it runs."""
    if order.dispatched_at is None and order.state.is_open:
        return "还没有派单，办理时限从派单起算。"
    if not order.state.is_open or order.reported_at:
        return f"现在是“{order.state.label}”，办理时限不再提醒和督办。"
    return "" if order.due_at else "没有办理时限，不提醒也不督办。"


COMPLAINT = Kind(
    name="complaint",
    label="投诉办理",
    watched=_handled,
    due="due_at",
    title=F("number"),
    first_steps=(
        FirstStep("remind-4h", -4, ("responsible",), unit=HOURS),
        FirstStep("remind-0h", 0, ("responsible", "desk"), unit=HOURS),
        FirstStep("urge-4h", 4, ("company_head", "desk", "bureau"), unit=HOURS, repeat_every=24),
        FirstStep("notice-24h", 24, ("company", "bureau"), unit=HOURS, is_proposed=True),
        FirstStep("talk-72h", 72, ("company_head", "bureau_leader"), unit=HOURS, is_proposed=True),
        FirstStep(
            "circular-168h", 168, ("company", "bureau", "bureau_leader"), unit=HOURS, repeat_every=168,
            is_proposed=True,
        ),
    ),
    special_steps={
        Urgency.DANGER: (
            FirstStep("remind-1h", -1, ("responsible", "desk"), unit=HOURS),
            FirstStep("remind-0h", 0, EVERYBODY, unit=HOURS),
            FirstStep(
                "urge-1h", 1, ("company_head", "desk", "bureau", "bureau_leader"), unit=HOURS, repeat_every=2
            ),
            FirstStep("notice-4h", 4, ("company", "bureau"), unit=HOURS, is_proposed=True),
            FirstStep("talk-24h", 24, ("company_head", "bureau_leader"), unit=HOURS, is_proposed=True),
        )
    },
    facts=_facts("due_at", "", _why_no_handling_limit),
    pause=_why_no_handling_limit,
    record_overdue=record_first_overdue,
    due_label="办理时限",
    urge="请抓紧办理",
    unit_roles=COMPANY_ROLES,
    bureau=BUREAU,
    **OF_ORDERS,
)  # fmt: skip


# --- being there


def _visited() -> QuerySet[Order]:
    return Order.objects.visit_limit_runs()


def _why_no_visit_limit(order: Order) -> str:
    if order.visit_due_at is None:
        return "没有到场时限，不提醒也不督办。"
    if order.visited_at:
        return "已经到场，到场时限不再提醒和督办。"
    return "" if order.state.is_open and not order.reported_at else _why_no_handling_limit(order)


COMPLAINT_VISIT = Kind(
    name="complaint_visit",
    label="投诉到场",
    watched=_visited,
    due="visit_due_at",
    title=_number("到场"),
    first_steps=(
        FirstStep("remind-1h", -1, ("responsible",), unit=HOURS),
        FirstStep("remind-0h", 0, ("responsible", "desk"), unit=HOURS),
        FirstStep("urge-1h", 1, ("company_head", "desk", "bureau"), unit=HOURS, repeat_every=4),
        FirstStep("notice-12h", 12, ("company", "bureau"), unit=HOURS, is_proposed=True),
    ),
    special_steps={
        Urgency.DANGER: (
            FirstStep("remind-1h", -1, ("responsible", "desk"), unit=HOURS),
            FirstStep("remind-0h", 0, EVERYBODY, unit=HOURS),
            FirstStep(
                "urge-1h", 1, ("company_head", "desk", "bureau", "bureau_leader"), unit=HOURS, repeat_every=2
            ),
            FirstStep("notice-4h", 4, ("company", "bureau"), unit=HOURS, is_proposed=True),
        )
    },
    facts=_facts("visit_due_at", "到场", _why_no_visit_limit),
    pause=_why_no_visit_limit,
    due_label="到场时限",
    urge="请立即到场",
    unit_roles=COMPANY_ROLES,
    bureau=BUREAU,
    **OF_ORDERS,
)  # fmt: skip


# --- calling back


def _called_back() -> QuerySet[Order]:
    return Order.objects.callback_limit_runs()


def _why_no_callback_limit(order: Order) -> str:
    if not order.is_reported:
        return f"现在是“{order.state.label}”，回访时限从反馈起算，到办结为止。"
    return "" if order.callback_due_at else "没有回访时限，不提醒也不督办。"


COMPLAINT_CALLBACK = Kind(
    name="complaint_callback",
    label="投诉回访",
    watched=_called_back,
    due="callback_due_at",
    title=_number("回访"),
    # The limit of the first rules is the end of a day: what is said about it falls into the hours of work.
    first_steps=(
        FirstStep("remind-14h", -14, ("desk",), unit=HOURS),
        FirstStep("remind-0h", 0, ("desk",), unit=HOURS),
        FirstStep("urge-9h", 9, ("desk", "bureau"), unit=HOURS),
        FirstStep("urge-33h", 33, ("desk", "bureau", "bureau_leader"), unit=HOURS, repeat_every=24),
    ),
    facts=_facts("callback_due_at", "回访", _why_no_callback_limit),
    pause=_why_no_callback_limit,
    due_label="回访时限",
    urge="请尽快回访",
    bureau=BUREAU,
    **OF_ORDERS | {"recipients": {flag: RECIPIENTS[flag] for flag in BUREAU}},
)
