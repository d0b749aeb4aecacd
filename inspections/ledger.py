"""The hazard ledger's Excel columns, declared once for import, template and export; and how its rows are read.

reading = read_hazard_rows(upload, filename="台账.xlsx", season=SeasonDates.of(season))
reading.rows[0].pile, .fields, .problems, .raw
"""

from collections.abc import Sequence
from decimal import Decimal

from common.spreadsheets.cells import read_decimal
from common.spreadsheets.columns import Column, Ledger
from common.spreadsheets.parsers import choice_of, label_of, labels_of
from common.spreadsheets.pictures import PHOTOS_WIDTH
from common.spreadsheets.readings import Reading
from common.spreadsheets.registry import Vocabulary
from facilities.enums import FacilityKind
from inspections.enums import Category, FundingSource, Grade, HazardStatus, Source, Urgency
from inspections.vocabulary import (
    FUNDING_WORDS,
    GRADE_WORDS,
    SOURCE_WORDS,
    URGENCY_WORDS,
)

MONEY_UNITS = {"元": Decimal(1), "万元": Decimal(10_000), "万": Decimal(10_000)}
MOST_YUAN = 10**12  # what the column of the table holds
# Heads with such words are about those who watch, or about what was done: not about who mends and by when.
WATCHERS = "监管 督导 属地 行业 主管 监督 督办 包联 包保 验收 配合 协助 检查"
DONE_DATES = "实际 验收 销号 上报 检查 发现 反馈"


def _yuan(text: str, head: str) -> Reading[Decimal]:
    reading = read_decimal(text, units=MONEY_UNITS, unit="万元" if "万元" in head else "元")
    if reading.value is not None and not 0 <= reading.value < MOST_YUAN:
        return Reading(None, "", reading.read, f"费用应在 0 到 {MOST_YUAN // 100_000_000} 亿元之间，请核对")
    return reading


def _as_percent(value: int | None) -> str | None:
    return None if value is None else f"{value}%"


# `parse(text, head)`: the head tells the unit of amounts. Columns without one are read together with their neighbours
# (person and phone, lead and cooperating units, the deadline and the day found) by `inspections.reading`.
HAZARDS = Ledger(
    kind="hazards",
    title="隐患排查整改台账",
    content=frozenset({"problem_point", "description"}),
    ordinals=frozenset({"sequence", "number"}),
    carried=frozenset({"company"}),
    columns=(
        Column("sequence", "序号", "项次 顺序号", width=6, is_centred=True),
        Column("number", "编号", "隐患编号 问题编号 台账编号 隐患序号", width=16, is_centred=True),
        Column(
            "company",
            "供热企业",
            "供热单位 企业名称 供热企业名称 供热公司 热力公司 所属企业 所属单位 被检查单位 受检单位 企业 单位名称 公司",
            excluded="责任 配合 监管",
            width=18,
        ),
        Column(
            "facility_kind",
            "设施类别",
            "设施类型 设施种类 设施分类 设备类别 设备设施类别 环节 排查环节 供热环节 类别 分类 部位类别 "
            "排查对象 检查环节 设施 设施名称",
            excluded="隐患 问题",
            format=label_of(FacilityKind),
            width=12,
            is_centred=True,
            choices=labels_of(FacilityKind),
            hint="热源厂锅炉、换热站、主管网、庭院管网、楼栋立管、户内设施之一",
        ),
        Column(
            "problem_point",
            "问题点位",
            "地点 部位 点位 隐患点位 隐患部位 问题部位 隐患位置 隐患地点 问题地点 位置 具体位置 具体地点 "
            "所在位置 所在地点 隐患所在位置 存在部位 点位名称 检查点位 排查点位 检查部位 隐患点 问题点 "
            "地址 详细地址 小区及楼栋 管段",
            width=24,
            required=True,
            hint="写到具体小区、楼栋、管段或设备",
        ),
        Column(
            "description",
            "存在问题",
            "问题及隐患 隐患描述 问题描述 隐患内容 问题内容 隐患问题 存在隐患 存在的问题 存在问题及隐患 "
            "存在的问题隐患 问题隐患 隐患及问题 主要问题 隐患情况 问题情况 具体问题 具体隐患 隐患情况描述 "
            "问题清单 隐患名称 问题 隐患 排查发现问题 检查发现问题 发现问题 隐患问题描述 现状及问题",
            excluded="等级 类 来源 编号 时间 日期 级别 点位 整改",
            width=30,
            required=True,
        ),
        Column(
            "grade",
            "隐患等级",
            "等级 隐患级别 级别 问题等级 风险等级 严重程度 隐患分级 问题级别 程度 危险程度",
            parse=choice_of(GRADE_WORDS),
            format=label_of(Grade),
            width=10,
            is_centred=True,
            choices=labels_of(Grade),
            hint="一般、较大、重大之一",
        ),
        Column(
            "category",
            "隐患分类",
            "隐患类别 隐患类型 问题类型 问题类别 问题分类",
            format=label_of(Category),
            width=14,
            is_centred=True,
            choices=labels_of(Category),
        ),
        Column(
            "source",
            "来源",
            "隐患来源 问题来源 发现方式 线索来源 发现途径 排查方式",
            parse=choice_of(SOURCE_WORDS),
            format=label_of(Source),
            width=12,
            is_centred=True,
            choices=labels_of(Source),
        ),
        Column("community", "小区", "涉及小区 小区名称 所在小区 影响小区 居民小区", width=16),
        Column(
            "township",
            "乡镇、街道",
            "乡镇 街道 乡镇街道 属地 所属乡镇 所属街道 所在乡镇 镇街 镇办",
            excluded="责任 负责 单位 部门 电话",
            width=12,
        ),
        Column(
            "found_on",
            "发现日期",
            "发现时间 排查时间 排查日期 检查时间 检查日期 登记时间 登记日期 自查时间 自查日期 巡检日期 "
            "发现隐患时间 隐患发现时间",
            width=12,
            is_centred=True,
            kind="date",
            hint="写到具体日期",
        ),
        Column("cause", "成因", "原因 原因分析 成因分析 问题成因 产生原因 形成原因 隐患成因", width=20),
        Column(
            "measure",
            "整改措施",
            "措施 治理措施 整改方案 整改内容 整改办法 处理措施 维修措施 整改方法 改造措施 整改要求 具体措施 整改意见",
            excluded="安全 应急",
            width=24,
        ),
        Column(
            "urgency",
            "整改类型",
            "整改方式 整改分类 轻重缓急 紧急程度 整改类别 缓急",
            parse=choice_of(URGENCY_WORDS),
            format=label_of(Urgency),
            width=12,
            is_centred=True,
            choices=labels_of(Urgency),
            hint="立行立改、限期整改、工程改造之一",
        ),
        Column(
            "responsible_unit",
            "责任单位",
            "整改责任单位 整改单位 牵头单位 责任主体 责任企业 整改主体 责任部门 整改责任部门 落实单位 "
            "牵头责任单位 主体责任单位 承办单位 责任落实单位 整改落实单位 责任单位名称 牵头及配合单位 "
            "责任单位及配合单位 牵头",
            excluded=WATCHERS,
            width=20,
            required=True,
        ),
        Column(
            "unit_and_person",
            "责任单位及责任人",
            "责任单位和责任人 责任单位责任人 责任单位（人） 整改责任单位及责任人 整改责任单位责任人 "
            "整改责任单位和责任人",
        ),
        Column(
            "cooperating_units", "配合单位", "协助单位 协办单位 协同单位 配合部门 协作单位 配合责任单位 配合", width=18
        ),
        Column(
            "responsible_person",
            "责任人",
            "整改责任人 整改责任人及电话 责任人及电话 责任人及联系电话 责任人及联系方式 "
            "整改责任人及联系电话 整改责任人及联系方式 责任人姓名 负责人 整改负责人 具体责任人 企业责任人 "
            "直接责任人 联系人 责任人员 负责人及电话 联系人及电话 责任人电话姓名 整改人 姓名 企业负责人 "
            "第一责任人 负责人员",
            excluded="电话 手机 联系方式 " + WATCHERS,
            width=10,
            is_centred=True,
            required=True,
            hint="填写具体姓名",
        ),
        Column(
            "phone",
            "联系电话",
            "电话 联系方式 责任人电话 手机 手机号 手机号码 电话号码 责任人联系电话 责任人联系方式 "
            "整改责任人电话 责任人手机 负责人电话 联系人电话 整改责任人联系电话 整改责任人联系方式",
            excluded=WATCHERS,
            width=14,
            is_centred=True,
            kind="digits",
            hint="11 位手机号，或带区号的座机号",
        ),
        Column(
            "due_on",
            "整改时限",
            "要求完成时间 完成时限 整改期限 计划完成时间 整改完成时限 完成期限 整改完成时间 要求完成时限 "
            "要求整改时限 计划完成日期 计划整改时间 限期 时限 整改截止日期 整改截止时间 要求完成日期 "
            "预计完成时间 拟完成时间 整改时间 整改日期 完成日期 完成时间 时限要求 整改限期 截止日期 "
            "截止时间 治理时限 治理期限 计划完成时限 整改完成日期 期限 办结时限 整改时限要求 计划整改期限",
            excluded=DONE_DATES,
            width=14,
            is_centred=True,
            required=True,
            kind="date",
            hint="写到具体日期；立行立改的写“立行立改”",
        ),
        Column(
            "acceptance_standard",
            "验收标准",
            "整改标准 验收要求 整改目标 销号标准 标准 完成标准 验收依据 验收指标 整改验收标准 治理标准 "
            "达到标准 达到的标准 整改要求及标准 目标要求 合格标准 预期效果 整改成效标准 验收销号标准",
            width=26,
            required=True,
            hint="写明用什么检验、到什么程度算合格",
        ),
        Column(
            "claimed_closed",
            "是否销号",
            "完成情况 整改情况 销号情况 是否完成 是否整改 是否整改完成 整改完成情况 整改状态 是否已整改 "
            "是否完成整改 整改落实情况 落实情况 整改结果 完成状态 是否办结 办结情况 状态 销号 是否闭环 "
            "目前状态 是否整改到位 销号状态",
            excluded="时间 日期",
            width=10,
            is_centred=True,
        ),
        Column(
            "progress_percent",
            "整改进度",
            "进度 进展情况 整改进展 完成比例 完成率 目前进度 工作进展 目前进展 整改进展情况 当前进度 "
            "形象进度 整改进度（%）",
            format=_as_percent,
            width=10,
            is_centred=True,
            hint="0% 到 100%",
        ),
        Column(
            "estimated_cost_yuan",
            "预计费用（元）",
            "预计费用 预算 估算投资 投资估算 资金 所需资金 预计投资 整改资金 费用 费用估算 资金预算 投资 "
            "预算资金 估算费用",
            excluded="来源",
            parse=_yuan,
            width=14,
            kind="number",
            hint="以元为单位的数字",
        ),
        Column(
            "funding_source",
            "资金来源",
            "资金渠道 资金筹措 经费来源 资金落实",
            parse=choice_of(FUNDING_WORDS),
            format=label_of(FundingSource),
            width=12,
            is_centred=True,
            choices=labels_of(FundingSource),
        ),
        Column("status", "当前状态", "办理状态", format=label_of(HazardStatus), width=10, is_centred=True),
        Column("overdue_days", "逾期天数", width=8, is_centred=True),
        Column("remark", "备注", "说明 备注说明 其他 其它 备注信息", width=16),
        Column("photo_before", "整改前照片", "整改前图片 隐患照片 问题照片", kind="photos", width=PHOTOS_WIDTH),
        Column("photo_after", "整改后照片", "整改后图片 整改照片", kind="photos", width=PHOTOS_WIDTH),
        # What the hazard was when it went out: a row that comes back meets a newer one only knowingly.
        Column("version", "数据版本", width=6, is_centred=True, hint="导回时核对用，请勿改动"),
    ),
    shown=(
        "sequence",
        "company",
        "facility_kind",
        "problem_point",
        "description",
        "grade",
        "found_on",
        "measure",
        "responsible_unit",
        "cooperating_units",
        "responsible_person",
        "phone",
        "due_on",
        "acceptance_standard",
        "claimed_closed",
        "remark",
    ),
)

# What goes up to the county: the ledger as it is sent round, with the number, the state and the days overdue.
EXPORT_COLUMNS: Sequence[str] = (
    "sequence", "number", "facility_kind", "problem_point", "description", "grade", "found_on", "measure",
    "responsible_unit", "cooperating_units", "responsible_person", "phone", "due_on", "acceptance_standard",
    "claimed_closed", "status", "overdue_days", "remark",
)  # fmt: skip

# For work in the office program and the way back: the number and the version say which hazard a row is, and every
# column that may be edited is there.
PLAIN_COLUMNS: Sequence[str] = (
    "number", "facility_kind", "problem_point", "description", "grade", "category", "source", "community", "township",
    "found_on", "cause", "measure", "urgency", "responsible_unit", "cooperating_units", "responsible_person", "phone",
    "due_on", "acceptance_standard", "progress_percent", "estimated_cost_yuan", "funding_source", "claimed_closed",
    "status", "overdue_days", "remark", "version",
)  # fmt: skip

PHOTO_COLUMNS: Sequence[str] = (
    "sequence", "number", "problem_point", "description", "photo_before", "grade", "responsible_unit",
    "responsible_person", "due_on", "measure", "photo_after", "status", "overdue_days",
)  # fmt: skip

TEMPLATE_COLUMNS: Sequence[str] = (
    "sequence", "facility_kind", "problem_point", "description", "grade", "source", "community", "found_on", "measure",
    "urgency", "responsible_unit", "cooperating_units", "responsible_person", "phone", "due_on",
    "acceptance_standard", "remark",
)  # fmt: skip

# What further words of a bureau may mean: which value of a list, and what they do not name.
VOCABULARY = Vocabulary(
    HAZARDS,
    values={
        name: {str(value): str(label) for value, label in choices.choices}
        for name, choices in {
            "facility_kind": FacilityKind, "grade": Grade, "category": Category, "urgency": Urgency, "source": Source,
            "funding_source": FundingSource,
        }.items()
    },
    vague={
        name: HAZARDS.by_name[name].title
        for name in ("problem_point", "responsible_unit", "responsible_person", "due_on", "acceptance_standard")
    },
)  # fmt: skip
