"""Officers decide about one target at the same moment, companies save one estimate at the same moment: one wins."""

from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from audit.models import AuditEntry
from coal import demand_services, workflow
from coal.demand_enums import TargetStatus
from coal.demand_selectors import latest_estimate
from coal.models import Estimate, Target
from common.concurrency import Stale
from tests.cast import build_cast
from tests.coal_factories import CHECK_CASE, make_estimate, make_target
from tests.together import PROCESSES, at_once

pytestmark = [
    pytest.mark.usefixtures("on_postgresql", "summer"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]


def decide(n: int, barrier: Any, pk: int) -> bool:
    officer = User.objects.get(username="ll_development")
    target = Target.objects.select_related("company", "season", "county").get(pk=pk)
    barrier.wait(20)
    try:
        if n % 2:
            workflow.approve(target, by=officer)
        else:
            workflow.decline(target, by=officer, note="再议")
    except Stale:
        return False
    return True


def decide_naively(n: int, barrier: Any, pk: int) -> bool:
    """The control case: looking first and writing afterwards lets all of them decide."""
    target = Target.objects.get(pk=pk)
    barrier.wait(20)
    if target.status != TargetStatus.CHECKED:
        return False
    Target.objects.filter(pk=pk).update(status="approved" if n % 2 else "returned")
    return True


def a_checked_target() -> Target:
    cast = build_cast()
    estimate = make_estimate(company=cast.chengyuan, season=cast.season, by=cast.chengyuan_admin)
    return make_target(estimate, status="checked")


def test_one_officer_decides() -> None:
    target = a_checked_target()
    assert sum(at_once(decide, target.pk)) == 1
    target.refresh_from_db()
    assert target.version == 2
    assert AuditEntry.objects.of(target).count() == 1
    assert target.status in ("approved", "returned")


def test_looking_first_would_let_all_decide() -> None:
    assert sum(at_once(decide_naively, a_checked_target().pk)) == PROCESSES


def save(n: int, barrier: Any, seen: str) -> bool:
    connection.ensure_connection()
    clerk = User.objects.select_related("unit").get(username="cy_clerk")
    season = clerk.unit.region.seasons.get(name="2026-2027")  # type: ignore[union-attr]
    values = dict.fromkeys(demand_services.ESTIMATE_FIELDS) | CHECK_CASE | {"winter": "design", "winter_name": ""}
    values["area_m2"] = 1_000_000 + n
    barrier.wait(20)
    try:
        demand_services.save_estimate(by=clerk, company=clerk.unit, season=season, values=values, reasons={}, seen=seen)  # type: ignore[arg-type]
    except Stale:
        return False
    return True


@pytest.mark.parametrize("is_first", [True, False])
def test_one_estimate_is_saved(is_first: bool) -> None:
    cast = build_cast()
    if not is_first:
        make_estimate(company=cast.chengyuan, season=cast.season, by=cast.chengyuan_admin)
    seen = demand_services.seal(latest_estimate(cast.chengyuan, cast.season))
    assert sum(at_once(save, seen)) == 1
    assert Estimate.objects.count() == 1
    assert AuditEntry.objects.filter(action__in=["保存测算", "修改测算"]).count() == 1
