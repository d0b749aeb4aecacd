"""The county's sheet of targets as a workbook for the meeting: what every company stores, and room for three seals."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, BinaryIO

from django.utils import timezone

from audit.services import record
from coal.demand_selectors import Sheet, SheetRow, county_sheet
from coal.demand_services import in_words, planned_of
from common import clock
from common.spreadsheets.columns import Column, Ledger
from common.spreadsheets.official import write_official
from facilities.models import Season

SIGNATURE = (20 * " ").join(("供热企业（盖章）：", "住建局审核：", "发改局审批：", "    年    月    日"))
NOTE = "各企业煤的热值不同，原煤吨数相加只供参考，全县以折标准煤（29.3076 MJ/kg）为准。"
SHEET = Ledger(
    kind="coal_targets",
    title="储备目标",
    content=frozenset({"company"}),
    columns=(
        Column("sequence", "序号", width=6, is_centred=True),
        Column("company", "供热企业", width=24),
        Column("area_10k_m2", "供热面积（万㎡）", width=11, kind="number"),
        Column("method", "采用方法", width=14),
        Column("need_t", "全季需求（t）", width=12, kind="number"),
        Column("rule", "目标怎么定", width=14),
        Column("quantity_t", "储备目标（t）", width=12, kind="number"),
        Column("share_percent", "占全县（折标煤，%）", width=9, kind="number"),
        Column("heat_value_mj_per_kg", "热值（MJ/kg）", width=10, kind="number"),
        Column("quantity_tce", "折标准煤（tce）", width=12, kind="number"),
        Column("mean_day_t", "平均日耗煤（t）", width=11, kind="number"),
        Column("coldest_day_t", "极寒日耗煤（t）", width=11, kind="number"),
        Column("milestones", "节点", width=30),
        Column("status", "状态", width=14, is_centred=True),
    ),
)  # fmt: skip


def write_sheet(out: BinaryIO, season: Season, *, by: Any) -> Sheet:
    """Write the workbook and put the export on record. Queries: those of `county_sheet` and one a company."""
    sheet, today = county_sheet(season, by), clock.today()
    whose = season.county if sheet.is_whole else by.unit
    state = "审批表" if sheet.is_final else "审批表（征求意见稿）"
    write_official(
        out,
        ledger=SHEET,
        rows=_rows(sheet),
        title=f"{whose}{season}采暖季煤炭储备目标{state}",
        unit_line=f"填报单位（盖章）：{by.unit.name if by.unit_id else ''}",
        date_line=f"填报日期：{today.year}年{today.month}月{today.day}日",
        notes=(NOTE,),
        signature=SIGNATURE,
        about=lambda count: _about(sheet, by),
    )
    record(
        actor=by,
        action="导出储备目标审批表",
        note=f"{season}，{len(sheet.rows)} 家企业",
        region_code=season.county.code,
    )
    return sheet


def _rows(sheet: Sheet) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(sheet.rows, 1):
        yield {"sequence": number, "company": row.company.name, **_figures(row)}
    # The total is that of what is printed above it.
    areas = (_in_10k(row.counted.estimate.area_m2) for row in sheet.rows if row.counted is not None)
    yield {
        "company": "合计", "area_10k_m2": sum(areas, Decimal(0)), "need_t": sheet.need_t,
        "quantity_t": sheet.quantity_t, "share_percent": Decimal(100) if sheet.is_whole and sheet.quantity_t else None,
        "quantity_tce": sheet.quantity_tce, "status": f"已批准 {sheet.approved}/{len(sheet.asked)}",
    }  # fmt: skip


def _figures(row: SheetRow) -> dict[str, Any]:
    target = row.counted
    if row.coal_free and row.is_excepted:
        return {"status": "不用煤", "milestones": f"{row.coal_free.from_on} 起：{row.coal_free.reason}"}
    if target is None:
        return {"status": "尚未填报"}
    return {
        "area_10k_m2": _in_10k(target.estimate.area_m2), "method": target.get_method_display(),
        "need_t": target.need_t, "rule": rule_in_words(target), "quantity_t": target.quantity_t,
        "share_percent": row.share_percent, "heat_value_mj_per_kg": target.heat_value_mj_per_kg,
        "quantity_tce": target.quantity_tce, "mean_day_t": target.mean_day_t, "coldest_day_t": target.coldest_day_t,
        "milestones": in_words(planned_of(target)), "status": state_in_words(row),
    }  # fmt: skip


def rule_in_words(target: Any) -> str:
    """需求的 80%；平均日 30 天."""
    amount = f"{target.amount.normalize():f}"
    return {
        "share": f"全季需求的 {amount}%", "mean_days": f"平均日 {amount} 天", "coldest_days": f"极寒日 {amount} 天"
    }[target.rule]  # fmt: skip


def state_in_words(row: SheetRow) -> str:
    """已批准（第 1 版）；a revision that is under way beside it is said too."""
    target = row.counted
    if target is None or row.latest is None:
        return "尚未填报"
    said = f"{target.state.label}（第 {target.revision} 版）"
    if row.latest.pk != target.pk:
        said += f"；第 {row.latest.revision} 版{row.latest.state.label}"
    return said


def _in_10k(area_m2: Decimal) -> Decimal:
    return (area_m2 / 10_000).quantize(Decimal("0.01"))


def _about(sheet: Sheet, by: Any) -> list[tuple[str, str]]:
    return [
        ("导出单位", by.unit.name if by.unit_id else "系统管理"),
        ("导出人", by.display_name),
        ("导出时间", f"{timezone.localtime(clock.now()):%Y-%m-%d %H:%M}"),
        ("计入的版本", "已批准的按已批准的版本；还没有批准过的按正在办理的版本，状态一列写明。"),
        ("全季需求", "按各企业采用的方法测算，单位为该企业所用热值的原煤。"),
        ("占全县", "该企业储备目标占全县合计的百分比，都按折标准煤算。"),
        ("折标准煤", "原煤吨数 × 收到基低位热值（MJ/kg）÷ 29.3076。"),
        ("不用煤", "发改局认定不用煤的企业照列，注明理由，不要求填报，也不妨碍定稿。"),
        ("行数", f"共 {len(sheet.rows)} 家企业；只含导出人有权查看的企业。"),
    ]


def sheet_name(season: Season, sheet: Sheet, *, by: Any) -> str:
    """临岭县煤炭储备目标审批表-2026-2027-20261126.xlsx"""
    return f"{season.county if sheet.is_whole else by.unit}煤炭储备目标审批表-{season}-{clock.today():%Y%m%d}.xlsx"
