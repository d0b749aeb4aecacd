"""The Excel columns of the progress table of coal storage (冬煤夏储进展情况统计表), for import, template and export."""

import datetime as dt
from decimal import Decimal
from typing import Any

from common import clock
from common.spreadsheets.cells import read_decimal
from common.spreadsheets.columns import Column
from common.spreadsheets.dates import Years, read_date
from common.spreadsheets.ledgers.record_columns import record_ledger
from common.spreadsheets.parsers import number_of
from common.spreadsheets.readings import Reading
from common.text import normalise_name

AREA_UNITS = {
    "万㎡": Decimal(1), "万m2": Decimal(1), "万平方米": Decimal(1), "万平米": Decimal(1), "万平": Decimal(1),
    "万米2": Decimal(1), "㎡": Decimal("0.0001"), "m2": Decimal("0.0001"), "平方米": Decimal("0.0001"),
    "平米": Decimal("0.0001"), "米2": Decimal("0.0001"),
}  # fmt: skip
TONNES = {"吨": Decimal(1), "t": Decimal(1), "万吨": Decimal(10_000), "千吨": Decimal(1000)}
# 1 kcal = 4.1868 kJ
HEAT_UNITS = {
    "kcal/kg": Decimal("0.0041868"), "大卡/千克": Decimal("0.0041868"), "千卡/千克": Decimal("0.0041868"),
    "大卡/公斤": Decimal("0.0041868"), "千卡/公斤": Decimal("0.0041868"), "大卡": Decimal("0.0041868"),
    "千卡": Decimal("0.0041868"), "kcal": Decimal("0.0041868"), "cal/g": Decimal("0.0041868"),
    "卡/克": Decimal("0.0041868"),
    "mj/kg": Decimal(1), "兆焦/千克": Decimal(1), "兆焦": Decimal(1),
    "kj/kg": Decimal("0.001"), "千焦/千克": Decimal("0.001"), "千焦": Decimal("0.001"),
}  # fmt: skip
# What coal that is burnt in boilers gives, from lignite to anthracite (MJ/kg).
LEAST_HEAT, MOST_HEAT = Decimal(8), Decimal(34)
# 100 km²: more than a large city heats.
MOST_AREA = Decimal(10_000)
_AREA = number_of(AREA_UNITS, unit="万㎡")


def read_heat_value(text: str, head: Any = "") -> Reading[Decimal]:
    """In MJ/kg. Without a unit in cell or head the only one that makes it coal: no value fits two of them."""
    named = normalise_name(str(head or ""))
    unit = next((unit for unit in sorted(HEAT_UNITS, key=len, reverse=True) if unit in named), "")
    reading = read_decimal(text, units=HEAT_UNITS, unit=unit)
    value = reading.value
    if value is None:
        return reading
    factors = (Decimal(1), Decimal("0.0041868"), Decimal("0.001"))
    if not unit and reading.form == "数字":
        value = next((value * factor for factor in factors if LEAST_HEAT <= value * factor <= MOST_HEAT), value)
    if not LEAST_HEAT <= value <= MOST_HEAT:
        return Reading(None, "", reading.read, "热值应在 8 到 34 MJ/kg（1900 到 8100 kcal/kg）之间，请核对数字和单位")
    return Reading(value.quantize(Decimal("0.0001")), reading.form, reading.read)


def read_reported_on(text: str, head: Any = "") -> Reading[dt.date]:
    reading = read_date(text, Years(clock.today().year))
    if reading.value and reading.value > clock.today():
        return Reading(None, "", text, f"{reading.value} 还没有到，请核对")
    return reading


def read_area(text: str, head: Any = "") -> Reading[Decimal]:
    """In 10 000 m². No company heats what a county's table in m² gives when it is read so."""
    reading = _AREA(text, head)
    if reading.value is not None and reading.value > MOST_AREA:
        said = f"按万㎡读是 {reading.value:f}，太大；如果写的是㎡，请在表头或单位栏写明，或在这里填万㎡"
        return Reading(None, "", reading.read, said)
    return reading


def _tonnes(name: str, title: str, synonyms: str, excluded: str = "", hint: str = "") -> Column:
    return Column(
        name, title, synonyms, excluded=f"率 比 % 热值 发热量 面积 {excluded}".strip(),
        parse=number_of(TONNES, unit="吨"), width=14, kind="number", hint=hint or "以吨为单位的数字",
    )  # fmt: skip


PROGRESS = record_ledger(
    Column("sequence", "序号", "项次 顺序号", width=6, is_centred=True),
    Column(
        "company", "企业名称", "供热企业 供热单位 供热公司 热力公司 单位名称 单位 企业 公司", width=26, required=True,
        hint="系统里已有的供热企业",
    ),
    Column(
        "reported_on", "截止日期", "截至日期 截止时间 统计日期 填报日期 日期", parse=read_reported_on, width=13,
        kind="date", is_centred=True, required=True, hint="这张表统计到哪一天",
    ),
    Column(
        "area_10k_m2", "供热面积（万㎡）", "供热面积 供暖面积 采暖面积 在网面积 面积",
        parse=read_area, width=16, kind="number", hint="以万平方米为单位的数字",
    ),
    _tonnes(
        "need_t", "本采暖季需煤量（吨）",
        "本采暖季需煤量 采暖季需煤量 需煤量 用煤量 需求量 计划用煤量 测算需煤量", "日",
    ),
    _tonnes("target_t", "储备目标（吨）", "储备目标 储煤目标 目标任务 储备任务 目标量 计划储备量 应储量 目标", "完成"),
    _tonnes("contract_t", "合同签订量（吨）", "合同签订量 合同量 签订合同量 已签合同 签约量 合同签订 已签订合同", "未"),
    _tonnes(
        "opening_stock_t", "上季结余（吨）",
        "上季结余 上年结余 期初库存 年初库存 上年结转 结转库存 上季结转 原有库存 期初结存 结余", "期末 当前",
    ),
    _tonnes(
        "arrived_long_term_t", "长协到货（吨）", "累计到货长协 长协到货 长协煤到货 长协煤 长协 到货长协", "合同 市场"
    ),
    _tonnes(
        "arrived_spot_t", "市场煤到货（吨）",
        "累计到货市场煤 市场煤到货 市场到货 市场煤 市场 现货 累计到货 已到货 到货量 到货 累计入库 进煤量", "合同 长协",
        hint="以吨为单位；不分长协和市场的，全填这一列",
    ),
    _tonnes("used_t", "累计耗用（吨）", "累计耗用 累计消耗 已用煤 耗用 耗煤量 消耗量 累计用煤 已耗用", "日耗 计划"),
    _tonnes(
        "stock_reported_t", "当前库存（吨）",
        "当前库存 现有库存 实际库存 库存量 库存 存煤量 现存煤 已储煤", "目标 期初 年初 上季 上年 结转 原有",
    ),
    Column(
        "heat_value_mj_per_kg", "收到基低位发热量（MJ/kg）",
        "收到基低位发热量 收到基低位热值 低位发热量 低位热值 发热量 热值 平均热值 Qnet,ar 煤质", parse=read_heat_value,
        width=16, kind="number", hint="可写 kcal/kg 或 MJ/kg，写明单位",
    ),
    kind="coal",
    title="冬煤夏储进展情况统计表",
    content=frozenset({"company"}),
    carried=frozenset(),
)  # fmt: skip
