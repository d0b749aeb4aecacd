"""The inbox: newest first, read when opened, nobody else's."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from notifications.models import Message
from notifications.services import notify
from tests.cast import Cast
from tests.factories import MessageFactory

pytestmark = [pytest.mark.either_database, pytest.mark.django_db]


@pytest.fixture
def inbox(cast: Cast, summer: Any) -> list[Message]:
    """Three messages to the administrator, the oldest first, the middle one read; and one to somebody else."""
    messages = []
    for number in range(3):
        messages.append(MessageFactory(recipient=cast.admin, subject=f"第{number}条", path=f"/hazards/?n={number}"))
        summer.shift(3600)
    Message.objects.filter(pk=messages[1].pk).update(read_at=messages[2].created_at)
    MessageFactory(recipient=cast.inspector, subject="别人的")
    return messages


def subjects(page: str) -> list[str]:
    return re.findall(r'class="row-link"[^>]*>([^<]+)<', page)


def unread(client: Client) -> int:
    """What the bell says."""
    found = re.search(r'aria-label="消息，(\d+) 条未读"', client.get("/accounts/me/").content.decode())
    return int(found[1]) if found else 0


def test_newest_first_and_ones_own_only(cast: Cast, inbox: Any, client_as: Callable[[Any], Client]) -> None:
    client = client_as(cast.admin)
    page = client.get("/messages/").content.decode()
    assert subjects(page) == ["第2条", "第1条", "第0条"]
    assert page.count('class="row-unread"') == 2
    assert "2026-08-03 12:00" in page
    assert subjects(client.get("/messages/?show=unread").content.decode()) == ["第2条", "第0条"]
    assert re.findall(r"tab-count[^>]*>(\d+)<", page) == ["3", "2"]
    assert unread(client) == 2
    assert "还没有消息" in client_as(cast.leader).get("/messages/").content.decode()


def test_opening_one_marks_it_read_and_leads_to_it(cast: Cast, inbox: Any, client_as: Any, summer: Any) -> None:
    client = client_as(cast.admin)
    response = client.get(f"/messages/{inbox[0].pk}/open/")
    assert (response.status_code, response["Location"]) == (302, "/hazards/?n=0")
    first = Message.objects.get(pk=inbox[0].pk).read_at
    assert first is not None

    summer.shift(60)
    client.get(f"/messages/{inbox[0].pk}/open/")
    assert Message.objects.get(pk=inbox[0].pk).read_at == first
    assert unread(client) == 1


@pytest.mark.parametrize(
    "path", ["", "https://example.org/", "//example.org/", "/\\example.org/", "javascript:alert(1)"]
)
def test_only_addresses_of_this_site_are_followed(cast: Cast, client_as: Any, path: str) -> None:
    message = MessageFactory(recipient=cast.admin, path=path)
    assert client_as(cast.admin).get(f"/messages/{message.pk}/open/")["Location"] == "/messages/"


def test_marking_one_and_all(cast: Cast, inbox: Any, client_as: Any) -> None:
    client = client_as(cast.admin)
    response = client.post(f"/messages/{inbox[2].pk}/read/", {"next": "/messages/?show=unread"})
    assert response["Location"] == "/messages/?show=unread"
    assert subjects(client.get("/messages/?show=unread").content.decode()) == ["第0条"]

    page = client.post("/messages/read/", follow=True).content.decode()
    assert "已把 1 条消息标为已读。" in page and "全部标为已读" not in page
    assert unread(client) == 0
    assert Message.objects.get(recipient=cast.inspector).read_at is None
    assert "没有未读消息。" in client.post("/messages/read/", follow=True).content.decode()


def test_somebody_elses_message_is_not_there(cast: Cast, inbox: Any, client_as: Any) -> None:
    client = client_as(cast.inspector)
    assert client.get(f"/messages/{inbox[0].pk}/open/").status_code == 404
    assert client.post(f"/messages/{inbox[0].pk}/read/").status_code == 404
    assert client.get(f"/messages/{inbox[0].pk}/read/").status_code == 405
    assert Message.objects.get(pk=inbox[0].pk).read_at is None


def test_reading_needs_a_post(cast: Cast, inbox: Any, client_as: Any) -> None:
    assert client_as(cast.admin).get("/messages/read/").status_code == 405
    assert Message.objects.unread().count() == 3


def test_the_bell_stops_counting_at_a_hundred_and_costs_one_query(cast: Cast, client_as: Any) -> None:
    notify([cast.admin], key="a", subject="一")
    client = client_as(cast.admin)
    client.get("/accounts/me/")
    Message.objects.bulk_create(
        Message(recipient=cast.admin, key=f"k{n}", subject="多", created_at=dt.datetime.now(dt.UTC)) for n in range(150)
    )
    with CaptureQueriesContext(connection) as captured:
        page = client.get("/accounts/me/").content.decode()
    assert "99+" in page
    assert len([query for query in captured if "notifications_message" in query["sql"]]) == 1
