"""What the sweep and an item's ladder make of units, repetitions and versions."""

import datetime as dt
from typing import Any

import pytest
from django.db.models import Max

from inspections.enums import Grade
from inspections.models import Hazard
from notifications.outbox import deliver
from supervision.ladder import reached
from supervision.models import Escalation
from supervision.policy import steps_in_force
from supervision.selectors import ladder_of
from supervision.sweep import sweep
from supervision.working_days import set_days, working_calendar
from tests.cast import Cast
from tests.hazards import hazard_of
from tests.integration.supervision.conftest import DUE, day, last_run, steps_of
from tests.integration.supervision.policies import change, general

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("by_itself")]


class TestSweep:
    def test_the_last_step_never_falls_silent(self, cast: Cast, hazard: Hazard, news: Any) -> None:
        told = {offset: {subject for _, subject in news(offset)} for offset in range(14, 38)}
        assert {offset: subjects for offset, subjects in told.items() if subjects} == {
            14: {"YH-2026-0001 逾期 14 天，已达到约谈条件"},
            15: {"YH-2026-0001 逾期 15 天，已达到通报条件"},
            22: {"YH-2026-0001 逾期 22 天，已达到通报条件"},
            29: {"YH-2026-0001 逾期 29 天，已达到通报条件"},
            36: {"YH-2026-0001 逾期 36 天，已达到通报条件"},
        }
        records = Escalation.objects.filter(item_id=hazard.pk, step="circular").order_by("repeat")
        assert list(records.values_list("repeat", "announced")) == [(0, True), (1, True), (2, True), (3, True)]

    @pytest.mark.either_database
    def test_another_interval_makes_a_step_speak_again_in_time(self, cast: Cast, hazard: Hazard, news: Any) -> None:
        change(general(), cast.city_admin, circular={"repeat_every": 1})
        assert all(news(offset) for offset in range(16, 61))
        change(general(), cast.city_admin, circular_n1={"repeat_every": 30})
        told = [offset for offset in range(61, 140) if news(offset)]
        assert told == [61, 75, 105, 135]

    def test_missed_repetitions_are_not_made_up_for(self, cast: Cast, hazard: Hazard, news: Any) -> None:
        assert {subject for _, subject in news(400)} == {"YH-2026-0001 逾期 400 天，已达到通报条件"}
        records = Escalation.objects.filter(item_id=hazard.pk, step="circular").order_by("repeat")
        assert list(records.values_list("repeat", "announced")) == [(0, False), (55, True)]
        assert last_run().new["hazard"]["circular"] == 2
        assert news(400) == news(406) == set()
        assert len(news(407)) == 4

    def test_repetitions_of_many_at_once(self, cast: Cast, hazard: Hazard, news: Any) -> None:
        older = hazard_of(cast, "rectifying", due_on=day(-7))
        assert {subject for _, subject in news(23)} == {
            "YH-2026-0001 逾期 23 天，已达到通报条件", f"{older.number} 逾期 30 天，已达到通报条件",
        }  # fmt: skip
        repeats = Escalation.objects.filter(step="circular", repeat__gt=0).values_list("item_id", "repeat")
        assert set(repeats) == {(hazard.pk, 1), (older.pk, 2)}

    @pytest.mark.parametrize(("unit", "amount", "every"), [("days", 20, 3), ("workdays", 20, 2), ("hours", 480, 50)])
    def test_every_unit_repeats_as_the_ladder_has_it(
        self, cast: Cast, hazard: Hazard, summer: Any, unit: str, amount: int, every: int
    ) -> None:
        later = [hazard_of(cast, "rectifying", due_on=day(offset)) for offset in (1, 2, 3, 5, 8, 13, 21)]
        change(general(), cast.city_admin, circular={"unit": unit, "amount": amount, "repeat_every": every}, talk=None)
        circular, calendar = steps_in_force(general()).get(measure="circular"), working_calendar()
        for offset in range(20, 60, 7):
            now = dt.datetime.combine(day(offset), dt.time(5, 30), dt.UTC)
            summer.move_to(now)
            sweep(day(offset))
            found = (
                Escalation.objects.filter(step=circular.code).order_by().values_list("item_id").annotate(Max("repeat"))
            )
            latest = {item.pk: reached([circular], item.due_on, now, calendar) for item in [hazard, *later]}
            assert dict(found) == {pk: steps[-1].repeat for pk, steps in latest.items() if steps}, day(offset)

    def test_a_deadline_of_a_hundred_years_ago_stops_nobody(self, cast: Cast, hazard: Hazard, news: Any) -> None:
        old = hazard_of(cast, "rectifying", due_on=dt.date(1925, 8, 20))
        daily = {"unit": "workdays", "repeat_every": 1}
        change(general(), cast.city_admin, circular=daily, talk=daily, notice=daily)
        calendar = working_calendar()
        for offset in (22, 25, 26):  # a Friday and the working days after it
            told = {subject for _, subject in news(offset)}
            assert {subject.split()[0] for subject in told} == {hazard.number, old.number}, offset
            now = dt.datetime.combine(day(offset), dt.time(15), dt.UTC)
            for step in steps_in_force(general()).filter(unit="workdays"):
                records = Escalation.objects.filter(item_id=old.pk, step=step.code)
                last = reached([step], old.due_on, now, calendar)[-1]
                assert last.repeat == records.aggregate(Max("repeat"))["repeat__max"] > 25_000
        assert news(24) == set(), "on a Sunday nothing repeats"

    def test_a_milder_step_that_repeats_goes_on_when_a_severer_one_is_on_record(
        self, cast: Cast, hazard: Hazard, news: Any
    ) -> None:
        change(general(), cast.city_admin, urge={"repeat_every": 1})
        told = {offset: {subject for _, subject in news(offset)} for offset in range(1, 6)}
        assert {offset: len(subjects) for offset, subjects in told.items()} == {1: 1, 2: 1, 3: 1, 4: 1, 5: 1}
        assert told[3] == {"YH-2026-0001 逾期 3 天，已列入督办"}, "of what comes on one day the severest is told"
        assert told[4] == {"YH-2026-0001 逾期 4 天，请抓紧整改"}

    def test_working_days_over_national_day(self, cast: Cast, summer: Any, news: Any) -> None:
        hazard = hazard_of(cast, "rectifying", due_on=dt.date(2026, 9, 30))
        change(general(), cast.city_admin, notice={"unit": "workdays"}, urge={"unit": "workdays"})

        def told_on(text: str) -> set[str]:
            return {subject for _, subject in news((dt.date.fromisoformat(text) - DUE).days)}

        assert told_on("2026-10-06") == set()
        assert told_on("2026-10-07") == {f"{hazard.number} 逾期 7 天，已达到约谈条件"}
        assert told_on("2026-10-08") == set(), "the milder one is recorded and not sent"
        assert steps_of(hazard, hazard.due_on) == {
            "remind-7": False, "remind-3": False, "urge": False, "talk": True,
        }  # fmt: skip
        told_on("2026-10-09")
        assert "notice" not in steps_of(hazard, hazard.due_on)
        told_on("2026-10-10")  # a make-up Saturday
        assert steps_of(hazard, hazard.due_on)["notice"] is False

    def test_a_change_of_the_calendar_holds_from_the_next_sweep_on(self, cast: Cast, hazard: Hazard, news: Any) -> None:
        change(general(), cast.city_admin, urge={"unit": "workdays"})
        set_days(day(1), day(1), is_workday=False, name="县运动会", by=cast.city_admin)
        news(1)
        assert "urge" not in steps_of(hazard)
        news(4)  # a Monday
        assert steps_of(hazard)["urge"] is False

    def test_hours_count_from_the_end_of_the_day(self, cast: Cast, hazard: Hazard, summer: Any) -> None:
        change(general(), cast.city_admin, urge={"unit": "hours", "amount": 10})
        summer.move_to(dt.datetime(2026, 8, 21, 1, 59, tzinfo=dt.UTC))  # 9:59 in Shanghai
        sweep(day(1))
        assert "urge" not in steps_of(hazard)
        summer.move_to(dt.datetime(2026, 8, 21, 2, 0, tzinfo=dt.UTC))
        sweep(day(1))
        assert steps_of(hazard)["urge"] is True

    def test_what_is_proposed_is_told_to_the_bureau_only(self, cast: Cast, hazard: Hazard, news: Any) -> None:
        change(general(), cast.city_admin, notice={"is_proposed": True})
        assert news(3) == {("ll_inspector", "YH-2026-0001 逾期 3 天，督办单待审批")}

    def test_what_is_gone_from_beside_a_step_does_not_make_a_severer_one_silent(
        self, cast: Cast, hazard: Hazard, news: Any
    ) -> None:
        told = {"tells_bureau": True}
        change(
            general(), cast.city_admin, notice={"amount": 4},
            friday={"measure": "urge", "amount": 1, "unit": "workdays", **told},
            saturday={"measure": "urge", "amount": 2, **told},
        )  # fmt: skip
        levels = dict(steps_in_force(general()).filter(measure="urge").values_list("code", "level"))
        assert levels == {"urge": 5001, "urge-n1": 5002, "urge-n2": 5003}, "1 day and 1 working day are as far away"
        assert news(2) == {("ll_inspector", "YH-2026-0001 逾期 2 天，请抓紧整改")}
        change(general(), cast.city_admin, urge_n1=None, sunday={"measure": "urge", "amount": 3, **told})
        levels = dict(steps_in_force(general()).filter(measure="urge").values_list("code", "level"))
        assert levels == {"urge": 5001, "urge-n2": 5003, "urge-n3": 5004}
        assert news(3) == {("ll_inspector", "YH-2026-0001 逾期 3 天，请抓紧整改")}

    def test_a_reminder_on_the_day_itself(self, cast: Cast, hazard: Hazard, news: Any) -> None:
        change(general(), cast.city_admin, added={"measure": "remind", "amount": 0, "tells_company": True})
        news(-1)
        assert news(0) == {(who, "YH-2026-0001 今天到期") for who in ("cy_admin", "cy_clerk")}

    def test_a_new_version_does_not_say_again_what_was_said(self, cast: Cast, hazard: Hazard, news: Any) -> None:
        news(3)
        change(general(), cast.city_admin, urge={"amount": 2}, notice={"tells_company_head": True})
        assert news(3) == set()
        change(general(), cast.city_admin, added={"measure": "urge", "amount": 3, "tells_bureau": True})
        assert news(3) == set(), "a severer step is on record"
        assert set(steps_of(hazard)) == {"remind-7", "remind-3", "urge", "urge-n1", "notice"}


class TestLadderOfAnItem:
    def test_working_days_say_what_they_skip(self, cast: Cast, summer: Any) -> None:
        hazard = hazard_of(cast, "rectifying", due_on=dt.date(2026, 9, 30))
        change(general(), cast.city_admin, urge={"unit": "workdays"})
        step = next(step for step in ladder_of(hazard).steps if step.label == "催办（逾期 1 个工作日）")
        assert (step.on, step.text) == (
            dt.date(2026, 10, 8), "将通知责任单位负责人、住建局督办人；跳过10月1日至7日（国庆节）",
        )  # fmt: skip

    def test_a_repetition_says_what_it_skips_since_the_one_before(
        self, cast: Cast, hazard: Hazard, summer: Any
    ) -> None:
        change(general(), cast.city_admin, circular={"unit": "workdays", "repeat_every": 5})
        summer.move_to(dt.datetime(2026, 9, 18, 2, 0, tzinfo=dt.UTC))
        sweep(day(29))
        coming = ladder_of(hazard).steps[-1]
        # The Sunday between is worked.
        assert (coming.label, coming.on) == ("通报（第 2 次重复）", dt.date(2026, 9, 23))
        assert coming.text.endswith("；跳过9月19日（周末）")

    def test_the_next_repetition_and_the_last_one(self, cast: Cast, hazard: Hazard, summer: Any) -> None:
        summer.move_to(dt.datetime(2026, 9, 12, 2, 0, tzinfo=dt.UTC))
        sweep(day(23))
        steps = [(step.label, step.on, step.state) for step in ladder_of(hazard).steps][-3:]
        assert steps == [
            ("通报（逾期 15 天）", day(15), "done"),
            ("通报（第 1 次重复）", day(22), "due"),
            ("通报（第 2 次重复）", day(29), "next"),
        ]

    def test_what_was_reached_stays_what_it_was_then(self, cast: Cast, hazard: Hazard, summer: Any) -> None:
        summer.move_to(dt.datetime.combine(day(1), dt.time(2), dt.UTC))
        sweep(day(1))
        deliver()
        change(general(), cast.city_admin, urge={"amount": 2, "unit": "workdays"})
        summer.move_to(dt.datetime.combine(day(4), dt.time(2), dt.UTC))
        sweep(day(4))
        step = next(step for step in ladder_of(hazard).steps if step.label.startswith("催办"))
        assert (step.label, step.on) == ("催办（逾期 1 天）", day(1))
        assert step.text == "已发给杜导、程源（2026-08-21 10:00）"
        Hazard.objects.filter(pk=hazard.pk).update(grade=Grade.MAJOR)
        hazard.refresh_from_db()
        labels = [step.label for step in ladder_of(hazard).steps if step.reached_at]
        assert labels == ["提醒（到期前 7 天）", "提醒（到期前 3 天）", "催办（逾期 1 天）", "督办单（逾期 3 天）"]

    def test_a_calendar_that_was_changed_since_does_not_make_it_later(
        self, cast: Cast, hazard: Hazard, summer: Any
    ) -> None:
        change(general(), cast.city_admin, urge={"unit": "workdays"})
        summer.move_to(dt.datetime.combine(day(1), dt.time(2), dt.UTC))
        sweep(day(1))
        set_days(day(1), day(1), is_workday=False, name="县运动会", by=cast.city_admin)
        step = next(step for step in ladder_of(hazard).steps if step.label.startswith("催办"))
        assert (step.label, step.on) == ("催办（逾期 1 天）", day(1))

    def test_what_was_reached_and_the_deadline_explain_themselves(self, cast: Cast, summer: Any) -> None:
        hazard = hazard_of(cast, "rectifying", due_on=dt.date(2026, 10, 1), supervisor=cast.inspector)
        change(
            general(), cast.city_admin, urge={"unit": "workdays"},
            notice={"unit": "hours", "amount": 200, "is_proposed": False}, talk={"amount": 20}, circular={"amount": 30},
        )  # fmt: skip
        summer.move_to(dt.datetime(2026, 10, 12, 2, 0, tzinfo=dt.UTC))
        sweep(dt.date(2026, 10, 12))
        texts = {step.label: (step.on.isoformat()[5:], step.text) for step in ladder_of(hazard).steps}
        assert texts["整改时限"] == ("10-01", "当天是国庆节，不上班，时限不顺延")
        assert texts["催办（逾期 1 个工作日）"] == (
            "10-08", "10月12日记录，没有单独通知；跳过10月2日至7日（国庆节）",
        )  # fmt: skip
        on, text = texts["督办单（逾期 200 小时）"]
        assert (on, text.rpartition("；")[2]) == ("10-10", "按钟点连续计算到 08:00，节假日不停")
