"""Which hazards an export has, in which order, and what is said about them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F
from django.http import QueryDict

from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.ledgers.exporting import Chosen, Look
from common.spreadsheets.subtotals import Count, Subtotals
from facilities.models import Season
from inspections.enums import HazardStatus
from inspections.filters import COUNTED, TABS, HazardFilter, filtered_hazards
from inspections.ledger import EXPORT_COLUMNS, PHOTO_COLUMNS, PLAIN_COLUMNS
from inspections.models import Hazard
from inspections.querysets import HazardQuerySet

COLUMNS: Mapping[Look, Sequence[str]] = {
    Look.OFFICIAL: EXPORT_COLUMNS, Look.PLAIN: PLAIN_COLUMNS, Look.PHOTOS: PHOTO_COLUMNS,
}  # fmt: skip
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


def chosen_hazards(
    source: Any, *, query: str = "", season: Season | None = None, pks: Sequence[int] | None = None
) -> Chosen:
    """What the list's query string leaves, or those of `pks`, of what a user sees. `source`: a request or a user."""
    user = getattr(source, "user", source)
    if pks is not None:
        # The rows may be of several seasons: 我的待办 lists them together.
        hazards = Hazard.objects.visible_to(user).filter(pk__in=pks).in_list_order()
        return _chosen(hazards, "在列表里逐条勾选", season)
    filters, hazards = filtered_hazards(source, QueryDict(query), season)
    return _chosen(hazards, _conditions(filters), filters.season, tuple(map(str, filters.bar.errors)))


def _chosen(
    hazards: HazardQuerySet, conditions: str, season: Season | None, errors: tuple[str, ...] = ()
) -> Chosen:  # fmt: skip
    return Chosen(hazards, conditions, errors, scope=season, scope_json={"season": season.pk if season else None})


def season_of_scope(user: Any, scope: Mapping[str, Any]) -> Season | None:
    """`scope`: {"season": pk, name or None}. Raises SpreadsheetError for a name that is none."""
    wanted = scope.get("season")
    seasons = Season.objects.visible_to(user)
    if isinstance(wanted, str):
        if found := seasons.filter(name=wanted).first():
            return found
        raise SpreadsheetError(f"没有名为“{wanted}”的采暖季")
    return seasons.filter(pk=wanted).first() if wanted else None


def _conditions(filters: HazardFilter) -> str:
    tab = filters.form.cleaned_data.get("tab", "") if filters.form.is_valid() else ""
    state = f"状态：{next(label for value, label, _ in (*TABS, COUNTED) if value == tab)}" if tab else ""
    return "；".join(filter(None, [state, filters.bar.in_words])) or "没有筛选"


def by_unit(hazards: HazardQuerySet) -> HazardQuerySet:
    """Each unit's hazards together, in the ledger's order; those of nobody last."""
    unit = F("lead_unit__name").asc(nulls_last=True)
    return hazards.order_by(unit, F("lead_unit_id"), F("season_id").desc(), F("sequence").desc(), F("pk").desc())


def title_of(season: Season | None, *, by: Any) -> str:
    county = by.unit.region.name if by.unit_id else ""
    return f"{f'{season.year}年' if season else ''}{county}供热“冬病夏治”隐患排查整改台账"


def about_hazards(look: Look, *, with_subtotals: bool) -> list[tuple[str, str]]:
    """What counts, for the sheet 口径."""
    said = [
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
