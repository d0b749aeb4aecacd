"""The indicators of a season beside the last one's to the same day, for the page."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from accounts.models import Unit
from complaints.counting import counting_of
from complaints.enums import Platform
from complaints.indicators import INDICATORS, Figure, Tally, Volume
from complaints.models import Counting
from complaints.periods import Period, same_day_before, season_before, season_to_date
from complaints.sizes import Size, sizes_by_company
from complaints.tallies import Tallies, tallies, together
from facilities.models import Season


@dataclass(frozen=True, slots=True)
class Pair:
    """One indicator now and to the same day of the season before (None: there is none on record)."""

    now: Figure
    before: Figure | None

    @property
    def change(self) -> Decimal | None:
        if self.now.value is None or self.before is None or self.before.value is None:
            return None
        return self.now.value - self.before.value

    @property
    def change_text(self) -> str:
        """+3 件, −1.2 个百分点, 持平"""
        if self.change is None:
            return "—"
        if not self.change:
            return "持平"
        unit = "个百分点" if self.now.indicator.unit == "%" else self.now.indicator.unit
        return f"{'+' if self.change > 0 else '−'}{abs(self.change)} {unit}"

    @property
    def is_worse(self) -> bool:
        better = self.now.indicator.more_is_better
        return bool(self.change) and better is not None and (self.change > 0) != better  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class PlatformRow:
    label: str
    now: Volume
    before: Volume | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A company's indicators, or those of all (`company` None)."""

    company: Unit | None
    pairs: list[Pair]
    platforms: list[PlatformRow]
    size: Size


@dataclass(frozen=True, slots=True)
class Figures:
    period: Period
    period_before: Period | None
    counting: Counting
    total: Standing
    companies: list[Standing]
    # In the total, with no company: what waits to be handed out, and what has ended (invalid, merged) before it was.
    undispatched: int
    ended: int


def figures(user: Any, season: Season, now: dt.datetime) -> Figures:
    """Ten queries, whatever the number of orders and companies."""
    counting, earlier = counting_of(season.county_id), season_before(season)
    period = season_to_date(season, now)
    periods = [period] + ([same_day_before(earlier, period)] if earlier else [])
    found = tallies(user, periods, counting)
    # A company that has taken over a community is held against it from that season on.
    sizes = [sizes_by_company(user, each) for each in ([season, earlier] if earlier else [season])]
    heard = [*found[0], *found[-1], *sizes[0], *sizes[-1]]
    known = {company for company in heard if company}
    companies = Unit.objects.filter(pk__in=known).order_by("name")
    nobodys = _of(found[0], None)
    return Figures(
        period=period,
        period_before=periods[1] if earlier else None,
        counting=counting,
        total=_standing(
            None, [together(each) for each in found], [sum(each.values(), Size()) for each in sizes], counting
        ),
        companies=[
            _standing(
                each, [_of(tally, each.pk) for tally in found], [size.get(each.pk, Size()) for size in sizes], counting
            )
            for each in companies
        ],
        undispatched=nobodys.at_desk,
        ended=nobodys.volume.received - nobodys.at_desk,
    )


def _of(found: Tallies, company: int | None) -> Tally:
    return found.get(company) or Tally()


def _standing(company: Unit | None, found: list[Tally], sizes: list[Size], counting: Counting) -> Standing:
    """`found`, `sizes`: of this season and, where there is one, of the season before."""
    now, before = found[0], found[1] if len(found) > 1 else None
    pairs = [
        Pair(each.figure(now, sizes[0], counting), each.figure(before, sizes[1], counting) if before else None)
        for each in INDICATORS
    ]
    platforms = [
        PlatformRow(
            str(platform.label),
            now.platforms.get(platform, Volume()),
            before.platforms.get(platform, Volume()) if before else None,
        )
        for platform in Platform
    ]
    return Standing(company, pairs, platforms, sizes[0])
