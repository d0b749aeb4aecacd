"""A cluster becomes a hazard: its orders name it, and when it is struck off their callers are to be called."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEntry
from complaints import workflow
from complaints.cluster_notices import cluster_occasion
from complaints.clusters import check
from complaints.follow_up import to_call_since
from complaints.hazards import link_hazard
from complaints.models import Cluster, Order
from complaints.occasions import hazards_behind, orders_behind
from inspections.models import Hazard
from inspections.services import register
from inspections.workflow import accept
from notifications.models import Message
from tests.cast import Cast
from tests.factories import CommunityFactory
from tests.integration.complaints.test_clusters import NOW, cold
from tests.orders import registered

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("winter")]
SignIn = Callable[[Any], Client]
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def winter() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def text(response: Any) -> str:
    return str(response.content.decode()).replace("\xa0", " ")


def strike_off(hazard: Hazard, by: Any) -> None:
    Hazard.objects.filter(pk=hazard.pk).update(status="awaiting_acceptance")
    hazard.refresh_from_db()
    accept(hazard, by=by, opinion="换热站循环泵已修复", inspectors="杜导", accepted_on=NOW.date())


def hazard_from(cluster: Cluster, cast: Cast) -> Hazard:
    return register(
        by=cast.inspector, season=cast.season, occasion=cluster_occasion(cast.inspector, cluster.pk),
        lead_unit=cast.chengyuan, found_on=NOW.date(), problem_point="幸福小区", description="多户不热",
        facility_kind="riser",
    )  # fmt: skip


@pytest.fixture
def members(cast: Cast) -> list[Order]:
    return cold(cast, 5)


@pytest.fixture
def hazard(cast: Cast, members: list[Order]) -> Hazard:
    [cluster] = check(cast.county.pk)
    return hazard_from(cluster, cast)


def callers(hazard: Hazard) -> str:
    return f"/complaints/hazards/{hazard.pk}/callers/"


def behind(hazard: Hazard) -> list[Order]:
    return list(orders_behind(hazard.pk).order_by("pk"))


def test_the_page_of_each_order_names_it_and_the_cluster_that_it_came_from(
    cast: Cast, hazard: Hazard, members: list[Order], client_as: SignIn
) -> None:
    cluster = Cluster.objects.get()
    for order in members:
        page = text(client_as(cast.hotline).get(order.get_absolute_url()))
        assert f'<a href="{hazard.get_absolute_url()}">{hazard.number}</a>' in page
        assert f'来自<a href="{cluster.get_absolute_url()}">集中投诉 幸福小区</a>' in page
        assert "取消关联" not in page and "再登记一条隐患" in page
    link_hazard(members[0], by=cast.hotline, number=hazard.number)
    page = text(client_as(cast.hotline).get(members[0].get_absolute_url()))
    assert page.count(f">{hazard.number}</a>") == 1 and "取消关联" in page


def test_others_are_told_no_more_than_that_it_is(
    cast: Cast, hazard: Hazard, members: list[Order], client_as: SignIn
) -> None:
    workflow.dispatch(members[0], by=cast.hotline, company=cast.beiyuan)
    page = text(client_as(cast.beiyuan_clerk).get(members[0].get_absolute_url()))
    assert f"{hazard.number} " in page and "来自集中投诉 幸福小区" in page
    assert hazard.get_absolute_url() not in page and Cluster.objects.get().get_absolute_url() not in page


def test_what_is_no_order_of_the_cluster_is_not_behind_it(
    cast: Cast, hazard: Hazard, members: list[Order], client_as: SignIn
) -> None:
    elsewhere = CommunityFactory(county=cast.county, company=cast.chengyuan, name="别处")
    moment = members[0].received_at
    others = [
        registered(cast, category="low_temperature", received_at=moment, community=elsewhere),
        registered(cast, category="advice", received_at=moment),
        registered(cast, category="low_temperature", received_at=moment - HOUR),
        registered(cast, category="low_temperature", received_at=moment + HOUR / 2),
        registered(cast, category="low_temperature", received_at=moment, community=None),
    ]
    for order, end in ((members.pop(), "invalid"), (members.pop(), "merged")):
        if end == "merged":
            workflow.merge(order, by=cast.hotline, into=registered(cast, community=None), note="同一户")
        else:
            workflow.invalidate(order, by=cast.hotline, reason="重复登记")
        others.append(order)
    assert behind(hazard) == members
    for order in others:
        assert list(hazards_behind(order)) == []
        assert hazard.number not in text(client_as(cast.hotline).get(order.get_absolute_url()))


def test_a_station_s_is_behind_the_orders_of_all_its_communities(cast: Cast) -> None:
    places = [
        CommunityFactory(county=cast.county, company=cast.chengyuan, station=cast.station, name=f"{n}号院")
        for n in range(4)
    ]
    orders = [order for n, place in enumerate(places) for order in cold(cast, 2, first=10 * n, community=place)]
    [cluster] = check(cast.county.pk)
    hazard = hazard_from(cluster, cast)
    assert behind(hazard) == orders
    assert {each for order in orders for each in hazards_behind(order)} == {hazard}


def test_struck_off_the_desk_gets_the_list_of_callers(
    cast: Cast, hazard: Hazard, members: list[Order], client_as: SignIn
) -> None:
    again = registered(cast, room="1", phone="13812345678", received_at=NOW)
    workflow.merge(again, by=cast.hotline, into=members[0])
    workflow.invalidate(members[4], by=cast.hotline, reason="重复登记")
    concerned = [*members[:4], again]
    assert [to_call_since(order) for order in concerned] == [None] * 5
    strike_off(hazard, cast.inspector)

    message = Message.objects.get(key__endswith=":callers")
    assert (message.recipient, message.path) == (cast.hotline, callers(hazard))
    assert message.subject == f"{hazard.number} 已销号，请回访 5 件投诉的诉求人"
    assert message.body == "、".join(order.number for order in concerned)
    assert AuditEntry.objects.filter(action="隐患已销号").count() == 5
    page = client_as(cast.hotline).get(message.path)
    assert {line["order"] for line in page.context["to_call"]} == set(concerned)
    for order in Order.objects.filter(pk__in=[order.pk for order in concerned]):
        assert to_call_since(order) == NOW
    assert to_call_since(Order.objects.get(pk=members[4].pk)) is None

    order = Order.objects.get(pk=members[0].pk)
    workflow.call_back(order, by=cast.hotline, called_at=NOW, is_reached=True, is_solved=True)
    page = client_as(cast.hotline).get(message.path)
    assert [line["order"] for line in page.context["called"]] == [order]


def test_told_once_where_orders_were_linked_besides(cast: Cast, hazard: Hazard, members: list[Order]) -> None:
    linked = registered(cast, received_at=NOW - 50 * HOUR)
    for order in (linked, members[0]):
        link_hazard(order, by=cast.hotline, number=hazard.number)
    strike_off(hazard, cast.inspector)
    assert Message.objects.get(key__endswith=":callers").subject.endswith("请回访 6 件投诉的诉求人")
    assert AuditEntry.objects.filter(action="隐患已销号").count() == 6


def test_who_calls_after_the_repair_is_not_called_about_it(
    cast: Cast, hazard: Hazard, members: list[Order], winter: Any, client_as: SignIn
) -> None:
    strike_off(hazard, cast.inspector)
    winter.shift(2 * HOUR)
    [late] = cold(cast, 1, first=50, hours=-1)
    check(cast.county.pk)
    assert Cluster.objects.get().last_at == late.received_at
    assert behind(hazard) == members
    assert to_call_since(late) is None
    assert hazard.number not in text(client_as(cast.hotline).get(late.get_absolute_url()))
    second = hazard_from(Cluster.objects.get(), cast)
    page = text(client_as(cast.hotline).get(late.get_absolute_url()))
    assert second.number in page and hazard.number not in page


def test_as_many_queries_for_many(cast: Cast, hazard: Hazard, members: list[Order], client_as: SignIn) -> None:
    client = client_as(cast.hotline)

    def queries(path: str) -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).status_code == 200
        return len(asked)

    paths = [members[0].get_absolute_url(), callers(hazard)]
    before = [queries(path) for path in paths]
    cold(cast, 20, first=50)
    assert [queries(path) for path in paths] == before
    assert len(behind(hazard)) == 25
