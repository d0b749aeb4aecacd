"""The one source of time. Moments are aware (stored in UTC); dates are those of Asia/Shanghai."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.utils import timezone

_pretended: ContextVar[dt.datetime | None] = ContextVar("pretended_now", default=None)


def now() -> dt.datetime:
    """The present moment, aware."""
    return _pretended.get() or timezone.now()


def today() -> dt.date:
    """The present date in Asia/Shanghai (settings.TIME_ZONE)."""
    return local_date(now())


def local_date(moment: dt.datetime) -> dt.date:
    """The Asia/Shanghai date on which an aware moment falls."""
    # The present zone, which is the same, takes longer to find than the date.
    return timezone.localdate(moment, timezone.get_default_timezone())


@contextmanager
def pretend(moment: dt.datetime) -> Iterator[None]:
    """Within the block `now` is `moment` (aware): for replaying a history, such as the demo county's."""
    token = _pretended.set(moment)
    try:
        yield
    finally:
        _pretended.reset(token)
