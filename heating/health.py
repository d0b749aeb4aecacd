"""/healthz: the process answers. /readyz: it can do its work, the sweep over deadlines is alive, its news goes out."""

import datetime as dt
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from common import clock
from heating.celery import app
from notifications.selectors import allowed_wait, waiting_since
from supervision.selectors import allowed_age, last_sweep_at

STARTED = clock.now()
BROKER_SECONDS = 3


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
def readyz(request: HttpRequest) -> JsonResponse:
    """200 if all is well, else 503: {"ready": bool, "sweep_age_seconds": int | null, "problems": {part: what}}."""
    problems: dict[str, str] = {}
    swept_at = None
    try:
        connection.ensure_connection()
        swept_at, waiting = last_sweep_at(), waiting_since()
    except Error as error:
        problems["database"] = type(error).__name__
    else:
        if sweep_is_late(swept_at):
            seconds = allowed_age().total_seconds()
            problems["sweep"] = f"more than {seconds:.0f} s ago" if swept_at else "never ran"
        if outbox_is_late(waiting):
            problems["outbox"] = f"waiting for more than {allowed_wait().total_seconds():.0f} s"
    if broken := _broker_problem():
        problems["broker"] = broken
    age = int((clock.now() - swept_at).total_seconds()) if swept_at else None
    body: dict[str, Any] = {"ready": not problems, "sweep_age_seconds": age, "problems": problems}
    return JsonResponse(body, status=503 if problems else 200)


def sweep_is_late(swept_at: dt.datetime | None) -> bool:
    """Whether deadlines have gone unwatched for too long, given the moment of the last sweep (None: there was none).

    A process just started gives the worker as long for its first sweep.
    """
    return clock.now() - max(STARTED, swept_at or STARTED) > allowed_age()


def outbox_is_late(waiting: dt.datetime | None) -> bool:
    """Whether news has been due for too long, given the moment of the oldest that waits; as lenient at the start."""
    return waiting is not None and clock.now() - max(STARTED, waiting) > allowed_wait()


def _broker_problem() -> str:
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=BROKER_SECONDS)
    except Exception as error:  # each transport has errors of its own
        return type(error).__name__
    return ""
