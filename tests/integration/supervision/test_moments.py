"""Deadlines that are moments: the sweep goes by the minute."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEntry
from common import clock
from common.jobs.models import Job, JobState
from inspections.models import Hazard
from notifications.models import Outgoing, OutgoingState
from notifications.outbox import deliver
from supervision import kinds
from supervision.checks import deadlines_are_days_or_moments
from supervision.ladder import ONE_TICK, reached
from supervision.models import Escalation, PolicyStep, Proposal
from supervision.policy import ladders, steps_in_force
from supervision.proposals import APPROVE, decide, due_for
from supervision.rules import check_step
from supervision.services import create_general_policy, save_steps
from supervision.sweep import sweep
from supervision.working_days import working_calendar
from tests.cast import Cast
from tests.factories import HazardFactory
from tests.integration.supervision.kept_files import KEPT, add_kept_files, at, file_of, records, swept, told

pytestmark = pytest.mark.django_db
DUE = "2026-08-20 14:30"


@pytest.fixture(autouse=True)
def _kept_files(cast: Cast, summer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    add_kept_files(monkeypatch)
    create_general_policy("kept", by=cast.city_admin)


@pytest.fixture
def owner(cast: Cast) -> Any:
    return cast.chengyuan_clerk


class TestClock:
    def test_before_at_and_after_to_the_minute(self, owner: Any, summer: Any) -> None:
        file_of(owner, DUE)
        found = {
            now: swept(summer, f"2026-08-{now}")
            for now in ("20 12:29", "20 12:30", "20 14:29", "20 14:30", "20 15:29", "20 15:30", "21 14:29", "21 14:30")
        }
        assert found == {
            "20 12:29": {}, "20 12:30": {"remind-2h": 1}, "20 14:29": {}, "20 14:30": {"remind-0h": 1}, "20 15:29": {},
            "20 15:30": {"urge-1h": 1}, "21 14:29": {"urge-1h": 1}, "21 14:30": {"notice-1d": 1},
        }  # fmt: skip
        assert told(owner) == [
            "隐患台账 剩 2 小时，8月20日 14:30 到期", "隐患台账 8月20日 14:30 到期", "隐患台账 逾期 1 小时，请抓紧整改",
            "隐患台账 逾期 23 小时 59 分钟，请抓紧整改",
        ]  # fmt: skip
        first = Outgoing.objects.filter(matter="kept").earliest("pk")
        assert (first.body, first.due_on, first.due_minute) == (
            "到期后删除\n时限 2026-08-20 14:30", dt.date(2026, 8, 20), 14 * 60 + 30,
        )  # fmt: skip
        assert first.key.endswith(":2026-08-20 14:30:remind-2h")

    def test_its_seconds_do_not_count(self, owner: Any, summer: Any) -> None:
        file_of(owner, "2026-08-20 14:30:59")
        assert swept(summer, "2026-08-20 14:29:59") == {"remind-2h": 1}
        assert swept(summer, "2026-08-20 14:30:00") == {"remind-0h": 1}

    def test_after_midnight_the_minutes_begin_anew(self, owner: Any, summer: Any) -> None:
        file_of(owner, "2026-08-21 00:00")
        assert swept(summer, "2026-08-20 21:59") == {}
        assert swept(summer, "2026-08-20 22:05") == {"remind-2h": 1}
        assert swept(summer, "2026-08-21 00:00") == {"remind-0h": 1}
        assert told(owner) == ["隐患台账 剩 1 小时 55 分钟，8月21日 00:00 到期", "隐患台账 8月21日 00:00 到期"]

    def test_swept_again_nothing_is_written(self, owner: Any, summer: Any) -> None:
        file_of(owner, DUE)
        assert swept(summer, "2026-08-21 14:30") == {"notice-1d": 1, "urge-1h": 2, "remind-0h": 1, "remind-2h": 1}
        before = records(), Outgoing.objects.count(), Proposal.objects.count()
        assert swept(summer, "2026-08-21 14:30") == {}
        assert (records(), Outgoing.objects.count(), Proposal.objects.count()) == before

    def test_after_an_outage_all_is_recorded_and_the_highest_announced(self, owner: Any, summer: Any) -> None:
        job = file_of(owner, DUE)
        assert swept(summer, "2026-08-20 16:10") == {"urge-1h": 1, "remind-0h": 1, "remind-2h": 1}
        assert records() == {
            (job.pk, "urge-1h", 0, True), (job.pk, "remind-0h", 0, False), (job.pk, "remind-2h", 0, False),
        }  # fmt: skip
        assert told(owner) == ["隐患台账 逾期 1 小时 40 分钟，请抓紧整改"]

    def test_repeated_by_hours_only_the_latest_is_made_up_for(self, owner: Any, summer: Any) -> None:
        job = file_of(owner, DUE)
        swept(summer, "2026-08-20 15:30")
        assert swept(summer, "2026-08-20 18:29") == {}
        assert swept(summer, "2026-08-20 18:30") == {"urge-1h": 1}
        assert swept(summer, "2026-08-21 03:29") == {"urge-1h": 1}
        assert {repeat for _, step, repeat, _ in records() if step == "urge-1h"} == {0, 1, 3}
        assert all(said for pk, step, _, said in records() if (pk, step) == (job.pk, "urge-1h"))
        assert told(owner)[-2:] == ["隐患台账 逾期 4 小时，请抓紧整改", "隐患台账 逾期 12 小时 59 分钟，请抓紧整改"]


class TestWhichDeadline:
    def test_two_moments_of_one_day_are_two_deadlines(self, owner: Any, summer: Any) -> None:
        early, late = file_of(owner, "2026-08-20 14:00", "早"), file_of(owner, "2026-08-20 17:00", "晚")
        assert swept(summer, "2026-08-20 14:30") == {"remind-0h": 1, "remind-2h": 1}
        assert swept(summer, "2026-08-20 15:00") == {"urge-1h": 1, "remind-2h": 1}
        assert {(pk, step) for pk, step, _, _ in records()} == {
            (early.pk, "remind-2h"), (early.pk, "remind-0h"), (early.pk, "urge-1h"), (late.pk, "remind-2h"),
        }  # fmt: skip

    def test_put_off_within_the_day_the_ladder_begins_anew(self, owner: Any, summer: Any) -> None:
        job = file_of(owner, "2026-08-20 14:00")
        assert swept(summer, "2026-08-20 14:00") == {"remind-0h": 1, "remind-2h": 1}
        Job.objects.update(expires_at=at("2026-08-20 17:00"))
        assert swept(summer, "2026-08-20 14:59") == {}
        assert swept(summer, "2026-08-20 15:00") == {"remind-2h": 1}
        assert swept(summer, "2026-08-20 17:00") == {"remind-0h": 1}
        assert told(owner) == [
            "隐患台账 8月20日 14:00 到期", "隐患台账 剩 2 小时，8月20日 17:00 到期", "隐患台账 8月20日 17:00 到期",
        ]  # fmt: skip
        found = Escalation.objects.filter(item_id=job.pk).values_list("step", "due_minute")
        assert set(found) == {(step, 60 * hour) for step in ("remind-2h", "remind-0h") for hour in (14, 17)}
        Job.objects.update(expires_at=at("2026-08-20 17:00:30"))
        assert swept(summer, "2026-08-20 17:01") == {}, "by seconds it is not moved"

    def test_what_was_severe_for_the_former_one_does_not_silence_the_new_one(self, owner: Any, summer: Any) -> None:
        file_of(owner, "2026-08-20 14:00")
        swept(summer, "2026-08-20 15:00")
        Job.objects.update(expires_at=at("2026-08-20 17:00"))
        assert swept(summer, "2026-08-20 15:01") == {"remind-2h": 1}
        assert told(owner)[-1] == "隐患台账 剩 1 小时 59 分钟，8月20日 17:00 到期"

    def test_closing_stops_it_and_what_has_not_gone_out(self, owner: Any, summer: Any) -> None:
        file_of(owner, DUE)
        swept(summer, "2026-08-20 12:30")
        summer.move_to(at(DUE))
        sweep(clock.today())
        Job.objects.update(state=JobState.FAILED)
        deliver()
        assert told(owner) == ["隐患台账 剩 2 小时，8月20日 14:30 到期"]
        assert swept(summer, "2026-08-22 12:00") == {}

    def test_moved_before_it_went_out_nobody_hears_of_it(self, owner: Any, summer: Any) -> None:
        file_of(owner, DUE)
        summer.move_to(at("2026-08-20 12:30"))
        sweep(clock.today())
        Job.objects.update(expires_at=at("2026-08-20 14:31"))
        deliver()
        assert (told(owner), Outgoing.objects.get().state) == ([], OutgoingState.DROPPED)
        Job.objects.update(expires_at=at(DUE))
        assert swept(summer, "2026-08-20 12:40") == {}
        assert told(owner) == ["隐患台账 剩 1 小时 50 分钟，8月20日 14:30 到期"], "it holds again and is said anew"

    def test_moved_by_minutes_in_the_middle_of_a_sweep_nobody_hears_as_if_it_had_been_recorded_so(
        self, owner: Any, summer: Any
    ) -> None:
        file_of(owner, "2026-08-20 14:00")

        def move_first(execute: Any, sql: str, *arguments: Any) -> Any:
            if sql.startswith('INSERT INTO "notifications_outgoing"'):
                Job.objects.update(expires_at=at("2026-08-20 14:10"))
            return execute(sql, *arguments)

        summer.move_to(at(DUE))
        with connection.execute_wrapper(move_first):
            sweep(clock.today())
        assert not Outgoing.objects.exists()
        assert not any(announced for *_, announced in records()), "what was to be told is taken back"
        assert swept(summer, DUE) == {"remind-0h": 1, "remind-2h": 1}
        assert told(owner) == ["隐患台账 8月20日 14:10 到期"]

    def test_a_reminder_is_of_no_use_afterwards_but_that_the_moment_has_come_is(self, owner: Any, summer: Any) -> None:
        file_of(owner, DUE, "甲")
        file_of(owner, "2026-08-20 12:40", "乙")
        summer.move_to(at("2026-08-20 12:41"))
        sweep(clock.today())
        summer.move_to(at("2026-08-20 14:30"))
        deliver()
        assert told(owner) == ["乙 8月20日 12:40 到期"]

    def test_a_reminder_that_comes_late_is_recorded_only(self, owner: Any, summer: Any) -> None:
        PolicyStep.objects.filter(code="remind-0h").update(is_active=False)
        job = file_of(owner, DUE)
        assert swept(summer, DUE) == {"remind-2h": 1}
        assert records() == {(job.pk, "remind-2h", 0, False)}


class TestProposals:
    @pytest.fixture
    def proposal(self, owner: Any, summer: Any) -> Proposal:
        file_of(owner, DUE)
        swept(summer, "2026-08-21 15:35")
        return Proposal.objects.get(kind="kept", step="notice-1d")

    def test_approved_its_people_are_told(self, cast: Cast, proposal: Proposal, owner: Any) -> None:
        assert "隐患台账 逾期 1 天 1 小时，督办单待审批" in told(cast.admin)
        assert not any("待审批" in text for text in told(owner))
        decide({proposal.pk: 0}, by=cast.admin, move=APPROVE)
        deliver()
        assert told(owner)[-1] == "隐患台账 逾期 1 天 1 小时，已列入督办"
        assert AuditEntry.objects.get(action="批准督办单").note == "逾期 1 天 1 小时"

    def test_put_off_by_an_hour_it_is_no_longer_needed(
        self, cast: Cast, proposal: Proposal, client_as: Any, summer: Any
    ) -> None:
        assert list(due_for(cast.admin)) == [proposal]
        Job.objects.update(expires_at=at("2026-08-20 15:30"))
        assert list(due_for(cast.admin)) == []
        page = client_as(cast.admin).get("/supervision/proposals/?state=gone").content.decode()
        assert "不再需要：时限已改为 2026-08-20 15:30" in page
        assert decide({proposal.pk: 0}, by=cast.admin, move=APPROVE).gone == [proposal]
        assert swept(summer, "2026-08-21 15:40") == {"notice-1d": 1, "urge-1h": 2, "remind-0h": 1, "remind-2h": 1}


def test_the_sweep_finds_what_the_ladder_says(cast: Cast, owner: Any, summer: Any) -> None:
    """Over weekends and National Day, by hours, days and working days, with repetitions by each."""
    policy, calendar = ladders(KEPT)[0].policy, working_calendar()
    wanted = [
        PolicyStep(measure="remind", amount=-2, unit="workdays", tells_responsible=True),
        PolicyStep(measure="remind", amount=-1, unit="days", tells_responsible=True),
        PolicyStep(measure="urge", amount=5, unit="hours", repeat_every=7, tells_responsible=True),
        PolicyStep(measure="notice", amount=1, unit="days", repeat_every=2, tells_responsible=True),
        PolicyStep(measure="talk", amount=2, unit="workdays", repeat_every=2, tells_responsible=True),
    ]
    save_steps(policy, by=cast.city_admin, version=1, steps=wanted, calendar=calendar)
    steps = list(steps_in_force(policy))
    minute = dt.timedelta(minutes=1)
    start = at("2026-09-24 09:59")
    jobs = [file_of(owner, "2026-09-24 09:59", str(n)) for n in range(80)]
    for n, job in enumerate(jobs):
        job.expires_at = start + n * dt.timedelta(hours=6) + n % 3 * minute
        job.save()
    for now in ("2026-09-28 10:00", "2026-10-08 16:01", "2026-10-10 03:59", "2026-10-12 09:59", "2026-10-14 23:30"):
        Escalation.objects.all().delete()
        swept(summer, now)
        expected = {
            (job.pk, each.step.code, each.repeat)
            for job in jobs
            for each in reached(steps, job.expires_at, at(now), calendar)
        }
        assert {found[:3] for found in records()} == expected
        assert len(expected) > 50


class TestDeclaration:
    def test_what_is_neither_a_day_nor_a_moment_is_refused_at_the_start(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert deadlines_are_days_or_moments(None) == []
        other = replace(KEPT, name="other", label="工单", watched=Hazard.objects.all, due="number")
        monkeypatch.setitem(kinds.KINDS, "other", other)
        [error] = deadlines_are_days_or_moments(None)
        assert (error.id, error.msg) == ("supervision.E001", "工单的时限 number 不是日期，也不是时刻")

    def test_what_is_past_when_it_is_put_under_watch_is_not_told(
        self, owner: Any, summer: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(kinds.KINDS, "kept", replace(KEPT, since="started_at"))
        file_of(owner, DUE, "正好", started_at=at("2026-08-20 15:30"))
        file_of(owner, DUE, "已过", started_at=at("2026-08-20 15:31"))
        assert swept(summer, "2026-08-20 15:40")["urge-1h"] == 2
        assert told(owner) == ["正好 逾期 1 小时 10 分钟，请抓紧整改"]

    def test_what_must_not_be_forgotten_is_kept_by_the_moment(
        self, summer: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[dt.datetime] = []
        monkeypatch.setitem(kinds.KINDS, "kept", replace(KEPT, record_overdue=lambda now: asked.append(now) or 0))
        summer.move_to(at(DUE))
        for as_of in (clock.today(), at("2026-08-20 10:00"), at("2026-08-20 18:00"), dt.date(2026, 8, 19)):
            sweep(as_of)
        assert asked == [at(DUE), at("2026-08-20 10:00"), at(DUE), at("2026-08-20 00:00") - ONE_TICK]

    def test_by_rounds_each_has_a_ladder(self, owner: Any, summer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """As if a file that was made anew had another round."""
        add_kept_files(monkeypatch, replace(KEPT, round="attempts"))
        file_of(owner, DUE, attempts=1)
        assert swept(summer, DUE) == {"remind-0h": 1, "remind-2h": 1}
        Job.objects.update(attempts=2)
        assert swept(summer, DUE) == {"remind-0h": 1, "remind-2h": 1}
        assert told(owner) == ["隐患台账 8月20日 14:30 到期"] * 2


class TestPolicy:
    @pytest.mark.parametrize(
        ("kind", "values", "wrong"),
        [
            (KEPT, {"measure": "remind", "amount": 0, "unit": "hours"}, ""),
            (KEPT, {"measure": "remind", "amount": 0, "unit": "days"}, "到期时提醒请写 0 小时"),
            (KEPT, {"measure": "urge", "amount": 0, "unit": "hours"}, "应在 1 到 999 之间"),
            (KEPT, {"measure": "urge", "amount": 1, "unit": "hours", "repeat_every": 1}, ""),
            (kinds.HAZARD, {"measure": "remind", "amount": 0, "unit": "days"}, ""),
            (kinds.HAZARD, {"measure": "remind", "amount": 0, "unit": "hours"}, "应在 1 到 999 之间"),
            (
                kinds.HAZARD, {"measure": "urge", "amount": 1, "unit": "hours", "repeat_every": 23},
                "重复间隔应在 24 到 999 之间，不重复的留空",
            ),
        ],
    )  # fmt: skip
    def test_what_a_step_may_be(self, kind: Any, values: dict[str, Any], wrong: str) -> None:
        step = PolicyStep(**values, tells_responsible=True)
        if not wrong:
            check_step(step, kind)
            return
        with pytest.raises(ValidationError) as refused:
            check_step(step, kind)
        assert refused.value.messages == [wrong]

    def test_a_step_that_is_added_between_two_has_its_place_between_them(
        self, cast: Cast, owner: Any, summer: Any
    ) -> None:
        policy = ladders(KEPT)[0].policy
        added = PolicyStep(measure="remind", amount=-1, unit="hours", tells_responsible=True)
        steps = [*steps_in_force(policy), added]
        save_steps(policy, by=cast.city_admin, version=1, steps=steps, calendar=working_calendar())
        reminders = steps_in_force(policy).filter(measure="remind")
        assert [(step.amount, step.when) for step in reminders] == [
            (-2, "到期前 2 小时"), (-1, "到期前 1 小时"), (0, "到期时"),
        ]  # fmt: skip
        file_of(owner, DUE)
        swept(summer, "2026-08-20 13:30")
        swept(summer, DUE)
        assert told(owner) == ["隐患台账 剩 1 小时，8月20日 14:30 到期", "隐患台账 8月20日 14:30 到期"]

    @pytest.mark.parametrize(
        ("amount", "unit"), [(366, "workdays"), (366, "days"), (999, "hours"), (-366, "workdays"), (21, "days")]
    )
    def test_every_distance_has_a_level_among_those_of_its_measure(self, cast: Cast, amount: int, unit: str) -> None:
        policy = ladders(KEPT)[0].policy
        measure = "remind" if amount < 0 else "talk"
        step = PolicyStep(measure=measure, amount=amount, unit=unit, tells_responsible=True)
        save_steps(policy, by=cast.city_admin, version=1, steps=[step], calendar=working_calendar())
        low = {"remind": 2000, "talk": 8000}[measure]
        assert low < steps_in_force(policy).get().level < low + 2000

    def test_a_severer_step_that_always_comes_first_is_refused(self, cast: Cast) -> None:
        """By a day that ends at midnight 23 hours would be later than a day; from a moment they are not."""
        policy = ladders(KEPT)[0].policy
        steps = [
            PolicyStep(measure="urge", amount=1, unit="days", tells_responsible=True),
            PolicyStep(measure="notice", amount=23, unit="hours", tells_responsible=True),
        ]
        with pytest.raises(ValidationError, match="较重的措施不能先到"):
            save_steps(policy, by=cast.city_admin, version=1, steps=steps, calendar=working_calendar())


def test_an_empty_sweep_words_no_search_for_what_was_dropped(owner: Any, summer: Any) -> None:
    """That takes longer than all else that it asks."""
    file_of(owner, DUE)
    swept(summer, "2026-08-20 14:30")
    with CaptureQueriesContext(connection) as context:
        assert swept(summer, "2026-08-20 14:31") == {}
    asked = [query["sql"] for query in context.captured_queries if "'dropped'" in query["sql"]]
    assert asked and all(sql.startswith("SELECT 1 ") for sql in asked)


def test_which_deadlines_lie_within_days(owner: Any) -> None:
    """Days begin and end by the clock here."""
    for due in ("2026-08-19 23:59", "2026-08-20 00:00", "2026-08-21 23:59", "2026-08-22 00:00"):
        file_of(owner, due)
    within = KEPT.watched().filter(KEPT.is_due_within(dt.date(2026, 8, 20), dt.date(2026, 8, 21)))
    found = within.order_by("expires_at").values_list("expires_at", flat=True)
    assert [f"{clock.local_date(moment)}" for moment in found] == ["2026-08-20", "2026-08-21"]
    for day in (1, 2, 3, 4):
        HazardFactory(due_on=dt.date(2026, 9, day), status="rectifying")
    hazards = kinds.KINDS["hazard"]
    days = hazards.watched().filter(hazards.is_due_within(dt.date(2026, 9, 2), dt.date(2026, 9, 3)))
    assert sorted(day.day for day in days.values_list("due_on", flat=True)) == [2, 3]
