"""煤炭储备进度表: how far each company has come, in the official look, from the book and the targets in force."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, BinaryIO

from django.utils import timezone

from accounts.models import Unit
from accounts.scoping import sees_region
from audit.services import record
from coal.cover import Cover, DayNeed, Stock, together
from coal.demand import rounded
from coal.demand_enums import MilestoneKind
from coal.demand_selectors import companies_of, day_needs, reach_of, supplies, targets_in_force
from coal.models import Target, TargetMilestone, Yard
from coal.progress import PACE_DAYS, Supply, forecast
from coal.selectors import cover_by_company, stock_by_yard, used_by_yard
from common import clock
from common.spreadsheets.columns import Column, Ledger
from common.spreadsheets.official import write_official
from common.ui import prose_day
from facilities.models import Season

SIGNATURE = (20 * " ").join(("填表人：", "审核人：", "    年    月    日"))
NOTE = (
    "各企业煤的热值不同，原煤吨数相加只供参考，全县以折标准煤（29.3076 MJ/kg）为准；"
    "可用天数的合计是库存之和除以日耗之和。"
)
SHEET = Ledger(
    kind="coal_stock",
    title="储备进度",
    content=frozenset({"company"}),
    columns=(
        Column("sequence", "序号", width=6, is_centred=True),
        Column("company", "供热企业", width=24),
        Column("target_t", "储备目标（t）", width=12, kind="number"),
        Column("in_place_t", "累计到位（t）", width=12, kind="number"),
        Column("percent", "完成率（%）", width=9, kind="number"),
        Column("used_t", "累计耗用（t）", width=12, kind="number"),
        Column("stock_t", "当前库存（t）", width=12, kind="number"),
        Column("stock_tce", "折标准煤（tce）", width=12, kind="number"),
        Column("mean_days", "可用天数（平均日）", width=10, kind="number"),
        Column("coldest_days", "可用天数（极寒日）", width=10, kind="number"),
        Column("milestone", "节点", width=26),
        Column("forecast", "预计达到目标", width=14, is_centred=True),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """How one company stands on a day. `milestones`: those for arrivals of its target in force, by date."""

    company: Unit
    target: Target | None
    milestones: list[TargetMilestone]
    supply: Supply | None
    used_t: Decimal
    stock: Stock
    cover: Cover

    def in_place_t(self, today: dt.date) -> Decimal:
        return self.supply.in_place_t(today) if self.supply else Decimal(0)

    def percent(self, today: dt.date) -> Decimal | None:
        """Of the target in force."""
        return rounded(self.in_place_t(today) * 100 / self.target.quantity_t, 1) if self.target else None

    def forecast(self, today: dt.date) -> str:
        """已达到 / 2026年11月3日 / 近 14 天没有到货"""
        if self.target is None:
            return ""
        if self.supply is None:
            return "没有煤场"
        if self.supply.reached_on(self.target.quantity_t):
            return "已达到"
        day = forecast(self.supply, self.target.quantity_t, today)
        return f"{day.year}年{day.month}月{day.day}日" if day else f"近 {PACE_DAYS} 天没有到货"

    def milestone(self, today: dt.date) -> str:
        """落后：8月31日应到 40%，差 1200 t / 按节点 / 没有已批准的目标"""
        if self.target is None:
            return "没有已批准的目标"
        for each in reversed(self.milestones):
            found = reach_of(each, self.supply, today)
            if found.is_behind:
                share = f"{(each.share_percent or Decimal(0)).normalize():f}%"
                return f"落后：{prose_day(each.due_on)}应到 {share}，差 {found.lacking_t.normalize():f} t"
        return "按节点"


def standings(season: Season, user: Any, today: dt.date) -> list[Standing]:
    """By company. Twelve queries, whatever their number."""
    companies = companies_of(user, season.county)
    keys = [company.pk for company in companies]
    yards = list(Yard.objects.visible_to(user).filter(company__in=keys))
    stocks = stock_by_yard(yards, today)
    covers = cover_by_company(yards, stocks, today, season, day_needs(season, companies))
    used = used_by_yard(yards, season.summer_start_on, today)
    targets, known = targets_in_force(season), supplies(season, companies, today)
    milestones: dict[int, list[TargetMilestone]] = {}
    in_force = TargetMilestone.objects.filter(target__in=[target.pk for target in targets.values()])
    for each in in_force.filter(kind=MilestoneKind.ARRIVED).order_by("due_on"):
        milestones.setdefault(each.target_id, []).append(each)
    return [
        Standing(
            company=company,
            target=(target := targets.get(company.pk)),
            milestones=milestones.get(target.pk, []) if target else [],
            supply=known.get(company.pk),
            used_t=sum((used.get(yard.pk, Decimal(0)) for yard in yards if yard.company_id == company.pk), Decimal(0)),
            stock=sum((stocks[yard.pk] for yard in yards if yard.company_id == company.pk), Stock()),
            cover=covers.get(company.pk, Cover(Decimal(0), DayNeed())),
        )
        for company in companies
    ]


def write_stock_sheet(out: BinaryIO, season: Season, *, by: Any) -> None:
    """Write the workbook and put the export on record."""
    today = clock.today()
    found = standings(season, by, today)
    write_official(
        out,
        ledger=SHEET,
        rows=_rows(found, today),
        title=f"{_whose(season, by)}{season}采暖季煤炭储备进度表",
        unit_line=f"填报单位（盖章）：{by.unit.name if by.unit_id else ''}",
        date_line=f"截止日期：{today.year}年{today.month}月{today.day}日",
        notes=(NOTE,),
        signature=SIGNATURE,
        about=lambda count: _about(found, by),
    )
    record(
        actor=by, action="导出煤炭储备进度表", note=f"{season}，{len(found)} 家企业", region_code=season.county.code
    )  # fmt: skip


def _rows(found: list[Standing], today: dt.date) -> Iterator[dict[str, Any]]:
    for number, each in enumerate(found, 1):
        yield {
            "sequence": number, "company": each.company.name,
            "target_t": each.target.quantity_t if each.target else None, "in_place_t": each.in_place_t(today),
            "percent": each.percent(today), "used_t": each.used_t, "stock_t": each.stock.stock_t,
            "stock_tce": each.stock.tce, "mean_days": each.cover.mean_days, "coldest_days": each.cover.coldest_days,
            "milestone": each.milestone(today), "forecast": each.forecast(today),
        }  # fmt: skip
    target_t = sum((each.target.quantity_t for each in found if each.target), Decimal(0))
    # A share of the total only where every company has a target: else what is in place would have nothing to fill.
    whole = bool(found) and all(each.target for each in found)
    in_place_t = sum((each.in_place_t(today) for each in found), Decimal(0))
    stock, cover = sum((each.stock for each in found), Stock()), together(each.cover for each in found)
    yield {
        "company": "合计", "target_t": target_t or None, "in_place_t": in_place_t,
        "percent": rounded(in_place_t * 100 / target_t, 1) if whole and target_t else None,
        "used_t": sum((each.used_t for each in found), Decimal(0)), "stock_t": stock.stock_t, "stock_tce": stock.tce,
        "mean_days": cover.mean_days, "coldest_days": cover.coldest_days,
    }  # fmt: skip


def _whose(season: Season, by: Any) -> Any:
    return season.county if sees_region(by) else by.unit


def _about(found: list[Standing], by: Any) -> list[tuple[str, str]]:
    return [
        ("导出单位", by.unit.name if by.unit_id else "系统管理"),
        ("导出人", by.display_name),
        ("导出时间", f"{timezone.localtime(clock.now()):%Y-%m-%d %H:%M}"),
        ("储备目标", "已批准的版本；没有的空着，不计入合计。"),
        ("累计到位", "夏储开始时的存煤，加此后的全部到货；以后烧掉的不减。"),
        ("完成率", "累计到位 ÷ 储备目标；有企业没有已批准的目标时，合计不算。"),
        ("可用天数", "库存 ÷ 日耗：供暖期内的平均日取前 7 天实际耗用，其余取本季测算；极寒日取本季测算。"),
        ("预计达到目标", f"按近 {PACE_DAYS} 天平均到货推算。"),
        ("行数", f"共 {len(found)} 家企业；只含导出人有权查看的企业。"),
    ]


def stock_sheet_name(season: Season, *, by: Any) -> str:
    """临岭县煤炭储备进度表-2026-2027-20261126.xlsx"""
    return f"{_whose(season, by)}煤炭储备进度表-{season}-{clock.today():%Y%m%d}.xlsx"
