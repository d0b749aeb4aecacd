"""Fields for the figures of an estimate: numbers with their unit, and heat values in whichever unit a report has."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model

from coal.bounds import most_of, within
from coal.demand import mj_per_kg, rounded
from coal.inputs import Input
from common.text import normalise_name

_HEAT_VALUE = re.compile(r"(\d+(?:\.\d+)?)(mj/kg|kj/kg|kcal/kg|兆焦/千克|千焦/千克|大卡/千克|大卡|卡/克|cal/g)?")
_UNITS = {
    "mj/kg": "mj", "兆焦/千克": "mj", "kj/kg": "kj", "千焦/千克": "kj", "kcal/kg": "kcal", "大卡/千克": "kcal",
    "大卡": "kcal", "卡/克": "kcal", "cal/g": "kcal",
}  # fmt: skip
# Coal has 5 to 40 MJ/kg, which is 1 200 to 9 500 kcal/kg: between these a bare number can mean only one unit.
MOST_MJ, LEAST_KCAL, MOST_KCAL, LEAST_KJ = Decimal(40), Decimal(1000), Decimal(8000), Decimal(10_000)


def plain(value: Any) -> Any:
    """A number as it is typed: 2000000, not 2000000.00."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def without_percent(typed: str) -> str:
    """80 of 80%, 80 % and 80％."""
    return unicodedata.normalize("NFKC", typed).strip().removesuffix("%").strip()


def is_percent(typed: Any) -> bool:
    return isinstance(typed, str) and unicodedata.normalize("NFKC", typed).strip().endswith("%")


class ShareField(forms.DecimalField):
    """A share in percent, or where the form asks for days a number of them; a sign for percent may stand behind it."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(without_percent(value) if isinstance(value, str) else value)


class FigureField(forms.DecimalField):
    """A number in the unit of its input, with what is usual as its help. `fits`: the model that keeps it."""

    def __init__(self, figure: Input, *, required: bool = True, fits: type[Model] | None = None, **kwargs: Any) -> None:
        help_text = f"常见 {figure.range_text}" if figure.has_range else ""
        if fits is not None:
            kwargs["validators"] = [*kwargs.get("validators", ()), *within(most_of(fits, figure.name))]
        super().__init__(
            label=figure.label, decimal_places=figure.places, max_digits=None if fits else 12, required=required,
            help_text=help_text, **kwargs,
        )  # fmt: skip
        self.unit = figure.unit
        self.error_messages["invalid"] = "请填写数字"

    def prepare_value(self, value: Any) -> Any:
        return plain(value)

    def to_python(self, value: Any) -> Any:
        """Thousands separators are no part of a number; a minus is typed in several ways."""
        if isinstance(value, str):
            value = re.sub(r"(?<=\d)[,，\s](?=\d{3})", "", unicodedata.normalize("NFKC", value).replace("−", "-"))
            if self.unit == "%":
                value = without_percent(value)
        return super().to_python(value)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "decimal", "autocomplete": "off"}

    widget = forms.TextInput


class HeatValueField(forms.Field):
    """20.934, 20.934 MJ/kg, 5000 and 5000 kcal/kg, 20934 kJ/kg: cleaned to MJ/kg with three decimals."""

    widget = forms.TextInput

    def __init__(self, figure: Input, *, required: bool = True) -> None:
        usual = f"；常见 {figure.range_text} MJ/kg" if figure.has_range else ""
        help_text = f"MJ/kg 或 kcal/kg 都可以，如 20.934 或 5000{usual}"
        super().__init__(label=figure.label, required=required, help_text=help_text)

    def prepare_value(self, value: Any) -> Any:
        return plain(value)

    def to_python(self, value: Any) -> Decimal | None:
        if value in self.empty_values or isinstance(value, Decimal):
            return value or None
        match = _HEAT_VALUE.fullmatch(normalise_name(str(value)).replace(",", ""))
        unit = match and (_UNITS.get(match[2] or "") or _bare_unit(Decimal(match[1])))
        if not match or not unit:
            raise ValidationError(f"热值写的是“{value}”，请写成 20.934 MJ/kg 或 5000 kcal/kg 的样子")
        try:
            number = Decimal(match[1])
        except InvalidOperation:
            raise ValidationError(f"热值写的是“{value}”，请填写数字") from None
        found = {"mj": number, "kj": number / 1000, "kcal": mj_per_kg(number)}[unit]
        if not Decimal(1) <= found <= MOST_MJ:
            raise ValidationError(f"热值写的是“{value}”，合 {plain(rounded(found, 3))} MJ/kg，不像煤的热值，请核对")
        return rounded(found, 3)


def _bare_unit(number: Decimal) -> str:
    if number <= MOST_MJ:
        return "mj"
    if LEAST_KCAL <= number <= MOST_KCAL:
        return "kcal"
    return "kj" if number >= LEAST_KJ else ""
