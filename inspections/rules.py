"""What each move demands: pure checks that return sentences in Chinese saying what is wrong, where and what to do."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from common import clock
from common.text import bigram_stream
from inspections.enums import AttachmentStage, Grade, HazardStatus
from inspections.models import Hazard
from inspections.vagueness import vague_person, vague_point, vague_standard

if TYPE_CHECKING:
    from inspections.workflow import PlannedStep

# The 五落实 of a 重大 hazard.
FIVE_FIELDS = ("five_duty", "five_measure", "five_funding", "five_time_limit", "five_plan")
SEARCHED_FIELDS = ("number", "problem_point", "description", "responsible_person", "responsible_phone")


def label(field: str) -> str:
    return str(Hazard._meta.get_field(field).verbose_name)  # type: ignore[union-attr]


def missing(value: str | None, message: str) -> list[str]:
    return [] if value and value.strip() else [message]


def is_after_trial_run(hazard: Hazard, day: dt.date) -> bool:
    return day > hazard.season.trial_run_on


def problems_of_deadline(hazard: Hazard, due_on: dt.date, late_due_reason: str) -> list[str]:
    """A deadline must not be before the day found, and later than the trial run only with a reason on record."""
    if problems := problems_of_dates(hazard.found_on, due_on):
        return problems
    if is_after_trial_run(hazard, due_on) and not (late_due_reason or "").strip():
        return [
            f"整改时限 {due_on} 晚于本采暖季试运行日期 {hazard.season.trial_run_on}，"
            "请提前时限，或填写“时限晚于试运行的理由”"
        ]
    return []


def problems_of_new_deadline(due_on: dt.date) -> list[str]:
    """A deadline that is set now cannot lie in the past."""
    today = clock.today()
    return [f"新时限 {due_on} 已经过去（今天是 {today}），请填今天或以后的日期"] if due_on < today else []


def problems_of_five(
    *, problem_point: str, lead_unit: Any, responsible_person: str, due_on: dt.date | None, acceptance_standard: str
) -> dict[str, str]:
    """The five of the ledger by field name: which is missing or vague, and what is expected. Empty: all are fit."""
    problems: dict[str, str] = {}
    if not problem_point.strip():
        problems["problem_point"] = "没有填写问题点位，请写到具体小区、楼栋、管段或设备"
    elif why := vague_point(problem_point):
        problems["problem_point"] = f"问题点位“{problem_point}”不具体：{why}"
    if lead_unit is None:
        problems["lead_unit"] = "没有责任单位，请指定一家单位牵头整改"
    if not responsible_person.strip():
        problems["responsible_person"] = "没有责任人，请填写具体姓名"
    elif why := vague_person(responsible_person):
        problems["responsible_person"] = f"责任人“{responsible_person}”不具体：{why}"
    if due_on is None:
        problems["due_on"] = "没有整改时限，请填写具体日期（“长期坚持”“尽快”不是时限）"
    if not acceptance_standard.strip():
        problems["acceptance_standard"] = "没有验收标准，请写明用什么检验合格，例如“打压 0.8 MPa 稳压 30 分钟无渗漏”"
    elif why := vague_standard(acceptance_standard):
        problems["acceptance_standard"] = f"验收标准“{acceptance_standard}”不具体：{why}"
    return problems


def problems_before_issue(hazard: Hazard) -> list[str]:
    """Why a hazard cannot be issued: one sentence per missing or vague field, or for a deadline that is too late."""
    problems = list(
        problems_of_five(
            problem_point=hazard.problem_point,
            lead_unit=hazard.lead_unit,
            responsible_person=hazard.responsible_person,
            due_on=hazard.due_on,
            acceptance_standard=hazard.acceptance_standard,
        ).values()
    )
    problems += problems_of_lead(hazard.lead_unit)
    if hazard.due_on:
        problems += problems_of_deadline(hazard, hazard.due_on, hazard.late_due_reason)
    return problems


def problems_of_lead(unit: Any) -> list[str]:
    """A unit that nobody can sign for cannot be given a hazard to mend."""
    if unit is None or unit.is_rectifier:
        return []
    return [f"{unit.name} 是{unit.get_kind_display()}，不能作责任单位，请改为供热企业或物业等整改单位"]


def is_major(hazard: Hazard) -> bool:
    return hazard.grade == Grade.MAJOR


def acceptors_needed(hazard: Hazard) -> int:
    return 2 if is_major(hazard) else 1


def rectifying_unit_ids(hazard: Hazard) -> set[int]:
    """Those who do the work and therefore never accept it: the lead unit and the cooperating ones."""
    ids = set(hazard.cooperating_units.values_list("pk", flat=True))
    return ids | {hazard.lead_unit_id} if hazard.lead_unit_id else ids


def problems_of_five_duties(hazard: Hazard, five: dict[str, str]) -> list[str]:
    if not is_major(hazard):
        return []
    empty = "、".join(label(name) for name in FIVE_FIELDS if not five[name].strip())
    return [f"重大隐患须做到五落实，还没有填写：{empty}"] if empty else []


def problems_of_plan(hazard: Hazard, measure: str, steps: Sequence["PlannedStep"], five: dict[str, str]) -> list[str]:
    problems = missing(measure, "请填写整改措施")
    if not steps:
        problems.append("请至少填写一个节点，从整改时限往前倒排")
    for step in steps:
        # A plan made after the deadline has passed cannot keep to it any more.
        if hazard.due_on and clock.today() <= hazard.due_on < step.due_on:
            problems.append(f"节点“{step.title}”计划 {step.due_on} 完成，晚于整改时限 {hazard.due_on}，请提前")
    return problems + problems_of_five_duties(hazard, five)


def problems_of_dates(found_on: dt.date, due_on: dt.date | None) -> list[str]:
    if found_on > clock.today():
        return [f"发现日期 {found_on} 在今天之后，请核对"]
    if due_on and due_on < found_on:
        return [f"整改时限 {due_on} 早于发现日期 {found_on}，请核对"]
    return []


def problems_of_edit(hazard: Hazard, values: dict[str, Any]) -> list[str]:
    """What an edit would break: once issued, the five stay fit and the deadline's reason stays on record."""
    found_on, due_on = values.get("found_on", hazard.found_on), values.get("due_on", hazard.due_on)
    wrong_dates = problems_of_dates(found_on, due_on)
    if "grade" in values and hazard.state is HazardStatus.AWAITING_ACCEPTANCE:
        # The grade decides how many have to accept.
        return [*wrong_dates, "正在等待验收，不能改隐患等级；确需调整的，请先按“验收不合格”退回整改"]
    if wrong_dates or not hazard.state.is_issued:
        return wrong_dates
    point, standard = (values.get(name, getattr(hazard, name)) for name in ("problem_point", "acceptance_standard"))
    problems = problems_of_five(
        problem_point=point, lead_unit=hazard.lead_unit, responsible_person=hazard.responsible_person, due_on=due_on,
        acceptance_standard=standard,
    )  # fmt: skip
    touched = [problem for name, problem in problems.items() if name in values]
    if due_on and "late_due_reason" in values:
        touched += problems_of_deadline(hazard, due_on, values["late_due_reason"])
    return touched


def problems_of_report(hazard: Hazard, percent: int, text: str, reason: str) -> list[str]:
    problems = missing(text, "请填写进展情况")
    if not 0 <= percent <= 100:
        problems.append(f"进度填的是 {percent}，应在 0 到 100 之间")
    elif percent < hazard.progress_percent and not reason.strip():
        problems.append(f"进度由 {hazard.progress_percent}% 调低为 {percent}%，请填写调低的原因")
    return problems


def problems_before_acceptance(hazard: Hazard) -> list[str]:
    problems = []
    after = hazard.attachments.filter(round=hazard.round, stage=AttachmentStage.AFTER, is_photo=True)
    if not after.exists():
        problems.append("请先上传本轮整改后的照片，再申请验收")
    return problems + problems_of_five_duties(hazard, {name: getattr(hazard, name) for name in FIVE_FIELDS})


def problems_of_acceptance(hazard: Hazard, opinion: str, inspectors: str, accepted_on: dt.date) -> list[str]:
    problems = missing(opinion, f"请对照验收标准“{hazard.acceptance_standard}”写明验收意见")
    problems += missing(inspectors, "请填写验收人员姓名")
    if accepted_on > clock.today():
        problems.append(f"验收日期 {accepted_on} 在今天之后，请核对")
    elif accepted_on < hazard.found_on:
        problems.append(f"验收日期 {accepted_on} 早于发现日期 {hazard.found_on}，请核对")
    return problems


def problems_of_extension(hazard: Hazard, new_due_on: dt.date, reason: str, interim_measures: str) -> list[str]:
    problems = missing(reason, "请填写延期理由") + missing(interim_measures, "请填写延期期间的安全措施")
    if hazard.due_on is None:
        return [*problems, "这条隐患没有时限，无需申请延期"]
    if clock.today() > hazard.due_on:
        problems.append(f"时限 {hazard.due_on} 已过，延期须在时限届满前申请；请直接联系住建局调整时限")
    if new_due_on <= hazard.due_on:
        problems.append(f"申请延至的日期 {new_due_on} 不晚于现时限 {hazard.due_on}，请核对")
    return problems


def problems_of_amendment(hazard: Hazard, values: dict[str, Any], reason: str, late_due_reason: str) -> list[str]:
    """`values`: what is to change, by field name."""
    problems = missing(reason, "请写明调整理由")
    if not values:
        problems.append("责任单位、责任人、时限都没有变化，无需调整")
    person = values.get("responsible_person")
    if person is not None and (why := vague_person(person)):
        problems.append(f"责任人“{person}”不具体：{why}")
    unit = values.get("lead_unit")
    if unit is not None and not unit.is_active:
        problems.append(f"{unit.name} 已停用，请另选责任单位")
    problems += problems_of_lead(unit)
    if unit is not None and hazard.lead_unit_id and "responsible_person" not in values:
        problems.append(f"责任单位改为 {unit.name}，请同时填写该单位的责任人")
    if due_on := values.get("due_on"):
        problems += problems_of_new_deadline(due_on)
        problems += problems_of_deadline(hazard, due_on, late_due_reason or hazard.late_due_reason)
    return problems


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)


def field_differences(hazard: Hazard, values: dict[str, Any]) -> dict[str, list[Any]]:
    """What `values` would change on the hazard, with the fields' labels; choices as people read them."""
    changes = {}
    for name, new in values.items():
        field = Hazard._meta.get_field(name)
        old = getattr(hazard, name)
        choices = dict(getattr(field, "flatchoices", None) or [])
        if choices:
            old, new = choices.get(old, old), choices.get(new, new)
        if _text(old) != _text(new):
            changes[label(name)] = [_text(old), _text(new)]
    return changes


def search_terms(hazard: Hazard, **changed: Any) -> str:
    """The bigrams of everything that free text search looks at, as stored in `Hazard.search_terms`."""
    return bigram_stream(*(str(changed.get(field, getattr(hazard, field)) or "") for field in SEARCHED_FIELDS))
