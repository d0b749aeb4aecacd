"""Two officers import lists at the same moment: a community that both name is registered once. And otherwise."""

from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from common.spreadsheets.ledgers.registering import import_ready
from common.spreadsheets.models import ImportBatch
from common.spreadsheets.staging import keep_upload, read_upload
from common.spreadsheets.tasks import importer_of
from facilities.ledger_kinds import CommunityLedger
from facilities.models import Community
from tests.cast import build_cast
from tests.integration.facilities.test_ledgers import HEAD, book
from tests.together import at_once

pytestmark = [
    pytest.mark.usefixtures("on_postgresql"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
# The same to people, not to the unique key of the names as they stand.
NAMES = ("甲小区", "甲 小区")
ROUNDS = 5


@pytest.fixture
def batches() -> list[int]:
    cast = build_cast()
    return [_staged(user, name).pk for user, name in zip((cast.admin, cast.inspector), NAMES, strict=True)]


def _staged(user: User, name: str) -> ImportBatch:
    others = [[n, f"{name}旁{n}号院{user.pk}"] for n in range(2, 60)]
    batch = keep_upload(
        kind="communities", owner=user, file=book([HEAD, [1, name], *others]), filename="名单.xlsx", context={}
    )
    read_upload(batch, importer_of(batch, by=user))
    return batch


def register(n: int, barrier: Any, pks: list[int], is_locked: bool) -> None:
    if not is_locked:
        CommunityLedger.lock = lambda self, finder: None  # type: ignore[method-assign]
    connection.ensure_connection()
    batch = ImportBatch.objects.select_related("owner__unit__region__parent").get(pk=pks[n])
    importer = importer_of(batch, by=User.objects.get(pk=batch.owner_id))
    barrier.wait(20)
    import_ready(batch, importer)


def both() -> int:
    return Community.objects.filter(name__in=NAMES).count()


def again(pks: list[int]) -> None:
    Community.objects.exclude(name="幸福小区").filter(county__code="130199").delete()
    for batch in ImportBatch.objects.filter(pk__in=pks):
        batch.rows.update(pile="ready", item_id=None, reason="")


def test_who_comes_second_sees_what_the_first_has_registered(batches: list[int]) -> None:
    for _ in range(ROUNDS):
        again(batches)
        at_once(register, batches, True, processes=2)
        assert both() == 1


def test_without_waiting_both_register_it(batches: list[int]) -> None:
    twice = 0
    for _ in range(ROUNDS):
        again(batches)
        at_once(register, batches, False, processes=2)
        twice += both() == 2
    assert twice
