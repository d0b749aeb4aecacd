"""Every request gets an id, which its log lines, audit entries, answer and Celery tasks carry."""

import functools
import ipaddress
import logging
import re
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from common.request_context import RequestInfo, current, serving

HEADER = "X-Request-ID"
TASK_ID_HEADER, TASK_IP_HEADER = "request_id", "request_ip"
ACCEPTED = re.compile(r"[A-Za-z0-9_.-]{8,64}")
UNIX_SOCKET = "unix"

log = logging.getLogger(__name__)


def client_ip(request: HttpRequest) -> str:
    """Where the request came from; the proxy's word counts only if the proxy is one of settings.TRUSTED_PROXIES."""
    peer = request.META.get("REMOTE_ADDR", "")
    forwarded = request.headers.get("X-Forwarded-For", "")
    if not forwarded or not _is_ours(peer):
        return peer
    # The last address that is not a proxy of ours: what stands before it may be made up.
    hops = [hop.strip() for hop in forwarded.split(",")]
    return next((hop for hop in reversed(hops) if _is_address(hop) and not _is_ours(hop)), peer)


@functools.cache
def _networks(trusted: tuple[str, ...]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(name, strict=False) for name in trusted if name != UNIX_SOCKET)


def _is_ours(address: str) -> bool:
    if not address:  # a request over a socket file has no address
        return UNIX_SOCKET in settings.TRUSTED_PROXIES
    if not _is_address(address):
        return False
    parsed = ipaddress.ip_address(address)
    return any(parsed in network for network in _networks(tuple(settings.TRUSTED_PROXIES)))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


class RequestIdMiddleware:
    """First in the list. An id that comes with the request is kept if it looks like one.

    Writes one log line a request (static files apart): method, path without the query, status, milliseconds, address.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        request_id = given if ACCEPTED.fullmatch(given) else secrets.token_hex(8)
        info = RequestInfo(request_id, client_ip(request))
        started = time.perf_counter()
        with serving(info):
            response = self.get_response(request)
            if not request.path.startswith(settings.STATIC_URL):
                ms = round((time.perf_counter() - started) * 1000)
                extra = {"ms": ms, "ip": info.ip}
                log.info("%s %s %s", request.method, request.path, response.status_code, extra=extra)
        response[HEADER] = request_id
        return response


@before_task_publish.connect
def _send_along(headers: dict[str, Any], **kwargs: Any) -> None:
    headers[TASK_ID_HEADER], headers[TASK_IP_HEADER] = current().request_id, current().ip


_serving: dict[str, AbstractContextManager[None]] = {}


@task_prerun.connect
def _take_up(task_id: str, task: Any, **kwargs: Any) -> None:
    # A task that no request sent (beat, a command) goes by its own id.
    info = RequestInfo(getattr(task.request, TASK_ID_HEADER, "") or task_id, getattr(task.request, TASK_IP_HEADER, ""))
    _serving[task_id] = serving(info)
    _serving[task_id].__enter__()


@task_postrun.connect
def _put_down(task_id: str, **kwargs: Any) -> None:
    if context := _serving.pop(task_id, None):
        context.__exit__(None, None, None)
