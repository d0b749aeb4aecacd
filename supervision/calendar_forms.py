"""The two forms of the page 工作日历: arranging days, and reckoning a deadline for trial."""

import datetime as dt
from typing import Any

from django import forms

from common import clock
from common.fields import DateRead, LedgerDateField
from common.spreadsheets.dates import Years, read_date
from common.workdays import Calendar
from supervision.enums import DaySource

MOST_WORKDAYS = 366
OFF, WORKED = "off", "worked"


class DaysForm(forms.Form):
    """`year`: of dates that name none."""

    first = LedgerDateField(label="从")
    last = LedgerDateField(label="到", required=False, help_text="只有一天的不用填")
    arranged = forms.ChoiceField(
        label="这几天", choices=[(OFF, "放假"), (WORKED, "上班")], widget=forms.RadioSelect, initial=OFF
    )
    name = forms.CharField(label="名称", required=False, max_length=40, help_text="如“国庆节”“县运动会”；放假必须填写")
    source = forms.ChoiceField(
        label="依据",
        choices=DaySource.choices,
        initial=DaySource.OWN,
        help_text="本单位安排优先于国务院通知；新一年的通知公布后，选“国务院通知”逐个节日录入",
    )

    def __init__(self, *args: Any, year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

        def read(text: str) -> DateRead:
            return read_date(text, Years(year), written_on=clock.today())

        for name in ("first", "last"):
            self.fields[name].read = read  # type: ignore[attr-defined]

    @property
    def values(self) -> dict[str, Any]:
        """What `working_days.set_days` takes."""
        data = self.cleaned_data
        return {
            "first": data["first"],
            "last": data["last"] or data["first"],
            "is_workday": data["arranged"] == WORKED,
            "name": data["name"],
            "source": data["source"],
        }


class ReckonForm(forms.Form):
    start = LedgerDateField(label="起算日", required=False)
    count = forms.IntegerField(
        label="工作日数",
        required=False,
        min_value=-MOST_WORKDAYS,
        max_value=MOST_WORKDAYS,
        help_text="往前算填负数",
        widget=forms.NumberInput(attrs={"data-unit": "个"}),
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), f"工作日数应为 -{MOST_WORKDAYS} 到 {MOST_WORKDAYS} 之间的整数"
        ),
    )

    def sentence(self, calendar: Calendar) -> str:
        """How the deadline comes about; empty while nothing was asked."""
        if not self.is_bound or not self.is_valid() or self.cleaned_data["count"] is None:
            return ""
        start: dt.date = self.cleaned_data["start"] or clock.today()
        return calendar.reckon(start, self.cleaned_data["count"]).sentence
