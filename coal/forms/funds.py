"""The forms of the money for coal. Amounts are typed in 万元 and kept in yuan."""

import uuid
from decimal import Decimal
from typing import Any

from django import forms

from accounts.models import Unit
from coal import fund_services as services
from coal.bounds import MOST_YUAN, most_of, within
from coal.forms.figures import FigureField, plain
from coal.fund_enums import FundKind
from coal.inputs import Input
from coal.models import FundEntry, FundNeed
from coal.models.funds import IN_10K
from common import clock
from common.fields import LedgerDateField, LedgerForm, read_past_day
from facilities.models import Season


def _amount(*, required: bool = True) -> FigureField:
    """To the fen."""
    return FigureField(
        Input("amount", "金额", "万元", 6), required=required, min_value=0, validators=within(MOST_YUAN / IN_10K)
    )  # fmt: skip


def _yuan(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount * IN_10K


class NeedForm(LedgerForm):
    """`seen_revision`: the one that its writer saw when the form was opened."""

    seen_revision = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    price = FigureField(
        Input("price", "预计到厂单价", "元/t", 2), required=False, min_value=0,
        validators=within(most_of(FundNeed, "price_yuan_per_t")),
    )  # fmt: skip
    amount = _amount(required=False)
    reason = forms.CharField(
        label="理由", max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="直接填金额的必须写明怎么得出的",
    )  # fmt: skip

    def __init__(
        self, *args: Any, company: Unit, season: Season, by: Any, last: FundNeed | None,
        quantity: tuple[Decimal, str] | None, usual_price: Decimal | None, **kwargs: Any,
    ) -> None:  # fmt: skip
        """`quantity`: the tonnes that a price is multiplied by, and where they are from; `usual_price`: of what
        arrived."""
        super().__init__(*args, **kwargs)
        self.company, self.season, self.by = company, season, by
        self.initial["seen_revision"] = last.revision if last else 0
        self.fields["amount"].label = "或者直接填金额"
        if last is not None and last.price_yuan_per_t is None:
            self.initial.update({"amount": plain(last.amount_yuan / IN_10K), "reason": last.reason})
        else:
            self.initial["price"] = plain(last.price_yuan_per_t if last else usual_price)
        self.fields["price"].help_text = _price_help(quantity, usual_price)

    def save(self) -> FundNeed:
        cleaned = self.cleaned_data
        return services.set_need(
            self.company, self.season, by=self.by, price_yuan_per_t=cleaned["price"],
            amount_yuan=_yuan(cleaned["amount"]), reason=cleaned["reason"], seen_revision=cleaned["seen_revision"],
        )  # fmt: skip


def _price_help(quantity: tuple[Decimal, str] | None, usual_price: Decimal | None) -> str:
    if quantity is None:
        return "还没有用煤测算，请先测算，或在下面直接填金额"
    usual = f"；本季到货均价 {plain(usual_price)} 元/t" if usual_price else ""
    return f"乘以 {plain(quantity[0])} t（{quantity[1]}）{usual}"


class EntryForm(LedgerForm):
    """`key` makes a form that is sent twice count once."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    day = LedgerDateField(label="日期", read=read_past_day, help_text="到账或付款的日期")
    amount = _amount()
    note = forms.CharField(
        label="说明", max_length=200, required=False, widget=forms.TextInput(attrs={"data-wide": ""})
    )

    def __init__(self, *args: Any, company: Unit, season: Season, kind: FundKind, by: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.company, self.season, self.kind, self.by = company, season, kind, by
        self.initial.update({"key": uuid.uuid4(), "day": clock.today()})
        self.fields["note"].widget.attrs["data-wide"] = True
        self.fields["note"].help_text = {
            FundKind.OWN: "如“股东增资”“收取的热费”", FundKind.LOAN: "贷款银行、合同号、期限",
            FundKind.SUBSIDY: "补贴文号、拨付单位", FundKind.PAID: "付给谁、哪份合同、发票号",
        }[kind]  # fmt: skip

    def save(self) -> FundEntry:
        cleaned = self.cleaned_data
        return services.enter(
            self.company, self.season, by=self.by, kind=self.kind, day=cleaned["day"],
            amount_yuan=cleaned["amount"] * IN_10K, note=cleaned["note"], key=cleaned["key"],
        )  # fmt: skip


class FundReversalForm(LedgerForm):
    reason = forms.CharField(
        label="冲正理由", max_length=200, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="如“重复登记”“金额写错，应为 120 万元”",
    )  # fmt: skip
