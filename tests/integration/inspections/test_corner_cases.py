"""Ways past a rule: the import, an edit at the wrong moment, rows of another season, people who have left."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts import roles
from accounts.models import Unit
from audit.models import AuditEntry
from facilities.directory import Directory
from facilities.models import Community, Facility
from inspections import importing, services, workflow
from inspections.enums import Grade
from inspections.enums import HazardStatus as S
from inspections.importing import Stager
from inspections.models import Hazard
from inspections.selectors import photo_flags
from inspections.vagueness import vague_point, vague_standard
from inspections.workflow import MoveRefused
from notifications.models import Message
from tests.cast import Cast
from tests.factories import HazardFactory, UserFactory
from tests.hazard_imports import import_ready
from tests.hazards import add_photo, hazard_of, request_extension
from tests.ledgers import HEAD, ledger_file, ledger_row

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]
ClientAs = Callable[[Any], Client]
WIDE_HEAD = (*HEAD, "配合单位", "预计费用（元）")


def stage(cast: Cast, *rows: dict[str, Any], **options: Any) -> importing.ImportBatch:
    lines = [
        [*ledger_row(f"{n}号站", **row), row.get("配合单位"), row.get("预计费用（元）")]
        for n, row in enumerate(rows, 1)
    ]
    content = ledger_file(lines, head=WIDE_HEAD)
    user = options.pop("by", cast.admin)
    stager = Stager(by=user, **options)
    return stager.stage(content, filename="台账.xlsx")


@pytest.mark.parametrize("cost", ["-5", "99999999999999999"])
def test_a_cost_that_no_column_holds_is_said_and_left_out(cast: Cast, cost: str) -> None:
    batch = stage(cast, {"预计费用（元）": cost})
    assert batch.rows.get().problems[0]["field"] == "estimated_cost_yuan"
    [hazard] = import_ready(batch, by=cast.admin)
    assert hazard.estimated_cost_yuan is None


def test_what_could_not_be_issued_does_not_arrive_as_done(cast: Cast) -> None:
    late = {"整改时限": "2026-12-20", "是否销号": "√"}
    batch = stage(cast, late, {"是否销号": "√"}, by=cast.chengyuan_admin)
    statuses = [hazard.status for hazard in import_ready(batch, by=cast.chengyuan_admin)]
    assert statuses == [S.PENDING, S.AWAITING_ACCEPTANCE]


def test_a_cooperating_unit_that_nobody_knows_can_be_settled(cast: Cast, client_as: ClientAs) -> None:
    batch = stage(cast, {"配合单位": "阳光物业"}, by=cast.chengyuan_admin)
    row = batch.rows.get()
    assert row.pile == "waits"
    client, page = client_as(cast.chengyuan_admin), reverse("inspections:hazard_import_batch", args=[batch.pk])
    form = client.get(f"{page}?row={row.row}").context["form"]
    sent = {form.add_prefix(name): form[name].value() or "" for name in form.fields}
    sent[form.add_prefix("cooperating_units")] = "万家物业、"
    client.post(reverse("inspections:hazard_import_settle", args=[batch.pk, row.row]), sent)
    row.refresh_from_db()
    assert (row.pile, row.fields["cooperating_units"]) == ("ready", ["万家物业"])
    [hazard] = import_ready(batch, by=cast.chengyuan_admin)
    assert list(hazard.cooperating_units.all()) == [cast.wanjia]


def test_no_unit_is_made_of_words_that_name_none(cast: Cast) -> None:
    batch = stage(cast, {"配合单位": "相关部门"}, {"配合单位": "阳光物业"}, create_missing=True)
    assert [row.pile for row in batch.rows.all()] == ["waits", "ready"]
    assert not Unit.objects.filter(name="相关部门").exists()


@pytest.mark.parametrize("text", ["按要求整改到位", "整改到位，消除隐患", "已全部整改完成并验收合格", "全部修复完成"])
def test_several_vague_words_are_no_standard(text: str) -> None:
    assert vague_standard(text)


def test_words_of_a_real_standard_may_be_vague_by_themselves() -> None:
    assert not vague_standard("打压合格，无渗漏")
    assert not vague_standard("更换后运行正常，振动值达标 4.5 mm/s")
    assert vague_point("全县多处") and not vague_point("全县唯一的首站")


def test_returning_a_hazard_ends_the_request_for_an_extension(cast: Cast) -> None:
    hazard = hazard_of(cast, S.ISSUED, due_on=dt.date(2026, 9, 30))
    extension = request_extension(hazard, cast.chengyuan_admin)
    workflow.return_to_bureau(hazard, by=cast.chengyuan_admin, reason="不归我们")
    extension.refresh_from_db()
    assert extension.status == "denied"
    with pytest.raises(MoveRefused, match="没有待审批的延期申请"):
        workflow.decide_extension(hazard, by=cast.admin, approve=True, opinion="同意")


def test_the_grade_stays_while_acceptance_is_waited_for(cast: Cast) -> None:
    hazard = hazard_of(cast, S.AWAITING_ACCEPTANCE, grade=Grade.MAJOR)
    with pytest.raises(MoveRefused, match="不能改隐患等级"):
        services.edit(hazard, by=cast.inspector, version=hazard.version, values={"grade": Grade.GENERAL})


def test_a_unit_that_comes_to_lead_no_longer_cooperates(cast: Cast) -> None:
    hazard = hazard_of(cast, S.RECTIFYING)
    hazard.cooperating_units.set([cast.beiyuan, cast.wanjia])
    workflow.amend(hazard, by=cast.admin, reason="改派", lead_unit=cast.beiyuan, responsible_person="白苑")
    assert AuditEntry.objects.of(hazard).get().changes["配合单位"] == ["北苑供热站、万家物业", "万家物业"]
    assert list(hazard.cooperating_units.all()) == [cast.wanjia]
    services.edit(
        hazard, by=cast.admin, version=hazard.version, values={}, cooperating_units=[cast.beiyuan, cast.chengyuan]
    )
    assert list(hazard.cooperating_units.all()) == [cast.chengyuan]


def test_people_who_have_gone_to_another_unit_are_not_told(cast: Cast) -> None:
    person, supervisor = cast.chengyuan_clerk, cast.inspector_2
    hazard = hazard_of(cast, S.RECTIFYING, responsible_user=person, supervisor=supervisor)
    person.unit, supervisor.unit = cast.beiyuan, cast.foreign.bureau
    person.save()
    supervisor.save()
    hazard = Hazard.objects.get(pk=hazard.pk)
    services.remind(hazard, by=cast.inspector)
    add_photo(hazard)
    workflow.request_acceptance(hazard, by=cast.chengyuan_admin, note="已完成")
    told = set(Message.objects.values_list("recipient__username", flat=True))
    assert told == {"cy_admin", "ll_admin", "ll_inspector"}


def test_chosen_rows_of_several_seasons_are_all_exported(cast: Cast, client_as: ClientAs) -> None:
    mine = HazardFactory(season=cast.season, lead_unit=cast.chengyuan)
    earlier = HazardFactory(season=cast.last_season, lead_unit=cast.chengyuan)
    unseen = HazardFactory(season=cast.foreign.season, lead_unit=cast.foreign.company)
    chosen = {"selected": [mine.pk, earlier.pk, unseen.pk]}
    client_as(cast.inspector).post(reverse("inspections:hazard_export"), chosen)
    assert AuditEntry.objects.get(action="导出台账").note == "导出 2 条隐患（上报格式）：在列表里逐条勾选"


def test_an_invalid_filter_exports_nothing_and_says_so(cast: Cast, client_as: ClientAs) -> None:
    answer = client_as(cast.inspector).get(reverse("inspections:hazard_export"), {"grade": "x"}, follow=True)
    assert answer.redirect_chain[0][0].startswith(reverse("inspections:hazard_list"))
    assert "查询条件有误，没有导出" in answer.content.decode()
    assert not AuditEntry.objects.filter(action="导出台账").exists()


def test_a_unit_that_sees_only_what_names_it_sees_no_facilities_of_others(cast: Cast) -> None:
    assert not Facility.objects.visible_to(cast.wanjia_reader).exists()
    assert not Community.objects.visible_to(cast.wanjia_reader).exists()
    assert (
        Facility.objects.visible_to(cast.leader).exists()
        and Facility.objects.visible_to(cast.township_officer).exists()
    )


def test_a_hazard_is_not_issued_to_a_unit_that_cannot_sign(cast: Cast) -> None:
    hazard = HazardFactory(season=cast.season, lead_unit=cast.township_unit, status="pending")
    with pytest.raises(workflow.MoveRefused, match="城关镇人民政府 是乡镇、街道，不能作责任单位"):
        workflow.issue(hazard, by=cast.inspector)


def test_a_property_company_can_be_given_a_hazard_and_sign_it(cast: Cast) -> None:
    clerk = UserFactory(username="wj_clerk", unit=cast.wanjia, role=roles.COMPANY_CLERK)
    hazard = HazardFactory(season=cast.season, lead_unit=cast.wanjia, status="issued")
    workflow.sign(hazard, by=clerk)
    assert hazard.status == "rectifying"


def test_a_new_lead_unit_needs_its_own_person_and_begins_anew(cast: Cast) -> None:
    hazard = HazardFactory(season=cast.season, lead_unit=cast.chengyuan, status="rectifying", planned=True)
    with pytest.raises(workflow.MoveRefused, match="请同时填写该单位的责任人"):
        workflow.amend(hazard, by=cast.inspector, reason="管段移交", lead_unit=cast.beiyuan)
    workflow.amend(hazard, by=cast.inspector, reason="管段移交", lead_unit=cast.beiyuan, responsible_person="白苑")
    assert (hazard.status, hazard.planned_at, hazard.progress_percent) == ("issued", None, 0)


def test_units_are_not_guessed_from_words_that_any_unit_has(cast: Cast) -> None:
    directory = Directory(cast.county)
    assert directory.unit("城源热力") == cast.chengyuan
    assert directory.unit("城源热力有限公司（盖章）") == cast.chengyuan
    assert directory.unit("热力有限公司") is None
    assert directory.unit("北苑供热站家属院物业") is None


def test_a_major_hazard_that_a_ledger_calls_done_is_not_accepted_without_its_five_duties(cast: Cast) -> None:
    hazard = hazard_of(cast, S.AWAITING_ACCEPTANCE, grade=Grade.MAJOR, five_plan="")
    opinion = {"opinion": "现场核查合格", "inspectors": "杜导", "accepted_on": dt.date(2026, 8, 3)}
    with pytest.raises(MoveRefused, match="重大隐患须做到五落实，还没有填写：预案落实"):
        workflow.accept(hazard, by=cast.inspector, **opinion)
    workflow.reject(hazard, by=cast.inspector, **opinion)
    assert hazard.status == S.RECTIFYING


def test_after_the_first_of_two_acceptors_the_page_waits_for_another(cast: Cast, client_as: ClientAs) -> None:
    hazard = hazard_of(cast, S.AWAITING_ACCEPTANCE, grade=Grade.MAJOR)
    client = client_as(cast.inspector_2)
    assert "等待 住建局 验收" in client.get(hazard.get_absolute_url()).content.decode()
    workflow.accept(hazard, by=cast.inspector, opinion="合格", inspectors="杜导", accepted_on=dt.date(2026, 8, 3))
    assert "等待 住建局另一人 验收" in client.get(hazard.get_absolute_url()).content.decode()


def test_photos_are_held_against_others_in_two_queries_however_many(cast: Cast, django_assert_num_queries: Any) -> None:
    hazard, other = hazard_of(cast, S.AWAITING_ACCEPTANCE), hazard_of(cast, S.RECTIFYING)
    mine = [add_photo(hazard, phash=f"{n:04x}" * 4, band_0=n, band_1=n, band_2=n, band_3=n) for n in (7, 770, 7700)]
    add_photo(other, phash="0302" * 4, band_0=770, band_1=770, band_2=770, band_3=770)
    with django_assert_num_queries(2):
        flags = photo_flags(hazard)
    assert [(flag.attachment, flag.reason) for flag in flags] == [
        (mine[1], f"与 {other.number} 的照片“整改后.jpg”几乎相同")
    ]
