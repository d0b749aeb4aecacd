"""The form by which a clerk writes down what a caller says, with the keyboard alone; and the one that corrects it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.enums import UnitKind
from accounts.models import Unit
from common import clock
from common.fields import LedgerForm
from complaints.callers import mask_name, mask_phone
from complaints.enums import Category, Platform, Source, Urgency
from complaints.forms.base import MomentField, numbered, text_area
from complaints.models import Order
from complaints.places import the_community
from complaints.reading import HOUSE
from complaints.rules import written_address
from facilities.models import Season
from facilities.season_companies import company_of
from inspections.forms.choices import lead_units

# In the order in which a call goes; the rest is filled in already.
FIRST = ("phone", "caller", "community", "building", "building_unit", "room", "category", "urgency", "content")
REST = (
    "company", "stated_temperature_c", "source", "platform", "outside_number", "received_at", "address",
)  # fmt: skip
NAMED = 4


class OrderForm(LedgerForm):
    """`season` decides the county. `values` is what the services take."""

    phone = forms.CharField(label="联系电话", max_length=40, required=False)
    caller = forms.CharField(label="诉求人", max_length=60, required=False)
    community = forms.CharField(
        label="小区", max_length=60, required=False, help_text="输入拼音首字母或几个字，如 jxjy、锦绣"
    )
    building = forms.CharField(label="楼号", max_length=20, required=False)
    building_unit = forms.CharField(label="单元", max_length=20, required=False)
    room = forms.CharField(label="房号", max_length=20, required=False)
    category = forms.ChoiceField(label="诉求类别", choices=numbered(Category.choices), help_text="按数字键选")
    urgency = forms.ChoiceField(label="紧急程度", choices=numbered(Urgency.choices, None), help_text="按数字键选")
    content = text_area("诉求内容")
    company = forms.ModelChoiceField(
        Unit.objects.none(), label="承办企业", required=False, empty_label="按小区自动确定"
    )
    stated_temperature_c = forms.DecimalField(
        label="反映室温", required=False, min_value=-30, max_value=45, max_digits=4, decimal_places=1,
        widget=forms.NumberInput(attrs={"data-unit": "℃", "inputmode": "decimal"}),
    )  # fmt: skip
    source = forms.ChoiceField(label="来源", choices=Source.choices)
    platform = forms.ChoiceField(label="平台", choices=Platform.choices)
    outside_number = forms.CharField(label="来源工单号", max_length=60, required=False)
    received_at = MomentField(label="受理时间")
    address = forms.CharField(
        label="地址", max_length=200, required=False, help_text="小区不在名单里时写在这里；选了小区可不填"
    )

    def __init__(self, *args: Any, by: Any, season: Season, order: Order | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by, self.season, self.order = by, season, order
        self.fields["company"].queryset = lead_units(by, season.county, order.company_id if order else None)  # type: ignore[attr-defined]
        now = timezone.localtime(clock.now()).replace(second=0, microsecond=0)
        self.initial = {
            "source": Source.PHONE, "platform": Platform.COUNTY, "received_at": now, **self.initial
        }  # fmt: skip
        self.fields["phone"].widget.attrs |= {"inputmode": "tel", "autocomplete": "off"}
        for name in ("caller", "community"):
            self.fields[name].widget.attrs["autocomplete"] = "off"
        if not by.has_perm("complaints.dispatch_order"):
            del self.fields["company"]

    def clean_community(self) -> Any:
        text = self.cleaned_data["community"].strip()
        if not text:
            return None
        meant, found = the_community(text, self.by, self.season.county_id)
        if meant is not None:
            return meant
        if found:
            named = "、".join(each.name for each in found[:NAMED])
            raise ValidationError(f"“{text}”可能是 {named}，请写全小区名称")
        raise ValidationError(f"名单里没有“{text}”。请把地址写在“地址”一栏，小区留空，由人员核定承办企业")

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        community = data.get("community")
        if "community" in self.errors:
            return data
        if community is None and not data.get("address"):
            self.add_error("community", "请填写小区；小区不在名单里的，把地址写在“地址”一栏")
        elif community is not None and not data.get("address"):
            data["address"] = written_address(community.name, *(data.get(name) or "" for name in HOUSE))
        if community and community.county_id != self.season.county_id:
            self.add_error("community", f"{community} 不在{self.season.county}")
        if self.by.unit_id and self.by.unit.kind == UnitKind.TOWNSHIP and community is None:
            data["township"] = self.by.unit.region
        if "company" in self.fields and not data.get("company"):
            data["company"] = company_of(community, self.season)
        return data

    @property
    def values(self) -> dict[str, Any]:
        return dict(self.cleaned_data)

    @property
    def first(self) -> list[forms.BoundField]:
        return [self[name] for name in FIRST if name in self.fields]

    @property
    def rest(self) -> list[forms.BoundField]:
        return [self[name] for name in REST if name in self.fields]


class EditForm(OrderForm):
    """Names and phones stay masked: what is left empty stays as it is. Category and urgency have their own move."""

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        initial = {
            name: getattr(order, name)
            for name in ("building", "building_unit", "room", "content", "stated_temperature_c", "source", "platform",
                         "outside_number", "address")
        }  # fmt: skip
        initial |= {
            "received_at": timezone.localtime(order.received_at), "company": order.company,
            "community": order.community.name if order.community else "",
        }  # fmt: skip
        super().__init__(*args, order=order, season=order.season, initial=initial, **kwargs)
        for name in ("category", "urgency"):
            del self.fields[name]
        if order.dispatched_at:
            self.fields.pop("company", None)
        masked = {"phone": mask_phone(order.phone), "caller": mask_name(order.caller)}
        for name, text in masked.items():
            self.fields[name].widget.attrs["placeholder"] = text
            self.fields[name].help_text = "不改就留空"

    @property
    def values(self) -> dict[str, Any]:
        """What is to be written; a phone or a name left empty is not."""
        assert self.order is not None
        values = {name: value for name, value in self.cleaned_data.items() if name != "company" or value}
        for name in ("phone", "caller"):
            if not values[name]:
                del values[name]
        received = values["received_at"]
        if received == self.order.received_at.replace(second=0, microsecond=0):
            values["received_at"] = self.order.received_at
        return values
