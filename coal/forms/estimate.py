"""The form of an estimate: both methods' inputs with what is usual, a reason for what is not, and the winter."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BoundField

from coal.bounds import check_need
from coal.degree_days import Winter, design_degree_days
from coal.demand import rounded
from coal.demand_enums import WinterChoice
from coal.demand_selectors import Weather
from coal.demand_services import ESTIMATE_FIELDS
from coal.forms.figures import FigureField, HeatValueField
from coal.formulas import figure, signed
from coal.inputs import DESIGN_INPUTS, HISTORIC_INPUTS, Input, unusual
from coal.models import Estimate
from common.fields import LedgerForm

# Reckoned from the winter, not typed.
RECKONED = ("degree_days",)
TYPED_LAST = tuple(name for name in HISTORIC_INPUTS if name not in RECKONED)
HEAT_VALUES = ("heat_value_mj_per_kg", "last_heat_value_mj_per_kg")
EFFICIENCIES = ("boiler_efficiency", "network_efficiency")
REASON = "reason_"


class EstimateForm(LedgerForm):
    """`strict`: what lies outside the usual needs its reason now; else it is only asked for."""

    seen = forms.CharField(widget=forms.HiddenInput)
    winter = forms.ChoiceField(label="按哪种冬天测算", widget=forms.RadioSelect, initial=WinterChoice.DESIGN)

    def __init__(
        self, data: Any = None, *, inputs: Mapping[str, Input], weather: Weather, initial: dict[str, Any],
        strict: bool = True,
    ) -> None:  # fmt: skip
        self.inputs, self.weather, self.strict = inputs, weather, strict
        self._by_choice = winters_by_choice(weather)
        super().__init__(self._with_winter(data), initial=initial)
        self.fields["winter"].choices = list(self._labels())  # type: ignore[attr-defined]
        self.fields["winter"].widget.attrs["data-wide"] = ""
        if weather.climate is None:
            self.fields["winter"].help_text = "还没有历年气温资料，只能按设计值测算；导入气温后可以选一般冬天或冷冬。"
        for name in (*DESIGN_INPUTS, *TYPED_LAST):
            required = name in DESIGN_INPUTS
            if name in HEAT_VALUES:
                self.fields[name] = HeatValueField(inputs[name], required=required)
            else:
                # Of an efficiency in percent `clean` says more.
                fits = None if name in EFFICIENCIES else Estimate
                self.fields[name] = FigureField(inputs[name], required=required, fits=fits)
        self.fields["mean_c"].help_text += "；选了历年冬天的，由气温资料得出"
        for each in unusual(self._raw_values(), inputs):
            self.fields[f"{REASON}{each.name}"] = forms.CharField(
                label=f"{each.label}超出常见范围的理由", required=False, max_length=200,
                help_text=f"常见 {each.range_text}{each.unit and ' ' + each.unit}，说明为什么不同",
                widget=forms.TextInput(attrs={"data-wide": ""}),
            )  # fmt: skip

    def _with_winter(self, data: Any) -> Any:
        """The winter that is chosen says the mean temperature, whatever was typed."""
        chosen = data and self._by_choice.get(data.get("winter", ""))
        if not chosen:
            return data
        data = data.copy()
        data["mean_c"] = str(chosen[2])
        return data

    def _labels(self) -> Any:
        yield WinterChoice.DESIGN.value, "设计值：室外平均温度用下面填的数"
        for choice, (name, degree_days, mean_c, days) in self._by_choice.items():
            label = WinterChoice(choice).label
            yield choice, f"{label}：{name}，{days} 天度日数 {figure(degree_days)}，平均 {signed(mean_c).strip('()')} ℃"

    def _raw_values(self) -> dict[str, Decimal | None]:
        """What stands in the boxes, as far as it can be read, for knowing which reasons to ask for."""
        values: dict[str, Decimal | None] = {}
        for name in (*DESIGN_INPUTS, *TYPED_LAST):
            field = self.fields[name]
            raw = self.data.get(name) if self.is_bound else self.initial.get(name)
            try:
                values[name] = field.clean(str(raw)) if raw not in (None, "") else None
            except forms.ValidationError:
                values[name] = None
        return values

    # --- judging ---

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in DESIGN_INPUTS:
            value = cleaned.get(name)
            if value is not None and value <= 0 and name not in ("mean_c", "design_c"):
                self.add_error(name, "应大于 0")
        for name in EFFICIENCIES:
            if (value := cleaned.get(name)) is not None and value > 1:
                self.add_error(name, f"填的是 {value}，效率应在 0 到 1 之间，如 0.80")
        self._check_temperatures(cleaned)
        self._check_last_season(cleaned)
        if not self.errors:
            self._check_need()
        if self.strict:
            for name in [name for name in self.fields if name.startswith(REASON)]:
                if not cleaned.get(name):
                    self.add_error(name, "请填写理由，或改为常见范围内的数")
        return cleaned

    def _check_temperatures(self, cleaned: Mapping[str, Any]) -> None:
        indoor, mean, design = (cleaned.get(name) for name in ("indoor_c", "mean_c", "design_c"))
        if indoor is not None and mean is not None and mean >= indoor:
            self.add_error("mean_c", f"室外平均 {mean} ℃ 不低于室内 {indoor} ℃，那就不用供暖了，请核对")
        elif mean is not None and design is not None and design > mean:
            self.add_error("design_c", f"室外计算温度 {design} ℃ 应不高于室外平均温度 {mean} ℃，请核对")

    def _check_last_season(self, cleaned: Mapping[str, Any]) -> None:
        """Who knows last season's coal has to say under what it was burnt."""
        if cleaned.get("last_coal_t") is None:
            return
        for name in TYPED_LAST:
            value = cleaned.get(name)
            if value is None and name not in self.errors:
                self.add_error(name, "填了上季耗煤，这一项也要填")
            elif value is not None and value <= 0 and name != "margin_percent":
                self.add_error(name, "应大于 0")
            elif value is not None and value <= -100:
                self.add_error(name, "应大于 −100%")

    def _check_need(self) -> None:
        try:
            check_need(self.estimate.demands.values())
        except forms.ValidationError as wrong:
            self.add_error(None, wrong)
        except ValueError as wrong:
            self.add_error(None, f"按这些数没法测算（{wrong}），请核对")

    def seen_anew(self, seal: str) -> None:
        """From now on the form is about this estimate; what was typed stays."""
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data["seen"] = seal  # type: ignore[index]

    @property
    def can_be_reckoned(self) -> bool:
        """Whether nothing is wrong but that a reason is missing."""
        return all(name.startswith(REASON) for name in self.errors)

    # --- what it says ---

    @property
    def values(self) -> dict[str, Any]:
        """ESTIMATE_FIELDS."""
        cleaned = self.cleaned_data
        values = {name: cleaned.get(name) for name in ESTIMATE_FIELDS}
        days = int(cleaned["heating_days"])
        values |= {"heating_days": days, "winter_name": "", "winter": cleaned["winter"]}
        values["degree_days"] = design_degree_days(days, cleaned["mean_c"])
        if chosen := self._by_choice.get(cleaned["winter"]):
            name, degree_days, _, winter_days = chosen
            values |= {"winter_name": name, "degree_days": rounded(degree_days * days / winter_days)}
        return values

    @property
    def reasons(self) -> dict[str, str]:
        return {
            name.removeprefix(REASON): text.strip()
            for name, text in self.cleaned_data.items()
            if name.startswith(REASON) and text
        }

    @property
    def estimate(self) -> Estimate:
        """Unsaved, for its figures."""
        return Estimate(**self.values)

    # --- how it is laid out ---

    def _with_reasons(self, names: tuple[str, ...]) -> list[BoundField]:
        fields = []
        for name in names:
            fields.append(self[name])
            if f"{REASON}{name}" in self.fields:
                fields.append(self[f"{REASON}{name}"])
        return fields

    @property
    def design_fields(self) -> list[BoundField]:
        return self._with_reasons(DESIGN_INPUTS)

    @property
    def last_fields(self) -> list[BoundField]:
        return self._with_reasons(TYPED_LAST)


def winters_by_choice(weather: Weather) -> dict[str, tuple[str, Decimal, Decimal, int]]:
    """{choice: (which winter, degree-days, mean, days)} of what the temperatures say; empty without any."""
    found = weather.climate
    if found is None:
        return {}

    def of(each: Winter) -> tuple[str, Decimal, Decimal, int]:
        return each.name, each.over(found.days), each.mean_c, found.days

    count = f"{len(found.winters)} 个冬天"
    return {
        WinterChoice.MEAN: (count, found.mean_degree_days, found.mean_c, found.days),
        WinterChoice.MEDIAN: of(found.median),
        WinterChoice.COLD: of(found.cold),
    }
