"""The list of escalations and an item's ladder."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inspections.models import Hazard
from notifications.outbox import deliver
from supervision.models import Escalation, Proposal
from supervision.proposals import APPROVE, DECLINE, HOLD, decide
from supervision.selectors import ladder_of
from supervision.sweep import sweep
from tests.cast import Cast
from tests.hazards import hazard_of
from tests.integration.supervision.conftest import DUE, day
from tests.integration.supervision.policies import change, general

pytestmark = [pytest.mark.either_database, pytest.mark.django_db]


@pytest.fixture
def ask(client_as: Callable[[Any], Client], summer: Any) -> Callable[..., str]:
    """`ask(user, address, offset=3)`: the page as that user sees it three days after the deadline."""

    def page(user: Any, address: str, offset: int = 3, status: int = 200, **headers: str) -> str:
        summer.move_to(dt.datetime.combine(day(offset), dt.time(2), dt.UTC))
        response = client_as(user).get(address, headers=headers)
        assert response.status_code == status
        return response.content.decode()

    return page


def rows(page: str) -> list[tuple[str, str]]:
    """(number, step) of each row."""
    found = re.findall(r'<tr data-href="[^"]*">(.*?)</tr>', page, re.S)
    return [
        (re.findall(r">(YH-[\d-]+)<", row)[0], re.findall(r'<span class="state state-\w+">(\w+)</span>', row)[0])
        for row in found
    ]


def tab_counts(page: str) -> dict[str, str]:
    tabs = page.split('id="list-tabs"')[1].split("</nav>")[0]
    return dict(re.findall(r'>([^<>]+)<span class="tab-count[^>]*>([^<]*)<', tabs))


@pytest.fixture
def three(cast: Cast, hazard: Hazard) -> list[Hazard]:
    """Three days late (城源), one day late (北苑), and one of 邻河县."""
    second = hazard_of(cast, "issued", due_on=day(2))
    third = hazard_of(cast, "issued", due_on=DUE)
    Hazard.objects.filter(pk=second.pk).update(lead_unit=cast.beiyuan)
    Hazard.objects.filter(pk=third.pk).update(
        county=cast.foreign.county, season=cast.foreign.season, lead_unit=cast.foreign.company, number="YH-2026-0777",
        township=None,
    )  # fmt: skip
    sweep(day(3))
    return [hazard, second, third]


class TestList:
    def test_the_highest_step_of_each_and_whose_it_is(self, cast: Cast, three: Any, ask: Any) -> None:
        both = [("YH-2026-0001", "督办单"), ("YH-2026-0002", "催办")]
        assert rows(ask(cast.admin, "/supervision/")) == both
        assert rows(ask(cast.leader, "/supervision/")) == both
        assert rows(ask(cast.chengyuan_clerk, "/supervision/")) == [("YH-2026-0001", "催办")]
        assert rows(ask(cast.beiyuan_clerk, "/supervision/")) == both[1:]
        assert rows(ask(cast.wanjia_reader, "/supervision/")) == []
        assert rows(ask(cast.foreign.admin, "/supervision/")) == [("YH-2026-0777", "督办单")]

    def test_counts_and_filters(self, cast: Cast, three: Any, ask: Any) -> None:
        page = ask(cast.admin, "/supervision/")
        assert tab_counts(page) == {"全部": "2", "提醒": "0", "催办": "1", "督办单": "1", "约谈": "0", "通报": "0"}
        assert "逾期 3 天" in page and "逾期 1 天" in page

        def numbers(query: str) -> list[str]:
            return [number for number, _ in rows(ask(cast.admin, f"/supervision/?{query}"))]

        assert numbers("step=urge") == ["YH-2026-0002"]
        assert numbers(f"unit={cast.chengyuan.pk}") == ["YH-2026-0001"]
        assert numbers("overdue=1") == ["YH-2026-0001", "YH-2026-0002"]
        assert numbers("overdue=7") == numbers("overdue=0") == []
        assert numbers("sort=due_on") == ["YH-2026-0001", "YH-2026-0002"]
        assert numbers("sort=-due_on") == ["YH-2026-0002", "YH-2026-0001"]
        assert numbers("sort=step") == ["YH-2026-0002", "YH-2026-0001"]

    def test_a_wrong_filter_lists_nothing_and_says_so(self, cast: Cast, three: Any, ask: Any) -> None:
        page = ask(cast.admin, f"/supervision/?unit={cast.foreign.company.pk}")
        assert rows(page) == []
        assert f"责任单位：没有“{cast.foreign.company.pk}”这个选项，请重新选择" in page
        assert "步骤：没有“unknown”这个选项" in ask(cast.admin, "/supervision/?step=unknown")

    def test_what_is_settled_is_found_among_all_records(self, cast: Cast, three: Any, ask: Any) -> None:
        Hazard.objects.filter(pk=three[0].pk).update(due_on=day(30))
        assert rows(ask(cast.admin, "/supervision/")) == [("YH-2026-0002", "催办")]

        page = ask(cast.admin, "/supervision/?scope=all")
        assert len(rows(page)) == 7
        assert tab_counts(page)["提醒"] == "4"
        assert "没有单独通知" in page

    def test_what_became_of_each_step_is_told_apart(self, cast: Cast, three: Any, ask: Any, summer: Any) -> None:
        def said(offset: int = 3) -> list[str]:
            page = ask(cast.admin, "/supervision/", offset)
            found = re.findall(r'<td[^>]*data-label="通知"[^>]*>(.*?)</td>', page, re.S)
            return [re.sub(r"<[^>]+>", "", cell) for cell in found]

        def decided(move: str, version: int, **how: Any) -> list[str]:
            decide({Proposal.objects.get(item_id=three[0].pk).pk: version}, by=cast.admin, move=move, **how)
            return said()

        assert said() == ["待审批", "已通知"]
        assert decided(HOLD, 0, until=day(5)) == ["暂缓到 2026-08-25", "已通知"]
        assert said(5)[0] == "待审批"
        Hazard.objects.filter(pk=three[0].pk).update(lead_unit=cast.wanjia)
        assert said(5)[0] == "不再需要审批"
        Hazard.objects.filter(pk=three[0].pk).update(lead_unit=cast.chengyuan)
        assert decided(DECLINE, 1, reason="已当面谈过") == ["不同意", "已通知"]
        Proposal.objects.filter(item_id=three[0].pk).update(state="open")
        assert decided(APPROVE, 2) == ["已通知", "已通知"]

    def test_as_many_queries_for_many_as_for_few(self, cast: Cast, three: Any, client_as: Any, summer: Any) -> None:
        def queries(user: Any) -> int:
            client = client_as(user)
            client.get("/supervision/")
            with CaptureQueriesContext(connection) as captured:
                client.get("/supervision/")
            return len(captured)

        few = [queries(cast.admin), queries(cast.chengyuan_clerk)]
        for _ in range(30):
            hazard_of(cast, "rectifying", due_on=DUE)
        sweep(day(3))
        assert [queries(cast.admin), queries(cast.chengyuan_clerk)] == few
        assert max(few) <= 12


def shown(item: Any, reader: Any = None) -> list[tuple[str, str, str, str]]:
    steps = ladder_of(item, reader).steps
    return [(step.label, step.on.isoformat()[5:], step.state, step.text) for step in steps]


class TestLadder:
    def test_before_the_deadline(self, hazard: Hazard, summer: Any) -> None:
        sweep(day(-7))
        assert shown(hazard)[0][3] == "正在发给程员"
        deliver()
        assert shown(hazard) == [
            ("提醒（到期前 7 天）", "08-13", "done", "已发给程员（2026-08-03 10:00）"),
            ("提醒（到期前 3 天）", "08-17", "next", "将通知责任人"),
            ("整改时限", "08-20", "later", ""),
            ("催办（逾期 1 天）", "08-21", "later", "将通知责任单位负责人、住建局督办人"),
            ("督办单（逾期 3 天）", "08-23", "later", "将报住建局审批，批准后通知责任单位人员、住建局督办人"),
            ("约谈（逾期 7 天）", "08-27", "later", "将报住建局审批，批准后通知责任单位负责人、住建局负责人"),
            (
                "通报（逾期 15 天）",
                "09-04",
                "later",
                "将报住建局审批，批准后通知责任单位人员、住建局督办人、住建局负责人",
            ),
        ]

    def test_after_it(self, hazard: Hazard, summer: Any) -> None:
        summer.move_to(dt.datetime(2026, 8, 24, 2, 0, tzinfo=dt.UTC))
        sweep(day(4))
        assert [(label[:3], state) for label, _, state, _ in shown(hazard)] == [
            ("提醒（", "done"), ("提醒（", "done"), ("整改时", "done"), ("催办（", "done"), ("督办单", "due"),
            ("约谈（", "next"), ("通报（", "later"),
        ]  # fmt: skip
        assert shown(hazard)[3][3] == "8月24日记录，没有单独通知"
        Hazard.objects.filter(pk=hazard.pk).update(grade="major")
        hazard.refresh_from_db()
        assert ("约谈（逾期 3 天）", "08-23") in [step[:2] for step in shown(hazard)]

    def test_what_was_proposed_and_what_came_of_it(self, cast: Cast, hazard: Hazard, summer: Any) -> None:
        def text(label: str) -> str:
            return next(text for each, _, _, text in shown(hazard) if each.startswith(label))

        summer.move_to(dt.datetime(2026, 8, 23, 2, 0, tzinfo=dt.UTC))
        sweep(day(3))
        deliver()
        assert text("督办单") == "8月23日报住建局审批，等待审批"
        notice = Proposal.objects.get()
        decide({notice.pk: 0}, by=cast.admin, move=HOLD, until=day(5), reason="等材料")
        assert text("督办单") == "8月23日报住建局审批，周管 2026-08-23 10:00 暂缓到8月25日（等材料）"
        decide({notice.pk: 1}, by=cast.inspector, move=APPROVE)
        deliver()
        assert text("督办单") == (
            "8月23日报住建局审批，杜导 2026-08-23 10:00 批准；已发给杜导、程源、程员（2026-08-23 10:00）"
        )
        summer.move_to(dt.datetime(2026, 8, 27, 2, 0, tzinfo=dt.UTC))
        sweep(day(7))
        decide({Proposal.objects.get(step="talk").pk: 0}, by=cast.admin, move=DECLINE, reason="已当面谈过")
        assert text("约谈") == "8月27日报住建局审批，周管 2026-08-27 10:00 不同意（已当面谈过）"

    def test_who_was_told_and_for_whom_nobody_could_be(self, cast: Cast, hazard: Hazard, summer: Any) -> None:
        def text(label: str) -> str:
            return next(text for each, _, _, text in shown(hazard) if each.startswith(label))

        cast.chengyuan.users.update(is_active=False)
        summer.move_to(dt.datetime(2026, 8, 21, 2, 0, tzinfo=dt.UTC))
        sweep(day(1))
        deliver()
        assert text("催办") == "已发给杜导（2026-08-21 10:00）；责任单位现在没有可用账号，没有人收到"
        cast.chengyuan.users.update(is_active=True)
        assert text("催办") == "已发给杜导（2026-08-21 10:00）"

        cast.bureau.users.filter(pk=cast.admin.pk).update(is_active=False)
        summer.move_to(dt.datetime(2026, 8, 27, 2, 0, tzinfo=dt.UTC))
        sweep(day(7))
        decide({Proposal.objects.get(step="talk").pk: 0}, by=cast.inspector, move=APPROVE)
        deliver()
        assert text("约谈").endswith("批准；已发给程源（2026-08-27 10:00）；住建局负责人现在没有可用账号，没有人收到")
        cast.chengyuan.users.update(is_active=False)
        assert "责任单位" not in text("约谈"), "程源 was told when he had an account"

    def test_for_whom_nobody_could_be_told_though_others_of_the_bureau_were(
        self, cast: Cast, hazard: Hazard, summer: Any
    ) -> None:
        change(general(), cast.city_admin, urge={"tells_bureau_leader": True})
        cast.bureau.users.filter(pk=cast.admin.pk).update(is_active=False)
        summer.move_to(dt.datetime(2026, 8, 21, 2, 0, tzinfo=dt.UTC))
        sweep(day(1))
        deliver()
        text = next(text for label, _, _, text in shown(hazard) if label.startswith("催办"))
        assert text == "已发给杜导、程源（2026-08-21 10:00）；住建局负责人现在没有可用账号"

    def test_approved_while_nobody_could_be_told(self, cast: Cast, hazard: Hazard, summer: Any) -> None:
        change(general(), cast.city_admin, notice={"tells_company": True, "tells_bureau_leader": True})
        summer.move_to(dt.datetime(2026, 8, 23, 2, 0, tzinfo=dt.UTC))
        sweep(day(3))
        type(cast.admin).objects.exclude(pk=cast.development_officer.pk).update(is_active=False)
        decide({Proposal.objects.get().pk: 0}, by=cast.inspector, move=APPROVE)
        text = next(text for label, _, _, text in shown(hazard) if label.startswith("督办单"))
        assert text.endswith("批准；责任单位、住建局督办人、住建局负责人现在没有可用账号，没有人收到")

    def test_of_what_is_not_watched(self, cast: Cast, hazard: Hazard) -> None:
        sweep(day(1))
        Hazard.objects.filter(pk=hazard.pk).update(status="awaiting_acceptance")
        hazard.refresh_from_db()
        assert ladder_of(hazard).pause == "现在是“待验收”，不提醒也不督办。"
        assert [label for label, *_ in shown(hazard)] == [
            "提醒（到期前 7 天）", "提醒（到期前 3 天）", "整改时限", "催办（逾期 1 天）",
        ]  # fmt: skip
        fresh = hazard_of(cast, "pending")
        assert (ladder_of(fresh).steps, ladder_of(fresh).pause) == ([], "现在是“待下达”，不提醒也不督办。")
        undated = hazard_of(cast, "issued", due_on=None)
        assert ladder_of(undated).pause == "还没有整改时限，不提醒也不督办。"

    def test_after_an_extension_the_former_deadline_is_remembered(self, hazard: Hazard) -> None:
        sweep(day(3))
        Hazard.objects.filter(pk=hazard.pk).update(due_on=day(40))
        hazard.refresh_from_db()
        assert ladder_of(hazard).earlier == [(DUE, "督办单")]
        assert {state for _, _, state, _ in shown(hazard)} == {"next", "later"}

    def test_a_part_for_the_page_and_a_page_of_its_own(self, cast: Cast, hazard: Hazard, ask: Any) -> None:
        sweep(day(3))
        address = f"/supervision/ladder/hazard/{hazard.pk}/"
        assert f'hx-get="{address}"' in ask(cast.admin, f"/hazards/{hazard.pk}/")
        whole, part = ask(cast.chengyuan_admin, address), ask(cast.chengyuan_admin, address, **{"HX-Request": "true"})
        assert "<html" in whole and "<html" not in part
        assert "催办（逾期 1 天）" in whole and "催办（逾期 1 天）" in part
        ask(cast.beiyuan_clerk, address, status=404)
        ask(cast.foreign.admin, address, status=404)


def test_the_database_refuses_a_second_record(hazard: Hazard) -> None:
    sweep(day(1))
    record = Escalation.objects.get(step="urge")
    record.pk = None
    assert Escalation.objects.bulk_create([record], ignore_conflicts=True)
    assert Escalation.objects.filter(step="urge").count() == 1
