"""What the bureau considers among itself is nothing that the supervised units read: only what was approved."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from inspections.models import Hazard
from notifications.outbox import deliver
from supervision.models import Proposal
from supervision.proposals import APPROVE, DECLINE, HOLD, decide
from supervision.sweep import sweep
from tests.cast import Cast
from tests.integration.supervision.conftest import day
from tests.integration.supervision.test_pages import rows, tab_counts

pytestmark = pytest.mark.django_db


@pytest.fixture
def read(client_as: Callable[[Any], Client]) -> Callable[[Any, str], str]:
    def page(user: Any, address: str) -> str:
        response = client_as(user).get(address)
        assert response.status_code == 200
        return response.content.decode()

    return page


@pytest.fixture
def proposal(cast: Cast, hazard: Hazard, summer: Any) -> Proposal:
    """A 督办单, three days after the deadline; 催办 was told on the first."""
    for offset in (1, 3):
        summer.move_to(dt.datetime.combine(day(offset), dt.time(2), dt.UTC))
        sweep(day(offset))
    deliver()
    return Proposal.objects.get()


def decided(proposal: Proposal, move: str, cast: Cast, **how: Any) -> None:
    proposal.refresh_from_db()
    decide({proposal.pk: proposal.version}, by=cast.admin, move=move, **how)
    deliver()


def ladder(page: str) -> list[str]:
    return re.findall(r'<span class="ladder-label">([^<]+)</span>', page)


@pytest.mark.parametrize("move", ["", HOLD, DECLINE])
def test_undecided_held_or_declined_nobody_outside_sees_anything_of_it(
    cast: Cast, proposal: Proposal, read: Any, move: str
) -> None:
    if move:
        decided(proposal, move, cast, reason="等材料", **({"until": day(9)} if move == HOLD else {}))
    address = f"/hazards/{proposal.item_id}/"
    ladder_address = f"/supervision/ladder/hazard/{proposal.item_id}/"
    for user in (cast.chengyuan_admin, cast.chengyuan_clerk, cast.township_officer):
        assert ladder(read(user, ladder_address))[2:] == [
            "整改时限", "催办（逾期 1 天）", "约谈（逾期 7 天）", "通报（逾期 15 天）",
        ]  # fmt: skip
        for page in (read(user, address), read(user, ladder_address)):
            assert "等材料" not in page and "督办单" not in page
        page = read(user, "/supervision/")
        assert rows(page) == [("YH-2026-0001", "催办")]
        assert {**tab_counts(page), "通报": ""} == {
            "全部": "1", "提醒": "0", "催办": "1", "督办单": "0", "约谈": "0", "通报": "",
        }  # fmt: skip
        assert len(rows(read(user, "/supervision/?scope=all"))) == 3
    for user in (cast.admin, cast.inspector, cast.development_officer, cast.leader):
        assert "督办单（逾期 3 天）" in ladder(read(user, ladder_address))
        assert rows(read(user, "/supervision/")) == [("YH-2026-0001", "督办单")]
        assert ("等材料" in read(user, address)) == ("等材料" in read(user, ladder_address)) == bool(move)


def test_approved_they_read_that_it_was_told(cast: Cast, proposal: Proposal, read: Any) -> None:
    decided(proposal, HOLD, cast, reason="等材料", until=day(9))
    decided(proposal, APPROVE, cast)
    page = read(cast.chengyuan_clerk, f"/supervision/ladder/hazard/{proposal.item_id}/")
    assert "督办单（逾期 3 天）" in ladder(page)
    assert "已发给杜导、程源、程员（2026-08-23 10:00）" in page and "报住建局审批，周管" not in page
    history = read(cast.chengyuan_clerk, f"/hazards/{proposal.item_id}/")
    assert "批准督办单" in history and "暂缓" not in history
    assert rows(read(cast.chengyuan_clerk, "/supervision/")) == [("YH-2026-0001", "督办单")]


def test_who_is_told_what_changed_meanwhile_is_not_told_of_it(cast: Cast, proposal: Proposal, client_as: Any) -> None:
    client, address = client_as(cast.chengyuan_clerk), f"/hazards/{proposal.item_id}/report/"
    typed = re.findall(r'name="(version|entry)" value="(\d+)"', client.get(address).content.decode())
    decided(proposal, DECLINE, cast, reason="已当面谈过")
    Hazard.objects.filter(pk=proposal.item_id).update(version=99)
    response = client.post(address, {**dict(typed), "percent": "50", "text": "进行中", "reason": ""})
    assert response.status_code == 409
    assert "已当面谈过" not in response.content.decode()


def test_after_an_extension_the_former_deadline_does_not_betray_it(
    cast: Cast, hazard: Hazard, proposal: Proposal, read: Any
) -> None:
    decided(proposal, DECLINE, cast, reason="已当面谈过")
    Hazard.objects.filter(pk=hazard.pk).update(due_on=day(40))
    address = f"/supervision/ladder/hazard/{hazard.pk}/"
    assert "此前的时限：2026-08-20（到“催办”）" in read(cast.chengyuan_clerk, address)
    assert "此前的时限：2026-08-20（到“督办单”）" in read(cast.admin, address)
