"""The form of a coal yard."""

from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS

from accounts.models import Unit
from coal.bounds import most_of, within
from coal.models import Yard
from coal.services import YARD_FIELDS
from facilities.forms import InCounty


class YardForm(InCounty):
    """A company's own people are not asked whose yard it is; whose it is does not change."""

    class Meta:
        model = Yard
        fields = tuple(name for name in YARD_FIELDS if name != "is_active")
        labels = {"capacity_t": "设计库容"}
        error_messages = {NON_FIELD_ERRORS: {"unique_together": "该企业已有同名的煤场，请核对"}}
        help_texts = {
            "name": "同一企业内不能重名，如“东厂煤场”",
            "is_covered": "有封闭煤棚或筒仓的勾选，露天堆放的不勾选",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        capacity = self.fields["capacity_t"]
        capacity.unit = "t"  # type: ignore[attr-defined]
        capacity.validators += within(most_of(Yard, "capacity_t"))
        self.fields["place"].widget.attrs["data-wide"] = True
        companies = Unit.objects.visible_to(self.by).companies().filter(is_active=True)
        if self.instance.pk:
            # What was entered is its company's book.
            del self.fields["company"]
        elif own := self.by.unit_id and companies.filter(pk=self.by.unit_id).first():
            self.instance.company = own
            del self.fields["company"]
        else:
            self.fields["company"].queryset = companies.select_related("region__parent")  # type: ignore[attr-defined]

    @property
    def values(self) -> dict[str, Any]:
        return {"company": self.instance.company, **super().values}
