"""The forms by which the development bureau says that a company burns no coal, and takes it back."""

from typing import Any

from django import forms

from common import clock
from common.fields import LedgerDateField, LedgerForm, read_past_day


def _reason(label: str, help_text: str) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=200, widget=forms.Textarea(attrs={"rows": 3}), help_text=help_text
    )  # fmt: skip


class CoalFreeForm(LedgerForm):
    from_on = LedgerDateField(
        label="从哪天起", read=read_past_day, help_text="本来就不烧煤的，填这个采暖季储煤开始的那天或更早"
    )
    reason = _reason("理由", "如“燃气供热，2026年7月完成煤改气”")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("from_on", clock.today())


class TakeBackForm(LedgerForm):
    reason = _reason("收回理由", "如“恢复燃煤锅炉运行”")
