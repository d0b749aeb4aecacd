"""A hazard's page: facts, who is next, the moves the reader may make, the history, and always as many queries."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from inspections import services, workflow
from inspections.enums import AttachmentStage, Grade, HazardStatus
from inspections.models import Hazard
from inspections.workflow import PlannedStep
from tests.cast import Cast
from tests.factories import HazardFactory
from tests.hazards import hazard_of, request_extension, stored
from tests.pictures import photo

S = HazardStatus
SignIn = Callable[[User], Client]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer"), pytest.mark.either_database]


def page(client: Client, hazard: Hazard) -> str:
    response = client.get(f"/hazards/{hazard.pk}/")
    assert response.status_code == 200
    return response.content.decode()


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def buttons(html: str) -> list[tuple[str, bool]]:
    """The moves offered, each with whether it is the main one."""
    (group,) = re.findall(r'<div class="item-moves".*?</div>', html, re.S) or [""]
    found = re.findall(r'class="btn([^"]*)"[^>]*>(.*?)</(?:a|button)>', group, re.S)
    return [(words(label).strip(), "btn-primary" in css) for css, label in found]


@pytest.mark.parametrize(
    ("who", "status", "expected"),
    [
        ("admin", S.PENDING, [("下达", True), ("调整责任或时限", False), ("修改", False), ("作废", False)]),
        ("inspector", S.ISSUED, [("调整责任或时限", False), ("催办", False), ("修改", False)]),
        ("chengyuan_admin", S.ISSUED, [("签收", True), ("退回住建局", False), ("申请延期", False)]),
        ("chengyuan_clerk", S.RECTIFYING,
         [("制定方案", True), ("填报进度", False), ("申请验收", False), ("申请延期", False)]),
        ("inspector", S.AWAITING_ACCEPTANCE,
         [("验收合格", True), ("验收不合格", False), ("调整责任或时限", False), ("修改", False)]),
        ("inspector", S.CLOSED, [("复发重开", False)]),
        ("admin", S.VOID, []),
        ("leader", S.RECTIFYING, []),
        ("wanjia_reader", S.RECTIFYING, []),
        ("township_officer", S.PENDING, []),
    ],
)  # fmt: skip
def test_the_moves_in_the_order_of_the_flow_with_one_main_button(
    cast: Cast, client_as: SignIn, who: str, status: HazardStatus, expected: list[tuple[str, bool]]
):
    hazard = hazard_of(cast, status, cooperating_units=[cast.wanjia])
    assert buttons(page(client_as(getattr(cast, who)), hazard)) == expected


@pytest.mark.parametrize(
    ("progress", "main"), [(0, "填报进度"), (99, "填报进度"), (100, "申请验收")]
)  # fmt: skip
def test_the_main_button_goes_with_the_progress(cast: Cast, client_as: SignIn, progress: int, main: str):
    hazard = hazard_of(cast, S.RECTIFYING, planned=True, progress_percent=progress)
    assert (main, True) in buttons(page(client_as(cast.chengyuan_admin), hazard))


def test_an_open_extension_comes_first(cast: Cast, client_as: SignIn):
    hazard = hazard_of(cast, S.RECTIFYING)
    request_extension(hazard, cast.chengyuan_admin)
    html = page(client_as(cast.inspector), hazard)
    assert buttons(html)[0] == ("审批延期", True)
    assert "管材晚到" in html
    assert ("申请延期", False) not in buttons(page(client_as(cast.chengyuan_admin), hazard))


def test_a_hazard_that_cannot_be_issued_yet_says_what_is_missing(cast: Cast, client_as: SignIn):
    hazard = HazardFactory(season=cast.season, lead_unit=None, responsible_person="负责人", acceptance_standard="")
    html = page(client_as(cast.inspector), hazard)
    assert "下达前还有 3 项要补全" in words(html)
    for problem in ("没有责任单位", "责任人“负责人”不具体", "没有验收标准"):
        assert problem in html
    assert [label for label, main in buttons(html) if main] == ["补全信息"]


@pytest.mark.parametrize(
    ("status", "days", "expected"),
    [
        (S.ISSUED, 2, "等待 城源热力 签收（已 2 天）"),
        (S.ISSUED, 0, "等待 城源热力 签收（今天起）"),
        (S.PENDING, 1, "等待 住建局 下达（已 1 天）"),
        (S.AWAITING_ACCEPTANCE, 3, "等待 住建局 验收（已 3 天）"),
    ],
)
def test_who_can_do_the_next_step(cast: Cast, client_as: SignIn, status: HazardStatus, days: int, expected: str):
    since = dt.datetime(2026, 8, 3, 1, tzinfo=dt.UTC) - dt.timedelta(days=days)
    hazard = hazard_of(cast, status, status_since=since)
    assert expected in page(client_as(cast.leader), hazard)


@pytest.mark.parametrize(
    ("due_on", "status", "overdue"),
    [
        (dt.date(2026, 8, 2), S.RECTIFYING, True),
        (dt.date(2026, 8, 3), S.RECTIFYING, False),
        (dt.date(2026, 8, 2), S.CLOSED, False),
    ],
)
def test_due_today_is_not_overdue(cast: Cast, client_as: SignIn, due_on: dt.date, status: HazardStatus, overdue: bool):
    html = page(client_as(cast.admin), hazard_of(cast, status, due_on=due_on))
    assert ("逾期 1 天" in html) == overdue


def test_the_history_says_who_did_what_and_what_changed(cast: Cast, client_as: SignIn):
    hazard = hazard_of(cast)
    workflow.issue(hazard, by=cast.inspector, note="请抓紧")
    workflow.sign(hazard, by=cast.chengyuan_clerk)
    workflow.amend(hazard, by=cast.admin, reason="排产提前", due_on=dt.date(2026, 9, 1))
    response = client_as(cast.leader).get(f"/hazards/{hazard.pk}/")
    events = response.context["events"]
    assert [(event["who"], event["unit"], event["verb"]) for event in events] == [
        ("周管", "临岭县住房和城乡建设局", "调整责任或时限"),
        ("程员", "城源热力有限公司", "签收"),
        ("杜导", "临岭县住房和城乡建设局", "下达"),
    ]
    assert events[0]["changes"] == [{"label": "整改时限", "old": "2026-09-30", "new": "2026-09-01"}]
    assert events[2]["changes"] == [{"label": "状态", "old": "待下达", "new": "待签收"}]
    text = words(response.content.decode())
    for part in ("请抓紧", "排产提前", "2026-08-03 10:00", "（原定 2026-09-30）"):
        assert part in text


def test_photos_stand_with_their_entry_and_side_by_side(cast: Cast, client_as: SignIn):
    hazard = hazard_of(cast, S.RECTIFYING)
    before = stored(hazard, cast.inspector, photo(1), stage="before", name="前.jpg")
    after = stored(hazard, cast.chengyuan_clerk, photo(2), name="后.jpg")
    context = client_as(cast.leader).get(f"/hazards/{hazard.pk}/").context
    assert [row["url"] for row in context["before"]] == [f"/hazards/attachments/{before.pk}/file/"]
    assert [row["thumbnail_url"] for row in context["after"]] == [f"/hazards/attachments/{after.pk}/thumbnail/"]
    entry = services.add_attachments(hazard, by=cast.chengyuan_clerk, uploads=[], stage=AttachmentStage.DURING)
    after.entry_id = entry.pk
    after.save()
    events = client_as(cast.leader).get(f"/hazards/{hazard.pk}/").context["events"]
    assert [file["name"] for file in events[0]["files"]] == ["后.jpg"]


def test_a_new_round_shows_the_old_one_and_its_photos_apart(cast: Cast, client_as: SignIn):
    hazard = hazard_of(cast, S.CLOSED)
    stored(hazard, cast.inspector, photo(1), stage="before", name="前.jpg")
    stored(hazard, cast.chengyuan_clerk, photo(2), name="后.jpg")
    workflow.reopen(hazard, by=cast.inspector, reason="同一处又漏", due_on=dt.date(2026, 9, 1))
    response = client_as(cast.leader).get(f"/hazards/{hazard.pk}/")
    context = response.context
    assert [len(context[name]) for name in ("before", "after", "earlier")] == [1, 0, 1]
    text = words(response.content.decode())
    for part in ("第 2 轮", "第 1 轮：2026-07-02 下达，2026-07-13 销号", "同一处又漏"):
        assert part in text


def test_a_major_hazard_shows_the_five_and_its_plan(cast: Cast, client_as: SignIn):
    hazard = hazard_of(cast, S.RECTIFYING, grade=Grade.MAJOR)
    five = dict(
        zip(("five_duty", "five_measure", "five_funding", "five_time_limit", "five_plan"), "甲乙丙丁戊", strict=True)
    )
    steps = [PlannedStep("备料", dt.date(2026, 8, 3)), PlannedStep("更换", dt.date(2026, 9, 20))]
    workflow.plan(hazard, by=cast.chengyuan_admin, measure="更换管段", steps=steps, five=five)
    text = words(page(client_as(cast.leader), hazard))
    for part in ("五落实", "责任落实 甲", "预案落实 戊", "备料 2026-08-03"):
        assert part in text


def test_where_it_was_imported_from(cast: Cast, client_as: SignIn):
    hazard = hazard_of(cast, origin={"file": "台账.xlsx", "row": 17, "raw": {"整改时限": "9月底前", "备注": ""}})
    text = words(page(client_as(cast.leader), hazard))
    assert "从“台账.xlsx”第 17 行导入" in text
    assert "整改时限 9月底前" in text


def test_a_company_gets_no_link_to_a_facility_it_does_not_see(cast: Cast, client_as: SignIn):
    hazard = hazard_of(cast, S.ISSUED, facility=cast.station, cooperating_units=[cast.beiyuan])
    link = f"/facilities/{cast.station.pk}/"
    assert link in page(client_as(cast.chengyuan_admin), hazard)
    foreign = page(client_as(cast.beiyuan_admin), hazard)
    assert link not in foreign
    assert "幸福换热站" in foreign


def test_as_many_queries_for_a_long_history_as_for_a_short_one(cast: Cast, client_as: SignIn):
    client = client_as(cast.admin)
    hazard = hazard_of(cast, S.RECTIFYING, planned=True)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(client, hazard)
        return len(captured)

    def live(n: int) -> None:
        workflow.report(hazard, by=cast.chengyuan_admin, percent=n, text=f"第 {n} 天")
        stored(hazard, cast.chengyuan_admin, photo(n), stage="during")
        extension = request_extension(hazard, cast.chengyuan_admin)
        workflow.decide_extension(hazard, by=cast.inspector, approve=False, opinion="不同意")
        hazard.milestones.create(round=1, title=f"节点 {n}", due_on=extension.new_due_on)

    page(client, hazard)
    live(1)
    few = queries()
    for n in range(2, 6):
        live(n)
    assert queries() == few
    assert few <= 25


def test_the_ladder_of_deadlines_is_a_link_without_javascript(cast: Cast, client_as: SignIn):
    hazard = hazard_of(cast, S.RECTIFYING)
    client = client_as(cast.leader)
    (url,) = re.findall(r'hx-get="([^"]+)"[^>]*><a href="\1">', page(client, hazard))
    assert client.get(url).status_code == 200


def test_remind_from_the_page(cast: Cast, client_as: SignIn):
    hazard = hazard_of(cast, S.RECTIFYING)
    response = client_as(cast.inspector).post(f"/hazards/{hazard.pk}/remind/", follow=True)
    assert [str(message) for message in response.context["messages"]] == ["已催办，城源热力 的人员会在消息里看到。"]
    assert client_as(cast.chengyuan_admin).post(f"/hazards/{hazard.pk}/remind/").status_code == 403
    assert client_as(cast.inspector).get(f"/hazards/{hazard.pk}/remind/").status_code == 405


def test_the_phone_can_be_called(cast: Cast, client_as: SignIn):
    """The phone number is one tap away, whatever signs it was typed with."""
    hazard = hazard_of(cast, responsible_phone="138 0000-0001")
    assert 'href="tel:13800000001"' in page(client_as(cast.inspector), hazard)


def test_the_page_of_a_hazard_without_anything_optional(cast: Cast, client_as: SignIn):
    hazard: Any = HazardFactory(
        season=cast.season, lead_unit=None, due_on=None, responsible_person="", responsible_phone="",
        acceptance_standard="",
    )  # fmt: skip
    text = words(page(client_as(cast.admin), hazard))
    assert "未定期限" in text
    assert "没有整改前照片" in text
    assert "等待 住建局 下达" in text
