"""Every write to coal yards, each with its audit entry in one transaction."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from audit.services import record
from audit.writing import filled, save_changes
from coal.balances import stock_at
from coal.bounds import check_fits
from coal.models import Yard
from common import clock
from common.columns import group_digits

YARD_FIELDS = ("company", "name", "place", "capacity_t", "is_covered", "is_active")
TAKEN = {"name": "该企业已有同名的煤场，请核对"}


def create_yard(*, by: Any, **values: Any) -> Yard:
    """`values`: county and YARD_FIELDS. A name that the company has already raises ValidationError."""
    yard = Yard(**values)
    check_fits(yard, ("capacity_t",))
    try:
        with transaction.atomic():
            yard.save(force_insert=True)
            changes = filled(yard, YARD_FIELDS)
            record(actor=by, action="新建煤场", target=yard, changes=changes, region_code=yard.county.code)
    except IntegrityError:
        raise ValidationError(TAKEN) from None
    return yard


def why_in_use(yard: Yard) -> str:
    """Why the yard cannot be taken out of use, in Chinese; empty where it can. One query."""
    stock_t = stock_at(yard, clock.today())
    if not stock_t:
        return ""
    return (
        f"{yard} 账面还存煤 {group_digits(stock_t, 2)} t，不能停用。请先调拨到别的煤场或登记耗用、损耗；"
        "实际已经没有煤的，先盘点为 0"
    )


def change_yard(yard: Yard, *, by: Any, **values: Any) -> bool:
    """Write what differs; whether anything did. Also switches it off and on (`is_active`).

    A yard in which coal lies stays in use: its company would owe no report and no cover any more.
    """
    check_fits(Yard(**values), ("capacity_t",))
    action = "修改煤场"
    if list(values) == ["is_active"]:
        action = "启用煤场" if values["is_active"] else "停用煤场"
    try:
        with transaction.atomic():
            current = Yard.objects.select_for_update(no_key=True).select_related("county").get(pk=yard.pk)
            if values.get("is_active") is False and (problem := why_in_use(current)):
                raise ValidationError(problem)
            return save_changes(current, by=by, action=action, values=values, region_code=current.county.code)
    except IntegrityError:
        raise ValidationError(TAKEN) from None
