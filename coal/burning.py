"""What a company burns a day now, as every page of the season shows it, for reckoning on from there."""

import datetime as dt
from decimal import Decimal
from typing import Any

from accounts.models import Unit
from coal.cold_spell import Burning
from coal.cover import week_before
from coal.demand import rounded
from coal.demand_selectors import Burn, burn_of
from coal.formulas import figure
from coal.keepers import keepers_of
from coal.models import DailyTemperature
from coal.standings import standings_of
from facilities.models import Season


def present_burn(company: Unit, season: Season, user: Any, today: dt.date) -> Burn | None:
    """In season the mean day is that of the company's days of supply (近 7 天平均耗用), burnt at the mean temperature
    of those days where it is known; else all is the target's or the estimate's. None before anything was reckoned.
    Seven queries at most."""
    reckoned = burn_of(company, season)
    week = week_before(today, season.heating_start_on, season.heating_end_on)
    if reckoned is None or week is None:
        return reckoned
    for standing in standings_of(season, keepers_of(season, user, today, company=company.pk), today):
        need = standing.cover.need
        if need.mean_t and need.known_days:
            plan, basis = reckoned.burning, need.basis
            mean_c = _mean_c(season, *week)
            if mean_c is None or mean_c >= plan.indoor_c:
                mean_c = plan.mean_c
            else:
                basis = f"{basis}（这几天平均气温 {figure(mean_c)} ℃）"
            return Burn(Burning(need.mean_t, plan.indoor_c, mean_c), reckoned.coldest_c, basis)
    return reckoned


def _mean_c(season: Season, first: dt.date, last: dt.date) -> Decimal | None:
    """Of the days from `first` to `last`; None unless all are known."""
    found = DailyTemperature.objects.filter(county=season.county_id, day__range=(first, last))
    known = list(found.values_list("mean_c", flat=True))
    return rounded(sum(known, Decimal(0)) / len(known), 1) if len(known) == (last - first).days + 1 else None
