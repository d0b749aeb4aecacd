"""The check runs several times at the same moment: one cluster, one warning, one message a person."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import connection

from complaints.clusters import check
from complaints.models import Cluster, ClusterWarning
from notifications.models import Message
from tests.cast import build_cast
from tests.orders import registered
from tests.together import at_once

pytestmark = [
    pytest.mark.usefixtures("on_postgresql"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
NOW = dt.datetime(2026, 12, 10, 2, 0, tzinfo=dt.UTC)
CHECKS = 6


def run(n: int, barrier: Any, county: int) -> int:
    """How many clusters this check found or let grow."""
    connection.ensure_connection()
    with time_machine.travel(NOW, tick=False):
        barrier.wait(20)
        return len(check(county))


def test_one_of_several_at_once_tells() -> None:
    cast = build_cast()
    with time_machine.travel(NOW - dt.timedelta(hours=80), tick=False):
        # Long enough ago that registration itself finds nothing at the moment of the checks.
        assert check(cast.county.pk) == []
    orders = [{"room": str(n), "phone": f"1390000{n:04d}"} for n in range(2)]
    with time_machine.travel(NOW, tick=False):
        for fields in orders:
            registered(cast, category="stopped", **fields)
        _unseen(cast)
    assert not Cluster.objects.exists()

    found = at_once(run, cast.county.pk, processes=CHECKS)

    assert sorted(found) == [0] * (CHECKS - 1) + [1]
    assert Cluster.objects.count() == ClusterWarning.objects.count() == 1
    told = Message.objects.filter(key__startswith="cluster:")
    assert told.count() == told.values("recipient").distinct().count() == 4


def _unseen(cast: Any) -> None:
    """Orders that came without anybody looking: in one statement, as a restored backup would bring them."""
    from complaints.models import Order
    from complaints.services import build_order

    Order.objects.bulk_create(
        build_order(
            season=cast.season, sequence=1000 + n, by=cast.hotline, category="stopped", received_at=NOW, content="停暖",
            community=cast.community, room=str(100 + n), phone=f"1391111{n:04d}",
        )
        for n in range(6)
    )  # fmt: skip
