"""Where clusters are looked for: communities and the stations that heat several of them, and what is known of each."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce

from django.db.models import Count, OuterRef, Q, Subquery

from accounts.models import Region
from complaints.models import Counting, Order
from complaints.periods import midnight
from complaints.querysets import OrderQuerySet
from complaints.surprise import HISTORY_MOST, LONGEST_H, History, floor_of
from facilities.models import Community, Facility, Season

HOUR = dt.timedelta(hours=1)
_MEASURE_WORDS = re.compile("[号楼栋幢座单元门室房户#]")
# From a moment to another.
Span = tuple[dt.datetime, dt.datetime]


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

    Two queries, however many communities and orders: each community's last orders are counted off in an index.
    """
    until = now - LONGEST_H * HOUR
    spans = [(start, min(end, until)) for start, end in map(_heating, seasons) if start < until]
    if not spans:
        return {each.pk: History(0, 0, floor_of(each.households)) for each in communities}
    known = {each.pk: each for each in communities}
    beginning, found = min(start for start, _ in spans), {}
    for pk, (count, first) in _last_orders(known, spans, counting).items():
        since = first or beginning
        hours = sum((max(b - max(a, since), dt.timedelta(0)) / HOUR for a, b in spans), 0.0)
        found[pk] = History(count, hours, floor_of(known[pk].households))
    return found


def _last_orders(
    communities: Collection[int], spans: Sequence[Span], counting: Counting
) -> dict[int, tuple[int, dt.datetime | None]]:
    """By community (how many it has within `spans`, HISTORY_MOST at most; when the first of so many came, None of
    fewer)."""
    within = reduce(lambda one, other: one | other, (Q(received_at__gte=a, received_at__lt=b) for a, b in spans))
    # By the bounds of all an index is entered, which an OR does not do.
    counted = Order.objects.counted().filter(
        within, received_at__gte=min(a for a, _ in spans), received_at__lt=max(b for _, b in spans),
        category__in=counting.categories,
    )  # fmt: skip
    nth = counted.filter(community=OuterRef("pk")).order_by("-received_at").values("received_at")
    first = Community.objects.filter(pk__in=communities).annotate(first=Subquery(nth[HISTORY_MOST - 1 : HISTORY_MOST]))
    firsts = dict(first.values_list("pk", "first"))
    fewer = [pk for pk, moment in firsts.items() if moment is None]
    of_fewer = counted.filter(community__in=fewer).order_by().values_list("community").annotate(count=Count("pk"))
    counts = dict(of_fewer) if fewer else {}
    return {pk: (HISTORY_MOST if moment else counts.get(pk, 0), moment) for pk, moment in firsts.items()}


def _heating(season: Season) -> Span:
    """From the trial run to the end of heating."""
    return midnight(season.trial_run_on), midnight(season.heating_end_on + dt.timedelta(1))
