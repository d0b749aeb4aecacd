"""The columns of the lists that go out: contracts, quality batches, the book of movements."""

from common.spreadsheets.columns import Column, Ledger

CONTRACT_COLUMNS = Ledger(
    kind="coal_contracts",
    title="购煤合同",
    content=frozenset({"number"}),
    columns=(
        Column("sequence", "序号", width=6, is_centred=True),
        Column("company", "供热企业", width=22),
        Column("number", "合同编号", width=18),
        Column("kind", "类别", width=8, is_centred=True),
        Column("supplier", "供应商", width=24),
        Column("signed_on", "签订日期", width=12, kind="date", is_centred=True),
        Column("starts_on", "供货开始", width=12, kind="date", is_centred=True),
        Column("ends_on", "供货截止", width=12, kind="date", is_centred=True),
        Column("price_yuan_per_t", "合同价（元/t）", width=10, kind="number"),
        Column("heat_value_mj_per_kg", "约定热值（MJ/kg）", width=10, kind="number"),
        Column("sulphur_percent", "约定全硫上限（%）", width=10, kind="number"),
        Column("quantity_t", "合同数量（t）", width=12, kind="number"),
        Column("delivered_t", "已到货（t）", width=12, kind="number"),
        Column("open_t", "未到（t）", width=12, kind="number"),
        Column("percent", "兑现率（%）", width=9, kind="number"),
        Column("due_t", "按时间进度应到（t）", width=12, kind="number"),
        Column("note", "说明", width=20),
    ),
)  # fmt: skip

QUALITY_COLUMNS = Ledger(
    kind="coal_quality",
    title="煤质",
    content=frozenset({"number"}),
    columns=(
        Column("sequence", "序号", width=6, is_centred=True),
        Column("company", "供热企业", width=22),
        Column("number", "批次号", width=14),
        Column("sampled_on", "采样日期", width=12, kind="date", is_centred=True),
        Column("sampled_by", "采样", width=14),
        Column("tested_on", "化验日期", width=12, kind="date", is_centred=True),
        Column("tested_by", "化验单位", width=18),
        Column("report_number", "报告编号", width=16),
        Column("heat_value_mj_per_kg", "Qnet,ar（MJ/kg）", width=10, kind="number"),
        Column("moisture_percent", "Mt（%）", width=8, kind="number"),
        Column("ash_percent", "Ad（%）", width=8, kind="number"),
        Column("volatile_percent", "Vdaf（%）", width=8, kind="number"),
        Column("sulphur_percent", "St,d（%）", width=8, kind="number"),
        Column("arrived_t", "到货（t）", width=12, kind="number"),
        Column("faults", "不合约定", width=30),
        Column("note", "说明", width=20),
    ),
)  # fmt: skip

BOOK_COLUMNS = Ledger(
    kind="coal_movements",
    title="煤炭流水",
    content=frozenset({"day"}),
    columns=(
        Column("sequence", "序号", width=7, is_centred=True),
        Column("day", "日期", width=12, kind="date", is_centred=True),
        Column("company", "供热企业", width=22),
        Column("yard", "煤场", width=14),
        Column("kind", "类别", width=9, is_centred=True),
        Column("quantity_t", "数量（t）", width=11, kind="number"),
        Column("told", "申报热值（MJ/kg）", width=10, kind="number"),
        Column("counted", "折算用热值（MJ/kg）", width=10, kind="number"),
        Column("heat_source", "热值依据", width=14, is_centred=True),
        Column("contract", "合同号", width=18),
        Column("transport", "运输方式、车号", width=18),
        Column("batch", "批次", width=12),
        Column("unit_price_yuan_per_t", "单价（元/t）", width=10, kind="number"),
        Column("entered_by", "登记人", width=10),
        Column("state", "状态", width=22),
        Column("note", "说明", width=20),
    ),
)  # fmt: skip
