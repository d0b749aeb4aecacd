"""What a form's key stands for: the same thing sent once more by the same person, and nothing else."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model


def check_same(entered: Model, sent: Mapping[str, Any]) -> None:
    """`entered` is what stands under the key, `sent` what came with it now, by attribute. Raises ValidationError where
    they differ; it does not say what the other one is, which may be another company's."""
    if any(getattr(entered, name) != value for name, value in sent.items()):
        raise ValidationError(
            "这张表单已经提交过，当时登记的是别的内容；这次填的没有登记。请重新打开登记页，核对已登记的，确需登记的再填一次"
        )
