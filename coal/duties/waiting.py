"""What coal owes that concerns a user now: the company that owes it, and the two bureaus that look after it."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from accounts.enums import UnitKind
from coal.models import CoverGap, MilestoneDuty, ReportDuty
from common import clock

# A milestone is shown so many days before it is due; as its first reminder comes.
AHEAD = dt.timedelta(days=7)
# Who acts for coal, by the kind of their unit: who only reads has nothing to do.
CONCERNED = {
    UnitKind.HEATING_COMPANY: "coal.file_report",
    UnitKind.HOUSING_BUREAU: "coal.check_target",
    UnitKind.DEVELOPMENT_BUREAU: "coal.approve_target",
}


@dataclass(frozen=True, slots=True)
class Owed:
    gaps: QuerySet[CoverGap]
    reports: QuerySet[ReportDuty]
    milestones: QuerySet[MilestoneDuty]


def owed_to(user: Any, now: dt.datetime) -> Owed:
    """A company has its report on the list from the morning on, a bureau once it is late; the newest first. Each costs
    a query when it is read; none for whom it does not concern."""
    permission = CONCERNED.get(user.unit.kind) if user.unit_id else None
    if permission is None or not user.has_perm(permission):
        return Owed(CoverGap.objects.none(), ReportDuty.objects.none(), MilestoneDuty.objects.none())
    reports = ReportDuty.objects.visible_to(user).watched()
    if user.unit.kind != UnitKind.HEATING_COMPANY:
        reports = reports.filter(due_at__lt=now)
    milestones = MilestoneDuty.objects.visible_to(user).watched().filter(due_on__lte=clock.local_date(now) + AHEAD)
    return Owed(
        gaps=CoverGap.objects.visible_to(user).watched().order_by("due_on", "pk"),
        reports=reports.order_by("-day", "company"),
        # Its address is that of the target that it is of.
        milestones=milestones.select_related("milestone").order_by("due_on", "pk"),
    )
