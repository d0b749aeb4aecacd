"""Writing a row only if it still is what the writer saw.

Every change of a status or a balance goes through `change`: one conditional UPDATE whose WHERE clause names the
version (and whatever else the caller expects). If no row was changed somebody else was first.
"""

from typing import Any

from django.db import models


class Stale(Exception):
    """The row was changed by somebody else since it was read; nothing was written."""

    message = "这条记录刚刚被别人改动过，您的操作没有保存。请核对最新内容后重试。"

    def __init__(self, instance: models.Model) -> None:
        super().__init__(self.message)
        self.instance = instance


def change(instance: models.Model, *, expect: dict[str, Any] | None = None, **values: Any) -> None:
    """Set `values` on the row of `instance` if its version (and `expect`) still hold, and count the version up.

    The model has an integer field `version`. On success the instance in memory carries the new values.
    Raises Stale if no row matched; the instance is then left as it was.
    """
    version = instance.version  # type: ignore[attr-defined]
    conditions = {"pk": instance.pk, "version": version, **(expect or {})}
    manager = type(instance)._default_manager
    changed = manager.filter(**conditions).update(version=version + 1, **values)
    if changed != 1:
        raise Stale(instance)
    instance.version = version + 1  # type: ignore[attr-defined]
    for field, value in values.items():
        setattr(instance, field, value)
