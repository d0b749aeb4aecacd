"""Uploading a progress table, and which of its differences are shown."""

from collections.abc import Sequence
from typing import Any

from django import forms

from coal.progress_selectors import Difference
from common.spreadsheets.ledgers.forms import UploadForm


class ProgressUploadForm(UploadForm):
    create_missing = forms.BooleanField(
        label="建立表里有而系统没有的供热企业",
        required=False,
        help_text="核对过企业名称后再勾选，以免同一家企业建出两个。",
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not user.has_perm("accounts.manage_units"):
            del self.fields["create_missing"]

    @property
    def context(self) -> dict[str, Any]:
        return {"create_missing": bool(self.cleaned_data.get("create_missing"))}


class DifferenceForm(forms.Form):
    """Which company's and which figure's; all without a choice, and of a choice that is none."""

    company = forms.ChoiceField(label="供热企业", required=False)
    figure = forms.ChoiceField(label="项目", required=False)

    def __init__(self, data: Any, *, found: Sequence[Difference]) -> None:
        super().__init__(data)
        self.found = found
        companies = {str(each.line.company_id): each.line.company.label for each in found}
        figures = {each.figure.label: each.figure.label for each in found}
        for name, known in (("company", companies), ("figure", figures)):
            self.fields[name].choices = [("", "全部"), *sorted(known.items(), key=lambda item: item[1])]  # type: ignore[attr-defined]

    @property
    def shown(self) -> list[Difference]:
        self.is_valid()
        company, figure = (self.cleaned_data.get(name, "") for name in ("company", "figure"))
        return [
            each for each in self.found
            if company in ("", str(each.line.company_id)) and figure in ("", each.figure.label)
        ]  # fmt: skip
