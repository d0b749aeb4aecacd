"""The Excel columns of the order ledger, declared once for import, template and export; hotlines' own heads too."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils import timezone

from common.spreadsheets.cells import read_decimal
from common.spreadsheets.columns import Column, Ledger
from common.spreadsheets.ledgers.differences import VERSION
from common.spreadsheets.parsers import choice_of, label_of, labels_of
from common.spreadsheets.readings import Reading
from common.text import normalise_name
from complaints.enums import Category, Cause, OrderStatus, Platform, Source, Urgency
from complaints.moments import read_moment

RECORD = "record"

SOURCE_WORDS: Mapping[Source, tuple[str, ...]] = {
    Source.HOTLINE: ("12345", "12345热线", "政务服务热线", "便民热线", "市民热线", "市长热线", "省长热线", "热线"),
    Source.PHONE: ("来电", "电话", "供热热线", "客服电话", "值班电话", "拨打电话"),
    Source.VISIT: ("来访", "现场", "窗口", "上门反映", "接访"),
    Source.PETITION: ("信访", "来信", "信访局", "信访件"),
    Source.PUBLIC_OPINION: ("舆情", "媒体", "新闻媒体", "抖音", "微博", "网络舆情"),
    Source.SUPERIOR: ("上级转办", "转办", "交办", "督办", "上级交办", "领导批示"),
    Source.ONLINE: (
        "网络", "网络平台", "网站", "微信", "公众号", "小程序", "app", "人民网", "留言板", "互联网", "政务平台",
        "邮箱", "市长信箱", "县长信箱", "书记信箱", "领导信箱", "领导留言板", "随手拍", "手机端", "网上受理",
    ),
}  # fmt: skip
PLATFORM_WORDS: Mapping[Platform, tuple[str, ...]] = {
    Platform.COUNTY: ("县级平台", "县级", "县", "区级", "本县", "县平台"),
    Platform.CITY: ("市级平台", "市级", "市", "市平台", "市12345"),
    Platform.PROVINCE: ("省级平台", "省级", "省", "省平台", "省12345", "省长热线"),
}
CATEGORY_WORDS: Mapping[Category, tuple[str, ...]] = {
    Category.LOW_TEMPERATURE: (
        "温度不达标", "温度低", "温度不够", "室温低", "室温不达标", "不热", "暖气不热", "供暖不热", "不暖和",
        "温度不足",
        "温度不高", "供热质量", "供暖温度", "室内温度", "室温不足", "暖气温度", "达不到18度", "冷",
    ),
    Category.LATE_HEATING: (
        "未按时供热", "未按时供暖", "没有按时供暖", "未供暖", "未供热", "没有供暖", "没供暖", "供暖时间", "推迟供热",
        "延迟供热", "还没供暖", "开栓", "不供暖", "没来暖气", "没送暖",
    ),
    Category.STOPPED: (
        "停暖", "停热", "停止供暖", "停止供热", "停供", "中断供热", "突然停", "暖气停了", "断暖", "停气", "停止供气",
    ),
    Category.LEAK: (
        "管线漏水", "漏水", "跑水", "管道漏水", "暖气漏水", "渗水", "爆管", "管道破裂", "滴水", "漏气", "漏热水",
        "冒水", "喷水", "跑冒滴漏", "管网漏损",
    ),
    Category.FEES: (
        "收费退费", "收费", "退费", "退款", "缴费", "交费", "热费", "取暖费", "费用", "供暖费", "采暖费", "乱收费",
        "价格",
    ),
    Category.ATTITUDE: ("服务态度", "态度", "服务质量", "不接电话", "推诿", "态度恶劣", "无人处理", "没人管"),
    Category.ADVICE: ("政策咨询", "咨询", "询问", "政策", "请问", "想了解", "报停", "开户", "入网"),
    Category.OTHER: ("其他", "其它", "别的"),
}  # fmt: skip
URGENCY_WORDS: Mapping[Urgency, tuple[str, ...]] = {
    Urgency.ORDINARY: ("一般", "普通", "普通件", "一般件", "常规", "正常", "平件", "不紧急", "非紧急"),
    Urgency.URGENT: ("紧急", "加急", "紧急件", "急件", "特急", "重要", "紧急工单", "急"),
    Urgency.DANGER: ("危及安全", "危险", "人身安全", "涉险", "危及生命", "安全隐患", "应急"),
}
# What stands where nobody knows the company yet.
UNSURE = re.compile(
    r"待(?:核实|定|确认|查|明确|分配|派)|未(?:知|定|明确|分配|核实|派)|不(?:详|清楚?|明|知道)|核实中?|[?？]+"
)
DEGREES = {"℃": Decimal(1), "度": Decimal(1), "°c": Decimal(1), "摄氏度": Decimal(1)}
# The caller's own words tell the category where the column is missing or says nothing.
BY_CONTENT: Mapping[Category, re.Pattern[str]] = {
    Category.LEAK: re.compile(r"漏水|跑水|渗水|爆管|管道破裂|漏气|冒水|喷水"),
    Category.STOPPED: re.compile(r"停暖|停热|停供|停止供[暖热]|断暖|突然停|暖气停了"),
    Category.LATE_HEATING: re.compile(r"(?:未|没有?|还没)(?:按时)?(?:供[暖热]|送暖|来暖气|开栓)|推迟供|延迟供"),
    Category.LOW_TEMPERATURE: re.compile(r"不热|温度(?:低|不|只|才|太|没|达)|室温|冷|不暖|不够热|不达标|\d度|℃"),
    Category.FEES: re.compile(r"退[费款]|收费|缴费|交费|热费|[暖热]费|多收"),
    Category.ATTITUDE: re.compile(r"态度|不接电话|推诿|服务差"),
    Category.ADVICE: re.compile(r"咨询|询问|请问|想了解|怎么办理|如何办理"),
}


def category_of_content(content: str) -> Category | None:
    """Of what it speaks; None if of nothing that is known. A leak or a stop goes before the cold that follows."""
    return next((category for category, words in BY_CONTENT.items() if words.search(content)), None)


def read_temperature(text: str, _head: Any = "") -> Reading[Decimal]:
    reading = read_decimal(text, units=DEGREES, unit="℃")
    if reading.value is None:
        return reading
    value = reading.value.quantize(Decimal("0.1"))
    if not -20 <= value <= 45:
        return Reading(None, "", text, "室温应在 -20 到 45 ℃ 之间，请核对")
    return Reading(value, "室温", text)


def _moment(value: Any) -> Any:
    """As people read it; a cell of its own has no seconds."""
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M}" if value else None


def _when(name: str, title: str) -> Column:
    return Column(name, title, format=_moment, width=16, is_centred=True)


ORDERS = Ledger(
    kind="complaints",
    title="供热投诉工单台账",
    columns=(
        Column("sequence", "序号", "项次 顺序号", width=6, is_centred=True),
        Column(
            "number", "来源工单号",
            "工单编号 工单号 受理编号 受理单号 流水号 工单流水号 诉求编号 案件编号 业务编号 热线编号 事件编号 编号",
            "电话 系统 小区 楼",
            width=22, hint="来源平台的工单号，同一来源不能重复",
        ),
        Column(
            "source", "来源", "诉求来源 来源渠道 受理渠道 工单来源 渠道 受理方式 来件方式 反映渠道",
            "编号 工单号 时间",
            parse=choice_of(SOURCE_WORDS), format=label_of(Source), width=10, is_centred=True,
            choices=labels_of(Source),
        ),
        Column(
            "platform", "平台", "所属平台 平台级别 派单平台 层级", "网络", parse=choice_of(PLATFORM_WORDS),
            format=label_of(Platform), width=10, is_centred=True, choices=labels_of(Platform),
        ),
        Column(
            "received_at", "受理时间",
            "来电时间 登记时间 诉求时间 来件时间 反映时间 投诉时间 接单时间 创建时间 工单时间 日期",
            "办结 截止 截至 完成 派单 反馈 回访 到期 时限", parse=read_moment, format=_moment, width=16,
            is_centred=True,
            required=True, hint="日期和时间，例如 2025-11-29 20:00",
        ),
        Column("caller", "诉求人", "来电人 市民姓名 诉求人姓名 来电人姓名 联系人 投诉人 反映人 姓名", "电话 地址",
        width=10),
        Column(
            "phone", "联系电话", "来电号码 联系方式 诉求人电话 来电电话 手机号码 手机号 电话号码 电话 号码",
            "企业 单位",
            width=14, kind="digits",
        ),
        Column(
            "address", "地址", "诉求地址 事发地址 事发地点 详细地址 诉求地点 反映地址 用热地址 住址 地点 位置",
            "邮箱", width=34,
            hint="写到小区、楼、单元、房号",
        ),
        Column("community", "小区", "小区名称 所在小区 楼盘", "物业", width=16,
        hint="系统里已有的小区；地址里写了的可不填"),
        Column("building", "楼号", "楼栋 楼幢 幢号 楼", "单元 层", width=8, is_centred=True),
        Column("building_unit", "单元", "单元号", "楼 单位", width=8, is_centred=True),
        Column("room", "房号", "房间号 室号 门牌 户号", "户主", width=8, is_centred=True),
        Column(
            "category", "诉求类别",
            "诉求类型 问题分类 问题类别 问题类型 投诉类别 投诉类型 事项分类 工单类型 诉求分类 类别 类型",
            "办件 来源 紧急 用户", parse=choice_of(CATEGORY_WORDS), format=label_of(Category), width=12,
            is_centred=True,
            required=True, choices=labels_of(Category),
        ),
        Column(
            "content", "诉求内容", "问题描述 诉求描述 工单内容 反映内容 投诉内容 反映问题 诉求 内容 描述",
            "类 分类 时间 人 地址 来源 电话 办理 结果",
            width=44, required=True,
        ),
        Column(
            "temperature_c", "反映室温（℃）", "反映室温 室内温度 室温 温度", "标准 实测 不达标",
            parse=read_temperature,
            width=10, kind="number", hint="诉求人说的室温；内容里写了的可不填",
        ),
        Column(
            "company", "承办企业", "承办单位 责任单位 供热企业 供热单位 主办单位 办理单位 承办部门 处置单位",
            "时间 意见",
            width=22, hint="系统里已有的供热企业；不填的按小区查",
        ),
        Column(
            "urgency", "紧急程度", "办件类型 紧急级别 紧急等级 优先级 缓急程度 缓急 是否紧急 工单等级 轻重缓急",
            parse=choice_of(URGENCY_WORDS),
            format=label_of(Urgency), width=10, is_centred=True, choices=labels_of(Urgency),
        ),
        Column(
            "asked_by", "来源要求办结时限",
            "办结时限 截止时间 办理时限 办理期限 到期时间 要求办结时间 处理时限 限办时间", width=16,
            is_centred=True, hint="只作参考；系统按本县的规定从派单起算",
        ),
        Column("own_number", "编号", width=16, is_centred=True),
        Column("status", "状态", format=label_of(OrderStatus), width=10, is_centred=True),
        _when("dispatched_at", "派单时间"),
        _when("due_at", "办理时限"),
        _when("reported_at", "反馈时间"),
        Column("result", "办理结果", width=36),
        Column("cause", "责任归因", format=label_of(Cause), width=12, is_centred=True),
        Column("measured_c", "实测室温（℃）", width=10),
        Column("overdue", "是否逾期", width=8, is_centred=True),
        _when("closed_at", "办结时间"),
        Column(RECORD, "系统编号", width=16, is_centred=True, hint="导回时核对用，请勿改动"),
        Column(VERSION, "数据版本", width=8, is_centred=True, hint="导回时核对用，请勿改动"),
    ),
    content=frozenset({"content"}),
    complete=frozenset({"received_at", "category", "content"}),
    ordinals=frozenset({"sequence"}),
    identity=RECORD,
    shown=(
        "sequence", "number", "source", "received_at", "caller", "phone", "address", "category", "content", "company",
        "urgency",
    ),
)  # fmt: skip

LABELS: Mapping[str, Mapping[str, str]] = {
    "source": dict(Source.choices), "platform": dict(Platform.choices), "category": dict(Category.choices),
    "urgency": dict(Urgency.choices),
}  # fmt: skip
# By column and label the value that the model keeps.
VALUES: Mapping[str, Mapping[str, str]] = {
    name: {label: value for value, label in labels.items()} for name, labels in LABELS.items()
}


def is_unsure(text: str) -> bool:
    """待核实, 不详: the cell says that nobody knows."""
    return bool(UNSURE.fullmatch(normalise_name(text)))
