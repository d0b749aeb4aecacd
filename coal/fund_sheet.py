"""购煤资金表: what each company needs, has secured and paid, in the official look."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, BinaryIO

from django.utils import timezone

from accounts.scoping import sees_region
from audit.services import record
from coal.demand import rounded
from coal.funds import county_funds, sums_of
from coal.models.funds import IN_10K
from common import clock
from common.spreadsheets.columns import Column, Ledger
from common.spreadsheets.official import write_official
from facilities.models import Season

SHEET = Ledger(
    kind="coal_funds",
    title="购煤资金",
    content=frozenset({"company"}),
    columns=(
        Column("sequence", "序号", width=6, is_centred=True),
        Column("company", "供热企业", width=24),
        Column("needed", "所需资金（万元）", width=13, kind="number"),
        Column("own", "自筹（万元）", width=12, kind="number"),
        Column("loan", "贷款（万元）", width=12, kind="number"),
        Column("subsidy", "补贴（万元）", width=12, kind="number"),
        Column("secured", "已落实（万元）", width=12, kind="number"),
        Column("percent", "落实率（%）", width=9, kind="number"),
        Column("gap", "缺口（万元）", width=12, kind="number"),
        Column("paid", "已付（万元）", width=12, kind="number"),
        Column("arrived", "到货金额（万元）", width=13, kind="number"),
        Column("basis", "所需资金的依据", width=32),
    ),
)  # fmt: skip
NAMES = ("needed", "own", "loan", "subsidy", "secured", "gap", "paid")


def in_10k(amount_yuan: Decimal | None) -> Decimal | None:
    """万元 with two decimals."""
    return None if amount_yuan is None else rounded(amount_yuan / IN_10K, 2)


def write_fund_sheet(out: BinaryIO, season: Season, *, by: Any) -> str:
    """Write the workbook, put the export on record, and give its name. Queries: those of `county_funds`."""
    rows, today = county_funds(season, by), clock.today()
    whose = season.county if sees_region(by) else by.unit
    write_official(
        out, ledger=SHEET, rows=_rows(rows), title=f"{whose}{season}采暖季购煤资金表",
        unit_line=f"填报单位（盖章）：{by.unit.name if by.unit_id else ''}",
        date_line=f"填报日期：{today.year}年{today.month}月{today.day}日",
        about=lambda count: [
            ("导出人", f"{by.display_name}，{timezone.localtime(clock.now()):%Y-%m-%d %H:%M}"),
            ("缺口", "所需资金 − 已落实（自筹 + 贷款 + 补贴），不小于 0；合计是各企业缺口之和，一家多出的不抵另一家。"),
            ("到货金额", "本季到货吨数 × 登记的单价，已冲正的和没有单价的不计。"),
            ("行数", f"共 {len(rows)} 家企业；只含导出人有权查看的企业。"),
        ],
    )  # fmt: skip
    record(actor=by, action="导出购煤资金表", note=f"{season}，{len(rows)} 家企业", region_code=season.county.code)
    return f"{whose}购煤资金表-{season}-{today:%Y%m%d}.xlsx"


def _rows(rows: list[Any]) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(rows, 1):
        yield {
            "sequence": number, "company": row.company.name, "percent": row.secured_percent,
            **{name: in_10k(getattr(row, f"{name}_yuan")) for name in NAMES},
            "arrived": in_10k(row.arrivals.value_yuan),
            "basis": (row.need.reason or row.need.basis) if row.need else "尚未登记",
        }  # fmt: skip
    sums = sums_of(rows)
    yield {
        "company": "合计", "percent": sums.secured_percent, "arrived": in_10k(sums.arrived_yuan),
        **{name: in_10k(getattr(sums, f"{name}_yuan")) for name in NAMES},
    }  # fmt: skip
