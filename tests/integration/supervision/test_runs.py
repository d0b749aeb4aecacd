"""A sweep is one run on record: what it found, that it failed, that none has run for too long; and its three doors."""

import datetime as dt
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common import clock
from inspections.models import Hazard
from notifications.models import Message, Outgoing
from notifications.outbox import deliver
from supervision.models import Escalation, SweepRun
from supervision.selectors import CACHE_KEY, is_stale, last_sweep_at
from supervision.sweep import sweep
from supervision.tasks import sweep as sweep_task
from tests.cast import SUMMER_DAY, Cast, build_cast
from tests.hazards import hazard_of
from tests.integration.supervision.conftest import DUE, NOTHING_ELSE, day, last_run, noon

PERIOD = 600


@pytest.fixture(autouse=True)
def _ten_minutes(settings: Any) -> None:
    settings.SWEEP_PERIOD_SECONDS = PERIOD


class Broken(Exception):
    """The database refused a statement."""


def refusing(table: str) -> Callable[..., Any]:
    """What `connection.execute_wrapper` takes: statements that write to the table fail."""

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith((f'INSERT INTO "{table}"', f'UPDATE "{table}"')):
            raise Broken("磁盘已满")
        return execute(sql, params, many, context)

    return wrapper


@pytest.mark.django_db
@pytest.mark.usefixtures("by_itself")
class TestRun:
    def test_what_is_kept_of_it(self, hazard: Hazard) -> None:
        run = sweep(day(1))

        assert run.as_of == day(1)
        assert run.new == {"hazard": {"urge": 1, "remind-3": 1, "remind-7": 1}, **NOTHING_ELSE}
        assert (run.announced, run.error) == (1, "")
        assert run.started_at == run.finished_at == clock.now()
        assert set(run.escalations.values_list("item_id", "due_on", "step", "reached_at")) == {
            (hazard.pk, DUE, step, clock.now()) for step in ("urge", "remind-3", "remind-7")
        }

    @pytest.mark.parametrize("table", ["notifications_outgoing", "inspections_hazard"])
    def test_a_failure_leaves_nothing_but_its_reason_and_the_next_run_makes_up_for_it(
        self, hazard: Hazard, table: str, summer: Any
    ) -> None:
        summer.move_to(noon(3))
        with connection.execute_wrapper(refusing(table)), pytest.raises(Broken):
            sweep(day(3))

        assert not Escalation.objects.exists()
        assert not Outgoing.objects.exists()
        failed = last_run()
        assert (failed.error, failed.new, failed.announced) == ("Broken: 磁盘已满", NOTHING_ELSE, 0)
        assert failed.finished_at is not None
        assert last_sweep_at() is None

        run = sweep(day(3))
        assert run.new == {"hazard": {"notice": 1, "urge": 1, "remind-3": 1, "remind-7": 1}, **NOTHING_ELSE}
        deliver()
        assert set(Message.objects.values_list("recipient__username", flat=True)) == {
            "cy_admin", "cy_clerk", "ll_inspector",
        }  # fmt: skip
        hazard.refresh_from_db()
        assert hazard.first_overdue_on == day(1)

    def test_whoever_already_has_the_message_gets_no_second_one(self, cast: Cast, hazard: Hazard) -> None:
        key = f"sweep:hazard:{hazard.pk}:{DUE}:urge"
        Message.objects.create(recipient=cast.inspector, key=key, subject="已经有了")
        sweep(day(1))
        deliver()

        assert [m.subject for m in Message.objects.filter(recipient=cast.inspector)] == ["已经有了"]
        assert Message.objects.filter(recipient=cast.chengyuan_admin, key=key).count() == 1


@pytest.mark.django_db
class TestCommand:
    def test_json(self, cast: Cast, hazard: Hazard, capsys: Any) -> None:
        hazard_of(cast, "issued", due_on=day(-4))
        call_command("sweep", "--json", "--as-of", str(day(-1)))

        assert json.loads(capsys.readouterr().out) == {
            "as_of": "2026-08-19",
            "new": {"hazard": {"notice": 1, "urge": 1, "remind-3": 2, "remind-7": 2}, **NOTHING_ELSE},
            "announced": 2,
        }
        call_command("sweep", "--json", "--as-of", str(day(-1)))
        nothing = {"as_of": "2026-08-19", "new": {"hazard": {}, **NOTHING_ELSE}, "announced": 0}
        assert json.loads(capsys.readouterr().out) == nothing

    def test_sentences(self, hazard: Hazard, capsys: Any) -> None:
        call_command("sweep", "--as-of", str(day(1)))
        assert capsys.readouterr().out.splitlines() == [
            "已按 2026-08-21 检查所有时限，通知了 1 个事项。",
            "  隐患 提醒（remind-7）：1 个新达到",
            "  隐患 提醒（remind-3）：1 个新达到",
            "  隐患 催办（urge）：1 个新达到",
        ]

    def test_today_unless_a_day_is_given(self, summer: Any, capsys: Any) -> None:
        call_command("sweep")
        assert capsys.readouterr().out.splitlines() == [
            "已按 2026-08-03 检查所有时限，通知了 0 个事项。",
            "  没有新达到的步骤。",
        ]
        assert last_run().as_of == SUMMER_DAY

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("2026-02-30", "--as-of 写的是“2026-02-30”，应为 2026-09-30 这样的日期"),
            ("0001-01-01", "--as-of 写的是“0001-01-01”，年份应在 2000 到 2099 之间，请改为具体日期"),
            ("9999-12-31", "--as-of 写的是“9999-12-31”，年份应在 2000 到 2099 之间，请改为具体日期"),
        ],
    )
    @pytest.mark.parametrize("more", [[], ["--future"]])
    def test_a_day_that_is_none(self, summer: Any, text: str, sentence: str, more: list[str]) -> None:
        with pytest.raises(CommandError) as refused:
            call_command("sweep", "--as-of", text, *more)
        assert (str(refused.value), refused.value.returncode) == (sentence, 2)
        assert not SweepRun.objects.exists()

    @pytest.mark.parametrize("day", ["2000-01-01", "2099-12-31"])
    def test_the_years_around_are_days_like_others(self, hazard: Hazard, day: str) -> None:
        call_command("sweep", "--as-of", day, "--future")
        assert str(last_run().as_of) == day


@pytest.mark.django_db
class TestDayToCome:
    """3 August, and somebody sweeps as of a later day."""

    @pytest.mark.parametrize("as_of", ["2026-08-21", "2026-09-03"])
    def test_nothing_that_is_kept_for_good_is_written_in_advance(
        self, cast: Cast, hazard: Hazard, as_of: str, capsys: Any
    ) -> None:
        was_late = hazard_of(cast, "issued", due_on=SUMMER_DAY - dt.timedelta(days=1))
        call_command("sweep", "--json", "--as-of", as_of)
        out, err = capsys.readouterr()
        assert json.loads(out)["new"]["hazard"]["urge"] == 2
        assert err.strip() == (
            f"{as_of} 还没有到：这次检查会提前记录并通知到那天才达到的步骤，到那天不再重复；“曾经逾期”仍只按今天记录。"
        )
        hazard.refresh_from_db()
        was_late.refresh_from_db()
        assert (hazard.first_overdue_on, was_late.first_overdue_on) == (None, SUMMER_DAY)

    def test_one_that_is_far_off_has_to_be_asked_for(self, hazard: Hazard, capsys: Any) -> None:
        with pytest.raises(CommandError) as refused:
            call_command("sweep", "--as-of", "2026-09-04")
        assert str(refused.value) == (
            "--as-of 写的是 2026-09-04，在今天之后 32 天。"
            "按以后的日期检查会提前记录并通知还没有发生的逾期，且到那天不再重复；"
            "请改为今天或以前的日期，确实要试用的加 --future"
        )
        assert refused.value.returncode == 2
        assert not SweepRun.objects.exists()
        call_command("sweep", "--as-of", "2026-09-04", "--future")
        assert last_run().as_of == dt.date(2026, 9, 4)
        hazard.refresh_from_db()
        assert hazard.first_overdue_on is None

    def test_today_and_days_gone_by_need_no_word(self, hazard: Hazard, summer: Any, capsys: Any) -> None:
        summer.move_to(noon(3))
        for offset in (1, 3):
            call_command("sweep", "--as-of", str(day(offset)))
        assert capsys.readouterr().err == ""
        hazard.refresh_from_db()
        assert hazard.first_overdue_on == day(1)


@pytest.mark.django_db
class TestStale:
    def test_two_periods_after_the_last_one_that_succeeded(self, summer: Any) -> None:
        assert is_stale(clock.now())
        sweep(SUMMER_DAY)
        swept_at = clock.now()
        with connection.execute_wrapper(refusing("inspections_hazard")), pytest.raises(Broken):
            summer.shift(2 * PERIOD)
            sweep(SUMMER_DAY)
        SweepRun.objects.create(as_of=SUMMER_DAY)  # killed half-way

        assert last_sweep_at() == swept_at
        assert not is_stale(swept_at + dt.timedelta(seconds=2 * PERIOD))
        assert is_stale(swept_at + dt.timedelta(seconds=2 * PERIOD + 1))

    def test_a_look_at_an_earlier_day_does_not_count(self, summer: Any) -> None:
        sweep(SUMMER_DAY - dt.timedelta(days=1))
        assert is_stale(clock.now())
        sweep(SUMMER_DAY + dt.timedelta(days=1))
        assert not is_stale(clock.now())
        # Eleven in the evening is the same day here and another one in UTC; half past midnight is the next.
        for moment, is_same in (((2026, 8, 4, 15, 0), True), ((2026, 8, 4, 16, 30), False)):
            SweepRun.objects.all().delete()
            summer.move_to(dt.datetime(*moment, tzinfo=dt.UTC))
            sweep(dt.date(2026, 8, 4))
            assert is_stale(clock.now()) is not is_same

    def test_staff_sees_it_on_every_page_until_the_next_sweep(
        self, cast: Cast, client_as: Callable[[Any], Client], summer: Any
    ) -> None:
        def warned(user: Any) -> bool:
            return "到期检查已停止运行" in client_as(user).get("/messages/").content.decode()

        staff = [cast.admin, cast.inspector, cast.development_officer, cast.hotline]
        others = [cast.chengyuan_admin, cast.beiyuan_clerk, cast.township_officer, cast.leader, cast.wanjia_reader]
        page = client_as(cast.admin).get("/messages/").content.decode()
        assert "还从来没有检查过。" in page
        sweep(SUMMER_DAY)
        assert not any(map(warned, staff))

        summer.shift(2 * PERIOD + 1)
        assert all(map(warned, staff))
        assert not any(map(warned, others))
        assert "最近一次检查是 2026-08-03 10:00。" in client_as(cast.admin).get("/messages/").content.decode()

        sweep(SUMMER_DAY)
        assert not any(map(warned, staff)), "fresh at once, whatever was cached"

    def test_it_costs_no_query_while_all_is_well(
        self, cast: Cast, client_as: Callable[[Any], Client], summer: Any
    ) -> None:
        sweep(SUMMER_DAY)
        client = client_as(cast.admin)
        client.get("/messages/")
        with CaptureQueriesContext(connection) as cached:
            client.get("/messages/")
        assert not [query["sql"] for query in cached if "supervision_" in query["sql"]]
        cache.delete(CACHE_KEY)
        with CaptureQueriesContext(connection) as asked:
            client.get("/messages/")
        assert len(asked) == len(cached) + 1


@pytest.mark.django_db
def test_the_task_checks_as_of_today(hazard: Hazard, summer: Any) -> None:
    summer.move_to(dt.datetime(2026, 8, 20, 16, 0, tzinfo=dt.UTC))  # midnight between the 20th and 21st in Shanghai
    sweep_task()
    assert (last_run().as_of, last_run().new["hazard"]["urge"]) == (day(1), 1)


def test_through_a_real_broker_and_worker(celery_worker_process: Any) -> None:
    cast = build_cast()
    due_on = clock.today() - dt.timedelta(days=1)
    hazard = hazard_of(cast, "rectifying", found_on=due_on - dt.timedelta(days=30), due_on=due_on)
    sweep_task.delay()

    told = Message.objects.filter(recipient=cast.chengyuan_admin)
    deadline = time.monotonic() + 20
    while not told.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert list(Escalation.objects.filter(announced=True).values_list("item_id", "step")) == [(hazard.pk, "urge")]
    assert told.count() == 1
    assert SweepRun.objects.filter(finished_at__isnull=False).exists()
