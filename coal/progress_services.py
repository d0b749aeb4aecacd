"""Every write to the progress lines, each with its audit entry in one transaction."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Region
from audit.models import AuditEntry
from audit.services import build, record_many
from audit.writing import filled, save_changes
from coal.models import ProgressLine

FIELDS = (
    "company", "reported_on", "area_10k_m2", "need_t", "target_t", "contract_t", "opening_stock_t",
    "arrived_long_term_t",    "arrived_spot_t", "used_t", "stock_reported_t", "heat_value_mj_per_kg",
)  # fmt: skip
TAKEN = "该企业这一天的进度已经登记"


def create_lines(*, by: Any, county: Region, lots: Sequence[dict[str, Any]]) -> list[ProgressLine]:
    """All or none. A company's second line of one day raises ValidationError."""
    lines = [ProgressLine(county=county, **lot) for lot in lots]
    try:
        with transaction.atomic():
            ProgressLine.objects.bulk_create(lines)
            record_many(_entry(line, by) for line in lines)
    except IntegrityError:
        raise ValidationError(TAKEN) from None
    return lines


def _entry(line: ProgressLine, by: Any) -> AuditEntry:
    changes, code = filled(line, FIELDS), line.county.code
    return build(actor=by, action="导入储备进度", target=line, changes=changes, region_code=code)


def change_line(line: ProgressLine, *, by: Any, **values: Any) -> bool:
    """Write what differs; whether anything did."""
    try:
        with transaction.atomic():
            return save_changes(line, by=by, action="修改储备进度", values=values, region_code=line.county.code)
    except IntegrityError:
        raise ValidationError(TAKEN) from None
