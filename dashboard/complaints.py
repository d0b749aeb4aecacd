"""What the overview says of complaints: how many are open, where they come in heaps, the days beside the weather."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from coal.models import DailyTemperature
from complaints.models import Cluster, Order
from complaints.periods import midnight
from complaints.querysets import OrderQuerySet
from facilities.models import Season

WEEK = dt.timedelta(days=7)
CHART_DAYS = 30
MOST_CLUSTERS = 5


@dataclass(frozen=True, slots=True)
class OpenOrders:
    """`before`: a week ago."""

    open: int
    before: int
    overdue: int


def season_orders(user: Any, season: Season) -> OrderQuerySet:
    return Order.objects.visible_to(user).filter(county=season.county_id, season=season)


def open_orders(orders: OrderQuerySet, now: dt.datetime) -> OpenOrders:
    """Two queries by indexes on state and time, neither of which goes through the season. A week ago those were open
    that had come by then and are open still or were closed since; what was found invalid since is left out."""
    then = now - WEEK
    still = orders.open().aggregate(
        open=Count("pk"),
        before=Count("pk", filter=Q(received_at__lt=then)),
        overdue=Count("pk", filter=Q(reported_at__isnull=True, due_at__lte=now)),
    )
    closed_since = orders.counted().filter(closed_at__gte=then, received_at__lt=then).count()
    return OpenOrders(open=still["open"], before=still["before"] + closed_since, overdue=still["overdue"])


def clusters_of_late(user: Any, season: Season, now: dt.datetime) -> list[Cluster]:
    """Of the last seven days, the largest first. Two queries."""
    recent = Cluster.objects.visible_to(user).filter(county=season.county_id, season=season, last_at__gte=now - WEEK)
    joined = recent.select_related("community", "station").prefetch_related("companies")
    return list(joined.order_by("-households", "-last_at")[:MOST_CLUSTERS])


@dataclass(frozen=True, slots=True)
class DayPoint:
    """`mean_c`: of the county's weather, None where it is not known."""

    day: dt.date
    received: int
    mean_c: Decimal | None


def by_day(orders: OrderQuerySet, season: Season, today: dt.date) -> list[DayPoint]:
    """The last thirty days of the season, today included. Two queries."""
    last = min(today, season.heating_end_on)
    first = max(last - dt.timedelta(CHART_DAYS - 1), season.summer_start_on)
    came = orders.filter(received_at__gte=midnight(first), received_at__lt=midnight(last + dt.timedelta(1))).order_by()
    counts = dict(came.values_list(TruncDate("received_at")).annotate(count=Count("pk")))
    weather = DailyTemperature.objects.filter(county=season.county_id, day__gte=first, day__lte=last)
    means = dict(weather.values_list("day", "mean_c"))
    days = [first + dt.timedelta(n) for n in range((last - first).days + 1)]
    return [DayPoint(day, counts.get(day, 0), means.get(day)) for day in days]
