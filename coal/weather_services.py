"""Every write to a county's temperatures and to what it takes for usual, each with its entry in one transaction."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Region
from audit.services import Changes, record
from audit.writing import save_changes
from coal.inputs import ADJUSTABLE, INPUTS
from coal.models import DailyTemperature, ParameterRange


def create_temperatures(*, by: Any, county: Region, lots: Sequence[Mapping[str, Any]]) -> list[DailyTemperature]:
    """`lots`: {day, mean_c} of days that are not there yet; all or none, one entry for all of them."""
    rows = [DailyTemperature(county=county, **lot) for lot in lots]
    if not rows:
        return []
    try:
        with transaction.atomic():
            DailyTemperature.objects.bulk_create(rows, batch_size=500)
            days = sorted(row.day for row in rows)
            note = f"{days[0]} 至 {days[-1]}，{len(days)} 天"
            record(actor=by, action="登记气温", target=rows[0], note=note, region_code=county.code)
    except IntegrityError:
        raise ValidationError("其中有的日期已经有气温了，请核对") from None
    return rows


@transaction.atomic
def set_temperature(*, by: Any, county: Region, day: dt.date, mean_c: Decimal) -> tuple[bool, Decimal | None]:
    """Enter a day's temperature, or correct it: whether anything changed, and what it was before if there was one."""
    row = DailyTemperature.objects.select_for_update(no_key=True).filter(county=county, day=day).first()
    if row is None:
        return bool(create_temperatures(by=by, county=county, lots=[{"day": day, "mean_c": mean_c}])), None
    return change_temperature(row, by=by, mean_c=mean_c), row.mean_c


def change_temperature(row: DailyTemperature, *, by: Any, **values: Any) -> bool:
    with transaction.atomic():
        current = DailyTemperature.objects.select_for_update(no_key=True).get(pk=row.pk)
        return save_changes(current, by=by, action="更正气温", values=values, region_code=current.county.code)


# --- parameters


@transaction.atomic
def save_parameters(*, by: Any, county: Region, values: Mapping[str, tuple[Decimal, Decimal, Decimal]]) -> bool:
    """`values`: {name: (least, typical, most)} of inputs with bounds; what equals the table's own is not kept."""
    if not by.has_perm("coal.manage_parameters"):
        raise PermissionDenied("您没有维护测算参数的权限")
    # Two who save at once line up here.
    Region.objects.select_for_update(no_key=True).get(pk=county.pk)
    kept = {row.name: row for row in ParameterRange.objects.filter(county=county)}
    changes: Changes = {}
    for name in ADJUSTABLE:
        if name not in values:
            continue
        usual = INPUTS[name]
        standard = (usual.least, usual.typical, usual.most)
        before = (kept[name].least, kept[name].typical, kept[name].most) if name in kept else standard
        if values[name] == before:
            continue
        changes[usual.label] = [_bounds(before), _bounds(values[name])]
        if values[name] == standard:
            kept[name].delete()
        else:
            least, typical, most = values[name]
            bounds = {"least": least, "typical": typical, "most": most}
            ParameterRange.objects.update_or_create(county=county, name=name, defaults=bounds)
    if changes:
        record(actor=by, action="修改测算参数", target=county, changes=changes, region_code=county.code)
    return bool(changes)


def _bounds(bounds: Sequence[Decimal | None]) -> str:
    least, typical, most = (f"{value.normalize():f}" if value is not None else "—" for value in bounds)
    return f"{least} 至 {most}，常用 {typical}"
