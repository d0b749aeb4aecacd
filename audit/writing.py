"""Saving a row together with the entry that says what changed on it, for models whose edits follow no workflow."""

from collections.abc import Iterable
from typing import Any

from django.db import models, transaction

from audit.services import Changes, record


def shown(instance: models.Model, name: str) -> str | None:
    """A field's value as people read it; None if it is empty."""
    display = getattr(instance, f"get_{name}_display", None)
    value = display() if display else getattr(instance, name)
    if isinstance(value, bool):
        return "是" if value else "否"
    return None if value in (None, "") else str(value)


def label(instance: models.Model, name: str) -> str:
    field: Any = instance._meta.get_field(name)
    return str(field.verbose_name)


def filled(instance: models.Model, names: Iterable[str]) -> Changes:
    """{label: [None, value]} of the fields that have a value, for the entry of a new row."""
    values = {label(instance, name): shown(instance, name) for name in names}
    return {name: [None, value] for name, value in values.items() if value not in (None, "否")}


@transaction.atomic
def save_changes(
    instance: models.Model, *, by: Any, action: str, values: dict[str, Any], more: Changes | None = None,
    region_code: str = "",
) -> bool:  # fmt: skip
    """Save those of `values` that differ, and nothing else of the row, and record them (with `more` changes that the
    caller has made). Whether there was anything to record.

    The caller has read the instance in this transaction, so that what stands in the entry as old is what was there.
    """
    differing = {name: value for name, value in values.items() if getattr(instance, name) != value}
    changes: Changes = {}
    for name, value in differing.items():
        old = shown(instance, name)
        setattr(instance, name, value)
        changes[label(instance, name)] = [old, shown(instance, name)]
    changes |= more or {}
    if not changes:
        return False
    if differing:
        instance.save(update_fields=list(differing))
    record(actor=by, action=action, target=instance, changes=changes, region_code=region_code)
    return True
