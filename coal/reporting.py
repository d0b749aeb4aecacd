"""Filing a daily report, and correcting one."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Unit
from audit.services import record
from audit.writing import filled, label, shown
from coal.bounds import check_fits
from coal.models import DailyReport
from coal.reports import latest_of
from common import clock
from common.ui import moment

FIGURES = (
    "arrived_t", "used_t", "stock_yard_t", "stock_port_t", "stock_transit_t", "heat_gj", "high_c", "low_c",
    "boilers_running", "make_up_water_t", "power_10k_kwh",
)  # fmt: skip
REPORTED = (*FIGURES, "events")


def file_report(
    company: Unit, day: dt.date, *, by: Any, seen_revision: int = 0, correction_reason: str = "", **values: Any
) -> DailyReport:
    """The company's report of the day, or its next revision. `values`: REPORTED.

    `seen_revision`: the last one that its writer knew of, 0 for none. Who comes second is told that another was first.
    Raises ValidationError.
    """
    if day >= clock.today():
        raise ValidationError(f"{day} 还没有过完，日报在次日填报")
    last = latest_of(company, day)
    if (last.revision if last else 0) != seen_revision:
        raise _overtaken(last)
    report = DailyReport(
        county=company.region.county, company=company, day=day, revision=seen_revision + 1, filed_by=by, **values
    )
    check_fits(report, FIGURES)
    if report.low_c > report.high_c:
        raise ValidationError({"low_c": f"最低气温 {report.low_c} ℃ 高于最高气温 {report.high_c} ℃，请核对"})
    if last is not None:
        report.correction_reason = correction_reason.strip()
        _check_correction(last, report)
    try:
        with transaction.atomic():
            report.save(force_insert=True)
            _record(report, last, by=by)
    except IntegrityError:
        raise _overtaken(latest_of(company, day)) from None
    return report


def _check_correction(last: DailyReport, report: DailyReport) -> None:
    if all(getattr(last, name) == getattr(report, name) for name in REPORTED):
        raise ValidationError("与已报的内容完全相同，没有需要更正的")
    if not report.correction_reason:
        raise ValidationError({"correction_reason": "请写明为什么更正，如“过磅数据更新”"})


def _record(report: DailyReport, last: DailyReport | None, *, by: Any) -> None:
    changes = filled(report, ("day", *REPORTED))
    if last is not None:
        changes = {
            label(report, name): [shown(last, name), shown(report, name)]
            for name in REPORTED
            if getattr(last, name) != getattr(report, name)
        }
    record(
        actor=by, action="更正煤炭日报" if last else "填报煤炭日报", target=report, changes=changes,
        note=report.correction_reason, region_code=report.county.code,
    )  # fmt: skip


def _overtaken(last: DailyReport | None) -> ValidationError:
    if last is None:
        return ValidationError("这一天的日报还没有报过，请刷新后填报")
    who, when = last.filed_by.display_name, moment(last.filed_at)
    return ValidationError(
        f"{who} 已在 {when} 报过第 {last.revision} 版，您填的没有提交。请核对已报的内容，确需更正的再提交一次"
    )
