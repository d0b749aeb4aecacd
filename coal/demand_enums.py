"""Ways to reckon a season's coal, and how far a target has come. Each member carries its label, states their colour."""

from django.db import models


class WinterChoice(models.TextChoices):
    """For which winter is planned. Without temperatures of past winters there is only the design value."""

    DESIGN = "design", "设计值"
    MEAN = "mean", "历年平均"
    MEDIAN = "median", "一般冬天（P50）"
    COLD = "cold", "冷冬（P90）"


class Method(models.TextChoices):
    DESIGN_LOAD = "design_load", "设计热负荷法"
    LAST_SEASON = "last_season", "上季耗煤法"


class TargetRule(models.TextChoices):
    """What the target is a multiple of."""

    SHARE = "share", "按全季需求的比例"
    MEAN_DAYS = "mean_days", "按平均日的天数"
    COLDEST_DAYS = "coldest_days", "按极寒日的天数"


class TargetStatus(models.TextChoices):
    DRAFT = "draft", "未报送"
    FILED = "filed", "待住建局审核"
    CHECKED = "checked", "待发改局审批"
    RETURNED = "returned", "已退回"
    APPROVED = "approved", "已批准"
    SUPERSEDED = "superseded", "已被修订代替"
    DROPPED = "dropped", "已放弃"

    @property
    def colour(self) -> str:
        """The state badge's colour name in the stylesheet."""
        return _COLOURS[self]

    @property
    def is_open(self) -> bool:
        """Still to be agreed; of a company and season there is at most one."""
        return self in OPEN_TARGETS


_COLOURS = {
    TargetStatus.DRAFT: "grey",
    TargetStatus.FILED: "blue",
    TargetStatus.CHECKED: "purple",
    TargetStatus.RETURNED: "amber",
    TargetStatus.APPROVED: "green",
    TargetStatus.SUPERSEDED: "muted",
    TargetStatus.DROPPED: "muted",
}
OPEN_TARGETS = (TargetStatus.DRAFT, TargetStatus.FILED, TargetStatus.CHECKED, TargetStatus.RETURNED)


class MilestoneKind(models.TextChoices):
    CONTRACTED = "contracted", "合同签订"
    ARRIVED = "arrived", "到货"
    COVER = "cover", "供暖期可用天数"


class Light(models.TextChoices):
    """How a company stands by its milestones; `coal.lights` says where the borders are. Best first."""

    ON_TIME = "on_time", "正常"
    NONE = "none", "无目标"
    BEHIND = "behind", "落后"
    FAR_BEHIND = "far_behind", "严重落后"

    @property
    def colour(self) -> str:
        return {Light.ON_TIME: "green", Light.BEHIND: "amber", Light.FAR_BEHIND: "red"}.get(self, "grey")

    @property
    def severity(self) -> int:
        return list(Light).index(self)
