"""Callbacks decide: what is closed and what is done again rests on what callers say."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from common.moves import MoveRefused
from complaints import workflow
from complaints.enums import OrderStatus
from complaints.follow_up import is_heard
from complaints.models import Order
from complaints.moves import moves_for
from tests.cast import Cast
from tests.integration.complaints.test_workflow import APART, NOBODY_SAYS_SO, NOW, refusal
from tests.orders import advanced, handled, registered, reported, unsolved

S = OrderStatus
SignIn = Callable[[Any], Client]
pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]
SOLVED = {"is_reached": True, "is_solved": True}


def call(order: Order, cast: Cast, **heard: Any) -> None:
    workflow.call_back(order, by=cast.hotline, called_at=timezone.now(), **{"is_reached": False} | heard)


class TestDoingItAgain:
    def test_only_if_the_last_who_was_reached_says_so(self, cast: Cast, summer: Any) -> None:
        order = reported(cast)
        assert refusal("redo", order, cast.hotline, reason="不满意") == [NOBODY_SAYS_SO]
        call(order, cast)
        assert refusal("redo", order, cast.hotline, reason="不满意") == [NOBODY_SAYS_SO]
        unsolved(order, by=cast.hotline)
        summer.shift(dt.timedelta(minutes=1))
        call(order, cast, **SOLVED)
        assert refusal("redo", order, cast.hotline, reason="不满意") == [NOBODY_SAYS_SO]
        summer.shift(dt.timedelta(minutes=1))
        unsolved(order, by=cast.hotline)
        call(order, cast)  # nobody there takes nothing back
        workflow.redo(order, by=cast.hotline, reason="还是不热")
        assert (order.status, order.round) == (S.DISPATCHED, 2)

    def test_what_was_said_of_the_round_before_counts_no_more(self, cast: Cast, summer: Any) -> None:
        order = reported(cast)
        unsolved(order, by=cast.hotline)
        workflow.redo(order, by=cast.hotline, reason="还是不热")
        summer.shift(dt.timedelta(minutes=1))
        workflow.sign(order, by=cast.chengyuan_admin)
        workflow.report(order, by=cast.chengyuan_admin, result="又去处理", cause="company")
        assert refusal("redo", order, cast.hotline, reason="还是不热") == [NOBODY_SAYS_SO]

    def test_the_caller_of_a_merged_order_is_enough(self, cast: Cast) -> None:
        main, other = handled(cast), registered(cast, phone="13900001111")
        workflow.merge(other, by=cast.hotline, into=main)
        workflow.report(main, by=cast.chengyuan_admin, result="已处理", cause="company")
        call(main, cast, **SOLVED)
        assert refusal("redo", main, cast.hotline, reason="不满意") == [NOBODY_SAYS_SO]
        unsolved(Order.objects.get(pk=other.pk), by=cast.hotline)
        workflow.redo(main, by=cast.hotline, reason="另一户说没有解决")
        assert main.round == 2

    def test_a_closed_order_once_its_caller_says_so(self, cast: Cast, summer: Any, client_as: SignIn) -> None:
        order = advanced(cast, S.CLOSED)
        summer.shift(dt.timedelta(days=1))
        assert refusal("redo", order, cast.hotline, reason="又凉了") == [NOBODY_SAYS_SO]
        assert "call_back" in [move.code for move in moves_for(cast.hotline, order)]
        client, address = client_as(cast.hotline), order.get_absolute_url()
        page = client.get(f"{address}call_back/")
        assert "工单仍是“已办结”；说没有解决的，接着选“重办”。" in page.content.decode()
        sent = {
            "version": page.context["seen"].version, "entry": page.context["seen"].entry,
            "called_at": "2026-08-04T10:00", "is_reached": "yes", "is_solved": "no",
        }  # fmt: skip
        assert client.post(f"{address}call_back/", sent).status_code == 302
        order.refresh_from_db()
        assert (order.status, order.closed_at) == (S.CLOSED, NOW)
        workflow.redo(order, by=cast.hotline, reason="又凉了")
        assert (order.status, order.round, order.closed_at) == (S.DISPATCHED, 2, None)

    def test_the_desk_is_shown_what_the_call_leads_to(self, cast: Cast, client_as: SignIn) -> None:
        order, client = reported(cast), client_as(cast.hotline)

        def first() -> list[str]:
            moves = client.get(order.get_absolute_url()).context["moves"]
            return [each["move"].code for each in moves if each["primary"]]

        assert first() == ["call_back"]
        unsolved(order, by=cast.hotline)
        assert first() == ["redo"]


class TestReachingNobody:
    def closed_after(self, cast: Cast, summer: Any, *minutes: int) -> bool:
        """Whether it is closed after calls so many minutes after the report."""
        order, begun = reported(cast), timezone.now()
        summer.move_to(begun + dt.timedelta(hours=3))
        for passed in minutes:
            at = begun + dt.timedelta(minutes=passed)
            workflow.call_back(order, by=cast.hotline, called_at=at, is_reached=False)
        try:
            workflow.close(order, by=cast.hotline)
        except MoveRefused:
            return False
        return True

    @pytest.mark.parametrize(
        ("minutes", "is_closed"),
        [
            ((0, 0, 0), False),
            ((0, 29, 58), False),
            ((0, 30, 59), False),
            ((0, 30, 60), True),
            ((60, 0, 30), True),  # written down in any order
            ((0, 29, 30, 59, 60), True),  # counted from the last that counted
        ],
    )
    def test_takes_calls_half_an_hour_apart(
        self, cast: Cast, summer: Any, minutes: tuple[int, ...], is_closed: bool
    ) -> None:
        assert self.closed_after(cast, summer, *minutes) is is_closed

    def test_what_was_made_at_once_counts_once_everywhere(self, cast: Cast, client_as: SignIn) -> None:
        order = reported(cast)
        for _ in range(3):
            call(order, cast)
        assert refusal("close", order, cast.hotline) == [f"还没有回访到诉求人（已打 1 次）。联系上并确认解决，{APART}"]
        assert not is_heard(order.callbacks.all(), enough=3)
        page = client_as(cast.hotline).get(f"{order.get_absolute_url()}call_back/").content.decode()
        assert "已打过 1 次（与上一次相隔不到 30 分钟的不另计）；打满 3 次都没有联系上的，可以办结" in page

    def test_seconds_that_no_form_knows_hold_nothing_up(self, cast: Cast, summer: Any) -> None:
        summer.shift(dt.timedelta(seconds=30))
        order = reported(cast)
        begun = timezone.now()
        summer.shift(dt.timedelta(hours=2))
        for at in (begun, begun + dt.timedelta(minutes=29, seconds=30), begun + dt.timedelta(minutes=60)):
            workflow.call_back(order, by=cast.hotline, called_at=at, is_reached=False)
        workflow.close(order, by=cast.hotline)
        assert order.status == S.CLOSED


class TestWithoutAPhone:
    SAID = "没有留电话，无法回访：可以直接办结。"

    def test_it_is_closed_and_the_page_says_why(self, cast: Cast, client_as: SignIn) -> None:
        order = reported(cast, phone="未提供")
        page = client_as(cast.hotline).get(f"{order.get_absolute_url()}close/").content.decode()
        assert self.SAID in page
        workflow.close(order, by=cast.hotline)
        assert order.status == S.CLOSED

    def test_who_left_one_is_called(self, cast: Cast, client_as: SignIn) -> None:
        order = reported(cast)
        page = client_as(cast.hotline).get(f"{order.get_absolute_url()}close/").content.decode()
        assert self.SAID not in page and "办结的依据是回访" in page
