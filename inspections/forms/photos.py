"""Forms of the page on which the photos of an imported ledger are sent up and settled."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from common.spreadsheets.photo_archives import LIMITS
from common.spreadsheets.zip_members import MEBIBYTE
from inspections.enums import AttachmentStage
from inspections.photos import STAGES

STAGE_CHOICES = [(stage.value, stage.label) for stage in AttachmentStage if stage in STAGES]


class PhotoArchiveForm(forms.Form):
    file = forms.FileField(
        label="照片压缩包",
        help_text=f"zip 格式，不超过 {LIMITS.max_bytes // MEBIBYTE} MB、{LIMITS.max_members} 个文件，更多的分次上传。",
        widget=forms.FileInput(attrs={"accept": ".zip"}),
    )
    stage = forms.ChoiceField(
        label="名字里没有写阶段的照片", required=False, choices=[("", "上传后逐张选择"), *STAGE_CHOICES],
        help_text="文件夹或文件名里写了整改前、整改后的，以写的为准。",
    )  # fmt: skip

    def clean_file(self) -> Any:
        """Judged before anything is read."""
        file = self.cleaned_data["file"]
        if file.size > LIMITS.max_bytes:
            most = LIMITS.max_bytes // MEBIBYTE
            raise ValidationError(f"“{file.name}”有 {file.size // MEBIBYTE} MB，最多 {most} MB，请分成几个压缩包上传")
        return file


class PhotoForm(forms.Form):
    """Which row and stage a photo is of."""

    row = forms.IntegerField(
        label="表格行号", min_value=1, max_value=9_999_999,
        error_messages={"invalid": "请填写表格左侧的行号，例如 12", "required": "请填写对应的行号"},
    )  # fmt: skip
    stage = forms.ChoiceField(
        label="阶段", choices=[("", "请选择"), *STAGE_CHOICES], error_messages={"required": "请选择整改前还是整改后"}
    )
