"""The pages of the moves: what they refuse and how they say it, and that nothing typed is lost."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.html import escape

from accounts import roles
from accounts.models import User
from audit.models import AuditEntry
from audit.timeline import last_entry_pk
from facilities.models import Community
from inspections import workflow
from inspections.enums import AttachmentStage, Grade, HazardStatus, Source
from inspections.models import Attachment, Hazard
from inspections.moves import MOVES
from tests.cast import Cast
from tests.factories import CommunityFactory, FacilityFactory, HazardFactory, UserFactory
from tests.hazards import add_photo, hazard_of, request_extension
from tests.integration.inspections.test_workflow import EXPECTED
from tests.pictures import photo

S = HazardStatus
SignIn = Callable[[User], Client]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer"), pytest.mark.either_database]


def url(hazard: Hazard, move: str) -> str:
    return f"/hazards/{hazard.pk}/{move}/"


def seen(hazard: Hazard, **typed: Any) -> dict[str, Any]:
    """What a form posts: the version and the last entry seen, and what was typed."""
    return {"version": str(hazard.version), "entry": str(last_entry_pk(hazard)), **typed}


def shown(response: Any) -> str:
    return response.content.decode()


def told(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def picture(name: str = "整改后.jpg", seed: int = 1, **more: Any) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, photo(seed, **more), "image/jpeg")


class TestAccess:
    @pytest.mark.parametrize("role", roles.ALL_ROLES)
    def test_each_page_in_each_state(self, cast: Cast, client_as: SignIn, role: str):
        user = {**cast.by_role, roles.COMPANY_CLERK: cast.chengyuan_clerk}[role]
        client = client_as(user)
        for status in S:
            hazard = hazard_of(cast, status)
            for move, (may, states) in EXPECTED.items():
                possible = status in states and move != "decide_extension"
                expected = 403 if role not in may else 200 if possible else 409
                assert (move, status, client.get(url(hazard, move)).status_code) == (move, status, expected)

    @pytest.mark.parametrize("path", ["", "edit/", *(f"{move}/" for move in MOVES)])
    def test_another_countys_hazard_does_not_exist(self, cast: Cast, client_as: SignIn, path: str):
        hazard = HazardFactory(season=cast.foreign.season, lead_unit=cast.foreign.company)
        assert Hazard.objects.filter(pk=hazard.pk).exists()
        assert client_as(cast.admin).get(f"/hazards/{hazard.pk}/{path}").status_code == 404
        assert client_as(cast.foreign.admin).get(f"/hazards/{hazard.pk}/").status_code == 200

    def test_another_companys_hazard_does_not_exist(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast, S.ISSUED)
        response = client_as(cast.beiyuan_admin).post(url(hazard, "sign"), seen(hazard))
        assert response.status_code == 404
        hazard.refresh_from_db()
        assert hazard.status == S.ISSUED

    def test_an_unknown_move_does_not_exist(self, cast: Cast, client_as: SignIn):
        assert client_as(cast.admin).get(url(hazard_of(cast), "close")).status_code == 404


class TestAfterTheMove:
    def test_says_where_it_went_and_who_is_next(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast)
        response = client_as(cast.inspector).post(url(hazard, "issue"), seen(hazard, note=""), follow=True)
        assert response.redirect_chain == [(f"/hazards/{hazard.pk}/", 302)]
        assert told(response) == [f"{hazard.number} 已下达，等待 城源热力 签收。"]

    @pytest.mark.parametrize(
        ("next_", "expected"),
        [("/hazards/?tab=issued", "/hazards/?tab=issued"), ("https://evil.example/", None), ("//evil.example", None)],
    )
    def test_goes_on_to_a_place_on_this_site_only(
        self, cast: Cast, client_as: SignIn, next_: str, expected: str | None
    ):
        hazard = hazard_of(cast)
        response = client_as(cast.inspector).post(url(hazard, "issue"), seen(hazard, note="", next=next_))
        assert response["Location"] == (expected or f"/hazards/{hazard.pk}/")

    @pytest.mark.parametrize(
        ("move", "who", "typed", "words"),
        [
            ("sign", "chengyuan_admin", {}, "已签收，等待 城源热力 制定整改方案"),
            ("return", "chengyuan_admin", {"reason": "不是我们的"}, "已退回住建局，等待 住建局 下达"),
            ("report", "chengyuan_admin", {"percent": "30", "text": "备料"},
             "进度已填报，30%，等待 城源热力 制定整改方案"),
            ("request_extension", "chengyuan_admin",
             {"new_due_on": "10.15", "reason": "管材晚到", "interim_measures": "巡检"},
             "延期申请已提交，等待 住建局 审批"),
            ("accept", "inspector", {"opinion": "合格", "inspectors": "杜导", "accepted_on": "8.3"},
             "验收合格，已销号"),
            ("reject", "inspector", {"opinion": "漏", "inspectors": "杜导", "accepted_on": "8.3"},
             "已退回整改，等待 城源热力 整改并申请验收"),
            ("reopen", "inspector", {"reason": "又漏", "due_on": "9月底"}, "已重开，等待 城源热力 签收"),
            ("void", "admin", {"reason": "重复"}, "已作废，这个编号不再使用"),
        ],
    )  # fmt: skip
    def test_each_in_its_words(
        self, cast: Cast, client_as: SignIn, move: str, who: str, typed: dict[str, str], words: str
    ):
        hazard = hazard_of(cast, MOVES[move].sources[-1])
        response = client_as(getattr(cast, who)).post(url(hazard, move), seen(hazard, **typed), follow=True)
        assert told(response) == [f"{hazard.number} {words}。"]

    def test_the_first_of_two_acceptors_is_told_that_another_is_needed(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast, S.AWAITING_ACCEPTANCE, grade=Grade.MAJOR)
        typed = {"opinion": "合格", "inspectors": "杜导", "accepted_on": "8.3"}
        first = client_as(cast.inspector).post(url(hazard, "accept"), seen(hazard, **typed), follow=True)
        assert told(first) == [f"{hazard.number} 验收意见已签（1/2），等待 住建局另一人 验收。"]
        assert "验收合格 1 / 2 人，还需另一人验收" in shown(first)

    @pytest.mark.parametrize(
        ("decision", "due_on"), [("approve", dt.date(2026, 10, 15)), ("deny", dt.date(2026, 9, 30))]
    )
    def test_an_extension_is_decided_by_the_button(self, cast: Cast, client_as: SignIn, decision: str, due_on: dt.date):
        hazard = hazard_of(cast, S.RECTIFYING)
        request_extension(hazard, cast.chengyuan_admin)
        client = client_as(cast.inspector)
        assert "管材晚到" in shown(client.get(url(hazard, "decide_extension")))
        client.post(url(hazard, "decide_extension"), seen(hazard, opinion="已核", decision=decision))
        hazard.refresh_from_db()
        assert hazard.due_on == due_on

    def test_enter_in_the_opinion_decides_nothing(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast, S.RECTIFYING)
        request_extension(hazard, cast.chengyuan_admin)
        response = client_as(cast.inspector).post(url(hazard, "decide_extension"), seen(hazard, opinion="已核"))
        assert "请按“同意延期”或“不同意”" in shown(response)


class TestRefusals:
    def test_what_the_rules_refuse_stands_in_the_summary_and_the_text_stays(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast, responsible_person="相关人员")
        response = client_as(cast.inspector).post(url(hazard, "issue"), seen(hazard, note="请抓紧"))
        assert response.status_code == 200
        assert response.context["form"].non_field_errors() == ["责任人“相关人员”不具体：请填写具体姓名"]
        assert "请抓紧" in shown(response)

    def test_the_issue_page_says_beforehand_what_is_missing(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast, acceptance_standard="")
        page = shown(client_as(cast.inspector).get(url(hazard, "issue")))
        assert "现在还不能下达，请先补全" in page
        assert f"/hazards/{hazard.pk}/edit/" in page

    @pytest.mark.parametrize(
        ("typed", "problem"),
        [
            ("2026/9/31", "写的是“2026/9/31”，没有这一天，请改为具体日期，例如 2025-09-30"),
            ("长期坚持", "写的是“长期坚持”，这不是时限，请改为具体日期，例如 2025-09-30"),
        ],
    )
    def test_a_date_that_is_none_says_what_was_read(self, cast: Cast, client_as: SignIn, typed: str, problem: str):
        hazard = hazard_of(cast, S.CLOSED)
        response = client_as(cast.inspector).post(url(hazard, "reopen"), seen(hazard, reason="又漏", due_on=typed))
        assert response.context["form"].errors["due_on"] == [problem]
        assert f'value="{typed}"' in shown(response)

    @pytest.mark.parametrize(
        ("typed", "day"),
        [
            ("930", dt.date(2026, 9, 30)), ("9.30", dt.date(2026, 9, 30)), ("9月底", dt.date(2026, 9, 30)),
            ("试运行前", dt.date(2026, 10, 31)), ("2026-09-01", dt.date(2026, 9, 1)),
        ],
    )  # fmt: skip
    def test_dates_are_read_like_a_ledgers(self, cast: Cast, client_as: SignIn, typed: str, day: dt.date):
        hazard = hazard_of(cast, S.CLOSED)
        client_as(cast.inspector).post(url(hazard, "reopen"), seen(hazard, reason="又漏", due_on=typed))
        hazard.refresh_from_db()
        assert hazard.due_on == day

    def test_a_move_that_is_not_possible_now_says_why_and_shows_what_was_typed(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast, S.ISSUED)
        posted = seen(hazard, reason="不归我们管")
        workflow.sign(hazard, by=cast.chengyuan_clerk)
        response = client_as(cast.chengyuan_admin).post(url(hazard, "return"), posted)
        assert response.status_code == 409
        page = shown(response)
        assert f"{hazard.number} 现在是“整改中”，只有待签收的隐患才能退回住建局" in page
        assert "不归我们管" in page
        assert [event["verb"] for event in response.context["meanwhile"]] == ["签收"]

    def test_the_acceptor_who_has_signed_is_told(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast, S.AWAITING_ACCEPTANCE, grade=Grade.MAJOR)
        client = client_as(cast.inspector)
        client.post(url(hazard, "accept"), seen(hazard, opinion="合格", inspectors="杜导", accepted_on="2026-08-03"))
        response = client.get(url(hazard, "accept"))
        assert response.status_code == 409
        assert "您已对这次验收申请签过意见" in shown(response)


class TestStale:
    def test_an_old_version_is_stale_though_the_status_is_the_same(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast, S.RECTIFYING)
        posted = seen(hazard, percent="50", text="我写的进展", reason="")
        workflow.report(hazard, by=cast.chengyuan_clerk, percent=20, text="同事先报了")

        response = client_as(cast.chengyuan_admin).post(url(hazard, "report"), posted)

        assert response.status_code == 409
        page = shown(response)
        assert "您填写期间，这条隐患有了变动" in page
        assert "同事先报了" in page
        assert "我写的进展" in page
        assert Hazard.objects.get(pk=hazard.pk).progress_percent == 20
        assert not AuditEntry.objects.of(hazard).filter(note__contains="我写的进展").exists()

        # The form that came back is about what is true now: sent again it goes through.
        fields = dict(re.findall(r'name="(version|entry)" value="(\d+)"', page))
        client_as(cast.chengyuan_admin).post(url(hazard, "report"), {**posted, **fields})
        assert Hazard.objects.get(pk=hazard.pk).progress_percent == 50

    @pytest.mark.parametrize("version", ["", "x", "-1", "99999999999999999999"])
    def test_a_form_without_a_version_is_stale(self, cast: Cast, client_as: SignIn, version: str):
        hazard = hazard_of(cast, S.ISSUED)
        response = client_as(cast.chengyuan_admin).post(url(hazard, "sign"), {"version": version, "note": ""})
        assert response.status_code == 409
        assert Hazard.objects.get(pk=hazard.pk).status == S.ISSUED


class TestPlanPage:
    def post(self, client: Client, hazard: Hazard, rows: list[tuple[str, str]], **typed: str) -> Any:
        data = seen(hazard, measure="更换管段", estimated_cost_yuan="12000", funding_source="company", **typed)
        data |= {"steps-TOTAL_FORMS": str(len(rows)), "steps-INITIAL_FORMS": "0"}
        for n, (title, due_on) in enumerate(rows):
            data |= {f"steps-{n}-title": title, f"steps-{n}-due_on": due_on}
        return client.post(url(hazard, "plan"), data)

    def test_empty_rows_do_not_count(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast, S.RECTIFYING)
        rows = [("备料", "8.20"), ("", ""), ("更换", "9月底"), ("", "")]
        assert self.post(client_as(cast.chengyuan_admin), hazard, rows).status_code == 302
        assert [(step.title, step.due_on.isoformat()) for step in hazard.milestones.all()] == [
            ("备料", "2026-08-20"), ("更换", "2026-09-30"),
        ]  # fmt: skip

    def test_half_a_row_is_named(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast, S.RECTIFYING)
        rows = [("备料", ""), ("", "9.1"), ("更换", "9.31")]
        response = self.post(client_as(cast.chengyuan_admin), hazard, rows)
        assert response.context["form"].non_field_errors() == [
            "节点第 1 行：请填写节点“备料”的计划完成日期",
            "节点第 2 行：请填写 2026-09-01 要完成什么",
            "节点第 3 行：写的是“9.31”，没有这一天，请改为具体日期，例如 2025-09-30",
        ]
        assert 'value="9.31"' in shown(response)

    def test_schedules_backwards_from_the_deadline(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast, S.RECTIFYING)
        response = self.post(client_as(cast.chengyuan_admin), hazard, [("", "")] * 5, fill="1")
        rows = [(row["title"].value(), str(row["due_on"].value())) for row in response.context["form"].steps][:4]
        # 58 days are left: by 20, 50, 90 and 100 % of them.
        assert rows == [
            ("方案和材料确定", "2026-08-15"),
            ("材料设备到场", "2026-09-01"),
            ("施工完成", "2026-09-25"),
            ("自检合格，申请验收", "2026-09-30"),
        ]
        assert "更换管段" in shown(response)
        assert response.context["form"].errors == {}
        # Or the browser would put the draft of the empty rows over them.
        assert "data-restored" in shown(response)
        assert not hazard.milestones.exists()

    def test_ones_own_steps_get_dates(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast, S.RECTIFYING, due_on=dt.date(2026, 8, 13))
        rows = [("停运", ""), ("更换", "8.4")]
        response = self.post(client_as(cast.chengyuan_admin), hazard, rows, fill="1")
        assert [(row["title"].value(), str(row["due_on"].value())) for row in response.context["form"].steps][:2] == [
            ("停运", "2026-08-08"), ("更换", "2026-08-13"),
        ]  # fmt: skip

    def test_after_the_deadline_there_is_nothing_to_schedule(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast, S.RECTIFYING, due_on=dt.date(2026, 8, 2))
        response = self.post(client_as(cast.chengyuan_admin), hazard, [("更换", "")], fill="1")
        assert "时限 2026-08-02 已过，不能倒排，请自行填写各节点的日期" in shown(response)

    def test_more_rows_keep_what_was_typed(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast, S.RECTIFYING)
        rows = [(f"第{n}步", f"9.{n}") for n in range(1, 7)]
        response = self.post(client_as(cast.chengyuan_admin), hazard, rows, more="1")
        steps = response.context["form"].steps
        assert [row["title"].value() or "" for row in steps] == [title for title, _ in rows] + [""] * 3

    def test_a_major_hazard_asks_for_the_five(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast, S.RECTIFYING, grade=Grade.MAJOR)
        response = self.post(client_as(cast.chengyuan_admin), hazard, [("更换", "9.1")])
        assert set(response.context["form"].errors) == {
            "five_duty", "five_measure", "five_funding", "five_time_limit", "five_plan",
        }  # fmt: skip


class TestPhotosWithTheMove:
    def test_asking_for_acceptance_takes_the_photos_with_it(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast, S.RECTIFYING)
        posted = seen(hazard, note="已更换", photos=[picture(seed=1), picture("压力表.jpg", 2)])
        assert client_as(cast.chengyuan_admin).post(url(hazard, "request_acceptance"), posted).status_code == 302
        entry = AuditEntry.objects.of(hazard).get()
        rows = Attachment.objects.filter(hazard=hazard)
        assert {(row.stage, row.original_name, row.entry_id) for row in rows} == {
            (AttachmentStage.AFTER, "整改后.jpg", entry.pk), (AttachmentStage.AFTER, "压力表.jpg", entry.pk),
        }  # fmt: skip

    def test_without_a_photo_it_says_so(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast, S.RECTIFYING)
        response = client_as(cast.chengyuan_admin).post(url(hazard, "request_acceptance"), seen(hazard, note="已更换"))
        assert response.context["form"].errors["photos"] == ["请上传整改后的照片，再申请验收"]

    def test_a_refused_move_keeps_no_file_and_names_what_to_choose_again(
        self, cast: Cast, client_as: SignIn, settings: Any
    ):
        hazard = hazard_of(cast, S.RECTIFYING, grade=Grade.MAJOR)
        posted = seen(hazard, note="已更换", photos=[picture()])
        response = client_as(cast.chengyuan_admin).post(url(hazard, "request_acceptance"), posted)
        assert response.status_code == 200
        assert "已选的文件没有保存：整改后.jpg。浏览器不允许替您保留，请改正后重新选择。" in shown(response)
        assert not Attachment.objects.exists()
        assert [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()] == []

    def test_a_refused_file_is_named_and_the_move_not_made(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast, S.RECTIFYING)
        wrong = SimpleUploadedFile("说明.txt", b"just text", "text/plain")
        posted = seen(hazard, note="已更换", photos=[picture(), wrong])
        response = client_as(cast.chengyuan_admin).post(url(hazard, "request_acceptance"), posted)
        assert len(response.context["form"].errors["photos"]) == 1
        assert "“说明.txt”" in response.context["form"].errors["photos"][0]
        assert not Attachment.objects.exists()
        assert Hazard.objects.get(pk=hazard.pk).status == S.RECTIFYING


class TestRegister:
    TYPED = {
        "problem_point": "幸福小区3号楼东侧管沟", "facility": "", "facility_kind": "yard_pipe",
        "description": "管道腐蚀",
        "grade": "general", "urgency": "limited", "source": "bureau_check", "found_on": "8.1",
    }  # fmt: skip

    def register(self, client: Client, **typed: Any) -> Any:
        return client.post("/hazards/new/", {**self.TYPED, **typed})

    def test_the_bureau_registers(self, cast: Cast, client_as: SignIn):
        response = self.register(
            client_as(cast.inspector), lead_unit=cast.chengyuan.pk, responsible_person="程员", due_on="9月底",
            acceptance_standard="打压无渗漏", communities=[cast.community.pk], cooperating_units=[cast.wanjia.pk],
            photos=[picture("整改前.jpg")],
        )  # fmt: skip
        hazard = Hazard.objects.get()
        assert response["Location"] == f"/hazards/{hazard.pk}/"
        assert (hazard.number, hazard.season, hazard.found_on, hazard.due_on) == (
            "YH-2026-0001", cast.season, dt.date(2026, 8, 1), dt.date(2026, 9, 30),
        )  # fmt: skip
        assert hazard.responsible_user == cast.chengyuan_clerk
        assert list(hazard.communities.all()) == [cast.community]
        assert list(hazard.cooperating_units.all()) == [cast.wanjia]
        entry = AuditEntry.objects.of(hazard).get()
        assert (entry.action, hazard.attachments.get().entry_id) == ("登记", entry.pk)
        assert hazard.attachments.get().stage == AttachmentStage.BEFORE

    def test_says_what_comes_next(self, cast: Cast, client_as: SignIn):
        client = client_as(cast.inspector)
        response = client.get(self.register(client)["Location"])
        number = Hazard.objects.get().number
        assert re.sub("<.*?>", "", told(response)[0]) == f"已登记 {number}，下达前还有 4 项要补全。"

    def test_a_namesake_is_not_guessed_at(self, cast: Cast, client_as: SignIn):
        UserFactory(unit=cast.chengyuan, full_name="程员")
        self.register(client_as(cast.inspector), lead_unit=cast.chengyuan.pk, responsible_person="程员")
        assert Hazard.objects.get().responsible_user is None

    def test_a_facility_fills_in_the_rest(self, cast: Cast, client_as: SignIn):
        self.register(client_as(cast.inspector), facility="幸福换热站", facility_kind="")
        hazard = Hazard.objects.get()
        assert (hazard.facility, hazard.facility_kind, hazard.township, hazard.lead_unit) == (
            cast.station, "station", cast.town_a, cast.chengyuan,
        )  # fmt: skip

    def test_facilities_by_name(self, cast: Cast, client_as: SignIn):
        client = client_as(cast.inspector)
        FacilityFactory(company=cast.beiyuan, name="幸福换热站")

        def error(name: str, **more: str) -> Any:
            return self.register(client, facility=name, **more).context["form"].errors

        assert error("南山换热站")["facility"] == ["没有叫“南山换热站”的设施，请从提示的名称中选，或留空"]
        assert error("幸福换热站")["facility"] == [
            "叫“幸福换热站”的设施有 2 个，请写全：幸福换热站（城源热力 · 换热站）、幸福换热站（北苑供热站 · 换热站）"
        ]
        assert error("幸福换热站（城源热力 · 换热站）")["facility_kind"] == [
            "“幸福换热站”登记的是换热站，与所选的庭院管网不一致，请改其中一项"
        ]
        assert not Hazard.objects.exists()

    def test_neither_kind_nor_facility(self, cast: Cast, client_as: SignIn):
        response = self.register(client_as(cast.inspector), facility_kind="")
        assert response.context["form"].errors["facility_kind"] == ["请选择设施类别，或在“设施”中选一处设施"]

    def test_days_that_cannot_be(self, cast: Cast, client_as: SignIn):
        client = client_as(cast.inspector)
        assert self.register(client, found_on="8.4").context["form"].errors["found_on"] == [
            "发现日期 2026-08-04 在今天（2026-08-03）之后，请核对"
        ]
        assert self.register(client, due_on="7.31").context["form"].errors["due_on"] == [
            "整改时限 2026-07-31 早于发现日期 2026-08-01，请核对"
        ]

    def test_to_be_mended_at_once_is_due_on_the_day_found(self, cast: Cast, client_as: SignIn):
        client = client_as(cast.inspector)
        self.register(client, urgency="immediate")
        self.register(client, due_on="立行立改")
        assert [hazard.due_on for hazard in Hazard.objects.all()] == [dt.date(2026, 8, 1)] * 2

    def test_a_company_registers_what_it_mends_itself(self, cast: Cast, client_as: SignIn):
        client = client_as(cast.chengyuan_clerk)
        form = client.get("/hazards/new/").context["form"]
        assert (form["source"].value(), "supervisor" in form.fields, "cooperating_units" in form.fields) == (
            Source.SELF_CHECK, False, False,
        )  # fmt: skip
        self.register(client, lead_unit=cast.beiyuan.pk)
        assert Hazard.objects.get().lead_unit == cast.chengyuan

    def test_a_township_registers_in_its_area(self, cast: Cast, client_as: SignIn):
        self.register(client_as(cast.township_officer), township=cast.town_b.pk, lead_unit=cast.chengyuan.pk)
        assert Hazard.objects.get().township == cast.town_a

    def test_choices_are_what_the_user_sees(self, cast: Cast, client_as: SignIn):
        CommunityFactory(county=cast.county, township=cast.town_b, name="石桥小区")
        for user, names in (
            (cast.inspector, {"幸福小区", "石桥小区"}),
            (cast.township_officer, {"幸福小区"}),
            (cast.beiyuan_clerk, set()),
        ):
            form = client_as(user).get("/hazards/new/").context["form"]
            assert {str(community) for community in form.fields["communities"].queryset} == names
        foreign = Community.objects.get(name="邻河花园")
        response = self.register(client_as(cast.inspector), communities=[foreign.pk])
        assert "communities" in response.context["form"].errors

    def test_three_hundred_communities_are_one_query_more(
        self, cast: Cast, client_as: SignIn, django_assert_max_num_queries: Any
    ):
        CommunityFactory.create_batch(300, county=cast.county)
        client = client_as(cast.inspector)
        client.get("/messages/")  # what the shell of every page counts is cached for a while
        with django_assert_max_num_queries(18):
            page = shown(client.get("/hazards/new/"))
        assert page.count('name="communities"') == 301

    def test_and_the_next_one_takes_over_who_mends(self, cast: Cast, client_as: SignIn):
        client = client_as(cast.inspector)
        response = self.register(
            client, lead_unit=cast.chengyuan.pk, responsible_person="程员", township=cast.town_a.pk, again="1"
        )
        assert response["Location"] == f"/hazards/new/?like={Hazard.objects.get().pk}"
        form = client.get(response["Location"]).context["form"]
        assert (form["lead_unit"].value(), form["responsible_person"].value(), form["problem_point"].value()) == (
            cast.chengyuan.pk, "程员", None,
        )  # fmt: skip

    def test_the_one_before_is_looked_up_in_what_the_user_sees(self, cast: Cast, client_as: SignIn):
        hazard = HazardFactory(season=cast.foreign.season, responsible_person="邻某")
        for like in (hazard.pk, "x", ""):
            form = client_as(cast.inspector).get(f"/hazards/new/?like={like}").context["form"]
            assert not form["responsible_person"].value()

    def test_numbers_have_no_gaps_when_a_registration_fails(self, cast: Cast, client_as: SignIn):
        client = client_as(cast.inspector)
        self.register(client)
        self.register(client, description="")
        self.register(client, photos=[SimpleUploadedFile("坏.jpg", b"\xff\xd8\xff broken")])
        self.register(client)
        assert [hazard.number for hazard in Hazard.objects.order_by("pk")] == ["YH-2026-0001", "YH-2026-0002"]

    def test_an_expired_session_loses_nothing(self, cast: Cast, client_as: SignIn):
        client = Client()
        response = self.register(client, lead_unit=cast.chengyuan.pk, due_on="9月底")
        assert response["Location"].startswith("/accounts/login/")
        client.force_login(cast.inspector, backend="accounts.backends.UnitBackend")
        response = client.get("/hazards/new/")
        assert "登录已过期，已为您保留填写的内容" in told(response)[0]
        page = shown(response)
        assert 'value="幸福小区3号楼东侧管沟"' in page
        assert 'value="9月底"' in page

    def test_a_move_typed_before_the_session_expired_is_shown_with_what_changed(self, cast: Cast, client_as: SignIn):
        hazard = hazard_of(cast, S.RECTIFYING)
        client = Client()
        client.post(url(hazard, "report"), seen(hazard, percent="50", text="我写的进展", reason=""))
        workflow.report(hazard, by=cast.chengyuan_clerk, percent=20, text="同事先报了")
        client.force_login(cast.chengyuan_admin, backend="accounts.backends.UnitBackend")
        response = client.get(url(hazard, "report"))
        page = shown(response)
        assert response.status_code == 200
        assert "我写的进展" in page
        assert "同事先报了" in page
        assert f'name="version" value="{hazard.version}"' in page


def test_what_is_typed_is_escaped(cast: Cast, client_as: SignIn):
    hazard = hazard_of(cast, S.RECTIFYING)
    nasty = "<script>alert(1)</script>"
    workflow.report(hazard, by=cast.chengyuan_admin, percent=10, text=nasty)
    page = shown(client_as(cast.admin).get(f"/hazards/{hazard.pk}/"))
    assert nasty not in page
    assert escape(nasty) in page


def test_amending_by_the_page_changes_only_what_was_changed(cast: Cast, client_as: SignIn):
    hazard = hazard_of(cast, S.RECTIFYING)
    form = client_as(cast.inspector).get(url(hazard, "amend")).context["form"]
    typed = {name: form[name].value() or "" for name in form.fields}
    posted = seen(hazard, **{**typed, "responsible_person": "程员", "reason": "调动"})
    client_as(cast.inspector).post(url(hazard, "amend"), posted)
    hazard.refresh_from_db()
    assert (hazard.responsible_person, hazard.responsible_user) == ("程员", cast.chengyuan_clerk)
    assert AuditEntry.objects.of(hazard).get().changes == {
        "责任人": ["王建国", "程员"], "责任人账号": [None, "程员"],
    }  # fmt: skip


def test_photos_of_an_earlier_round_do_not_count_for_the_next(cast: Cast, client_as: SignIn):
    hazard = hazard_of(cast, S.RECTIFYING, round=2)
    add_photo(hazard, round=1)
    form = client_as(cast.chengyuan_admin).get(url(hazard, "request_acceptance")).context["form"]
    assert form.fields["photos"].required
