"""Yard checks for tests: everything in order unless a test says otherwise."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from coal.check_enums import CoverState
from coal.check_services import Point, record_check
from coal.models import Yard, YardCheck
from common import clock

IN_ORDER: dict[str, Any] = {
    "checked_by": "李海燕", "pile_height_m": Decimal(4), "smoke_seen": False, "co_ppm": None,
    "cover": CoverState.GOOD, "fire_equipment_in_order": True, "note": "",
}  # fmt: skip


def point(celsius: str, label: str = "1号测点", depth_m: str | None = "1.5") -> Point:
    return label, Decimal(depth_m) if depth_m else None, Decimal(celsius)


def make_check(
    yard: Yard, *, by: Any, points: Sequence[Point] | None = None, days_ago: int = 0, **values: Any
) -> YardCheck:
    """At 32 ℃, an hour ago or so many days before."""
    checked_at = values.pop("checked_at", clock.now() - dt.timedelta(days=days_ago, hours=1))
    points = [point("32")] if points is None else points
    return record_check(yard, by=by, points=points, **{**IN_ORDER, "checked_at": checked_at, **values})
