"""Reads for pages. Each docstring states its number of queries."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import Region
from common import clock
from facilities.models import Community, Facility, Season

# Where the session keeps the season that was chosen in the top bar.
SESSION_SEASON = "season_id"


def seasons_of(request: HttpRequest) -> list[Season]:
    """The seasons the user sees, newest first. One query per request, however often it is called."""
    cached: list[Season] | None = getattr(request, "_seasons", None)
    if cached is None:
        cached = list(Season.objects.visible_to(request.user).select_related("county"))
        request._seasons = cached  # type: ignore[attr-defined]
    return cached


def current_season(request: HttpRequest) -> Season | None:
    """The season chosen in this session, else the one that today belongs to, else the newest; None if there is none.

    No query beyond that of `seasons_of`.
    """
    seasons = seasons_of(request)
    chosen = request.session.get(SESSION_SEASON)
    today = clock.today()
    for fits in (
        lambda season: season.pk == chosen,
        lambda season: season.summer_start_on <= today <= season.heating_end_on,
    ):
        found = next(filter(fits, seasons), None)
        if found is not None:
            return found
    return seasons[0] if seasons else None


def default_dates(county: Region, start_year: int) -> dict[str, dt.date]:
    """The dates of a season whose summer work is in `start_year`: those of the county's last season in the new years,
    else those of settings.SEASON_DEFAULT_DAYS. One query."""
    last = Season.objects.filter(county=county).order_by("-name").first()
    dates = {}
    for field, (month, day, years_later) in settings.SEASON_DEFAULT_DAYS.items():
        if last is not None:
            known: dt.date = getattr(last, field)
            month, day = known.month, known.day
        dates[field] = _day(start_year + years_later, month, day)
    return dates


def _day(year: int, month: int, day: int) -> dt.date:
    """That day; the day before where the year has no 29 February."""
    return dt.date(year, month, 28 if (month, day) == (2, 29) else day)


def next_season_year(county: Region) -> int:
    """The year after the county's newest season, else the present one. One query."""
    newest = Season.objects.filter(county=county).order_by("-name").first()
    return newest.year + 1 if newest else clock.today().year


def facilities_of(community: Community, user: Any) -> QuerySet[Facility]:
    """What stands in the community, as far as the user sees it. One query when read."""
    return Facility.objects.visible_to(user).filter(community=community).select_related("company")
