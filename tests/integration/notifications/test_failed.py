"""What was given up is not lost: staff see it on every page, an administrator has it sent again."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.test import Client

from audit.models import AuditEntry
from inspections.models import Hazard
from notifications.models import Message, Outgoing, OutgoingState
from notifications.outbox import deliver
from notifications.services import send_again
from supervision.sweep import sweep
from tests.cast import Cast
from tests.integration.supervision.conftest import day
from tests.integration.supervision.conftest import hazard as hazard

pytestmark = [pytest.mark.either_database, pytest.mark.django_db]
FAILED = "/messages/failed/"


@pytest.fixture
def given_up(cast: Cast, hazard: Hazard) -> Outgoing:
    sweep(day(1))
    deliver()
    Message.objects.all().delete()
    row = Outgoing.objects.get(recipient=cast.inspector, step="urge")
    Outgoing.objects.filter(pk=row.pk).update(
        state=OutgoingState.FAILED, attempts=8, last_error="RuntimeError: 收件箱写不进去"
    )
    cache.clear()
    return row


def test_listed_with_the_reason_and_sent_again(
    cast: Cast, client_as: Callable[[Any], Client], given_up: Outgoing
) -> None:
    client = client_as(cast.admin)
    page = client.get(FAILED).content.decode()
    assert "RuntimeError: 收件箱写不进去" in page and "YH-2026-0001" in page and "杜导" in page

    client.post(FAILED + "again/", {"selected": [given_up.pk]})
    assert "1 条消息已重新排队" in client.get(FAILED).content.decode()
    assert deliver() == 1
    assert Message.objects.get().recipient == cast.inspector
    assert AuditEntry.objects.filter(action="重发消息", actor=cast.admin).count() == 1


def test_staff_sees_how_many_on_every_page(cast: Cast, client_as: Callable[[Any], Client], given_up: Outgoing) -> None:
    def page(user: Any) -> str:
        return client_as(user).get("/todo/").content.decode()

    assert "1 条消息没有发出去。" in page(cast.admin) and FAILED in page(cast.admin)
    assert "请联系住建管理员重发。" in page(cast.inspector)
    for other in (cast.chengyuan_admin, cast.leader, cast.foreign.admin):
        assert "条消息没有发出去" not in page(other)
    # A message that cannot be sent is for the staff to see to; the site itself is well.
    assert "outbox" not in Client().get("/readyz").json()["problems"]


def test_another_countys_are_not_there(cast: Cast, client_as: Callable[[Any], Client], given_up: Outgoing) -> None:
    foreign = client_as(cast.foreign.admin)
    assert "YH-2026-0001" not in foreign.get(FAILED).content.decode()
    foreign.post(FAILED + "again/", {"selected": [given_up.pk]})
    given_up.refresh_from_db()
    assert given_up.state == OutgoingState.FAILED
    with pytest.raises(PermissionDenied):
        send_again(Outgoing.objects.all(), by=cast.inspector)
