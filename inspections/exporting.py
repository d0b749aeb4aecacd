"""The ledger as an xlsx: the list's filter, row by row, without holding the rows in memory.

chosen = chosen_hazards(user, query="tab=overdue", season=season)
count = write_hazards(out, chosen, by=user, look=Look.OFFICIAL, subtotals=True)
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import F
from django.http import QueryDict
from django.utils import timezone

from audit.services import record
from common import clock
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.official import write_official
from common.spreadsheets.plain import write_plain
from common.spreadsheets.streaming import KEPT_FREE
from common.spreadsheets.styles import MOST_ROWS
from common.spreadsheets.subtotals import Count, Subtotals
from facilities.models import Season
from inspections.enums import HazardStatus
from inspections.export_rows import export_rows
from inspections.filters import COUNTED, TABS, HazardFilter, filtered_hazards
from inspections.ledger import EXPORT_COLUMNS, HAZARDS, PHOTO_COLUMNS, PLAIN_COLUMNS
from inspections.models import Hazard
from inspections.querysets import HazardQuerySet

# What one sheet holds below its title and head.
MOST_EXPORTED = MOST_ROWS - KEPT_FREE - 4
PROGRESS_EVERY = 500
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

SUBTOTALS = Subtotals(
    by="responsible_unit",
    counts=(
        Count("共"),
        Count("已销号", "status", lambda status: status == HazardStatus.CLOSED),
        Count("未销号", "status", lambda status: HazardStatus(status).is_open),
        Count("逾期", "overdue_days", lambda days: days is not None),
    ),
    nobody="未明确责任单位",
)


class Look(models.TextChoices):
    OFFICIAL = "official", "上报格式"
    PLAIN = "plain", "普通表格"
    PHOTOS = "photos", "带照片"

    @property
    def columns(self) -> Sequence[str]:
        return {Look.PLAIN: PLAIN_COLUMNS, Look.PHOTOS: PHOTO_COLUMNS}.get(self, EXPORT_COLUMNS)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The hazards of an export, and in words what they were chosen by. `errors`: why there are none."""

    hazards: HazardQuerySet
    season: Season | None
    conditions: str
    errors: tuple[str, ...] = ()

    def count(self) -> int:
        """How many, counted only as far as anybody asks."""
        return self.hazards.order_by()[: MOST_EXPORTED + 1].count()


def chosen_hazards(
    source: Any, *, query: str = "", season: Season | None = None, pks: Sequence[int] | None = None
) -> Chosen:
    """What the list's query string leaves, or those of `pks`, of what a user sees. `source`: a request or a user."""
    user = getattr(source, "user", source)
    if pks is not None:
        # The rows may be of several seasons: 我的待办 lists them together.
        hazards = Hazard.objects.visible_to(user).filter(pk__in=pks).in_list_order()
        return Chosen(hazards, season, "在列表里逐条勾选")
    filters, hazards = filtered_hazards(source, QueryDict(query), season)
    return Chosen(hazards, filters.season, _conditions(filters), tuple(map(str, filters.bar.errors)))


def _conditions(filters: HazardFilter) -> str:
    bar = filters.bar
    said = [f"{chip.label}：{chip.value}" for chip in bar.chips]
    tab = filters.form.cleaned_data.get("tab", "") if filters.form.is_valid() else ""
    if tab:
        said.insert(0, f"状态：{next(label for value, label, _ in (*TABS, COUNTED) if value == tab)}")
    if bar.search and bar.search.value():
        said.append(f"查找：{bar.search.value()}")
    return "；".join(said) or "没有筛选"


def refusal(count: int, look: Look) -> str:
    """Why so many hazards cannot be exported in one file; empty if they can."""
    if count > MOST_EXPORTED:
        return f"一张 Excel 工作表最多放 {MOST_EXPORTED} 条，请加上筛选条件，分几次导出"
    most = settings.EXPORT_MOST_WITH_PHOTOS
    if look == Look.PHOTOS and count > most:
        return f"带照片的台账一次最多导出 {most} 条，现有 {count} 条，请加上筛选条件，分几次导出"
    return ""


def write_hazards(
    out: BinaryIO,
    chosen: Chosen,
    *,
    by: Any,
    look: Look = Look.OFFICIAL,
    subtotals: bool = False,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Write the hazards to `out` and put the export on record; how many rows. `progress` is told how many so far.

    Raises PermissionDenied; SpreadsheetError for more rows than the file may have.
    """
    if not by.has_perm("inspections.export_hazards"):
        raise PermissionDenied("您没有导出台账的权限")
    if why := refusal(chosen.count(), look):
        raise SpreadsheetError(why)
    with_subtotals = subtotals and look == Look.OFFICIAL
    hazards = _by_unit(chosen.hazards) if with_subtotals else chosen.hazards
    today = clock.today()
    rows = _counted(export_rows(hazards, look.columns, today), progress)
    if look == Look.PLAIN:
        count = write_plain(out, ledger=HAZARDS, rows=rows, columns=look.columns)
    else:
        count = write_official(
            out,
            ledger=HAZARDS,
            rows=rows,
            title=_title(by, chosen.season),
            unit_line=f"填报单位（盖章）：{by.unit.name if by.unit_id else ''}",
            date_line=f"填报日期：{today.year}年{today.month}月{today.day}日",
            columns=look.columns,
            subtotals=SUBTOTALS if with_subtotals else None,
            about=lambda count: _about(count, chosen, by, look, with_subtotals),
        )
    record(actor=by, action="导出台账", note=f"导出 {count} 条隐患（{look.label}）：{chosen.conditions}")
    return count


def _by_unit(hazards: HazardQuerySet) -> HazardQuerySet:
    """Each unit's hazards together, in the ledger's order; those of nobody last."""
    unit = F("lead_unit__name").asc(nulls_last=True)
    return hazards.order_by(unit, F("lead_unit_id"), F("season_id").desc(), F("sequence").desc(), F("pk").desc())


def _counted(rows: Iterable[Any], progress: Callable[[int], None]) -> Iterator[Any]:
    for done, row in enumerate(rows, 1):
        if done % PROGRESS_EVERY == 0:
            progress(done)
        yield row


def _title(by: Any, season: Season | None) -> str:
    county = by.unit.region.name if by.unit_id else ""
    return f"{f'{season.year}年' if season else ''}{county}供热“冬病夏治”隐患排查整改台账"


def _about(count: int, chosen: Chosen, by: Any, look: Look, with_subtotals: bool) -> list[tuple[str, str]]:
    """What the sheet 口径 says."""
    unit = by.unit.name if by.unit_id else "系统管理"
    said = [
        ("导出单位", unit),
        ("导出人", by.display_name),
        ("导出时间", f"{timezone.localtime(clock.now()):%Y-%m-%d %H:%M}"),
        ("采暖季", chosen.season.name if chosen.season else "不限"),
        ("筛选条件", chosen.conditions),
        ("行数", f"共 {count} 条，一行是一条隐患；只含导出人有权查看的隐患。"),
        ("责任单位", "牵头的责任单位。有配合单位的仍只算一条，算在牵头单位名下。"),
        ("整改时限", "现行时限；批准过延期的，是延期后的时限。"),
        (
            "逾期",
            "过了整改时限还没有销号的算逾期，待验收的也算；时限当天不算。逾期天数从时限次日数到导出当天，按自然日。",
        ),
        ("已销号", "验收合格并已销号的。企业申请验收、还没有验收合格的不算。"),
        ("作废", "当前状态为“作废”的是登记错误或重复登记，在表中列出，不算未销号，不算逾期，不计入销号率。"),
    ]
    if with_subtotals:
        said.append(("小计、合计", "小计按责任单位，合计是表中各行之和；“共”含作废。"))
    if look == Look.PHOTOS:
        said.append(("照片", "整改后照片取本轮整改的；每格最多放两张缩小的照片，原图在系统里。"))
    return said


def export_name(season: Season | None, today: dt.date, look: Look = Look.OFFICIAL) -> str:
    """冬病夏治隐患台账-2026-2027-20261125.xlsx"""
    kind = "" if look == Look.OFFICIAL else look.label
    return (
        "-".join(filter(None, ["冬病夏治隐患台账", kind, season.name if season else "", f"{today:%Y%m%d}"])) + ".xlsx"
    )
