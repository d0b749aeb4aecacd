"""Forms by which orders come in: the editor of an import's row, and what was read of a pasted text."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from common.fields import LedgerForm, NameInput
from common.spreadsheets.ledgers.forms import RowForm
from common.spreadsheets.ledgers.record_form import LEARN
from common.spreadsheets.models import ImportRow
from complaints.enums import Category, Platform, Source, Urgency
from complaints.ledger import ORDERS, read_temperature
from complaints.moments import read_moment
from complaints.registering import CHOSEN

EDITOR = (
    "number", "source", "received_at", "caller", "phone", "address", "community", "building", "building_unit", "room",
    "category", "content", "temperature_c", "company", "urgency",
)  # fmt: skip
CHOICES: Mapping[str, Any] = {
    "source": Source, "category": Category, "urgency": Urgency, "platform": Platform,
}  # fmt: skip
LONGEST = {"number": 60, "caller": 60, "phone": 40, "address": 200, "building": 20, "building_unit": 20, "room": 20}


def order_fields(offered: Mapping[str, Sequence[str]]) -> dict[str, forms.Field]:
    """A field for each column a person may fill in. `offered`: the names to choose from."""
    fields: dict[str, forms.Field] = {}
    for name in EDITOR:
        title = ORDERS.by_name[name].title
        if name in CHOICES:
            labels = [(label, label) for label in CHOICES[name].labels]
            fields[name] = forms.ChoiceField(label=title, required=False, choices=[("", "请选择"), *labels])
        elif name == "content":
            fields[name] = forms.CharField(
                label=title, required=False, widget=forms.Textarea(attrs={"rows": 3, "data-wide": ""})
            )
        else:
            widget = NameInput() if name in offered else forms.TextInput()
            if isinstance(widget, NameInput):
                widget.names = offered[name]
            fields[name] = forms.CharField(label=title, required=False, max_length=LONGEST.get(name), widget=widget)
    fields["received_at"].help_text = "日期和时间，例如 2025-11-29 20:00"
    fields["address"].widget.attrs["data-wide"] = ""
    return fields


class _ReadsMoments(LedgerForm):
    """`cleaned_data` is JSON-ready: moments in ISO, numbers as text, what is empty None."""

    def clean_received_at(self) -> str | None:
        if not (text := self.cleaned_data["received_at"]):
            return None
        reading = read_moment(text)
        if reading.value is None:
            raise forms.ValidationError(reading.problem)
        return reading.value.isoformat()

    def clean_temperature_c(self) -> str | None:
        if not (text := self.cleaned_data["temperature_c"]):
            return None
        reading = read_temperature(text)
        if reading.value is None:
            raise forms.ValidationError(reading.problem or "请填写数字")
        return str(reading.value)

    def clean(self) -> dict[str, Any]:
        return {name: None if value == "" else value for name, value in super().clean().items()}


class OrderRowForm(_ReadsMoments, RowForm):
    """One row of an import. `unknown`: by column the name that nobody knows, which may be remembered."""

    def __init__(
        self, data: Any = None, *, row: ImportRow, offered: Mapping[str, Sequence[str]], unknown: Mapping[str, str]
    ) -> None:  # fmt: skip
        initial = {name: _typed(name, row.fields.get(name)) for name in EDITOR}
        initial |= {
            each["field"]: each["read"]
            for each in row.problems
            if each["field"] in initial and not initial[each["field"]]
        }
        fields = order_fields(offered)
        for name, text in unknown.items():
            label = f"记住：以后表里写“{text}”，就是上面填的{ORDERS.by_name[name].title}"
            fields[LEARN + name] = forms.BooleanField(label=label, required=False, initial=True)
        super().__init__(data, row=row, initial=initial, noun="工单", measure="件", fields=fields)
        wrong = dict.fromkeys(each["field"] for each in row.problems)
        self.order_fields([name for field in wrong for name in (field, LEARN + field)])

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        # Whom a person names here is who gets it, whatever the season's list says.
        values[CHOSEN] = bool(values.get("company"))
        return values


def _typed(name: str, value: Any) -> Any:
    """2025-11-29 20:00, as a person would type it."""
    return str(value)[:16].replace("T", " ") if name == "received_at" and value else value


class PastedTextForm(forms.Form):
    text = forms.CharField(
        label="工单全文", max_length=10_000, widget=forms.Textarea(attrs={"rows": 10, "data-wide": "",
        "autofocus": ""}),
        help_text="把 12345 平台、微信群里的一件工单整段粘贴进来；各项的先后没有关系。",
    )  # fmt: skip


class PastedOrderForm(_ReadsMoments):
    """What was read of the text, to be looked over and registered."""

    platform = forms.ChoiceField(label="平台", choices=Platform.choices, required=False)

    def __init__(self, data: Any = None, *, initial: Mapping[str, Any], offered: Mapping[str, Sequence[str]]) -> None:
        shown = {name: _typed(name, value) for name, value in initial.items()}
        super().__init__(data, initial=shown, prefix="order")
        self.fields = order_fields(offered)
        for name in ("received_at", "category", "content", "source"):
            self.fields[name].required = True
        label = "承办企业与本季的供热企业不一致，确认按填写的派"
        self.fields[CHOSEN] = forms.BooleanField(label=label, required=False, widget=forms.HiddenInput())
        if self.data.get(self.add_prefix(CHOSEN)) == "on":
            self.fields[CHOSEN].widget = forms.CheckboxInput()

    def ask_about_company(self, said: str) -> None:
        """Who is named is not who heats the place: only a person can say that it is meant."""
        self.fields[CHOSEN].widget = forms.CheckboxInput()
        self.add_error("company", said)
