"""The check for clusters: what stands out is written down once and told once, and again when it has doubled.

Which test is used, how it is corrected for the number of looks and how often it cries wolf in a quiet season stands in
complaints/surprise.py. The check runs when orders have been registered or imported and by the clock; it may run twice,
late, or twice at once: checks of a county line up at the county's row, and the keys of cluster, warning and message let
each be there once.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import Q

from accounts.models import Region
from common import clock
from complaints import messages
from complaints.cluster_places import HOUR, Place, by_household, fill, histories, places_of
from complaints.counting import counting_of
from complaints.enums import OrderStatus
from complaints.models import Cluster, ClusterWarning, Counting, Order
from complaints.models.clusters import ClusterQuerySet
from complaints.querysets import OrderQuerySet
from complaints.surprise import Expectation, Finding, allowed_chance, stands_out
from facilities.models import Community, Season
from facilities.season_companies import SeasonCompanies

# The season that is and the one before it.
SEASONS_OF_HISTORY = 2


def watch(orders: Iterable[Order]) -> None:
    """Check the communities of these orders once they are committed. What goes wrong holds up no registration: it is
    logged, and the next check by the clock looks again."""
    by_county: defaultdict[int, set[int]] = defaultdict(set)
    for order in orders:
        if order.community_id:
            by_county[order.county_id].add(order.community_id)
    for county, communities in by_county.items():
        transaction.on_commit(lambda county=county, communities=communities: check(county, communities), robust=True)  # type: ignore[misc]


@transaction.atomic
def check(county_id: int, communities: Collection[int] | None = None) -> list[Cluster]:
    """Look at the places of these communities (all of the county by default); the clusters that were found or have
    grown. Seven queries where nothing stands out, whatever the number of orders."""
    now = clock.now()
    county = Region.objects.select_for_update(no_key=True).get(pk=county_id)
    begun = Season.objects.filter(county=county, summer_start_on__lte=clock.today())
    seasons = list(begun.order_by("-summer_start_on")[:SEASONS_OF_HISTORY])
    if not seasons:
        return []
    counting = counting_of(county)
    places, count = places_of(county, communities)
    fill(places, counting, now)
    candidates = [place for place in places if len(place.latest) >= counting.cluster_households]
    candidates = [place for place in candidates if place.station is None or place.is_spread]
    found = _standing_out(candidates, seasons, counting, now, allowed_chance(float(counting.false_alarms), count))
    return [written for place, finding in found if (written := _write(county, seasons[0], place, finding, now))]


def check_all() -> int:
    """Every county that has a season; how many clusters were found or have grown."""
    counties = (
        Region.objects.filter(seasons__summer_start_on__lte=clock.today()).distinct().values_list("pk", flat=True)
    )
    return sum(len(check(county)) for county in counties)


def _standing_out(
    places: list[Place], seasons: list[Season], counting: Counting, now: dt.datetime, allowed: float
) -> list[tuple[Place, Finding]]:
    known = histories(
        {each.pk: each for place in places for each in place.communities}.values(), seasons, counting, now
    )
    found = []
    for place in places:
        ages = {household: (now - at) / HOUR for household, at in place.latest.items()}
        expected = Expectation.of([known[each.pk] for each in place.communities])
        finding = stands_out(ages, expected, least=counting.cluster_households, allowed=allowed)
        if finding:
            found.append((place, finding))
    return found


def _write(county: Region, season: Season, place: Place, finding: Finding, now: dt.datetime) -> Cluster | None:
    """The cluster if it is new or has grown. Under the county's lock: nobody else writes its clusters meanwhile."""
    window_start = now - finding.hours * HOUR
    of_place = {"station": place.station} if place.station else {"community": place.communities[0]}
    known = list(Cluster.objects.filter(**of_place, last_at__gt=window_start).order_by("-last_at")[:2])
    # Calls that are brought in later are earlier ones: it reaches back to the window's first, but into no other.
    earliest = max([window_start, *(other.last_at for other in known[1:])])
    started_at = min((at for at in place.times if at > earliest), default=now)
    facts = {
        "window_hours": finding.hours, "expected": round(finding.expected, 3), "chance": finding.chance,
        "last_at": max(place.times),
    }  # fmt: skip
    if not known:
        cluster, is_new = Cluster.objects.get_or_create(
            **of_place, started_at=started_at,
            defaults=facts | {"county": county, "season": season, "households": finding.households},
        )  # fmt: skip
        if is_new:
            _whose(cluster, place)
            _warn(cluster, now)
        return cluster if is_new else None
    cluster = known[0]
    before = (cluster.started_at, cluster.last_at, cluster.households)
    cluster.started_at = min(cluster.started_at, started_at)
    for name, value in facts.items():
        setattr(cluster, name, value)
    # Not only those of the window: all since it began.
    households = {household for _, household, _ in by_household(orders_of(cluster))}
    cluster.households = max(cluster.households, len(households))
    if before == (cluster.started_at, cluster.last_at, cluster.households):
        return None
    cluster.save(update_fields=["started_at", "households", *facts])
    _whose(cluster, place)
    if cluster.households >= 2 * cluster.warned_households:
        _warn(cluster, now)
    return cluster


def _whose(cluster: Cluster, place: Place) -> None:
    """Whom it concerns: the companies of the season and the townships of all communities of the place."""
    heated_by = SeasonCompanies(cluster.season, place.communities).of
    cluster.companies.add(*{company for each in place.communities if (company := heated_by(each))})
    cluster.townships.add(*{each.township_id for each in place.communities if each.township_id})


def _warn(cluster: Cluster, now: dt.datetime) -> None:
    level = cluster.warnings.count() + 1
    cluster.warned_households = cluster.households
    cluster.save(update_fields=["warned_households"])
    ClusterWarning.objects.create(cluster=cluster, level=level, households=cluster.households, at=now)
    messages.cluster_found(cluster, level)


def orders_of(cluster: Cluster) -> OrderQuerySet:
    """The orders that make it up, by what counts now. One query when it is asked, one for what counts."""
    place: dict[str, object] = (
        {"community": cluster.community_id} if cluster.community_id else {"community__station": cluster.station_id}
    )
    within = {"received_at__gte": cluster.started_at, "received_at__lte": cluster.last_at}
    return Order.objects.counted().filter(**place, **within, category__in=counting_of(cluster.county_id).categories)


def clusters_of(order: Order) -> ClusterQuerySet:
    """The clusters that it is one of, if its category counts: as `orders_of`, the other way round."""
    if not order.community_id or order.status in (OrderStatus.INVALID, OrderStatus.MERGED):
        return Cluster.objects.none()
    station = Community.objects.filter(pk=order.community_id, station__isnull=False).values("station")
    place = Q(community=order.community_id) | Q(station__in=station)
    return Cluster.objects.filter(place, started_at__lte=order.received_at, last_at__gte=order.received_at)
