"""What is known about the request (or task) that the running code serves: its id and where it came from."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class RequestInfo:
    request_id: str = ""
    ip: str = ""


_NOTHING = RequestInfo()
_current: ContextVar[RequestInfo] = ContextVar("request_info", default=_NOTHING)


def current() -> RequestInfo:
    """The request being served; empty outside requests and tasks."""
    return _current.get()


@contextmanager
def serving(info: RequestInfo) -> Iterator[None]:
    """Within the block `current` is `info`."""
    token = _current.set(info)
    try:
        yield
    finally:
        _current.reset(token)
