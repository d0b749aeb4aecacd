"""The overview's figures: exact, of the user's scope, and equal to the lists they link to."""

import datetime as dt
import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from dashboard import selectors
from inspections.models import Hazard
from tests.cast import Cast
from tests.factories import HazardFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer")]
TODAY = dt.date(2026, 8, 3)


@pytest.fixture
def ledger(cast: Cast) -> Cast:
    """城源: 2 closed, 2 overdue, 1 due today, 1 void; 北苑: 1 closed this week, 1 without a deadline."""

    def hazard(unit: Any, status: str, **fields: Any) -> Hazard:
        return HazardFactory(season=cast.season, lead_unit=unit, township=cast.town_a, status=status, **fields)

    for closed in ("2026-07-01", "2026-07-22"):
        hazard(cast.chengyuan, "closed", closed_at=dt.datetime.fromisoformat(f"{closed}T10:00+08:00"),
               found_on=dt.date(2026, 6, 1))  # fmt: skip
    hazard(cast.chengyuan, "rectifying", due_on=TODAY - dt.timedelta(days=30), found_on=dt.date(2026, 6, 1))
    hazard(cast.chengyuan, "issued", due_on=TODAY - dt.timedelta(days=1), found_on=dt.date(2026, 6, 1))
    hazard(cast.chengyuan, "rectifying", due_on=TODAY, found_on=dt.date(2026, 6, 1))
    hazard(cast.chengyuan, "void", due_on=TODAY - dt.timedelta(days=9), found_on=dt.date(2026, 6, 1))
    hazard(cast.beiyuan, "closed", closed_at=dt.datetime.fromisoformat("2026-08-01T10:00+08:00"),
           found_on=dt.date(2026, 7, 31))  # fmt: skip
    hazard(cast.beiyuan, "pending", due_on=None, found_on=dt.date(2026, 6, 1))
    return cast


def test_figures(ledger: Cast) -> None:
    figures = selectors.figures(selectors.season_hazards(ledger.admin, ledger.season), TODAY)
    assert figures.total == 7  # the voided one does not count
    assert (figures.open, figures.overdue, figures.due_soon, figures.without_deadline) == (4, 2, 1, 1)
    assert (figures.closed, figures.closed_this_week, figures.closed_week_before) == (3, 1, 1)
    assert round(figures.rate or 0, 1) == 42.9
    # A week ago the hazard of 31 July was not found yet and that of yesterday not yet overdue.
    assert (figures.total_before, figures.closed_before, figures.overdue_before) == (6, 2, 1)


def test_companies_worst_first(ledger: Cast) -> None:
    rows = selectors.by_company(selectors.season_hazards(ledger.admin, ledger.season), TODAY)
    assert [(row.name, row.total, row.closed, row.overdue, row.longest_overdue_days) for row in rows] == [
        ("城源热力有限公司", 5, 2, 2, 30),
        ("北苑供热站", 2, 1, 0, 0),
    ]
    own = selectors.by_company(selectors.season_hazards(ledger.beiyuan_clerk, ledger.season), TODAY)
    assert [(row.name, row.total) for row in own] == [("北苑供热站", 2)]


def test_burn_down_reaches_zero_on_the_trial_run(ledger: Cast) -> None:
    points = selectors.burn_down(selectors.season_hazards(ledger.admin, ledger.season), ledger.season, TODAY)
    by_day = {point.day: point for point in points}
    assert (by_day[TODAY].found, by_day[TODAY].closed, by_day[TODAY].open) == (7, 3, 4)
    last = points[-1]
    assert (last.day, last.open, last.needed) == (ledger.season.trial_run_on, None, 0.0)
    assert all(later.needed <= earlier.needed for earlier, later in itertools.pairwise(points))


def test_each_number_equals_the_list_it_links_to(ledger: Cast, client_as: Callable[[Any], Client]) -> None:
    for user in (ledger.admin, ledger.leader, ledger.chengyuan_admin, ledger.township_officer):
        client = client_as(user)
        page = client.get("/").content.decode()
        figures = re.findall(
            r'<a class="figure[^"]*" href="([^"]+)">\s*<span class="figure-label">((?:(?!</a>).)*?)</span>\s*'
            r'<span class="figure-value">([\d ,]+)<small>处',
            page,
            re.DOTALL,
        )
        figures += [
            (href, "公司", n)
            for href, n in re.findall(r'<a(?: class="due-red")? href="(/hazards/[^"]*lead=[^"]*)">([\d ,]+)</a>', page)
        ]
        assert len(figures) >= 9
        for address, label, shown in figures:
            listed = client.get(address.replace("&amp;", "&"))
            assert listed.status_code == 200
            rows = len(listed.context["table"].page.object_list)
            assert rows == int(re.sub(r"\D", "", shown)), (user.username, label, address)


def test_what_waits_for_each_role(ledger: Cast, client_as: Callable[[Any], Client]) -> None:
    def sections(user: Any) -> dict[str, int]:
        return {s["kind"]: s["count"] for s in client_as(user).get("/todo/").context["sections"]}

    assert sections(ledger.inspector) == {"issue": 1}
    assert sections(ledger.chengyuan_admin) == {"sign": 1, "plan": 2}
    assert sections(ledger.beiyuan_clerk) == {}
    assert sections(ledger.leader) == {}
    assert sections(ledger.township_officer) == {}


def test_pages_make_the_same_queries_at_any_size(
    ledger: Cast, client_as: Callable[[Any], Client], django_assert_max_num_queries: Any
) -> None:
    client = client_as(ledger.admin)
    client.get("/")
    with django_assert_max_num_queries(19) as few:
        client.get("/")
    for _ in range(12):
        HazardFactory(season=ledger.season, lead_unit=ledger.beiyuan, status="rectifying", due_on=dt.date(2026, 7, 9))
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get("/")


def test_an_empty_county_says_what_to_do(cast: Cast, client_as: Callable[[Any], Client]) -> None:
    assert "把手上的隐患台账" in client_as(cast.admin).get("/").content.decode()
    assert "登记或下达之后" in client_as(cast.leader).get("/").content.decode()
