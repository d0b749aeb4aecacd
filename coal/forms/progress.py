"""Uploading a progress table."""

from typing import Any

from django import forms

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
