"""How large a figure may be: no larger than its column holds, so that no row is kept that no page can read again.

Sums over many rows have to fit too, so tonnes, heat and areas end far below their columns, beyond what any county has.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from coal.demand import Demand

# By the unit at the end of a field's name.
MOST = {"_t": Decimal(10_000_000), "_gj": Decimal(100_000_000), "_m2": Decimal(100_000_000)}
# A PositiveSmallIntegerField of PostgreSQL.
MOST_SMALL = Decimal(32_767)
MOST_YUAN = Decimal(10_000_000_000)


def within(most: Decimal) -> list[Any]:
    """Validators of a form's field, with sentences of their own."""
    ask = "%(limit_value)s，请核对数字和单位"
    return [MinValueValidator(-most, f"不小于 {ask}"), MaxValueValidator(most, f"最多 {ask}")]


def most_of(model: type[models.Model], name: str) -> Decimal:
    """The largest value that may be entered for that field; the smallest is its negative."""
    field = model._meta.get_field(name)
    if not isinstance(field, models.DecimalField):
        return MOST_SMALL
    largest = Decimal(10) ** (field.max_digits - field.decimal_places) - Decimal(1).scaleb(-field.decimal_places)
    return next((min(most, largest) for unit, most in MOST.items() if name.endswith(unit)), largest)


def check_need(demands: Iterable[Demand]) -> None:
    """Raises ValidationError where a season's need comes to nothing, or to more than any yard holds."""
    for demand in demands:
        if not (demand.coal_t > 0 and demand.mean_day_t > 0 and demand.coldest_day_t > 0):
            raise ValidationError(
                f"算出的全季用煤是 {demand.coal_t:f} t、平均日 {demand.mean_day_t:f} t，没法据此定目标。"
                f"请核对供热面积和上季耗煤的数字和单位（面积是 ㎡，不是万㎡）"
            )
        if max(demand.coal_t, demand.coldest_day_t) > MOST["_t"]:
            raise ValidationError(f"算出的全季用煤是 {demand.coal_t:f} t，太大了。请核对供热面积和上季耗煤的数字和单位")


def check_fits(row: models.Model, names: Iterable[str]) -> None:
    """Raises ValidationError by field for what is too large. Other fields than those of numbers are passed over."""
    wrong = {}
    for name in names:
        value: Any = getattr(row, name)
        if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
            most = most_of(type(row), name)
            if not -most <= value <= most:
                label = str(row._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
                wrong[name] = f"{label}填的是 {value:f}，最多 {most:f}，请核对数字和单位"
    if wrong:
        raise ValidationError(wrong)
