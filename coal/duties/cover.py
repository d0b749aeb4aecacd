"""Companies whose coal lasts fewer days than it has to: noted when it begins, and when it is over."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Q

from coal.cover import Cover, least_days
from coal.demand_enums import MilestoneKind, TargetStatus
from coal.demand_selectors import day_needs
from coal.inputs import INPUTS
from coal.models import CoverGap, ParameterRange, TargetMilestone, Yard
from coal.selectors import cover_by_company, stock_by_yard
from common import clock
from common.ui import quantity
from facilities.models import Season

LEAST_DAYS = "cover_days"


@dataclass(frozen=True, slots=True)
class Judged:
    """A company on a day of heating: how long its coal lasts, and how long it has to."""

    company_id: int
    season: Season
    cover: Cover
    least_days: int

    @property
    def is_below(self) -> bool | None:
        """None where nobody knows what a day burns."""
        days = self.cover.mean_days
        return None if days is None else days < self.least_days

    @property
    def is_enough(self) -> bool:
        """For sure: also if on each day of unknown use as much was burnt as on the others. Not where none is known."""
        days, need = self.cover.mean_days, self.cover.need
        if days is None or (need.missing_days and not need.known_days):
            return False
        return days - need.missing_days >= self.least_days

    @property
    def standing(self) -> str:
        """可用 9.5 天（平均日 120 t，近 7 天平均耗用），应不少于 15 天；存煤 1 140 t"""
        days, need = self.cover.mean_days, self.cover.need
        lasts = "可用天数不明" if days is None else f"可用 {quantity(days)} 天"
        burns = f"（平均日 {quantity(need.mean_t)} t，{need.basis}）" if need.mean_t else ""
        return f"{lasts}{burns}，应不少于 {self.least_days} 天；存煤 {quantity(self.cover.stock_t)} t"


def note(as_of: dt.date) -> None:
    """By today's book, whatever day is tried. What has been put right is over today; a further gap is one of its own.

    Two queries out of season; in it four, and three for each county. One for each gap that has changed.
    """
    today = clock.today()
    judged = {each.company_id: each for each in judge(today)}
    gaps = {gap.company_id: gap for gap in CoverGap.objects.filter(ended_on__isnull=True)}
    begun = [each for company, each in sorted(judged.items()) if each.is_below and company not in gaps]
    if begun:
        CoverGap.objects.bulk_create((_new(each, today) for each in begun), ignore_conflicts=True)
    for gap in sorted(gaps.values(), key=lambda gap: gap.pk):
        _keep(gap, judged.get(gap.company_id), today)


def _new(judged: Judged, today: dt.date) -> CoverGap:
    return CoverGap(
        county_id=judged.season.county_id, company_id=judged.company_id, season=judged.season, began_on=today,
        due_on=today + dt.timedelta(days=settings.COAL_COVER_GRACE_DAYS), standing=judged.standing,
    )  # fmt: skip


def _keep(gap: CoverGap, judged: Judged | None, today: dt.date) -> None:
    """It is over where the coal lasts again, and where it need not any more: out of season, nothing in use. It does not
    end because use was not entered."""
    values: dict[str, Any] = {"standing": judged.standing} if judged else {}
    if judged is None or judged.is_enough:
        values["ended_on"] = today
    if any(getattr(gap, name) != value for name, value in values.items()):
        CoverGap.objects.filter(pk=gap.pk, ended_on__isnull=True).update(**values)


def judge(today: dt.date) -> list[Judged]:
    """Every company that has to have coal for some days today. One query out of season; else three, and three for each
    county."""
    found = []
    seasons = {season.county_id: season for season in Season.objects.containing(today)}
    least = _LeastDays(seasons, today)
    yards = Yard.objects.filter(county__in=least.counties, company__is_active=True).select_related("company")
    in_county: defaultdict[int, list[Yard]] = defaultdict(list)
    for yard in yards if least.counties else ():
        in_county[yard.county_id].append(yard)
    stocks = stock_by_yard([yard for kept in in_county.values() for yard in kept], today) if in_county else {}
    for county, kept in in_county.items():
        season, companies = seasons[county], {yard.company_id: yard.company for yard in kept}
        covers = cover_by_company(kept, stocks, today, season, day_needs(season, companies.values()))
        in_use = {yard.company_id for yard in kept if yard.is_active}
        for company in sorted(companies):
            if days := least.of(county, company, has_yard=company in in_use):
                found.append(Judged(company, season, covers[company], days))
    return found


class _LeastDays:
    """For how many days coal has to be there, as `coal.cover.least_days` has it. Two queries, none if no season is
    under way."""

    def __init__(self, seasons: dict[int, Season], today: dt.date) -> None:
        self.seasons, self.today = seasons, today
        self.agreed: defaultdict[int, list[tuple[dt.date, int]]] = defaultdict(list)
        self.usual: dict[int, Decimal] = {}
        self.counties: set[int] = set()
        if not seasons:
            return
        heating = {county for county, season in seasons.items() if season.heating_start_on <= today}
        self.counties |= heating
        in_force = TargetMilestone.objects.filter(
            kind=MilestoneKind.COVER, target__status=TargetStatus.APPROVED, target__season__in=seasons.values(),
        )  # fmt: skip
        rows = in_force.values_list("target__company_id", "target__county_id", "due_on", "cover_days")
        for company, county, due_on, days in rows:
            self.agreed[company].append((due_on, days or 0))
            if due_on <= today:
                self.counties.add(county)
        own = ParameterRange.objects.filter(Q(county__in=heating), name=LEAST_DAYS)
        self.usual = dict.fromkeys(heating, INPUTS[LEAST_DAYS].typical or Decimal(0))
        self.usual |= dict(own.values_list("county_id", "typical"))

    def of(self, county: int, company: int, *, has_yard: bool) -> int | None:
        season, usual = self.seasons[county], int(self.usual.get(county, 0))
        agreed = self.agreed.get(company, [])
        heating = season.heating_start_on, season.heating_end_on
        return least_days(agreed, usual, self.today, *heating, has_yard=has_yard)
