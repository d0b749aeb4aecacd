"""How serious what a yard check found is."""

from django.db import models


class CheckLevel(models.IntegerChoices):
    """In order; `colour` only helps the eye."""

    NORMAL = 0, "正常"
    NOTICE = 1, "关注"
    ACT = 2, "需处理"
    EMERGENCY = 3, "紧急"

    @property
    def colour(self) -> str:
        return ("green", "blue", "amber", "red")[self]

    @property
    def sign(self) -> str:
        """The icon that stands with the word."""
        return ("check", "info", "warn", "warn")[self]


class CoverState(models.TextChoices):
    """Of what keeps rain and wind from the coal: tarpaulin or hall."""

    GOOD = "good", "完好"
    BAD = "bad", "有破损或没盖"
    NONE = "none", "不需要苫盖"
