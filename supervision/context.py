"""Warnings on every page of the staff: deadlines go unwatched, messages could not be sent."""

from typing import Any

from django.http import HttpRequest

from accounts.enums import UnitKind
from accounts.roles import STAFF_ROLES
from common.ui import moment
from notifications.selectors import any_failed, failed_count
from supervision.selectors import stale_since

BUREAUS = (UnitKind.HOUSING_BUREAU, UnitKind.DEVELOPMENT_BUREAU)


def sweep_state(request: HttpRequest) -> dict[str, Any]:
    """`stale_sweep`: a sentence, `failed_messages`: how many were given up; empty while all is well. Mostly no query:
    see `stale_since` and `any_failed`."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    (is_stale, swept_at), failed = stale_since(), any_failed()
    if not (is_stale or failed) or not _is_staff(user):
        return {}
    found: dict[str, Any] = {"failed_messages": failed_count(user) if failed else 0}
    if is_stale:
        found["stale_sweep"] = f"最近一次检查是 {moment(swept_at)}。" if swept_at else "还从来没有检查过。"
    return found


def _is_staff(user: Any) -> bool:
    """Who must notice that the system itself stands still."""
    if user.is_superuser or (user.unit_id and user.unit.kind in BUREAUS):
        return True
    return user.groups.filter(name__in=STAFF_ROLES).exists()
