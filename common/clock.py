"""The one source of time. Moments are aware (stored in UTC); dates are those of Asia/Shanghai."""

import datetime as dt

from django.utils import timezone


def now() -> dt.datetime:
    """The present moment, aware."""
    return timezone.now()


def today() -> dt.date:
    """The present date in Asia/Shanghai (settings.TIME_ZONE)."""
    return timezone.localdate()


def local_date(moment: dt.datetime) -> dt.date:
    """The Asia/Shanghai date on which an aware moment falls."""
    return timezone.localdate(moment)
