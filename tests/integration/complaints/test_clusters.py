"""Many households of one place within hours: found once, told once, told again when doubled."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from complaints.cluster_notices import cluster_occasion, orders_seen, recipients_of
from complaints.cluster_places import HOUR, histories
from complaints.clusters import check, check_all
from complaints.counting import counting_of
from complaints.models import Cluster, ClusterWarning, Order
from complaints.services import audit_registered
from complaints.surprise import HISTORY_MOST, History
from facilities.season_companies import assign_company
from notifications.models import Message
from tests.cast import Cast
from tests.factories import CommunityFactory
from tests.orders import registered

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 12, 10, 2, 0, tzinfo=dt.UTC)


@pytest.fixture
def winter() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def cold(cast: Cast, count: int, *, first: int = 1, hours: float = 1, **fields: Any) -> list[Any]:
    return [
        registered(
            cast,
            room=str(first + n),
            phone=f"139000{first + n:05d}",
            category="low_temperature",
            received_at=NOW - dt.timedelta(hours=hours),
            **fields,
        )
        for n in range(count)
    ]


def test_told_once_and_again_when_doubled(cast: Cast, winter: Any) -> None:
    cold(cast, 5)
    assert [str(cluster) for cluster in check(cast.county.pk)] == ["幸福小区 5 户集中投诉"]
    assert check(cast.county.pk) == []
    told = Message.objects.filter(key__startswith="cluster:")
    assert {message.recipient for message in told} == {cast.hotline, cast.admin, cast.inspector, cast.inspector_2}
    assert told.first().subject == "幸福小区 集中投诉：5 户"  # type: ignore[union-attr]

    cold(cast, 4, first=100, hours=0.5)
    check(cast.county.pk)
    assert Cluster.objects.get().households == 9
    assert [warning.households for warning in ClusterWarning.objects.all()] == [5]

    cold(cast, 1, first=200, hours=0.25)
    check(cast.county.pk)
    assert [(each.level, each.households) for each in ClusterWarning.objects.all()] == [(1, 5), (2, 10)]
    assert Message.objects.filter(recipient=cast.hotline, key__startswith="cluster:").count() == 2
    cluster = Cluster.objects.get()
    assert (cluster.window_hours, [*cluster.companies.all()], [*cluster.townships.all()]) == (
        24, [cast.chengyuan], [cast.town_a],
    )  # fmt: skip


def test_the_list_leads_to_each(cast: Cast, client_as: Any, winter: Any) -> None:
    cold(cast, 5)
    [cluster] = check(cast.county.pk)
    page = client_as(cast.hotline).get("/complaints/clusters/").content.decode()
    assert f'<a class="row-link" href="{cluster.get_absolute_url()}">幸福小区</a>' in page


def test_calls_brought_in_later_are_counted_from_the_first_of_them(cast: Cast, winter: Any) -> None:
    cold(cast, 5, hours=5)
    check(cast.county.pk)
    cold(cast, 20, first=50, hours=9)
    registered(cast, category="advice", received_at=NOW - dt.timedelta(hours=6))
    (cluster,) = check(cast.county.pk)
    assert (cluster.households, cluster.started_at) == (25, NOW - dt.timedelta(hours=9))
    assert [(each.level, each.households) for each in ClusterWarning.objects.all()] == [(1, 5), (2, 25)]
    assert orders_seen(cluster, cast.hotline).count() == 25


def test_one_that_goes_on_for_days_counts_all_its_households(cast: Cast, winter: Any) -> None:
    for n in range(25):
        now = NOW + dt.timedelta(hours=8 * n)
        winter.move_to(now)
        cold(cast, 1, first=n, hours=(NOW - now) / dt.timedelta(hours=1))
        check(cast.county.pk)
    assert Cluster.objects.get().households == 25
    assert [each.households for each in ClusterWarning.objects.all()] == [3, 6, 12, 24]


def test_it_does_not_reach_back_into_the_one_before(cast: Cast, winter: Any) -> None:
    cold(cast, 3)
    (before,) = check(cast.county.pk)
    winter.shift(dt.timedelta(hours=40))
    cold(cast, 20, first=50, hours=-40)
    check(cast.county.pk)
    cold(cast, 30, first=100, hours=0.5)
    check(cast.county.pk)
    started = Cluster.objects.order_by("started_at").values_list("started_at", "households")
    assert list(started) == [(before.started_at, 3), (NOW - dt.timedelta(hours=0.5), 50)]


def test_one_caller_who_spells_the_room_in_several_ways_is_one_household(cast: Cast, winter: Any) -> None:
    spelled = [("3", "2", "501"), ("3号楼", "2单元", "501室"), ("3", "", "501"), ("", "", "501"), ("", "", "")]
    for building, unit, room in spelled:
        registered(
            cast, category="low_temperature", building=building, building_unit=unit, room=room,
            received_at=NOW - dt.timedelta(hours=1),
        )  # fmt: skip
    assert check(cast.county.pk) == []


def test_neighbours_for_whom_one_of_them_calls_are_as_many_households(cast: Cast, winter: Any) -> None:
    for n in range(5):
        registered(cast, category="low_temperature", building=str(n + 1), received_at=NOW - dt.timedelta(hours=1))
    assert [cluster.households for cluster in check(cast.county.pk)] == [5]


def test_one_household_that_calls_often_is_no_cluster(cast: Cast, winter: Any) -> None:
    for hour in range(8):
        registered(cast, category="low_temperature", received_at=NOW - dt.timedelta(hours=hour))
    assert check(cast.county.pk) == []


def test_what_does_not_count_makes_no_cluster(cast: Cast, winter: Any) -> None:
    for n in range(8):
        registered(cast, category="advice", room=str(n), phone=f"1390000{n:04d}")
    assert check(cast.county.pk) == []


def test_a_place_where_that_is_usual_is_left_alone(cast: Cast, winter: Any) -> None:
    for hour in range(72, 72 + 200 * 4, 4):
        cold(cast, 1, first=hour, hours=hour)
    cold(cast, 5)
    assert check(cast.county.pk) == []


def test_three_days_later_it_is_another_one(cast: Cast, winter: Any) -> None:
    cold(cast, 6)
    check(cast.county.pk)
    winter.shift(dt.timedelta(hours=80))
    later = dt.timedelta(hours=-79)
    cold(cast, 7, first=50, hours=later / dt.timedelta(hours=1))
    check(cast.county.pk)
    assert [cluster.households for cluster in Cluster.objects.order_by("pk")] == [6, 7]
    assert ClusterWarning.objects.filter(level=1).count() == 2


def test_a_station_whose_communities_each_have_a_few(cast: Cast, winter: Any) -> None:
    communities = [
        CommunityFactory(county=cast.county, company=cast.chengyuan, station=cast.station, name=f"{n}号院")
        for n in range(4)
    ]
    for n, community in enumerate(communities):
        cold(cast, 2, first=10 * n, community=community)
    found = check(cast.county.pk)
    assert [(cluster.station, cluster.community, cluster.households) for cluster in found] == [(cast.station, None, 8)]
    assert check(cast.county.pk, [communities[0].pk]) == []


def test_a_community_of_a_station_is_not_taken_for_the_station(cast: Cast, winter: Any) -> None:
    one, two = (CommunityFactory(county=cast.county, station=cast.station, name=f"{n}号院") for n in range(2))
    cold(cast, 7, community=one)
    cold(cast, 1, first=90, community=two)
    assert [cluster.community for cluster in check(cast.county.pk)] == [one]


def test_registration_looks_by_itself(
    cast: Cast, winter: Any, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        cold(cast, 5)
    assert Cluster.objects.get().households == 5


def test_an_import_looks_once_it_is_written(
    cast: Cast, winter: Any, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    orders = cold(cast, 5)
    with django_capture_on_commit_callbacks(execute=True):
        audit_registered(orders, by=cast.hotline, action="导入", note="")
    assert Cluster.objects.get().households == 5


def test_the_clock_looks_at_every_county(cast: Cast, winter: Any) -> None:
    cold(cast, 5)
    assert check_all() == 1


def test_who_sees_it(cast: Cast, winter: Any) -> None:
    cold(cast, 5)
    check(cast.county.pk)
    seen = {
        name
        for name in ("admin", "hotline", "leader", "township_officer", "chengyuan_admin", "beiyuan_clerk")
        if Cluster.objects.visible_to(getattr(cast, name)).exists()
    }
    assert seen == {"admin", "hotline", "leader", "township_officer", "chengyuan_admin"}
    assert not Cluster.objects.visible_to(cast.foreign.admin).exists()


def test_it_is_the_matter_of_the_season_s_company(cast: Cast, winter: Any) -> None:
    assign_company(cast.season, [cast.community], cast.beiyuan, by=cast.admin)
    cold(cast, 5)
    (cluster,) = check(cast.county.pk)
    assert list(cluster.companies.all()) == [cast.beiyuan]
    assert Cluster.objects.visible_to(cast.beiyuan_clerk).exists()
    assert not Cluster.objects.visible_to(cast.chengyuan_admin).exists()
    occasion = cluster_occasion(cast.admin, cluster.pk)
    assert occasion and occasion.initial["lead_unit"] == cast.beiyuan.pk


def test_a_station_s_is_the_matter_of_all_its_companies_and_townships(
    cast: Cast, winter: Any, client_as: Callable[..., Any]
) -> None:
    places = [
        CommunityFactory(county=cast.county, company=company, township=township, station=cast.station, name=name)
        for name, company, township in (
            ("一号院", cast.chengyuan, cast.town_b), ("二号院", cast.beiyuan, cast.town_a),
            ("三号院", cast.chengyuan, cast.town_b), ("四号院", cast.beiyuan, cast.town_a),
        )
    ]  # fmt: skip
    for n, place in enumerate(places):
        cold(cast, 2, first=10 * n, community=place)
    (cluster,) = check(cast.county.pk)
    assert set(cluster.companies.all()) == {cast.chengyuan, cast.beiyuan}
    assert set(cluster.townships.all()) == {cast.town_a, cast.town_b}
    told = recipients_of(cluster)
    assert cast.chengyuan_admin in told and cast.township_officer in told
    for user in (cast.chengyuan_admin, cast.beiyuan_clerk, cast.township_officer):
        page = client_as(user).get(cluster.get_absolute_url()).content.decode()
        assert "城源热力" in page and "北苑" in page and cast.town_a.name in page and cast.town_b.name in page
    occasion = cluster_occasion(cast.admin, cluster.pk)
    assert occasion and occasion.initial["lead_unit"] is None is occasion.initial["township"]
    for address in ("/complaints/clusters/", "/"):
        assert "城源热力、北苑" in client_as(cast.admin).get(address).content.decode()


def test_as_many_queries_for_many_orders(cast: Cast, winter: Any, django_assert_max_num_queries: Any) -> None:
    cold(cast, 40, hours=100)
    cold(cast, 2, first=500)
    with django_assert_max_num_queries(8):
        check(cast.county.pk, [cast.community.pk])


def _came(cast: Cast, community: Any, moments: list[dt.datetime], **fields: Any) -> None:
    """Orders of the community, straight into the table."""
    last = Order.objects.count()
    Order.objects.bulk_create(
        Order(
            **{"county": cast.county, "season": cast.season, "community": community, "category": "leak"} | fields,
            sequence=last + n, number=f"TS-2026-{last + n:05d}", content="漏水", received_at=moment,
        )
        for n, moment in enumerate(moments, 1)
    )  # fmt: skip


def test_the_history_of_each_place(cast: Cast, winter: Any) -> None:
    """Its last 200 orders before the windows, since the first of them; of fewer all, since heating began."""
    busy, calm, none = cast.community, CommunityFactory(county=cast.county), CommunityFactory(county=cast.county)
    begin = dt.datetime(2026, 10, 25, tzinfo=dt.timezone(8 * HOUR))
    until = NOW - 72 * HOUR
    cast.season.trial_run_on = begin.date()
    cast.season.save()
    _came(cast, busy, [until - n * HOUR for n in range(1, HISTORY_MOST + 31)])
    _came(cast, calm, [begin, begin + HOUR, until - HOUR])
    # Neither of the windows, nor of the time before heating, nor what does not count.
    _came(cast, calm, [until, NOW - HOUR, begin - HOUR])
    _came(cast, calm, [begin + HOUR], status="invalid")
    _came(cast, calm, [begin + HOUR], category="advice")
    found = histories([busy, calm, none], [cast.season], counting_of(cast.county), NOW)
    assert {pk: (history.count, history.hours) for pk, history in found.items()} == {
        busy.pk: (HISTORY_MOST, HISTORY_MOST),
        calm.pk: (3, (until - begin) / HOUR),
        none.pk: (0, (until - begin) / HOUR),
    }
    assert isinstance(found[none.pk], History) and found[none.pk].floor > 0


def test_histories_of_many_places_cost_two_queries(cast: Cast, winter: Any, django_assert_num_queries: Any) -> None:
    places = [cast.community, *CommunityFactory.create_batch(120, county=cast.county)]
    cold(cast, 3, hours=100)
    counting = counting_of(cast.county)
    with django_assert_num_queries(2):
        assert len(histories(places, [cast.season], counting, NOW)) == 121


@pytest.mark.usefixtures("on_postgresql")
def test_histories_are_counted_off_in_an_index(cast: Cast, winter: Any) -> None:
    cold(cast, 5)
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as context:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        # A handful of orders is sorted from any index; which one serves is what is asked here.
        cursor.execute("SET LOCAL enable_sort = off")
        histories([cast.community], [cast.season], counting_of(cast.county), NOW)
    asked = next(query["sql"] for query in context.captured_queries if "OFFSET 199" in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {asked}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Only Scan Backward using order_of_community" in plan
