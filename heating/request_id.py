"""Every request gets an id, which its log lines, audit entries, answer and Celery tasks carry."""

import re
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from common.request_context import RequestInfo, current, serving

HEADER = "X-Request-ID"
TASK_HEADER = "request_id"
ACCEPTED = re.compile(r"[\w.-]{8,64}")


def client_ip(request: HttpRequest) -> str:
    """Where the request came from; the proxy's word counts only if the proxy is one of settings.TRUSTED_PROXIES."""
    peer = request.META.get("REMOTE_ADDR", "")
    forwarded = request.headers.get("X-Forwarded-For", "")
    trusted = settings.TRUSTED_PROXIES
    if not forwarded or peer not in trusted and not (peer == "" and "unix" in trusted):
        return peer
    # The last address that is not a proxy of ours: what stands before it may be made up.
    hops = [hop.strip() for hop in forwarded.split(",")]
    return next((hop for hop in reversed(hops) if hop not in trusted), peer)


class RequestIdMiddleware:
    """First in the list. An id that comes with the request is kept if it looks like one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        request_id = given if ACCEPTED.fullmatch(given) else secrets.token_hex(8)
        with serving(RequestInfo(request_id, client_ip(request))):
            response = self.get_response(request)
        response[HEADER] = request_id
        return response


@before_task_publish.connect
def _send_along(headers: dict[str, Any], **kwargs: Any) -> None:
    headers[TASK_HEADER] = current().request_id


_serving: dict[str, AbstractContextManager[None]] = {}


@task_prerun.connect
def _take_up(task_id: str, task: Any, **kwargs: Any) -> None:
    request_id = getattr(task.request, TASK_HEADER, None) or (task.request.headers or {}).get(TASK_HEADER) or task_id
    _serving[task_id] = serving(RequestInfo(request_id))
    _serving[task_id].__enter__()


@task_postrun.connect
def _put_down(task_id: str, **kwargs: Any) -> None:
    if context := _serving.pop(task_id, None):
        context.__exit__(None, None, None)
