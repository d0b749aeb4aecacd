"""/healthz: the process answers. /readyz: it can do its work, and the sweep over deadlines is alive."""

import time
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from common import clock
from heating.celery import app
from supervision.selectors import last_sweep_at

STARTED = time.monotonic()
BROKER_SECONDS = 3


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
def readyz(request: HttpRequest) -> JsonResponse:
    """200 with what was found, or 503 with what is wrong. A site just started has two periods to sweep."""
    problems: dict[str, str] = {}
    age = None
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        age = _sweep_age()
        allowed = 2 * settings.SWEEP_PERIOD_SECONDS
        if (age is None or age > allowed) and time.monotonic() - STARTED > allowed:
            problems["sweep"] = "never" if age is None else f"last sweep {age} s ago, allowed {allowed} s"
    except Exception as error:  # whatever it is, the site is not ready
        problems["database"] = type(error).__name__
    if broken := _broker_problem():
        problems["broker"] = broken
    body: dict[str, Any] = {"ready": not problems, "sweep_age_seconds": age, "problems": problems}
    return JsonResponse(body, status=503 if problems else 200)


def _sweep_age() -> int | None:
    at = last_sweep_at()
    return int((clock.now() - at).total_seconds()) if at else None


def _broker_problem() -> str:
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=BROKER_SECONDS, errback=None)
    except Exception as error:
        return type(error).__name__
    return ""
