"""How an export is to look."""

from django import forms

from inspections.exporting import Look

# (value, label, what it is for)
EXPORT_LOOKS = [
    (Look.OFFICIAL.value, Look.OFFICIAL.label, "有标题、填报单位和签字栏，可直接打印上报"),
    (Look.PLAIN.value, Look.PLAIN.label, "一行表头、全部列，改好后可以再导入，按编号更新"),
    (Look.PHOTOS.value, Look.PHOTOS.label, "整改前、整改后照片放进单元格"),
]


class ExportForm(forms.Form):
    look = forms.ChoiceField(
        label="格式", choices=Look.choices, initial=Look.OFFICIAL, required=False, widget=forms.RadioSelect,
        error_messages={"invalid_choice": "没有“%(value)s”这种导出格式，请重新选择"},
    )  # fmt: skip
    subtotals = forms.BooleanField(label="按责任单位小计", required=False)

    def clean_look(self) -> Look:
        return Look(self.cleaned_data["look"] or Look.OFFICIAL)
