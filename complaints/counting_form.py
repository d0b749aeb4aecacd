"""The form of 统计口径."""

from typing import Any

from django import forms

from complaints.counting import FIELDS
from complaints.enums import Category
from complaints.follow_up import CALLS_APART
from complaints.models import Counting
from complaints.models.counting import CAUSE_CHOICES

UNITS = {
    "repeat_days": "天", "least_households": "户", "cluster_households": "户", "false_alarms": "次",
    "room_floor_c": "℃", "shut_minutes": "分钟", "height_m": "m", "calls_before_giving_up": "次",
}  # fmt: skip


class CountingForm(forms.ModelForm):
    """`values` is what the service takes."""

    categories = forms.MultipleChoiceField(
        label="计入的诉求类别", choices=Category.choices, widget=forms.CheckboxSelectMultiple
    )
    causes = forms.MultipleChoiceField(
        label="计入的责任归因", choices=CAUSE_CHOICES, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Counting
        fields = FIELDS
        help_texts = {
            "with_repeats": "不勾选时，万户投诉率不计重复投诉",
            "repeat_days": "同一户同一类别在这些天内再次投诉算重复；本季同一电话再次投诉也算",
            "least_households": "户数更少的小区和换热站单列，不参加热点排名",
            "cluster_households": "少于这么多户的，无论多反常都不预警",
            "room_floor_c": "卧室、起居室按规程实测不低于这个温度算合格",
            "shut_minutes": "测温规程：门窗至少关闭这么久",
            "height_m": "测温规程：离地高度，上下 0.1 m 以内都算",
            "calls_before_giving_up": f"从企业反馈起打满这么多次都没有联系上诉求人的，可以办结；{CALLS_APART}",
            "false_alarms": "没有异常的一个采暖季里，全县可以容忍误报几次；数越小，预警越谨慎",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, unit in UNITS.items():
            self.fields[name].unit = unit  # type: ignore[attr-defined]

    @property
    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in FIELDS}
