"""Warnings on every page of the staff: deadlines go unwatched, messages are not sent or could not be."""

from typing import Any

from django.db.models import prefetch_related_objects
from django.http import HttpRequest

from accounts.enums import UnitKind
from accounts.roles import STAFF_ROLES
from common.ui import moment
from notifications.selectors import any_failed, backlog_since, failed_count
from supervision.selectors import stale_since

BUREAUS = (UnitKind.HOUSING_BUREAU, UnitKind.DEVELOPMENT_BUREAU)


def sweep_state(request: HttpRequest) -> dict[str, Any]:
    """`stale_sweep`, `waiting_messages`: a sentence each, `failed_messages`: how many were given up; empty while all is
    well. Mostly no query: see `stale_since`, `backlog_since` and `any_failed`."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    (is_stale, swept_at), waiting, failed = stale_since(), backlog_since(), any_failed()
    if not (is_stale or waiting or failed) or not _is_staff(user):
        return {}
    found: dict[str, Any] = {"failed_messages": failed_count(user) if failed else 0}
    if is_stale:
        found["stale_sweep"] = f"最近一次检查是 {moment(swept_at)}。" if swept_at else "还从来没有检查过。"
    if waiting:
        found["waiting_messages"] = f"最早的一条 {moment(waiting)} 就该发出。"
    return found


def _is_staff(user: Any) -> bool:
    """Who must notice that the system itself stands still."""
    if user.is_superuser or (user.unit_id and user.unit.kind in BUREAUS):
        return True
    # Read once for this and for the roles in the page's head.
    prefetch_related_objects([user], "groups")
    return any(name in STAFF_ROLES for name in user.role_names)
