"""The counts that indicators are made of, for whole periods at once. Docstrings state the query count."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, Count, F, IntegerField, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Trim, TruncDate

from complaints import rules
from complaints.counting import counts
from complaints.enums import AT_DESK_STATUSES, OrderStatus, Satisfaction
from complaints.indicators import Tally, Volume
from complaints.models import Counting, Order, OrderRound, Visit
from complaints.periods import Period
from complaints.querysets import OrderQuerySet, seen_by
from complaints.repeats import count_repeats
from complaints.selectors import sees_only_dispatched

NOT_VALID = (OrderStatus.INVALID, OrderStatus.MERGED)
CALLBACK_COUNTS = (
    "called_back", "asked_contact", "contacted", "solved", "asked_satisfaction", "satisfied", "fairly_satisfied",
)  # fmt: skip
# By company; None: not dispatched to anybody, or sent back.
Tallies = dict[int | None, Tally]


def tallies(user: Any, periods: Sequence[Period], counting: Counting) -> list[Tallies]:
    """For each of the periods (apart from each other, each of one season of one county, each from its beginning) the
    counts by company as far as the user sees the orders. Five queries, however many periods, companies and orders."""
    found: list[Tallies] = [defaultdict(Tally) for _ in periods]
    county = periods[0].season.county_id
    orders = Order.objects.visible_to(user).filter(county=county)
    _count_received(found, orders, periods, counting)
    _count_withdrawn(found, orders, periods)
    _count_callbacks(found, orders, periods)
    _count_measured(found, orders, periods, counting)
    received = Order.objects.filter(_within("received_at", periods), county=county)
    counted = counts(counting) & seen_by(user)
    repeats = count_repeats(received, _which("received_at", periods), counted, counting, by=HANDLED_BY)
    for (period, company), count in repeats.items():
        found[period][company].repeats = count
    if sees_only_dispatched(user):
        # What others did in earlier rounds of its orders is not the company's.
        return [{key: tally for key, tally in each.items() if key == user.unit_id} for each in found]
    return found


def _within(field: str, periods: Sequence[Period]) -> Q:
    """In one of them. The bounds of all are said as well: by them an index is entered, which an OR does not do."""
    first, last = min(period.start for period in periods), max(period.end for period in periods)
    bounds = Q(**{f"{field}__gte": first, f"{field}__lt": last})
    return bounds & _any(period.holds(field) for period in periods)


def _which(field: str, periods: Sequence[Period]) -> Case:
    """The number of the period in which the moment lies."""
    return Case(*(When(period.holds(field), then=Value(n)) for n, period in enumerate(periods)), output_field=_NUMBER)


_NUMBER = IntegerField()
# Before an order is dispatched its company is only who is likely to get it.
HANDLED_BY = Case(When(dispatched_at__isnull=False, then=F("company_id")))


def _each(periods: Sequence[Period], condition: Any) -> Q:
    """`condition(period)` for rows received in that period."""
    return _any(period.holds("received_at") & condition(period) for period in periods)


def _any(conditions: Any) -> Q:
    found = Q()
    for condition in conditions:
        found |= condition
    return found


def _count_received(
    found: list[Tallies], orders: OrderQuerySet, periods: Sequence[Period], counting: Counting
) -> None:  # fmt: skip
    valid = ~Q(status__in=NOT_VALID)
    reported = _each(periods, lambda period: Q(reported_at__lt=period.end))
    unreported = [Q(reported_at__isnull=True) | Q(reported_at__gte=period.end) for period in periods]
    # What was withdrawn while there was time is neither in time nor late.
    not_withdrawn = Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("due_at"))
    overdue = _any(
        period.holds("received_at") & Q(due_at__lte=period.end) & late & not_withdrawn
        for period, late in zip(periods, unreported, strict=True)
    )
    limited = valid & Q(due_at__isnull=False)
    rows = (
        orders.filter(_within("received_at", periods))
        .annotate(period=_which("received_at", periods), handled_by=HANDLED_BY)
        .order_by()
        .values("period", "handled_by", "platform")
        .annotate(
            received=Count("pk"),
            received_and_withdrawn=Count("pk", filter=_each(periods, lambda period: period.holds("withdrawn_at"))),
            at_desk=Count("pk", filter=Q(status__in=AT_DESK_STATUSES)),
            valid=Count("pk", filter=valid & counts(counting)),
            answerable=Count("pk", filter=limited & (reported | overdue)),
            in_time=Count(
                "pk", filter=limited & reported & Q(reported_at__lt=F("due_at"), first_overdue_at__isnull=True)
            ),
        )
    )
    for row in rows:
        volume = Volume(received=row["received"], received_and_withdrawn=row["received_and_withdrawn"])
        tally = Tally(volume, {row["platform"]: volume}, at_desk=row["at_desk"])
        tally.valid, tally.answerable, tally.in_time = row["valid"], row["answerable"], row["in_time"]
        found[row["period"]][row["handled_by"]].add(tally)


def _count_withdrawn(found: list[Tallies], orders: OrderQuerySet, periods: Sequence[Period]) -> None:
    """Also of what was received before the period."""
    rows = (
        orders.filter(_within("withdrawn_at", periods))
        .annotate(period=_which("withdrawn_at", periods))
        .order_by()
        .values("period", "company_id", "platform")
        .annotate(withdrawn=Count("pk"))
    )
    for row in rows:
        volume = Volume(withdrawn=row["withdrawn"])
        found[row["period"]][row["company_id"]].add(Tally(volume, {row["platform"]: volume}))


def _company_of_call() -> Case:
    """The company that had the order in the round of the callback: what it did stays its own when the order is done
    again by another."""
    rounds = OrderRound.objects.filter(order=OuterRef("pk"), round=OuterRef("callbacks__round"))
    before = When(callbacks__round__lt=F("round"), then=Subquery(rounds.values("company")[:1]))
    return Case(before, default=F("company_id"), output_field=_NUMBER)


def _count_callbacks(found: list[Tallies], orders: OrderQuerySet, periods: Sequence[Period]) -> None:
    rows = (
        _valid(orders, periods)
        .filter(_within("callbacks__called_at", periods), callbacks__is_reached=True)
        .annotate(period=_which("callbacks__called_at", periods), done_by=_company_of_call())
        .order_by()
        .values("period", "done_by")
        .annotate(
            called_back=Count("callbacks"),
            asked_contact=Count("callbacks", filter=Q(callbacks__was_contacted__isnull=False)),
            asked_satisfaction=Count("callbacks", filter=~Q(callbacks__satisfaction="")),
            contacted=Count("callbacks", filter=Q(callbacks__was_contacted=True)),
            solved=Count("callbacks", filter=Q(callbacks__is_solved=True)),
            satisfied=Count("callbacks", filter=Q(callbacks__satisfaction=Satisfaction.SATISFIED)),
            fairly_satisfied=Count("callbacks", filter=Q(callbacks__satisfaction=Satisfaction.FAIRLY)),
        )
    )
    for row in rows:
        counted = {name: row[name] for name in CALLBACK_COUNTS}  # type: ignore[literal-required]
        found[row["period"]][row["done_by"]].add(Tally(**counted))


def _valid(orders: OrderQuerySet, periods: Sequence[Period]) -> OrderQuerySet:
    """Whose callbacks and visits may lie in the periods: received before the last of them ends."""
    return orders.counted().filter(received_at__lt=max(period.end for period in periods))


def measured_by_the_rules(counting: Counting) -> Q:
    """The condition on visits that `rules.is_warm_enough` knows an answer for; a test holds the two together."""
    least, most = (counting.height_m + sign * rules.HEIGHT_TOLERANCE_M for sign in (Decimal(-1), Decimal(1)))
    return Q(
        temperature_c__isnull=False, place__in=rules.LIVING_ROOMS, is_centre=True,
        shut_minutes__gte=counting.shut_minutes, height_m__gte=least, height_m__lte=most, device_named__gt="",
        calibrated_until__gte=TruncDate("visited_at"), signed_by_visitor=True, signed_by_user=True,
    )  # fmt: skip


def _count_measured(
    found: list[Tallies], orders: OrderQuerySet, periods: Sequence[Period], counting: Counting
) -> None:  # fmt: skip
    rows = (
        Visit.objects.alias(device_named=Trim("device", output_field=CharField()))
        .filter(_within("visited_at", periods), measured_by_the_rules(counting), order__in=_valid(orders, periods))
        .annotate(period=_which("visited_at", periods))
        .order_by()
        .values("period", "company_id")
        .annotate(measured=Count("pk"), warm_enough=Count("pk", filter=Q(temperature_c__gte=counting.room_floor_c)))
    )
    for row in rows:
        found[row["period"]][row["company_id"]].add(Tally(measured=row["measured"], warm_enough=row["warm_enough"]))


def together(found: Tallies) -> Tally:
    """Of all companies, and of what is not dispatched yet."""
    total = Tally()
    for tally in found.values():
        total.add(tally)
    return total
