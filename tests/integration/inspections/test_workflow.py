"""Every move: who may make it and from where, what it demands (word for word), what it records and whom it tells."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts import roles
from accounts.models import User
from audit.models import AuditEntry
from common.concurrency import Stale
from inspections import services, workflow
from inspections.enums import AttachmentStage, Conclusion, ExtensionStatus, Grade, HazardStatus
from inspections.models import Hazard
from inspections.moves import MOVES, moves_for
from inspections.workflow import FUNCTIONS, MoveRefused, PlannedStep
from notifications.models import Message
from tests.cast import SUMMER_DAY, Cast
from tests.factories import DUE_ON, HazardFactory
from tests.hazards import add_photo, hazard_of, request_extension

S = HazardStatus
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer"), pytest.mark.either_database]

BUREAU = {roles.ADMIN, roles.INSPECTOR}
COMPANY = {roles.COMPANY_ADMIN, roles.COMPANY_CLERK}
OPEN = {S.PENDING, S.ISSUED, S.RECTIFYING, S.AWAITING_ACCEPTANCE}
# Written by hand from what the bureau asked for: move → (roles that may, states in which it is possible).
EXPECTED: dict[str, tuple[set[str], set[HazardStatus]]] = {
    "issue": (BUREAU, {S.PENDING}),
    "sign": (COMPANY, {S.ISSUED}),
    "return": (COMPANY, {S.ISSUED}),
    "plan": (COMPANY, {S.RECTIFYING}),
    "report": (COMPANY, {S.RECTIFYING}),
    "request_acceptance": (COMPANY, {S.RECTIFYING}),
    "accept": (BUREAU, {S.AWAITING_ACCEPTANCE}),
    "reject": (BUREAU, {S.AWAITING_ACCEPTANCE}),
    "request_extension": (COMPANY, {S.ISSUED, S.RECTIFYING}),
    "decide_extension": (BUREAU, OPEN),
    "amend": (BUREAU, OPEN),
    "reopen": (BUREAU, {S.CLOSED}),
    "void": ({roles.ADMIN}, OPEN),
}
GOES_TO = {
    "issue": S.ISSUED, "sign": S.RECTIFYING, "return": S.PENDING, "request_acceptance": S.AWAITING_ACCEPTANCE,
    "accept": S.CLOSED, "reject": S.RECTIFYING, "reopen": S.ISSUED, "void": S.VOID,
}  # fmt: skip
CONCLUSION = {"opinion": "打压合格，无渗漏", "inspectors": "杜导", "accepted_on": SUMMER_DAY}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "issue": {},
    "sign": {},
    "return": {"reason": "该管段由北苑供热站负责"},
    "plan": {"measure": "更换管段", "steps": [PlannedStep("更换完成", dt.date(2026, 9, 20))]},
    "report": {"percent": 40, "text": "管材到场"},
    "request_acceptance": {"note": "已更换，自检合格"},
    "accept": CONCLUSION,
    "reject": CONCLUSION,
    "request_extension": {"new_due_on": dt.date(2026, 10, 15), "reason": "管材晚到", "interim_measures": "每日巡检"},
    "decide_extension": {"approve": True, "opinion": "同意"},
    "amend": {"reason": "责任人调动", "responsible_person": "赵新"},
    "reopen": {"reason": "同一处又漏", "due_on": dt.date(2026, 9, 1)},
    "void": {"reason": "重复登记"},
}


def make(move: str, hazard: Hazard, by: User, **changed: Any) -> Any:
    return FUNCTIONS[move](hazard, by=by, **{**ARGUMENTS[move], **changed})


def refusal(move: str, hazard: Hazard, by: User, **changed: Any) -> list[str]:
    """What a move is refused with; and that nothing was written."""
    before = (AuditEntry.objects.count(), Message.objects.count())
    with pytest.raises(MoveRefused) as caught, transaction.atomic():
        make(move, hazard, by, **changed)
    assert (AuditEntry.objects.count(), Message.objects.count()) == before
    assert Hazard.objects.get(pk=hazard.pk).version == hazard.version
    return caught.value.problems


def told(subject_part: str = "") -> dict[str, set[str]]:
    """Subjects of the messages sent, each with the usernames that got it."""
    found: dict[str, set[str]] = {}
    for subject, username in Message.objects.filter(subject__contains=subject_part).values_list(
        "subject", "recipient__username"
    ):
        found.setdefault(subject, set()).add(username)
    return found


class TestWhoAndFromWhere:
    def test_the_table_of_moves_is_the_one_asked_for(self):
        assert set(MOVES) == set(EXPECTED) == set(FUNCTIONS)
        for code, (_, states) in EXPECTED.items():
            assert set(MOVES[code].sources) == states, code
            assert MOVES[code].target == GOES_TO.get(code), code

    @pytest.mark.parametrize("status", list(S), ids=str)
    @pytest.mark.parametrize("move", EXPECTED)
    def test_each_role_in_each_state(self, cast: Cast, move: str, status: HazardStatus):
        hazard = hazard_of(cast, status)
        add_photo(hazard)
        if move == "decide_extension":
            request_extension(hazard, cast.chengyuan_admin)
        people = {**cast.by_role, roles.COMPANY_CLERK: cast.chengyuan_clerk, "别家企业": cast.beiyuan_admin}
        may, states = EXPECTED[move]
        for role, user in people.items():
            with transaction.atomic():
                fresh = Hazard.objects.get(pk=hazard.pk)
                offered = move in [offer.code for offer in moves_for(user, fresh)]
                try:
                    make(move, fresh, user)
                    outcome = "made"
                except PermissionDenied:
                    outcome = "forbidden"
                except MoveRefused:
                    outcome = "refused"
                transaction.set_rollback(True)
            expected = "forbidden" if role not in may else "made" if status in states else "refused"
            assert (role, outcome, offered) == (role, expected, expected == "made")

    @pytest.mark.parametrize("move", GOES_TO)
    def test_the_status_goes_where_it_should(self, cast: Cast, move: str):
        hazard = hazard_of(cast, MOVES[move].sources[0])
        add_photo(hazard)
        by = cast.chengyuan_admin if roles.COMPANY_ADMIN in EXPECTED[move][0] else cast.admin
        source, version = hazard.status, hazard.version

        make(move, hazard, by)

        stored = Hazard.objects.get(pk=hazard.pk)
        assert (stored.status, stored.version, stored.status_since) == (GOES_TO[move], version + 1, timezone.now())
        entry = AuditEntry.objects.of(hazard).get()
        assert (entry.action, entry.from_status, entry.to_status) == (MOVES[move].label, source, GOES_TO[move])
        assert (entry.actor, entry.unit_name, entry.region_code) == (by, by.unit.name, "130199")

    def test_refused_in_another_state_with_what_would_be_possible(self, cast: Cast):
        hazard = hazard_of(cast, S.RECTIFYING)
        assert refusal("sign", hazard, cast.chengyuan_admin) == [
            f"{hazard.number} 现在是“整改中”，只有待签收的隐患才能签收"
        ]

    @pytest.mark.parametrize("move", EXPECTED)
    def test_an_old_version_is_stale_and_writes_nothing(self, cast: Cast, move: str):
        hazard = hazard_of(cast, MOVES[move].sources[-1])
        add_photo(hazard)
        if move == "decide_extension":
            request_extension(hazard, cast.chengyuan_admin)
        by = cast.chengyuan_admin if roles.COMPANY_ADMIN in EXPECTED[move][0] else cast.admin
        Hazard.objects.filter(pk=hazard.pk).update(version=hazard.version + 1)

        with pytest.raises(Stale), transaction.atomic():
            make(move, hazard, by)

        assert Hazard.objects.get(pk=hazard.pk).status == MOVES[move].sources[-1]
        assert not AuditEntry.objects.of(hazard).exists()
        assert not Message.objects.exists()
        assert not hazard.extensions.exclude(status=ExtensionStatus.REQUESTED).exists()


class TestIssue:
    def test_tells_the_company_and_remembers_the_deadline(self, cast: Cast):
        hazard = hazard_of(cast)
        workflow.issue(hazard, by=cast.inspector, note="请抓紧")
        hazard.refresh_from_db()
        assert (hazard.issued_at, hazard.original_due_on, hazard.supervisor) == (
            timezone.now(), DUE_ON, cast.inspector,
        )  # fmt: skip
        assert told() == {f"{hazard.number} 已下达，请签收；时限 2026-09-30": {"cy_admin", "cy_clerk"}}
        assert Message.objects.first().body == f"{hazard.problem_point}\n请抓紧"
        assert Message.objects.first().path == f"/hazards/{hazard.pk}/"

    def test_refused_while_one_of_the_five_is_missing(self, cast: Cast):
        hazard = HazardFactory(
            season=cast.season, problem_point=" ", lead_unit=None, responsible_person="", due_on=None,
            acceptance_standard="",
        )  # fmt: skip
        assert refusal("issue", hazard, cast.admin) == [
            "没有填写问题点位，请写到具体小区、楼栋、管段或设备",
            "没有责任单位，请指定一家单位牵头整改",
            "没有责任人，请填写具体姓名",
            "没有整改时限，请填写具体日期（“长期坚持”“尽快”不是时限）",
            "没有验收标准，请写明用什么检验合格，例如“打压 0.8 MPa 稳压 30 分钟无渗漏”",
        ]

    def test_refused_while_one_of_the_five_is_vague(self, cast: Cast):
        hazard = hazard_of(cast, problem_point="多处", responsible_person="相关人员", acceptance_standard="整改到位")
        assert refusal("issue", hazard, cast.admin) == [
            "问题点位“多处”不具体：请写到具体小区、楼栋、管段或设备",
            "责任人“相关人员”不具体：请填写具体姓名",
            "验收标准“整改到位”不具体：请写明用什么检验、到什么程度算合格，例如“打压 0.8 MPa 稳压 30 分钟无渗漏”",
        ]

    def test_a_deadline_after_the_trial_run_needs_a_reason(self, cast: Cast):
        hazard = hazard_of(cast, due_on=dt.date(2026, 11, 1))
        assert refusal("issue", hazard, cast.admin) == [
            "整改时限 2026-11-01 晚于本采暖季试运行日期 2026-10-31，请提前时限，或填写“时限晚于试运行的理由”"
        ]
        hazard.late_due_reason = "须停热施工"
        workflow.issue(hazard, by=cast.admin)
        assert hazard.status == S.ISSUED

    def test_the_trial_run_day_itself_is_not_late(self, cast: Cast):
        hazard = hazard_of(cast, due_on=dt.date(2026, 10, 31))
        workflow.issue(hazard, by=cast.admin)
        assert hazard.status == S.ISSUED


class TestSignAndReturn:
    def test_signing_is_dated(self, cast: Cast):
        hazard = hazard_of(cast, S.ISSUED)
        workflow.sign(hazard, by=cast.chengyuan_clerk)
        assert hazard.signed_at == timezone.now()
        assert told() == {}

    def test_returning_needs_a_reason_and_tells_the_supervisor(self, cast: Cast):
        hazard = hazard_of(cast, S.ISSUED, supervisor=cast.inspector_2)
        assert refusal("return", hazard, cast.chengyuan_admin, reason="  ") == [
            "请写明退回理由，例如“该管段由某单位负责”"
        ]
        entry = make("return", hazard, cast.chengyuan_admin)
        assert (entry.note, hazard.issued_at) == ("该管段由北苑供热站负责", None)
        assert told() == {f"{hazard.number} 被城源热力有限公司退回": {"ll_inspector2"}}

    def test_without_a_supervisor_all_inspectors_and_admins_are_told(self, cast: Cast):
        make("return", hazard_of(cast, S.ISSUED), cast.chengyuan_admin)
        assert set.union(*told().values()) == {"ll_admin", "ll_inspector", "ll_inspector2"}


class TestPlan:
    def test_demands_a_measure_and_a_step_within_the_deadline(self, cast: Cast):
        hazard = hazard_of(cast, S.RECTIFYING)
        late = PlannedStep("试压", dt.date(2026, 10, 1))
        assert refusal("plan", hazard, cast.chengyuan_admin, measure="", steps=[]) == [
            "请填写整改措施",
            "请至少填写一个节点，从整改时限往前倒排",
        ]
        assert refusal("plan", hazard, cast.chengyuan_admin, steps=[late]) == [
            "节点“试压”计划 2026-10-01 完成，晚于整改时限 2026-09-30，请提前"
        ]

    def test_a_plan_after_the_deadline_may_name_later_days(self, cast: Cast):
        hazard = hazard_of(cast, S.RECTIFYING, due_on=dt.date(2026, 8, 2))
        make("plan", hazard, cast.chengyuan_admin, steps=[PlannedStep("更换", dt.date(2026, 8, 10))])
        assert hazard.milestones.get().due_on == dt.date(2026, 8, 10)

    def test_on_the_last_day_the_deadline_still_binds(self, cast: Cast):
        hazard = hazard_of(cast, S.RECTIFYING, due_on=SUMMER_DAY)
        step = PlannedStep("更换", dt.date(2026, 8, 4))
        assert refusal("plan", hazard, cast.chengyuan_admin, steps=[step]) == [
            "节点“更换”计划 2026-08-04 完成，晚于整改时限 2026-08-03，请提前"
        ]

    def test_a_major_hazard_needs_the_five(self, cast: Cast):
        hazard = hazard_of(cast, S.RECTIFYING, grade=Grade.MAJOR)
        assert refusal("plan", hazard, cast.chengyuan_admin, five={"five_duty": "程源"}) == [
            "重大隐患须做到五落实，还没有填写：措施落实、资金落实、时限落实、预案落实"
        ]

    def test_records_what_changed_and_keeps_steps_already_done(self, cast: Cast):
        hazard = hazard_of(cast, S.RECTIFYING)
        done = hazard.milestones.create(round=1, title="备料", due_on=dt.date(2026, 8, 1), done_on=dt.date(2026, 8, 1))
        hazard.milestones.create(round=1, title="旧节点", due_on=dt.date(2026, 8, 20))

        entry = make("plan", hazard, cast.chengyuan_admin, estimated_cost_yuan=12000, funding_source="company")

        assert [step.title for step in hazard.milestones.all()] == ["备料", "更换完成"]
        assert hazard.milestones.first() == done
        assert entry.changes == {
            "整改措施": [None, "更换管段"],
            "预计费用（元）": [None, "12000"],
            "资金来源": [None, "企业自筹"],
            "节点": [None, "2026-09-20 更换完成"],
        }
        assert hazard.planned_at == timezone.now()


class TestReport:
    def test_backwards_only_with_a_reason(self, cast: Cast):
        hazard = hazard_of(cast, S.RECTIFYING, progress_percent=60)
        assert refusal("report", hazard, cast.chengyuan_admin) == ["进度由 60% 调低为 40%，请填写调低的原因"]
        entry = make("report", hazard, cast.chengyuan_admin, reason="返工")
        assert entry.note == "管材到场\n进度调低的原因：返工"
        assert (hazard.progress_percent, entry.changes) == (40, {"整改进度（%）": [60, 40]})

    def test_a_text_and_a_percentage(self, cast: Cast):
        hazard = hazard_of(cast, S.RECTIFYING)
        assert refusal("report", hazard, cast.chengyuan_admin, text="", percent=101) == [
            "请填写进展情况",
            "进度填的是 101，应在 0 到 100 之间",
        ]

    def test_ticks_off_steps_of_this_hazard_and_round_only(self, cast: Cast):
        hazard, other = hazard_of(cast, S.RECTIFYING, round=2), hazard_of(cast, S.RECTIFYING)
        old = hazard.milestones.create(round=1, title="旧", due_on=DUE_ON)
        mine = hazard.milestones.create(round=2, title="新", due_on=DUE_ON)
        foreign = other.milestones.create(round=1, title="别人的", due_on=DUE_ON)
        make("report", hazard, cast.chengyuan_admin, done_milestones=[old.pk, mine.pk, foreign.pk])
        for step, done_on in ((old, None), (mine, SUMMER_DAY), (foreign, None)):
            step.refresh_from_db()
            assert step.done_on == done_on


class TestAcceptance:
    def test_asking_for_it_demands_a_photo_of_this_round_taken_after_the_work(self, cast: Cast):
        hazard = hazard_of(cast, S.RECTIFYING, round=2)
        wrong = ["请先上传本轮整改后的照片，再申请验收"]
        add_photo(hazard, AttachmentStage.DURING)
        add_photo(hazard, round=1)
        add_photo(hazard, is_photo=False)
        assert refusal("request_acceptance", hazard, cast.chengyuan_admin) == wrong
        add_photo(hazard)
        make("request_acceptance", hazard, cast.chengyuan_admin)
        assert (hazard.progress_percent, hazard.acceptance_attempt, hazard.acceptance_requested_at) == (
            100, 1, timezone.now(),
        )  # fmt: skip
        assert set(told()) == {f"{hazard.number} 申请验收"}

    def test_demands_an_opinion_people_and_a_sensible_day(self, cast: Cast):
        hazard = hazard_of(cast, S.AWAITING_ACCEPTANCE)
        tomorrow = SUMMER_DAY + dt.timedelta(days=1)
        assert refusal("accept", hazard, cast.inspector, opinion="", inspectors=" ", accepted_on=tomorrow) == [
            "请对照验收标准“打压 0.8 MPa 稳压 30 分钟无渗漏”写明验收意见",
            "请填写验收人员姓名",
            "验收日期 2026-08-04 在今天之后，请核对",
        ]
        assert refusal("accept", hazard, cast.inspector, accepted_on=dt.date(2026, 6, 30)) == [
            "验收日期 2026-06-30 早于发现日期 2026-07-01，请核对"
        ]
        assert not hazard.acceptances.exists()

    def test_accepted_is_struck_off_and_the_company_told(self, cast: Cast):
        hazard = hazard_of(cast, S.AWAITING_ACCEPTANCE)
        request_extension(hazard, cast.chengyuan_admin)
        entry = make("accept", hazard, cast.inspector)
        assert (hazard.status, hazard.closed_at) == (S.CLOSED, timezone.now())
        assert entry.note == "打压合格，无渗漏\n验收人员：杜导，2026-08-03"
        assert hazard.acceptances.get().conclusion == Conclusion.PASSED
        assert told() == {f"{hazard.number} 已验收销号": {"cy_admin", "cy_clerk"}}
        ended = hazard.extensions.get()
        assert (ended.status, ended.opinion) == (ExtensionStatus.DENIED, "隐患已销号，申请终止")

    def test_rejected_goes_back_and_can_be_asked_for_again(self, cast: Cast):
        hazard = hazard_of(cast, S.AWAITING_ACCEPTANCE)
        make("reject", hazard, cast.inspector, opinion="仍有渗漏")
        assert (hazard.status, hazard.acceptance_requested_at) == (S.RECTIFYING, None)
        assert set(told()) == {f"{hazard.number} 验收不合格，请继续整改"}
        add_photo(hazard)
        make("request_acceptance", hazard, cast.chengyuan_admin)
        make("accept", hazard, cast.inspector)
        assert [row.conclusion for row in hazard.acceptances.all()] == [Conclusion.FAILED, Conclusion.PASSED]

    @pytest.mark.parametrize("role", ["lead", "cooperating"])
    @pytest.mark.parametrize("move", ["accept", "reject"])
    def test_never_by_a_unit_that_did_the_work(self, cast: Cast, move: str, role: str):
        units = {"lead_unit": cast.bureau} if role == "lead" else {"cooperating_units": [cast.bureau]}
        hazard = HazardFactory(season=cast.season, status=S.AWAITING_ACCEPTANCE, **units)
        with pytest.raises(PermissionDenied, match="整改单位不能验收自己的整改，请由其他单位的人员验收"):
            make(move, hazard, cast.inspector)
        assert not {"accept", "reject"} & {offer.code for offer in moves_for(cast.inspector, hazard)}

    def test_a_major_hazard_needs_two_people(self, cast: Cast):
        hazard = hazard_of(cast, S.AWAITING_ACCEPTANCE, grade=Grade.MAJOR)
        first = make("accept", hazard, cast.inspector)
        assert (hazard.status, first.to_status) == (S.AWAITING_ACCEPTANCE, S.AWAITING_ACCEPTANCE)
        assert first.note.endswith("（重大隐患，还需另一人验收）")
        assert told() == {}
        assert not {"accept", "reject"} & {offer.code for offer in moves_for(cast.inspector, hazard)}
        assert refusal("accept", hazard, cast.inspector) == ["您已对这次验收申请签过意见；重大隐患须由另一人再验收一次"]
        make("accept", hazard, cast.inspector_2)
        assert hazard.status == S.CLOSED

    def test_after_a_rejection_the_first_opinion_does_not_count_any_more(self, cast: Cast):
        hazard = hazard_of(cast, S.AWAITING_ACCEPTANCE, grade=Grade.MAJOR, **dict.fromkeys(
            ("five_duty", "five_measure", "five_funding", "five_time_limit", "five_plan"), "已落实"))  # fmt: skip
        make("accept", hazard, cast.inspector)
        make("reject", hazard, cast.inspector_2)
        add_photo(hazard)
        make("request_acceptance", hazard, cast.chengyuan_admin)
        make("accept", hazard, cast.inspector)
        assert hazard.status == S.AWAITING_ACCEPTANCE

    def test_a_major_hazard_without_the_five_cannot_ask(self, cast: Cast):
        hazard = hazard_of(cast, S.RECTIFYING, grade=Grade.MAJOR, five_duty="程源")
        add_photo(hazard)
        assert refusal("request_acceptance", hazard, cast.chengyuan_admin) == [
            "重大隐患须做到五落实，还没有填写：措施落实、资金落实、时限落实、预案落实"
        ]


class TestExtension:
    def test_demands(self, cast: Cast):
        hazard = hazard_of(cast, S.RECTIFYING)
        assert refusal(
            "request_extension", hazard, cast.chengyuan_admin, new_due_on=DUE_ON, reason="", interim_measures=""
        ) == [
            "请填写延期理由",
            "请填写延期期间的安全措施",
            "申请延至的日期 2026-09-30 不晚于现时限 2026-09-30，请核对",
        ]

    def test_only_before_the_deadline_has_passed(self, cast: Cast):
        today = hazard_of(cast, S.RECTIFYING, due_on=SUMMER_DAY)
        make("request_extension", today, cast.chengyuan_admin)
        yesterday = hazard_of(cast, S.RECTIFYING, due_on=dt.date(2026, 8, 2))
        assert refusal("request_extension", yesterday, cast.chengyuan_admin) == [
            "时限 2026-08-02 已过，延期须在时限届满前申请；请直接联系住建局调整时限"
        ]

    def test_one_at_a_time(self, cast: Cast):
        hazard = hazard_of(cast, S.RECTIFYING)
        make("request_extension", hazard, cast.chengyuan_admin)
        assert refusal("request_extension", hazard, cast.chengyuan_admin) == [
            "已有一份延期申请在等待审批，请等审批后再申请"
        ]
        assert {"request_extension"} & {move.code for move in moves_for(cast.chengyuan_admin, hazard)} == set()

    def test_approved_moves_the_deadline_and_keeps_both(self, cast: Cast):
        hazard = hazard_of(cast, S.RECTIFYING)
        make("request_extension", hazard, cast.chengyuan_admin)
        assert hazard.due_on == DUE_ON
        entry = make("decide_extension", hazard, cast.inspector)
        assert (hazard.due_on, hazard.original_due_on) == (dt.date(2026, 10, 15), DUE_ON)
        assert entry.changes == {"整改时限": ["2026-09-30", "2026-10-15"]}
        extension = hazard.extensions.get()
        assert (extension.old_due_on, extension.status, extension.decided_by) == (
            DUE_ON, ExtensionStatus.APPROVED, cast.inspector,
        )  # fmt: skip
        assert set(told()) == {f"{hazard.number} 申请延期，请审批", f"{hazard.number} 延期申请：已同意"}

    def test_denied_leaves_the_deadline(self, cast: Cast):
        hazard = hazard_of(cast, S.RECTIFYING)
        make("request_extension", hazard, cast.chengyuan_admin)
        entry = make("decide_extension", hazard, cast.inspector, approve=False, opinion="可以加班")
        assert (hazard.due_on, entry.note) == (DUE_ON, "不同意延期：可以加班")
        assert hazard.extensions.get().status == ExtensionStatus.DENIED

    def test_nothing_to_decide(self, cast: Cast):
        hazard = hazard_of(cast, S.RECTIFYING)
        assert refusal("decide_extension", hazard, cast.inspector) == [f"{hazard.number} 没有待审批的延期申请"]

    def test_beyond_the_trial_run_the_reason_is_put_on_record(self, cast: Cast):
        hazard = hazard_of(cast, S.RECTIFYING)
        request_extension(hazard, cast.chengyuan_admin, dt.date(2026, 11, 10))
        make("decide_extension", hazard, cast.inspector)
        assert hazard.late_due_reason == "管材晚到"

    def test_was_overdue_stays_on_record_after_an_extension(self, cast: Cast):
        hazard = hazard_of(cast, S.RECTIFYING, due_on=dt.date(2026, 8, 2))
        request_extension(hazard, cast.chengyuan_admin)
        make("decide_extension", hazard, cast.inspector)
        assert (hazard.due_on, hazard.first_overdue_on) == (dt.date(2026, 10, 15), SUMMER_DAY)


class TestAmend:
    def test_demands_a_reason_and_a_change(self, cast: Cast):
        hazard = hazard_of(cast, S.RECTIFYING)
        assert refusal("amend", hazard, cast.inspector, reason="", responsible_person="王建国") == [
            "请写明调整理由",
            "责任单位、责任人、时限都没有变化，无需调整",
        ]
        assert refusal("amend", hazard, cast.inspector, responsible_person="相关人员") == [
            "责任人“相关人员”不具体：请填写具体姓名"
        ]

    def test_a_new_deadline_is_not_in_the_past_nor_beyond_the_trial_run_without_reason(self, cast: Cast):
        hazard = hazard_of(cast, S.RECTIFYING)
        assert refusal("amend", hazard, cast.inspector, due_on=dt.date(2026, 8, 2)) == [
            "新时限 2026-08-02 已经过去（今天是 2026-08-03），请填今天或以后的日期"
        ]
        assert refusal("amend", hazard, cast.inspector, due_on=dt.date(2026, 11, 1)) == [
            "整改时限 2026-11-01 晚于本采暖季试运行日期 2026-10-31，请提前时限，或填写“时限晚于试运行的理由”"
        ]

    def test_another_unit_has_to_sign_anew_and_both_are_told(self, cast: Cast):
        hazard = hazard_of(cast, S.RECTIFYING, responsible_user=cast.chengyuan_clerk)
        request_extension(hazard, cast.chengyuan_admin)
        entry = make("amend", hazard, cast.inspector, lead_unit=cast.beiyuan, responsible_person="白苑")
        assert (hazard.status, hazard.signed_at, hazard.responsible_user) == (S.ISSUED, None, None)
        assert entry.changes == {
            "责任单位（牵头）": ["城源热力有限公司", "北苑供热站"],
            "责任人": ["王建国", "白苑"],
        }
        assert told("有调整") == {f"{hazard.number} 责任或时限有调整，请查看": {"by_admin", "by_clerk"}}
        assert told("其他单位") == {f"{hazard.number} 已改由其他单位负责": {"cy_admin", "cy_clerk"}}
        assert hazard.extensions.get().opinion == "责任单位或时限已调整，申请终止"

    def test_another_person_does_not_keep_the_first_ones_account(self, cast: Cast):
        hazard = hazard_of(cast, S.RECTIFYING, responsible_user=cast.chengyuan_clerk)
        make("amend", hazard, cast.inspector)
        assert (hazard.responsible_person, hazard.responsible_user) == ("赵新", None)

    def test_a_hazard_not_yet_issued_is_amended_in_silence(self, cast: Cast):
        hazard = hazard_of(cast)
        make("amend", hazard, cast.inspector, lead_unit=cast.beiyuan)
        assert (hazard.status, told()) == (S.PENDING, {})


class TestReopenAndVoid:
    def test_a_new_round_leaves_the_old_one_as_it_was(self, cast: Cast):
        hazard = hazard_of(cast, S.CLOSED, acceptance_attempt=1)
        closed_at = hazard.closed_at
        make("reopen", hazard, cast.inspector)
        assert (hazard.round, hazard.due_on, hazard.original_due_on) == (2, dt.date(2026, 9, 1), dt.date(2026, 9, 1))
        assert (hazard.progress_percent, hazard.acceptance_attempt, hazard.closed_at, hazard.planned_at) == (
            0, 0, None, None,
        )  # fmt: skip
        past = hazard.past_rounds.get()
        assert (past.round, past.due_on, past.closed_at, past.reopen_reason) == (1, DUE_ON, closed_at, "同一处又漏")
        assert set(told()) == {f"{hazard.number} 已下达，请签收；时限 2026-09-01"}

    def test_reopening_demands(self, cast: Cast):
        hazard = hazard_of(cast, S.CLOSED)
        assert refusal("reopen", hazard, cast.inspector, reason="", due_on=dt.date(2026, 8, 2)) == [
            "请写明复发情况",
            "新时限 2026-08-02 已经过去（今天是 2026-08-03），请填今天或以后的日期",
        ]
        assert not hazard.past_rounds.exists()

    def test_voiding_needs_a_reason_and_never_frees_the_number(self, cast: Cast):
        hazard = hazard_of(cast, S.RECTIFYING)
        assert refusal("void", hazard, cast.admin, reason="") == ["请写明作废理由，例如“与 YH-2026-0012 重复登记”"]
        make("void", hazard, cast.admin)
        assert told() == {f"{hazard.number} 已作废": {"cy_admin", "cy_clerk"}}
        nexts = hazard_of(cast)
        assert (hazard.number, nexts.number) == ("YH-2026-0001", "YH-2026-0002")

    def test_voiding_what_nobody_was_told_of_tells_nobody(self, cast: Cast):
        make("void", hazard_of(cast), cast.admin)
        assert told() == {}


class TestRemind:
    def test_reminds_the_company(self, cast: Cast):
        hazard = hazard_of(cast, S.RECTIFYING)
        services.remind(hazard, by=cast.inspector)
        assert told() == {f"{hazard.number} 催办：请抓紧整改，时限 2026-09-30": {"cy_admin", "cy_clerk"}}
        assert AuditEntry.objects.of(hazard).get().action == "催办"

    def test_not_what_is_not_with_the_company(self, cast: Cast):
        hazard = hazard_of(cast, S.AWAITING_ACCEPTANCE)
        with pytest.raises(MoveRefused) as caught:
            services.remind(hazard, by=cast.inspector)
        assert caught.value.problems == [f"{hazard.number} 现在是“待验收”，只有待签收、整改中的隐患才需要催办"]
        with pytest.raises(PermissionDenied):
            services.remind(hazard, by=cast.chengyuan_admin)
