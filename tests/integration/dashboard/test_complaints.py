"""Complaints on the overview: what is open beside last week's, clusters of late, the days with the weather."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from coal.models import DailyTemperature
from complaints.clusters import check
from dashboard.complaints import by_day, clusters_of_late, open_orders, season_orders
from tests.cast import Cast
from tests.orders import dispatched, registered, reported, solve

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 12, 10, 2, 0, tzinfo=dt.UTC)


@pytest.fixture
def winter() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def test_open_now_and_a_week_ago(cast: Cast, winter: Any, client_as: Any) -> None:
    winter.move_to(NOW - dt.timedelta(days=9))
    dispatched(cast, room="1")
    waiting = reported(cast, room="2")
    solve(reported(cast, room="3"), by=cast.hotline)
    winter.move_to(NOW)
    solve(waiting, by=cast.hotline)
    registered(cast, room="4")
    registered(cast, room="5")
    found = open_orders(season_orders(cast.admin, cast.season), NOW)
    assert (found.open, found.before, found.overdue) == (3, 2, 1)
    page = client_as(cast.admin).get("/").content.decode()
    assert "未办结投诉" in page
    assert "超时 1；上周 2" in page


def test_the_largest_cluster_of_the_week_first(cast: Cast, winter: Any, client_as: Any) -> None:
    for n in range(5):
        registered(cast, room=str(n), phone=f"1390000{n:04d}", category="stopped")
    (cluster,) = check(cast.county.pk)
    assert clusters_of_late(cast.admin, cast.season, NOW) == [cluster]
    assert clusters_of_late(cast.beiyuan_clerk, cast.season, NOW) == []
    assert "近 7 天集中投诉" in client_as(cast.admin).get("/").content.decode()
    assert clusters_of_late(cast.admin, cast.season, NOW + dt.timedelta(days=8)) == []


def test_days_with_the_weather(cast: Cast, winter: Any) -> None:
    DailyTemperature.objects.create(county=cast.county, day="2026-12-10", mean_c=Decimal("-7.5"))
    registered(cast, received_at=NOW - dt.timedelta(hours=9), room="1")  # the evening before
    registered(cast, received_at=NOW - dt.timedelta(hours=11), room="2")  # the evening before, 23 o'clock
    registered(cast, room="3")
    points = by_day(season_orders(cast.admin, cast.season), cast.season, dt.date(2026, 12, 10))
    assert len(points) == 30
    assert [(point.day.day, point.received, point.mean_c) for point in points[-2:]] == [
        (9, 1, None), (10, 2, Decimal("-7.5")),
    ]  # fmt: skip
