"""What a declaration of a kind of item may not be, found at the start and not by a sweep that finds nothing."""

from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.db.models import DateField, DateTimeField

from supervision.kinds import KINDS


@register()
def deadlines_are_days(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A sweep compares days: a deadline that is a moment has to have its day in a field of its own."""
    return [
        Error(
            f"{kind.label}的时限 {kind.due} 不是日期",
            hint="Kind.due 应为 DateField；时限是时刻的，另存它的日期",
            id="supervision.E001",
        )
        for kind in KINDS.values()
        if not _is_day(kind.watched().model._meta.get_field(kind.due))
    ]


def _is_day(field: Any) -> bool:
    return isinstance(field, DateField) and not isinstance(field, DateTimeField)
