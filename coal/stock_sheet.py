"""煤炭储备进度表: how far each company has come, in the official look, from the book and the targets in force."""

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from django.conf import settings
from django.utils import timezone

from accounts.scoping import sees_region
from audit.services import record
from coal.county import County
from coal.formulas import figure
from coal.progress import PACE_DAYS
from coal.season_heat import SeasonHeat, added, season_heats
from coal.standings import Standing, last_day, standings
from common import clock
from common.spreadsheets.columns import Column, Ledger
from common.spreadsheets.official import write_official
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
        Column("target_tce", "目标折标煤（tce）", width=12, kind="number"),
        Column("in_place_t", "累计到位（t）", width=12, kind="number"),
        Column("in_place_tce", "到位折标煤（tce）", width=12, kind="number"),
        Column("percent", "完成率（%）", width=9, kind="number"),
        Column("used_t", "累计耗用（t）", width=12, kind="number"),
        Column("used_tce", "耗用折标煤（tce）", width=12, kind="number"),
        Column("stock_t", "当前库存（t）", width=12, kind="number"),
        Column("stock_tce", "库存折标煤（tce）", width=12, kind="number"),
        Column("mean_days", "可用天数（平均日）", width=10, kind="number"),
        Column("coldest_days", "可用天数（极寒日）", width=10, kind="number"),
        Column("milestone", "节点", width=26),
        Column("forecast", "预计达到目标", width=14, is_centred=True),
        Column("remark", "备注", width=26),
    ),
)  # fmt: skip


def write_stock_sheet(out: BinaryIO, season: Season, *, by: Any) -> None:
    """Write the workbook and put the export on record."""
    today = clock.today()
    found, day = standings(season, by, today), last_day(season, today)
    owners = {yard.pk: each.company.pk for each in found for yard in each.keeper.yards}
    heats = season_heats(owners, season.summer_start_on, day)
    write_official(
        out,
        ledger=SHEET,
        rows=_rows(found, heats),
        title=f"{_whose(season, by)}{season}采暖季煤炭储备进度表",
        unit_line=f"填报单位（盖章）：{by.unit.name if by.unit_id else ''}",
        date_line=f"截止日期：{day.year}年{day.month}月{day.day}日",
        notes=(NOTE,),
        signature=SIGNATURE,
        about=lambda count: _about(found, by),
    )
    record(
        actor=by, action="导出煤炭储备进度表", note=f"{season}，{len(found)} 家企业", region_code=season.county.code
    )  # fmt: skip


def _rows(found: list[Standing], heats: Mapping[int, SeasonHeat]) -> Iterator[dict[str, Any]]:
    """`heats`: by the company's pk; a company without a yard has none."""
    kept = [heats.get(each.company.pk, SeasonHeat()) for each in found]
    for number, (each, heat) in enumerate(zip(found, kept, strict=True), 1):
        yield {
            "sequence": number, "company": each.company.name,
            "target_t": each.target.quantity_t if each.target else None,
            "target_tce": each.target.quantity_tce if each.target else None, "in_place_t": each.in_place_t,
            "in_place_tce": heat.in_place_tce, "percent": each.percent, "used_t": each.used_t,
            "used_tce": heat.used_tce, "stock_t": each.stock.stock_t, "stock_tce": each.stock.tce,
            "mean_days": each.cover.mean_days, "coldest_days": each.cover.coldest_days,
            "milestone": each.milestone, "forecast": each.forecast, "remark": _untold_in_words(heat),
        }  # fmt: skip
    whole, heat = County(found), added(kept)
    unknown = sum(1 for each in kept if each.in_place_gj is None)
    yield {
        "company": "合计", "target_t": whole.target_t or None, "target_tce": whole.target_tce or None,
        "in_place_t": whole.in_place_t, "in_place_tce": heat.in_place_tce, "percent": whole.percent,
        "used_t": whole.used_t, "used_tce": heat.used_tce, "stock_t": whole.stock.stock_t,
        "stock_tce": whole.stock.tce, "mean_days": whole.cover.mean_days, "coldest_days": whole.cover.coldest_days,
        "remark": f"{unknown} 家有煤没有报热值，空着的折标煤不合计" if unknown else None,
    }  # fmt: skip


def _untold_in_words(heat: SeasonHeat) -> str | None:
    """What is left empty, and why."""
    parts = {"累计到位": heat.in_place_gj, "累计耗用": heat.used_gj}
    unknown = [name for name, amount in parts.items() if amount is None]
    return f"有到货没有报热值，{'、'.join(unknown)}不折标煤" if unknown else None


def _whose(season: Season, by: Any) -> Any:
    return season.county if sees_region(by) else by.unit


def _about(found: list[Standing], by: Any) -> list[tuple[str, str]]:
    usual = figure(settings.COAL_USUAL_HEAT_VALUE_MJ_PER_KG)
    return [
        ("导出单位", by.unit.name if by.unit_id else "系统管理"),
        ("导出人", by.display_name),
        ("导出时间", f"{timezone.localtime(clock.now()):%Y-%m-%d %H:%M}"),
        ("储备目标", "已批准的版本；没有的空着，不计入合计。"),
        (
            "累计到位",
            "夏储开始时的存煤（此后才开账的，第一次盘点到的），加此后的全部到货，加盘盈、减盘亏；以后烧掉的不减。",
        ),
        ("目标折标煤", "储备目标 × 所依据的测算里的热值 ÷ 29.3076。"),
        (
            "到位折标煤",
            "夏储开始时存煤的热量，加此后到货的热量（吨数 × 热值：有化验的按化验，没有的按进场时报的），"
            "加减盘点的差，÷ 29.3076；本企业煤场之间调拨的不算到货。",
        ),
        (
            "耗用折标煤",
            "烧掉的煤的热量 ÷ 29.3076，由流水推出：煤先进先出，每天出场的煤的热量等于入场的热量减去还在场的热量，"
            "其中耗用按当天出场吨数（耗用、损耗、调出）的比例分。",
        ),
        (
            "没有热值的煤",
            f"到货没有报热值、也没有化验的，涉及的到位、耗用不折标煤，空着并在备注写明，合计也空着；"
            f"库存暂按常用热值 {usual} MJ/kg 折。没有到货记录的煤（开账时盘点到的、盘盈的）一律按 {usual} MJ/kg 折。",
        ),
        (
            "节点",
            "严重落后：已到期没有达到，差额超过界限（见测算参数）；落后：差额较小，或临近到期按进度达不到。",
        ),
        ("完成率", "累计到位 ÷ 储备目标；有用煤的企业没有已批准的目标时，合计不算。"),
        ("可用天数", "库存 ÷ 日耗：供暖期内的平均日取前 7 天实际耗用，其余取本季测算；极寒日取本季测算。"),
        ("预计达到目标", f"按近 {PACE_DAYS} 天平均到货推算；供暖结束前达不到的，写明无法完成。"),
        ("行数", f"共 {len(found)} 家企业；只含导出人有权查看的企业。"),
    ]


def stock_sheet_name(season: Season, *, by: Any) -> str:
    """临岭县煤炭储备进度表-2026-2027-20261126.xlsx"""
    return f"{_whose(season, by)}煤炭储备进度表-{season}-{clock.today():%Y%m%d}.xlsx"
