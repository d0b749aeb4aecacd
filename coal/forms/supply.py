"""The forms of contracts, of what changes in them, and of laboratory reports."""

from decimal import Decimal
from typing import Any

from django import forms

from coal.contract_services import AMENDED, CONTRACT_FIELDS
from coal.enums import ContractKind
from coal.forms.figures import FigureField, HeatValueField
from coal.inputs import INPUTS, Input
from coal.models import Contract, QualityBatch
from coal.numbers import kept
from coal.quality import RESULTS
from coal.quality_services import BATCH_FIELDS
from common import clock
from common.fields import LedgerDateField, LedgerForm, UploadsField, read_past_day
from facilities.models import Season

LEAST = Decimal("0.01")


def _figure(name: str, label: str, unit: str, places: int = 2, **more: Any) -> FigureField:
    return FigureField(Input(name, label, unit, places), fits=Contract, **more)


def _scans() -> UploadsField:
    return UploadsField(
        label="扫描件", required=False, help_text="合同、报告的扫描件或照片，可一次选多个；pdf、jpg、png、docx、xlsx"
    )


class PaperForm(LedgerForm):
    """What the forms of contracts and batches have in common: `version` is that which the person saw, None of a new
    one; `reason` says why what was entered is put right."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    @property
    def seen(self) -> int:
        return -1 if self.cleaned_data["version"] is None else self.cleaned_data["version"]

    def seen_anew(self, version: int) -> None:
        """The next time the form is sent it counts as against this version."""
        self.data = {**self.data.dict(), "version": str(version)}  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "number" in cleaned:
            cleaned["number"] = kept(cleaned["number"])
        return cleaned


class ContractForm(PaperForm):
    number = forms.CharField(label="合同编号", max_length=60, help_text="到货按这个编号对应合同，本企业内不能重")
    season = forms.ModelChoiceField(Season.objects.none(), label="采暖季", empty_label=None, help_text="为哪个季储煤")
    kind = forms.ChoiceField(label="类别", choices=ContractKind.choices)
    supplier = forms.CharField(label="供应商", max_length=100)
    quantity_t = _figure("quantity_t", "合同数量", "t", min_value=LEAST)
    price_yuan_per_t = _figure("price_yuan_per_t", "合同价", "元/t", min_value=LEAST, required=False)
    signed_on = LedgerDateField(label="签订日期", read=read_past_day)
    starts_on = LedgerDateField(label="供货开始")
    ends_on = LedgerDateField(label="供货截止", help_text="明年的请写上年份")
    heat_value_mj_per_kg = HeatValueField(INPUTS["heat_value_mj_per_kg"], required=False)
    sulphur_percent = _figure("sulphur_percent", "约定全硫上限", "%", min_value=0, max_value=100, required=False)
    note = forms.CharField(label="说明", max_length=200, required=False)
    scans = _scans()
    reason = forms.CharField(label="更正理由", max_length=200, required=False)

    def __init__(self, *args: Any, seasons: Any, contract: Contract | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["season"].queryset = seasons  # type: ignore[attr-defined]
        heat = self.fields["heat_value_mj_per_kg"]
        heat.label, heat.help_text = "约定热值（不低于）", f"{heat.help_text}；没有约定的不填"
        self.fields["price_yuan_per_t"].help_text = "按月结算、没有定价的不填"
        self.fields["sulphur_percent"].help_text = "St,d，没有约定的不填"
        self.fields["note"].widget.attrs["data-wide"] = self.fields["reason"].widget.attrs["data-wide"] = True
        if contract is None:
            del self.fields["reason"]
            self.initial.setdefault("signed_on", clock.today())
        else:
            self.fields["reason"].help_text = "改了上面的数字、日期、编号的必填，如“数量少写一位”"
            if contract.amendments.exists():
                for name in AMENDED:
                    self.fields[name].help_text = "已有变更，这里不能改，请用“登记变更”"
            self.initial.update({name: getattr(contract, name) for name in (*CONTRACT_FIELDS, "version")})

    @property
    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in CONTRACT_FIELDS}


class AmendmentForm(PaperForm):
    agreed_on = LedgerDateField(label="变更日期", read=read_past_day, help_text="补充协议签订的那一天")
    quantity_t = _figure("quantity_t", "变更后的数量", "t", min_value=LEAST)
    price_yuan_per_t = _figure("price_yuan_per_t", "变更后的合同价", "元/t", min_value=LEAST, required=False)
    ends_on = LedgerDateField(label="变更后的供货截止")
    heat_value_mj_per_kg = HeatValueField(INPUTS["heat_value_mj_per_kg"], required=False)
    sulphur_percent = _figure("sulphur_percent", "变更后的全硫上限", "%", min_value=0, max_value=100, required=False)
    reason = forms.CharField(label="变更理由", max_length=200, help_text="如“补充协议 2026-03，增供 2000 t”")
    scans = _scans()

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].widget.attrs["data-wide"] = True
        heat = self.fields["heat_value_mj_per_kg"]
        heat.label, heat.help_text = "变更后的约定热值（不低于）", f"{heat.help_text}；没有约定的不填"
        self.initial.update({name: getattr(contract, name) for name in (*AMENDED, "version")})
        self.initial["agreed_on"] = clock.today()


class VoidForm(PaperForm):
    reason = forms.CharField(
        label="作废理由", max_length=200, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="如“重复登记，以 CY-2026-01 为准”",
    )  # fmt: skip

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["version"] = contract.version


class QualityForm(PaperForm):
    number = forms.CharField(label="批次号", max_length=40, help_text="和登记到货时写的质量批次一样")
    sampled_on = LedgerDateField(label="采样日期", read=read_past_day)
    sampled_by = forms.CharField(label="采样", max_length=60, required=False, help_text="采样的单位或人")
    tested_on = LedgerDateField(label="化验日期", read=read_past_day, required=False)
    tested_by = forms.CharField(label="化验单位", max_length=60, required=False)
    report_number = forms.CharField(label="报告编号", max_length=60, required=False)
    note = forms.CharField(label="说明", max_length=200, required=False)
    scans = _scans()
    reason = forms.CharField(label="更正理由", max_length=200, required=False)
    field_order = (
        "version", "number", "sampled_on", "sampled_by", "tested_on", "tested_by", "report_number",
        *(each.name for each in RESULTS), "note", "scans", "reason",
    )  # fmt: skip

    def __init__(self, *args: Any, batch: QualityBatch | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for each in RESULTS:
            self.fields[each.name] = self._result(each)
        self.order_fields(self.field_order)
        self.fields["note"].widget.attrs["data-wide"] = self.fields["reason"].widget.attrs["data-wide"] = True
        if batch is None:
            del self.fields["reason"]
            self.initial.setdefault("sampled_on", clock.today())
        else:
            self.fields["reason"].help_text = "改已经登记过的化验结果的必填，如“复检，报告 2026-118”"
            self.initial.update({name: getattr(batch, name) for name in (*BATCH_FIELDS, "version")})

    @staticmethod
    def _result(each: Input) -> forms.Field:
        if each.name == "heat_value_mj_per_kg":
            field: forms.Field = HeatValueField(each, required=False)
            field.label = "收到基低位热值 Qnet,ar"
            field.help_text = f"{field.help_text}；还没出结果的先不填"
            return field
        return FigureField(each, required=False, fits=QualityBatch, min_value=0, max_value=100)

    @property
    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in BATCH_FIELDS}
