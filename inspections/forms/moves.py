"""One form per move. They read what was typed; the rules are workflow.py's."""

from typing import Any

from django import forms

from accounts.models import Unit, User
from audit.models import AuditEntry
from common import clock
from common.fields import LedgerDateField, UploadsField, read_past_day
from inspections import rules, workflow
from inspections.enums import AttachmentStage
from inspections.forms.base import DeadlineField, MoveForm, text_area
from inspections.forms.choices import lead_units, supervisors
from inspections.models import Extension
from inspections.services import account_of
from inspections.wording import ANNOUNCE_PAST, PAST_HELP


class IssueForm(MoveForm):
    note = text_area("下达说明", required=False, help_text="随消息发给责任单位，可不填")
    announce_past = forms.BooleanField(label=ANNOUNCE_PAST, required=False, help_text=PAST_HELP)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.hazard.is_overdue(clock.today()):
            del self.fields["announce_past"]
        # As it was asked for when it was imported.
        self.initial.setdefault("announce_past", self.hazard.watched_since is None)

    def make(self) -> AuditEntry:
        data = self.cleaned_data
        # Where nothing was asked, nothing was answered.
        return workflow.issue(self.hazard, by=self.by, note=data["note"], announce_past=data.get("announce_past"))


class SignForm(MoveForm):
    note = text_area("签收说明", required=False, rows=2, help_text="可不填")

    def make(self) -> AuditEntry:
        return workflow.sign(self.hazard, by=self.by, note=self.cleaned_data["note"])


class ReturnForm(MoveForm):
    reason = text_area("退回理由", help_text="例如“该管段由某单位负责”；住建局会据此改派或重新下达")

    def make(self) -> AuditEntry:
        return workflow.return_to_bureau(self.hazard, by=self.by, reason=self.cleaned_data["reason"])


class ReportForm(MoveForm):
    stage = AttachmentStage.DURING

    percent = forms.IntegerField(
        label="整改进度", min_value=0, max_value=100, widget=forms.NumberInput(attrs={"data-unit": "%"})
    )
    text = text_area("进展情况", help_text="做到了哪一步，下一步做什么")
    reason = forms.CharField(label="进度调低的原因", required=False, help_text="比上次填报低时必须填写")
    done = forms.MultipleChoiceField(
        label="已完成的节点", required=False, widget=forms.CheckboxSelectMultiple, help_text="勾选后记为今天完成"
    )
    photos = UploadsField(label="现场照片", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["percent"].help_text = f"上次填报 {self.hazard.progress_percent}%"
        self.initial.setdefault("percent", self.hazard.progress_percent)
        steps = self.hazard.milestones.filter(round=self.hazard.round, done_on__isnull=True)
        choices = [(str(step.pk), f"{step.title}（计划 {step.due_on}）") for step in steps]
        if choices:
            self.fields["done"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["done"]

    def make(self) -> AuditEntry:
        done = [int(pk) for pk in self.cleaned_data.get("done", [])]
        return workflow.report(
            self.hazard, by=self.by, percent=self.cleaned_data["percent"], text=self.cleaned_data["text"],
            reason=self.cleaned_data["reason"], done_milestones=done,
        )  # fmt: skip


class RequestAcceptanceForm(MoveForm):
    stage = AttachmentStage.AFTER

    note = text_area("完成情况", help_text="做了哪些整改、自检结果；对照验收标准写")
    photos = UploadsField(label="整改后照片和检验记录", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        after = self.hazard.attachments.filter(
            round=self.hazard.round, stage=AttachmentStage.AFTER, is_photo=True
        ).count()
        self.fields["photos"].required = not after
        known = f"本轮已有 {after} 张整改后照片，可以再加。" if after else "至少要有一张整改后的照片。"
        self.fields["photos"].help_text = known + self.fields["photos"].help_text
        self.fields["photos"].error_messages["required"] = "请上传整改后的照片，再申请验收"

    def make(self) -> AuditEntry:
        return workflow.request_acceptance(self.hazard, by=self.by, note=self.cleaned_data["note"])


class ConclusionForm(MoveForm):
    stage = AttachmentStage.ACCEPTANCE

    opinion = text_area("验收意见")
    inspectors = forms.CharField(label="验收人员", max_length=120, help_text="几个人用、隔开")
    accepted_on = LedgerDateField(label="验收日期", read=read_past_day)
    photos = UploadsField(label="验收照片和检验记录", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["opinion"].help_text = f"对照验收标准：{self.hazard.acceptance_standard}"
        self.initial.setdefault("inspectors", self.by.display_name)
        self.initial.setdefault("accepted_on", clock.today())

    @property
    def conclusion(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("opinion", "inspectors", "accepted_on")}


class AcceptForm(ConclusionForm):
    def make(self) -> AuditEntry:
        return workflow.accept(self.hazard, by=self.by, **self.conclusion)


class RejectForm(ConclusionForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["opinion"].label = "不合格之处"

    def make(self) -> AuditEntry:
        return workflow.reject(self.hazard, by=self.by, **self.conclusion)


class RequestExtensionForm(MoveForm):
    new_due_on = DeadlineField(label="申请延至")
    reason = text_area("延期理由")
    interim_measures = text_area("延期期间的安全措施", help_text="隐患还在，这段时间怎么防止出事")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_due_on"].help_text = f"现时限 {self.hazard.due_on}，试运行 {self.hazard.season.trial_run_on}"

    def make(self) -> Any:
        return workflow.request_extension(self.hazard, by=self.by, **self.cleaned_data)


class DecideExtensionForm(MoveForm):
    """The buttons are `decision` = approve or deny."""

    opinion = text_area("审批意见")
    late_due_reason = text_area(
        "时限晚于试运行的理由", required=False, rows=2, help_text="延到试运行之后才要填；不填则用企业的延期理由"
    )
    decision = forms.ChoiceField(
        choices=[("approve", "同意"), ("deny", "不同意")], widget=forms.HiddenInput,
        error_messages={"required": "请按“同意延期”或“不同意”", "invalid_choice": "请按“同意延期”或“不同意”"},
    )  # fmt: skip

    def __init__(self, *args: Any, extension: Extension | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.extension = self.hazard.extensions.filter(status="requested").select_related("requested_by__unit").first()
        if self.extension and not rules.is_after_trial_run(self.hazard, self.extension.new_due_on):
            del self.fields["late_due_reason"]

    def make(self) -> AuditEntry:
        return workflow.decide_extension(
            self.hazard, by=self.by, approve=self.cleaned_data["decision"] == "approve",
            opinion=self.cleaned_data["opinion"], late_due_reason=self.cleaned_data.get("late_due_reason", ""),
        )  # fmt: skip


class AmendForm(MoveForm):
    lead_unit = forms.ModelChoiceField(Unit.objects.none(), label="责任单位（牵头）", required=False)
    responsible_person = forms.CharField(label="责任人", required=False, max_length=60)
    responsible_phone = forms.CharField(label="联系电话", required=False, max_length=40)
    supervisor = forms.ModelChoiceField(User.objects.none(), label="住建局督办人", required=False)
    due_on = DeadlineField(label="整改时限", required=False)
    late_due_reason = text_area("时限晚于试运行的理由", required=False, rows=2, help_text="时限晚于试运行时必须填写")
    reason = text_area("调整理由", help_text="只改需要改的，其余保持原样；调整前后都留在记录里")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hazard = self.hazard
        for name in ("lead_unit", "responsible_person", "responsible_phone", "supervisor", "due_on", "late_due_reason"):
            self.initial.setdefault(name, getattr(hazard, name))
        self.fields["lead_unit"].queryset = lead_units(self.by, hazard.county, keep=hazard.lead_unit_id)  # type: ignore[attr-defined]
        self.fields["supervisor"].queryset = supervisors(self.by, hazard.county, keep=hazard.supervisor_id)  # type: ignore[attr-defined]
        for name in ("lead_unit", "supervisor"):
            self.fields[name].empty_label = "未定"  # type: ignore[attr-defined]
        self.fields["due_on"].help_text = f"试运行 {hazard.season.trial_run_on}"
        self.fields["due_on"].found_on = hazard.found_on  # type: ignore[attr-defined]
        if hazard.state.is_issued:
            self.fields["lead_unit"].help_text = "换单位后由新单位重新签收"

    def make(self) -> AuditEntry:
        data = self.cleaned_data
        unit = data["lead_unit"] or self.hazard.lead_unit
        person = data["responsible_person"] or self.hazard.responsible_person
        account = None
        if unit != self.hazard.lead_unit or person != self.hazard.responsible_person:
            account = account_of(unit, person)
        return workflow.amend(
            self.hazard, by=self.by, reason=data["reason"], lead_unit=data["lead_unit"],
            responsible_person=data["responsible_person"] or None, responsible_phone=data["responsible_phone"] or None,
            responsible_user=account, supervisor=data["supervisor"], due_on=data["due_on"],
            late_due_reason=data["late_due_reason"],
        )  # fmt: skip


class ReopenForm(MoveForm):
    reason = text_area("复发情况", help_text="什么时候、在哪里、又出现了什么")
    due_on = DeadlineField(label="新一轮整改时限")
    late_due_reason = text_area("时限晚于试运行的理由", required=False, rows=2, help_text="时限晚于试运行时必须填写")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["due_on"].help_text = f"试运行 {self.hazard.season.trial_run_on}"

    def make(self) -> AuditEntry:
        return workflow.reopen(self.hazard, by=self.by, **self.cleaned_data)


class VoidForm(MoveForm):
    reason = text_area("作废理由", help_text="例如“与 YH-2026-0012 重复登记”")

    def make(self) -> AuditEntry:
        return workflow.void(self.hazard, by=self.by, reason=self.cleaned_data["reason"])
