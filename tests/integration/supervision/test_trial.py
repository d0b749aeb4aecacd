"""Trying a policy on a day before it is saved."""

import datetime as dt
import re
from typing import Any

import pytest
from django.db.models import Count, Q

from common.workdays import end_of, start_of
from inspections.enums import Grade
from inspections.models import Hazard
from supervision.ladder import ONE_TICK, reached
from supervision.models import Escalation
from supervision.policy import steps_in_force
from supervision.services import drafted
from supervision.sweep import sweep
from supervision.trial import Trial, try_out
from supervision.working_days import working_calendar
from tests.cast import Cast
from tests.hazards import hazard_of
from tests.integration.supervision.conftest import DUE, day, last_run
from tests.integration.supervision.policies import change, general, steps
from tests.integration.supervision.test_policy_page import posted

pytestmark = pytest.mark.django_db


class TestTrial:
    @pytest.fixture
    def many(self, cast: Cast, hazard: Hazard) -> None:
        for offset in (0, 2, 2, -5, -20):
            hazard_of(cast, "issued", due_on=day(offset))
        hazard_of(cast, "rectifying", due_on=DUE, grade=Grade.MAJOR)
        hazard_of(cast, "closed", due_on=DUE)
        hazard_of(cast, "issued", due_on=None)

    def tried(self, cast: Cast, offset: int, user: Any = None, **changes: Any) -> Trial:
        policy, calendar = general(), working_calendar()
        draft = drafted(policy, steps(policy, **changes), {step.code: step for step in steps_in_force(policy)})
        return try_out(policy, draft, day=day(offset), user=user or cast.admin, calendar=calendar)

    def test_how_many_would_reach_which_step_that_day(self, cast: Cast, many: None) -> None:
        trial = self.tried(cast, 3, urge={"amount": 2}, notice={"amount": 3})
        rows = {row.step.code: (row.that_day, row.in_force, row.standing) for row in trial.steps}
        assert trial.total == 6, "not the 重大 one, nor what is closed or has no deadline"
        assert rows == {
            "remind-7": (0, 0, 0), "remind-3": (0, 0, 2), "urge": (0, 2, 0), "notice": (2, 2, 2), "talk": (0, 0, 1),
            "circular": (0, 0, 1),
        }  # fmt: skip
        assert {(facts.due_on, step.code) for facts, step in trial.items} == {(DUE, "notice")}

    def test_it_agrees_with_the_sweep(self, cast: Cast, many: None) -> None:
        for offset in range(32):
            trial = self.tried(cast, offset)
            expected = {row.step.code: row.that_day for row in trial.steps if row.that_day}
            sweep(day(offset - 1))
            sweep(day(offset))
            new = last_run().new["hazard"]
            majors = Hazard.objects.filter(grade=Grade.MAJOR).values("pk")
            of_major = Escalation.objects.filter(run=last_run(), item_id__in=majors).values_list("step", flat=True)
            for code in of_major:
                new[code] -= 1
            assert {code: count for code, count in new.items() if count} == expected, offset

    def test_steps_that_are_new_or_dropped(self, cast: Cast, many: None) -> None:
        added = {"measure": "urge", "amount": 2, "tells_bureau": True}
        trial = self.tried(cast, 3, added=added, notice=None)
        assert [row.in_force for row in trial.steps if row.step.code == "urge-n1"] == [None]
        assert [(step.code, count) for step, count in trial.dropped] == [("notice", 2)]

    def test_repetitions_count(self, cast: Cast, many: None) -> None:
        trial = self.tried(cast, 22)
        assert {row.step.code: row.that_day for row in trial.steps if row.that_day} == {"circular": 2}

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({}, {"urge": (2, 2), "notice": (2, 2)}),
            ({"notice": {"amount": 2}}, {"urge": (2, 2), "notice": (2, 2)}),
            (
                {"notice": {"amount": 1}, "talk": {"amount": 2}},
                {"urge": (2, 0), "notice": (4, 2), "talk": (2, 2)},
            ),
            (
                {"added": {"measure": "circular", "amount": 1, "unit": "workdays", "repeat_every": 1,
                           "tells_bureau": True}, "notice": None, "talk": None},
                {"urge": (2, 2), "circular-n1": (6, 4)},
            ),
            (
                {"added": {"measure": "urge", "amount": 30, "unit": "hours", "repeat_every": 24, "tells_bureau": True}},
                {"urge": (2, 2), "urge-n1": (8, 2), "notice": (2, 2)},
            ),
            ({"circular": {"repeat_every": 2}}, {"urge": (2, 2), "notice": (2, 2), "circular-n1": (2, 1)}),
            ({"remind_7": {"is_active": False}, "remind_3": None}, {"urge": (2, 2), "notice": (2, 2)}),
        ],
    )  # fmt: skip
    def test_what_saving_would_catch_up_is_what_the_first_sweep_does(
        self, cast: Cast, many: None, changes: Any, expected: Any
    ) -> None:
        sweep(day(2))
        trial = self.tried(cast, 3, user=cast.city_admin, **changes)
        previewed = {row.step.code: (row.caught_up, row.told) for row in trial.steps if row.caught_up}
        assert not Escalation.objects.exclude(run=last_run()).exists(), "trying writes nothing"

        change(general(), cast.city_admin, **changes)
        run = sweep(day(3))
        majors = Hazard.objects.filter(grade=Grade.MAJOR).values("pk")
        written = run.escalations.exclude(item_id__in=majors).order_by().values_list("step")
        done = written.annotate(count=Count("pk"), told=Count("pk", filter=Q(announced=True)))
        assert previewed == {step: (count, told) for step, count, told in done} == expected

    def test_the_page_says_it(self, cast: Cast, many: None, client_as: Any) -> None:
        page = client_as(cast.city_admin).post(
            f"/supervision/policy/{general().pk}/", {**posted(general()), "do": "try", "day": "2026-08-23"}
        )
        cells = re.findall(r'<td data-label="保存后首次检查">(.*?)</td>', page.content.decode())
        assert cells == [
            "补记 6，其中通知 0", "补记 6，其中通知 0", "补记 6，其中通知 2", "补记 4，其中报审批 2",
            "补记 2，其中报审批 1", "补记 2，其中报审批 1",
        ]  # fmt: skip

    @pytest.mark.parametrize(("unit", "amount", "every"), [("workdays", 15, 1), ("days", 15, 1), ("hours", 360, 25)])
    def test_a_deadline_of_a_hundred_years_ago_is_tried_as_well(
        self, cast: Cast, many: None, unit: str, amount: int, every: int
    ) -> None:
        hazard_of(cast, "rectifying", due_on=dt.date(1925, 8, 20))
        deadlines = list(Hazard.objects.filter(status__in=["issued", "rectifying"]).exclude(grade=Grade.MAJOR))
        calendar, circular = working_calendar(), {"unit": unit, "amount": amount, "repeat_every": every}
        for offset in (-4, 24, 25, 26, 27):
            row = self.tried(cast, offset, circular=circular).steps[-1]
            begins, ends = start_of(day(offset)), end_of(day(offset)) - ONE_TICK
            latest = [reached([row.step], each.due_on, ends, calendar) for each in deadlines if each.due_on]
            assert row.that_day == sum(bool(steps) and steps[-1].at >= begins for steps in latest), offset

    def test_only_what_the_user_sees(self, cast: Cast, many: None) -> None:
        assert self.tried(cast, 3, user=cast.foreign.admin).total == 0
        assert self.tried(cast, 3, user=cast.foreign.admin).items == []

    def test_holidays_that_turn_the_order_are_pointed_out(self, cast: Cast, many: None) -> None:
        trial = self.tried(cast, 3, urge={"unit": "workdays", "amount": 2})
        (milder, severer, deadline) = trial.silenced[0]
        assert (str(milder), str(severer), deadline) == (
            "催办 逾期 2 个工作日",
            "督办单 逾期 3 天",
            dt.date(2026, 8, 6),
        )
        assert self.tried(cast, 3).silenced == []
