"""What a phone fills in at the yard: one form for each kind of movement, and that of a reversal."""

import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django import forms

from coal import bookkeeping
from coal.enums import MovementKind
from coal.forms.figures import FigureField, HeatValueField
from coal.inputs import INPUTS, Input
from coal.models import Movement, QualityBatch, Yard
from coal.numbers import kept
from coal.supply_selectors import begun_by, standing_contract
from coal.terms import terms_on
from common import clock
from common.fields import LedgerDateField, LedgerForm, NameInput, read_past_day

# Among how many of the latest arrivals one is looked for whose coal the next may be, and what is taken over from it.
RECENT = 10
# How many contracts are offered, those that end last on top.
OFFERED = 30
TAKEN_OVER = ("heat_value_mj_per_kg", "contract", "unit_price_yuan_per_t")


def tonnes(label: str, help_text: str = "", **more: Any) -> FigureField:
    field = FigureField(Input("quantity_t", label, "t", 2), fits=Movement, min_value=0, **more)
    field.help_text = help_text
    return field


class MovementForm(LedgerForm):
    """A day, so many tonnes, a remark. `key` makes a form that is sent twice count once."""

    kind: ClassVar[MovementKind]
    key = forms.UUIDField(widget=forms.HiddenInput)
    day = LedgerDateField(label="日期", read=read_past_day, help_text="可以补记以前的日期")
    quantity_t = tonnes("数量")
    note = forms.CharField(label="说明", max_length=200, required=False)

    def __init__(self, *args: Any, yard: Yard, by: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.yard, self.by = yard, by
        self.initial.update({"key": uuid.uuid4(), "day": clock.today()})
        self.fields["note"].widget.attrs["data-wide"] = True

    def save(self) -> Movement:
        """Enter it; what is wrong is a ValidationError by fields."""
        return bookkeeping.record_movement(self.yard, by=self.by, kind=self.kind, **self.cleaned_data)


class ArrivalForm(MovementForm):
    kind = MovementKind.ARRIVAL
    # Whether the last lorry's heat value was left out, since this one is of another contract.
    left_out = False
    heat_value_mj_per_kg = HeatValueField(INPUTS["heat_value_mj_per_kg"], required=False)
    carried_heat_value_mj_per_kg = forms.CharField(widget=forms.HiddenInput, required=False)
    carried_contract = forms.CharField(widget=forms.HiddenInput, required=False)
    carried_unit_price_yuan_per_t = forms.CharField(widget=forms.HiddenInput, required=False)
    contract = forms.CharField(
        label="合同号", max_length=60, required=False, widget=NameInput,
        help_text="点一下从已开始供货的合同里选；还没登记的合同照写编号，登记后自动对上",
    )  # fmt: skip
    transport = forms.CharField(label="运输方式、车号", max_length=60, required=False, help_text="如“汽运 冀A12345”")
    batch = forms.CharField(
        label="质量批次", max_length=40, required=False, widget=NameInput,
        help_text="采样单上的批次号；化验结果出来后在“煤质”里按这个号登记",
    )  # fmt: skip
    unit_price_yuan_per_t = FigureField(
        Input("unit_price_yuan_per_t", "单价", "元/t", 2), required=False, fits=Movement, min_value=0
    )  # fmt: skip
    field_order = (
        "key", "day", "quantity_t", "heat_value_mj_per_kg", "contract", "transport", "batch", "unit_price_yuan_per_t",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["heat_value_mj_per_kg"].help_text += "；供应商或采制样单上的，还没有的可不填，折标煤时按常用热值"
        self.fields["unit_price_yuan_per_t"].help_text = "不填的，按合同价"
        self._offer()
        # The next lorry is most often of the same coal.
        recent = list(self.yard.movements.filter(kind=MovementKind.ARRIVAL)[:RECENT])
        gone = Movement.objects.reversed_among(movement.pk for movement in recent)
        last = next((movement for movement in recent if movement.pk not in gone), None)
        if last is not None:
            self.initial.update({name: getattr(last, name) for name in TAKEN_OVER})
        # A contract's own price stands there, or comes in when the form is sent, whichever lorry was the last.
        named = standing_contract(self.yard.company_id, kept(self.initial.get("contract") or ""))
        if named is not None and named.price_yuan_per_t is not None:
            self.initial["unit_price_yuan_per_t"] = named.price_yuan_per_t
        # What stood there before anybody typed, so that it is not taken for what was typed.
        self.initial.update({_carried(name): _as_sent(self.initial.get(name)) for name in TAKEN_OVER})

    def _offer(self) -> None:
        """The company's contracts that have begun, as an entry may be for an earlier day, and its batches of late. Two
        queries."""
        begun = begun_by(self.yard.company_id, clock.today())[:OFFERED]
        self.fields["contract"].widget.names = [each.number for each in begun]  # type: ignore[attr-defined]
        recent = QualityBatch.objects.filter(company=self.yard.company_id)[:RECENT]
        self.fields["batch"].widget.names = [each.number for each in recent]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The last lorry's price and heat value do not go over to another contract; a contract's price fills a field
        that is empty or was only filled in beforehand."""
        cleaned = super().clean()
        carried = {name: cleaned.pop(_carried(name), "") for name in TAKEN_OVER}
        number = kept(cleaned.get("contract") or "")
        is_another = number != kept(carried["contract"])
        named = standing_contract(self.yard.company_id, number)
        if is_another and self._is_only(cleaned, "heat_value_mj_per_kg", carried):
            cleaned["heat_value_mj_per_kg"] = None
            self.left_out = True
        agreed = None
        if named is not None and "day" in cleaned:
            agreed = terms_on(named, cleaned["day"]).price_yuan_per_t
        fills_price = is_another or agreed is not None
        if fills_price and self._is_only(cleaned, "unit_price_yuan_per_t", carried):
            cleaned["unit_price_yuan_per_t"] = None
        if cleaned.get("unit_price_yuan_per_t") is None and not self.errors:
            cleaned["unit_price_yuan_per_t"] = agreed
        return cleaned

    @staticmethod
    def _is_only(cleaned: Mapping[str, Any], name: str, carried: Mapping[str, str]) -> bool:
        """Whether the field has what it had before anybody typed."""
        value = cleaned.get(name)
        return value is not None and _as_sent(value) == carried[name]


def _carried(name: str) -> str:
    return f"carried_{name}"


def _as_sent(value: Any) -> str:
    return str(value.normalize()) if isinstance(value, Decimal) else value or ""


class UseForm(MovementForm):
    kind = MovementKind.USE


class LossForm(MovementForm):
    kind = MovementKind.LOSS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].required = True
        self.fields["note"].help_text = "怎么损耗的，如自燃、运输途耗、雨淋流失"


class CountForm(MovementForm):
    kind = MovementKind.COUNT
    quantity_t = tonnes("实盘数量", "当天收工时煤场里实有的吨数；从这天起库存以它为准")


class TransferForm(MovementForm):
    kind = MovementKind.TRANSFER_OUT
    target = forms.ModelChoiceField(Yard.objects.none(), label="调入煤场", empty_label="请选择")
    field_order = ("key", "day", "target", "quantity_t")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Yard.objects.visible_to(self.by).filter(company=self.yard.company_id, is_active=True)
        self.fields["target"].queryset = others.exclude(pk=self.yard.pk)  # type: ignore[attr-defined]

    def save(self) -> Movement:
        target = self.cleaned_data.pop("target")
        return bookkeeping.transfer(self.yard, target, by=self.by, **self.cleaned_data)


# As the addresses name them.
FORMS: dict[str, type[MovementForm]] = {
    "arrival": ArrivalForm,
    "use": UseForm,
    "count": CountForm,
    "transfer": TransferForm,
    "loss": LossForm,
}


class ReversalForm(LedgerForm):
    reason = forms.CharField(
        label="冲正理由", max_length=200, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="如“重复登记”“数量写错，应为 32.50 t”",
    )  # fmt: skip
