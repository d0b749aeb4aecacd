"""How long what may take: the bureau's rules by category and urgency."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from complaints.enums import Category, LimitStage, LimitUnit, Urgency


class Limit(models.Model):
    """Empty category or urgency: any. Of those that fit, one for the urgency goes before one for the category only."""

    stage = models.CharField("时限", max_length=10, choices=LimitStage.choices)
    category = models.CharField("诉求类别", max_length=20, choices=Category.choices, blank=True)
    urgency = models.CharField("紧急程度", max_length=10, choices=Urgency.choices, blank=True)
    amount = models.PositiveSmallIntegerField("数值", validators=[MinValueValidator(1), MaxValueValidator(720)])
    unit = models.CharField("单位", max_length=10, choices=LimitUnit.choices)

    class Meta:
        verbose_name = "办理时限"
        verbose_name_plural = verbose_name
        ordering = ["stage", "urgency", "category"]
        default_permissions = ()
        permissions = [("manage_limits", "设置投诉时限和统计口径")]
        constraints = [models.UniqueConstraint(fields=["stage", "category", "urgency"], name="limit_once")]

    def __str__(self) -> str:
        return f"{self.get_stage_display()} {self.for_what} {self.amount} {self.get_unit_display()}"

    @property
    def for_what(self) -> str:
        """停暖、紧急; 其他各类 for the rule that holds where no other does."""
        said = [
            self.get_urgency_display() if self.urgency else "",
            self.get_category_display() if self.category else "",
        ]
        return "、".join(filter(None, said)) or "其他各类"
