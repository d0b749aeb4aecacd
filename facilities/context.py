"""The season switch in the top bar of every page."""

from typing import Any

from django.http import HttpRequest

from facilities.selectors import current_season, seasons_of


def seasons(request: HttpRequest) -> dict[str, Any]:
    """`seasons` (newest first), `current_season`, and whether they are of `several_counties` and have to be told apart.

    One query; none for those who have not signed in.
    """
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    found = seasons_of(request)
    return {
        "seasons": found,
        "current_season": current_season(request),
        "several_counties": len({season.county_id for season in found}) > 1,
    }
