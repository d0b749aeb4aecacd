"""Statuses, sources, categories and limits of complaints. Each status carries its label, colour and group."""

from django.db import models


class OrderStatus(models.TextChoices):
    NEW = "new", "待受理"
    ACCEPTED = "accepted", "待派单"
    DISPATCHED = "dispatched", "待签收"
    HANDLING = "handling", "办理中"
    REPORTED = "reported", "待回访"
    CLOSED = "closed", "已办结"
    INVALID = "invalid", "无效"
    MERGED = "merged", "已并单"

    @property
    def colour(self) -> str:
        """The state badge's colour name in the stylesheet."""
        return _COLOURS[self]

    @property
    def is_open(self) -> bool:
        return self in OPEN_STATUSES

    @property
    def is_at_desk(self) -> bool:
        """Nobody but the desk can bring it on."""
        return self in AT_DESK_STATUSES

    @property
    def is_under_way(self) -> bool:
        """With the company."""
        return self in UNDER_WAY_STATUSES


_COLOURS = {
    OrderStatus.NEW: "grey",
    OrderStatus.ACCEPTED: "grey",
    OrderStatus.DISPATCHED: "blue",
    OrderStatus.HANDLING: "amber",
    OrderStatus.REPORTED: "purple",
    OrderStatus.CLOSED: "green",
    OrderStatus.INVALID: "muted",
    OrderStatus.MERGED: "muted",
}
AT_DESK_STATUSES = (OrderStatus.NEW, OrderStatus.ACCEPTED)
UNDER_WAY_STATUSES = (OrderStatus.DISPATCHED, OrderStatus.HANDLING)
OPEN_STATUSES = (*AT_DESK_STATUSES, *UNDER_WAY_STATUSES, OrderStatus.REPORTED)
# What a company sees of the orders that name it: what was dispatched to it, in whatever state that is by now.
DISPATCHED_STATUSES = (*UNDER_WAY_STATUSES, OrderStatus.REPORTED, OrderStatus.CLOSED)


class Source(models.TextChoices):
    HOTLINE = "hotline", "12345"
    PHONE = "phone", "来电"
    VISIT = "visit", "来访"
    PETITION = "petition", "信访"
    ONLINE = "online", "网络"
    PUBLIC_OPINION = "public_opinion", "舆情"
    SUPERIOR = "superior", "上级转办"


class Platform(models.TextChoices):
    """Whose platform it came over: the province's and the city's are counted apart."""

    COUNTY = "county", "县级平台"
    CITY = "city", "市级平台"
    PROVINCE = "province", "省级平台"


class Category(models.TextChoices):
    LOW_TEMPERATURE = "low_temperature", "温度不达标"
    LATE_HEATING = "late_heating", "未按时供热"
    STOPPED = "stopped", "停暖"
    LEAK = "leak", "管线漏水"
    FEES = "fees", "收费退费"
    ATTITUDE = "attitude", "服务态度"
    ADVICE = "advice", "政策咨询"
    OTHER = "other", "其他"

    @property
    def is_about_heating(self) -> bool:
        """What somebody has to go and see."""
        return self in HEATING_CATEGORIES


HEATING_CATEGORIES = (Category.LOW_TEMPERATURE, Category.LATE_HEATING, Category.STOPPED, Category.LEAK)


class Urgency(models.TextChoices):
    ORDINARY = "ordinary", "一般"
    URGENT = "urgent", "紧急"
    DANGER = "danger", "危及安全"

    @property
    def colour(self) -> str:
        return {"ordinary": "grey", "urgent": "amber", "danger": "red"}[self.value]


class Cause(models.TextChoices):
    """责任归因"""

    COMPANY = "company", "企业责任"
    USER = "user", "用户原因"
    SOURCE = "source", "热源或开发商原因"
    NONE = "none", "查无问题"


class LimitStage(models.TextChoices):
    """What has to be done within a limit, and from when it runs."""

    DISPATCH = "dispatch", "派单时限（登记起算）"
    VISIT = "visit", "到场时限（派单起算）"
    HANDLING = "handling", "办理时限（派单起算）"
    CALLBACK = "callback", "回访时限（反馈起算）"


class LimitUnit(models.TextChoices):
    HOURS = "hours", "小时"
    DAYS = "days", "天"
    WORKDAYS = "workdays", "个工作日"


class Satisfaction(models.TextChoices):
    SATISFIED = "satisfied", "满意"
    FAIRLY = "fairly", "基本满意"
    NOT = "not", "不满意"


class ExtensionStatus(models.TextChoices):
    REQUESTED = "requested", "待审批"
    APPROVED = "approved", "已同意"
    DENIED = "denied", "未同意"
    LAPSED = "lapsed", "已失效"  # what had been approved, when the limit that it extended was set anew


class MeasuringPlace(models.TextChoices):
    BEDROOM = "bedroom", "卧室"
    LIVING_ROOM = "living_room", "起居室"
    OTHER = "other", "其他房间"
