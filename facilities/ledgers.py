"""The Excel columns of the lists of communities and facilities, declared once for import, template and export."""

import re
from decimal import Decimal

from common import clock
from common.spreadsheets.columns import Column
from common.spreadsheets.ledgers.record_columns import record_ledger
from common.spreadsheets.parsers import Parse, choice_of, label_of, labels_of, number_of
from common.spreadsheets.readings import Reading
from common.text import normalise_name
from facilities.enums import FACILITY_KIND_WORDS, FacilityKind
from facilities.models import OLDEST_YEAR

AREA_UNITS = {
    "㎡": Decimal(1), "m2": Decimal(1), "平方米": Decimal(1), "平米": Decimal(1), "平": Decimal(1),
    "万㎡": Decimal(10_000), "万m2": Decimal(10_000), "万平方米": Decimal(10_000), "万平米": Decimal(10_000),
    "万平": Decimal(10_000), "万": Decimal(10_000), "公顷": Decimal(10_000), "平方公里": Decimal(1_000_000),
    "平方千米": Decimal(1_000_000),
}  # fmt: skip
HOUSEHOLD_UNITS = {"户": Decimal(1), "万户": Decimal(10_000), "万": Decimal(10_000)}
IN_USE = {
    True: "在用 使用 使用中 正在使用 运行 运行中 正常 正常运行 良好 启用 已启用 投用 已投用 是 √ ✓",
    False: "停用 已停用 停运 已停运 停止使用 停止运行 未使用 未启用 未投用 未运行 不在用 不用 闲置 报废 已报废 拆除 "
    "已拆除 已拆 废弃 否 × ✗",
}
_STATES = {word: state for state, words in IN_USE.items() for word in words.split()}
_YEAR = re.compile(r"(\d{4})(?:年(?:\d{1,2}月(?:\d{1,2}日)?)?|[-./]\d{1,2}(?:[-./]\d{1,2})?)?")


def _in_use(text: str, head: str) -> Reading[bool]:
    """The whole cell: 未使用 and 停止使用 hold 使用 too."""
    state = _STATES.get(normalise_name(text))
    return Reading(state, "", text, "应为在用、停用之一") if state is None else Reading(state, "状态", text)


def _year(text: str, head: str) -> Reading[int]:
    """2005, 2005年, 2005年10月 and a date: the year of it."""
    match, latest = _YEAR.fullmatch(normalise_name(text)), clock.today().year + 1
    if match and OLDEST_YEAR <= int(match[1]) <= latest:
        return Reading(int(match[1]), "年份", text)
    return Reading(None, "", text, f"应为 {OLDEST_YEAR} 到 {latest} 之间的年份，例如 2005")


def _degrees(most: int) -> Parse:
    return number_of({"°": Decimal(1), "度": Decimal(1)}, unit="°", least=-most, most=most)


def _shown_in_use(value: bool | None) -> str | None:
    return None if value is None else IN_USE[value].split()[0]


_SEQUENCE = Column("sequence", "序号", "项次 顺序号", width=6, is_centred=True)
_COMPANY = ("供热企业", "供热单位 企业名称 供热公司 热力公司 所属企业 所属单位 管理单位 单位名称 企业 公司")
_TOWNSHIP = Column("township", "乡镇、街道", "乡镇 街道 乡镇街道 所属乡镇 所属街道 镇街 属地", width=14)
_PLACE = (
    Column(
        "latitude",
        "纬度",
        "北纬",
        excluded="经",
        parse=_degrees(90),
        width=12,
        kind="number",
        hint="十进制的度，例如 36.12345",
    ),
    Column(
        "longitude", "经度", "东经", parse=_degrees(180), width=12, kind="number", hint="十进制的度，例如 117.12345"
    ),
)

COMMUNITIES = record_ledger(
    _SEQUENCE,
    Column(
        "name", "小区名称", "小区 小区名 住宅小区 项目名称 社区名称 供热小区 楼盘名称 名称",
        excluded="企业 公司 单位 乡镇 街道", width=24, required=True, hint="全县不能重名",
    ),
    Column("company", *_COMPANY, excluded="物业", width=22, hint="系统里已有的供热企业"),
    _TOWNSHIP,
    Column(
        "station", "换热站", "所属换热站 供热站点 所属站点 换热站名称 供热换热站 热力站",
        excluded="数 个数 面积", width=20, hint="系统里在用的换热站，写名称；几家企业有同名站的，到小区页面选",
    ),
    Column(
        "households", "户数", "总户数 住户数 供热户数 居民户数 户数（户）", excluded="投诉 停供 报停",
        parse=number_of(HOUSEHOLD_UNITS, unit="户", whole=True), width=10, kind="number", hint="整数，不写单位",
    ),
    Column(
        "heated_area_m2", "供热面积（㎡）", "供热面积 供暖面积 采暖面积 建筑面积 面积 收费面积 供热面积（万㎡）",
        parse=number_of(AREA_UNITS, unit="㎡"), width=16, kind="number", hint="以平方米为单位的数字",
    ),
    Column("built_year", "建成年份", "建成年代 建设年份 竣工年份 建成时间", parse=_year, width=10, is_centred=True),
    Column("address", "地址", "小区地址 位置 详细地址 坐落", width=30),
    *_PLACE,
    kind="communities",
    title="供热小区台账",
    content=frozenset({"name"}),
    carried=frozenset({"company", "township"}),
)  # fmt: skip

SEASON_COMPANIES = record_ledger(
    _SEQUENCE,
    Column(
        "community", "小区名称", "小区 小区名 住宅小区 项目名称 社区名称 供热小区 楼盘名称 名称",
        excluded="企业 公司 单位 乡镇 街道", width=24, required=True, hint="系统里已有的小区",
    ),
    _TOWNSHIP,
    Column(
        "company", "本季供热企业", f"{' '.join(_COMPANY)} 承担供热企业 接管企业", excluded="物业 上季 原", width=24,
        required=True, hint="系统里已有的供热企业",
    ),
    Column("basis", "依据", width=14, is_centred=True, hint="导出时说明；导入时不看"),
    Column("households", "户数", "总户数 供热户数", width=10, kind="number"),
    Column("heated_area_m2", "供热面积（㎡）", "供热面积", width=16, kind="number"),
    kind="season_companies",
    title="小区供热企业一览表",
    content=frozenset({"community"}),
    carried=frozenset({"company", "township"}),
)  # fmt: skip

FACILITIES = record_ledger(
    _SEQUENCE,
    Column(
        "name", "设施名称", "名称 设备名称 换热站名称 站名 管线名称 锅炉编号 设施",
        excluded="企业 公司 单位 小区 类别 类型", width=26, required=True, hint="同一企业同类设施不能重名",
    ),
    Column(
        "kind", "设施类别", "类别 设施类型 类型 设备类别 设施种类", parse=choice_of(FACILITY_KIND_WORDS),
        format=label_of(FacilityKind), width=12, is_centred=True, required=True, choices=labels_of(FacilityKind),
    ),
    Column("company", *_COMPANY, excluded="物业", width=22, required=True, hint="系统里已有的供热企业"),
    Column("community", "小区", "所在小区 小区名称 服务小区", width=20, hint="系统里已有的；服务几个小区的不填"),
    _TOWNSHIP,
    Column(
        "installed_year", "投用年份", "投运年份 安装年份 投用时间 投运时间 建成年份 启用年份", parse=_year, width=10,
        is_centred=True,
    ),
    Column("material", "材质", "管材 管道材质 材料", width=14),
    Column(
        "is_active", "状态", "使用状态 在用情况 运行状态 是否在用", parse=_in_use, format=_shown_in_use,
        width=8, is_centred=True, choices=("在用", "停用"),
    ),
    *_PLACE,
    kind="facilities",
    title="供热设施台账",
    content=frozenset({"name"}),
    carried=frozenset({"company", "kind", "township"}),
)  # fmt: skip
