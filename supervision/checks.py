"""What a declaration of a kind of item may not be, found at the start and not by a sweep that finds nothing."""

from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.db.models import DateField

from supervision.kinds import KINDS


@register()
def deadlines_are_days_or_moments(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What else a field may hold has no place in time."""
    return [
        Error(
            f"{kind.label}的时限 {kind.due} 不是日期，也不是时刻",
            hint="Kind.due 应为 DateField 或 DateTimeField",
            id="supervision.E001",
        )
        for kind in KINDS.values()
        # A DateTimeField is a DateField too.
        if not isinstance(kind.watched().model._meta.get_field(kind.due), DateField)
    ]
