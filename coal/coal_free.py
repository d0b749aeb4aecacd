"""Companies that burn no coal: said by the development bureau, with a reason, and taken back the same way."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Unit
from audit.services import record
from audit.writing import filled
from coal.demand_enums import OPEN_TARGETS, TargetStatus
from coal.models import CoalFree, Target, Yard
from common import clock
from common.concurrency import change

FIELDS = ("company", "from_on", "reason")


def coal_free_on(companies: Iterable[Unit | int], day: dt.date) -> dict[int, CoalFree]:
    """{company's pk: what was said} of those that burn no coal on that day. One query."""
    return {row.company_id: row for row in CoalFree.objects.holding_on(day).filter(company__in=list(companies))}


def may_declare(user: Any) -> bool:
    """Whoever approves targets says of whom none is asked."""
    return bool(user.has_perm("coal.approve_target"))


@transaction.atomic
def declare(company: Unit, *, by: Any, from_on: dt.date, reason: str) -> CoalFree:
    """Raises PermissionDenied; ValidationError for a company that has a yard in use or a target."""
    if not may_declare(by):
        raise PermissionDenied("不用煤由发改局认定")
    if Yard.objects.filter(company=company, is_active=True).exists():
        raise ValidationError(f"{company.label} 还有在用的煤场；确实不再用煤的，请先停用煤场")
    running = Target.objects.filter(company=company, season__heating_end_on__gte=clock.today())
    if running.filter(status__in=(*OPEN_TARGETS, TargetStatus.APPROVED)).exists():
        raise ValidationError(f"{company.label} 本季有储备目标，按目标考核，不能再认定不用煤")
    row = CoalFree(county=company.region.county, company=company, from_on=from_on, reason=reason, declared_by=by)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise ValidationError(f"{company.label} 已经认定不用煤，请刷新后查看") from None
    record(
        actor=by, action="认定不用煤", target=row, changes=filled(row, FIELDS), note=reason, region_code=row.county.code
    )  # fmt: skip
    return row


@transaction.atomic
def take_back(row: CoalFree, *, by: Any, reason: str) -> None:
    """From today on the company owes a target again. Raises PermissionDenied; Stale if it was taken back already."""
    if not may_declare(by):
        raise PermissionDenied("不用煤由发改局认定")
    today = max(clock.today(), row.from_on)
    change(row, expect={"until_on": None}, until_on=today)
    record(
        actor=by, action="收回不用煤认定", target=row, changes={"收回日期": [None, today.isoformat()]}, note=reason,
        region_code=row.county.code,
    )  # fmt: skip
