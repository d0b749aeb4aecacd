"""Putting right what was entered of a contract or a batch: what stood there before stays readable in its history."""

from typing import Any

from django.core.exceptions import ValidationError

from audit.services import Changes, record
from audit.writing import label, shown
from coal.arrivals import Arrived
from common.columns import group_digits
from common.concurrency import Stale, change


def check_renaming(held: Any, number: str, arrived: Arrived) -> None:
    """Raises ValidationError where arrivals carry the number that would go: they would belong to nothing any more."""
    if number != held.number and arrived.loads:
        came = f"{group_digits(arrived.quantity_t, 2)} t（{arrived.loads} 车）"
        raise ValidationError(
            {
                "number": f"{label(held, 'number')}不能改：已有到货 {came}写着 {held.number}，"
                f"改成 {number} 后这些到货就对不上了。确实写错的，请先冲正这些到货、按新号重新登记，再来改"
            }
        )


def correct(
    row: Any, *, by: Any, action: str, seen: int, values: dict[str, Any], note: str = "", more: Changes | None = None
) -> bool:
    """Write those of `values` that differ, with old and new on record (and `more`); whether there was anything.

    The caller holds the transaction and has read the row in it. Raises Stale if the row is not the version `seen` any
    more.
    """
    if row.version != seen:
        raise Stale(row)
    differing = {name: value for name, value in values.items() if getattr(row, name) != value}
    old = {name: shown(row, name) for name in differing}
    if not differing and not more:
        return False
    change(row, **differing)
    changes: Changes = {label(row, name): [old[name], shown(row, name)] for name in differing}
    record(
        actor=by, action=action, target=row, note=note, changes=changes | (more or {}), region_code=row.county.code
    )  # fmt: skip
    return True
