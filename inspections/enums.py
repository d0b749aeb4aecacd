"""Statuses, grades and sources of hazards. Each status carries its label, colour and group."""

from django.db import models


class HazardStatus(models.TextChoices):
    PENDING = "pending", "待下达"
    ISSUED = "issued", "待签收"
    RECTIFYING = "rectifying", "整改中"
    AWAITING_ACCEPTANCE = "awaiting_acceptance", "待验收"
    CLOSED = "closed", "已销号"
    VOID = "void", "作废"

    @property
    def colour(self) -> str:
        """The state badge's colour name in the stylesheet."""
        return _COLOURS[self]

    @property
    def is_open(self) -> bool:
        return self in OPEN_STATUSES

    @property
    def is_under_way(self) -> bool:
        """With the company: what is reminded and escalated."""
        return self in UNDER_WAY_STATUSES

    @property
    def is_issued(self) -> bool:
        """With a company, or past that: unit, person and deadline change by a move only."""
        return self not in (HazardStatus.PENDING, HazardStatus.VOID)


_COLOURS = {
    HazardStatus.PENDING: "grey",
    HazardStatus.ISSUED: "blue",
    HazardStatus.RECTIFYING: "amber",
    HazardStatus.AWAITING_ACCEPTANCE: "purple",
    HazardStatus.CLOSED: "green",
    HazardStatus.VOID: "muted",
}

# Open: not yet struck off; these can be overdue. Under way: with the company; these are reminded and escalated.
OPEN_STATUSES = (
    HazardStatus.PENDING,
    HazardStatus.ISSUED,
    HazardStatus.RECTIFYING,
    HazardStatus.AWAITING_ACCEPTANCE,
)
UNDER_WAY_STATUSES = (HazardStatus.ISSUED, HazardStatus.RECTIFYING)


class Grade(models.TextChoices):
    GENERAL = "general", "一般"
    SERIOUS = "serious", "较大"
    MAJOR = "major", "重大"

    @property
    def colour(self) -> str:
        return {"general": "grey", "serious": "amber", "major": "red"}[self.value]


class Urgency(models.TextChoices):
    IMMEDIATE = "immediate", "立行立改"
    LIMITED = "limited", "限期整改"
    ENGINEERING = "engineering", "工程改造"


class Source(models.TextChoices):
    SELF_CHECK = "self_check", "企业自查"
    BUREAU_CHECK = "bureau_check", "主管部门检查"
    SUPERIOR_CHECK = "superior_check", "上级督查"
    COMPLAINT_ANALYSIS = "complaint_analysis", "投诉分析"
    HOTLINE = "hotline", "12345"
    PUBLIC_OPINION = "public_opinion", "舆情"
    THIRD_PARTY_TEST = "third_party_test", "第三方检测"
    LAST_SEASON = "last_season", "上季遗留"


class Category(models.TextChoices):
    PIPE_LEAK = "pipe_leak", "管网腐蚀泄漏"
    INSULATION_WELL = "insulation_well", "保温/井室"
    LOW_EXCHANGE = "low_exchange", "换热效率低"
    VALVE_METER = "valve_meter", "阀门仪表失灵"
    BOILER = "boiler", "锅炉本体/辅机"
    HYDRAULIC = "hydraulic", "水力失调"
    ELECTRIC = "electric", "电气控制"
    SPECIAL_EQUIPMENT = "special_equipment", "特种设备逾检"
    INDOOR = "indoor", "户内"
    MANAGEMENT = "management", "管理"


class FundingSource(models.TextChoices):
    COMPANY = "company", "企业自筹"
    COUNTY = "county", "县级财政"
    SUPERIOR = "superior", "上级资金"
    MAINTENANCE_FUND = "maintenance_fund", "维修基金"
    RENOVATION = "renovation", "老旧小区改造"
    OTHER = "other", "其他"


class Conclusion(models.TextChoices):
    PASSED = "passed", "验收合格"
    FAILED = "failed", "验收不合格"


class ExtensionStatus(models.TextChoices):
    REQUESTED = "requested", "待审批"
    APPROVED = "approved", "已同意"
    DENIED = "denied", "未同意"


class AttachmentStage(models.TextChoices):
    BEFORE = "before", "整改前"
    DURING = "during", "整改中"
    AFTER = "after", "整改后"
    ACCEPTANCE = "acceptance", "验收"
    DOCUMENT = "document", "其他材料"
