"""A worker that is killed while it sends costs nobody a message; a row that kills every worker is given up alone."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common import clock
from heating import health
from notifications import outbox
from notifications.models import Message, Outgoing, OutgoingState
from notifications.outbox import CLAIMED_AT_ONCE, MOST_TAKE_UPS, deliver, lease_time, try_again
from notifications.selectors import FAILED_KEY, WAITING_KEY, waiting_since
from supervision.sweep import sweep
from tests.cast import Cast
from tests.factories import HazardFactory
from tests.integration.supervision.conftest import DUE, day
from tests.integration.supervision.conftest import by_itself as by_itself

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("by_itself")]
QUARTER = dt.timedelta(minutes=15)


class Killed(BaseException):
    """As SIGKILL does it: nothing is tidied up, and no `except Exception` gets to see it."""


def news(cast: Cast, count: int) -> None:
    """Of so many hazards, all of one bundle, to 杜导 and 2 people of 城源热力."""
    for _ in range(count):
        HazardFactory(
            season=cast.season, lead_unit=cast.chengyuan, status="rectifying", due_on=DUE, supervisor=cast.inspector
        )
    sweep(day(3))


@contextmanager
def killing(pks: set[int], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever looks at one of these rows is killed."""
    matter = outbox._MATTERS["hazard"]

    def holding(rows: Any) -> set[int]:
        if pks & {row.pk for row in rows}:
            raise Killed
        return matter.holding(rows)

    with monkeypatch.context() as patch:
        patch.setitem(outbox._MATTERS, "hazard", outbox.Matter("hazard", holding, matter.bundled))
        yield


def work(summer: Any, rounds: int) -> int:
    """So many times, a lease apart, a worker sends until nothing is due or it is killed; how many were killed."""
    killed = 0
    for _ in range(rounds):
        try:
            # However slow the machine: a round ends with what is due, not with the time that a worker gives it.
            deliver(seconds=600)
        except Killed:
            killed += 1
        summer.shift(lease_time().total_seconds() + 1)
    return killed


def waiting() -> set[int]:
    return set(Outgoing.objects.waiting().values_list("pk", flat=True))


class TestKiller:
    def test_it_is_given_up_and_all_others_go_out(
        self, cast: Cast, summer: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        news(cast, CLAIMED_AT_ONCE)
        Outgoing.objects.update(bundle="")
        bad = Outgoing.objects.earliest("pk")
        count = Outgoing.objects.count()
        with killing({bad.pk}, monkeypatch):
            assert work(summer, 5) == 5
            assert waiting() == {bad.pk}, "after a few rounds only the killer is left"
            assert work(summer, MOST_TAKE_UPS - 5) == MOST_TAKE_UPS - 5
            assert work(summer, 1) == 0
        bad.refresh_from_db()
        assert (bad.state, bad.attempts, bad.take_ups, bad.lease) == (OutgoingState.FAILED, 0, MOST_TAKE_UPS, "")
        assert bad.last_error == "发送进程 10 次都在处理这条消息时中断（内存不足或被终止），不再自动重试"
        assert bad.done_at is not None
        assert Message.objects.count() == count - 1

    def test_in_a_bundle_too(self, cast: Cast, summer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        news(cast, 150)
        of_one = Outgoing.objects.filter(recipient=cast.inspector).order_by("pk")
        bad = of_one[100]
        with killing({bad.pk}, monkeypatch):
            work(summer, MOST_TAKE_UPS + 1)
        assert set(of_one.exclude(pk=bad.pk).values_list("state", flat=True)) == {OutgoingState.SENT}
        assert of_one.get(pk=bad.pk).state == OutgoingState.FAILED
        assert Message.objects.filter(recipient=cast.chengyuan_admin).count() == 1

    def test_what_is_fresh_goes_out_before_it(self, cast: Cast, summer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        news(cast, 5)
        bad = Outgoing.objects.earliest("pk")
        with killing({bad.pk}, monkeypatch):
            assert work(summer, 1) == 1
            lost = waiting()
            news(cast, 5)
            fresh = waiting() - lost
            assert fresh
            assert work(summer, 1) == 1
        assert bad.pk in waiting() and not fresh & waiting()

    def test_two_of_them_are_found_both(self, cast: Cast, summer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        news(cast, 40)
        bad = set(Outgoing.objects.filter(recipient=cast.inspector).order_by("pk").values_list("pk", flat=True)[:2])
        with killing(bad, monkeypatch):
            work(summer, 2 * MOST_TAKE_UPS + 1)
        failed = Outgoing.objects.failed()
        assert set(failed.values_list("pk", flat=True)) == bad
        assert set(Outgoing.objects.exclude(pk__in=bad).values_list("state", flat=True)) == {OutgoingState.SENT}

    def test_it_is_listed_with_the_reason_and_can_be_sent_again(
        self, cast: Cast, client_as: Callable[[Any], Client], summer: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        news(cast, 1)
        bad = Outgoing.objects.get(recipient=cast.inspector)
        with killing({bad.pk}, monkeypatch):
            work(summer, MOST_TAKE_UPS + 1)
        cache.delete(FAILED_KEY)
        page = client_as(cast.admin).get("/messages/failed/").content.decode()
        assert "发送进程 10 次都在处理这条消息时中断" in page and "1 条消息没有发出去。" in page
        assert re.search(r">\s*10\s*</td>", page), "how often it was tried"
        assert try_again([bad]) == 1
        assert deliver() == 1
        assert Message.objects.filter(recipient=cast.inspector).count() == 1


class TestPassingKill:
    def test_costs_a_bundle_nothing(self, cast: Cast, summer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        news(cast, 40)
        with killing(waiting(), monkeypatch):
            assert work(summer, 1) == 1
        assert work(summer, 1) == 0
        assert not waiting()
        assert sorted(Message.objects.values_list("recipient__username", flat=True)) == [
            "cy_admin", "cy_clerk", "ll_inspector",
        ]  # fmt: skip

    def test_even_time_and_again(self, cast: Cast, summer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        news(cast, 40)
        with killing(waiting(), monkeypatch):
            assert work(summer, MOST_TAKE_UPS - 1) == MOST_TAKE_UPS - 1
        assert work(summer, 1) == 0
        assert set(Outgoing.objects.values_list("state", flat=True)) == {OutgoingState.SENT}

    def test_an_error_counts_as_an_end(self, cast: Cast, summer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """A row that was tried and put off is as fresh as any when its time comes."""
        news(cast, 1)
        matter = outbox._MATTERS["hazard"]

        def broken(rows: Any) -> set[int]:
            raise ValueError("坏行")

        with monkeypatch.context() as patch:
            patch.setitem(outbox._MATTERS, "hazard", outbox.Matter("hazard", broken, matter.bundled))
            deliver()
        assert set(Outgoing.objects.values_list("attempts", "take_ups")) == {(1, 0)}


class TestBacklog:
    def test_the_site_is_not_well_while_news_is_overdue(self, cast: Cast, summer: Any) -> None:
        def problems(moment: dt.datetime) -> dict[str, str]:
            summer.move_to(moment)
            sweep(clock.today())
            found: dict[str, str] = Client().get("/readyz").json()["problems"]
            return found

        summer.move_to(health.STARTED)
        HazardFactory(
            season=cast.season, lead_unit=cast.chengyuan, status="rectifying", due_on=clock.today() - dt.timedelta(3)
        )
        assert waiting_since() is None
        assert problems(health.STARTED) == {}
        assert waiting_since() == health.STARTED
        assert problems(health.STARTED + QUARTER) == {}
        assert problems(health.STARTED + QUARTER + dt.timedelta(seconds=1)) == {"outbox": "waiting for more than 900 s"}
        deliver()
        assert problems(health.STARTED + 2 * QUARTER) == {}

    def test_staff_sees_it_on_every_page(self, cast: Cast, client_as: Callable[[Any], Client], summer: Any) -> None:
        def page(user: Any) -> str:
            return client_as(user).get("/messages/").content.decode()

        news(cast, 1)
        assert "消息积压" not in page(cast.admin)
        summer.shift((QUARTER + dt.timedelta(seconds=1)).total_seconds())
        for person in (cast.admin, cast.inspector, cast.development_officer):
            assert "消息积压，没有按时发出。</strong>最早的一条 2026-08-03 10:00 就该发出。" in page(person)
        for person in (cast.chengyuan_admin, cast.leader):
            assert "消息积压" not in page(person)
        deliver()
        cache.delete(WAITING_KEY)
        assert "消息积压" not in page(cast.admin)

    def test_a_long_lease_is_waited_for(self, cast: Cast, summer: Any, settings: Any) -> None:
        settings.OUTBOX_LEASE_SECONDS = 3600
        assert not health.outbox_is_late(clock.now() - dt.timedelta(hours=2))

    def test_it_is_one_look_into_an_index(self, cast: Cast, summer: Any) -> None:
        news(cast, 5)
        with CaptureQueriesContext(connection) as asked:
            waiting_since()
        [query] = asked
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                # A handful of rows is sorted from any index; which one serves is what is asked here.
                cursor.execute("SET LOCAL enable_seqscan = off")
                cursor.execute("SET LOCAL enable_sort = off")
            cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{query['sql']}")
            assert "outgoing_due" in str(cursor.fetchall())
