"""A list as a file: what its filters leave, or the rows that were ticked, row by row into an xlsx.

chosen = kind.chosen(user, query="tab=overdue", scope={"season": 3})
count = write_chosen(out, kind, chosen, by=user, look=Look.OFFICIAL, subtotals=True)
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models
from django.utils import timezone

from common import clock
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.official import write_official
from common.spreadsheets.plain import write_plain
from common.spreadsheets.streaming import KEPT_FREE
from common.spreadsheets.styles import MOST_ROWS

if TYPE_CHECKING:
    from common.spreadsheets.ledgers.kinds import ExportKind

# What one sheet holds below its title and head.
MOST_EXPORTED = MOST_ROWS - KEPT_FREE - 4
PROGRESS_EVERY = 500
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Look(models.TextChoices):
    OFFICIAL = "official", "上报格式"
    PLAIN = "plain", "普通表格"
    PHOTOS = "photos", "带照片"


ABOUT_LOOK = {
    Look.OFFICIAL: "有标题、填报单位和签字栏，可直接打印上报",
    Look.PLAIN: "一行表头、全部列，改好后可以再导入，只更新改过的",
    Look.PHOTOS: "整改前、整改后照片放进单元格",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The items of an export, and in words what they were chosen by. `errors`: why there are none.

    `scope`: what the list is of besides its filters, e.g. a season; `scope_json` names it for a job.
    """

    items: models.QuerySet[Any]
    conditions: str
    errors: tuple[str, ...] = ()
    scope: Any = None
    scope_json: dict[str, Any] = field(default_factory=dict)

    def count(self) -> int:
        """How many, counted only as far as anybody asks."""
        return self.items.order_by()[: MOST_EXPORTED + 1].count()


def refusal(kind: "ExportKind", count: int, look: Look) -> str:
    """Why so many items cannot be exported in one file; empty if they can."""
    if count > MOST_EXPORTED:
        return f"一张 Excel 工作表最多放 {MOST_EXPORTED} {kind.measure}，请加上筛选条件，分几次导出"
    most = settings.EXPORT_MOST_WITH_PHOTOS
    if look == Look.PHOTOS and count > most:
        return (
            f"带照片的台账一次最多导出 {most} {kind.measure}，现有 {count} {kind.measure}，请加上筛选条件，分几次导出"
        )
    return ""


def write_chosen(
    out: BinaryIO,
    kind: "ExportKind",
    chosen: Chosen,
    *,
    by: Any,
    look: Look = Look.OFFICIAL,
    subtotals: bool = False,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Write the items to `out` and put the export on record; how many rows. `progress` is told how many so far.

    Raises PermissionDenied; SpreadsheetError for more rows than the file may have.
    """
    if not by.has_perm(kind.export_permission):
        raise PermissionDenied("您没有导出台账的权限")
    if why := refusal(kind, chosen.count(), look):
        raise SpreadsheetError(why)
    sums = kind.subtotals if subtotals and look == Look.OFFICIAL else None
    today, columns = clock.today(), kind.columns_for(chosen, look)
    rows = _counted(kind.export_rows(chosen, columns, in_groups=sums is not None), progress)
    if look == Look.PLAIN:
        count = write_plain(out, ledger=kind.ledger, rows=rows, columns=columns)
    else:
        count = write_official(
            out,
            ledger=kind.ledger,
            rows=rows,
            title=kind.export_title(chosen, by=by),
            unit_line=f"填报单位（盖章）：{_unit_of(by)}",
            date_line=f"填报日期：{today.year}年{today.month}月{today.day}日",
            columns=columns,
            subtotals=sums,
            about=lambda count: _about(kind, chosen, count, by, look, sums is not None),
        )
    kind.record_export(by=by, note=f"导出 {count} {kind.measure}{kind.noun}（{look.label}）：{chosen.conditions}")
    return count


def _unit_of(by: Any) -> str:
    return by.unit.name if by.unit_id else ""


def _counted(rows: Iterable[Any], progress: Callable[[int], None]) -> Iterator[Any]:
    for done, row in enumerate(rows, 1):
        if done % PROGRESS_EVERY == 0:
            progress(done)
        yield row


def _about(
    kind: "ExportKind", chosen: Chosen, count: int, by: Any, look: Look, with_subtotals: bool
) -> list[tuple[str, str]]:
    """What the sheet 口径 says."""
    return [
        ("导出单位", _unit_of(by) or "系统管理"),
        ("导出人", by.display_name),
        ("导出时间", f"{timezone.localtime(clock.now()):%Y-%m-%d %H:%M}"),
        *kind.about_scope(chosen),
        ("筛选条件", chosen.conditions),
        ("行数", f"共 {count} {kind.measure}，一行是一{kind.measure}{kind.noun}；只含导出人有权查看的{kind.noun}。"),
        *kind.about(look, with_subtotals=with_subtotals),
    ]


def export_name(kind: "ExportKind", chosen: Chosen, look: Look) -> str:
    """冬病夏治隐患台账-2026-2027-20261125.xlsx"""
    shown = "" if look == Look.OFFICIAL else look.label
    parts = [kind.file_stem, shown, str(chosen.scope or ""), f"{clock.today():%Y%m%d}"]
    return "-".join(filter(None, parts)) + ".xlsx"
