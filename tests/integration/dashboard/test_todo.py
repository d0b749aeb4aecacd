"""我的待办: what coal owes, for the company that owes it and for the bureaus; not for who only reads."""

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from coal.models import CoverGap, MilestoneDuty, ReportDuty, Target, TargetMilestone
from common import clock
from tests.cast import Cast
from tests.coal_factories import make_estimate, make_target
from tests.factories import DailyReportFactory, YardFactory

pytestmark = pytest.mark.django_db
Browser = Callable[[Any], Client]
GAP, REPORT, MILESTONE, TARGET = "存煤不足", "日报未报", "储备节点未达到", "储备目标"
YESTERDAY = dt.date(2026, 11, 19)


@pytest.fixture(autouse=True)
def _now() -> Iterator[Any]:
    """20 November 2026, 11:00 in Shanghai."""
    with time_machine.travel(dt.datetime(2026, 11, 20, 3, tzinfo=dt.UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def target(cast: Cast) -> Target:
    estimate = make_estimate(company=cast.chengyuan, season=cast.season, by=cast.chengyuan_admin)
    return make_target(estimate, status="approved", quantity_t=Decimal(10_000))


@pytest.fixture
def owed(cast: Cast, target: Target) -> None:
    """城源热力 lacks coal, has not reported of yesterday, is behind a milestone, has one in 7 days and one in 8."""
    of = {"county": cast.county, "company": cast.chengyuan, "season": cast.season}
    YardFactory(company=cast.chengyuan)
    CoverGap.objects.create(**of, began_on=YESTERDAY, due_on=dt.date(2026, 11, 22), standing="可用 9.5 天")
    due_at = dt.datetime(2026, 11, 20, 2, tzinfo=dt.UTC)
    ReportDuty.objects.create(**of, day=YESTERDAY, due_at=due_at)
    for due_on in (dt.date(2026, 8, 31), dt.date(2026, 11, 27), dt.date(2026, 11, 28)):
        row = TargetMilestone.objects.filter(target=target, due_on=due_on).first() or TargetMilestone.objects.create(
            target=target, kind="arrived", due_on=due_on, share_percent=Decimal(40), quantity_t=Decimal(4_000)
        )  # fmt: skip
        MilestoneDuty.objects.create(**of, kind="arrived", due_on=due_on, milestone=row, standing="还差 900 t")


def counts(client: Client) -> dict[str, int]:
    return {section.label: section.count for section in client.get("/todo/").context["coal"]}


@pytest.mark.usefixtures("owed")
class TestOwed:
    def test_who_sees_it(self, cast: Cast, client_as: Browser) -> None:
        all_of_it = {GAP: 1, REPORT: 1, MILESTONE: 2}
        concerned = (cast.chengyuan_admin, cast.chengyuan_clerk, cast.admin, cast.inspector, cast.development_officer)
        assert [counts(client_as(user)) for user in concerned] == [all_of_it] * 5
        others = (cast.beiyuan_clerk, cast.leader, cast.township_officer, cast.hotline, cast.foreign.admin)
        assert [counts(client_as(user)) for user in others] == [{}] * 5

    def test_the_company_files_the_bureaus_look(self, cast: Cast, client_as: Browser) -> None:
        form = "/coal/reports/file/?day=2026-11-19"
        page = client_as(cast.chengyuan_clerk).get("/todo/").content.decode()
        assert f'href="{form}">填报' in page and "应在次日 10 时前报送" in page
        assert client_as(cast.chengyuan_clerk).get(form).status_code == 200
        page = client_as(cast.development_officer).get("/todo/").content.decode()
        assert form not in page
        assert f'href="/coal/reports/company/{cast.chengyuan.pk}/2026-11-19/">查看' in page

    def test_before_its_hour_a_report_waits_for_the_company_only(
        self, cast: Cast, client_as: Browser, _now: Any
    ) -> None:
        _now.move_to(dt.datetime(2026, 11, 20, 1, 59, tzinfo=dt.UTC))
        assert counts(client_as(cast.chengyuan_clerk))[REPORT] == 1
        assert REPORT not in counts(client_as(cast.inspector))

    def test_filing_takes_it_off_at_once(self, cast: Cast, client_as: Browser) -> None:
        DailyReportFactory(company=cast.chengyuan, day=YESTERDAY, filed_by=cast.chengyuan_admin)
        assert counts(client_as(cast.chengyuan_clerk)) == {GAP: 1, MILESTONE: 2}

    def test_what_is_settled_is_gone(self, cast: Cast, client_as: Browser) -> None:
        CoverGap.objects.update(ended_on=clock.today())
        MilestoneDuty.objects.filter(due_on="2026-08-31").update(reached_on=clock.today())
        assert counts(client_as(cast.inspector)) == {REPORT: 1, MILESTONE: 1}

    def test_the_same_queries_however_many(
        self, cast: Cast, client_as: Browser, django_assert_max_num_queries: Any
    ) -> None:
        client = client_as(cast.admin)
        client.get("/todo/")
        with django_assert_max_num_queries(18) as few:
            client.get("/todo/")
        for days in range(2, 32):
            day = YESTERDAY - dt.timedelta(days=days - 1)
            if day >= cast.season.trial_run_on:
                ReportDuty.objects.create(
                    county=cast.county, company=cast.chengyuan, season=cast.season, day=day,
                    due_at=clock.now() - dt.timedelta(days=days),
                )  # fmt: skip
        # One more: how many there are beside the ten that are shown.
        with django_assert_max_num_queries(len(few.captured_queries) + 1):
            response = client.get("/todo/")
        [reports] = [section for section in response.context["coal"] if section.label == REPORT]
        assert (len(reports.tasks), reports.count) == (10, 20)


@pytest.mark.parametrize(
    ("status", "who", "verb"),
    [("draft", "chengyuan_clerk", "报送"), ("returned", "chengyuan_admin", "报送"), ("filed", "inspector", "审核"),
     ("checked", "development_officer", "审批")],
)  # fmt: skip
def test_a_target_waits_for_whose_turn_it_is(
    cast: Cast, client_as: Browser, target: Target, status: str, who: str, verb: str
) -> None:
    Target.objects.filter(pk=target.pk).update(status=status)
    page = client_as(getattr(cast, who)).get("/todo/").content.decode()
    assert f'href="/coal/targets/{target.pk}/">{verb}' in page
    others = {"chengyuan_clerk", "inspector", "development_officer", "beiyuan_clerk", "leader"} - {who}
    if who == "chengyuan_admin":
        others.remove("chengyuan_clerk")
    assert all(TARGET not in counts(client_as(getattr(cast, other))) for other in others)


def test_nothing_to_do_says_what_would_stand_there(cast: Cast, client_as: Browser) -> None:
    assert "督办审批、储备目标和煤炭的时限" in client_as(cast.leader).get("/todo/").content.decode()
