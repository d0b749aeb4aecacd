"""Where the money for coal comes from, and that it was paid."""

from django.db import models


class FundKind(models.TextChoices):
    OWN = "own", "自筹"
    LOAN = "loan", "贷款"
    SUBSIDY = "subsidy", "补贴"
    PAID = "paid", "已付"

    @property
    def colour(self) -> str:
        return "blue" if self is FundKind.PAID else "green"

    @property
    def verb(self) -> str:
        """What one enters: 登记付款."""
        return "付款" if self is FundKind.PAID else str(self.label)


# What secures money; payments spend it.
SOURCES = (FundKind.OWN, FundKind.LOAN, FundKind.SUBSIDY)
