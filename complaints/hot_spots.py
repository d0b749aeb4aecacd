"""Hot spots of a season: communities and stations by complaints that count per 1 000 households."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Count, F, IntegerField, Value

from complaints.counting import counting_of, counts
from complaints.models import Counting, Order
from complaints.periods import Period, season_to_date
from complaints.querysets import seen_by
from complaints.repeats import count_repeats
from facilities.models import Community, Facility, Season

TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Spot:
    """`households` None: those of a community, or of one of a station's, are not known."""

    place: Community | Facility
    communities: int
    count: int
    households: int | None

    @property
    def per_1000(self) -> Decimal | None:
        if not self.households:
            return None
        return (Decimal(1000) * self.count / self.households).quantize(TENTH, ROUND_HALF_UP)

    def why_not(self, counting: Counting) -> str:
        """Why it is not ranked; empty: it is."""
        if not self.households:
            return "没有登记户数" if self.communities == 1 else "有小区没有登记户数"
        if self.households < counting.least_households:
            return f"只有 {self.households} 户，少于 {counting.least_households} 户"
        return ""


@dataclass(frozen=True, slots=True)
class Ranking:
    """`ranked`: the worst first; `apart`: (spot, why it is not ranked), those with most complaints first."""

    ranked: list[Spot]
    apart: list[tuple[Spot, str]]


@dataclass(frozen=True, slots=True)
class HotSpots:
    period: Period
    counting: Counting
    communities: Ranking
    stations: Ranking
    # Complaints that count whose community is not known: in no place's figure.
    nowhere: int


def hot_spots(user: Any, season: Season, now: dt.datetime) -> HotSpots:
    """Of the season so far, places without complaints left out. Three queries, one more where repeats do not count,
    whatever the number of orders."""
    counting, period = counting_of(season.county_id), season_to_date(season, now)
    received = Order.objects.visible_to(user).filter(period.holds("received_at"), county=season.county_id)
    per_community = received.counted().filter(counts(counting)).order_by().values_list("community_id")
    found: dict[int | None, int] = dict(per_community.annotate(count=Count("pk")))
    if not counting.with_repeats:
        whole = Value(0, output_field=IntegerField())
        of_county = Order.objects.filter(period.holds("received_at"), county=season.county_id)
        counted = counts(counting) & seen_by(user)
        repeats = count_repeats(of_county, whole, counted, counting, by=F("community_id"))
        for (_, community), count in repeats.items():
            found[community] -= count
    known = list(Community.objects.in_season(season, user).select_related("station"))
    spots = [Spot(each, 1, found.get(each.pk, 0), each.households) for each in known]
    return HotSpots(
        period, counting, ranking(spots, counting), ranking(_stations(spots), counting), found.get(None, 0)
    )  # fmt: skip


def _stations(spots: Iterable[Spot]) -> list[Spot]:
    served: defaultdict[Facility, list[Spot]] = defaultdict(list)
    for spot in spots:
        if isinstance(spot.place, Community) and spot.place.station:
            served[spot.place.station].append(spot)
    return [
        Spot(
            station, len(of), sum(each.count for each in of),
            sum(each.households or 0 for each in of) if all(each.households for each in of) else None,
        )
        for station, of in served.items()
    ]  # fmt: skip


def ranking(spots: Iterable[Spot], counting: Counting) -> Ranking:
    """Pure. Places with no complaint are nowhere; those with too few households or none known stand apart."""
    ranked, apart = [], []
    for spot in spots:
        if not spot.count:
            continue
        why = spot.why_not(counting)
        if why:
            apart.append((spot, why))
        else:
            ranked.append(spot)
    ranked.sort(key=lambda spot: (-(spot.per_1000 or 0), -spot.count, str(spot.place)))
    apart.sort(key=lambda each: (-each[0].count, str(each[0].place)))
    return Ranking(ranked, apart)
