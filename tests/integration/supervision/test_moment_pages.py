"""What people read of deadlines that are moments: lists, an item's ladder, the trial of a policy; and the command."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from common import clock
from common.jobs.models import Job
from inspections.models import Hazard
from notifications.outbox import deliver
from supervision.kinds import KINDS
from supervision.models import Escalation, SweepRun
from supervision.policy import ladders, steps_in_force
from supervision.selectors import is_stale, ladder_of
from supervision.services import create_general_policy
from supervision.sweep import sweep
from supervision.trial import try_out
from supervision.working_days import working_calendar
from tests.cast import SUMMER_DAY, Cast
from tests.hazards import hazard_of
from tests.integration.supervision.conftest import last_run
from tests.integration.supervision.kept_files import KEPT, add_kept_files, at, file_of, swept
from tests.integration.supervision.test_policy_page import posted

pytestmark = [pytest.mark.either_database, pytest.mark.django_db]
DUE = "2026-08-20 14:30"
ClientAs = Callable[[Any], Client]


@pytest.fixture(autouse=True)
def _kept_files(cast: Cast, summer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    add_kept_files(monkeypatch)
    create_general_policy("kept", by=cast.city_admin)


@pytest.fixture
def job(cast: Cast) -> Job:
    return file_of(cast.chengyuan_clerk, DUE, "八月报表")


class TestList:
    @pytest.mark.parametrize(
        ("now", "words"),
        [
            ("2026-08-20 12:30", '<span class="due due-amber">剩 2 小时</span>'),
            ("2026-08-20 14:30", '<span class="due due-red">现在到期</span>'),
            ("2026-08-20 15:10", '<span class="due due-red">逾期 40 分钟</span>'),
        ],
    )
    def test_how_the_deadline_stands(
        self, cast: Cast, job: Job, client_as: ClientAs, summer: Any, now: str, words: str
    ) -> None:
        swept(summer, now)
        page = client_as(cast.admin).get("/supervision/").content.decode()
        assert f'{words}<span class="due-date">8月20日 14:30</span>' in page

    def test_a_deadline_with_seconds_is_not_another_one(self, cast: Cast, client_as: ClientAs, summer: Any) -> None:
        file_of(cast.chengyuan_clerk, "2026-08-20 14:30:40", "有秒")
        swept(summer, "2026-08-20 12:30")
        assert (
            '<span class="due due-amber">剩 2 小时</span>'
            in client_as(cast.admin).get("/supervision/").content.decode()
        )

    def test_put_off_the_former_deadline_is_only_named(
        self, cast: Cast, job: Job, client_as: ClientAs, summer: Any
    ) -> None:
        swept(summer, DUE)
        Job.objects.update(expires_at=at("2026-08-20 17:00"))
        client = client_as(cast.admin)
        assert "八月报表" not in client.get("/supervision/").content.decode()
        page = client.get("/supervision/?scope=all").content.decode()
        assert page.count('<span class="due due-grey">8月20日 14:30</span>') == 2

    def test_narrowed_by_how_long_it_is_overdue(self, cast: Cast, job: Job, client_as: ClientAs, summer: Any) -> None:
        by_day = hazard_of(cast, "rectifying", due_on=dt.date(2026, 8, 20))
        sweep(dt.date(2026, 8, 28))

        def listed(now: str, days: str) -> tuple[bool, bool]:
            summer.move_to(at(now))
            page = client_as(cast.admin).get(f"/supervision/?scope=all&overdue={days}").content.decode()
            return "八月报表" in page, by_day.number in page

        found = {
            (now, days): listed(f"2026-08-{now}", days)
            for now in ("20 14:30", "20 14:31", "20 23:59", "21 00:00", "27 14:29", "27 14:30") for days in "017"
        }  # fmt: skip
        assert {key: value for key, value in found.items() if value != (False, False)} == {
            ("20 14:30", "0"): (True, True),
            ("20 14:31", "0"): (False, True), ("20 14:31", "1"): (True, False),
            ("20 23:59", "0"): (False, True), ("20 23:59", "1"): (True, False),
            ("21 00:00", "1"): (True, True),
            ("27 14:29", "1"): (True, True), ("27 14:29", "7"): (False, True),
            ("27 14:30", "1"): (True, True), ("27 14:30", "7"): (True, True),
        }  # fmt: skip

    def test_of_one_day_the_earlier_comes_first(self, cast: Cast, client_as: ClientAs, summer: Any) -> None:
        for hour in (16, 14, 15):
            file_of(cast.chengyuan_clerk, f"2026-08-20 {hour}:00", f"表{hour}")
        swept(summer, "2026-08-20 15:59")
        client = client_as(cast.admin)
        for query, order in (("", (14, 16, 15)), ("&sort=due_on", (14, 15, 16)), ("&sort=-due_on", (16, 15, 14))):
            page = client.get(f"/supervision/?scope=all&step=remind{query}").content.decode()
            places = [page.index(f"表{hour}") for hour in order]
            assert places == sorted(places) or not query


class TestLadder:
    def steps(self, job: Job) -> list[tuple[str, str, str]]:
        job.refresh_from_db()
        return [
            (step.label, f"{clock.timezone.localtime(step.on):%d %H:%M}", step.state) for step in ladder_of(job).steps
        ]  # type: ignore[arg-type]

    def test_each_step_has_its_minute(self, job: Job, summer: Any) -> None:
        swept(summer, "2026-08-20 12:31")
        assert self.steps(job) == [
            ("提醒（到期前 2 小时）", "20 12:30", "done"), ("保留到", "20 14:30", "next"),
            ("提醒（到期时）", "20 14:30", "next"), ("催办（逾期 1 小时）", "20 15:30", "later"),
            ("督办单（逾期 1 天）", "21 14:30", "later"),
        ]  # fmt: skip
        swept(summer, "2026-08-20 19:00")
        assert self.steps(job) == [
            ("提醒（到期前 2 小时）", "20 12:30", "done"), ("提醒（到期时）", "20 14:30", "done"),
            ("保留到", "20 14:30", "done"), ("催办（逾期 1 小时）", "20 15:30", "done"),
            ("催办（第 1 次重复）", "20 18:30", "due"), ("催办（第 2 次重复）", "20 21:30", "next"),
            ("督办单（逾期 1 天）", "21 14:30", "later"),
        ]  # fmt: skip

    def test_the_page(self, cast: Cast, job: Job, client_as: ClientAs, summer: Any) -> None:
        swept(summer, DUE)
        Job.objects.update(expires_at=at("2026-08-20 17:00"))
        swept(summer, "2026-08-20 15:00")
        page = client_as(cast.admin).get(f"/supervision/ladder/kept/{job.pk}/").content.decode()
        assert '<span class="ladder-day">2026-08-20 17:00</span>' in page
        assert "此前的时限：2026-08-20 14:30（到“提醒”）" in page
        assert "返回导出文件" in page
        assert "已发给程员（2026-08-20 15:00）" in page and "按钟点连续计算到 15:00，节假日不停" in page

    def test_of_each_deadline_what_was_told_for_it(self, job: Job, summer: Any) -> None:
        swept(summer, DUE)
        Job.objects.update(expires_at=at("2026-08-20 14:31"))
        summer.move_to(at("2026-08-20 14:31"))
        sweep(clock.today())
        job.refresh_from_db()
        texts = {step.label: step.text for step in ladder_of(job).steps}
        assert texts["提醒（到期时）"] == "正在发给程员"
        deliver()
        texts = {step.label: step.text for step in ladder_of(job).steps}
        assert texts["提醒（到期时）"] == "已发给程员（2026-08-20 14:31）"


class TestPolicyPage:
    def test_what_it_says_of_hours(self, cast: Cast, client_as: ClientAs) -> None:
        client = client_as(cast.city_admin)
        page = client.get(f"/supervision/policy/{ladders(KEPT)[0].policy.pk}/").content.decode()
        assert "填 0 小时是到期时" in page and "小时按钟点从时限的时刻起算" in page
        page = client.get("/supervision/policy/").content.decode()
        assert "到期时" in page and "逾期 1 小时，此后每 3 小时重复" in page

    def test_the_trial_agrees_with_the_sweep(self, cast: Cast, job: Job, summer: Any) -> None:
        file_of(cast.chengyuan_clerk, "2026-08-20 23:30", "夜")
        file_of(cast.chengyuan_clerk, "2026-08-19 09:00", "前")
        policy = ladders(KEPT)[0].policy
        for day in (19, 20, 21, 22):
            as_of = dt.date(2026, 8, day)
            trial = try_out(
                policy, list(steps_in_force(policy)), day=as_of, user=cast.admin, calendar=working_calendar()
            )
            assert trial.total == 3
            sweep(as_of)
            new = last_run().new["kept"]
            caught_up = {row.step.code: row.caught_up for row in trial.steps if row.caught_up}
            assert caught_up == new
            told = Escalation.objects.filter(run=last_run(), announced=True, kind="kept").count()
            assert sum(row.told for row in trial.steps) == told
            counted = {row.step.code: (row.that_day, row.standing) for row in trial.steps}
            assert counted == EXPECTED[day]

    def test_its_page_names_the_moments(self, cast: Cast, job: Job, client_as: ClientAs) -> None:
        client = client_as(cast.city_admin)
        policy = ladders(KEPT)[0].policy
        address, data = f"/supervision/policy/{policy.pk}/", posted(policy, r1={"amount": "0"})
        data |= {"day": "2026-08-20", "do": "try"}
        page = client.post(address, data).content.decode()
        assert '<td data-label="时限" class="nowrap">2026-08-20 14:30</td>' in page


# By day and step: how many reach it that day, and for how many it is the highest when the day ends.
EXPECTED = {
    19: {"remind-2h": (1, 0), "remind-0h": (1, 0), "urge-1h": (1, 1), "notice-1d": (0, 0)},
    20: {"remind-2h": (2, 0), "remind-0h": (2, 1), "urge-1h": (2, 1), "notice-1d": (1, 1)},
    21: {"remind-2h": (0, 0), "remind-0h": (0, 0), "urge-1h": (3, 0), "notice-1d": (2, 3)},
    22: {"remind-2h": (0, 0), "remind-0h": (0, 0), "urge-1h": (3, 0), "notice-1d": (0, 3)},
}


class TestCommand:
    def test_as_of_a_moment(self, job: Job, summer: Any, capsys: Any) -> None:
        summer.move_to(at("2026-08-20 18:00"))
        for as_of, new in (("2026-08-20T12:29", {}), ("2026-08-20T12:30", {"remind-2h": 1})):
            call_command("sweep", "--json", "--as-of", as_of)
            said = json.loads(capsys.readouterr().out)
            assert said.pop("new") == {name: new if name == "kept" else {} for name in KINDS}
            assert said == {"as_of": as_of, "announced": len(new)}
        assert last_run().as_of_moment == at("2026-08-20 12:30")
        call_command("sweep", "--as-of", "2026-08-20T07:30+01:00")
        assert capsys.readouterr().out.splitlines() == [
            "已按 2026-08-20T07:30+01:00 检查所有时限，通知了 1 个事项。", "  导出文件 提醒（remind-0h）：1 个新达到",
        ]  # fmt: skip

    def test_as_of_a_day_that_is_past_it_is_the_days_end_and_of_today_now(
        self, job: Job, summer: Any, capsys: Any
    ) -> None:
        summer.move_to(at("2026-08-20 14:29"))
        for as_of in ("2026-08-19", "2026-08-20"):
            call_command("sweep", "--as-of", as_of)
        assert set(Escalation.objects.values_list("step", "run__as_of")) == {("remind-2h", dt.date(2026, 8, 20))}
        summer.move_to(at("2026-08-22 10:00"))
        call_command("sweep", "--as-of", "2026-08-20")
        assert max(Escalation.objects.filter(step="urge-1h").values_list("repeat", flat=True)) == 2, "at 21:30"
        capsys.readouterr()

    def test_for_kinds_by_days_the_moment_is_its_day(self, cast: Cast, summer: Any, capsys: Any) -> None:
        hazard_of(cast, "rectifying", due_on=dt.date(2026, 8, 19))
        summer.move_to(at("2026-08-22 10:00"))
        call_command("sweep", "--json", "--as-of", "2026-08-19T23:59")
        assert "urge" not in json.loads(capsys.readouterr().out)["new"]["hazard"]
        call_command("sweep", "--json", "--as-of", "2026-08-20T00:00")
        assert json.loads(capsys.readouterr().out)["new"]["hazard"] == {"urge": 1}
        assert Hazard.objects.get().first_overdue_on == dt.date(2026, 8, 20)

    def test_one_to_come_later_today_is_said_to_be(self, summer: Any, capsys: Any) -> None:
        call_command("sweep", "--as-of", "2026-08-03T10:01")
        assert capsys.readouterr().err.startswith("2026-08-03T10:01 还没有到：")
        call_command("sweep", "--as-of", "2026-08-03T10:00")
        assert capsys.readouterr().err == ""
        with pytest.raises(CommandError, match="--as-of 写的是 2026-09-04T10:00，在今天之后 32 天"):
            call_command("sweep", "--as-of", "2026-09-04T10:00")

    @pytest.mark.parametrize("text", ["2026-08-03T25:00", "2026-02-30T10:00", "T10:00"])
    def test_a_moment_that_is_none(self, summer: Any, text: str) -> None:
        with pytest.raises(CommandError) as refused:
            call_command("sweep", "--as-of", text)
        assert str(refused.value) == f"--as-of 写的是“{text}”，应为 2026-09-30T10:00 这样的时刻"

    def test_a_look_at_an_earlier_moment_does_not_mean_that_deadlines_are_watched(self, summer: Any) -> None:
        sweep(at("2026-08-03 09:59"))
        assert is_stale(clock.now())
        sweep(at("2026-08-03 10:00"))
        assert not is_stale(clock.now())
        SweepRun.objects.all().delete()
        sweep(SUMMER_DAY)
        assert not is_stale(clock.now())
