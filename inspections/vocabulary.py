"""The words by which ledgers name what our enums have: the label first, then what else is written."""

import re
from collections.abc import Mapping

from common.spreadsheets.cells import read_choice
from common.text import normalise_name
from facilities.enums import FACILITY_KIND_WORDS, FacilityKind
from inspections.enums import Category, FundingSource, Grade, Source, Urgency


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Parts by which a point or a description tells which facility it is about. The later word in a text is its noun:
# 换热站一次网阀门 is about the net.
_PARTS: Mapping[FacilityKind, tuple[str, ...]] = {
    FacilityKind.BOILER: _words(
        "热源厂 锅炉 炉排 引风机 鼓风机 除渣机 省煤器 水冷壁 上煤 输煤 脱硫 脱硝 除尘 空预器 汽包"
    ),
    FacilityKind.STATION: _words("换热站 热力站 换热器 板换 换热机组 循环泵 补水泵 软水 站内 电控柜 变频器 除污器"),
    FacilityKind.MAIN_PIPE: _words("一次网 一级网 一次管网 主管网 主干管 主管道 主管线 市政管网 补偿器"),
    FacilityKind.YARD_PIPE: _words("二次网 二级网 二次管网 庭院 小区管网 楼前 水力失调"),
    FacilityKind.RISER: _words("立管 单元阀 楼道 楼栋管道"),
    FacilityKind.INDOOR: _words("户内 室内 暖气片 散热器 地暖 分水器 集水器 入户阀 温控阀"),
}

GRADE_WORDS: Mapping[Grade, tuple[str, ...]] = {
    Grade.GENERAL: _words("一般 一般隐患 Ⅲ级 III级 三级 一般问题 轻微 低 低风险 蓝色 黄色 C级 C"),
    Grade.SERIOUS: _words("较大 较大隐患 Ⅱ级 II级 二级 较重 中 中等 中风险 较大风险 橙色 B级 B"),
    Grade.MAJOR: _words("重大 重大隐患 特大 特别重大 Ⅰ级 I级 一级 高 高风险 红色 A级 A"),
}

URGENCY_WORDS: Mapping[Urgency, tuple[str, ...]] = {
    Urgency.IMMEDIATE: _words("立行立改 立即整改 立即 立改 马上整改 即知即改 紧急"),
    Urgency.LIMITED: _words("限期整改 限期 限时整改 限时 短期"),
    Urgency.ENGINEERING: _words("工程改造 工程 改造 更新改造 大修 技改 中长期"),
}

SOURCE_WORDS: Mapping[Source, tuple[str, ...]] = {
    Source.SELF_CHECK: _words("企业自查 自查 自检 自查自纠 企业排查 日常巡检"),
    Source.BUREAU_CHECK: _words("主管部门检查 住建局检查 部门检查 联合检查 集中排查 行业检查 监督检查"),
    Source.SUPERIOR_CHECK: _words("上级督查 上级检查 督查 省级检查 市级检查 上级交办"),
    Source.COMPLAINT_ANALYSIS: _words("投诉分析 投诉 群众反映 信访"),
    Source.HOTLINE: _words("12345 12345热线 热线 政务热线"),
    Source.PUBLIC_OPINION: _words("舆情 网络舆情 媒体曝光 媒体"),
    Source.THIRD_PARTY_TEST: _words("第三方检测 第三方 检测 专家检查"),
    Source.LAST_SEASON: _words("上季遗留 遗留 上年遗留 历史遗留"),
}

CATEGORY_WORDS: Mapping[Category, tuple[str, ...]] = {
    Category.PIPE_LEAK: _words("管网腐蚀泄漏 管网泄漏 泄漏 渗漏 腐蚀 跑冒滴漏 老化"),
    Category.INSULATION_WELL: _words("保温/井室 保温 井室 检查井"),
    Category.LOW_EXCHANGE: _words("换热效率低 换热效率 换热器 结垢"),
    Category.VALVE_METER: _words("阀门仪表失灵 阀门仪表 阀门 仪表"),
    Category.BOILER: _words("锅炉本体/辅机 锅炉本体 锅炉辅机 辅机"),
    Category.HYDRAULIC: _words("水力失调 水力 不热"),
    Category.ELECTRIC: _words("电气控制 电气 自控 控制系统"),
    Category.SPECIAL_EQUIPMENT: _words("特种设备逾检 特种设备 逾检 超期未检"),
    Category.INDOOR: _words("户内"),
    Category.MANAGEMENT: _words("管理 安全管理 制度 台账资料"),
}

FUNDING_WORDS: Mapping[FundingSource, tuple[str, ...]] = {
    FundingSource.COMPANY: _words("企业自筹 自筹 企业 企业自有 自有资金"),
    FundingSource.COUNTY: _words("县级财政 县财政 财政 本级财政 政府投资"),
    FundingSource.SUPERIOR: _words("上级资金 中央资金 省级资金 市级资金 专项债 国债 上级补助"),
    FundingSource.MAINTENANCE_FUND: _words("维修基金 专项维修资金 住宅维修资金"),
    FundingSource.RENOVATION: _words("老旧小区改造 老旧小区"),
    FundingSource.OTHER: _words("其他 其它"),
}


def facility_kind_named(text: str) -> FacilityKind | None:
    """The kind that a cell of the kind's own column names."""
    return read_choice(text, FACILITY_KIND_WORDS).value


def facility_kind_told_by(*texts: str) -> FacilityKind | None:
    """The kind that the first text with such a word tells: 阳光花园16号楼, 暖气片漏水 → 户内设施."""
    for text in texts:
        plain = re.sub(r"\s+", "", normalise_name(text))
        ends = [
            (plain.rfind(word) + len(word), len(word), kind)
            for kind, words in _PARTS.items()
            for word in words
            if word in plain
        ]
        if ends:
            return max(ends)[2]
    return None
