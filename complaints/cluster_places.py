"""Where clusters are looked for: communities and the stations that heat several of them, and what is known of each."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import chain
from typing import Any

from django.db import connection
from django.db.models import Q

from accounts.models import Region
from complaints.models import Counting, Order
from complaints.periods import midnight
from complaints.querysets import OrderQuerySet
from complaints.surprise import HISTORY_MOST, LONGEST_H, History, floor_of
from facilities.models import Community, Facility, Season

HOUR = dt.timedelta(hours=1)
_MEASURE_WORDS = re.compile("[号楼栋幢座单元门室房户#]")
# Each of these is one look into an index.
AT_ONCE = 100


@dataclass
class Place:
    """A community, or a station with the communities it heats. `latest`: for each complaining household the moment of
    its latest order; `by_community` how many households complained in each."""

    communities: list[Community]
    station: Facility | None = None
    latest: dict[str, dt.datetime] = field(default_factory=dict)
    times: list[dt.datetime] = field(default_factory=list)
    by_community: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))

    @property
    def name(self) -> str:
        return str(self.station or self.communities[0])

    @property
    def is_spread(self) -> bool:
        """Whether it is the station's matter: of several communities none has more than half of the households."""
        most = max((len(found) for found in self.by_community.values()), default=0)
        return len(self.by_community) > 1 and 2 * most <= len(self.latest)


def places_of(county: Region, communities: Collection[int] | None) -> tuple[list[Place], int]:
    """(the places that these communities belong to, or all of the county; how many places there are in all).
    One query."""
    known = list(Community.objects.filter(county=county).select_related("station").order_by("pk"))
    at_station: defaultdict[int, list[Community]] = defaultdict(list)
    for community in known:
        if community.station_id:
            at_station[community.station_id].append(community)
    stations = [Place(served, served[0].station) for served in at_station.values() if len(served) > 1]
    places = [*(Place([community]) for community in known), *stations]
    if communities is None:
        return places, len(places)
    wanted = set(communities)
    return [place for place in places if wanted & {each.pk for each in place.communities}], len(places)


def fill(places: Sequence[Place], counting: Counting, now: dt.datetime) -> None:
    """Put the orders of the last 72 hours where they belong. One query, by the index on community and time."""
    found: defaultdict[int, list[tuple[str, dt.datetime]]] = defaultdict(list)
    ids = {community.pk for place in places for community in place.communities}
    since = now - LONGEST_H * HOUR
    recent = Order.objects.counted().filter(
        community__in=ids, received_at__gt=since, received_at__lte=now, category__in=counting.categories
    )
    for pk, household, received_at in by_household(recent):
        found[pk].append((household, received_at))
    for place in places:
        for community in place.communities:
            for household, received_at in found[community.pk]:
                place.latest[household] = max(received_at, place.latest.get(household, received_at))
                place.times.append(received_at)
                place.by_community[community.pk].add(household)


def by_household(orders: OrderQuerySet) -> list[tuple[int, str, dt.datetime]]:
    """(community, household, when it was received) of each order that names a community. One query.

    A household is known by its word. Words that one phone gives for one flat of a community, spelled or said less
    fully (3号楼501室, then 3:2:501), are one household; where no room is said it is the phone's: the one that it has
    named otherwise, else the phone alone.
    """
    names = ("community_id", "household", "phone_reversed", "pk", "received_at")
    rows = list(orders.values_list(*names))
    said: defaultdict[tuple[int, str], set[str]] = defaultdict(set)
    for community, household, phone, *_ in rows:
        if household and phone:
            said[community, phone].add(household)
    one = {phone: _as_one(words) for phone, words in said.items()}
    return [
        (community, one.get((community, phone), {}).get(household) or household or phone or str(pk), received_at)
        for community, household, phone, pk, received_at in rows
    ]


def _as_one(words: Collection[str]) -> dict[str, str]:
    """{word: the fullest of the words that may mean the same flat}; for "", no room said, the fullest of all."""
    flats = {word: _MEASURE_WORDS.sub("", word).split(":") for word in words}
    fullest = sorted(words, key=lambda word: (flats[word].count(""), len(word), word))
    return {"": fullest[0]} | {
        word: next(other for other in fullest if _may_be_one(flats[word], flats[other])) for word in words
    }


def _may_be_one(one: list[str], other: list[str]) -> bool:
    return all(a == b or not a or not b for a, b in zip(one, other, strict=False))


def histories(
    communities: Iterable[Community], seasons: Sequence[Season], counting: Counting, now: dt.datetime
) -> dict[int, History]:
    """What each community's own history says: its last orders before the windows, in the heating of `seasons`.

    On PostgreSQL one query for a hundred communities: so many looks into an index that end after 200 rows.
    """
    until = now - LONGEST_H * HOUR
    spans = [(start, min(end, until)) for start, end in map(_heating, seasons) if start < until]
    if not spans:
        return {each.pk: History(0, 0, floor_of(each.households)) for each in communities}
    within = reduce(lambda one, other: one | other, (Q(received_at__gte=a, received_at__lt=b) for a, b in spans))
    asked, found = list(communities), {}
    for start in range(0, len(asked), AT_ONCE):
        lot = asked[start : start + AT_ONCE]
        seen = _last_orders(lot, within, counting)
        for each in lot:
            times = seen.get(each.pk, [])
            since = min(times) if len(times) >= HISTORY_MOST else spans[-1][0]
            hours = sum((max(b - max(a, since), dt.timedelta(0)) / HOUR for a, b in spans), 0.0)
            found[each.pk] = History(len(times), hours, floor_of(each.households))
    return found


def _last_orders(communities: Sequence[Community], within: Q, counting: Counting) -> dict[int, list[dt.datetime]]:
    counted = Order.objects.counted().filter(within, category__in=counting.categories)
    looks: list[Any] = [
        counted.filter(community=each)
        .order_by("-received_at")
        .values_list("community_id", "received_at")[:HISTORY_MOST]
        for each in communities
    ]
    found: defaultdict[int, list[dt.datetime]] = defaultdict(list)
    if len(looks) > 1 and connection.features.supports_slicing_ordering_in_compound:
        looks = [looks[0].union(*looks[1:], all=True)]
    # SQLite, which cannot, is asked one by one: it answers within this process.
    for community, received_at in chain.from_iterable(looks):
        found[community].append(received_at)
    return found


def _heating(season: Season) -> tuple[dt.datetime, dt.datetime]:
    """From the trial run to the end of heating."""
    return midnight(season.trial_run_on), midnight(season.heating_end_on + dt.timedelta(1))
