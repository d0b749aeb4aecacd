"""What somebody sees who has typed a wrong password too often (settings.AXES_LOCKOUT_CALLABLE)."""

import datetime as dt
import math
from typing import Any

from axes.helpers import get_client_username, get_cool_off
from axes.models import AccessAttempt
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from common import clock


def locked_out(request: HttpRequest, original_response: Any, credentials: dict[str, Any] | None) -> HttpResponse:
    """429, with the moment from which signing in is possible again."""
    username = get_client_username(request, credentials) or ""
    until = locked_until(request, username)
    seconds = max((until - clock.now()).total_seconds(), 1)
    clock_time = f"{timezone.localtime(until):%H:%M}"
    context = {"cooloff_text": f"{clock_time}（约 {math.ceil(seconds / 60)} 分钟）"}
    response = render(request, "429.html", context, status=429)
    response["Retry-After"] = str(math.ceil(seconds))
    return response


def locked_until(request: HttpRequest, username: str) -> dt.datetime:
    """When the lock ends that the last failures with this name from this address began. One query."""
    cool_off = get_cool_off(request) or dt.timedelta()
    attempts = AccessAttempt.objects.filter(username=username, ip_address=request.axes_ip_address)  # type: ignore[attr-defined]
    last = attempts.order_by("-attempt_time").values_list("attempt_time", flat=True).first()
    return (last or clock.now()) + cool_off
