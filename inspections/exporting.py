"""The ledger as an xlsx in the official look: the list's filter, row by row, without holding the rows in memory."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, BinaryIO

from django.core.exceptions import PermissionDenied

from audit.services import record
from common import clock
from common.spreadsheets.official import write_official
from facilities.models import Season
from inspections.enums import HazardStatus
from inspections.ledger import EXPORT_COLUMNS, HAZARDS
from inspections.models import Hazard
from inspections.querysets import HazardQuerySet

CHUNK = 2000


def export_rows(hazards: HazardQuerySet, today: dt.date) -> Iterator[dict[str, Any]]:
    """One mapping by column name per hazard, in the queryset's order. Two queries for every 2 000 rows."""
    queryset = hazards.select_related("lead_unit").prefetch_related("cooperating_units")
    for sequence, hazard in enumerate(queryset.iterator(chunk_size=CHUNK), 1):
        yield {
            "sequence": sequence,
            "number": hazard.number,
            "facility_kind": hazard.facility_kind,
            "problem_point": hazard.problem_point,
            "description": hazard.description,
            "grade": hazard.grade,
            "found_on": hazard.found_on,
            "measure": hazard.measure,
            "responsible_unit": hazard.lead_unit.name if hazard.lead_unit else "",
            "cooperating_units": [unit.name for unit in hazard.cooperating_units.all()],
            "responsible_person": hazard.responsible_person,
            "phone": hazard.responsible_phone,
            "due_on": hazard.due_on,
            "acceptance_standard": hazard.acceptance_standard,
            "claimed_closed": "是" if hazard.status == HazardStatus.CLOSED else "否",
            "status": hazard.status,
            "overdue_days": _overdue_days(hazard, today),
            "remark": hazard.remark,
        }


def _overdue_days(hazard: Hazard, today: dt.date) -> int | None:
    return (today - hazard.due_on).days if hazard.due_on and hazard.is_overdue(today) else None


def write_hazards(out: BinaryIO, hazards: HazardQuerySet, *, by: Any, season: Season | None) -> int:
    """Write the hazards to `out` and put the export on record; how many rows. Raises PermissionDenied."""
    if not by.has_perm("inspections.export_hazards"):
        raise PermissionDenied("您没有导出台账的权限")
    today = clock.today()
    county = by.unit.region.name if by.unit_id else ""
    year = f"{season.year}年" if season else ""
    count = write_official(
        out,
        ledger=HAZARDS,
        rows=export_rows(hazards, today),
        title=f"{year}{county}供热“冬病夏治”隐患排查整改台账",
        unit_line=f"填报单位（盖章）：{by.unit.name if by.unit_id else ''}",
        date_line=f"填报日期：{today.year}年{today.month}月{today.day}日",
        columns=EXPORT_COLUMNS,
    )
    record(actor=by, action="导出台账", note=f"导出 {count} 条隐患")
    return count


def export_name(season: Season | None, today: dt.date) -> str:
    """冬病夏治隐患台账-2026-2027-20261125.xlsx"""
    return "-".join(filter(None, ["冬病夏治隐患台账", season.name if season else "", f"{today:%Y%m%d}"])) + ".xlsx"
