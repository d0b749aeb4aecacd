"""One form per move. They read what was typed; the rules are workflow.py's."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import Unit
from common import clock
from common.fields import LedgerDateField, NameInput, UploadsField
from common.text import normalise
from complaints import workflow
from complaints.counting import counting_of
from complaints.enums import Category, Cause, MeasuringPlace, Satisfaction, Urgency
from complaints.follow_up import CALLS_APART, attempts, last_to_call_since, to_call_since
from complaints.forms.base import MomentField, MoveForm, numbered, text_area
from complaints.models import Order
from complaints.repeats import open_besides
from complaints.send_backs import in_words, refusals_by, willing
from facilities.season_companies import company_of
from inspections.forms.choices import lead_units

YES_NO = (("yes", "是"), ("no", "否"))
PHOTO_HELP = "手机可直接拍照；可一次选多张，每个不超过 20 MB"


def choice(label: str, choices: Any, *, required: bool = True, **kwargs: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=list(choices), widget=forms.RadioSelect, required=required, **kwargs)


class AcceptForm(MoveForm):
    note = text_area("受理说明", required=False, rows=2, help_text="可不填")

    def make(self) -> Any:
        return workflow.accept(self.order, by=self.by, note=self.cleaned_data["note"])


class DispatchForm(MoveForm):
    company = forms.ModelChoiceField(Unit.objects.none(), label="承办企业", empty_label="请选择")
    note = text_area("派单说明", required=False, rows=2, help_text="随消息发给企业，可不填")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        order = self.order
        refusals = refusals_by(order) if order.dispatched_at else {}
        known = order.company or willing(company_of(order.community, order.season), refusals)
        self.fields["company"].queryset = lead_units(self.by, order.county, known.pk if known else None)  # type: ignore[attr-defined]
        self.initial.setdefault("company", known)
        place = f"{order.community} 由 {known.label} 供热，已替您选好" if known and order.community else ""
        if refusals:
            self.fields["company"].help_text = f"{in_words(refusals)}。{'' if known else '请另选一家'}"
        else:
            self.fields["company"].help_text = place or "按地址查不到供热企业，请选定一家"

    def make(self) -> Any:
        return workflow.dispatch(self.order, by=self.by, **self.cleaned_data)


class SignForm(MoveForm):
    note = text_area("签收说明", required=False, rows=2, help_text="可不填")

    def make(self) -> Any:
        return workflow.sign(self.order, by=self.by, note=self.cleaned_data["note"])


class SendBackForm(MoveForm):
    reason = text_area("退单理由", help_text="例如“该小区由某企业供热”；热线会据此改派")

    def make(self) -> Any:
        return workflow.send_back(self.order, by=self.by, reason=self.cleaned_data["reason"])


class VisitForm(MoveForm):
    visited_at = MomentField(label="到场时间", help_text="实际到现场的时间，不早于受理时间")
    visitor = forms.CharField(label="入户人员", max_length=60)
    found = text_area("现场情况", help_text="看到了什么，做了什么")
    temperature_c = forms.DecimalField(
        label="实测室温", required=False, min_value=Decimal(-30), max_value=Decimal(45), max_digits=4, decimal_places=1,
        widget=forms.NumberInput(attrs={"data-unit": "℃", "inputmode": "decimal"}),
    )  # fmt: skip
    place = forms.ChoiceField(label="测温房间", required=False, choices=[("", "没有测温"), *MeasuringPlace.choices])
    shut_minutes = forms.IntegerField(
        label="门窗关闭", required=False, min_value=0, max_value=999,
        widget=forms.NumberInput(attrs={"data-unit": "分钟"}),
    )  # fmt: skip
    height_m = forms.DecimalField(
        label="测点高度", required=False, min_value=0, max_digits=3, decimal_places=2,
        widget=forms.NumberInput(attrs={"data-unit": "m", "inputmode": "decimal"}),
    )  # fmt: skip
    device = forms.CharField(label="测温仪器编号", required=False, max_length=60)
    calibrated_until = LedgerDateField(label="检定有效期至", required=False)
    is_centre = forms.BooleanField(label="在房间中央测", required=False)
    signed_by_visitor = forms.BooleanField(label="测温人员已签字", required=False)
    signed_by_user = forms.BooleanField(label="用户已签字", required=False)
    photos = UploadsField(label="照片", required=False, help_text=PHOTO_HELP)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("visited_at", timezone.localtime(clock.now()).replace(second=0, microsecond=0))
        self.initial.setdefault("visitor", self.by.display_name)
        if self.order.category != Category.LOW_TEMPERATURE:
            return
        self.fields["temperature_c"].help_text = "“温度不达标”反馈前须有实测室温"

    def make(self) -> Any:
        values = {name: value for name, value in self.cleaned_data.items() if name != "photos"}
        return workflow.visit(self.order, by=self.by, uploads=self.uploads, **values)


class ReportForm(MoveForm):
    result = text_area("办理结果", help_text="做了什么，现在怎样")
    cause = choice("责任归因", Cause.choices)
    photos = UploadsField(label="照片和文件", required=False, help_text=PHOTO_HELP)

    def make(self) -> Any:
        values = {name: self.cleaned_data[name] for name in ("result", "cause")}
        return workflow.report(self.order, by=self.by, uploads=self.uploads, **values)


class RequestExtensionForm(MoveForm):
    new_due_at = MomentField(label="申请延至")
    reason = text_area("延期理由")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_due_at"].help_text = f"现在的时限 {workflow.in_words(self.order.due_at)}"

    def make(self) -> Any:
        return workflow.request_extension(self.order, by=self.by, **self.cleaned_data)


class DecideExtensionForm(MoveForm):
    """The buttons are `decision` = approve or deny."""

    opinion = text_area("审批意见")
    decision = forms.ChoiceField(
        choices=[("approve", "同意"), ("deny", "不同意")], widget=forms.HiddenInput,
        error_messages={"required": "请按“同意延期”或“不同意”", "invalid_choice": "请按“同意延期”或“不同意”"},
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        requests = self.order.extensions.filter(status="requested").select_related("requested_by__unit")
        self.extension = requests.first()

    def make(self) -> Any:
        approve = self.cleaned_data["decision"] == "approve"
        return workflow.decide_extension(self.order, by=self.by, approve=approve, opinion=self.cleaned_data["opinion"])


class CallBackForm(MoveForm):
    called_at = MomentField(label="回访时间")
    is_reached = choice("联系上了吗", YES_NO)
    was_contacted = choice("企业联系过诉求人吗", YES_NO, required=False)
    is_solved = choice("问题解决了吗", YES_NO, required=False)
    satisfaction = choice("满意吗", Satisfaction.choices, required=False)
    note = text_area("回访记录", required=False, help_text="诉求人怎么说")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("called_at", timezone.localtime(clock.now()).replace(second=0, microsecond=0))
        since = last_to_call_since(self.order)
        calls = attempts(self.order.callbacks.filter(called_at__gte=since)) if since else 0
        enough = counting_of(self.order.county_id).calls_before_giving_up
        what = "可以办结" if self.order.is_reported else "不用再打"
        made = f"已打过 {calls} 次（{CALLS_APART}）"
        self.fields["is_reached"].help_text = f"{made}；打满 {enough} 次都没有联系上的，{what}"

    def clean_called_at(self) -> dt.datetime:
        called: dt.datetime = self.cleaned_data["called_at"]
        # The box has no seconds: a call within the minute of the report (or the acceptance) is after it.
        since = to_call_since(self.order)
        if since and called < since < called + dt.timedelta(minutes=1):
            return since
        return called

    def make(self) -> Any:
        values = dict(self.cleaned_data)
        for name in ("is_reached", "was_contacted", "is_solved"):
            values[name] = {"yes": True, "no": False}.get(values[name])
        return workflow.call_back(self.order, by=self.by, **values)


class CloseForm(MoveForm):
    note = text_area("办结说明", required=False, rows=2, help_text="可不填")

    def make(self) -> Any:
        return workflow.close(self.order, by=self.by, note=self.cleaned_data["note"])


class RedoForm(MoveForm):
    reason = text_area("重办理由", help_text="诉求人说哪里没有解决")
    company = forms.ModelChoiceField(Unit.objects.none(), label="承办企业", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["company"].queryset = lead_units(self.by, self.order.county, self.order.company_id)  # type: ignore[attr-defined]
        self.initial.setdefault("company", self.order.company)

    def make(self) -> Any:
        return workflow.redo(self.order, by=self.by, **self.cleaned_data)


class ReclassifyForm(MoveForm):
    category = forms.ChoiceField(label="诉求类别", choices=numbered(Category.choices, None))
    urgency = forms.ChoiceField(label="紧急程度", choices=numbered(Urgency.choices, None))
    reason = text_area("调整理由")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"category": self.order.category, "urgency": self.order.urgency}

    def make(self) -> Any:
        return workflow.reclassify(self.order, by=self.by, **self.cleaned_data)


class WithdrawForm(MoveForm):
    reason = text_area("撤件依据", help_text="来源平台的撤件通知，例如文号、日期；上过门或反馈过的才能撤件")

    def make(self) -> Any:
        return workflow.withdraw(self.order, by=self.by, reason=self.cleaned_data["reason"])


class MergeForm(MoveForm):
    into = forms.CharField(
        label="并入的工单", max_length=20, widget=NameInput, help_text="填编号，例如 TS-2026-00012"
    )  # fmt: skip
    note = text_area(
        "并单说明", required=False, rows=2,
        help_text="同一户或同一电话的可不填；都不是的，请写明为什么是同一件事",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """What the household or the phone has open is named, and the newest filled in."""
        super().__init__(*args, **kwargs)
        others = open_besides(self.order)
        if others:
            field, numbers = self.fields["into"], [each.order.number for each in others]
            field.widget.names = numbers  # type: ignore[attr-defined]
            said = [f"{each.order.number}（{each.why}，{each.order.get_category_display()}）" for each in others]
            field.help_text = f"还在办理的：{'、'.join(said)}"
            self.initial.setdefault("into", numbers[0])

    def clean_into(self) -> Order:
        number = normalise(self.cleaned_data["into"]).upper()
        found = Order.objects.visible_to(self.by).filter(county=self.order.county_id, number=number).first()
        if found is None:
            raise ValidationError(f"没有编号为“{number}”的工单，请核对")
        return found

    def make(self) -> Any:
        return workflow.merge(self.order, by=self.by, **self.cleaned_data)


class InvalidateForm(MoveForm):
    reason = text_area("理由", help_text="例如“不属于供热”“重复登记”")

    def make(self) -> Any:
        return workflow.invalidate(self.order, by=self.by, reason=self.cleaned_data["reason"])
