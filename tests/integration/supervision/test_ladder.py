"""What the sweep records and whom it tells, day by day around a deadline."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.roles import COMPANY_CLERK
from inspections import workflow
from inspections.enums import Grade, HazardStatus
from inspections.models import Hazard
from notifications.models import Message
from supervision.models import Escalation, PolicyStep
from supervision.services import create_policy
from supervision.sweep import sweep
from tests.cast import Cast
from tests.factories import UserFactory
from tests.hazards import add_photo, hazard_of, request_extension
from tests.integration.supervision.conftest import DUE, NOTHING_ELSE, day, last_run, noon, steps_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("by_itself")]
ALL = ["remind-7", "remind-3", "urge", "notice", "talk", "circular"]


def test_each_day_around_the_deadline(hazard: Hazard, news: Any) -> None:
    told = {offset: news(offset) for offset in range(-9, 22)}

    assert {offset: who for offset, who in told.items() if who} == {
        -7: {("cy_clerk", "YH-2026-0001 距时限还有 7 天")},
        -3: {("cy_clerk", "YH-2026-0001 距时限还有 3 天")},
        1: {
            ("cy_admin", "YH-2026-0001 逾期 1 天，请抓紧整改"),
            ("ll_inspector", "YH-2026-0001 逾期 1 天，请抓紧整改"),
        },
        3: {
            ("cy_admin", "YH-2026-0001 逾期 3 天，已列入督办"),
            ("cy_clerk", "YH-2026-0001 逾期 3 天，已列入督办"),
            ("ll_inspector", "YH-2026-0001 逾期 3 天，已列入督办"),
        },
        7: {
            ("cy_admin", "YH-2026-0001 逾期 7 天，已达到约谈条件"),
            ("ll_admin", "YH-2026-0001 逾期 7 天，已达到约谈条件"),
        },
        15: {
            ("cy_admin", "YH-2026-0001 逾期 15 天，已达到通报条件"),
            ("cy_clerk", "YH-2026-0001 逾期 15 天，已达到通报条件"),
            ("ll_inspector", "YH-2026-0001 逾期 15 天，已达到通报条件"),
            ("ll_admin", "YH-2026-0001 逾期 15 天，已达到通报条件"),
        },
    }
    assert steps_of(hazard) == dict.fromkeys(ALL, True)


def test_what_a_message_says_and_where_it_leads(hazard: Hazard, news: Any) -> None:
    news(1)

    message = Message.objects.get(recipient__username="cy_admin")
    assert message.key == f"sweep:hazard:{hazard.pk}:2026-08-20:urge"
    assert message.body == f"{hazard.problem_point}\n时限 2026-08-20"
    assert message.path == f"/hazards/{hazard.pk}/"
    assert (message.created_at, message.read_at) == (last_run().started_at, None)


def test_due_today_is_not_overdue(hazard: Hazard, news: Any, summer: Any) -> None:
    summer.move_to(noon(0))
    assert news(0) == {("cy_clerk", "YH-2026-0001 今天到期")}
    hazard.refresh_from_db()
    assert (hazard.first_overdue_on, list(steps_of(hazard))) == (None, ["remind-7", "remind-3"])

    summer.move_to(noon(1))
    assert len(news(1)) == 2
    hazard.refresh_from_db()
    assert hazard.first_overdue_on == DUE + dt.timedelta(days=1)


def test_twenty_missed_days_are_one_message_and_all_steps(hazard: Hazard, news: Any, summer: Any) -> None:
    summer.move_to(noon(20))
    told = news(20)

    assert {subject for _, subject in told} == {"YH-2026-0001 逾期 20 天，已达到通报条件"}
    assert {who for who, _ in told} == {"cy_admin", "cy_clerk", "ll_inspector", "ll_admin"}
    assert steps_of(hazard) == {**dict.fromkeys(ALL, False), "circular": True}
    hazard.refresh_from_db()
    assert hazard.first_overdue_on == DUE + dt.timedelta(days=1)


def test_a_missed_reminder_is_caught_up_until_the_deadline_and_not_after_it(
    cast: Cast, hazard: Hazard, news: Any
) -> None:
    assert news(-5) == {("cy_clerk", "YH-2026-0001 距时限还有 5 天")}
    PolicyStep.objects.filter(amount__gt=0).update(is_active=False)
    late = hazard_of(cast, "issued", due_on=day(-10), responsible_user=cast.chengyuan_clerk)

    assert news(-5) == set()
    assert steps_of(late, day(-10)) == {"remind-7": False, "remind-3": False}


def test_running_twice_finds_nothing_new(hazard: Hazard, news: Any) -> None:
    assert news(3)
    assert last_run().new == {"hazard": {"notice": 1, "urge": 1, "remind-3": 1, "remind-7": 1}, **NOTHING_ELSE}

    assert news(3) == set()
    assert (last_run().new, last_run().announced) == ({"hazard": {}, **NOTHING_ELSE}, 0)
    assert Escalation.objects.count() == 4


def test_going_back_in_time_takes_nothing_back(hazard: Hazard, news: Any) -> None:
    news(3)
    assert news(-7) == set()
    assert list(steps_of(hazard)) == ALL[:4]


def test_an_extension_starts_the_ladder_anew(cast: Cast, hazard: Hazard, news: Any) -> None:
    news(-3)
    later = DUE + dt.timedelta(days=10)
    request_extension(hazard, cast.chengyuan_admin, new_due_on=later)
    workflow.decide_extension(hazard, by=cast.inspector, approve=True, opinion="同意")

    assert news(2) == set()
    assert news(3) == {("cy_clerk", "YH-2026-0001 距时限还有 7 天")}
    assert len(news(11)) == 2
    assert steps_of(hazard) == {"remind-7": False, "remind-3": True}
    assert list(steps_of(hazard, later)) == ["remind-7", "remind-3", "urge"]


@pytest.mark.parametrize(
    "status", [HazardStatus.PENDING, HazardStatus.AWAITING_ACCEPTANCE, HazardStatus.CLOSED, HazardStatus.VOID]
)
def test_what_is_not_with_the_company_is_left_alone(cast: Cast, summer: Any, news: Any, status: HazardStatus) -> None:
    hazard_of(cast, status, due_on=DUE)
    assert news(20) == set()
    assert not Escalation.objects.exists()


def test_without_a_deadline_nothing_is_due(cast: Cast, summer: Any, news: Any) -> None:
    hazard_of(cast, "rectifying", due_on=None)
    assert news(200) == set()


def test_striking_off_stops_the_ladder_and_a_failed_acceptance_goes_on(cast: Cast, hazard: Hazard, news: Any) -> None:
    assert len(news(1)) == 2
    add_photo(hazard)
    workflow.request_acceptance(hazard, by=cast.chengyuan_clerk, note="已完成")
    assert news(3) == set()

    conclusion = {
        "by": cast.inspector,
        "opinion": "末端仍有渗漏",
        "inspectors": "杜导",
        "accepted_on": dt.date(2026, 8, 3),
    }
    workflow.reject(hazard, **conclusion)
    assert {subject for _, subject in news(4)} == {"YH-2026-0001 逾期 4 天，已列入督办"}

    add_photo(hazard)
    workflow.request_acceptance(hazard, by=cast.chengyuan_clerk, note="已返工")
    workflow.accept(hazard, **{**conclusion, "opinion": "打压合格"})
    assert news(40) == set()
    assert list(steps_of(hazard)) == ALL[:4]


def test_a_major_hazard_is_due_for_a_talk_on_the_third_day(cast: Cast, hazard: Hazard, news: Any) -> None:
    serious = hazard_of(cast, "rectifying", due_on=DUE, grade=Grade.SERIOUS)
    Hazard.objects.filter(pk=hazard.pk).update(grade=Grade.MAJOR)

    told = news(3)
    assert {(who, subject) for who, subject in told if subject.startswith(hazard.number)} == {
        (who, "YH-2026-0001 逾期 3 天，已达到约谈条件") for who in ("cy_admin", "cy_clerk", "ll_inspector", "ll_admin")
    }
    assert steps_of(hazard) == {**dict.fromkeys(ALL[:4], False), "talk": True}
    assert list(steps_of(serious)) == ALL[:4]

    assert {subject for _, subject in news(7)} == {f"{serious.number} 逾期 7 天，已达到约谈条件"}
    assert {subject for _, subject in news(15)} == {
        f"{number} 逾期 15 天，已达到通报条件" for number in (hazard.number, serious.number)
    }


def test_a_grade_of_its_own_rule_may_be_later_than_the_general_one(cast: Cast, hazard: Hazard, news: Any) -> None:
    serious = hazard_of(cast, "rectifying", due_on=DUE, grade=Grade.SERIOUS)
    own = create_policy(kind="hazard", grade=Grade.GENERAL, urgency="", by=cast.city_admin)
    own.steps.filter(code="talk").update(
        amount=10, tells_company_head=False, tells_bureau=True, tells_bureau_leader=False
    )
    news(3)

    assert {subject for _, subject in news(9)} == {f"{serious.number} 逾期 9 天，已达到约谈条件"}
    assert news(10) == {("ll_inspector", f"{hazard.number} 逾期 10 天，已达到约谈条件")}


def test_who_stands_in_for_whom(cast: Cast, summer: Any, news: Any) -> None:
    """No account of the responsible person, no administrator of the company, no supervisor."""
    clerk = UserFactory(username="by_clerk2", unit=cast.beiyuan, role=COMPANY_CLERK)
    cast.beiyuan_admin.is_active = False
    cast.beiyuan_admin.save()
    hazard = hazard_of(cast, "issued", due_on=DUE)
    Hazard.objects.filter(pk=hazard.pk).update(lead_unit=cast.beiyuan, responsible_user=cast.chengyuan_clerk)

    assert {who for who, _ in news(-7)} == {"by_clerk", clerk.username}
    assert {who for who, _ in news(1)} == {"by_clerk", clerk.username, "ll_admin", "ll_inspector", "ll_inspector2"}


def test_accounts_that_are_switched_off_or_elsewhere_are_passed_over(cast: Cast, hazard: Hazard, news: Any) -> None:
    cast.chengyuan_clerk.is_active = False
    cast.chengyuan_clerk.save()
    Hazard.objects.filter(pk=hazard.pk).update(supervisor=cast.foreign.inspector)

    assert {who for who, _ in news(-7)} == {"cy_admin"}
    assert {who for who, _ in news(1)} == {"cy_admin", "ll_admin", "ll_inspector", "ll_inspector2"}


def test_each_county_hears_of_its_own(cast: Cast, hazard: Hazard, news: Any) -> None:
    theirs = hazard_of(cast, "issued", due_on=DUE)
    Hazard.objects.filter(pk=theirs.pk).update(
        county=cast.foreign.county, season=cast.foreign.season, lead_unit=cast.foreign.company, supervisor=None
    )

    told = news(7)
    assert {who for who, subject in told if subject.startswith(theirs.number)} == {"lh_company", "lh_admin"}
    assert {who for who, subject in told if subject.startswith(hazard.number)} == {"cy_admin", "ll_admin"}


def test_as_many_queries_for_one_hazard_as_for_many(cast: Cast, hazard: Hazard) -> None:
    with CaptureQueriesContext(connection) as for_one:
        sweep(day(3))
    for _ in range(20):
        hazard_of(cast, "rectifying", due_on=DUE)
    with CaptureQueriesContext(connection) as for_many:
        sweep(day(3))

    assert last_run().new["hazard"]["notice"] == 20
    # Of them six for each of the three kinds of coal and of complaints, which find that there is none, and one that
    # keeps which complaints are overdue.
    assert len(for_many) == len(for_one) <= 25 + 6 * 6 + 1


def test_of_a_kind_that_there_is_not_there_is_no_ladder(cast: Cast, hazard: Hazard, client: Client) -> None:
    client.force_login(cast.admin)
    assert client.get(f"/supervision/ladder/hazard/{hazard.pk}/").status_code == 200
    assert client.get(f"/supervision/ladder/nothing/{hazard.pk}/").status_code == 404
