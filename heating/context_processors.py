"""What every page's shell shows."""

from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from common.nav import entries_for
from dashboard.search import answers_callers
from heating.navigation import BOTTOM_BAR, NAVIGATION, SHELL_URLS


def shell(request: HttpRequest) -> dict[str, Any]:
    """The sidebar, the bottom bar and the addresses of the top bar. No queries beyond the user's permissions."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    mobile = entries_for(request.user, request.path, BOTTOM_BAR)
    return {
        "nav": entries_for(request.user, request.path, NAVIGATION),
        "mobile_nav": mobile[0].entries if mobile else (),
        "searches_orders": answers_callers(request.user),
        "urls": {name: _address(url_name) for name, url_name in SHELL_URLS.items()},
    }


def _address(url_name: str) -> str:
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""
