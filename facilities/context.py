"""The season switch in the top bar of every page."""

from typing import Any

from django.http import HttpRequest

from facilities.selectors import current_season, seasons_of


def seasons(request: HttpRequest) -> dict[str, Any]:
    """`seasons` (newest first) and `current_season`. One query; none for those who have not signed in."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    return {"seasons": seasons_of(request), "current_season": current_season(request)}
